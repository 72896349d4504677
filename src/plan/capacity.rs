//! A count asked for, plain or relative to what is there, and the arithmetic that resolves it.

use std::fmt;

use deserr::{IntoValue, Value, ValuePointerRef};

use crate::plant::{self, Plant};
use crate::spelling::problem::{Problems, kind_name, number, path_of, problem, unknown_member, whole_number, wrong};

/// The largest count AWS's 32-bit members hold.
const LARGEST: i64 = i32::MAX as i64;

/// A count asked for: AWS's integer, or one target relative to the desired count that is read just before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Capacity {
    /// This count.
    Exactly(i64),
    /// This count or more: never lowers what is there.
    AtLeast(i64),
    /// This count or less: never raises what is there.
    AtMost(i64),
    /// So many more, or fewer when negative.
    Add(i64, Bounds),
    /// So many percent more, or fewer when negative; a fraction rounds away from the current count.
    Percent(f64, Bounds),
}

/// How far a relative target may go. Without `min` the floor is 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The lowest count it may reach.
    pub min: Option<i64>,
    /// The highest count it may reach.
    pub max: Option<i64>,
}

impl Capacity {
    /// True for `add` and `percent`, which a second delivery would apply again.
    #[must_use]
    pub fn is_relative(&self) -> bool {
        matches!(self, Self::Add(..) | Self::Percent(..))
    }

    /// The count itself when it needs no reading of what is there.
    #[must_use]
    pub fn exact(&self) -> Option<i64> {
        match self {
            Self::Exactly(count) => Some(*count),
            _ => None,
        }
    }

    /// The least and the most that it can be content with; `None` where that depends on what is there.
    #[must_use]
    pub fn span(&self) -> Option<(i64, i64)> {
        match *self {
            Self::Exactly(count) => Some((count, count)),
            Self::AtLeast(count) => Some((count, i64::MAX)),
            Self::AtMost(count) => Some((i64::MIN, count)),
            Self::Add(..) | Self::Percent(..) => None,
        }
    }

    /// The count this comes to when `current` is desired now. A target that goes up never lowers `current`, one that
    /// goes down never raises it, so a target already past its bound is nothing to change. Never below `floor`, the
    /// least AWS accepts, unless `current` is there already.
    #[must_use]
    pub fn resolve(&self, current: i64, floor: i64) -> i64 {
        match *self {
            Self::Exactly(count) => count,
            Self::AtLeast(count) if plant::is(Plant::AtLeastLowers) => count,
            Self::AtMost(count) if plant::is(Plant::AtMostRaises) => count.max(floor),
            Self::AtLeast(count) => current.max(count),
            Self::AtMost(count) => current.min(count.max(floor)),
            Self::Add(step, bounds) if step > 0 => bounds.raise(current, current.saturating_add(step), floor),
            Self::Add(step, bounds) => bounds.lower(current, current.saturating_add(step), floor),
            Self::Percent(percent, bounds) if percent > 0.0 => bounds.raise(current, scaled(current, percent), floor),
            Self::Percent(percent, bounds) => bounds.lower(current, scaled(current, percent), floor),
        }
    }

    /// Reads a capacity that AWS bounds to `least..=most`.
    pub(crate) fn decode<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
        least: i64,
        most: i64,
    ) -> Result<Self, Problems> {
        let within = |count: i128, path: String| {
            if count < least.into() {
                return Err(Problems::one(path, format!("is {count}, but AWS accepts {least} or more")));
            }
            match i64::try_from(count) {
                Ok(count) if count <= most => Ok(count),
                _ => Err(Problems::one(path, format!("is {count}, but AWS accepts {most} at most"))),
            }
        };
        if let Some(count) = whole_number(&value) {
            return within(count, path_of(location)).map(Self::Exactly);
        }
        let members = match value {
            Value::Map(members) => members,
            other => return Err(wrong(location, format!("{SHAPES}, but is {}", kind_name(other.kind())))),
        };
        let written = Written::read(members, location)?;
        written.into_capacity(location, within)
    }
}

impl Bounds {
    fn raise(self, current: i64, goal: i64, floor: i64) -> i64 {
        goal.max(self.lowest(floor)).min(self.highest()).max(current)
    }

