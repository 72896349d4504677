//! One event through the real handler, against the embedded sandbox or a real account.

use std::process::ExitCode;

use serde_json::{Value, json};
use setpoint::aws::Clients;
use setpoint::clock::Clock;
use setpoint::config::Config;
use setpoint::handler::{Handler, Report};
use setpoint::outcome::Outcome;
use setpoint::plan::Place;
use setpoint::spelling::json::Document;

use crate::progress::Progress;
use crate::world::{World, invocation};
use crate::{Event, event_file, show};

/// What a person wants of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    Invoke,
    Plan,
}

/// What a shell calls the end by a SIGINT.
pub(crate) const BY_INTERRUPT: u8 = 130;

/// A write that AWS has taken does not end with the one who asked for it.
const INTERRUPTED: &str = "interrupted; what was called, and answered, is listed above. AWS goes on with every change that it has \
                           taken, and perhaps with the call under way: look with cargo setpoint plan before you invoke it again";

/// Runs the event and prints what came of it.
pub(crate) async fn run(arguments: Event, intent: Intent) -> Result<ExitCode, String> {
    let now = Clock::System.now();
    let event = event_file::read(&arguments.event, now)?;
    let (config, place) = event_file::config(arguments.config, &arguments.event)?;
    let world = World::of(&arguments.which, now).await?;
    show::ways(&event);
    show::surroundings(&place, &world);
    let Some(report) = handled(event, config, &world, intent, &now.timestamp_millis().to_string()).await else {
        return Ok(ExitCode::from(BY_INTERRUPT));
    };
    show::report(&report, &world);
    Ok(finish(&report, &world.home, intent))
}

/// What comes of an event; nothing where a person interrupts it.
pub(crate) async fn handled(
    event: Document,
    config: Config,
    world: &World,
    intent: Intent,
    id: &str,
) -> Option<Report> {
    let mut sdk_config = world.sdk_config.clone();
    // In the sandbox nothing takes long, and its transcript has the calls.
    let told = match (&world.sandbox, sdk_config.http_client()) {
        (None, Some(client)) => {
            let progress = Progress::new(world.home.region.as_str());
            sdk_config = sdk_config.to_builder().http_client(progress.told(client)).build();
            Some(tokio::spawn(progress.tick()))
        }
        _ => None,
    };
    let handler = Handler::new(config, Clients::new(sdk_config), world.clock.clone());
    let handler = if intent == Intent::Plan { handler.planning() } else { handler };
    let invocation = invocation(id, world.home.account.clone(), world.clock.now());
    let report = tokio::select! {
        report = handler.handle(event, &invocation) => Some(report),
        _ = tokio::signal::ctrl_c() => None,
    };
    if let Some(told) = told {
        told.abort();
    }
    if report.is_none() {
        show::complaint(INTERRUPTED);
    }
    report
}

fn finish(report: &Report, home: &Place, intent: Intent) -> ExitCode {
    match &report.answer {
        // What each target came to, of which the error is the sum.
        Err(_) if intent == Intent::Plan && !report.decisions.is_empty() => {
            show::plans(report, home);
            ExitCode::FAILURE
        }
        Err(error) => {
            show::json(&json!({"errorType": error.error_type(), "errorMessage": error.to_string()}));
            ExitCode::FAILURE
        }
        Ok(answer) if intent == Intent::Plan => {
            show::plans(report, home);
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
pub(crate) fn failed_messages(answer: &Value) -> bool {
    answer["batchItemFailures"].as_array().is_some_and(|failures| !failures.is_empty())
}

pub(crate) fn changes(report: &Report) -> bool {
    let answers = report.decisions.iter().filter_map(|decision| decision.result.as_ref().ok());
    let mut planned = answers.filter(|answer| answer.outcome == Outcome::Planned);
    planned.any(|answer| !answer.output["plan"]["wouldCall"].is_null())
}
