//! What the function writes about itself: one decision record for each invocation, and the lines of its libraries.

use std::io::Write;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use tracing::Metadata;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt::time::ChronoUtc;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::error::Error;
use crate::handler::{Invocation, Report};
use crate::outcome::Decision;
use crate::plan::Plan;

/// Sends the libraries' lines to standard output as JSON, from `level` on. Each has the `timestamp` and `level` by
/// which Lambda filters; without a timestamp Lambda takes every line for INFO.
pub fn subscribe(level: Option<&str>) {
    let level = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_timer(ChronoUtc::rfc_3339())
        .with_filter(filter_fn(|line| !repeats_the_record(line)))
        .with_filter(level);
    tracing_subscriber::registry().with(lines).init();
}

/// lambda_runtime writes a line for every error the handler returns, which the decision record has said already. Its
/// line for a panic, which has a field of its own, is the only one there is.
fn repeats_the_record(line: &Metadata<'_>) -> bool {
    line.target() == "lambda_runtime::layers::panic" && line.fields().field("error").is_none()
}

/// The decision record: one JSON line that says what an invocation was asked for and what became of it, with the
/// metrics that CloudWatch takes from it (embedded metric format). Never an event's body.
#[must_use]
pub fn decision_record(
    report: &Report,
    invocation: &Invocation,
    function: &str,
    now: DateTime<Utc>,
    took: Duration,
) -> Value {
    let counts = report.counts();
    let failed = counts.contains_key("failed");
    let level = if failed { "ERROR" } else { "INFO" };
    let mut record = Map::new();
    let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
    put("timestamp", json!(now.to_rfc3339_opts(SecondsFormat::Millis, true)));
    put("level", json!(level));
    put("message", json!(message(report)));
    put("requestId", json!(invocation.request_id));
    put("event", json!(report.via));
    put("origin", report.origins.iter().map(|origin| json!({"source": origin.source, "id": origin.id})).collect());
    put("decisions", report.decisions.iter().map(decision_json).collect());
    put("ignoredBecause", json!(report.ignored));
    put("refusedBecause", report.refused.iter().map(error_json).collect());
    put("durationMs", json!(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)));
    put("functionName", json!(function));
    for (outcome, count) in &counts {
        put(outcome, json!(count));
    }
    let metrics: Vec<Value> = counts.keys().map(|outcome| json!({"Name": outcome, "Unit": "Count"})).collect();
    let directive = json!({"Namespace": "Setpoint", "Dimensions": [["functionName"]], "Metrics": metrics});
    put("_aws", json!({"Timestamp": now.timestamp_millis(), "CloudWatchMetrics": [directive]}));
    Value::Object(record)
}

/// One sentence for each part of the event, for a person who reads the log.
fn message(report: &Report) -> String {
    let decided = report.decisions.iter().map(|decision| {
        let changes: Vec<String> = decision
            .plan
            .iter()
            .flat_map(|plan| {
                plan.changes().map(|field| format!("{} {} -> {}", plan.label(field), field.from, field.to))
            })
            .collect();
        let what = format!("{} {} {}", decision.action, decision.target, decision.outcome_name());
        match (&decision.result, changes.is_empty()) {
            (Err(error), _) => format!("{what}: {}: {error}", error.error_type()),
            (Ok(_), true) => what,
            (Ok(_), false) => format!("{what}: {}", changes.join(", ")),
        }
    });
    let ignored = report.ignored.iter().map(|why| format!("ignored: {why}"));
    let refused = report.refused.iter().map(|error| format!("refused: {}: {error}", error.error_type()));
    decided.chain(ignored).chain(refused).collect::<Vec<_>>().join("; ")
}

fn decision_json(decision: &Decision) -> Value {
    let mut record = json!({
        "action": decision.action,
        "target": decision.target,
        "outcome": decision.outcome_name(),
        "changes": decision.plan.as_ref().map(Plan::changes_json),
        "calls": decision.calls,
    });
    match &decision.result {
        Err(error) => record["error"] = error_json(error),
        Ok(answer) => {
            if let Some(because) = answer.because {
                record["because"] = json!(because.to_string());
            }
        }
    }
    record
}

fn error_json(error: &Error) -> Value {
    let kind = error.kind();
    json!({
        "errorType": error.error_type(),
        "errorMessage": error.to_string(),
        "kind": kind.name(),
        "retryable": kind.is_retryable(),
    })
}

/// The record of a cold start that stopped.
#[must_use]
pub fn start_record(error: &Error, now: DateTime<Utc>) -> Value {
    json!({
        "timestamp": now.to_rfc3339_opts(SecondsFormat::Millis, true),
        "level": "ERROR",
        "message": format!("the function does not start: {error}"),
        "errorType": error.error_type(),
    })
}

/// Writes a record as one line on standard output, which is where Lambda takes logs from.
pub fn write(record: &Value) {
    let Ok(mut line) = serde_json::to_vec(record) else { unreachable!("a Value is JSON already") };
    line.push(b'\n');
    // There is nowhere to report a broken standard output to.
    let _ = std::io::stdout().write_all(&line);
}