    fn lower(self, current: i64, goal: i64, floor: i64) -> i64 {
        goal.min(self.highest()).max(self.lowest(floor)).min(current)
    }

    fn lowest(self, floor: i64) -> i64 {
        if plant::is(Plant::MinIgnored) {
            return floor.max(1);
        }
        self.min.unwrap_or(1).max(floor)
    }

    fn highest(self) -> i64 {
        if plant::is(Plant::MaxIgnored) {
            return LARGEST;
        }
        self.max.unwrap_or(LARGEST).min(LARGEST)
    }
}

/// `count` changed by `percent`, rounded away from `count` so that it always moves unless there is nothing to scale.
fn scaled(count: i64, percent: f64) -> i64 {
    let step = count as f64 * percent / 100.0;
    // What is left of a whole number after the division is not a reason to round up.
    let step = if (step - step.round()).abs() < 1e-9 * step.abs().max(1.0) { step.round() } else { step };
    if plant::is(Plant::PercentTowardsZero) {
        return count.saturating_add(step as i64);
    }
    let step = step.abs().ceil().copysign(step);
    // A float beyond the range of i64 saturates in this conversion.
    count.saturating_add(step as i64)
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(count) => write!(f, "{count}"),
            Self::AtLeast(count) => write!(f, "{{\"atLeast\":{count}}}"),
            Self::AtMost(count) => write!(f, "{{\"atMost\":{count}}}"),
            Self::Add(step, bounds) => write!(f, "{{\"add\":{step}{bounds}}}"),
            Self::Percent(percent, bounds) => write!(f, "{{\"percent\":{percent}{bounds}}}"),
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(min) = self.min {
            write!(f, ",\"min\":{min}")?;
        }
        if let Some(max) = self.max {
            write!(f, ",\"max\":{max}")?;
        }
        Ok(())
    }
}

const SHAPES: &str = "must be an integer or one target: {\"exactly\": n}, {\"atLeast\": n}, {\"atMost\": n}, \
                      {\"add\": n} or {\"percent\": p}, the last two with optional \"min\" and \"max\"";
const MEMBERS: [&str; 7] = ["exactly", "atLeast", "atMost", "add", "percent", "min", "max"];

/// The members of a target object as written, before they are known to make sense together.
#[derive(Default)]
struct Written {
    exactly: Option<i64>,
    at_least: Option<i64>,
    at_most: Option<i64>,
    add: Option<i64>,
    percent: Option<f64>,
    min: Option<i64>,
    max: Option<i64>,
}

impl Written {
    fn read<M: deserr::Map>(members: M, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let mut written = Self::default();
        let mut found = Vec::new();
        for (key, value) in members.into_iter() {
            let here = location.push_key(&key);
            let value = value.into_value();
            let count = whole_number(&value);
            let slot = match key.as_str() {
                "exactly" => &mut written.exactly,
                "atLeast" => &mut written.at_least,
                "atMost" => &mut written.at_most,
                "add" => &mut written.add,
                "min" => &mut written.min,
                "max" => &mut written.max,
                "percent" => {
                    match number(&value) {
                        Some(percent) => written.percent = Some(percent),
                        None => {
                            found.push(problem(here, format!("must be a number, but is {}", kind_name(value.kind()))))
                        }
                    }
                    continue;
                }
                unknown => {
                    found.push(problem(here, unknown_member(unknown, &MEMBERS)));
                    continue;
                }
            };
            match count {
                Some(count) => match i64::try_from(count) {
                    Ok(count) if (-LARGEST..=LARGEST).contains(&count) => *slot = Some(count),
                    _ => found.push(problem(here, format!("must lie between -{LARGEST} and {LARGEST}"))),
                },
                None => found.push(problem(here, format!("must be an integer, but is {}", kind_name(value.kind())))),
            }
        }
        Problems::check(found)?;
        Ok(written)
    }

