//! A decision record, as far as it says who changed what.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use setpoint::spelling::arn::Arn;

/// What one invocation left in the log.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// When the invocation began.
    pub(super) at: DateTime<Utc>,
    pub(super) request_id: String,
    /// Who sent it, by the last part of an ARN; else by which way it came.
    pub(super) by: String,
    pub(super) decisions: Vec<Decision>,
    /// Parts of the event that were refused before any target was read, by errorType and sentence.
    pub(super) refused: Vec<(String, String)>,
    /// Decisions that did not fit into the line.
    pub(super) left_out: u64,
}

/// What was decided for one target.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Decision {
    pub(super) target: String,
    /// Region and account.
    pub(super) place: String,
    /// The period of a timetable that says so, where one does.
    pub(super) period: Option<String>,
    pub(super) outcome: String,
    /// The errorType and the sentence of a failure.
    pub(super) error: Option<(String, String)>,
    pub(super) because: Option<String>,
    /// Whether the operation that changes the target was called.
    pub(super) called: bool,
    pub(super) changes: Vec<Change>,
}

/// A value that was found, and what was to become of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    /// The member, with the variant that it is of where the target is an endpoint.
    pub(super) field: String,
    pub(super) from: Value,
    pub(super) to: Value,
}

impl Record {
    /// The record that a message of the log is, if it is one.
    pub(super) fn read(message: &Value) -> Option<Self> {
        let ended: DateTime<Utc> = text(message, "timestamp")?.parse().ok()?;
        let took = message["durationMs"].as_u64().and_then(|ms| i64::try_from(ms).ok()).unwrap_or(0);
        let decisions = message["decisions"].as_array()?.iter().map(Decision::read);
        Some(Self {
            at: ended - TimeDelta::try_milliseconds(took).unwrap_or_default(),
            request_id: text(message, "requestId")?,
            by: sender(message),
            decisions: decisions.collect::<Option<_>>()?,
            refused: message["refusedBecause"].as_array().into_iter().flatten().filter_map(error).collect(),
            left_out: message["leftOut"]["decisions"].as_u64().unwrap_or(0),
        })
    }
}

impl Decision {
    fn read(decision: &Value) -> Option<Self> {
        let (target, outcome) = (text(decision, "target")?, text(decision, "outcome")?);
        let account = text(decision, "account").map_or_else(String::new, |account| format!(" of {account}"));
        let write = text(decision, "action")?;
        let write = write.rsplit(':').next().unwrap_or_default();
        let mut calls = decision["calls"].as_array().into_iter().flatten();
        let period = text(decision, "timetable").zip(text(decision, "period"));
        let changes = decision["changes"].as_array().into_iter().flatten();
        Some(Self {
            target,
            place: format!("{}{account}", text(decision, "region")?),
            period: period.map(|(timetable, period)| format!("{timetable}/{period}")),
            outcome,
            error: decision.get("error").and_then(error),
            because: text(decision, "because"),
            called: calls.any(|call| call["operation"] == write),
            changes: changes.map(Change::read).collect::<Option<_>>()?,
        })
    }

    /// True when what it asks for was accepted by AWS.
    pub(super) fn is_change(&self) -> bool {
        matches!(self.outcome.as_str(), "accepted" | "applied")
    }
}

impl Change {
    fn read(change: &Value) -> Option<Self> {
        let value = |member| change.get(member).cloned();
        Some(Self { field: text(change, "field")?, from: value("from")?, to: value("to")? })
    }

    /// The target and the member that it is of, such as the instances of a variant of an endpoint.
    pub(super) fn of(&self, target: &str) -> (String, String) {
        match self.field.split_once('.') {
            Some((variant, member)) => (format!("{target}/variant/{variant}"), member.to_owned()),
            None => (target.to_owned(), self.field.clone()),
        }
    }
}

/// Who sent the event; of several parts each that sent one.
fn sender(message: &Value) -> String {
    let origins = message["origin"].as_array().into_iter().flatten();
    let mut names: Vec<String> = origins.filter_map(|origin| text(origin, "source").map(name)).collect();
    if names.is_empty() {
        let ways = message["event"].as_array().into_iter().flatten();
        names = ways.filter_map(|way| way.as_str().map(str::to_owned)).collect();
    }
    names.dedup();
    names.join(", ")
}

/// The resource that an ARN names, by its own name; anything else as it is.
fn name(source: String) -> String {
    match Arn::parse(&source) {
        Some(arn) => arn.resource().1.to_owned(),
        None => source,
    }
}

fn error(error: &Value) -> Option<(String, String)> {
    text(error, "errorType").zip(text(error, "errorMessage"))
}

fn text(value: &Value, member: &str) -> Option<String> {
    value.get(member)?.as_str().map(str::to_owned)
}
