//! What a target's capacity adds up to, beside what it is held against.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::Value;
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

    /// With so many digits after the point, such as `727 instance-hours, 2004 without`.
    pub(crate) fn told(self, digits: usize, what: &str, held_against: Beside) -> String {
        let stood = format!("{:.digits$}{what}", self.stood);
        match self.beside {
            Some(beside) => format!("{stood}, {beside:.digits$} {}", held_against.word()),
            None => stood,
        }
    }
}

fn of(capacity: i64, from: DateTime<Utc>, until: DateTime<Utc>) -> f64 {
    // Capacities are far below what a float counts exactly.
    capacity as f64 * (until - from).as_seconds_f64() / 3600.0
}

/// What an hour of one costs, by target.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prices(Vec<(Glob, f64)>);

impl Prices {
    /// Reads an object from targets or patterns of targets to prices; the first that matches counts.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        let document: Value = serde_json::from_str(&text).map_err(|error| format!("{name} is not JSON: {error}"))?;
        let members =
            document.as_object().ok_or_else(|| format!("{name}: must be an object from targets to prices"))?;
        let price = |(target, price): (&String, &Value)| match price.as_f64().filter(|price| *price >= 0.0) {
            Some(price) => Ok((Glob::new(target), price)),
            None => Err(format!("{name}: {target}: must be the price of an hour, a number")),
        };
        members.iter().map(price).collect::<Result<_, _>>().map(Self)
    }

    /// The price for a target, where there is one.
    pub(crate) fn of(&self, target: &str) -> Option<f64> {
        self.0.iter().find(|(pattern, _)| pattern.matches(target)).map(|(_, price)| *price)
    }
}
