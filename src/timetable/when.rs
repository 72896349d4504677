//! When a period holds: on which days, from which time until which.

use chrono::{DateTime, Utc};
use deserr::{Deserr, ValuePointerRef};
use jiff::civil::{Date, DateTime as Civil, Time};

use super::zone::Zone;
use crate::spelling::problem::{Problems, wrong};

/// When a period holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum When {
    /// Every day between two times of day; until the day after where `until` is not later.
    Daily { days: Days, from: Time, until: EndOfDay },
    /// From one moment until another, on the days among them.
    Once { days: Days, from: Option<Civil>, until: Option<Civil> },
}

/// The time of day at which a period ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum EndOfDay {
    At(Time),
    /// `24:00`.
    Midnight,
}

/// The days of the week on which a period begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserr)]
#[deserr(error = Problems, try_from(String) = Days::parse -> String)]
pub(super) struct Days([bool; 7]);

const NAMES: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

impl Days {
    const ALL: Self = Self([true; 7]);

    fn parse(text: String) -> Result<Self, String> {
        let place = |name: &str| NAMES.iter().position(|known| known.eq_ignore_ascii_case(name));
        let mut days = [false; 7];
        for part in text.split(',').map(str::trim) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (Some(first), Some(last)) = (place(first.trim()), place(last.trim())) else {
                return Err(
                    "must be days of the week, such as \"MON-FRI\" or \"SAT,SUN\"; the names are MON, TUE, WED, \
                            THU, FRI, SAT, SUN"
                        .to_owned(),
                );
            };
            // FRI-MON goes over the end of the week.
            let length = (last + 7 - first) % 7;
            (0..=length).for_each(|day| days[(first + day) % 7] = true);
        }
        Ok(Self(days))
    }

    fn has(self, date: Date) -> bool {
        self.0[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())]
    }
}

/// An end of a period, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = Edge::parse -> String)]
pub(super) enum Edge {
    Time(EndOfDay),
    Moment(Civil),
}

impl Edge {
    fn parse(text: String) -> Result<Self, String> {
        let edge = match text.split_once('T') {
            Some((date, time)) => {
                read_date(date).zip(read_time(time)).map(|(date, time)| date.to_datetime(time)).map(Self::Moment)
            }
            None if text == "24:00" => Some(Self::Time(EndOfDay::Midnight)),
            None => {
                let time = read_time(&text).map(EndOfDay::At).map(Self::Time);
                time.or_else(|| read_date(&text).map(|date| Self::Moment(date.to_datetime(Time::midnight()))))
            }
        };
        edge.ok_or_else(|| {
            "must be a time of day such as \"08:00\", a date such as \"2026-12-24\", or both as \"2026-12-24T08:00\", by \
             the clocks of the zone and without an offset"
                .to_owned()
        })
    }
}

fn digits(text: &str, count: usize) -> Option<i16> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `YYYY-MM-DD`.
fn read_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    parts.next().is_none().then_some(date)
}

/// `HH:MM`, or `HH:MM:SS`.
fn read_time(text: &str) -> Option<Time> {
    let mut parts = text.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |second| digits(second, 2))?;
    let time = Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, 0).ok()?;
    parts.next().is_none().then_some(time)
}

impl When {
    /// What is written of a period, as something that can hold.
    pub(super) fn read(
        days: Option<Days>,
        from: Option<Edge>,
        until: Option<Edge>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        let days = days.unwrap_or(Days::ALL);
        let moment = |edge| if let Some(Edge::Moment(moment)) = edge { Some(moment) } else { None };
        let refuse = |member, message: &str| Err(wrong(location.push_key(member), message));
        match (from, until) {
            (Some(Edge::Time(EndOfDay::Midnight)), _) => {
                refuse("from", "is the end of a day; a day begins at \"00:00\"")
            }
            (Some(Edge::Time(EndOfDay::At(from))), Some(Edge::Time(until))) => {
                if until == EndOfDay::At(from) {
                    return refuse("until", "is the same time as `from`; leave both out for the whole day");
                }
                Ok(Self::Daily { days, from, until })
            }
            (Some(Edge::Time(_)), None) => refuse("until", "is missing: the time of day at which the period ends"),
            (None, Some(Edge::Time(_))) => refuse("from", "is missing: the time of day at which the period begins"),
            (Some(Edge::Time(_)), Some(_)) | (Some(_), Some(Edge::Time(_))) => {
                refuse("until", "and `from` must both be times of day, or both dates")
            }
            (from, until) => {
                let (from, until) = (moment(from), moment(until));
                if from.zip(until).is_some_and(|(from, until)| until <= from) {
                    return refuse(
                        "until",
                        "is not later than `from`, so that the period never holds; it ends before the day or time that is written here",
                    );
                }
                Ok(Self::Once { days, from, until })
            }
        }
    }

