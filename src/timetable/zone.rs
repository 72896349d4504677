//! A time zone: what its clocks show, and when.

use chrono::{DateTime, Utc};
use deserr::Deserr;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};

use crate::spelling::problem::{Problems, nearest};

/// A zone of the IANA database, which comes with the function: what a machine has of it may be missing, or old.
#[derive(Clone, Debug, Deserr)]
#[deserr(error = Problems, try_from(String) = Zone::parse -> String)]
pub(super) struct Zone(TimeZone);

impl Zone {
    pub(super) fn parse(name: String) -> Result<Self, String> {
        let database = TimeZoneDatabase::bundled();
        database.get(&name).map(Self).map_err(|_| {
            let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            match nearest(&name, &names) {
                Some(near) => format!("is no time zone of the IANA database; did you mean \"{near}\"?"),
                None => "is no time zone of the IANA database, such as \"Europe/Berlin\" or \"UTC\"".to_owned(),
            }
        })
    }

    /// What its clocks show at an instant.
    pub(super) fn civil(&self, at: DateTime<Utc>) -> civil::DateTime {
        self.0.to_datetime(timestamp(at))
    }

    /// The first instant at which its clocks show a time or have gone past it.
    pub(super) fn first(&self, civil: civil::DateTime) -> DateTime<Utc> {
        match self.0.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => at(civil, offset),
            AmbiguousOffset::Gap { after, .. } => self.leap(civil, after),
        }
    }

    /// The last instant at which its clocks come to a time or go past it.
    pub(super) fn last(&self, civil: civil::DateTime) -> DateTime<Utc> {
        match self.0.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { after: offset, .. } => at(civil, offset),
            AmbiguousOffset::Gap { after, .. } => self.leap(civil, after),
        }
    }

    /// When the clocks leap over a time that they never show: by what they show afterwards, it lies before the leap.
    fn leap(&self, civil: civil::DateTime, after: Offset) -> DateTime<Utc> {
        let before = at(civil, after);
        let leap = self.0.following(timestamp(before)).next();
        leap.map_or(before, |transition| date(transition.timestamp()))
    }
}

/// Beyond the years that the calendar knows, its end.
fn timestamp(at: DateTime<Utc>) -> Timestamp {
    let end = if at.timestamp() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::new(at.timestamp(), 0).unwrap_or(end)
}

fn at(civil: civil::DateTime, offset: Offset) -> DateTime<Utc> {
    offset.to_timestamp(civil).map_or_else(|_| end_of_time(civil), date)
}

fn date(timestamp: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(timestamp.as_second(), 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn end_of_time(civil: civil::DateTime) -> DateTime<Utc> {
    if civil.year() < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC }
}
