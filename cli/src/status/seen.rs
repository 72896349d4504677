//! What was seen of each target, as a table for people and as JSON for machines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use setpoint::config::Config;
use setpoint::handler::Report;
use setpoint::outcome::{Decision, Held};
use setpoint::plan::{Field, FieldValue, Place};

use crate::show;
use crate::story::calendar::Calendar;
use crate::story::time;

/// All that was seen.
pub(super) struct Seen {
    now: DateTime<Utc>,
    /// Where the function would be.
    home: Place,
    rows: Vec<Row>,
}

/// A number of a target; a target that could not be read; a timetable of which no period holds; an event that was refused.
#[derive(Default)]
struct Row {
    target: Option<String>,
    place: Option<Place>,
    /// A period of a timetable, or a file.
    by: String,
    timetable: Option<String>,
    period: Option<String>,
    next: Option<Next>,
    value: Option<Field>,
    /// The errorType and the sentence of what went wrong.
    error: Option<(String, String)>,
}

/// From when on another period holds, and which, or none.
#[derive(Clone)]
struct Next {
    at: DateTime<Utc>,
    period: Option<String>,
}

impl Seen {
    pub(super) fn new(now: DateTime<Utc>, home: Place) -> Self {
        Self { now, home, rows: Vec::new() }
    }

    /// Takes in what came of following all timetables.
    pub(super) fn by_the_timetables(&mut self, config: &Config, report: &Report) {
        let held = config.held(self.now);
        // A year is looked through for each.
        let next: BTreeMap<&str, Next> = config
            .timetables()
            .filter_map(|(name, timetable)| {
                let (at, period) = timetable.next(self.now)?;
                Some((name, Next { at, period: period.map(|period| period.name.clone()) }))
            })
            .collect();
        let next = |name: &str| next.get(name).cloned();
        let mut rows = refused("timetables", report);
        for decision in &report.decisions {
            let Some(Held { timetable, period }) = &decision.period else { continue };
            rows.extend(rows_of(decision).into_iter().map(|row| Row {
                by: format!("{timetable}/{period}"),
                timetable: Some(timetable.clone()),
                period: Some(period.clone()),
                next: next(timetable),
                ..row
            }));
        }
        for (name, _) in config.timetables().filter(|(name, _)| held.iter().all(|held| held.timetable != *name)) {
            let (by, timetable, next) = (format!("{name}: no period"), Some(name.to_owned()), next(name));
            rows.push(Row { by, timetable, next, ..Row::default() });
        }
        self.rows.extend(rows);
    }

    /// Takes in what came of an event.
    pub(super) fn by_an_event(&mut self, file: &str, report: &Report) {
        let by = |row: Row| Row { by: file.to_owned(), ..row };
        self.rows.extend(refused(file, report));
        self.rows.extend(report.decisions.iter().flat_map(rows_of).map(by));
    }

    /// True where all that is wanted stands, and everything could be read.
    pub(super) fn is_as_wanted(&self) -> bool {
        self.rows.iter().all(Row::is_as_wanted)
    }

    /// For people; ends with a line break.
    pub(super) fn table(&self, calendar: &Calendar) -> String {
        let clocks = |at: DateTime<Utc>| calendar.civil(at).strftime("%a %d %b %H:%M").to_string();
        let mut lines = vec![["TARGET", "BY", "WANTED", "NOW", "", "NEXT"].map(str::to_owned)];
        for row in &self.rows {
            let next = row.next.as_ref().map_or_else(String::new, |next| {
                format!("{} {}", clocks(next.at), next.period.as_deref().unwrap_or("(no period)"))
            });
            let (wanted, now) = row.value.as_ref().map_or_else(
                || (String::new(), if row.error.is_some() { "?".to_owned() } else { String::new() }),
                |field| (shortened(wanted(field)), shortened(field.from.to_string())),
            );
            let verdict = if row.is_as_wanted() { "" } else { row.error.as_ref().map_or("differs", |(kind, _)| kind) };
            lines.push([self.name(row), row.by.clone(), wanted, now, verdict.to_owned(), next]);
        }
        let mut text = aligned(&lines);
        for row in &self.rows {
            if let Some((kind, sentence)) = &row.error {
                // Writing to a String does not fail.
                let _ = writeln!(text, "\n{}: {kind}: {sentence}", self.name(row));
            }
        }
        let numbers = || self.rows.iter().filter(|row| row.value.is_some() || row.error.is_some());
        let stand = numbers().filter(|row| row.is_as_wanted()).count();
        let count = numbers().count();
        let _ = writeln!(text, "\n{stand} of {count} as wanted at {}, {}", clocks(self.now), calendar.name());
        text
    }

