//! Cron expressions of six fields, in EventBridge's dialect.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Weekday};

/// Minutes, hours, day of month, month, day of week, year:
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based>.
#[derive(Clone, Debug)]
pub(crate) struct Cron {
    minutes: BTreeSet<i16>,
    hours: BTreeSet<i16>,
    months: BTreeSet<i16>,
    years: BTreeSet<i16>,
    days: Days,
}

/// A day is said by the month or by the week; the other field is `?`.
#[derive(Clone, Debug)]
enum Days {
    /// Any of these days of the month.
    OfMonth(BTreeSet<i16>),
    /// `L`: the last.
    LastOfMonth,
    /// `15W`: the weekday nearest to it within the month.
    NearestWeekday(i16),
    /// Any of these days of the week, of which Sunday is 1.
    OfWeek(BTreeSet<i16>),
    /// `6L`: the month's last such day.
    LastOfWeek(i16),
    /// `6#3`: the month's third such day.
    Nth(i16, i16),
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The values of a field: what they are called, the least, the most, and names that stand for them.
struct Field {
    name: &'static str,
    least: i16,
    most: i16,
    names: &'static [&'static str],
}

const MINUTES: Field = Field { name: "minutes", least: 0, most: 59, names: &[] };
const HOURS: Field = Field { name: "hours", least: 0, most: 23, names: &[] };
const DAY_OF_MONTH: Field = Field { name: "day of month", least: 1, most: 31, names: &[] };
const MONTH: Field = Field { name: "month", least: 1, most: 12, names: &MONTHS };
const DAY_OF_WEEK: Field = Field { name: "day of week", least: 1, most: 7, names: &DAYS };
const YEAR: Field = Field { name: "year", least: 1970, most: 2199, names: &[] };

impl Cron {
    /// Reads the six fields.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let &[minutes, hours, of_month, month, of_week, year] = fields.as_slice() else {
            return Err("must be cron of six fields: minutes, hours, day of month, month, day of week, year".to_owned());
        };
        let days = match (of_month, of_week) {
            (of_month, "?") => Days::of_month(of_month)?,
            ("?", of_week) => Days::of_week(of_week)?,
            _ => return Err("must have a ? for the day of month or for the day of week".to_owned()),
        };
        Ok(Self {
            minutes: MINUTES.set(minutes)?,
            hours: HOURS.set(hours)?,
            months: MONTH.set(month)?,
            years: YEAR.set(year)?,
            days,
        })
    }

    /// Whether it fires on a day.
    pub(crate) fn has(&self, day: Date) -> bool {
        self.years.contains(&day.year()) && self.months.contains(&i16::from(day.month())) && self.days.has(day)
    }

    /// When it fires on a day that it has, by the clocks.
    pub(crate) fn times(&self, day: Date) -> Vec<DateTime> {
        let times = self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (hour, minute)));
        let small = |value: &i16| i8::try_from(*value).unwrap_or_default();
        times.map(|(hour, minute)| day.at(small(hour), small(minute), 0, 0)).collect()
    }
}

impl Days {
    fn of_month(text: &str) -> Result<Self, String> {
        match text.strip_suffix('W') {
            _ if text == "L" => Ok(Self::LastOfMonth),
            Some(day) => DAY_OF_MONTH.value(day).map(Self::NearestWeekday),
            None => DAY_OF_MONTH.set(text).map(Self::OfMonth),
        }
    }

    fn of_week(text: &str) -> Result<Self, String> {
        if let Some((day, nth)) = text.split_once('#') {
            let nth = nth.parse().ok().filter(|nth| (1..=5).contains(nth)).ok_or_else(|| DAY_OF_WEEK.wrong(text))?;
            return Ok(Self::Nth(DAY_OF_WEEK.value(day)?, nth));
        }
        match text.strip_suffix('L') {
            // The last day of the week.
            Some("") => Ok(Self::OfWeek([DAY_OF_WEEK.most].into())),
            Some(day) => DAY_OF_WEEK.value(day).map(Self::LastOfWeek),
            None => DAY_OF_WEEK.set(text).map(Self::OfWeek),
        }
    }

    fn has(&self, day: Date) -> bool {
        let (of_month, of_week, length) = (i16::from(day.day()), of_week(day), i16::from(day.days_in_month()));
        match self {
            Self::OfMonth(days) => days.contains(&of_month),
            Self::LastOfMonth => of_month == length,
            Self::NearestWeekday(wanted) => nearest_weekday(day, *wanted) == Some(of_month),
            Self::OfWeek(days) => days.contains(&of_week),
            Self::LastOfWeek(wanted) => of_week == *wanted && of_month + 7 > length,
            Self::Nth(wanted, nth) => of_week == *wanted && (of_month + 6) / 7 == *nth,
        }
    }
}

/// Sunday is 1.
fn of_week(day: Date) -> i16 {
    i16::from(day.weekday().to_sunday_one_offset())
}

