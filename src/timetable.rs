//! What should hold when: periods, each with a payload, by the clocks of a zone.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use deserr::{Deserr, IntoValue, Value as Written, ValuePointerRef};
use jiff::ToSpan;
use serde_json::Value;

use crate::payload::{Payload, Request};
use crate::spelling::problem::{Problem, Problems, path_of, wrong};

mod when;
mod zone;

use when::{Days, Edge, When};
use zone::Zone;

/// How many days are looked through for the next period: a year, and yesterday's that goes on.
const FARTHEST: usize = 368;

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

    /// From when on another period counts than at an instant, or none, and which; `None` where that is not within a year.
    #[must_use]
    pub fn next(&self, instant: DateTime<Utc>) -> Option<(DateTime<Utc>, Option<&Period>)> {
        let today = self.zone.civil(instant).date();
        let days = today.yesterday().unwrap_or(today).series(1.day()).take(FARTHEST);
        let edges =
            days.flat_map(|date| self.periods.iter().flat_map(move |period| period.when.edges(date, &self.zone)));
        let later: BTreeSet<DateTime<Utc>> = edges.filter(|edge| *edge > instant).collect();
        let name = |period: Option<&Period>| period.map(|period| period.name.clone());
        let now = name(self.at(instant));
        later.into_iter().map(|edge| (edge, self.at(edge))).find(|(_, period)| name(*period) != now)
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
        match payload {
            Payload::Follow(_) => {
                return Err(wrong(location, "cannot follow a timetable in turn; write what should hold"));
            }
            Payload::Select(_) => return Err(wrong(location, "cannot select its targets; name each")),
            Payload::One(_) | Payload::Many(_) => {}
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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::json;

    use super::*;
    use crate::spelling::problem::decode_at;

    fn timetable(zone: &str, periods: &[(&str, Value)]) -> Timetable {
        let periods = periods.iter().map(|(name, when)| {
            let mut period = when.clone();
            period["name"] = json!(name);
            period["do"] = json!({"action": "lambda:PutProvisionedConcurrencyConfig",
                "input": {"FunctionName": "f", "Qualifier": "live", "ProvisionedConcurrentExecutions": 1}});
            period
        });
        let written = json!({"zone": zone, "periods": periods.collect::<Vec<_>>()});
        decode_at(written, ValuePointerRef::Origin).unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        crate::spelling::timestamp::parse(text).unwrap()
    }

    #[test]
    fn the_next_period_is_the_one_that_a_look_at_every_minute_finds() {
        let periods = [
            ("night", json!({})),
            ("long", json!({"days": "SAT", "from": "22:00", "until": "21:00"})),
            ("office", json!({"days": "MON-FRI", "from": "08:00", "until": "20:00"})),
            ("leap", json!({"from": "02:15", "until": "02:45"})),
            ("sunday", json!({"days": "SUN", "from": "2027-03-28T06:00", "until": "2027-11-30"})),
            ("launch", json!({"from": "2027-03-29T19:00", "until": "2027-03-30T01:00"})),
        ];
        for (zone, first) in [
            ("Europe/Berlin", "2027-03-26T12:00:00Z"),
            ("Europe/Berlin", "2027-10-29T12:00:00Z"),
            ("Africa/Cairo", "2026-10-28T12:00:00Z"),
            ("Africa/Cairo", "2026-04-22T12:00:00Z"),
        ] {
            let timetable = timetable(zone, &periods);
            let name = |at| timetable.at(at).map(|period| period.name.clone());
            let minutes: Vec<_> = (0..5 * 24 * 60).map(|minute| at(first) + TimeDelta::minutes(minute)).collect();
            let changes = minutes.windows(2).filter(|pair| name(pair[0]) != name(pair[1]));
            let changes: Vec<_> = changes.map(|pair| (pair[1], name(pair[1]))).collect();
            assert!(changes.len() > 10, "{zone}");
            for minute in minutes.iter().step_by(397).take_while(|minute| **minute < changes[changes.len() - 1].0) {
                let expected = changes.iter().find(|(at, _)| at > minute).cloned();
                let next = timetable.next(*minute).map(|(at, period)| (at, period.map(|period| period.name.clone())));
                assert_eq!(next, expected, "{zone} {minute}");
            }
        }
    }

    #[test]
    fn what_never_changes_has_no_next_period_and_where_none_holds_any_more_the_next_is_none() {
        let next = |when: Value, from: &str| {
            let timetable = timetable("UTC", &[("only", when)]);
            timetable.next(at(from)).map(|(at, period)| (at, period.map(|period| period.name.clone())))
        };
        assert_eq!(next(json!({}), "2027-03-26T12:00:00Z"), None);
        let once = json!({"from": "2027-12-24T08:00:30", "until": "2027-12-27"});
        let begin = Some((at("2027-12-24T08:00:30Z"), Some("only".to_owned())));
        assert_eq!(next(once.clone(), "2027-03-26T12:00:00Z"), begin);
        assert_eq!(next(once.clone(), "2027-12-25T12:00:00Z"), Some((at("2027-12-27T00:00:00Z"), None)));
        assert_eq!(next(once, "2027-12-27T00:00:00Z"), None);
    }
}
