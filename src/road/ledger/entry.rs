//! What the ledger holds of one lane: which events were decided on, and what each came to.

use std::collections::BTreeMap;
use std::iter;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::plan::ask::{Ask, Want};
use crate::plan::capacity::Capacity;
use crate::plan::reading::Reading;
use crate::plan::{FieldValue, Part, Plan};
use crate::plant::{self, Plant};

/// How late a write may take effect after it was sent, where nobody has seen its answer; and how long a read may describe
/// what was before it. AWS documents neither.
pub(in crate::road) const LANDS: TimeDelta = TimeDelta::seconds(30);

/// The most events that are remembered of one lane: an item of DynamoDB has an end, and each write pays for all of it.
const MOST_EVENTS: usize = 400;

/// What is known of one lane. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The newest events that were decided on, written or not, by the fields they named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, Newest>,
    /// The events by their ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    events: BTreeMap<String, Record>,
}

/// The times of the newest events that named a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Newest {
    /// Of any event that asked for it.
    any: i64,
    /// Of one that says what the field is to be, whatever it was: no relative one from before it still counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    set: Option<i64>,
    /// Of one that moved the field in passing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passing: Option<i64>,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    /// The event's time, as it was when the event was first seen.
    at: i64,
    stage: Stage,
    /// When it was last decided on; later than all that was decided before, also where the clock before went ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decided: Option<i64>,
    /// What it changes, by field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    changes: BTreeMap<String, Change>,
    /// Whether it has been decided on again where the target was not as before the first time: that has come to something, and
    /// to nothing more, whatever becomes of what is asked for again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    counted: bool,
}

/// How far an event has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Stage {
    /// It has only waited.
    Seen,
    /// Its write was about to be sent; whether it was is not known.
    Decided,
    /// AWS has accepted its write, and it waits for the target to come to rest.
    Accepted,
    /// Nothing is left to do for it.
    Done,
}

/// What a field was, and what it was decided to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Change {
    from: Number,
    to: Number,
}

/// A field's value, as the ledger writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Number {
    /// What AWS did not tell.
    Untold,
    Absent,
    Count(i64),
    Weight(f32),
    Text(String),
}

/// An event as the ledger tells it from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventId {
    /// What its source gives it and keeps over redeliveries.
    pub(crate) id: String,
    /// Its own time; else when it came.
    pub(crate) at: DateTime<Utc>,
    /// Whether the time is its own.
    pub(crate) is_dated: bool,
    /// Whether what it asks for here is only on the way to what it asks of another lane. That stands against older events that
    /// ask for it themselves, and not against what others need on their way; and it is needed again where it is found undone.
    pub(crate) in_passing: bool,
}

/// What an event may still ask of one field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Standing {
    /// What it asked for.
    Open,
    /// What it was resolved to when it was first decided on, in the direction that it went.
    Resolved(Capacity),
    /// Nothing: a newer event stands.
    Overtaken,
}

impl Entry {
    /// When the event was first seen, where it was.
    pub(crate) fn first_seen(&self, event: &EventId) -> Option<DateTime<Utc>> {
        self.events.get(&event.id).and_then(|record| DateTime::from_timestamp_millis(record.at))
    }

    /// True when nothing is left to do for the event.
    pub(crate) fn is_done(&self, event: &EventId) -> bool {
        !event.in_passing
            && self.events.get(&event.id).is_some_and(|record| record.stage == Stage::Done)
            && !plant::is(Plant::DoneForgotten)
    }

    /// What the event may still ask of a field.
    ///
    /// One that says what the field is to be stands against every older one. Relative ones add up, whatever their order,
    /// and give way to a newer one that says what the field is to be.
    pub(crate) fn standing(&self, ask: &Ask, event: &EventId) -> Standing {
        let key = within_lane(ask.part.as_ref(), ask.name);
        let newest = self.newest(&key, ask, event).max(self.newest_share(ask, event));
        if newest.is_some_and(|newest| newest > millis(event.at)) && !plant::is(Plant::OlderWins) {
            return Standing::Overtaken;
        }
        let change = self.events.get(&event.id).and_then(|record| record.changes.get(&key));
        match change.filter(|_| ask.is_relative() && !plant::is(Plant::ResolvedAgain)) {
            Some(change) => Standing::Resolved(change.again()),
            None => Standing::Open,
        }
    }

