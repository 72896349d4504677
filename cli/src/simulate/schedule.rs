//! Schedules of EventBridge Scheduler: when each fires, and what it sends.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use jiff::civil;
use serde_json::{Value, json};
use setpoint_sandbox::{DEFAULT_ACCOUNT, DEFAULT_REGION};

use super::cron::Cron;
use crate::story::calendar::Calendar;

/// A schedule.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub(super) name: String,
    expression: Expression,
    calendar: Calendar,
    /// None sends the default event, for which the configuration binds a payload to the name.
    payload: Option<Value>,
}

/// When a schedule fires, in the dialect of
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>.
#[derive(Clone, Debug)]
enum Expression {
    Cron(Box<Cron>),
    /// From the beginning on.
    Rate(TimeDelta),
    At(civil::DateTime),
}

const MEMBERS: [&str; 4] = ["name", "expression", "timezone", "payload"];

impl Schedule {
    /// The schedules of a document, which is a list of them.
    pub(super) fn list(schedules: &[Value]) -> Result<Vec<Self>, String> {
        let read = |(index, value)| Self::read(value).map_err(|problem| format!("[{index}]{problem}"));
        schedules.iter().enumerate().map(read).collect()
    }

    fn read(value: &Value) -> Result<Self, String> {
        let Some(members) = value.as_object() else { return Err(": must be an object".to_owned()) };
        if let Some(unknown) = members.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
            return Err(format!(".{unknown}: there is no such member; valid here: {}", MEMBERS.join(", ")));
        }
        let text = |member: &str| match &value[member] {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.as_str())),
            _ => Err(format!(".{member}: must be a string")),
        };
        let required = |member: &str| text(member)?.ok_or_else(|| format!(".{member}: is required, but missing"));
        let expression = required("expression")?;
        let calendar = Calendar::named(text("timezone")?.unwrap_or("UTC"));
        Ok(Self {
            name: required("name")?.to_owned(),
            expression: Expression::parse(expression).map_err(|problem| format!(".expression: {problem}"))?,
            calendar: calendar.map_err(|problem| format!(".timezone: {problem}"))?,
            payload: value.get("payload").cloned(),
        })
    }

    /// Every instant at which it fires. A time that the clocks leap over is skipped, and one that they show twice comes
    /// once, the first time.
    pub(super) fn times(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
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

    /// What it sends at an instant.
    pub(super) fn event(&self, at: DateTime<Utc>, number: usize) -> Result<Value, String> {
        let time = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let arn = format!("arn:aws:scheduler:{DEFAULT_REGION}:{DEFAULT_ACCOUNT}:schedule/default/{}", self.name);
        let id = format!("simulated-{number}");
        let Some(payload) = &self.payload else {
            return Ok(json!({
                "version": "0", "id": id, "detail-type": "Scheduled Event", "source": "aws.scheduler",
                "account": DEFAULT_ACCOUNT, "time": time, "region": DEFAULT_REGION, "resources": [arn], "detail": "{}",
            }));
        };
        let filled = payload
            .to_string()
            .replace("<aws.scheduler.scheduled-time>", &time)
            .replace("<aws.scheduler.execution-id>", &id)
            .replace("<aws.scheduler.schedule-arn>", &arn)
            .replace("<aws.scheduler.attempt-number>", "1");
        serde_json::from_str(&filled).map_err(|error| format!("{}: {error}", self.name))
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
        let written = json!({"name": "s", "expression": expression, "timezone": "Europe/Berlin"});
        let schedule = Schedule::read(&written).unwrap();
        let (from, until) = schedule.calendar.span(&first.parse().unwrap(), days).unwrap();
        schedule.times(from, until).iter().map(|at| at.format("%m-%dT%H:%MZ").to_string()).collect()
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

    #[test]
    fn what_is_no_schedule_is_refused_with_its_path() {
        let refused = |value: Value| Schedule::list(&[value]).unwrap_err();
        assert_eq!(refused(json!({"name": "s"})), "[0].expression: is required, but missing");
        let unknown = "[0].input: there is no such member; valid here: name, expression, timezone, payload";
        assert_eq!(refused(json!({"name": "s", "input": {}})), unknown);
        for wrong in [
            "",
            "0 8 * * ? *",
            "every(5 minutes)",
            "rate(0 minutes)",
            "rate(5 weeks)",
            "at(tomorrow)",
            "cron(0 8 * * ? *",
        ] {
            let written = refused(json!({"name": "s", "expression": wrong}));
            assert!(written.starts_with("[0].expression: must be "), "{wrong}: {written}");
        }
    }

    #[test]
    fn the_placeholders_of_a_payload_are_filled_in() {
        let payload = json!({"issuedAt": "<aws.scheduler.scheduled-time>", "id": "<aws.scheduler.execution-id>"});
        let schedule = Schedule::read(&json!({"name": "s", "expression": "rate(1 day)", "payload": payload})).unwrap();
        let sent = schedule.event("2027-03-27T08:00:00Z".parse().unwrap(), 7);
        assert_eq!(sent, Ok(json!({"issuedAt": "2027-03-27T08:00:00Z", "id": "simulated-7"})));
    }
}
