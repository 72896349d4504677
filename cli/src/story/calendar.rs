//! The clocks that a person reads: which instant a day or a time is, and what they show at one.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use jiff::civil::{self, Date};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

/// The clocks of one zone.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    zone: TimeZone,
    name: String,
}

/// A day as it is typed.
#[derive(Clone, Debug)]
pub(crate) struct Day(pub(crate) Date);

impl FromStr for Day {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        written.parse().map(Self).map_err(|_| "must be a day such as 2026-11-23".to_owned())
    }
}

impl Calendar {
    /// The zone that is named, else that of the first timetable or schedule of these documents, else UTC.
    pub(crate) fn of(named: Option<&str>, documents: &[Value]) -> Result<Self, String> {
        let first = documents.iter().find_map(|document| {
            let first = document["timetables"].as_object().and_then(|timetables| timetables.values().next());
            first.and_then(|timetable| timetable["zone"].as_str()).or_else(|| document[0]["timezone"].as_str())
        });
        Self::named(named.or(first).unwrap_or("UTC"))
    }

    /// A zone of the IANA database that comes with the program.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let zone = TimeZoneDatabase::bundled().get(name);
        let zone = zone.map_err(|_| format!("{name} is no time zone of the IANA database, such as Europe/Berlin"))?;
        Ok(Self { zone, name: name.to_owned() })
    }

    /// What the zone is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// From the first midnight until the one after so many days.
    pub(crate) fn span(&self, first: &Day, days: u16) -> Result<(DateTime<Utc>, DateTime<Utc>), String> {
        let last = first.0.checked_add(i64::from(days).days()).map_err(|error| error.to_string())?;
        Ok((self.midnight(first.0)?, self.midnight(last)?))
    }

    /// An instant as it is typed: with an offset or a `Z`, or by these clocks.
    pub(crate) fn instant(&self, written: &str) -> Result<DateTime<Utc>, String> {
        if let Ok(timestamp) = written.parse::<Timestamp>() {
            return Ok(date(timestamp));
        }
        let civil: civil::DateTime = written
            .parse()
            .map_err(|_| format!("{written} is no time such as 2026-11-24T09:30 or 2026-11-24T08:30:00Z"))?;
        self.zone.to_timestamp(civil).map(date).map_err(|error| error.to_string())
    }

    /// When the clocks show a time, the first time; never where they leap over it.
    pub(crate) fn once(&self, civil: civil::DateTime) -> Option<DateTime<Utc>> {
        match self.zone.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                offset.to_timestamp(civil).ok().map(date)
            }
            AmbiguousOffset::Gap { .. } => None,
        }
    }

    /// What the clocks show.
    pub(crate) fn civil(&self, at: DateTime<Utc>) -> civil::DateTime {
        let timestamp = Timestamp::new(at.timestamp(), 0).unwrap_or_default();
        self.zone.to_datetime(timestamp)
    }

    /// The day that they show.
    pub(crate) fn day(&self, at: DateTime<Utc>) -> Day {
        Day(self.civil(at).date())
    }

    /// The midnights from one instant until another, each with what the clocks show then.
    pub(crate) fn midnights(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<(DateTime<Utc>, Date)> {
        let days = self.civil(from).date().series(1.day());
        let midnights = days.filter_map(|day| Some((self.midnight(day).ok()?, day)));
        midnights.skip_while(|(at, _)| *at < from).take_while(|(at, _)| *at < until).collect()
    }

    /// The nights, each from an hour of one day until an hour of the next, as far as they lie between two instants.
    pub(crate) fn nights(
        &self,
        (evening, morning): (i8, i8),
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let first = self.civil(from).date();
        let days = first.yesterday().unwrap_or(first).series(1.day());
        let at = |day: Date, hour| self.zone.to_timestamp(day.at(hour, 0, 0, 0)).map(date).ok();
        let nights = days.map_while(|day| Some((at(day, evening)?, at(day.tomorrow().ok()?, morning)?)));
        let nights =
            nights.take_while(|(night, _)| *night < until).map(|(night, day)| (night.max(from), day.min(until)));
        nights.filter(|(night, day)| night < day).collect()
    }

    fn midnight(&self, day: Date) -> Result<DateTime<Utc>, String> {
        self.zone.to_timestamp(day.to_datetime(civil::Time::midnight())).map(date).map_err(|error| error.to_string())
    }
}

/// An instant as the function has it.
pub(crate) fn date(timestamp: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(timestamp.as_second(), 0).unwrap_or_default()
}