    /// The time of the newest event that named a field, as far as an ask may have to give way to it.
    fn newest(&self, key: &str, ask: &Ask, event: &EventId) -> Option<i64> {
        let newest = self.fields.get(key)?;
        match ask.is_relative() {
            true => newest.set,
            false if event.in_passing => Some(newest.any),
            false => Some(newest.last()),
        }
    }

    /// A share is about every weight of its target: none from before it is right beside it.
    fn newest_share(&self, ask: &Ask, event: &EventId) -> Option<i64> {
        let is_weight = matches!(ask.want, Want::Weight(_)) && !plant::is(Plant::ShareOfOneWeight);
        if is_weight { self.newest(ask.name, ask, event) } else { None }
    }

    /// True when a read so soon after a write shows everything as it was before it, which says nothing yet.
    pub(crate) fn is_stale(&self, reading: &Reading, now: DateTime<Utc>) -> bool {
        if plant::is(Plant::StaleBelieved) {
            return false;
        }
        let recent = |decided: i64| decided >= (now - LANDS).timestamp_millis();
        let written = self.events.values().filter(|record| record.stage >= Stage::Accepted && record.is_a_change());
        let last = written.max_by_key(|record| record.decided);
        last.is_some_and(|last| last.decided.is_some_and(recent) && last.is_as_before(reading))
    }

    /// Enters that the event is decided on: what it changes, and that it is the newest of the fields it names. Events whose
    /// delivery ended before they told how have been written by now or never will be, and the reading tells which.
    pub(crate) fn decide(&mut self, event: &EventId, asks: &[Ask], plan: &Plan, reading: &Reading, now: DateTime<Utc>) {
        self.conclude(event, asks, reading);
        self.enter(event, asks);
        let decided = Some(self.after_all_decided(now));
        // What an earlier delivery was decided to change, and has, is still what the event came to.
        let before = self.events.remove(&event.id);
        let counted = before.as_ref().is_some_and(|record| record.has_counted_by(reading));
        let mut all = before.map(|record| record.changes).unwrap_or_default();
        for (name, change) in changes(asks, plan, reading) {
            // A number that goes again, because the change to it has failed, is still from what it was before.
            if !(change.from == change.to && all.get(&name).is_some_and(|before| before.to == change.to)) {
                all.insert(name, change);
            }
        }
        let record = Record { at: millis(event.at), stage: Stage::Decided, decided, changes: all, counted };
        self.events.insert(event.id.clone(), record);
    }

    /// Now, as a moment after every other decision of the lane: holders come one after another, and their clocks differ.
    fn after_all_decided(&self, now: DateTime<Utc>) -> i64 {
        let last = self.events.values().filter_map(|record| record.decided).max();
        last.map_or(millis(now), |last| millis(now).max(last.saturating_add(1)))
    }

    /// Enters that AWS has accepted the write of the event, which waits on; that nothing is left to do for it stays so.
    pub(crate) fn accept(&mut self, event: &EventId) {
        let record = self.record(event);
        record.stage = record.stage.max(Stage::Accepted);
    }

    /// Enters that nothing was to be changed for the event.
    pub(crate) fn leave(&mut self, event: &EventId, asks: &[Ask], plan: &Plan, reading: &Reading) {
        if plant::is(Plant::UnchangedForgotten) {
            return;
        }
        self.enter(event, asks);
        let record = self.record(event);
        for (name, change) in changes(asks, plan, reading) {
            record.changes.entry(name).or_insert(change);
        }
    }

