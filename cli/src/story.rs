//! What came of what was played: the steps of every target's capacity, and how each event ended.

pub(crate) mod bars;
pub(crate) mod calendar;
pub(crate) mod hours;
pub(crate) mod picture;

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use setpoint::guardrail::Guardrails;
use setpoint::handler::Report;
use setpoint::outcome::{Decision, Held, Outcome};
use setpoint::plan::FieldValue;

/// All that came of it.
pub(crate) struct Story {
    guardrails: Guardrails,
    pub(crate) from: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
    series: BTreeMap<(String, &'static str), Series>,
    pub(crate) events: Vec<Told>,
}

/// A number of a target over time.
pub(crate) struct Series {
    /// What it is a number of.
    pub(crate) unit: &'static str,
    /// What stood before anything was played.
    pub(crate) before: i64,
    pub(crate) steps: Vec<Step>,
    /// The tightest bounds that the guardrails set wherever the target lives.
    pub(crate) bounds: (Option<u32>, Option<u32>),
}

/// From when on a capacity stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) at: DateTime<Utc>,
    pub(crate) capacity: i64,
}

/// How one event ended for one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) at: DateTime<Utc>,
    /// A period of a timetable, or an alarm with its state.
    pub(crate) by: String,
    pub(crate) target: Option<String>,
    pub(crate) ended: Ended,
    /// One of the outcomes, or the errorType.
    pub(crate) outcome: String,
    /// What is said with an error, and with what was left alone.
    pub(crate) because: Option<String>,
}

/// How an event ended, as far as it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Something was changed.
    Changed,
    /// Everything was as it should be, or nothing was asked for.
    Left,
    /// It gave way.
    Superseded,
    /// An error, such as a guardrail's refusal.
    Refused,
}

impl Story {
    pub(crate) fn new(guardrails: Guardrails, from: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        Self { guardrails, from, until, series: BTreeMap::new(), events: Vec::new() }
    }

    /// Takes in what came of following the timetables; what is as it should be is no event.
    pub(crate) fn tick(&mut self, at: DateTime<Utc>, report: &Report) {
        for decision in &report.decisions {
            let by = |held: &Held| format!("{}/{}", held.timetable, held.period);
            let told = self.decided(at, decision.period.as_ref().map_or_else(String::new, by), decision);
            self.events.extend(Some(told).filter(|told| told.ended != Ended::Left));
        }
    }

    /// Takes in what came of an event.
    pub(crate) fn event(&mut self, at: DateTime<Utc>, by: &str, report: &Report) {
        let told = |ended, outcome: &str, because: &str| {
            let (by, outcome, because) = (by.to_owned(), outcome.to_owned(), Some(because.to_owned()));
            Told { at, by, target: None, ended, outcome, because }
        };
        self.events.extend(report.ignored.iter().map(|why| told(Ended::Left, "ignored", why)));
        let refused = report.refused.iter();
        self.events.extend(refused.map(|error| told(Ended::Refused, error.error_type(), &error.to_string())));
        for decision in &report.decisions {
            let told = self.decided(at, by.to_owned(), decision);
            self.events.push(told);
        }
    }

    fn decided(&mut self, at: DateTime<Utc>, by: String, decision: &Decision) -> Told {
        let changed = decision.result.as_ref().is_ok_and(|answer| is_change(answer.outcome));
        for field in decision.plan.iter().flat_map(|plan| &plan.fields) {
            let (Some(before), Some(after)) = (capacity(&field.from), capacity(&field.to)) else { continue };
            let target = field.target.to_string();
            let bounds = self.guardrails.bounds(&target, &decision.place);
            let first = Step { at: self.from, capacity: before };
            let series = self.series.entry((target, field.name));
            let series =
                series.or_insert_with(|| Series { unit: unit(field.name), before, steps: vec![first], bounds });
            let stands = series.steps.last().map(|step| step.capacity);
            if changed && stands != Some(after) {
                series.steps.retain(|step| step.at != at);
                series.steps.push(Step { at, capacity: after });
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
        Told { at, by, target, ended, outcome, because }
    }

    /// The targets with a capacity, each by its name; where one has several, each with the name of its member.
    pub(crate) fn targets(&self) -> Vec<(String, &Series)> {
        let many = |target: &str| self.series.keys().filter(|(other, _)| other == target).count() > 1;
        let named = self.series.iter().map(|((target, member), series)| match many(target) {
            true => (format!("{target} {member}"), series),
            false => (target.clone(), series),
        });
        named.collect()
    }

    /// The events of a target as [`Story::targets`] calls it: those of an endpoint are those of its variants too.
    pub(crate) fn of(&self, target: &str) -> impl Iterator<Item = &Told> {
        self.events.iter().filter(move |told| {
            let whose = told.target.as_deref().unwrap_or_default();
            let rest = target.strip_prefix(whose).filter(|_| !whose.is_empty());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ' ']))
        })
    }

    /// For machines.
    pub(crate) fn to_json(&self) -> Value {
        let targets = self.targets().into_iter().map(|(target, series)| {
            let steps = series.steps.iter().map(|step| json!({"time": time(step.at), "capacity": step.capacity}));
            json!({"target": target, "steps": steps.collect::<Vec<_>>()})
        });
        let events = self.events.iter().map(
            |told| json!({"time": time(told.at), "schedule": told.by, "target": told.target, "outcome": told.outcome}),
        );
        json!({"targets": targets.collect::<Vec<_>>(), "events": events.collect::<Vec<_>>()})
    }
}

impl Series {
    pub(crate) fn lowest(&self) -> i64 {
        self.steps.iter().map(|step| step.capacity).min().unwrap_or(0)
    }

    pub(crate) fn highest(&self) -> i64 {
        self.steps.iter().map(|step| step.capacity).max().unwrap_or(0)
    }

    /// The most that stood between two instants.
    pub(crate) fn most(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> i64 {
        let before = self.steps.iter().rfind(|step| step.at <= from);
        let within = self.steps.iter().filter(|step| from < step.at && step.at < until);
        before.into_iter().chain(within).map(|step| step.capacity).max().unwrap_or(0)
    }
}

fn is_change(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Accepted | Outcome::Applied)
}

/// What a member counts.
fn unit(member: &str) -> &'static str {
    match member {
        "DesiredInstanceCount" => "instance",
        member if member.ends_with("CopyCount") => "copy",
        _ => "execution",
    }
}

/// A count; a member that is not set has none.
fn capacity(value: &FieldValue) -> Option<i64> {
    match value {
        FieldValue::Count(count) => Some(*count),
        FieldValue::Absent | FieldValue::Weight(_) | FieldValue::Text(_) | FieldValue::Status(_) => None,
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
impl Story {
    /// Lets capacities stand from these hours on.
    pub(crate) fn stands<const N: usize>(&mut self, target: &str, hours: [(i64, i64); N]) {
        let step = |(hour, capacity)| Step { at: self.from + chrono::TimeDelta::hours(hour), capacity };
        let (before, bounds) = (hours[0].1, (None, None));
        let series = Series { unit: "execution", before, steps: hours.map(step).into(), bounds };
        self.series.insert((target.to_owned(), "Count"), series);
    }
}
