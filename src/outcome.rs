//! Every answer the function gives that is not an error.

use serde_json::{Value, json};

use crate::error::Error;
use crate::plan::Plan;

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
}

/// What was decided for one request, and why: the record that logs and people read.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The action's name in IAM spelling.
    pub action: &'static str,
    /// The target, by Application Auto Scaling's resource id.
    pub target: String,
    /// What the request came to, where the target could be read.
    pub plan: Option<Plan>,
    /// The AWS operations called, in order; the SDK's own retries are not repeated here.
    pub calls: Vec<&'static str>,
    /// How it ended.
    pub result: Result<Answer, Error>,
}

impl Decision {
    /// `applied`, `unchanged` … or `failed`.
    #[must_use]
    pub fn outcome_name(&self) -> &'static str {
        self.result.as_ref().map_or("failed", |answer| answer.outcome.name())
    }

    /// One element of `results`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (action, target, outcome) = (self.action, &self.target, self.outcome_name());
        match &self.result {
            Ok(answer) => json!({"action": action, "target": target, "outcome": outcome, "output": answer.output}),
            Err(error) => json!({
                "action": action,
                "target": target,
                "outcome": outcome,
                "error": {"errorType": error.error_type(), "errorMessage": error.to_string()},
            }),
        }
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
