//! The capacities of targets over time, with what was done to them: what was played, or what has been.

pub(crate) mod bars;
pub(crate) mod calendar;
pub(crate) mod hours;
pub(crate) mod picture;

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// All that is told.
pub(crate) struct Story {
    pub(crate) from: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
    series: BTreeMap<(String, String), Series>,
    pub(crate) events: Vec<Told>,
    pub(crate) beside: Beside,
}

/// What hours and money are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// What stood before anything was played.
    Without,
}

/// A number of a target over time.
pub(crate) struct Series {
    /// What it is a number of.
    pub(crate) unit: &'static str,
    /// What would have stood all the time, where that is said.
    pub(crate) beside: Option<i64>,
    /// By time; before the first nobody knows.
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

impl Beside {
    /// How its amount is told.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Without => "without",
        }
    }
}

impl Story {
    pub(crate) fn new(from: DateTime<Utc>, until: DateTime<Utc>, beside: Beside) -> Self {
        Self { from, until, series: BTreeMap::new(), events: Vec::new(), beside }
    }

    /// The number that a member of a target is, which begins so where it is not known yet.
    pub(crate) fn series(&mut self, target: String, member: &str, first: impl FnOnce() -> Series) -> &mut Series {
        self.series.entry((target, member.to_owned())).or_insert_with(first)
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

/// What a member counts.
pub(crate) fn unit(member: &str) -> &'static str {
    match member {
        "DesiredInstanceCount" => "instance",
        member if member.ends_with("CopyCount") => "copy",
        _ => "execution",
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
        let (beside, bounds) = (Some(hours[0].1), (None, None));
        let series = Series { unit: "execution", beside, steps: hours.map(step).into(), bounds };
        self.series.insert((target.to_owned(), "Count".to_owned()), series);
    }
}
