//! Durations as people write them: `90s`, `1h 30m`.

use std::time::Duration;

/// The units and their seconds, the longest first, which is their order in a duration too.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// Reads whole numbers, each with its unit, from the longest unit to the shortest and each at most once. There is no
/// month and no year: `1M` is nobody's month, and how long one is depends on when it begins.
#[must_use]
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let mut units = UNITS.iter();
    let mut seconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|letter: char| !letter.is_ascii_digit())?);
        let unit = after.chars().next()?;
        let (_, length) = units.find(|(name, _)| *name == unit)?;
        seconds = seconds.checked_add(number.parse::<u64>().ok()?.checked_mul(*length)?)?;
        rest = after[unit.len_utf8()..].trim_start_matches(' ');
    }
    (!text.is_empty()).then_some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_are_added_up() {
        assert_eq!(parse("1d 2h3m  4s"), Some(Duration::from_secs(93_784)));
        assert_eq!(parse("0s"), Some(Duration::ZERO));
    }

    #[test]
    fn what_does_not_fit_is_no_duration() {
        for text in ["", "m", "5", "1M", "1h1h", "1m 1h", " 1h", "300000000000000d", "99999999999999999999s"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
