//! Whether an event is too late to act on, or too early.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::error::{Cause, Error, Noticed};
use crate::plant::{self, Plant};

/// How far the clocks of an event's sender, of AWS and of this function may lie apart.
pub const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(2);

/// How far ahead of this function's clock an event may claim to be. One that is further ahead could not be told from
/// one that is meant for then, and with a ledger it would shut out everything that really happens before.
pub const FURTHEST_AHEAD: TimeDelta = TimeDelta::minutes(5);

/// The rule behind relative targets: true when a target `modified` then has been modified since an event `issued_at`
/// then, so that the event was applied already or overtaken.
///
/// Lambda's `LastModified` and EventBridge's `time` have whole seconds, so the comparison does: a tie counts as
/// modified, and so does a modification up to [`CLOCK_SKEW`] before the event. Doing nothing once too often is
/// repaired by the next event; adding twice costs money until somebody looks.
#[must_use]
pub fn is_modified_since(modified: DateTime<Utc>, issued_at: DateTime<Utc>) -> bool {
    if plant::is(Plant::ModificationsUnchecked) {
        return false;
    }
    if plant::is(Plant::ClocksTakenForEqual) {
        return issued_at.cmp(&modified).is_le();
    }
    issued_at.trunc_subsecs(0) - modified.trunc_subsecs(0) <= CLOCK_SKEW
}

/// True when an event claims to be from further ahead than clocks may lie apart: until that moment every repeat of it
/// would look newer than its own effect.
#[must_use]
pub fn is_in_the_future(issued_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    issued_at - now > CLOCK_SKEW
}

/// How far ahead of the clock an event claims to be, when that is further than [`FURTHEST_AHEAD`].
#[must_use]
pub fn too_far_ahead(issued_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Duration> {
    let ahead = issued_at - now;
    (ahead > FURTHEST_AHEAD).then(|| ahead.to_std().unwrap_or_default())
}

/// The age of an event; zero for one that is ahead of the clock.
fn age(issued_at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (now - issued_at).to_std().unwrap_or_default()
}

/// How old an event may become, and what it is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// The event's own time; where there is none, the latest it can be from: when it failed, or when it arrived.
    pub from: DateTime<Utc>,
    /// The operator's limit.
    pub max_event_age: Duration,
}

impl Expiry {
    /// Refuses the event when it is too old by `now`.
    ///
    /// # Errors
    /// `EventExpired`.
    pub fn check(self, now: DateTime<Utc>, noticed: Noticed) -> Result<(), Error> {
        let Self { from: issued_at, max_event_age } = self;
        let age = age(issued_at, now);
        if age > max_event_age && !plant::is(Plant::NeverTooOld) {
            return Err(Cause::EventExpired { issued_at, age, max_event_age, noticed }.into());
        }
        Ok(())
    }
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
    fn five_minutes_ahead_is_the_most() {
        let now = at("2026-01-01T00:00:00Z");
        assert_eq!(too_far_ahead(at("2026-01-01T00:05:00Z"), now), None);
        assert_eq!(too_far_ahead(at("2026-01-01T00:05:01Z"), now), Some(Duration::from_secs(301)));
    }

    /// Only differences of times are formed, and those of all times have room.
    #[test]
    fn the_ends_of_time_can_be_compared() {
        let ends = [DateTime::<Utc>::MIN_UTC, at("2026-01-01T00:00:00Z"), DateTime::<Utc>::MAX_UTC];
        for (one, other) in ends.into_iter().flat_map(|one| ends.map(|other| (one, other))) {
            assert_eq!(is_modified_since(one, other), one >= other);
            assert_eq!(is_in_the_future(one, other), one > other);
            assert_eq!(too_far_ahead(one, other).is_some(), one > other);
            assert_eq!(age(one, other) > Duration::ZERO, one < other);
        }
    }

    #[test]
    fn an_event_ahead_of_the_clock_has_no_age() {
        assert_eq!(age(at("2026-01-01T00:00:10Z"), at("2026-01-01T00:00:00Z")), Duration::ZERO);
        assert_eq!(age(at("2026-01-01T00:00:00Z"), at("2026-01-01T00:01:00Z")), Duration::from_secs(60));
    }
}
