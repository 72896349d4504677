//! A weight asked for, plain or as a share of the traffic.

use std::fmt;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};

use crate::plant::{self, Plant};
use crate::spelling::problem::{Problems, kind_name, number, problem, unknown_member, wrong};

/// A weight asked for: AWS's number, or a share of the endpoint's traffic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weight {
    /// This weight.
    Exactly(f32),
    /// This share of the traffic, 0 up to but not including 1; the other variants keep their proportions.
    Share(f64),
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(weight) => write!(f, "{weight}"),
            Self::Share(share) => write!(f, "{{\"share\":{share}}}"),
        }
    }
}

/// The weights that give each of `shares` its part of the traffic beside variants whose weights sum to `others`.
/// `None` when that cannot be: the shares leave nothing for the others, or there are none to share with.
#[must_use]
pub fn weights_for(shares: &[f64], others: f64) -> Option<Vec<f32>> {
    let taken: f64 = shares.iter().sum();
    let rest = if plant::is(Plant::ShareOfAll) { 1.0 } else { 1.0 - taken };
    let total = others / rest;
    (total > 0.0 && total.is_finite()).then(|| shares.iter().map(|share| (share * total) as f32).collect())
}

/// A weight as it was written: through its shortest decimal form, since widening 0.9 makes 0.8999999761581421 of it.
pub(crate) fn decimal(weight: f32) -> f64 {
    weight.to_string().parse().unwrap_or_else(|_| weight.into())
}

impl Deserr<Problems> for Weight {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        if let Some(weight) = number(&value) {
            return match weight as f32 {
                weight if weight.is_finite() && weight >= 0.0 => Ok(Self::Exactly(weight)),
                _ => Err(wrong(location, format!("is {weight}, but a weight is 0 or more and fits a 32-bit float"))),
            };
        }
        let members = match value {
            Value::Map(members) => members,
            other => {
                let kind = kind_name(other.kind());
                return Err(wrong(location, format!("must be a number or {{\"share\": s}}, but is {kind}")));
            }
        };
        let mut found = Vec::new();
        let mut share = None;
        for (key, value) in deserr::Map::into_iter(members) {
            let here = location.push_key(&key);
            match (key.as_str(), number(&value.into_value())) {
                ("share", Some(part)) if (0.0..1.0).contains(&part) => share = Some(part),
                ("share", _) => found.push(problem(here, "must be a number from 0 up to, but not including, 1")),
                (unknown, _) => found.push(problem(here, unknown_member(unknown, &["share"]))),
            }
        }
        Problems::check(found)?;
        share.map(Self::Share).ok_or_else(|| wrong(location, "must be a number or {\"share\": s}"))
    }
}

/// The relative difference that still counts as the same weight: f32 carries about seven decimal digits, and
/// AWS may have stored the weight after a conversion of its own.
const WEIGHT_TOLERANCE: f32 = 1e-5;

/// True when two weights differ by no more than f32 and a conversion account for.
#[must_use]
pub fn is_same_weight(one: f32, other: f32) -> bool {
    (one - other).abs() <= WEIGHT_TOLERANCE * one.abs().max(other.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_keeps_the_proportions_of_the_others() {
        assert_eq!(weights_for(&[0.1], 0.9), Some(vec![0.1]));
        assert_eq!(weights_for(&[0.5], 3.0), Some(vec![3.0]));
        assert_eq!(weights_for(&[0.25, 0.25], 2.0), Some(vec![1.0, 1.0]));
        assert_eq!(weights_for(&[0.0], 2.0), Some(vec![0.0]));
    }

    #[test]
    fn a_share_that_cannot_be_reached_is_none() {
        assert_eq!(weights_for(&[0.5, 0.5], 1.0), None);
        assert_eq!(weights_for(&[0.5], 0.0), None);
        assert_eq!(weights_for(&[0.6, 0.6], 1.0), None);
        assert_eq!(weights_for(&[0.5, 0.5], 0.0), None);
    }

    #[test]
    fn a_weight_is_told_as_it_is_written() {
        assert_eq!(Weight::Exactly(0.1).to_string(), "0.1");
        assert_eq!(Weight::Share(0.25).to_string(), "{\"share\":0.25}");
    }
}
