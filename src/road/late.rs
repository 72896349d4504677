//! Whether an event is too late to act on.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// How far the clocks of an event's sender, of AWS and of this function may lie apart.
pub const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(2);

/// The rule behind relative targets: true when a target `modified` then has been modified since an event `issued_at`
/// then, so that the event was applied already or overtaken.
///
/// Lambda's `LastModified` and EventBridge's `time` have whole seconds, so the comparison does: a tie counts as
/// modified, and so does a modification up to [`CLOCK_SKEW`] before the event. Doing nothing once too often is
/// repaired by the next event; adding twice costs money until somebody looks.
#[must_use]
pub fn is_modified_since(modified: DateTime<Utc>, issued_at: DateTime<Utc>) -> bool {
    modified.trunc_subsecs(0) >= issued_at.trunc_subsecs(0) - CLOCK_SKEW
}

/// True when an event claims to be from further ahead than clocks may lie apart: until that moment every repeat of it
/// would look newer than its own effect.
#[must_use]
pub fn is_in_the_future(issued_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    issued_at > now + CLOCK_SKEW
}

/// The age of an event; zero for one that is ahead of the clock.
#[must_use]
pub fn age(issued_at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (now - issued_at).to_std().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        crate::spelling::timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_tie_in_the_same_second_counts_as_modified() {
        assert!(is_modified_since(at("2026-01-01T00:00:10Z"), at("2026-01-01T00:00:10.900Z")));
        assert!(is_modified_since(at("2026-01-01T00:00:10.100Z"), at("2026-01-01T00:00:10.900Z")));
    }

    #[test]
    fn a_modification_counts_from_two_seconds_before_the_event() {
        let event = at("2026-01-01T00:00:10.500Z");
        assert!(is_modified_since(at("2026-01-01T00:00:08Z"), event));
        assert!(!is_modified_since(at("2026-01-01T00:00:07.999Z"), event));
        assert!(is_modified_since(at("2026-01-01T00:09:00Z"), event));
    }

    #[test]
    fn the_effect_of_an_event_from_a_clock_ahead_by_the_skew_is_still_seen() {
        let now = at("2026-01-01T00:00:10Z");
        let event = now + CLOCK_SKEW;
        assert!(!is_in_the_future(event, now));
        assert!(is_modified_since(now, event));
        assert!(is_in_the_future(event + TimeDelta::milliseconds(1), now));
    }

    #[test]
    fn an_event_ahead_of_the_clock_has_no_age() {
        assert_eq!(age(at("2026-01-01T00:00:10Z"), at("2026-01-01T00:00:00Z")), Duration::ZERO);
        assert_eq!(age(at("2026-01-01T00:00:00Z"), at("2026-01-01T00:01:00Z")), Duration::from_secs(60));
    }
}
