//! All that one invocation came to.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::{Cause, Error, Others};
use crate::event::Origin;
use crate::outcome::{Decision, Outcome};

/// All that one invocation came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The sources each part of the event came through, outermost first, such as `sqs > sns > alarm`.
    pub via: Vec<String>,
    /// Who sent each part of the event, those that could not be decoded too.
    pub origins: Vec<Origin>,
    /// Parts of the event that asked for nothing, and why.
    pub ignored: Vec<String>,
    /// Parts of the event that were refused before any target was read.
    pub refused: Vec<Error>,
    /// What was decided for each request.
    pub decisions: Vec<Decision>,
    /// What the function returns.
    pub answer: Result<Value, Error>,
}

impl Report {
    pub(super) fn new() -> Self {
        let answer = Ok(Value::Null);
        Self {
            via: Vec::new(),
            origins: Vec::new(),
            ignored: Vec::new(),
            refused: Vec::new(),
            decisions: Vec::new(),
            answer,
        }
    }

    pub(super) fn refuse(&mut self, error: Error) -> Error {
        self.refused.push(error.clone());
        error
    }

    /// Takes in what came of a part of the event.
    pub(super) fn add(&mut self, part: Self) {
        self.via.extend(part.via);
        self.origins.extend(part.origins);
        self.ignored.extend(part.ignored);
        self.refused.extend(part.refused);
        self.decisions.extend(part.decisions);
    }

    /// Takes in what was decided; each change of bounds that was made for another is one of its own.
    pub(super) fn decided(&mut self, decisions: Vec<Decision>) {
        self.decisions.extend(decisions.into_iter().flat_map(Decision::each));
    }

    /// How many requests ended in each way, by outcome; refused parts of the event count as failed.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        let decided = self.decisions.iter().map(Decision::outcome_name);
        let ignored = self.ignored.iter().map(|_| "ignored");
        let refused = self.refused.iter().map(|_| "failed");
        for name in decided.chain(ignored).chain(refused) {
            *counts.entry(name).or_default() += 1;
        }
        counts
    }
}

/// The one error for several actions, when any failed.
pub(super) fn failed(decisions: &[Decision]) -> Option<Error> {
    let failed: Vec<_> = decisions
        .iter()
        .enumerate()
        .filter_map(|(index, decision)| Some((index, decision.target.clone(), decision.result.as_ref().err()?.clone())))
        .collect();
    let planned = decisions.iter().enumerate().filter_map(|(index, decision)| plan_sentence(index, decision));
    let planned: Vec<String> = planned.collect();
    let others = if planned.is_empty() { Others::Done } else { Others::Planned(planned) };
    (!failed.is_empty()).then(|| Cause::ActionsFailed { failed, of: decisions.len(), others }.into())
}

/// What an action would change, where it was only planned.
fn plan_sentence(index: usize, decision: &Decision) -> Option<String> {
    decision.result.as_ref().ok().filter(|answer| answer.outcome == Outcome::Planned)?;
    let plan = decision.plan.as_ref()?;
    let changes = Some(plan.sentence()).filter(|changes| !changes.is_empty());
    let changes = changes.unwrap_or_else(|| "nothing to change".to_owned());
    Some(format!("actions[{index}] {}: {changes}", decision.target))
}