    /// Enters that the event is the newest of the fields it names.
    fn enter(&mut self, event: &EventId, asks: &[Ask]) {
        let at = millis(event.at);
        // What is sent along as it was read is asked for by nobody.
        for ask in asks.iter().filter(|ask| ask.want != Want::Kept) {
            if self.standing(ask, event) == Standing::Overtaken {
                continue;
            }
            let field = within_lane(ask.part.as_ref(), ask.name);
            // A share is entered for the weights of its target as a whole, too.
            let whole = ask.is_share().then(|| ask.name.to_owned());
            for name in iter::once(field).chain(whole) {
                let newest = self.fields.entry(name).or_default();
                if event.in_passing {
                    newest.passing = newest.passing.max(Some(at));
                    continue;
                }
                newest.any = newest.any.max(at);
                if ask.is_absolute() {
                    newest.set = newest.set.max(Some(at));
                }
            }
        }
    }

    /// Enters that nothing is left to do for the event.
    pub(crate) fn finish(&mut self, event: &EventId) {
        self.record(event).stage = Stage::Done;
    }

    /// Enters that the event was seen, so that it is as old when it comes again.
    pub(crate) fn see(&mut self, event: &EventId) {
        if !event.is_dated {
            self.record(event);
        }
    }

    fn record(&mut self, event: &EventId) -> &mut Record {
        let at = millis(event.at);
        let new = || Record { at, stage: Stage::Seen, decided: None, changes: BTreeMap::new(), counted: false };
        self.events.entry(event.id.clone()).or_insert_with(new)
    }

    /// Settles what is open of other events that name the same fields, as the reading shows it: their numbers are not asked
    /// for again once another has gone on from them, also where they still wait for their target.
    fn conclude(&mut self, event: &EventId, asks: &[Ask], reading: &Reading) {
        let named: Vec<String> = asks.iter().map(|ask| within_lane(ask.part.as_ref(), ask.name)).collect();
        for (id, record) in &mut self.events {
            let is_open = matches!(record.stage, Stage::Decided | Stage::Accepted);
            if *id == event.id || !is_open || !record.changes.keys().any(|name| named.contains(name)) {
                continue;
            }
            match (record.is_as_before(reading), record.counted) {
                (true, false) => {
                    record.changes.clear();
                    record.stage = Stage::Seen;
                }
                // Its numbers stay what it is to ask for: resolved anew, it would count twice.
                (true, true) => {}
                (false, _) => record.stage = Stage::Done,
            }
        }
    }

    /// Forgets what no event that may still be acted on can need.
    pub(crate) fn prune(&mut self, now: DateTime<Utc>, keep: Duration) {
        let keep = TimeDelta::from_std(keep).unwrap_or(TimeDelta::MAX);
        let Some(oldest) = now.checked_sub_signed(keep).map(millis) else { return };
        self.fields.retain(|_, newest| newest.last() >= oldest);
        self.events.retain(|_, record| record.at >= oldest);
        while self.events.len() > MOST_EVENTS {
            let first = self.events.iter().min_by_key(|(_, record)| (record.stage != Stage::Done, record.at));
            let Some(first) = first.map(|(id, _)| id.clone()) else { return };
            self.events.remove(&first);
        }
    }
}

impl Newest {
    /// Of whatever event there was.
    fn last(self) -> i64 {
        self.passing.map_or(self.any, |passing| passing.max(self.any))
    }
}

impl Record {
    fn is_a_change(&self) -> bool {
        self.changes.values().any(|change| change.from != change.to)
    }

    /// True when an earlier decision has come to something, as a reading tells that is not as it was before that.
    fn has_counted_by(&self, reading: &Reading) -> bool {
        self.counted || (self.stage >= Stage::Decided && self.is_a_change() && !self.is_as_before(reading))
    }

    /// True when a reading shows every field that the event changes as it was before. A field that it does not tell speaks
    /// neither for that nor against it.
    fn is_as_before(&self, reading: &Reading) -> bool {
        let shown = self.changes.iter().filter_map(|(name, change)| {
            let value = reading.named_fields().find(|(part, field, _)| within_lane(*part, field) == *name);
            match (&change.from, value) {
                // It may be whatever it is not to be.
                (Number::Untold, Some((_, _, value))) => Some(!value.is_same(&change.to.to_value())),
                (Number::Untold, None) => Some(true),
                (from, Some((_, _, value))) => Some(value.is_same(&from.to_value())),
                (_, None) => None,
            }
        });
        let shown: Vec<bool> = shown.collect();
        !shown.is_empty() && shown.into_iter().all(|as_before| as_before)
    }
}

