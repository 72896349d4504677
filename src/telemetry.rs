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
use crate::outcome::{self, Decision, Outcome};
use crate::plan::Plan;

/// Sends the libraries' lines to standard output as JSON, from `level` on. Each has the `timestamp` and `level` by
/// which Lambda filters; without a timestamp Lambda takes every line for INFO.
pub fn subscribe(level: Option<&str>) {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_timer(ChronoUtc::rfc_3339())
        .with_filter(filter_fn(|line| !repeats_the_record(line)))
        .with_filter(filter(level));
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
    let level = match failed {
        true => "ERROR",
        false if report.decisions.iter().any(|decision| !decision.outside.is_empty()) => "WARN",
        false if is_uneventful(report) => "DEBUG",
        false => "INFO",
    };
    let decisions = report.decisions.iter().map(|decision| (decision.result.is_err(), decision_json(decision)));
    let origins = report.origins.iter().map(|origin| json!({"source": origin.source, "id": origin.id}));
    let lists = [
        ("event", fitting(unranked(report.via.iter().map(|via| json!(via))), 8 * KB)),
        ("origin", fitting(unranked(origins), 24 * KB)),
        ("decisions", fitting(decisions.collect(), 96 * KB)),
        ("ignoredBecause", fitting(unranked(report.ignored.iter().map(|why| json!(cut(why)))), 16 * KB)),
        ("refusedBecause", fitting(unranked(report.refused.iter().map(error_json)), 32 * KB)),
    ];
    let mut record = Map::new();
    let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
    put("timestamp", json!(now.to_rfc3339_opts(SecondsFormat::Millis, true)));
    put("level", json!(level));
    put("message", json!(message(report)));
    put("requestId", json!(invocation.request_id));
    let mut left_out = Map::new();
    for (name, (shown, more)) in lists {
        put(name, Value::Array(shown));
        if more > 0 {
            left_out.insert(name.to_owned(), json!(more));
        }
    }
    if !left_out.is_empty() {
        put("leftOut", Value::Object(left_out));
    }
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

/// What is written of a record where Lambda keeps lines from `level` on: all of it, or, where it is below that, its metrics alone,
/// with the level that is kept. CloudWatch takes metrics from the lines, and counts nothing that Lambda has dropped.
#[must_use]
pub fn kept(record: Value, level: Option<&str>) -> Value {
    let least = level.map(str::to_uppercase).filter(|level| rank(level).is_some());
    let least = least.as_deref().unwrap_or("INFO");
    let is_kept = record["level"].as_str().and_then(rank) >= rank(least);
    if is_kept {
        return record;
    }
    let counted = record["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().into_iter().flatten();
    let names = METRICS_ALONE.into_iter().chain(counted.filter_map(|metric| metric["Name"].as_str()));
    let mut metrics: Map<_, _> = names.map(|name| (name.to_owned(), record[name].clone())).collect();
    metrics.insert("level".to_owned(), json!(least));
    Value::Object(metrics)
}

/// What stays of a record beside its counts where only its metrics are kept.
const METRICS_ALONE: [&str; 4] = ["timestamp", "requestId", "functionName", "_aws"];

/// The place of a level among Lambda's, the least severe first.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>.
fn rank(level: &str) -> Option<usize> {
    ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].iter().position(|known| *known == level)
}

/// True when timetables were followed, and everything was as they say: every five minutes, day and night.
#[must_use]
pub fn is_uneventful(report: &Report) -> bool {
    let is_so = |decision: &Decision| decision.period.is_some() && decision.outcome_name() == Outcome::Unchanged.name();
    !report.decisions.is_empty()
        && report.decisions.iter().all(is_so)
        && report.refused.is_empty()
        && report.ignored.is_empty()
}

/// CloudWatch cuts a line of more than 256 KB, and metrics in one that was cut are lost. What the parts of a record may
/// take comes to less.
const KB: usize = 1024;

/// The longest text in a record.
const LONGEST_TEXT: usize = 4 * KB;

/// As many of the parts as fit into `most` bytes of JSON, and the number of the others. Where not all fit, those that
/// are of a failure come first.
fn fitting(parts: Vec<(bool, Value)>, most: usize) -> (Vec<Value>, usize) {
    let sizes: Vec<usize> = parts.iter().map(|(_, part)| size(part)).collect();
    if sizes.iter().sum::<usize>() <= most {
        return (parts.into_iter().map(|(_, part)| part).collect(), 0);
    }
    let all = parts.len();
    let mut left = most;
    let mut shown = Vec::new();
    let (failures, others): (Vec<_>, Vec<_>) =
        parts.into_iter().zip(sizes).partition(|((is_failure, _), _)| *is_failure);
    for ((_, part), size) in failures.into_iter().chain(others) {
        if size > left {
            break;
        }
        left -= size;
        shown.push(part);
    }
    let more = all - shown.len();
    (shown, more)
}

fn unranked(parts: impl Iterator<Item = Value>) -> Vec<(bool, Value)> {
    parts.map(|part| (false, part)).collect()
}

/// The bytes of a part in the line, with the comma after it.
fn size(part: &Value) -> usize {
    part.to_string().len() + 1
}

/// A text, or the beginning of one that would take too much of the line.
fn cut(text: &str) -> String {
    if size(&json!(text)) <= LONGEST_TEXT {
        return text.to_owned();
    }
    // A letter takes six bytes at most.
    text.chars().take(LONGEST_TEXT / 6).chain(['…']).collect()
}

/// One sentence for each part of the event, for a person who reads the log.
fn message(report: &Report) -> String {
    let decided = report.decisions.iter().map(|decision| {
        let changes = decision.plan.as_ref().map(Plan::sentence).unwrap_or_default();
        let what = format!("{} {} {}", decision.action, decision.target, decision.outcome_name());
        let sentence = match (&decision.result, changes.is_empty()) {
            (Err(error), _) => format!("{what}: {}: {error}", error.error_type()),
            (Ok(_), true) => what,
            (Ok(_), false) => format!("{what}: {changes}"),
        };
        let outside = decision.outside.iter().map(|outside| format!("; {outside}"));
        (decision.result.is_err(), outside.fold(sentence, |sentence, outside| sentence + &outside))
    });
    let ignored = report.ignored.iter().map(|why| (false, format!("ignored: {why}")));
    let refused = report.refused.iter().map(|error| (true, format!("refused: {}: {error}", error.error_type())));
    let sentences = decided.chain(ignored).chain(refused);
    let sentences = sentences.map(|(is_failure, sentence)| (is_failure, json!(cut(&sentence)))).collect();
    let (shown, more) = fitting(sentences, 48 * KB);
    let shown: Vec<&str> = shown.iter().filter_map(Value::as_str).collect();
    match more {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

fn decision_json(decision: &Decision) -> Value {
    let calls = decision.calls.iter().map(|call| json!({"operation": call.operation, "requestIds": call.request_ids}));
    let mut record = decision.facts();
    record["calls"] = calls.collect();
    if let Some(held) = &decision.period {
        held.put_into(&mut record);
    }
    outcome::put_outside(&decision.outside, &mut record);
    if let Some(error) = &decision.unentered {
        record["ledger"] = error_json(error);
    }
    if let Some(error) = &decision.untold {
        record["changeEvent"] = json!({"errorType": error.error_type(), "errorMessage": cut(&error.happened())});
    }
    match &decision.result {
        Err(error) => record["error"] = error_json(error),
        Ok(answer) => {
            if let Some(because) = &answer.because {
                record["because"] = json!(because.to_string());
            }
        }
    }
    record
}

fn error_json(error: &Error) -> Value {
    let kind = error.kind();
    json!({
        "errorType": cut(error.error_type()),
        "errorMessage": cut(&error.to_string()),
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

/// Whether lines of DEBUG are asked for.
#[must_use]
pub fn shows_debug(level: Option<&str>) -> bool {
    filter(level) >= LevelFilter::DEBUG
}

/// INFO where nothing else is said that is a level.
fn filter(level: Option<&str>) -> LevelFilter {
    level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO)
}

/// Writes a record as one line on standard output, which is where Lambda takes logs from.
pub fn write(record: &Value) {
    let Ok(mut line) = serde_json::to_vec(record) else { unreachable!("a Value is JSON already") };
    line.push(b'\n');
    // There is nowhere to report a broken standard output to.
    let _ = std::io::stdout().write_all(&line);
}
