//! What a target's capacity adds up to, beside what it is held against.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use setpoint::spelling::glob::Glob;

use super::{Beside, Series};

/// An amount as it stood, and what it is held against, where that is said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Amounts {
    pub(crate) stood: f64,
    pub(crate) beside: Option<f64>,
}

impl Amounts {
    /// The hours of one instance, copy or execution that a series comes to, from when it is known.
    pub(crate) fn hours(series: &Series, until: DateTime<Utc>) -> Self {
        let ends = series.steps.iter().skip(1).map(|step| step.at).chain([until]);
        let stood = series.steps.iter().zip(ends).map(|(step, end)| of(step.capacity, step.at, end)).sum();
        let known = series.steps.first().map_or(until, |step| step.at);
        Self { stood, beside: series.beside.map(|beside| of(beside, known, until)) }
    }

    /// The same at a price for each.
    pub(crate) fn at(self, price: f64) -> Self {
        Self { stood: self.stood * price, beside: self.beside.map(|beside| beside * price) }
    }

    /// Both together; held against nothing where one is not.
    pub(crate) fn and(self, other: Self) -> Self {
        let beside = self.beside.zip(other.beside).map(|(one, other)| one + other);
        Self { stood: self.stood + other.stood, beside }
    }

    /// For machines; rounded to what a person pays.
    pub(crate) fn to_json(self) -> Value {
        let round = |amount: f64| (amount * 100.0).round() / 100.0;
        match self.beside {
            Some(beside) => {
                json!({"stood": round(self.stood), "baseline": round(beside), "saved": round(beside - self.stood)})
            }
            None => json!({"stood": round(self.stood)}),
        }
    }

    /// With so many digits after the point, such as `727 instance-hours, 2004 without`.
    pub(crate) fn told(self, digits: usize, what: &str, held_against: Beside) -> String {
        let stood = format!("{:.digits$}{what}", self.stood);
        match self.beside {
            Some(beside) if held_against == Beside::Baseline => {
                let saved = beside - self.stood;
                let kept = if saved < 0.0 { "more" } else { "saved" };
                format!("{stood}, {beside:.digits$} {}: {:.digits$} {kept}", held_against.word(), saved.abs())
            }
            Some(beside) => format!("{stood}, {beside:.digits$} {}", held_against.word()),
            None => stood,
        }
    }
}

fn of(capacity: i64, from: DateTime<Utc>, until: DateTime<Utc>) -> f64 {
    // Capacities are far below what a float counts exactly.
    capacity as f64 * (until - from).as_seconds_f64() / 3600.0
}

/// A number for each target, such as the price of an hour.
#[derive(Clone, Debug)]
pub(crate) struct PerTarget<T>(Vec<(Glob, T)>);

impl<T> Default for PerTarget<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> PerTarget<T> {
    /// One number for all of them.
    pub(crate) fn all(number: T) -> Self {
        Self(vec![(Glob::new("*"), number)])
    }

    /// Reads an object from targets or patterns of targets to numbers; the first that matches counts.
    pub(crate) fn read(path: &Path, must_be: &str, number: impl Fn(&Value) -> Option<T>) -> Result<Self, String> {
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        let document: Value = serde_json::from_str(&text).map_err(|error| format!("{name} is not JSON: {error}"))?;
        let members = document
            .as_object()
            .ok_or_else(|| format!("{name}: must be an object, each member from a target or pattern to {must_be}"))?;
        let read = |(target, written): (&String, &Value)| match number(written) {
            Some(number) => Ok((Glob::new(target), number)),
            None => Err(format!("{name}: {target}: must be {must_be}")),
        };
        members.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The number for a target, where there is one.
    pub(crate) fn of(&self, target: &str) -> Option<T> {
        self.0.iter().find(|(pattern, _)| pattern.matches(target)).map(|(_, number)| *number)
    }
}

/// What an hour of one costs.
pub(crate) type Prices = PerTarget<f64>;

/// Reads what an hour of one costs, where a file says it.
pub(crate) fn prices(path: Option<&Path>) -> Result<Prices, String> {
    let Some(path) = path else { return Ok(Prices::default()) };
    let price = |written: &Value| written.as_f64().filter(|price| *price >= 0.0);
    PerTarget::read(path, "the price of an hour, a number", price)
}
