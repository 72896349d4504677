//! When a schedule of EventBridge fires, in the dialect of
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>.

mod cron;

use chrono::{DateTime, TimeDelta, Utc};
use jiff::civil;

use crate::story::calendar::Calendar;
use cron::Cron;

/// An expression by the clocks of a zone.
#[derive(Clone, Debug)]
pub(crate) struct Moments {
    expression: Expression,
    calendar: Calendar,
}

#[derive(Clone, Debug)]
enum Expression {
    Cron(Box<Cron>),
    /// From the beginning on.
    Rate(TimeDelta),
    At(civil::DateTime),
}

impl Moments {
    /// Reads an expression.
    pub(crate) fn parse(expression: &str, calendar: Calendar) -> Result<Self, String> {
        Ok(Self { expression: Expression::parse(expression)?, calendar })
    }

    /// How long after one time the next is, where it begins whenever it is deployed.
    pub(crate) fn rate(&self) -> Option<TimeDelta> {
        if let Expression::Rate(rate) = self.expression { Some(rate) } else { None }
    }

    /// Every instant at which it fires. A time that the clocks leap over is skipped, and one that they show twice comes
    /// once, the first time.
    pub(crate) fn within(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let within = |at: &DateTime<Utc>| (from..until).contains(at);
        match &self.expression {
            Expression::Rate(rate) => {
                std::iter::successors(Some(from), |at| Some(*at + *rate)).take_while(|at| *at < until).collect()
            }
            Expression::At(at) => self.calendar.once(*at).into_iter().filter(within).collect(),
            Expression::Cron(cron) => {
                let (first, last) = (self.calendar.civil(from).date(), self.calendar.civil(until).date());
                let days = first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last);
                let times = days.filter(|day| cron.has(*day)).flat_map(|day| cron.times(day));
                times.filter_map(|time| self.calendar.once(time)).filter(within).collect()
            }
        }
    }
}

impl Expression {
    fn parse(text: &str) -> Result<Self, String> {
        let form = "must be cron(…), rate(…) or at(…), such as cron(0 8 ? * MON-FRI *), rate(5 minutes) or at(2026-12-24T08:00:00)";
        let (kind, rest) = text.trim().split_once('(').ok_or(form)?;
        let inner = rest.strip_suffix(')').ok_or(form)?;
        match kind {
            "cron" => Cron::parse(inner).map(Box::new).map(Self::Cron),
            "rate" => rate(inner).map(Self::Rate).ok_or_else(|| "must be rate(N minutes), hours or days".to_owned()),
            "at" => inner.parse().map(Self::At).map_err(|_| "must be at(YYYY-MM-DDThh:mm:ss)".to_owned()),
            _ => Err(form.to_owned()),
        }
    }
}

/// A day is 24 hours, whatever is done to the clocks.
fn rate(text: &str) -> Option<TimeDelta> {
    let (value, unit) = text.split_once(' ')?;
    let value = i64::from(value.parse::<u32>().ok().filter(|value| *value > 0)?);
    match unit.trim() {
        "minute" | "minutes" => TimeDelta::try_minutes(value),
        "hour" | "hours" => TimeDelta::try_hours(value),
        "day" | "days" => TimeDelta::try_days(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(expression: &str, first: &str, days: u16) -> Vec<String> {
        let calendar = Calendar::named("Europe/Berlin").unwrap();
        let (from, until) = calendar.span(&first.parse().unwrap(), days).unwrap();
        let moments = Moments::parse(expression, calendar).unwrap();
        moments.within(from, until).iter().map(|at| at.format("%m-%dT%H:%MZ").to_string()).collect()
    }

    #[test]
    fn a_time_that_the_clocks_leap_over_is_skipped() {
        // 28 March 2027 has no 02:30.
        assert_eq!(times("cron(30 2 * * ? *)", "2027-03-27", 3), ["03-27T01:30Z", "03-29T00:30Z"]);
        assert_eq!(times("at(2027-03-28T02:30:00)", "2027-03-28", 1), [""; 0]);
        assert_eq!(times("cron(0 8 * * ? *)", "2027-03-27", 2), ["03-27T07:00Z", "03-28T06:00Z"]);
    }

    #[test]
    fn a_time_that_the_clocks_show_twice_comes_once() {
        // 31 October 2027 has 02:30 twice.
        assert_eq!(times("cron(30 2 * * ? *)", "2027-10-30", 3), ["10-30T00:30Z", "10-31T00:30Z", "11-01T01:30Z"]);
        assert_eq!(times("at(2027-10-31T02:30:00)", "2027-10-31", 1), ["10-31T00:30Z"]);
    }

    #[test]
    fn a_rate_counts_hours_and_not_days_of_the_clock() {
        assert_eq!(times("rate(1 day)", "2027-03-27", 3), ["03-26T23:00Z", "03-27T23:00Z", "03-28T23:00Z"]);
        assert_eq!(times("rate(12 hours)", "2027-03-28", 1), ["03-27T23:00Z", "03-28T11:00Z"]);
    }
}