impl Change {
    /// The same once more. Others may have moved the number on meanwhile: it is not moved back.
    fn again(&self) -> Capacity {
        let [from, to] =
            [&self.from, &self.to].map(|number| if let Number::Count(count) = number { *count } else { 0 });
        if to < from { Capacity::AtMost(to) } else { Capacity::AtLeast(to) }
    }
}

impl Number {
    /// `None` for a state that AWS reports, which no event sets.
    fn of(value: &FieldValue) -> Option<Self> {
        match value {
            FieldValue::Absent => Some(Self::Absent),
            FieldValue::Count(count) => Some(Self::Count(*count)),
            FieldValue::Weight(weight) => Some(Self::Weight(*weight)),
            FieldValue::Text(text) => Some(Self::Text(text.clone())),
            FieldValue::Status(_) => None,
        }
    }

    fn to_value(&self) -> FieldValue {
        match self {
            Self::Untold | Self::Absent => FieldValue::Absent,
            Self::Count(count) => FieldValue::Count(*count),
            Self::Weight(weight) => FieldValue::Weight(*weight),
            Self::Text(text) => FieldValue::Text(text.clone()),
        }
    }
}

/// What a plan changes, and what its relative asks were resolved to, changed or not.
fn changes<'a>(asks: &'a [Ask], plan: &'a Plan, reading: &'a Reading) -> impl Iterator<Item = (String, Change)> + 'a {
    let is_relative = |part: Option<&Part>, name| {
        asks.iter().any(|ask| ask.is_relative() && ask.part.as_ref() == part && ask.name == name)
    };
    plan.fields.iter().filter_map(move |field| {
        let part = field.target.part();
        let counts = field.differs() || is_relative(part, field.name);
        let is_told = reading.value(part, field.name).is_some();
        let from = if is_told { Number::of(&field.from)? } else { Number::Untold };
        let change = Change { from, to: Number::of(&field.to)? };
        counts.then(|| (within_lane(part, field.name), change))
    })
}

/// A field within its lane: `variant/AllTraffic/DesiredInstanceCount`, or the member's name alone.
pub(crate) fn within_lane(part: Option<&Part>, name: &str) -> String {
    part.map_or_else(|| name.to_owned(), |part| format!("{part}/{name}"))
}

