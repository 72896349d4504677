//! What a target's capacity adds up to, beside the same without anything that is played.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::Value;
use setpoint::spelling::glob::Glob;

use super::Series;

/// Two amounts: as it is played, and as it stood before, all the time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Amounts {
    pub(crate) played: f64,
    pub(crate) without: f64,
}

impl Amounts {
    /// The hours of one instance, copy or execution that a series comes to.
    pub(crate) fn hours(series: &Series, from: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        let ends = series.steps.iter().skip(1).map(|step| step.at).chain([until]);
        let played = series.steps.iter().zip(ends).map(|(step, end)| of(step.capacity, step.at, end)).sum();
        Self { played, without: of(series.before, from, until) }
    }

    /// The same at a price for each.
    pub(crate) fn at(self, price: f64) -> Self {
        Self { played: self.played * price, without: self.without * price }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self { played: self.played + other.played, without: self.without + other.without }
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