    /// Whether it holds at an instant.
    pub(super) fn holds(&self, at: DateTime<Utc>, zone: &Zone) -> bool {
        let civil = zone.civil(at);
        match *self {
            // What began yesterday may go on; and where clocks are put back at midnight, tomorrow may have begun before.
            Self::Daily { days, .. } => {
                let dates = [civil.date().yesterday().ok(), Some(civil.date()), civil.date().tomorrow().ok()];
                let on = dates.into_iter().flatten().filter(|date| days.has(*date));
                on.filter_map(|date| self.on(date, zone)).any(|(from, until)| from <= at && at < until)
            }
            Self::Once { days, from, until } => {
                let has_begun = from.is_none_or(|from| zone.first(from) <= at);
                let is_over = until.is_some_and(|until| zone.last(until) <= at);
                has_begun && !is_over && days.has(civil.date())
            }
        }
    }

    /// Instants among which are all at which it begins or ends to hold on a day or in the night after it.
    pub(super) fn edges(&self, date: Date, zone: &Zone) -> Vec<DateTime<Utc>> {
        match *self {
            Self::Daily { days, .. } => {
                let on = self.on(date, zone).filter(|_| days.has(date));
                on.into_iter().flat_map(|(from, until)| [from, until]).collect()
            }
            Self::Once { from, until, .. } => {
                let midnight = date.to_datetime(Time::midnight());
                // Where clocks are put back at midnight, a day begins twice.
                let days = [zone.first(midnight), zone.last(midnight)];
                let on = |moment: &Civil| moment.date() == date;
                let from = from.filter(on).map(|from| zone.first(from));
                let until = until.filter(on).map(|until| zone.last(until));
                days.into_iter().chain(from).chain(until).collect()
            }
        }
    }

    /// From when until when it holds as it begins on a day: one stretch, whatever is done to the clocks meanwhile. None where
    /// the clocks leap over all of it.
    fn on(&self, date: Date, zone: &Zone) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let Self::Daily { from, until, .. } = *self else { return None };
        let last = match until {
            EndOfDay::At(until) if until > from => date.to_datetime(until),
            EndOfDay::At(until) => date.tomorrow().ok()?.to_datetime(until),
            EndOfDay::Midnight => date.tomorrow().ok()?.to_datetime(Time::midnight()),
        };
        let (from, until) = (zone.first(date.to_datetime(from)), zone.last(last));
        (from < until).then_some((from, until))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spelling::problem::decode_at;

    fn zone(name: &str) -> Zone {
        decode_at(json!(name), ValuePointerRef::Origin).unwrap()
    }

    fn read(days: Option<&str>, from: Option<&str>, until: Option<&str>) -> Result<When, String> {
        let days = days.map(|days| Days::parse(days.to_owned())).transpose()?;
        let [from, until] = [from, until].map(|edge| edge.map(|edge| Edge::parse(edge.to_owned())).transpose());
        When::read(days, from?, until?, ValuePointerRef::Origin).map_err(|problems| problems.to_string())
    }

    fn daily(from: &str, until: &str) -> When {
        read(None, Some(from), Some(until)).unwrap()
    }

    /// The stretches of a day and a bit, from the midnight of UTC before `day` on, in which it holds: by the minute.
    fn stretches(when: &When, zone: &Zone, day: &str) -> Vec<(String, String)> {
        let begin =
            crate::spelling::timestamp::parse(&format!("{day}T00:00:00Z")).unwrap() - chrono::TimeDelta::hours(12);
        let minutes = (0..60 * 60).map(|minute| begin + chrono::TimeDelta::minutes(minute));
        let text = |at: DateTime<Utc>| at.format("%dT%H:%MZ").to_string();
        let mut found: Vec<(String, String)> = Vec::new();
        let mut held = false;
        for at in minutes {
            let holds = when.holds(at, zone);
            match (held, holds) {
                (false, true) => found.push((text(at), "later".to_owned())),
                (true, false) => found.last_mut().unwrap().1 = text(at),
                _ => {}
            }
            held = holds;
        }
        found
    }

    fn between<const N: usize>(stretches: [(&str, &str); N]) -> Vec<(String, String)> {
        stretches.map(|(from, until)| (from.to_owned(), until.to_owned())).into()
    }