    fn into_capacity(
        self,
        location: ValuePointerRef<'_>,
        within: impl Fn(i128, String) -> Result<i64, Problems>,
    ) -> Result<Capacity, Problems> {
        let at = |key: &str| path_of(location.push_key(key));
        let bounds = Bounds { min: self.min, max: self.max };
        let capacity = match (self.exactly, self.at_least, self.at_most, self.add, self.percent) {
            (Some(count), None, None, None, None) => Capacity::Exactly(within(count.into(), at("exactly"))?),
            (None, Some(count), None, None, None) => Capacity::AtLeast(within(count.into(), at("atLeast"))?),
            (None, None, Some(count), None, None) => Capacity::AtMost(within(count.into(), at("atMost"))?),
            (None, None, None, Some(0), None) => return Err(Problems::one(at("add"), "is 0, which changes nothing")),
            (None, None, None, Some(step), None) => Capacity::Add(step, bounds),
            (None, None, None, None, Some(percent)) if percent == 0.0 || percent < -100.0 => {
                return Err(Problems::one(at("percent"), "must be a percentage other than 0, and not below -100"));
            }
            (None, None, None, None, Some(percent)) => Capacity::Percent(percent, bounds),
            _ => return Err(wrong(location, SHAPES)),
        };
        if !capacity.is_relative() {
            return match (bounds.min, bounds.max) {
                (None, None) => Ok(capacity),
                _ => Err(wrong(location, "\"min\" and \"max\" go with \"add\" and \"percent\" only")),
            };
        }
        if let Some(min) = bounds.min {
            within(min.into(), at("min"))?;
        }
        if let Some(max) = bounds.max {
            within(max.into(), at("max"))?;
        }
        match (bounds.min.unwrap_or(1), bounds.max) {
            (min, Some(max)) if min > max => {
                Err(Problems::one(at("max"), format!("is {max}, below the minimum {min}")))
            }
            _ => Ok(capacity),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: serde_json::Value) -> Result<Capacity, String> {
        Capacity::decode(value.into_value(), ValuePointerRef::Origin.push_key("n"), 1, 200)
            .map_err(|problems| problems.to_string())
    }

    #[test]
    fn every_target_resolves_by_the_table() {
        let free = Bounds::default();
        let bounds = |min, max| Bounds { min, max };
        let table = [
            (Capacity::Exactly(6), 2, 6),
            (Capacity::Exactly(0), 2, 0),
            (Capacity::AtLeast(4), 2, 4),
            (Capacity::AtLeast(4), 9, 9),
            (Capacity::AtMost(2), 9, 2),
            (Capacity::AtMost(2), 1, 1),
            (Capacity::Add(2, free), 3, 5),
            (Capacity::Add(-2, free), 3, 1),
            (Capacity::Add(-2, free), 2, 1),
            (Capacity::Add(-2, bounds(Some(0), None)), 2, 0),
            (Capacity::Add(-2, bounds(Some(0), None)), 0, 0),
            (Capacity::Add(-1, free), 0, 0),
            (Capacity::Add(-1, free), 1, 1),
            (Capacity::Add(2, bounds(None, Some(8))), 7, 8),
            (Capacity::Add(2, bounds(None, Some(8))), 8, 8),
            (Capacity::Add(2, bounds(None, Some(8))), 10, 10),
            (Capacity::Add(-2, bounds(Some(4), None)), 3, 3),
            (Capacity::Add(1, bounds(Some(5), None)), 1, 5),
            (Capacity::Add(-1, bounds(None, Some(5))), 9, 5),
            (Capacity::Add(i64::from(i32::MAX), free), 5, i64::from(i32::MAX)),
            (Capacity::Percent(50.0, free), 2, 3),
            (Capacity::Percent(50.0, free), 3, 5),
            (Capacity::Percent(10.0, free), 1, 2),
            (Capacity::Percent(10.0, free), 30, 33),
            (Capacity::Percent(-10.0, free), 3, 2),
            (Capacity::Percent(-50.0, free), 1, 1),
            (Capacity::Percent(-100.0, free), 7, 1),
            (Capacity::Percent(-100.0, bounds(Some(0), None)), 7, 0),
            (Capacity::Percent(50.0, free), 0, 1),
            (Capacity::Percent(-50.0, free), 0, 0),
            (Capacity::Percent(50.0, bounds(None, Some(20))), 18, 20),
            (Capacity::Percent(1e300, free), 5, i64::from(i32::MAX)),
            (Capacity::Percent(0.1, free), 1000, 1001),
            (Capacity::Percent(7.0, free), 100, 107),
            // As floats, 161.00000000000003 and 2202.0000000000005.
            (Capacity::Percent(16.1, free), 1000, 1161),
            (Capacity::Percent(73.4, free), 3000, 5202),
            (Capacity::Percent(-73.4, free), 3000, 798),
            // The least part of a whole one that counts.
            (Capacity::Percent(1e-9, free), 100, 101),
            (Capacity::Percent(1e-10, free), 100, 100),
            (Capacity::Add(0, bounds(Some(5), None)), 1, 1),
            (Capacity::Percent(0.0, bounds(Some(5), None)), 1, 1),
        ];
        for (capacity, current, expected) in table {
            assert_eq!(capacity.resolve(current, 0), expected, "{capacity} of {current}");
        }
    }

    #[test]
    fn what_aws_does_not_accept_is_never_reached_by_a_relative_target() {
        assert_eq!(Capacity::Add(-5, Bounds { min: Some(0), max: None }).resolve(3, 1), 1);
        assert_eq!(Capacity::AtMost(0).resolve(3, 1), 1);
    }

    #[test]
    fn no_relative_target_ever_moves_the_wrong_way() {
        for current in 0..40 {
            for min in [None, Some(0), Some(3), Some(30)] {
                for max in [None, Some(5), Some(35)] {
                    let bounds = Bounds { min, max };
                    assert!(Capacity::Add(3, bounds).resolve(current, 0) >= current);
                    assert!(Capacity::Add(-3, bounds).resolve(current, 0) <= current);
                    assert!(Capacity::Percent(25.0, bounds).resolve(current, 0) >= current);
                    assert!(Capacity::Percent(-25.0, bounds).resolve(current, 0) <= current);
                }
            }
        }
    }

    #[test]
    fn a_target_reads_as_it_is_written() {
        for written in [
            json!({"exactly": 6}),
            json!({"atLeast": 4}),
            json!({"atMost": 2}),
            json!({"add": 2, "max": 8}),
            json!({"add": -2, "min": 1}),
            json!({"add": 1, "min": 4, "max": 4}),
            json!({"atLeast": 1}),
            json!({"atMost": 200}),
            json!({"percent": 50, "max": 20}),
            json!({"percent": -12.5}),
        ] {
            let expected = if written == json!({"exactly": 6}) { "6".to_owned() } else { written.to_string() };
            assert_eq!(read(written).map(|capacity| capacity.to_string()), Ok(expected));
        }
    }

    #[test]
    fn a_wrong_target_says_what_is_wrong_and_where() {
        let table = [
            (json!(0), "n: is 0, but AWS accepts 1 or more"),
            (json!(201), "n: is 201, but AWS accepts 200 at most"),
            (json!({"atLeast": 0}), "n.atLeast: is 0, but AWS accepts 1 or more"),
            (json!({"add": 0}), "n.add: is 0, which changes nothing"),
            (json!({"add": 1.5}), "n.add: must be an integer, but is a fraction"),
            (json!({"percent": 0}), "n.percent: must be a percentage other than 0, and not below -100"),
            (json!({"percent": -101}), "n.percent: must be a percentage other than 0, and not below -100"),
            (json!({"percent": "50%"}), "n.percent: must be a number, but is a string"),
            (json!({"add": 1, "min": 0}), "n.min: is 0, but AWS accepts 1 or more"),
            (json!({"add": 1, "min": 9, "max": 8}), "n.max: is 8, below the minimum 9"),
            (json!({"atleast": 4}), "n.atleast: there is no such member; did you mean `atLeast`?"),
            (json!({"atLeast": 4, "max": 8}), "n: \"min\" and \"max\" go with \"add\" and \"percent\" only"),
        ];
        for (written, expected) in table {
            assert_eq!(read(written), Err(expected.to_owned()));
        }
        assert_eq!(read(json!({"atLeast": 4, "atMost": 8})), Err(format!("n: {SHAPES}")));
        assert_eq!(read(json!({"min": 4})), Err(format!("n: {SHAPES}")));
        assert_eq!(read(json!("6")), Err(format!("n: {SHAPES}, but is a string")));
    }
}
