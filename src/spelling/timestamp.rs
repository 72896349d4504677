//! The spellings of time that events and AWS answers use.

use chrono::{DateTime, Datelike, Utc};

/// Reads `2026-11-20T22:00:00Z`, `2023-08-04T12:36:15.490+0000` and what lies between; a year has four digits.
#[must_use]
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()
        .map(|time| time.to_utc())
        .filter(|time| (0..=9999).contains(&time.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        parse(text).unwrap()
    }

    #[test]
    fn both_spellings_of_an_offset_are_read() {
        assert_eq!(at("2023-08-04T12:36:15.490+0000"), at("2023-08-04T12:36:15.490Z"));
        assert_eq!(at("2019-11-21T19:32:12+0000"), at("2019-11-21T20:32:12+01:00"));
        assert_eq!(parse("<aws.scheduler.scheduled-time>"), None);
        assert_eq!(parse("2026-11-20"), None);
    }

    #[test]
    fn a_year_has_four_digits_in_every_zone() {
        assert_eq!(parse("+262142-12-31T23:59:59+0000"), None);
        assert_eq!(parse("9999-12-31T23:59:59-01:00"), None);
        assert_eq!(parse("0000-01-01T00:00:00+01:00"), None);
        assert!(parse("9999-12-31T23:59:59Z").is_some());
    }
}