/// The weekday nearest to a day of the month that another day is in, without leaving the month.
fn nearest_weekday(month: Date, wanted: i16) -> Option<i16> {
    let day = Date::new(month.year(), month.month(), i8::try_from(wanted).ok()?).ok()?;
    let length = i16::from(day.days_in_month());
    Some(match day.weekday() {
        Weekday::Saturday if wanted == 1 => 3,
        Weekday::Saturday => wanted - 1,
        Weekday::Sunday if wanted == length => wanted - 2,
        Weekday::Sunday => wanted + 1,
        _ => wanted,
    })
}

impl Field {
    /// `*`, values, ranges and steps, separated by commas.
    fn set(&self, text: &str) -> Result<BTreeSet<i16>, String> {
        let mut set = BTreeSet::new();
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)),
                None => (part, Some(1)),
            };
            let step: usize = step.ok_or_else(|| self.wrong(text))?;
            let (first, last) = match range.split_once('-') {
                _ if range == "*" => (self.least, self.most),
                Some((first, last)) => (self.value(first)?, self.value(last)?),
                None if part.contains('/') => (self.value(range)?, self.most),
                None => (self.value(range)?, self.value(range)?),
            };
            if first > last {
                return Err(self.wrong(text));
            }
            set.extend((first..=last).step_by(step));
        }
        Ok(set)
    }

    fn value(&self, text: &str) -> Result<i16, String> {
        let named = self.names.iter().zip(self.least..).find(|(name, _)| name.eq_ignore_ascii_case(text));
        let value = named.map(|(_, value)| value).or_else(|| text.parse().ok());
        value.filter(|value| (self.least..=self.most).contains(value)).ok_or_else(|| self.wrong(text))
    }

    fn wrong(&self, text: &str) -> String {
        format!("must have a {} from {} to {}, and `{text}` is none", self.name, self.least, self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The days of two years on which it fires.
    fn days(text: &str) -> Vec<String> {
        let cron = Cron::parse(text).unwrap();
        let first = Date::new(2027, 1, 1).unwrap();
        let days = first.series(jiff::Span::new().days(1)).take(2 * 365);
        days.filter(|day| cron.has(*day)).map(|day| day.to_string()).collect()
    }

    #[test]
    fn days_are_those_of_the_dialect() {
        // 1 January 2027 is a Friday.
        assert_eq!(days("0 8 ? 1 MON-WED 2027")[..3], ["2027-01-04", "2027-01-05", "2027-01-06"]);
        assert_eq!(days("0 8 ? JAN 6L 2027-2028"), ["2027-01-29", "2028-01-28"]);
        assert_eq!(days("0 8 ? 1,2 3#2 2027"), ["2027-01-12", "2027-02-09"]);
        assert_eq!(days("0 8 ? 1 2#5 2027"), [""; 0]);
        assert_eq!(days("0 8 L 2 ? *"), ["2027-02-28", "2028-02-29"]);
        assert_eq!(days("0 8 ? 1 L 2027"), ["2027-01-02", "2027-01-09", "2027-01-16", "2027-01-23", "2027-01-30"]);
        assert_eq!(days("0 8 1/15 3 ? 2027"), ["2027-03-01", "2027-03-16", "2027-03-31"]);
        // A Saturday that is the first, a Sunday that is the last, and those between.
        assert_eq!(days("0 8 1W 5 ? 2027"), ["2027-05-03"]);
        assert_eq!(days("0 8 31W 1 ? 2027"), ["2027-01-29"]);
        assert_eq!(days("0 8 16W 1 ? 2027"), ["2027-01-15"]);
        assert_eq!(days("0 8 17W 1 ? 2027"), ["2027-01-18"]);
        assert_eq!(days("0 8 31W 4 ? 2027"), [""; 0]);
    }

    #[test]
    fn times_are_every_minute_of_every_hour_that_is_named() {
        let cron = Cron::parse("0/20 8-9,22 * * ? *").unwrap();
        let day = Date::new(2027, 1, 4).unwrap();
        let times: Vec<String> = cron.times(day).iter().map(|time| time.strftime("%H:%M").to_string()).collect();
        assert_eq!(times, ["08:00", "08:20", "08:40", "09:00", "09:20", "09:40", "22:00", "22:20", "22:40"]);
    }

    #[test]
    fn what_eventbridge_refuses_is_refused() {
        let wrong = [
            "0 8 * * ?",
            "0 8 * * * *",
            "0 8 ? * ? *",
            "60 8 * * ? *",
            "0 24 * * ? *",
            "0 8 32 * ? *",
            "0 8 ? 13 MON *",
            "0 8 ? * MON-FRY *",
            "0 8 ? * FRI-MON *",
            "0 8 ? * 0 *",
            "0 8 ? * 2#6 *",
            "*/0 8 * * ? *",
            "0 8 * * ? 1969",
            "",
            "a b c d ? f",
        ];
        for text in wrong {
            assert!(Cron::parse(text).unwrap_err().starts_with("must "), "{text}");
        }
    }
}
