//! The story of what is played, from what the handler reports.

use chrono::{DateTime, Utc};
use setpoint::guardrail::Guardrails;
use setpoint::handler::Report;
use setpoint::outcome::{Decision, Held, Outcome};
use setpoint::plan::FieldValue;

use crate::story::{Beside, Ended, Series, Step, Story, Told};

/// The story so far.
pub(super) struct Telling {
    guardrails: Guardrails,
    pub(super) story: Story,
}

impl Telling {
    pub(super) fn new(guardrails: Guardrails, from: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        Self { guardrails, story: Story::new(from, until, Beside::Without) }
    }

    /// Takes in what came of following the timetables; what is as it should be is no event.
    pub(super) fn tick(&mut self, at: DateTime<Utc>, report: &Report) {
        for decision in &report.decisions {
            let by = |held: &Held| format!("{}/{}", held.timetable, held.period);
            let told = self.decided(at, decision.period.as_ref().map_or_else(String::new, by), decision);
            self.story.events.extend(Some(told).filter(|told| told.ended != Ended::Left));
        }
    }

    /// Takes in what came of an event.
    pub(super) fn event(&mut self, at: DateTime<Utc>, by: &str, report: &Report) {
        let told = |ended, outcome: &str, because: &str| {
            let (by, outcome, because) = (by.to_owned(), outcome.to_owned(), Some(because.to_owned()));
            Told { at, by, target: None, place: String::new(), ended, outcome, because }
        };
        self.story.events.extend(report.ignored.iter().map(|why| told(Ended::Left, "ignored", why)));
        let refused = report.refused.iter();
        self.story.events.extend(refused.map(|error| told(Ended::Refused, error.error_type(), &error.to_string())));
        for decision in &report.decisions {
            let told = self.decided(at, by.to_owned(), decision);
            self.story.events.push(told);
        }
    }

    fn decided(&mut self, at: DateTime<Utc>, by: String, decision: &Decision) -> Told {
        let changed = decision.result.as_ref().is_ok_and(|answer| is_change(answer.outcome));
        for field in decision.plan.iter().flat_map(|plan| &plan.fields) {
            let (Some(before), Some(after)) = (capacity(&field.from), capacity(&field.to)) else { continue };
            let (target, member) = (field.target.to_string(), field.name.to_owned());
            let bounds = self.guardrails.bounds(&target, &decision.place);
            let steps = vec![Step { at: self.story.from, capacity: before, by: None }];
            let beside = Some(before);
            let series = self.story.series(Series { target, place: String::new(), member, beside, steps, bounds });
            let stands = series.steps.last().map(|step| step.capacity);
            if changed && stands != Some(after) {
                series.steps.retain(|step| step.at != at);
                series.steps.push(Step { at, capacity: after, by: None });
            }
        }
        let (ended, outcome, because) = match &decision.result {
            Ok(answer) => {
                let ended = match answer.outcome {
                    Outcome::Superseded | Outcome::Skipped => Ended::Superseded,
                    outcome if is_change(outcome) => Ended::Changed,
                    _ => Ended::Left,
                };
                (ended, answer.outcome.name(), answer.because.as_ref().map(ToString::to_string))
            }
            Err(error) => (Ended::Refused, error.error_type(), Some(error.to_string())),
        };
        let (outcome, target) = (outcome.to_owned(), Some(decision.target.clone()));
        Told { at, by, target, place: String::new(), ended, outcome, because }
    }
}

pub(super) fn is_change(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Accepted | Outcome::Applied)
}

/// A count; a member that is not set has none.
fn capacity(value: &FieldValue) -> Option<i64> {
    match value {
        FieldValue::Count(count) => Some(*count),
        FieldValue::Absent | FieldValue::Weight(_) | FieldValue::Text(_) | FieldValue::Status(_) => None,
    }
}
