//! The Lambda function: wiring only.

use std::process::ExitCode;

use lambda_runtime::{LambdaEvent, service_fn};
use setpoint::aws::{self, AwsSettings, Clients};
use setpoint::clock::Clock;
use setpoint::config::Config;
use setpoint::environment;
use setpoint::error::Error;
use setpoint::handler::{Handler, Invocation};
use setpoint::spelling::arn::{Account, Arn};
use setpoint::spelling::json::Received;
use setpoint::telemetry;

fn main() -> ExitCode {
    telemetry::subscribe(environment::log_level().as_deref());
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the async runtime does not start");
            return ExitCode::FAILURE;
        }
    };
    match start() {
        Ok(handler) => runtime.block_on(serve(&handler)),
        Err(error) => {
            telemetry::write(&telemetry::start_record(&error, Clock::System.now()));
            ExitCode::FAILURE
        }
    }
}

/// What every event needs, while Lambda's start-up has a whole CPU for it: the configuration, the trust store and the
/// connections. Clients are made for the event: three here cost more than the one that it needs there.
fn start() -> Result<Handler, Error> {
    let config = Config::from_setting(environment::config().as_deref())?;
    if config.guardrails.are_none() {
        tracing::warn!(
            "there are no guardrails: a payload may change every target that the function's role reaches, to any number; \
             write some into SETPOINT_CONFIG"
        );
    }
    let sdk_config = aws::for_function(AwsSettings::read(environment::variable)?, &Clock::System);
    Ok(Handler::new(config, Clients::new(sdk_config), Clock::System))
}

async fn serve(handler: &Handler) -> ExitCode {
    let function = environment::function_name().unwrap_or_default();
    let function = function.as_str();
    let log_stream = environment::log_stream().unwrap_or_default();
    let log_stream = log_stream.as_str();
    let log_group = environment::log_group().unwrap_or_default();
    let log_group = log_group.as_str();
    let log_level = environment::log_level();
    let log_level = log_level.as_deref();
    let shows_debug = telemetry::shows_debug(log_level);
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Received>| async move {
        let LambdaEvent { payload, context } = event;
        let invocation = Invocation {
            account: account_of(&context.invoked_function_arn),
            deadline_ms: context.deadline,
            request_id: context.request_id,
            environment: log_stream.to_owned(),
            log_group: log_group.to_owned(),
        };
        let began = Clock::System.now();
        let report = handler.handle(payload, &invocation).await;
        let now = Clock::System.now();
        let took = (now - began).to_std().unwrap_or_default();
        if shows_debug || !telemetry::is_uneventful(&report) {
            let record = telemetry::decision_record(&report, &invocation, function, now, took);
            telemetry::write(&telemetry::kept(record, log_level));
        }
        report.answer
    }));
    match served.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "the Lambda runtime API ended");
            ExitCode::FAILURE
        }
    }
}

/// The account that Lambda's emulator, which `sam local` runs too, gives every function: nobody's, and so unknown.
const OF_THE_EMULATOR: &str = "012345678912";

fn account_of(function: &str) -> Option<Account> {
    let account = Arn::parse(function)?.account().cloned();
    account.filter(|account| account.as_str() != OF_THE_EMULATOR)
}
