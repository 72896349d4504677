//! The schedule expressions of EventBridge: `cron`, `rate` and `at`.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>

use chrono::NaiveDateTime;

/// Who reads an expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reader {
    /// EventBridge Scheduler.
    Scheduler,
    /// A rule of an event bus.
    Rule,
}

/// What is wrong with an expression, if anything.
pub(crate) fn wrong(expression: &str, reader: Reader) -> Option<String> {
    let inside = |name: &str| expression.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(fields) = inside("cron") {
        cron(fields).err()
    } else if let Some(rate) = inside("rate") {
        wrong_rate(rate, reader)
    } else if let Some(time) = inside("at") {
        match (reader, NaiveDateTime::parse_from_str(time, "%Y-%m-%dT%H:%M:%S")) {
            (Reader::Rule, _) => Some("at(…) is of EventBridge Scheduler; a rule has cron(…) and rate(…)".to_owned()),
            (Reader::Scheduler, Err(_)) => Some("is no time; write at(2026-11-20T22:00:00), without a zone".to_owned()),
            (Reader::Scheduler, Ok(_)) => None,
        }
    } else {
        let meant = "is no schedule; write cron(minute hour day-of-month month day-of-week year), rate(value unit)";
        Some(match reader {
            Reader::Scheduler => format!("{meant} or at(yyyy-mm-ddThh:mm:ss)"),
            Reader::Rule => meant.to_owned(),
        })
    }
}

fn wrong_rate(rate: &str, reader: Reader) -> Option<String> {
    let example = "write rate(5 minutes), rate(1 hour) or rate(2 days)";
    let Some((value, unit)) = rate.split_once(' ') else { return Some(format!("is no rate; {example}")) };
    let Some(value) = value.parse::<u32>().ok().filter(|value| *value > 0) else {
        return Some(format!("`{value}` is no whole number above 0; {example}"));
    };
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    if !["minute", "hour", "day"].contains(&singular) {
        return Some(format!("`{unit}` is no unit of a rate; {example}"));
    }
    // Scheduler takes both.
    match (reader, value == 1, unit == singular) {
        (Reader::Rule, true, false) => Some(format!("a rule wants the unit in the singular; write rate(1 {singular})")),
        (Reader::Rule, false, true) => {
            Some(format!("a rule wants the unit in the plural; write rate({value} {singular}s)"))
        }
        _ => None,
    }
}

/// A field of a cron expression.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// Names for the numbers from `least`.
    names: &'static [&'static str],
}

const FIELDS: [Field; 6] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: DAY_OF_MONTH, least: 1, most: 31, names: &[] },
    Field {
        name: "month",
        least: 1,
        most: 12,
        names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    },
    Field { name: DAY_OF_WEEK, least: 1, most: 7, names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] },
    Field { name: "year", least: 1970, most: 2199, names: &[] },
];
const DAY_OF_MONTH: &str = "day of the month";
const DAY_OF_WEEK: &str = "day of the week";

fn cron(text: &str) -> Result<(), String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [_, _, month_day, _, week_day, _] = fields.as_slice() else {
        let more = if fields.len() == 5 { format!("; add a year: cron({text} *)") } else { String::new() };
        return Err(format!("has {} fields, but AWS's cron has six, the last for the year{more}", fields.len()));
    };
    for (field, written) in FIELDS.iter().zip(&fields) {
        for part in written.split(',') {
            field.check(part)?;
        }
    }
    match (*month_day == "?", *week_day == "?") {
        (false, false) => Err("has a day of the month and a day of the week; write ? for one of them".to_owned()),
        (true, true) => Err("has ? for both days; write * for one of them".to_owned()),
        _ => Ok(()),
    }
}

impl Field {
    fn check(&self, part: &str) -> Result<(), String> {
        let is_day = self.name == DAY_OF_MONTH || self.name == DAY_OF_WEEK;
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        if let Some(step) = step
            && !step.parse::<u32>().is_ok_and(|step| step > 0)
        {
            return Err(format!("`{part}` is no {}: a step is a whole number above 0", self.name));
        }
        match range {
            "*" => return Ok(()),
            "?" | "L" if is_day => return Ok(()),
            "LW" if self.name == DAY_OF_MONTH => return Ok(()),
            _ => {}
        }
        if self.name == DAY_OF_MONTH
            && let Some(day) = range.strip_suffix('W')
        {
            return self.value(day, part).map(|_| ());
        }
        if self.name == DAY_OF_WEEK {
            if let Some(day) = range.strip_suffix('L').filter(|day| !day.is_empty()) {
                return self.value(day, part).map(|_| ());
            }
            if let Some((day, week)) = range.split_once('#') {
                self.value(day, part)?;
                let is_week = week.parse::<u32>().is_ok_and(|week| (1..=5).contains(&week));
                return is_week.then_some(()).ok_or_else(|| format!("`{part}`: a month has 1 to 5 of a weekday"));
            }
        }
        match range.split_once('-') {
            Some((from, to)) => self.value(from, part).and_then(|_| self.value(to, part)).map(|_| ()),
            None => self.value(range, part).map(|_| ()),
        }
    }

