//! The capacities of targets over time, with what was done to them: what was played, or what has been.

pub(crate) mod bars;
pub(crate) mod calendar;
pub(crate) mod hours;
pub(crate) mod picture;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use hours::{Amounts, Prices};

/// All that is told.
pub(crate) struct Story {
    pub(crate) from: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
    /// By target, place and member.
    series: BTreeMap<(String, String, String), Series>,
    pub(crate) events: Vec<Told>,
    pub(crate) beside: Beside,
}

/// What hours and money are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// What stood before anything was played.
    Without,
    /// A number that somebody names.
    Baseline,
}

/// A number of a target over time.
pub(crate) struct Series {
    pub(crate) target: String,
    /// Where it lives, where that is told; the same target may live in several places.
    pub(crate) place: String,
    /// AWS's name of it.
    pub(crate) member: String,
    /// What would have stood all the time, where that is said.
    pub(crate) beside: Option<i64>,
    /// By time; before the first nobody knows.
    pub(crate) steps: Vec<Step>,
    /// The tightest bounds that the guardrails set wherever the target lives.
    pub(crate) bounds: (Option<u32>, Option<u32>),
}

/// From when on a capacity stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) at: DateTime<Utc>,
    pub(crate) capacity: i64,
    /// Who set it, where that is told.
    pub(crate) by: Option<String>,
}

/// How one event ended for one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) at: DateTime<Utc>,
    /// A period of a timetable, or an alarm with its state.
    pub(crate) by: String,
    pub(crate) target: Option<String>,
    /// Where the target lives, as its series say it.
    pub(crate) place: String,
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
    /// Somebody else has changed the target.
    Others,
}

impl Beside {
    /// How its amount is told.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Without => "without",
            Self::Baseline => "at the baseline",
        }
    }
}

impl Story {
    pub(crate) fn new(from: DateTime<Utc>, until: DateTime<Utc>, beside: Beside) -> Self {
        Self { from, until, series: BTreeMap::new(), events: Vec::new(), beside }
    }

    /// A number of a target from its first step on, or the one that is told of already.
    pub(crate) fn series(&mut self, first: Series) -> &mut Series {
        let key = (first.target.clone(), first.place.clone(), first.member.clone());
        self.series.entry(key).or_insert(first)
    }

    /// The targets with a capacity, each by its name: with its place where there are several, and where one has several
    /// numbers, with the name of its member.
    pub(crate) fn targets(&self) -> Vec<(String, &Series)> {
        let places: BTreeSet<&str> = self.series.values().map(|series| series.place.as_str()).collect();
        let is_one_of_many = |one: &Series| {
            let others = self.series.values();
            others.filter(|other| other.target == one.target && other.place == one.place).count() > 1
        };
        let name = |series: &Series| {
            let mut name = series.target.clone();
            if places.len() > 1 {
                name = format!("{name} in {}", series.place);
            }
            if is_one_of_many(series) { format!("{name} {}", series.member) } else { name }
        };
        self.series.values().map(|series| (name(series), series)).collect()
    }

    /// The events of a target: those of an endpoint are those of its variants too.
    pub(crate) fn of<'a>(&'a self, series: &'a Series) -> impl Iterator<Item = &'a Told> {
        self.events.iter().filter(move |told| {
            let whose = told.target.as_deref().unwrap_or_default();
            let rest = series.target.strip_prefix(whose).filter(|_| !whose.is_empty() && told.place == series.place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// For machines; with what it comes to where it is held against a baseline.
    pub(crate) fn to_json(&self, prices: &Prices) -> Value {
        let targets = self.targets().into_iter().map(|(target, series)| {
            let steps = series.steps.iter().map(Step::to_json);
            let mut told = json!({"target": target, "steps": steps.collect::<Vec<_>>()});
            if series.is_share() {
                told["unit"] = json!("percentOfTraffic");
            }
            if self.beside == Beside::Baseline {
                let hours = Amounts::hours(series, self.until);
                told["hours"] = hours.to_json();
                if let Some(price) = prices.of(&series.target) {
                    told["money"] = hours.at(price).to_json();
                }
            }
            told
        });
        let events = self.events.iter().map(Told::to_json);
        json!({"targets": targets.collect::<Vec<_>>(), "events": events.collect::<Vec<_>>()})
    }
}

impl Told {
    pub(crate) fn to_json(&self) -> Value {
        json!({"time": time(self.at), "schedule": self.by, "target": self.target, "outcome": self.outcome})
    }
}

impl Step {
    fn to_json(&self) -> Value {
        let mut step = json!({"time": time(self.at), "capacity": self.capacity});
        if let Some(by) = &self.by {
            step["by"] = json!(by);
        }
        step
    }
}

/// What a series is called that has a variant's part of its endpoint's traffic, in percent.
pub(crate) const SHARE: &str = "share of the traffic";

impl Series {
    /// Whether it is no capacity, but a part of the traffic.
    pub(crate) fn is_share(&self) -> bool {
        self.member == SHARE
    }

    /// From where to where it goes, and what it adds up to.
    pub(crate) fn told(&self, story: &Story) -> (String, String) {
        let range = format!("{} to {}", self.lowest(), self.highest());
        if self.is_share() {
            return (format!("{range} % of the traffic"), String::new());
        }
        let hours = Amounts::hours(self, story.until);
        (range, format!("; {}", hours.told(0, &format!(" {}-hours", self.unit()), story.beside)))
    }

    /// What it is a number of.
    pub(crate) fn unit(&self) -> &'static str {
        match self.member.as_str() {
            "DesiredInstanceCount" => "instance",
            member if member.ends_with("CopyCount") => "copy",
            _ => "execution",
        }
    }

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

pub(crate) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
impl Story {
    /// Lets capacities stand from these hours on.
    pub(crate) fn stands<const N: usize>(&mut self, target: &str, hours: [(i64, i64); N]) {
        let step = |(hour, capacity)| Step { at: self.from + chrono::TimeDelta::hours(hour), capacity, by: None };
        let (beside, bounds, steps) = (Some(hours[0].1), (None, None), hours.map(step).into());
        let (target, place, member) = (target.to_owned(), String::new(), "Count".to_owned());
        self.series(Series { target, place, member, beside, steps, bounds });
    }
}