    #[test]
    fn days_are_names_ranges_and_lists() {
        let days = |text: &str| {
            let days = Days::parse(text.to_owned());
            days.map(|days| {
                NAMES.iter().zip(days.0).filter(|(_, is_in)| *is_in).map(|(name, _)| *name).collect::<Vec<_>>()
            })
        };
        assert_eq!(days("MON-FRI").unwrap(), ["MON", "TUE", "WED", "THU", "FRI"]);
        assert_eq!(days("sat, SUN").unwrap(), ["SAT", "SUN"]);
        assert_eq!(days("FRI-MON").unwrap(), ["MON", "FRI", "SAT", "SUN"]);
        assert_eq!(days("WED,MON-TUE").unwrap(), ["MON", "TUE", "WED"]);
        assert_eq!(days("SUN-SUN").unwrap(), ["SUN"]);
        for wrong in ["", "MONDAY", "2-6", "*", "MON-", "MON--FRI", "MON;TUE", "MON,", "WEEKDAYS"] {
            assert!(days(wrong).unwrap_err().starts_with("must be days of the week"), "{wrong}");
        }
    }

    #[test]
    fn an_edge_is_a_time_of_day_a_date_or_both_and_nothing_else() {
        let edge = |text: &str| Edge::parse(text.to_owned());
        let time = |hour, minute, second| Edge::Time(EndOfDay::At(Time::new(hour, minute, second, 0).unwrap()));
        assert_eq!(edge("08:05"), Ok(time(8, 5, 0)));
        assert_eq!(edge("23:59:59"), Ok(time(23, 59, 59)));
        assert_eq!(edge("24:00"), Ok(Edge::Time(EndOfDay::Midnight)));
        assert_eq!(edge("2028-02-29"), Ok(Edge::Moment(Date::new(2028, 2, 29).unwrap().to_datetime(Time::midnight()))));
        assert_eq!(edge("2026-12-01T17:30"), Ok(Edge::Moment(Date::new(2026, 12, 1).unwrap().at(17, 30, 0, 0))));
        let wrong = [
            "",
            "8:00",
            "08:60",
            "24:01",
            "25:00",
            "08",
            "0800",
            "8am",
            "08:00Z",
            "08:00:60",
            "08:00:00.5",
            "2027-02-29",
            "2026-13-01",
            "26-12-01",
            "2026-12-1",
            "2026-12-01 17:00",
            "2026-12-01T17:00Z",
            "2026-12-01T17:00+01:00",
            "2026-12-01T24:00",
            "+026-12-01",
            "2026-12-01T",
            "０８:００",
        ];
        for text in wrong {
            assert!(edge(text).unwrap_err().starts_with("must be a time of day"), "{text}");
        }
    }

    #[test]
    fn what_can_never_hold_or_is_half_said_is_refused() {
        let wrong = |from, until| read(None, from, until).unwrap_err();
        assert_eq!(wrong(Some("08:00"), None), "until: is missing: the time of day at which the period ends");
        assert_eq!(wrong(None, Some("08:00")), "from: is missing: the time of day at which the period begins");
        assert_eq!(
            wrong(Some("08:00"), Some("08:00")),
            "until: is the same time as `from`; leave both out for the whole day"
        );
        assert_eq!(wrong(Some("24:00"), Some("08:00")), "from: is the end of a day; a day begins at \"00:00\"");
        let both = "until: and `from` must both be times of day, or both dates";
        assert_eq!(wrong(Some("08:00"), Some("2026-12-24")), both);
        assert_eq!(wrong(Some("2026-12-24"), Some("08:00")), both);
        let never = "until: is not later than `from`, so that the period never holds; it ends before the day or time that is \
                     written here";
        assert_eq!(wrong(Some("2026-12-24"), Some("2026-12-24")), never);
        assert_eq!(wrong(Some("2026-12-24T10:00"), Some("2026-12-24T09:00")), never);
    }

    #[test]
    fn a_period_of_the_day_holds_from_its_first_to_before_its_last_minute() {
        let utc = zone("UTC");
        let office = stretches(&daily("08:00", "20:00"), &utc, "2026-05-20");
        assert_eq!(office[1..], between([("20T08:00Z", "20T20:00Z"), ("21T08:00Z", "21T20:00Z")]));
        for midnight in ["24:00", "00:00"] {
            let until_midnight = stretches(&daily("08:00", midnight), &utc, "2026-05-20");
            assert_eq!(until_midnight[1], ("20T08:00Z".to_owned(), "21T00:00Z".to_owned()));
        }
    }

