//! The story of what has been, from decision records.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::record::{Change, Decision, Record};
use crate::story::hours::PerTarget;
use crate::story::{Beside, Ended, Series, Step, Story, Told};

/// What others are called, whom no record names.
const OTHERS: &str = "others";

/// The story so far, of all that the records say.
#[derive(Default)]
pub(super) struct Telling {
    numbers: BTreeMap<(String, String, String), Number>,
    events: Vec<Told>,
}

/// A number of a target.
#[derive(Default)]
struct Number {
    steps: Vec<Step>,
    /// What a write that failed may have made of it, and whose that was.
    lost: Option<(i64, String)>,
}

impl Telling {
    /// What the records say, which must be in the order of time.
    pub(super) fn of(records: &[Record]) -> Self {
        let mut telling = Self::default();
        records.iter().for_each(|record| telling.record(record));
        telling
    }

    fn record(&mut self, record: &Record) {
        for (error_type, sentence) in &record.refused {
            let (by, outcome, because) = (record.by.clone(), error_type.clone(), Some(sentence.clone()));
            let place = String::new();
            self.events.push(Told { at: record.at, by, target: None, place, ended: Ended::Refused, outcome, because });
        }
        for decision in &record.decisions {
            let by = decision.period.clone().unwrap_or_else(|| record.by.clone());
            for change in &decision.changes {
                self.change(record.at, &by, decision, change);
            }
            let told = told(record.at, by, decision);
            // What a timetable finds as it should be is no event.
            self.events.extend(Some(told).filter(|told| told.ended != Ended::Left || decision.period.is_none()));
        }
    }

    fn change(&mut self, at: DateTime<Utc>, by: &str, decision: &Decision, change: &Change) {
        // A weight is no whole number, and a name none at all.
        let (Some(from), Some(to)) = (change.from.as_i64(), change.to.as_i64()) else { return };
        let (target, member) = change.of(&decision.target);
        let place = decision.place.clone();
        let number = self.numbers.entry((target.clone(), place.clone(), member.clone())).or_default();
        let stood = number.steps.last().map(|step| step.capacity);
        match (stood, number.lost.take().filter(|(lost, _)| *lost == from)) {
            (Some(stood), _) if stood == from => {}
            (None, _) => number.steps.push(Step { at, capacity: from, by: None }),
            (Some(_), Some((_, whose))) => number.steps.push(Step { at, capacity: from, by: Some(whose) }),
            (Some(stood), None) => {
                number.steps.push(Step { at, capacity: from, by: Some(OTHERS.to_owned()) });
                let because = Some(format!("{member} {from} found, where {stood} was set"));
                let (by, outcome, ended) = (OTHERS.to_owned(), "changed".to_owned(), Ended::Others);
                self.events.push(Told { at, by, target: Some(target), place, ended, outcome, because });
            }
        }
        if decision.is_change() {
            number.steps.push(Step { at, capacity: to, by: Some(by.to_owned()) });
        } else if decision.called {
            number.lost = Some((to, by.to_owned()));
        }
    }

    /// As much of it as lies between two instants, beside a baseline.
    pub(super) fn between(self, from: DateTime<Utc>, until: DateTime<Utc>, baseline: &PerTarget<i64>) -> Story {
        let mut story = Story::new(from, until, Beside::Baseline);
        for ((target, place, member), number) in self.numbers {
            let steps = cut(number.steps, from, until);
            if !steps.is_empty() {
                let beside = baseline.of(&target);
                story.series(Series { target, place, member, beside, steps, bounds: (None, None) });
            }
        }
        story.events = self.events.into_iter().filter(|told| (from..until).contains(&told.at)).collect();
        story
    }
}

/// The steps between two instants, the first of them with what stood at the beginning.
fn cut(mut steps: Vec<Step>, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Step> {
    steps.retain(|step| step.at < until);
    if let Some(standing) = steps.iter().rposition(|step| step.at <= from) {
        steps.drain(..standing);
        steps[0].at = from;
    }
    steps
}

fn told(at: DateTime<Utc>, by: String, decision: &Decision) -> Told {
    let changes: Vec<String> = decision.changes.iter().map(sentence).collect();
    let changes = Some(changes.join(", ")).filter(|changes| !changes.is_empty());
    let (ended, outcome, because) = match (&decision.error, decision.outcome.as_str()) {
        (Some((error_type, message)), _) => (Ended::Refused, error_type.clone(), Some(message.clone())),
        (None, outcome @ ("superseded" | "skipped")) => {
            (Ended::Superseded, outcome.to_owned(), decision.because.clone())
        }
        (None, outcome) if decision.is_change() => (Ended::Changed, outcome.to_owned(), changes),
        (None, outcome) => (Ended::Left, outcome.to_owned(), decision.because.clone()),
    };
    Told { at, by, target: Some(decision.target.clone()), place: decision.place.clone(), ended, outcome, because }
}

fn sentence(Change { field, from, to }: &Change) -> String {
    let value = |value: &Value| match value {
        Value::Null => "(none)".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    format!("{field} {} -> {}", value(from), value(to))
}
