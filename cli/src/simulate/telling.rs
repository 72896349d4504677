//! The story of what is played, from what the handler reports.

use chrono::{DateTime, Utc};
use setpoint::guardrail::Guardrails;
use setpoint::handler::Report;
use setpoint::outcome::{Decision, Held, Outcome};
use setpoint::plan::FieldValue;

use crate::story::{Beside, Ended, SHARE, Series, Step, Story, Told};

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
        let told = |ended, outcome: &str, because: &str| of_no_target(at, by, ended, outcome, Some(because));
        self.story.events.extend(report.ignored.iter().map(|why| told(Ended::Left, "ignored", why)));
        let refused = report.refused.iter();
        self.story.events.extend(refused.map(|error| told(Ended::Refused, error.error_type(), &error.to_string())));
        for decision in &report.decisions {
            let told = self.decided(at, by.to_owned(), decision);
            self.story.events.push(told);
        }
    }

    /// Takes in how the execution of a rollout ended, or that it is under way when the days end.
    pub(super) fn rollout(
        &mut self,
        at: DateTime<Utc>,
        name: &str,
        ended: Ended,
        outcome: &str,
        because: Option<&str>,
    ) {
        self.story.events.push(of_no_target(at, name, ended, outcome, because));
    }

    /// A number of a target, which stood at this when the story begins unless it is told of already.
    fn series(&mut self, target: String, member: &str, before: i64, bounds: (Option<u32>, Option<u32>)) -> &mut Series {
        let steps = vec![Step { at: self.story.from, capacity: before, by: None }];
        let (place, member, beside) = (String::new(), member.to_owned(), Some(before));
        self.story.series(Series { target, place, member, beside, steps, bounds })
    }

    fn decided(&mut self, at: DateTime<Utc>, by: String, decision: &Decision) -> Told {
        let changed = decision.result.as_ref().is_ok_and(|answer| is_change(answer.outcome));
        for field in decision.plan.iter().flat_map(|plan| &plan.fields) {
            let (Some(before), Some(after)) = (capacity(&field.from), capacity(&field.to)) else { continue };
            let target = field.target.to_string();
            let bounds = self.guardrails.bounds(&target, &decision.place);
            let series = self.series(target, field.name, before, bounds);
            step(series, at, after, changed);
        }
        for share in decision.plan.iter().flat_map(|plan| &plan.shares) {
            let (Some(before), Some(after)) = (percent(share.from), percent(share.to)) else { continue };
            let series = self.series(share.target.to_string(), SHARE, before, (None, None));
            step(series, at, after, changed);
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

fn of_no_target(at: DateTime<Utc>, by: &str, ended: Ended, outcome: &str, because: Option<&str>) -> Told {
    let (by, outcome, because) = (by.to_owned(), outcome.to_owned(), because.map(str::to_owned));
    Told { at, by, target: None, place: String::new(), ended, outcome, because }
}

/// Has a number stand from an instant on, where a change is made and it is another than stood there.
fn step(series: &mut Series, at: DateTime<Utc>, after: i64, changed: bool) {
    let stands = series.steps.last().map(|step| step.capacity);
    if changed && stands != Some(after) {
        series.steps.retain(|step| step.at != at);
        series.steps.push(Step { at, capacity: after, by: None });
    }
}

/// A part of the traffic as it is drawn.
fn percent(share: Option<f64>) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "it is between 0 and 100")]
    share.map(|share| (share * 100.0).round() as i64)
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