    #[test]
    fn across_midnight_it_belongs_to_the_day_on_which_it_begins() {
        // Friday is 22 May.
        let friday_night = read(Some("FRI"), Some("22:00"), Some("06:00")).unwrap();
        assert_eq!(stretches(&friday_night, &zone("UTC"), "2026-05-22"), between([("22T22:00Z", "23T06:00Z")]));
        assert_eq!(stretches(&friday_night, &zone("UTC"), "2026-05-20"), between([]));
        let weekend = read(Some("SAT-SUN"), None, None).unwrap();
        assert_eq!(stretches(&weekend, &zone("Europe/Berlin"), "2026-05-23"), between([("22T22:00Z", "24T22:00Z")]));
    }

    #[test]
    fn on_the_night_without_an_hour_a_period_of_that_hour_holds_for_no_instant() {
        // 28 March 2027, 02:00 to 03:00.
        let night = |from, until| stretches(&daily(from, until), &zone("Europe/Berlin"), "2027-03-28");
        assert_eq!(night("02:00", "03:00"), between([("29T00:00Z", "29T01:00Z")]));
        assert_eq!(night("02:15", "02:45"), between([("29T00:15Z", "29T00:45Z")]));
        // Nothing of what lies around it is left out.
        assert_eq!(night("01:00", "02:30")[..1], between([("28T00:00Z", "28T01:00Z")]));
        assert_eq!(night("02:30", "05:00")[..1], between([("28T01:00Z", "28T03:00Z")]));
        assert_eq!(night("01:30", "03:30")[..1], between([("28T00:30Z", "28T01:30Z")]));
    }

    #[test]
    fn on_the_night_that_has_an_hour_twice_a_period_holds_through_both_in_one_stretch() {
        // 31 October 2027: 02:00 to 03:00 from 00:00Z on, and again from 01:00Z on.
        let night = |from, until| stretches(&daily(from, until), &zone("Europe/Berlin"), "2027-10-31");
        assert_eq!(night("02:00", "03:00"), between([("31T00:00Z", "31T02:00Z"), ("01T01:00Z", "01T02:00Z")]));
        assert_eq!(night("02:30", "05:00")[..1], between([("31T00:30Z", "31T04:00Z")]));
        assert_eq!(night("01:00", "02:30")[..1], between([("30T23:00Z", "31T01:30Z")]));
        // 7 November 2027 in New York: 01:00 to 02:00 from 05:00Z on, and again from 06:00Z on.
        let there = stretches(&daily("01:00", "02:00"), &zone("America/New_York"), "2027-11-07");
        assert_eq!(there, between([("07T05:00Z", "07T07:00Z"), ("08T06:00Z", "08T07:00Z")]));
    }

    #[test]
    fn a_day_that_begins_late_or_ends_twice_is_a_day() {
        // Clocks go from midnight to one in Cairo on 24 April 2026, and back to 23:00 at the end of 29 October.
        let cairo = zone("Africa/Cairo");
        let day = |date: &str, next: &str| read(None, Some(date), Some(next)).unwrap();
        let spring = stretches(&day("2026-04-24", "2026-04-25"), &cairo, "2026-04-24");
        assert_eq!(spring, between([("23T22:00Z", "24T21:00Z")]));
        let autumn = stretches(&day("2026-10-30", "2026-10-31"), &cairo, "2026-10-30");
        assert_eq!(autumn, between([("29T22:00Z", "30T22:00Z")]));
        let last_hour = stretches(&daily("23:00", "24:00"), &cairo, "2026-10-29");
        assert_eq!(last_hour[1], ("29T20:00Z".to_owned(), "29T22:00Z".to_owned()));
    }

    #[test]
    fn dates_are_whole_days_and_the_last_one_is_not_among_them() {
        let christmas = read(None, Some("2026-12-24"), Some("2026-12-27")).unwrap();
        let berlin = zone("Europe/Berlin");
        let at = |text: &str| christmas.holds(crate::spelling::timestamp::parse(text).unwrap(), &berlin);
        let seen =
            ["2026-12-23T22:59:59Z", "2026-12-23T23:00:00Z", "2026-12-26T22:59:59Z", "2026-12-26T23:00:00Z"].map(at);
        assert_eq!(seen, [false, true, true, false]);
        let forever = read(Some("SAT"), Some("2026-12-24"), None).unwrap();
        let at = |text: &str| forever.holds(crate::spelling::timestamp::parse(text).unwrap(), &berlin);
        assert_eq!(
            ["2026-12-19T12:00:00Z", "2026-12-25T12:00:00Z", "2126-12-28T12:00:00Z"].map(at),
            [false, false, true]
        );
        let always = read(None, None, None).unwrap();
        assert!([DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC].iter().all(|at| always.holds(*at, &berlin)));
    }
}
