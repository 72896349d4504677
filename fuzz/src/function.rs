//! The function itself, in front of an AWS in this process, on a clock that only its own waiting moves.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::Value;
use setpoint::aws::{Clients, for_world};
use setpoint::clock::Clock;
use setpoint::config::Config;
use setpoint::error::Error;
use setpoint::handler::{Handler, Invocation, Report};
use setpoint::outcome::Decision;
use setpoint::spelling::json::Document;
use tokio::runtime::{Builder, Runtime};

use crate::aws::Aws;
use crate::model::{self, Call};

/// The function, made once, and what it stands in front of.
pub(crate) struct Function {
    /// What it calls.
    pub(crate) aws: Aws,
    now: Arc<Mutex<DateTime<Utc>>>,
    acting: Handler,
    planning: Handler,
    runtime: Runtime,
}

/// Whether it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// As the payload says.
    Acting,
    /// Never.
    Planning,
}

/// When every invocation begins.
pub(crate) const NOW: &str = "2026-11-20T22:00:10Z";

/// Nothing bounds it, but that nothing is bought without a rule that says how much.
fn buying() -> Config {
    let config = r#"{"guardrails": {"targets": [
        {"target": "bedrock:provisioned-model/*", "modelUnits": 1000, "commitmentDuration": ["OneMonth", "SixMonths"]}
    ]}}"#;
    Config::parse(config).unwrap_or_else(|why| panic!("{why}"))
}

impl Function {
    fn new() -> Self {
        let now = Arc::new(Mutex::new(start()));
        let clock = Clock::Simulated(now.clone());
        let aws = Aws::default();
        let handler = || {
            let clients = Clients::new(for_world(aws.clone(), "us-east-1", &clock));
            Handler::new(buying(), clients, clock.clone())
        };
        let (acting, planning) = (handler(), handler().planning());
        let runtime = match Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => runtime,
            Err(error) => unreachable!("{error}"),
        };
        Self { aws, now, acting, planning, runtime }
    }

    /// Does the same with the one that this thread has.
    pub(crate) fn with<T>(act: impl FnOnce(&Self) -> T) -> T {
        thread_local! {
            static FUNCTION: Function = Function::new();
        }
        FUNCTION.with(act)
    }

    /// Does the same with one that nothing has happened to.
    pub(crate) fn fresh<T>(act: impl FnOnce(&Self) -> T) -> T {
        act(&Self::new())
    }

    /// Takes an event to its answer, within a minute of its own time.
    #[must_use]
    pub(crate) fn handle(&self, way: Way, event: Document) -> Report {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = start();
        let deadline_ms = start().timestamp_millis().unsigned_abs() + 60_000;
        let invocation = Invocation { deadline_ms, request_id: "fuzz".to_owned(), ..Invocation::default() };
        let handler = match way {
            Way::Acting => &self.acting,
            Way::Planning => &self.planning,
        };
        self.runtime.block_on(handler.handle(event, &invocation))
    }

    /// What it called since, each call held against AWS's model.
    #[must_use]
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls_but_for(|_| false)
    }

    /// The same, but for calls that are not to be judged.
    pub(crate) fn calls_but_for(&self, is_excused: impl Fn(&Call) -> bool) -> Vec<Call> {
        let calls = self.aws.sent().into_iter().map(|sent| {
            let call = model::read(&sent).unwrap_or_else(|why| panic!("not a request of AWS's: {why}: {sent:?}"));
            let check = model::check(&call).or_else(|why| if is_excused(&call) { Ok(()) } else { Err(why) });
            check.unwrap_or_else(|why| panic!("against AWS's model: {why}"));
            call
        });
        calls.collect()
    }
}

fn start() -> DateTime<Utc> {
    NOW.parse().unwrap_or_else(|error| unreachable!("{error}"))
}

/// Everything that went wrong in an invocation.
pub(crate) fn errors(report: &Report) -> impl Iterator<Item = &Error> {
    let decided = report.decisions.iter().filter_map(|decision: &Decision| decision.result.as_ref().err());
    report.refused.iter().chain(decided)
}

/// True for an operation that changes something.
#[must_use]
pub(crate) fn writes(call: &Call) -> bool {
    ["Update", "Put", "Delete"].iter().any(|verb| call.operation.contains(&format!(":{verb}")))
}

/// The answer of the only request.
#[must_use]
pub(crate) fn output(report: &Report) -> Option<&Value> {
    report.answer.as_ref().ok()
}
