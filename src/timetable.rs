//! What should hold when: periods, each with a payload, by the clocks of a zone.

use chrono::{DateTime, Utc};
use deserr::{Deserr, IntoValue, Value as Written, ValuePointerRef};
use serde_json::Value;

use crate::payload::{Payload, Request};
use crate::spelling::problem::{Problem, Problems, path_of, wrong};

mod when;
mod zone;

use when::{Days, Edge, When};
use zone::Zone;

/// What is wrong with the name of a time zone, if anything.
#[must_use]
pub fn wrong_zone(name: &str) -> Option<String> {
    Zone::parse(name.to_owned()).err()
}

/// What should hold when. Of the periods that hold at an instant, the last listed one counts.
#[derive(Clone, Debug, Deserr)]
#[deserr(error = Problems, deny_unknown_fields, validate = told_apart -> Problems)]
pub struct Timetable {
    zone: Zone,
    periods: Vec<Period>,
}

/// A time, with what should hold then.
#[derive(Clone, Debug)]
pub struct Period {
    /// What it is called in answers and records.
    pub name: String,
    when: When,
    level: Payload,
}

impl Timetable {
    /// What should hold at an instant; `None` where no period says.
    #[must_use]
    pub fn at(&self, instant: DateTime<Utc>) -> Option<&Period> {
        self.periods.iter().rev().find(|period| period.when.holds(instant, &self.zone))
    }

    /// Its periods, as listed.
    #[must_use]
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }
}

impl Period {
    /// What should hold, in the order written.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        self.level.requests()
    }
}

fn told_apart(timetable: Timetable, location: ValuePointerRef<'_>) -> Result<Timetable, Problems> {
    let periods = location.push_key("periods");
    if timetable.periods.is_empty() {
        return Err(wrong(periods, "is empty; write at least one period"));
    }
    let names: Vec<&str> = timetable.periods.iter().map(|period| period.name.as_str()).collect();
    let twice = names.iter().enumerate().filter(|(index, name)| names[..*index].contains(*name));
    let found = twice.map(|(index, _)| Problem {
        path: path_of(periods.push_index(index).push_key("name")),
        message: "is the name of an earlier period; answers and records tell periods apart by it".to_owned(),
    });
    Problems::check(found.collect())?;
    Ok(timetable)
}

/// A period as it is written.
#[derive(Deserr)]
#[deserr(error = Problems, deny_unknown_fields)]
struct WrittenPeriod {
    name: String,
    #[deserr(default)]
    days: Option<Days>,
    #[deserr(default)]
    from: Option<Edge>,
    #[deserr(default)]
    until: Option<Edge>,
    #[deserr(rename = "do")]
    level: Level,
}

impl Deserr<Problems> for Period {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        let WrittenPeriod { name, days, from, until, level } = WrittenPeriod::deserialize_from_value(value, location)?;
        let when = When::read(days, from, until, location)?;
        Ok(Self { name, when, level: level.0 })
    }
}

/// A payload that says what should hold, however often it is said.
struct Level(Payload);

impl Deserr<Problems> for Level {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        let path = path_of(location);
        let written = Value::deserialize_from_value(value, location)?;
        let is_list = written.is_array();
        let payload = if is_list { Payload::list(written) } else { Payload::parse(written) };
        let payload = payload.map_err(|found| found.under(&path))?;
        if let Payload::Follow(_) = payload {
            return Err(wrong(location, "cannot follow a timetable in turn; write what should hold"));
        }
        let mut found = Vec::new();
        for (index, request) in payload.requests().iter().enumerate() {
            let way = payload.way(index);
            let of = if is_list { way.trim_start_matches("actions") } else { &way };
            let mut refuse = |member: &str, message: &str| {
                found.push(Problem { path: format!("{of}{member}"), message: message.to_owned() });
            };
            if let Some(member) = request.action.relative_member() {
                refuse(
                    &member,
                    "is relative (add, percent), and a timetable says what holds, over and over; write a number, atLeast, \
                     atMost or a share",
                );
            }
            if request.settings.id.is_some() {
                refuse("id", "cannot stand in a timetable: the event that follows it brings its own");
            }
            if request.settings.issued_at.is_some() {
                refuse("issuedAt", "cannot stand in a timetable: the event that follows it brings its own time");
            }
        }
        match Problems::of(found) {
            Some(found) => Err(found.under(&path)),
            None => Ok(Self(payload)),
        }
    }
}
