//! One event through the real handler, against the embedded sandbox or a real account.

use std::process::ExitCode;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use serde_json::{Value, json};
use setpoint::aws::{self, Clients, Proxies};
use setpoint::clock::Clock;
use setpoint::environment;
use setpoint::handler::{Handler, Invocation, Report};
use setpoint::outcome::Outcome;
use setpoint::spelling::arn::Account;
use setpoint_sandbox::{DEFAULT_ACCOUNT, DEFAULT_REGION, Options, Sandbox};

use crate::{Event, event_file, show};

/// What a person wants of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    Invoke,
    Plan,
}

/// The longest a Lambda function may run, which is what an invocation gets here.
const BUDGET: Duration = Duration::from_secs(15 * 60);

/// Runs the event and prints what came of it.
pub(crate) async fn run(arguments: Event, intent: Intent) -> Result<ExitCode, String> {
    let now = Clock::System.now();
    let event = event_file::read(&arguments.event, now)?;
    let (config, place) = event_file::config(arguments.config, &arguments.event)?;
    let sandbox = match arguments.aws {
        true => None,
        false => {
            let seed = crate::seed(arguments.seed.as_deref())?;
            let started = Sandbox::start(seed, Options::default()).await;
            Some(started.map_err(|error| format!("the sandbox does not start: {error}"))?)
        }
    };
    let (sdk_config, clock, account) = match &sandbox {
        // Nothing in the sandbox needs real time to pass.
        Some(sandbox) => {
            let clock = Clock::simulated(now);
            (aws::for_server(&sandbox.url(), DEFAULT_REGION, &clock), clock, DEFAULT_ACCOUNT)
        }
        None => (real_account().await?, Clock::System, ""),
    };
    let handler = Handler::new(config, Clients::new(sdk_config), clock);
    let handler = if intent == Intent::Plan { handler.planning() } else { handler };
    let deadline = now + BUDGET;
    let invocation = Invocation {
        // Each is an event of its own, where the ledger tells them apart.
        request_id: format!("cargo-setpoint-{}", now.timestamp_millis()),
        account: Account::parse(account.to_owned()).ok(),
        deadline_ms: u64::try_from(deadline.timestamp_millis()).unwrap_or_default(),
        environment: String::new(),
    };
    let report = handler.handle(event, &invocation).await;
    show::report(&report, &place, sandbox.as_ref());
    Ok(finish(&report, intent))
}

/// The account that the SDK finds by itself, with every way of signing in that the AWS CLI knows.
async fn real_account() -> Result<SdkConfig, String> {
    let ca_bundle = aws::trusted_bundle(environment::variable).map_err(|error| error.to_string())?;
    aws::check_endpoints(environment::variable).map_err(|error| error.to_string())?;
    let proxies = Proxies::read(environment::variable);
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws::https_through(proxies, Clock::System, ca_bundle))
        .retry_config(aws::retries())
        .stalled_stream_protection(aws::stalled_streams())
        .load()
        .await;
    match config.region() {
        Some(_) => Ok(config),
        None => Err("no Region is set; set AWS_REGION, or a region in the profile".to_owned()),
    }
}

fn finish(report: &Report, intent: Intent) -> ExitCode {
    match &report.answer {
        Err(error) => {
            show::json(&json!({"errorType": error.error_type(), "errorMessage": error.to_string()}));
            ExitCode::FAILURE
        }
        Ok(answer) if intent == Intent::Plan => {
            show::plans(report);
            match (failed_messages(answer), changes(report)) {
                (true, _) => ExitCode::FAILURE,
                (false, true) => ExitCode::from(2),
                (false, false) => ExitCode::SUCCESS,
            }
        }
        Ok(answer) => {
            show::json(answer);
            if failed_messages(answer) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
    }
}

/// SQS messages that failed are no Lambda error, but nothing to exit 0 for either.
fn failed_messages(answer: &Value) -> bool {
    answer["batchItemFailures"].as_array().is_some_and(|failures| !failures.is_empty())
}

fn changes(report: &Report) -> bool {
    let answers = report.decisions.iter().filter_map(|decision| decision.result.as_ref().ok());
    let mut planned = answers.filter(|answer| answer.outcome == Outcome::Planned);
    planned.any(|answer| !answer.output["plan"]["wouldCall"].is_null())
}
