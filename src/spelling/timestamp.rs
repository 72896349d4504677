//! The spellings of time that events and AWS answers use.

use chrono::{DateTime, Utc};

/// Reads `2026-11-20T22:00:00Z`, `2023-08-04T12:36:15.490+0000` and what lies between.
#[must_use]
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()
        .map(|time| time.to_utc())
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
}
