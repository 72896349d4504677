//! What undoes what another asks for: schedules of the same moments, and timetables.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use setpoint::config::Config;
use setpoint::payload::{Asked, Clash, Mode, Payload};
use setpoint::timetable::{Period, Timetable};

use crate::lint::declared::Way;
use crate::lint::finding::Finding;
use crate::lint::node::Node;
use crate::moments::Moments;
use crate::story::calendar::Calendar;

/// A schedule that is on, with the payload that the function gets from it.
pub(crate) struct Sender {
    label: String,
    /// What it is written as, such as `rate(5 minutes)`.
    expression: String,
    moments: Moments,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    payload: Payload,
    /// The payload as it is written; else the place of the bindings, one of which it is.
    document: Node,
}

/// So far is looked ahead.
const A_YEAR: TimeDelta = TimeDelta::days(366);

impl Sender {
    /// A schedule with what it sends; `None` for what is off, or fires when only a deployment knows.
    pub(crate) fn new(way: &Way, payload: Payload, document: Node, now: DateTime<Utc>) -> Option<Self> {
        let known = |node: &Node| node.as_str().filter(|_| node.known).map(str::to_owned);
        let zone = way.zone.as_ref().map_or_else(|| Some("UTC".to_owned()), known)?;
        let expression = way.expression.as_ref().and_then(known)?;
        let edge = |node: &Option<Node>, without| match node {
            Some(node) => Some(DateTime::parse_from_rfc3339(&known(node)?).ok()?.to_utc()),
            None => Some(without),
        };
        let last = now + A_YEAR;
        let sender = Self {
            label: way.label.clone(),
            moments: Moments::parse(&expression, Calendar::named(&zone).ok()?).ok()?,
            expression,
            from: edge(&way.from, now)?.max(now),
            until: edge(&way.until, last)?.min(last),
            payload,
            document,
        };
        way.is_on.then_some(sender)
    }

    /// When it fires; never, as far as is known, where that is counted from its deployment on.
    fn moments(&self) -> Vec<DateTime<Utc>> {
        match self.moments.rate() {
            None if self.from < self.until => self.moments.within(self.from, self.until),
            _ => Vec::new(),
        }
    }

    /// From an instant until it has surely fired again, at what time.
    fn again(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = match self.moments.rate() {
            Some(rate) => after.checked_add_signed(rate)?,
            None => {
                let first = after + TimeDelta::seconds(1);
                let within = |days| self.moments.within(first, after + TimeDelta::days(days)).first().copied();
                [1, 32, 366].into_iter().find_map(within)?
            }
        };
        (self.from <= after && next < self.until).then_some(next)
    }

    fn follows(&self, timetable: &str) -> bool {
        let Payload::Follow(follow) = &self.payload else { return false };
        follow.settings.mode == Mode::Apply && follow.timetable.as_ref().is_none_or(|name| name == timetable)
    }

    /// Whether it surely has a timetable followed, after an instant at which what the timetable says clashes, while it still does.
    fn undoes(&self, timetable: &Timetable, at: DateTime<Utc>, clashes: impl Fn(&Period) -> bool) -> bool {
        let Some(again) = self.again(at) else { return false };
        let clashes_at = |instant| timetable.at(instant).is_some_and(&clashes);
        if self.moments.rate().is_none() {
            return clashes_at(again);
        }
        let mut edge = at;
        while clashes_at(edge) {
            match timetable.next(edge) {
                Some((next, _)) if next <= again => edge = next,
                _ => return true,
            }
        }
        false
    }

    /// The way in the payload to a member of one of its requests.
    fn path(&self, index: usize, path: &str) -> String {
        format!("{}{path}", self.payload.way(index))
    }

    fn place(&self, path: &str) -> Range<usize> {
        self.document.place(path).span
    }
}

/// Schedules that ask for different values at the same moments.
pub(crate) fn between(senders: &[Sender]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, one) in senders.iter().enumerate() {
        for other in &senders[number + 1..] {
            let clashes = clashes(one, other);
            if clashes.is_empty() {
                continue;
            }
            let moments: BTreeSet<DateTime<Utc>> = other.moments().into_iter().collect();
            let Some(first) = one.moments().into_iter().find(|moment| moments.contains(moment)) else { continue };
            for (index, against, Clash { asked, against: Asked { path, value } }) in clashes {
                let way = one.path(index, &asked.path);
                let sentence = format!(
                    "{way}: asks for {}, and {} for {value} at the same moment, first at {}, and which of them stands is chance; \
                     leave it out of one of them, or send them at different times",
                    asked.value,
                    other.label,
                    written(first),
                );
                let finding = Finding::warning("contradicting-schedules", sentence, one.place(&way));
                let place = other.place(&other.path(against, &path));
                found.push(finding.beside(place, format!("{} asks for {value}", other.label)));
            }
        }
    }
    found
}

/// Each clash with the index of the request in the one and in the other.
fn clashes(one: &Sender, other: &Sender) -> Vec<(usize, usize, Clash)> {
    let others = || other.payload.requests().iter().enumerate();
    let requests = one.payload.requests().iter().enumerate();
    requests
        .flat_map(|(index, request)| {
            others().flat_map(move |(against, other)| {
                request.clashes(other).into_iter().map(move |clash| (index, against, clash))
            })
        })
        .collect()
}

/// Schedules whose value is not what a timetable says at that moment, where another schedule has the timetable followed.
pub(crate) fn with_timetables(senders: &[Sender], config: &Config, document: &Node) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, timetable) in config.timetables() {
        let followers: Vec<&Sender> = senders.iter().filter(|sender| sender.follows(name)).collect();
        for sender in senders.iter().filter(|_| !followers.is_empty()) {
            for (index, request) in sender.payload.requests().iter().enumerate() {
                let clash = |period: &Period| period.requests().iter().find_map(|level| request.clashes(level).pop());
                if !timetable.periods().iter().any(|period| clash(period).is_some()) {
                    continue;
                }
                let undone = sender.moments().into_iter().find_map(|moment| {
                    let period = timetable.at(moment)?;
                    let clash_here = clash(period)?;
                    let undoes =
                        |follower: &&&Sender| follower.undoes(timetable, moment, |period| clash(period).is_some());
                    Some((moment, period, clash_here, *followers.iter().find(undoes)?))
                });
                let Some((moment, period, clash, follower)) = undone else { continue };
                let Clash { asked, against: Asked { value, .. } } = clash;
                let way = sender.path(index, &asked.path);
                let sentence = format!(
                    "{way}: asks for {}, but at {} the timetable {name} says {value} ({}), and {}, {}, brings that back; make it a \
                     period of the timetable in place of a schedule",
                    asked.value,
                    written(moment),
                    period.name,
                    follower.label,
                    follower.expression,
                );
                let number = timetable.periods().iter().position(|other| other.name == period.name).unwrap_or_default();
                let span = document.place(&format!("timetables.{name}.periods[{number}].do")).span;
                let finding = Finding::warning("undone-by-timetable", sentence, sender.place(&way));
                found.push(finding.beside(span, format!("{} asks for {value}", period.name)));
            }
        }
    }
    found
}

fn written(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%MZ").to_string()
}
