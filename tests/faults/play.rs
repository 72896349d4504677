//! One fault met by one request, and what comes of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use setpoint::outcome::Decision;
use setpoint::telemetry::decision_record;
use setpoint_sandbox::{
    Calls, Clock as SandboxClock, DEFAULT_REGION, Exchange, Fault, Options, Pace, Region, Sandbox, Seed,
};

use super::catalogue::{Answered, Catalogue, Subject};
use super::matrix::{Often, Phase, Wanted};
use crate::support::{Clock, Config, Report, handler, invocation, now, with};

/// What comes of a fault, without what is not the same for two of its answers: their codes.
#[derive(PartialEq)]
pub(super) struct Ending {
    /// The `errorType`, or the outcome.
    comes_to: String,
    /// The kind of the error, and whether a retry helps.
    error: Option<(&'static str, bool)>,
    /// How often each operation was called, in the order of their first calls.
    calls: Vec<(&'static str, usize)>,
    record: String,
    /// Whether the world is another than before, but for the ledger.
    is_changed: bool,
}

/// What comes of a fault for each subject.
///
/// Every subject meets the fault's first answer. The others are other words for it: where it is met every time, each is met by
/// one of them, in turn.
pub(super) async fn all(catalogue: &Catalogue, wanted: &Wanted) -> Vec<Ending> {
    let fault = &catalogue.faults[wanted.fault];
    let (first, others) = fault.answers.split_first().unwrap();
    let others = match wanted.often {
        Often::EveryTime => others,
        Often::Once => &[],
    };
    let endings = join_all(catalogue.subjects.iter().map(|subject| play(subject, first, wanted))).await;
    let turns = others.iter().zip(catalogue.subjects.iter().zip(&endings).cycle());
    join_all(turns.map(async |(answer, (subject, ending))| {
        let other = play(subject, answer, wanted).await;
        assert!(
            other == *ending,
            "{} is more than one fault: in {:?} of {}, {:?} comes to\n{other}\nand its first answer to\n{ending}",
            fault.name,
            wanted.phase,
            subject.label,
            answer.effect
        );
    }))
    .await;
    endings
}

async fn play(subject: &Subject, answer: &Answered, wanted: &Wanted) -> Ending {
    let sandbox = sandbox(wanted.phase).await;
    script(&sandbox, subject, answer, wanted);
    let clock = Clock::simulated(now());
    let config = match wanted.phase {
        Phase::Role => json!({"roles": {"scaler": {"arn": "arn:aws:iam::123456789012:role/scaler"}}}),
        Phase::Take | Phase::Enter | Phase::Leave => json!({"ledgerTable": "setpoint-ledger"}),
        Phase::Read | Phase::Write | Phase::Poll => json!({}),
    };
    // Nothing is bought without a rule.
    let config = with(config, json!({"guardrails": {"targets": [{"target": "bedrock:*", "modelUnits": 2}]}}));
    let config = Config::parse(&config.to_string()).unwrap();
    let handler = handler(&sandbox.url(), DEFAULT_REGION, config, &clock);
    let payload = json!({"action": subject.about.name, "input": subject.input});
    let payload = match wanted.phase {
        Phase::Role => with(payload, json!({"role": "scaler"})),
        Phase::Poll => with(payload, json!({"waitFor": "settled"})),
        _ => payload,
    };
    let before = world(&sandbox);
    let invocation = invocation((now() + subject.time).timestamp_millis().try_into().unwrap());
    let report = handler.handle(payload, &invocation).await;
    let record = decision_record(&report, &invocation, "setpoint", now(), Duration::ZERO);
    let is_changed = world(&sandbox) != before;
    ending(&report, &record, answer, calls(&sandbox, subject), is_changed)
}

async fn sandbox(phase: Phase) -> Sandbox {
    static EXAMPLE: LazyLock<Seed> = LazyLock::new(Seed::example);
    let mut seed = EXAMPLE.clone();
    seed.changes.pace = Some(Pace::Reads(1));
    let clock = match phase {
        // The SDK tells by the machine's clock whether a role's credentials have expired.
        Phase::Role => SandboxClock::system(),
        _ => SandboxClock::fixed(now()),
    };
    Sandbox::start(seed, Options { clock, ..Options::default() }).await.unwrap()
}

fn script(sandbox: &Sandbox, subject: &Subject, answer: &Answered, wanted: &Wanted) {
    let (operation, containing) = match wanted.phase {
        Phase::Read | Phase::Poll => (subject.about.read, None),
        Phase::Write => (subject.about.write(), None),
        Phase::Role => ("AssumeRole", None),
        Phase::Take => ("UpdateItem", Some(TAKE)),
        Phase::Enter => ("UpdateItem", Some(ENTER)),
        Phase::Leave => ("UpdateItem", Some(LEAVE)),
    };
    if wanted.phase == Phase::Poll {
        // What goes before the write is answered.
        sandbox.script(operation, Fault::slow(Duration::ZERO));
    }
    let calls = match wanted.often {
        Often::EveryTime => Calls::All,
        Often::Once => Calls::Next(1),
    };
    let containing = containing.map(str::to_owned);
    sandbox.script(operation, Fault { effect: answer.effect.clone(), calls, containing });
}

/// How the three calls to the ledger begin.
const TAKE: &str = "SET leaseHolder";
const ENTER: &str = "SET decisions = :decisions, leaseUntil";
const LEAVE: &str = "REMOVE leaseHolder";

/// What there is but for the ledger.
fn world(sandbox: &Sandbox) -> BTreeMap<String, BTreeMap<String, Region>> {
    let mut accounts = sandbox.edit(|seed| seed.accounts.clone());
    accounts.values_mut().flat_map(BTreeMap::values_mut).for_each(|region| region.tables.clear());
    accounts
}

fn calls(sandbox: &Sandbox, subject: &Subject) -> Vec<(&'static str, usize)> {
    let mut calls: Vec<(&'static str, usize)> = Vec::new();
    for exchange in sandbox.transcript() {
        let called = called(&exchange, subject);
        match calls.iter_mut().find(|(name, _)| *name == called) {
            Some((_, count)) => *count += 1,
            None => calls.push((called, 1)),
        }
    }
    calls
}

fn called(Exchange { operation, body, .. }: &Exchange, subject: &Subject) -> &'static str {
    match operation.as_str() {
        "AssumeRole" => "assume",
        "UpdateItem" if body.contains(TAKE) => "take",
        "UpdateItem" if body.contains(ENTER) => "enter",
        "UpdateItem" => "leave",
        operation if operation == subject.about.read => "read",
        operation if operation == subject.about.write() => "write",
        other => panic!("{} calls {other}", subject.label),
    }
}

/// What the answer and the record say, which must be the same.
fn ending(
    report: &Report,
    record: &Value,
    answer: &Answered,
    calls: Vec<(&'static str, usize)>,
    is_changed: bool,
) -> Ending {
    let [decision] = report.decisions.as_slice() else { panic!("nothing was decided: {:?}", report.answer) };
    let entry = &record["decisions"][0];
    let told = |error: &setpoint::error::Error, record: &Value| {
        let kind = error.kind();
        let said = [&record["errorType"], &record["kind"], &record["retryable"]].map(Value::clone);
        assert_eq!(said, [json!(error.error_type()), json!(kind.name()), json!(kind.is_retryable())]);
        let is_its_own = answer.error.as_ref().is_some_and(|(code, _)| code == error.error_type());
        if is_its_own { "its code".to_owned() } else { format!("`{}`", error.error_type()) }
    };
    let Decision { result, unentered, .. } = decision;
    let (comes_to, error) = match result {
        Ok(_) => (decision.outcome_name().to_owned(), None),
        Err(error) => (told(error, &entry["error"]), Some((error.kind().name(), error.kind().is_retryable()))),
    };
    let [level, outcome] = [&record["level"], &entry["outcome"]].map(|text| text.as_str().unwrap());
    let ledger = unentered.as_ref().map_or_else(String::new, |error| {
        format!(", ledger: {} ({})", told(error, &entry["ledger"]), error.kind().name())
    });
    Ending { comes_to, error, calls, record: format!("{level} {outcome}{ledger}"), is_changed }
}

/// The cells of a row.
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let yes = |is: bool| if is { "yes" } else { "no" };
        let (kind, helps) = self.error.map_or(("–", "–"), |(kind, helps)| (kind, yes(helps)));
        let calls: Vec<String> = self.calls.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let (comes_to, calls, record) = (&self.comes_to, calls.join(", "), &self.record);
        write!(f, "{comes_to} | {kind} | {helps} | {calls} | {record} | {}", yes(self.is_changed))
    }
}