    fn value(&self, value: &str, part: &str) -> Result<u32, String> {
        let named = (self.least..).zip(self.names).find(|(_, name)| name.eq_ignore_ascii_case(value));
        let number = named.map(|(number, _)| number).or_else(|| value.parse().ok());
        number.filter(|number| (self.least..=self.most).contains(number)).ok_or_else(|| {
            let names = match self.names {
                [first, .., last] => format!(" or {first} to {last}"),
                _ => String::new(),
            };
            format!("`{part}` is no {}; it has {} to {}{names}", self.name, self.least, self.most)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_documents_is_right() {
        for cron in [
            "cron(0 8 ? * MON-FRI *)",
            "cron(0/15 * * * ? *)",
            "cron(0 10 * * ? *)",
            "cron(0 18 ? * MON-FRI *)",
            "cron(0 8 1 * ? *)",
            "cron(0/5 8-17 ? * MON-FRI *)",
            "cron(0/30 20-2 ? * MON-FRI *)",
            "cron(15 10 ? * 6L 2022-2023)",
            "cron(0 0 LW JAN,DEC ? *)",
            "cron(0 0 3W * ? *)",
            "cron(0 0 ? * 6#3 *)",
            "cron(0 0 L * ? 2026/2)",
        ] {
            assert_eq!(wrong(cron, Reader::Scheduler), None, "{cron}");
            assert_eq!(wrong(cron, Reader::Rule), None, "{cron}");
        }
        for rate in ["rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "rate(2 days)"] {
            assert_eq!(wrong(rate, Reader::Rule), None, "{rate}");
            assert_eq!(wrong(rate, Reader::Scheduler), None, "{rate}");
        }
        assert_eq!(wrong("rate(1 minutes)", Reader::Scheduler), None);
        assert_eq!(wrong("at(2026-11-20T13:00:00)", Reader::Scheduler), None);
    }

    #[test]
    fn what_aws_refuses_is_said_with_what_to_write() {
        let wrong = |expression, reader| wrong(expression, reader).unwrap_or_default();
        for (expression, why) in [
            ("cron(0 8 * * MON-FRI *)", "has a day of the month and a day of the week; write ? for one of them"),
            ("cron(0 8 ? * ? *)", "has ? for both days; write * for one of them"),
            (
                "cron(0 8 * * *)",
                "has 5 fields, but AWS's cron has six, the last for the year; add a year: cron(0 8 * * * *)",
            ),
            ("cron()", "has 0 fields, but AWS's cron has six, the last for the year"),
            ("cron(60 8 * * ? *)", "`60` is no minute; it has 0 to 59"),
            ("cron(0 8 ? * 0 *)", "`0` is no day of the week; it has 1 to 7 or SUN to SAT"),
            ("cron(0 8 ? * MON-FRY *)", "`MON-FRY` is no day of the week; it has 1 to 7 or SUN to SAT"),
            ("cron(0/0 8 ? * 2 *)", "`0/0` is no minute: a step is a whole number above 0"),
            ("cron(? 8 ? * 2 *)", "`?` is no minute; it has 0 to 59"),
            ("cron(0 8 ? * 2#6 *)", "`2#6`: a month has 1 to 5 of a weekday"),
            ("rate(0 minutes)", "`0` is no whole number above 0; write rate(5 minutes), rate(1 hour) or rate(2 days)"),
            ("rate(5 weeks)", "`weeks` is no unit of a rate; write rate(5 minutes), rate(1 hour) or rate(2 days)"),
            ("rate(5)", "is no rate; write rate(5 minutes), rate(1 hour) or rate(2 days)"),
            ("at(2026-11-20T13:00:00Z)", "is no time; write at(2026-11-20T22:00:00), without a zone"),
            (
                "every day",
                "is no schedule; write cron(minute hour day-of-month month day-of-week year), rate(value unit) or \
                 at(yyyy-mm-ddThh:mm:ss)",
            ),
        ] {
            assert_eq!(wrong(expression, Reader::Scheduler), why, "{expression}");
        }
        assert_eq!(
            wrong("rate(1 minutes)", Reader::Rule),
            "a rule wants the unit in the singular; write rate(1 minute)"
        );
        assert_eq!(wrong("rate(5 minute)", Reader::Rule), "a rule wants the unit in the plural; write rate(5 minutes)");
        assert!(wrong("at(2026-11-20T13:00:00)", Reader::Rule).starts_with("at(…) is of EventBridge Scheduler"));
    }
}