    /// What a row is about: with its place where that is not the function's own, and with its member where it is no count.
    fn name(&self, row: &Row) -> String {
        let mut name = row.target.clone().unwrap_or_else(|| "-".to_owned());
        if let Some(place) = row.place.as_ref().filter(|place| **place != self.home) {
            name = format!("{name} in {}", show::place(place));
        }
        match &row.value {
            Some(field) if self.needs_member(row, field) => format!("{name} {}", field.name),
            _ => name,
        }
    }

    fn needs_member(&self, row: &Row, field: &Field) -> bool {
        let is_sibling = |other: &&Row| other.target == row.target && other.place == row.place;
        let siblings = self.rows.iter().filter(is_sibling).filter_map(|other| other.value.as_ref());
        !matches!(field.to, FieldValue::Count(_)) || siblings.into_iter().any(|other| other.name != field.name)
    }

    /// For machines.
    pub(super) fn to_json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let place = row.place.as_ref();
            let error = row.error.as_ref();
            let value = row.value.as_ref();
            json!({
                "target": row.target,
                "region": place.map(|place| place.region.as_str()),
                "account": place.and_then(|place| place.account.as_ref()).map(|account| account.as_str()),
                "by": row.by,
                "timetable": row.timetable,
                "period": row.period,
                "member": value.map(|field| field.name),
                "wanted": value.map(|field| field.to.to_json()),
                "asked": value.and_then(|field| field.asked.as_ref()),
                "now": value.map(|field| field.from.to_json()),
                "stands": row.is_as_wanted(),
                "next": row.next.as_ref().map(|next| json!({"time": time(next.at), "period": next.period})),
                "error": error.map(|(kind, sentence)| json!({"errorType": kind, "errorMessage": sentence})),
            })
        });
        json!({"time": time(self.now), "targets": rows.collect::<Vec<_>>()})
    }
}

impl Row {
    fn is_as_wanted(&self) -> bool {
        self.error.is_none() && self.value.as_ref().is_none_or(|field| !field.differs())
    }
}

/// What was refused before any target was read.
fn refused(by: &str, report: &Report) -> Vec<Row> {
    let row = |error: &setpoint::error::Error| {
        let error = Some((error.error_type().to_owned(), error.to_string()));
        Row { by: by.to_owned(), error, ..Row::default() }
    };
    report.refused.iter().map(row).collect()
}

/// A row for each number of a target; one without a number where it could not be read.
fn rows_of(decision: &Decision) -> Vec<Row> {
    let error = decision.result.as_ref().err().map(|error| (error.error_type().to_owned(), error.to_string()));
    let place = Some(decision.place.clone());
    let fields = decision.plan.iter().flat_map(|plan| &plan.fields);
    let mut rows: Vec<Row> = fields
        .map(|field| Row {
            target: Some(field.target.to_string()),
            place: place.clone(),
            value: Some(field.clone()),
            ..Row::default()
        })
        .collect();
    match rows.first_mut() {
        Some(first) => first.error = error,
        None => rows.push(Row { target: Some(decision.target.clone()), place, error, ..Row::default() }),
    }
    rows
}

/// How a value is asked for, such as `4`, or `atLeast 4`.
fn wanted(field: &Field) -> String {
    let asked = field.asked.as_deref().and_then(|asked| serde_json::from_str::<Value>(asked).ok());
    let members = asked.as_ref().and_then(Value::as_object);
    let words = members.map(|members| members.iter().map(|(how, count)| format!("{how} {count}")).collect::<Vec<_>>());
    words.map_or_else(|| field.to.to_string(), |words| words.join(", "))
}

/// The widest a value is in the table; an ARN says the most at its end.
const WIDEST: usize = 32;

fn shortened(value: String) -> String {
    let length = value.chars().count();
    if length <= WIDEST { value } else { ['…'].into_iter().chain(value.chars().skip(length - WIDEST + 1)).collect() }
}

/// Lines in columns as wide as their widest word.
fn aligned<const N: usize>(lines: &[[String; N]]) -> String {
    let wide = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(wide).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).filter(|(_, width)| **width > 0);
        let cells: Vec<String> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}
