//! Every answer the function gives that is not an error.

use std::{fmt, mem};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::error::Error;
use crate::guardrail::Outside;
use crate::plan::{Place, Plan};
use crate::spelling::arn::{Account, RoleArn};

/// How a request ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Changed, and seen to have settled.
    Applied,
    /// Changed, and accepted by AWS, which may still be at it.
    Accepted,
    /// Nothing to change.
    Unchanged,
    /// Only planned, as asked.
    Planned,
    /// A relative change whose target was modified after the event: done already, or overtaken.
    Superseded,
    /// Busy, and to be skipped then, as asked.
    Skipped,
}

impl Outcome {
    /// The stable name in answers, logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Accepted => "accepted",
            Self::Unchanged => "unchanged",
            Self::Planned => "planned",
            Self::Superseded => "superseded",
            Self::Skipped => "skipped",
        }
    }
}

/// An outcome with what is answered for it: the documented response, or the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// How it ended.
    pub outcome: Outcome,
    /// The documented response of the operation, or `{"plan": …}`.
    pub output: Value,
    /// Why nothing was done, or not all, where the target is not as asked for.
    pub because: Option<Because>,
}

/// Why an event that asked for a change was left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// The target was modified after the event, so a relative change was applied already, or overtaken.
    Modified {
        /// When AWS says it was modified.
        modified: DateTime<Utc>,
        /// The event's own time.
        issued_at: DateTime<Utc>,
    },
    /// The target was made after the event, which means another, that had its name.
    Created {
        /// When AWS says it was made.
        created: DateTime<Utc>,
        /// The event's own time, or when it came.
        issued_at: DateTime<Utc>,
    },
    /// AWS gives no time of modification, so nobody can tell a first delivery of a relative change from a second one.
    Untold,
    /// The ledger has a newer event for all that this one asks for.
    Newer,
    /// The ledger has a newer event for these fields, which were left as they are.
    NewerFor(Vec<String>),
    /// The ledger says that this event was applied, and the target has been changed since.
    Repeated,
}

impl Answer {
    /// An outcome with what is answered for it.
    #[must_use]
    pub fn new(outcome: Outcome, output: Value) -> Self {
        Self { outcome, output, because: None }
    }

    /// Nothing to change; what is answered for it is what the target is found to be.
    pub(crate) fn unchanged() -> Self {
        Self::new(Outcome::Unchanged, Value::Null)
    }

    /// A change that is left alone; what is answered for it is what the target is found to be.
    pub(crate) fn superseded(because: Because) -> Self {
        Self { because: Some(because), ..Self::new(Outcome::Superseded, Value::Null) }
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = |time: &DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        match self {
            Self::Modified { modified, issued_at } => write!(
                f,
                "the target was modified at {}, and the event is from {}: applied already, or overtaken",
                second(modified),
                second(issued_at)
            ),
            Self::Created { created, issued_at } => write!(
                f,
                "what bears the name was created at {}, and the event is from {}: it means another, which is gone",
                second(created),
                second(issued_at)
            ),
            Self::Untold => f.write_str(
                "AWS gives no time of modification, without which a second delivery of a relative change cannot be told \
                 from the first; atLeast, atMost or a plain number can be repeated",
            ),
            Self::Newer => f.write_str("the ledger has a newer event for the target"),
            Self::NewerFor(fields) => write!(f, "the ledger has a newer event for {}", fields.join(", ")),
            Self::Repeated => f.write_str("the ledger has this event as applied, and the target was changed since"),
        }
    }
}

/// What was decided for one request, and why: the record that logs and people read.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The action's name in IAM spelling.
    pub action: &'static str,
    /// The target, by Application Auto Scaling's resource id.
    pub target: String,
    /// Where the target lives.
    pub place: Place,
    /// The role that was to be assumed for it.
    pub role: Option<RoleArn>,
    /// What the request came to, where the target could be read.
    pub plan: Option<Plan>,
    /// The AWS operations called, in order.
    pub calls: Vec<Call>,
    /// Whether AWS was asked to change it, and may have.
    pub written: bool,
    /// Why the ledger could not be told how it ended, where it could not.
    pub unentered: Option<Error>,
    /// Why others could not be told of the change, where they were to be and could not.
    pub untold: Option<Error>,
    /// The numbers that would not last, where the operator wants to know.
    pub outside: Vec<Outside>,
    /// What was decided on the bounds that were moved for it, before it was written.
    pub moved: Vec<Self>,
    /// The period of a timetable that says so, where one does.
    pub period: Option<Held>,
    /// How it ended.
    pub result: Result<Answer, Error>,
}

/// A period of a timetable that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The timetable's name.
    pub timetable: String,
    /// The period's name.
    pub period: String,
}

/// A call of an AWS operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The operation, such as `DescribeEndpoint`.
    pub operation: &'static str,
    /// AWS's id of each answer: to the SDK's retries too, and to what was needed for it, such as a role's credentials.
    pub request_ids: Vec<String>,
}

impl Held {
    /// Says so in what is told of it.
    pub(crate) fn put_into(&self, told: &mut Value) {
        told["timetable"] = json!(self.timetable);
        told["period"] = json!(self.period);
    }
}

impl Decision {
    /// The decisions on the bounds that were moved for it, and then itself, each for itself.
    pub(crate) fn each(mut self) -> Vec<Self> {
        let mut each = mem::take(&mut self.moved);
        each.push(self);
        each
    }

    /// What is told of it wherever it is told: which action, of what, where, as whom, how it ended, and what differs.
    pub(crate) fn facts(&self) -> Value {
        json!({
            "action": self.action,
            "target": self.target,
            "account": self.place.account.as_ref().map(Account::as_str),
            "region": self.place.region.as_str(),
            "role": self.role.as_ref().map(RoleArn::as_str),
            "outcome": self.outcome_name(),
            "changes": self.plan.as_ref().map(Plan::changes_json),
        })
    }

    /// `applied`, `unchanged` … or `failed`.
    #[must_use]
    pub fn outcome_name(&self) -> &'static str {
        self.result.as_ref().map_or("failed", |answer| answer.outcome.name())
    }

    /// One element of `results`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut element = json!({"action": self.action, "target": self.target});
        if let Some(held) = &self.period {
            held.put_into(&mut element);
        }
        element["outcome"] = json!(self.outcome_name());
        put_outside(&self.outside, &mut element);
        if !self.moved.is_empty() {
            element["moved"] = self.moved.iter().map(Self::to_json).collect();
        }
        match &self.result {
            Ok(Answer { output, because, .. }) => {
                if let Some(because) = because {
                    element["because"] = json!(because.to_string());
                }
                element["output"] = output.clone();
            }
            Err(error) => {
                element["error"] = json!({"errorType": error.error_type(), "errorMessage": error.to_string()});
            }
        }
        element
    }
}

/// Says what would not last in what is told of it.
pub(crate) fn put_outside(outside: &[Outside], told: &mut Value) {
    if !outside.is_empty() {
        told["autoscaled"] = outside.iter().map(|outside| json!(outside.to_string())).collect();
    }
}

/// The answer for several actions.
#[must_use]
pub fn results(decisions: &[Decision]) -> Value {
    json!({"results": decisions.iter().map(Decision::to_json).collect::<Vec<_>>()})
}

/// The answer for an event that asks for nothing.
#[must_use]
pub fn ignored(why: &str) -> Value {
    json!({"ignored": why})
}
