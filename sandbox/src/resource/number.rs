//! A DynamoDB number: a decimal of up to 38 significant digits, compared and added exactly.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// What DynamoDB keeps of a number.
const MAX_DIGITS: u32 = 38;
/// The powers of ten of a number's first digit.
const MAGNITUDES: std::ops::RangeInclusive<i64> = -130..=125;

/// `coefficient` times ten to the power of `exponent`; the coefficient does not end in a zero, so that equal numbers are
/// the same, and answers write them without leading or trailing zeros, as DynamoDB does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// Below 10^38, which an `i128` holds.
    coefficient: i128,
    exponent: i16,
}

impl Number {
    const ZERO: Self = Self { coefficient: 0, exponent: 0 };

    /// Refuses what DynamoDB cannot keep.
    fn new(mut coefficient: i128, mut exponent: i64) -> Result<Self, &'static str> {
        if coefficient == 0 {
            return Ok(Self::ZERO);
        }
        while coefficient % 10 == 0 {
            coefficient /= 10;
            exponent += 1;
        }
        if digits(coefficient) > MAX_DIGITS {
            return Err(TOO_PRECISE);
        }
        let magnitude = exponent + i64::from(digits(coefficient)) - 1;
        match i16::try_from(exponent) {
            Ok(exponent) if MAGNITUDES.contains(&magnitude) => Ok(Self { coefficient, exponent }),
            _ if magnitude > 0 => Err(TOO_LARGE),
            _ => Err(TOO_SMALL),
        }
    }

    /// The sum of both.
    pub(crate) fn plus(self, other: Self) -> Result<Self, &'static str> {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |number: Self| {
            let places = u32::try_from(number.exponent - exponent).ok()?;
            number.coefficient.checked_mul(10_i128.checked_pow(places)?)
        };
        if self == Self::ZERO || other == Self::ZERO {
            return Ok(if self == Self::ZERO { other } else { self });
        }
        // That DynamoDB refuses a sum with too many digits instead of rounding it is unverified.
        let sum = scaled(self).zip(scaled(other)).and_then(|(one, two)| one.checked_add(two));
        Self::new(sum.ok_or(TOO_PRECISE)?, exponent.into())
    }

    pub(crate) fn negated(self) -> Self {
        Self { coefficient: -self.coefficient, ..self }
    }

    /// The bytes that it counts for in an item's size: one for two digits, before the point and behind it, and one or two.
    pub(crate) fn size(self) -> usize {
        let all = digits(self.coefficient);
        let behind = all.min(u32::from(self.exponent.min(0).unsigned_abs()));
        let pairs = (all - behind).div_ceil(2) + behind.div_ceil(2);
        pairs as usize + 1 + usize::from(self.coefficient < 0)
    }

    /// The power of ten above its first digit.
    fn magnitude(self) -> i64 {
        i64::from(self.exponent) + i64::from(digits(self.coefficient))
    }
}

const TOO_PRECISE: &str = "Attempting to store more than 38 significant digits in a Number";
const TOO_LARGE: &str = "Number overflow. Attempting to store a number with magnitude larger than supported range";
const TOO_SMALL: &str = "Number underflow. Attempting to store a number with magnitude smaller than supported range";

/// What stands behind the `e` of a number. A power that no number has is as good as one that is as large as can be.
fn power_of_ten(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let numeric = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let largest = if text.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 };
    numeric.then(|| text.parse().unwrap_or(largest).clamp(i64::MIN / 2, i64::MAX / 2))
}

fn digits(coefficient: i128) -> u32 {
    coefficient.unsigned_abs().checked_ilog10().map_or(0, |log| log + 1)
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self::new(number.into(), 0).unwrap_or(Self::ZERO)
    }
}

impl FromStr for Number {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let not_numeric = || format!("The parameter cannot be converted to a numeric value: {text}");
        let (decimal, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let power = power_of_ten(power).ok_or_else(not_numeric)?;
        let unsigned = decimal.strip_prefix(['-', '+']).unwrap_or(decimal);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
        {
            return Err(not_numeric());
        }
        let mut coefficient: i128 = 0;
        // Zeros that only count if another digit follows.
        let mut zeros: u32 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            if byte == b'0' {
                zeros += u32::from(coefficient != 0);
                continue;
            }
            if digits(coefficient) + zeros >= MAX_DIGITS {
                return Err(TOO_PRECISE.to_owned());
            }
            coefficient = coefficient * 10_i128.pow(zeros + 1) + i128::from(byte - b'0');
            zeros = 0;
        }
        let places = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
        let exponent = power.saturating_sub(places).saturating_add(zeros.into());
        let number = Self::new(coefficient, exponent).map_err(str::to_owned)?;
        Ok(if decimal.starts_with('-') { number.negated() } else { number })
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_sign = self.coefficient.signum().cmp(&other.coefficient.signum());
        if by_sign.is_ne() || self.coefficient == 0 {
            return by_sign;
        }
        let by_magnitude = self.magnitude().cmp(&other.magnitude());
        let by_size = by_magnitude.then_with(|| {
            // With the same first place, neither has more than 38 digits when both have the same last place.
            let last = self.exponent.min(other.exponent);
            let scaled = |number: &Self| {
                number.coefficient.unsigned_abs() * 10_u128.pow(u32::from((number.exponent - last).unsigned_abs()))
            };
            scaled(self).cmp(&scaled(other))
        });
        if self.coefficient < 0 { by_size.reverse() } else { by_size }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { coefficient, exponent } = *self;
        let places = usize::from(exponent.unsigned_abs());
        if exponent >= 0 {
            return write!(f, "{coefficient}{:0<places$}", "");
        }
        let sign = if coefficient < 0 { "-" } else { "" };
        let width = places + 1;
        let text = format!("{:0>width$}", coefficient.unsigned_abs());
        let (whole, fraction) = text.split_at(text.len() - places);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