fn millis(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::ask::{Count, LARGEST};
    use crate::plan::capacity::Bounds;
    use crate::plan::reading::{PartReading, Traffic};
    use crate::plan::weight::Weight;
    use crate::plan::{Service, Target};

    const NAME: &str = "DesiredInstanceCount";

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + second, 0).unwrap()
    }

    fn event(id: &str, second: i64) -> EventId {
        EventId { id: id.to_owned(), at: at(second), is_dated: false, in_passing: false }
    }

    fn ask(variant: &str, capacity: Capacity) -> Ask {
        let want = Want::Count(Count { capacity, least: 1, most: LARGEST });
        Ask { part: Some(Part::new("variant", variant)), ..Ask::whole(NAME, want) }
    }

    fn add(variant: &str, count: i64) -> Ask {
        ask(variant, Capacity::Add(count, Bounds::default()))
    }

    fn exactly(variant: &str, count: i64) -> Ask {
        ask(variant, Capacity::Exactly(count))
    }

    fn reading(counts: &[(&str, i64)]) -> Reading {
        let parts = counts.iter().map(|(variant, count)| PartReading {
            part: Part::new("variant", *variant),
            traffic: Traffic::Shared,
            fields: vec![(NAME, FieldValue::Count(*count))],
            reserved: None,
        });
        let target = Target::new(Service::SageMaker, "endpoint/e");
        Reading { parts: parts.collect(), ..Reading::of(target, json!({})) }
    }

    /// What an event is decided on against a reading, at its own time.
    fn decide(entry: &mut Entry, event: &EventId, asks: &[Ask], reading: &Reading) {
        let (plan, problems) = Plan::of(asks, reading);
        assert!(problems.is_empty());
        entry.decide(event, asks, &plan, reading, event.at);
    }

    #[test]
    fn a_repeat_of_a_relative_event_asks_for_its_number() {
        let mut entry = Entry::default();
        let (up, down) = (add("a", 2), add("b", -3));
        decide(&mut entry, &event("one", 0), &[up.clone(), down.clone()], &reading(&[("a", 2), ("b", 9)]));
        assert_eq!(entry.standing(&up, &event("one", 0)), Standing::Resolved(Capacity::AtLeast(4)));
        assert_eq!(entry.standing(&down, &event("one", 0)), Standing::Resolved(Capacity::AtMost(6)));
        assert_eq!(entry.standing(&up, &event("two", 1)), Standing::Open);
    }

    #[test]
    fn a_number_that_a_bound_left_as_it_was_is_remembered_too() {
        let mut entry = Entry::default();
        let asks = [ask("a", Capacity::Add(2, Bounds { min: None, max: Some(4) }))];
        let (plan, _) = Plan::of(&asks, &reading(&[("a", 4)]));
        entry.leave(&event("one", 0), &asks, &plan, &reading(&[("a", 4)]));
        entry.finish(&event("one", 0));
        assert_eq!(entry.standing(&asks[0], &event("one", 0)), Standing::Resolved(Capacity::AtLeast(4)));
        assert!(entry.is_done(&event("one", 0)));
    }

    #[test]
    fn a_repeat_of_a_plain_number_asks_for_it_as_it_was_written() {
        let mut entry = Entry::default();
        decide(&mut entry, &event("one", 0), &[exactly("a", 4)], &reading(&[("a", 2)]));
        assert_eq!(entry.standing(&exactly("a", 4), &event("one", 0)), Standing::Open);
    }

    #[test]
    fn a_number_that_a_bound_left_as_it_was_is_remembered_when_the_event_is_decided_on_again() {
        let mut entry = Entry::default();
        let bounded = ask("a", Capacity::Add(2, Bounds { min: None, max: Some(4) }));
        let before = reading(&[("a", 4), ("b", 9)]);
        decide(&mut entry, &event("one", 0), &[bounded.clone(), exactly("b", 3)], &before);
        decide(&mut entry, &event("one", 0), &[ask("a", Capacity::AtLeast(4)), exactly("b", 3)], &before);
        assert_eq!(entry.standing(&bounded, &event("one", 0)), Standing::Resolved(Capacity::AtLeast(4)));
    }

    #[test]
    fn an_event_without_a_time_is_from_when_it_was_first_seen() {
        let mut entry = Entry::default();
        assert_eq!(entry.first_seen(&event("one", 0)), None);
        entry.see(&event("one", 0));
        assert_eq!(entry.first_seen(&event("one", 60)), Some(at(0)));
        assert_eq!(entry.first_seen(&event("two", 60)), None);
    }

    #[test]
    fn of_two_plain_numbers_the_newer_stands_for_its_field_alone() {
        let mut entry = Entry::default();
        decide(&mut entry, &event("new", 10), &[exactly("a", 4)], &reading(&[("a", 2), ("b", 2)]));
        assert_eq!(entry.standing(&exactly("a", 3), &event("old", 9)), Standing::Overtaken);
        assert_eq!(entry.standing(&exactly("b", 3), &event("old", 9)), Standing::Open);
        assert_eq!(entry.standing(&exactly("a", 3), &event("as old", 10)), Standing::Open);
        assert_eq!(entry.standing(&exactly("a", 3), &event("newer", 11)), Standing::Open);
    }

    #[test]
    fn a_share_stands_against_every_older_weight_of_its_target_and_against_nothing_else() {
        let weight = |variant, weight| {
            let part = Some(Part::new("variant", variant));
            Ask { part, ..Ask::whole("DesiredWeight", Want::Weight(weight)) }
        };
        let (plain, share) = (Weight::Exactly(0.5), Weight::Share(0.75));
        let parts = [("a", 0.9), ("b", 0.1)].map(|(variant, weight)| PartReading {
            part: Part::new("variant", variant),
            traffic: Traffic::Shared,
            fields: vec![("DesiredWeight", FieldValue::Weight(weight))],
            reserved: None,
        });
        let target = Target::new(Service::SageMaker, "endpoint/e");
        let reading = Reading { parts: parts.into(), ..Reading::of(target, json!({})) };
        let mut entry = Entry::default();
        decide(&mut entry, &event("new", 10), &[weight("b", share)], &reading);
        for variant in ["a", "b"] {
            for asked in [plain, share] {
                assert_eq!(entry.standing(&weight(variant, asked), &event("old", 9)), Standing::Overtaken);
                assert_eq!(entry.standing(&weight(variant, asked), &event("new", 10)), Standing::Open);
            }
        }
        assert_eq!(entry.standing(&exactly("a", 2), &event("old", 9)), Standing::Open);
        // A plain weight is about its variant alone.
        let mut entry = Entry::default();
        decide(&mut entry, &event("new", 10), &[weight("b", plain)], &reading);
        assert_eq!(entry.standing(&weight("a", plain), &event("old", 9)), Standing::Open);
        assert_eq!(entry.standing(&weight("a", share), &event("old", 9)), Standing::Open);
    }

    #[test]
    fn relative_events_add_up_in_any_order_and_give_way_to_a_newer_plain_number() {
        let mut entry = Entry::default();
        decide(&mut entry, &event("second", 10), &[add("a", 1)], &reading(&[("a", 2)]));
        assert_eq!(entry.standing(&add("a", 2), &event("first", 5)), Standing::Open);
        assert_eq!(entry.standing(&exactly("a", 7), &event("first", 5)), Standing::Overtaken);
        decide(&mut entry, &event("level", 20), &[exactly("a", 9)], &reading(&[("a", 3)]));
        assert_eq!(entry.standing(&add("a", 2), &event("first", 5)), Standing::Overtaken);
        // A level that never undoes an autoscaler's number undoes no addition either.
        let mut entry = Entry::default();
        decide(&mut entry, &event("level", 20), &[ask("a", Capacity::AtLeast(4))], &reading(&[("a", 2)]));
        assert_eq!(entry.standing(&add("a", 2), &event("first", 5)), Standing::Open);
        assert_eq!(entry.standing(&exactly("a", 2), &event("first", 5)), Standing::Overtaken);
    }

    #[test]
    fn an_event_that_found_nothing_to_change_shuts_an_older_one_out() {
        let mut entry = Entry::default();
        let asks = [exactly("a", 2)];
        let (plan, _) = Plan::of(&asks, &reading(&[("a", 2)]));
        entry.leave(&event("new", 10), &asks, &plan, &reading(&[("a", 2)]));
        assert_eq!(entry.standing(&exactly("a", 5), &event("old", 9)), Standing::Overtaken);
    }

    #[test]
    fn what_a_crash_left_open_is_settled_by_what_the_next_one_reads() {
        for (now, again) in [(2, Standing::Open), (4, Standing::Resolved(Capacity::AtLeast(4)))] {
            let mut entry = Entry::default();
            decide(&mut entry, &event("crashed", 0), &[add("a", 2)], &reading(&[("a", 2)]));
            decide(&mut entry, &event("next", 200), &[add("a", 1)], &reading(&[("a", now)]));
            assert_eq!(entry.standing(&add("a", 2), &event("crashed", 0)), again, "{now}");
            assert_eq!(entry.is_done(&event("crashed", 0)), now == 4);
        }
    }

    #[test]
    fn one_that_waits_for_its_target_is_done_when_another_goes_on_from_its_number() {
        let mut entry = Entry::default();
        decide(&mut entry, &event("waits", 0), &[add("a", 2)], &reading(&[("a", 2), ("b", 2)]));
        entry.accept(&event("waits", 0));
        decide(&mut entry, &event("elsewhere", 40), &[add("b", 1)], &reading(&[("a", 4), ("b", 2)]));
        assert!(!entry.is_done(&event("waits", 0)));
        decide(&mut entry, &event("next", 80), &[add("a", -1)], &reading(&[("a", 4), ("b", 3)]));
        assert!(entry.is_done(&event("waits", 0)));
        // Where it was rolled back it is to be applied yet.
        let mut entry = Entry::default();
        decide(&mut entry, &event("waits", 0), &[add("a", 2)], &reading(&[("a", 2)]));
        entry.accept(&event("waits", 0));
        decide(&mut entry, &event("next", 80), &[add("a", 5)], &reading(&[("a", 2)]));
        assert_eq!(entry.standing(&add("a", 2), &event("waits", 0)), Standing::Open);
    }

    #[test]
    fn a_read_that_shows_what_was_before_a_write_is_stale_for_a_while() {
        let mut entry = Entry::default();
        decide(&mut entry, &event("one", 0), &[exactly("a", 4)], &reading(&[("a", 2)]));
        // Nobody knows yet whether it was written.
        assert!(!entry.is_stale(&reading(&[("a", 2)]), at(1)));
        entry.finish(&event("one", 0));
        assert!(entry.is_stale(&reading(&[("a", 2)]), at(30)));
        assert!(!entry.is_stale(&reading(&[("a", 2)]), at(31)));
        assert!(!entry.is_stale(&reading(&[("a", 4)]), at(1)));
        assert!(!entry.is_stale(&reading(&[("a", 3)]), at(1)));
    }

    #[test]
    fn the_last_write_is_the_one_made_last_whatever_the_clocks_of_its_makers_say() {
        let mut entry = Entry::default();
        for (id, from, to, now) in [("ahead", 2, 3, 12), ("behind", 3, 4, 11)] {
            let (asks, reading) = ([exactly("a", to)], reading(&[("a", from)]));
            let (plan, _) = Plan::of(&asks, &reading);
            entry.decide(&event(id, 10), &asks, &plan, &reading, at(now));
            entry.finish(&event(id, 10));
        }
        assert!(entry.is_stale(&reading(&[("a", 3)]), at(13)));
        assert!(!entry.is_stale(&reading(&[("a", 4)]), at(13)));
    }

    #[test]
    fn a_read_may_be_stale_from_when_aws_has_accepted_the_write() {
        let mut entry = Entry::default();
        decide(&mut entry, &event("one", 0), &[exactly("a", 4)], &reading(&[("a", 2)]));
        entry.accept(&event("one", 0));
        assert!(entry.is_stale(&reading(&[("a", 2)]), at(1)));
    }

    #[test]
    fn after_a_write_over_what_aws_did_not_tell_every_read_without_it_is_stale_for_a_while() {
        let mut entry = Entry::default();
        let untold = Reading { parts: Vec::new(), ..reading(&[]) };
        let asks = [Ask { part: None, ..exactly("a", 2) }];
        let (plan, _) = Plan::of(&asks, &untold);
        entry.decide(&event("one", 0), &asks, &plan, &untold, at(0));
        entry.finish(&event("one", 0));
        let shown = |count| Reading { fields: vec![(NAME, FieldValue::Count(count))], ..reading(&[]) };
        assert!(entry.is_stale(&shown(3), at(30)));
        assert!(!entry.is_stale(&shown(2), at(1)));
        assert!(!entry.is_stale(&shown(3), at(31)));
        let text = serde_json::to_string(&entry).unwrap();
        assert!(text.contains("\"from\":\"untold\""), "{text}");
        assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry);
    }

    #[test]
    fn what_is_done_stays_done_when_another_delivery_of_it_waits() {
        let mut entry = Entry::default();
        decide(&mut entry, &event("one", 0), &[add("a", 2)], &reading(&[("a", 2)]));
        entry.finish(&event("one", 0));
        entry.accept(&event("one", 0));
        assert!(entry.is_done(&event("one", 0)));
    }

    #[test]
    fn a_number_that_goes_again_because_its_change_failed_is_still_from_what_was_before() {
        let mut entry = Entry::default();
        decide(&mut entry, &event("one", 0), &[add("a", -2)], &reading(&[("a", 5)]));
        entry.accept(&event("one", 0));
        decide(&mut entry, &event("one", 0), &[ask("a", Capacity::AtMost(3))], &reading(&[("a", 3)]));
        decide(&mut entry, &event("next", 80), &[add("a", 1)], &reading(&[("a", 3)]));
        assert!(entry.is_done(&event("one", 0)));
        assert_eq!(entry.standing(&add("a", -2), &event("one", 0)), Standing::Resolved(Capacity::AtMost(3)));
    }

    /// A stale read of an endpoint may lack the counts that a read before it had.
    #[test]
    fn what_a_stale_read_does_not_tell_makes_it_no_less_stale() {
        let mut entry = Entry::default();
        let asks = [exactly("a", 4), exactly("b", 7)];
        decide(&mut entry, &event("new", 0), &asks, &reading(&[("a", 2), ("b", 5)]));
        entry.finish(&event("new", 0));
        assert!(entry.is_stale(&reading(&[("a", 2)]), at(1)));
        assert!(!entry.is_stale(&reading(&[("a", 4)]), at(1)));
        assert!(!entry.is_stale(&reading(&[("a", 2), ("b", 7)]), at(1)));
        // Of what it changed nothing is told: nobody knows.
        assert!(!entry.is_stale(&reading(&[("c", 1)]), at(1)));
    }

    /// 2 became 5; somebody made 4 of it; the 5 that a redelivery asked for once more has failed, and it is 4 again.
    #[test]
    fn what_has_counted_once_is_not_counted_anew_when_it_was_asked_for_again_and_failed() {
        let mut entry = Entry::default();
        let (one, other) = (event("one", 0), event("other", 5));
        let more = [ask("a", Capacity::Add(3, Bounds::default()))];
        decide(&mut entry, &one, &more, &reading(&[("a", 2)]));
        entry.accept(&one);
        let again = [ask("a", Capacity::AtLeast(5))];
        assert_eq!(entry.standing(&more[0], &one), Standing::Resolved(Capacity::AtLeast(5)));
        decide(&mut entry, &one, &again, &reading(&[("a", 4)]));
        entry.accept(&one);
        decide(&mut entry, &other, &[ask("a", Capacity::Add(1, Bounds::default()))], &reading(&[("a", 4)]));
        assert_eq!(entry.standing(&more[0], &one), Standing::Resolved(Capacity::AtLeast(5)));
    }

    #[test]
    fn a_write_that_changed_no_number_makes_no_read_stale() {
        let mut entry = Entry::default();
        let asks = [ask("a", Capacity::Add(2, Bounds { min: None, max: Some(4) }))];
        decide(&mut entry, &event("one", 0), &asks, &reading(&[("a", 4)]));
        entry.finish(&event("one", 0));
        assert!(!entry.is_stale(&reading(&[("a", 4)]), at(1)));
    }

    #[test]
    fn what_is_too_old_to_act_on_is_forgotten_and_the_oldest_that_are_done_before_others() {
        let mut entry = Entry::default();
        for second in 0..500 {
            let event = event(&format!("{second}"), second);
            entry.see(&event);
            if second % 2 == 0 {
                entry.finish(&event);
            }
        }
        let mut old = entry.clone();
        old.prune(at(3600 + 400), Duration::from_secs(3600));
        assert_eq!(old.events.len(), 100);
        entry.prune(at(500), Duration::from_secs(3600));
        assert_eq!(entry.events.len(), MOST_EVENTS);
        assert!(
            entry.events.contains_key("1") && !entry.events.contains_key("198") && entry.events.contains_key("200")
        );
    }

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let mut entry = Entry::default();
        decide(&mut entry, &event("one", 0), &[add("a", 2), exactly("b", 3)], &reading(&[("a", 2), ("b", 9)]));
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(
            text,
            r#"{"fields":{"variant/a/DesiredInstanceCount":{"any":1795000000000},"variant/b/DesiredInstanceCount":{"any":1795000000000,"set":1795000000000}},"events":{"one":{"at":1795000000000,"stage":"decided","decided":1795000000000,"changes":{"variant/a/DesiredInstanceCount":{"from":{"count":2},"to":{"count":4}},"variant/b/DesiredInstanceCount":{"from":{"count":9},"to":{"count":3}}}}}}"#
        );
        assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry);
    }
}
