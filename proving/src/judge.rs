//! The promises, and whether they were kept: judged from what AWS was asked and what it showed, by rules of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use setpoint::error::Error;
use setpoint::handler::Report;

use crate::carrier::Sent;
use crate::engine::{Moment, date};
use crate::lane::{Content, Lane, Member, Rest, Spot, State};
use crate::week::Week;
use crate::wish::{Ask, OnBusy, Wish};
use crate::world::Violation;

/// A request, as far as the promises are about it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) operation: String,
    pub(crate) lane: Option<Lane>,
    /// What it sets; `None` for a read.
    pub(crate) sets: Option<Vec<(Spot, Content)>>,
}

impl Request {
    pub(crate) fn read(sent: &Sent) -> Self {
        let body: Value = serde_json::from_str(&sent.body).unwrap_or_default();
        if let Some(target) = &sent.target {
            let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
            return Self::of_target(operation, &body);
        }
        let mut segments = sent.path.split(['/', '?']).skip(1);
        match (segments.next(), segments.next(), segments.next()) {
            (Some("2019-09-30"), _, Some(function)) => {
                let lane = if function == Lane::Alias.name() { Lane::Alias } else { Lane::Bare };
                let set = |count| Some(vec![(lane.spot(0, Member::Executions), Content::Count(count))]);
                let (operation, sets) = match sent.method.as_str() {
                    "PUT" => {
                        let count = body["ProvisionedConcurrentExecutions"].as_i64();
                        ("PutProvisionedConcurrencyConfig", set(count.unwrap_or(-1)))
                    }
                    "DELETE" => ("DeleteProvisionedConcurrencyConfig", set(0)),
                    _ => ("GetProvisionedConcurrencyConfig", None),
                };
                Self { operation: operation.to_owned(), lane: Some(lane), sets }
            }
            (Some("provisioned-model-throughput"), ..) if sent.method == "PATCH" => {
                let text = |name: &str, member| {
                    Some((Lane::Model.spot(0, member), Content::Text(body[name].as_str()?.to_owned())))
                };
                let name = text("desiredProvisionedModelName", Member::Name);
                let sets = name.into_iter().chain(text("desiredModelId", Member::ModelId)).collect();
                let operation = "UpdateProvisionedModelThroughput".to_owned();
                Self { operation, lane: Some(Lane::Model), sets: Some(sets) }
            }
            (Some("provisioned-model-throughput"), ..) => {
                Self { operation: "GetProvisionedModelThroughput".to_owned(), lane: Some(Lane::Model), sets: None }
            }
            _ => Self { operation: format!("{} {}", sent.method, sent.path), lane: None, sets: None },
        }
    }

    fn of_target(operation: String, body: &Value) -> Self {
        let named = |member: &str| {
            let name = body[member].as_str()?;
            Lane::ALL.into_iter().find(|lane| lane.name() == name)
        };
        match operation.as_str() {
            "UpdateEndpointWeightsAndCapacities" => {
                let lane = named("EndpointName");
                let sets = lane.map(|lane| endpoint_sets(lane, body)).unwrap_or_default();
                Self { operation, lane, sets: Some(sets) }
            }
            "UpdateItem" => {
                let update = body["UpdateExpression"].as_str().unwrap_or_default();
                let condition = body["ConditionExpression"].as_str().unwrap_or_default();
                let step = match (update.contains("decisions"), condition.contains("attribute_not_exists")) {
                    (_, true) => "lease",
                    (true, _) if update.contains("leaseUntil = :until, expires") => "decide",
                    _ => "leave",
                };
                Self { operation: format!("{operation} ({step})"), lane: None, sets: None }
            }
            "DescribeEndpoint" => Self { operation, lane: named("EndpointName"), sets: None },
            "DescribeInferenceComponent" => Self { operation, lane: named("InferenceComponentName"), sets: None },
            "UpdateInferenceComponentRuntimeConfig" => {
                let count = body["DesiredRuntimeConfig"]["CopyCount"].as_i64().unwrap_or(-1);
                let sets = vec![(Lane::Component.spot(0, Member::Copies), Content::Count(count))];
                Self { operation, lane: Some(Lane::Component), sets: Some(sets) }
            }
            _ => Self { operation, lane: None, sets: None },
        }
    }

    pub(crate) fn is_write(&self) -> bool {
        self.sets.is_some()
    }
}

fn endpoint_sets(lane: Lane, body: &Value) -> Vec<(Spot, Content)> {
    let mut sets = Vec::new();
    for variant in body["DesiredWeightsAndCapacities"].as_array().into_iter().flatten() {
        let name = variant["VariantName"].as_str().unwrap_or_default();
        let place = lane.variants().iter().position(|known| *known == name).unwrap_or(usize::MAX);
        let mut set = |member, content: Option<Content>| {
            sets.extend(content.map(|content| (lane.spot(place, member), content)));
        };
        let count = |value: &Value| value.as_i64().map(Content::Count);
        set(Member::Weight, variant["DesiredWeight"].as_f64().map(|weight| Content::Weight(weight as f32)));
        set(Member::Instances, count(&variant["DesiredInstanceCount"]));
        set(Member::MaxConcurrency, count(&variant["ServerlessUpdateConfig"]["MaxConcurrency"]));
        set(Member::Provisioned, count(&variant["ServerlessUpdateConfig"]["ProvisionedConcurrency"]));
    }
    sets
}

/// What is known so far.
pub(crate) struct Judge<'a> {
    week: &'a Week,
    violations: Vec<Violation>,
    met: BTreeMap<&'static str, u64>,
    invocations: Vec<Watched>,
    events: Vec<Fate>,
    changes: Vec<Changed>,
}

/// What an invocation has done and seen.
#[derive(Default)]
struct Watched {
    events: Vec<usize>,
    seen: Vec<(Lane, State)>,
    /// What it has sent, with what it had read there.
    sent_over: Vec<(Spot, Content, Content)>,
    sent: u64,
    /// What it has asked AWS to write.
    asked: Vec<(Lane, Vec<(Spot, Content)>)>,
    /// What AWS has taken of that.
    taken: Vec<(Lane, Vec<(Spot, Content)>)>,
    decided: Vec<(Lane, &'static str)>,
    ignored: usize,
}

/// What has become of an event.
#[derive(Default)]
struct Fate {
    is_done: bool,
    gave_up: bool,
    /// What relative numbers it has been seen to set, where that was another than stood there.
    applied: Vec<Applied>,
    /// What its relative numbers come to in the states that its invocations have read.
    could: Vec<(Spot, Content)>,
    /// Where one of them came to what stood there.
    idle: Vec<Spot>,
    /// How it was answered, by its actions.
    outcomes: Vec<(Lane, &'static str)>,
    /// When it came first.
    came: Option<Moment>,
    /// How it was answered cannot be told from others of its batch.
    is_unclear: bool,
}

struct Applied {
    spot: Spot,
    /// What was there, and what the event knew of that.
    from: Vec<Content>,
    to: Content,
}

struct Changed {
    lane: Lane,
    at_aws: DateTime<Utc>,
    by: By,
}

/// Who has changed a target.
enum By {
    Others,
    /// An invocation: when, and what the numbers were that it changed.
    Setpoint(Moment, Vec<(Spot, Content)>),
}

impl Changed {
    fn by_others(&self) -> bool {
        matches!(self.by, By::Others)
    }
}

impl<'a> Judge<'a> {
    pub(crate) fn new(week: &'a Week) -> Self {
        let events = week.events.iter().map(|_| Fate::default()).collect();
        let (violations, invocations, changes) = (Vec::new(), Vec::new(), Vec::new());
        Self { week, violations, met: BTreeMap::new(), invocations, events, changes }
    }

    /// Counts a state or transition that was reached.
    pub(crate) fn meets(&mut self, what: &'static str) {
        *self.met.entry(what).or_default() += 1;
    }

    pub(crate) fn broken(&mut self, property: &'static str, at: Moment, what: String) {
        self.violations.push(Violation { property, at, what });
    }

    pub(crate) fn into_verdict(self) -> (Vec<Violation>, BTreeMap<&'static str, u64>) {
        (self.violations, self.met)
    }

    /// An event is with Lambda, or in the queue.
    pub(crate) fn came(&mut self, event: usize, at: Moment) {
        self.events[event].came.get_or_insert(at);
    }

    pub(crate) fn invoked(&mut self, number: usize, events: Vec<usize>, at: Moment) {
        debug_assert_eq!(number, self.invocations.len());
        for event in &events {
            self.came(*event, at);
        }
        self.invocations.push(Watched { events, ..Watched::default() });
    }

    pub(crate) fn crashed(&mut self, number: usize) {
        let watched = &self.invocations[number];
        let what = match (watched.asked.last(), watched.asked.len() > watched.taken.len()) {
            (None, _) => "a crash before the write",
            (Some(_), true) => "a crash during the write",
            (Some(_), false) => "a crash after the write",
        };
        self.meets(what);
    }

    /// What an invocation has read.
    pub(crate) fn saw(&mut self, number: usize, lane: Lane, mut state: State, at: Moment) {
        match state.rest {
            Rest::RollingBack => self.meets("a rollback seen"),
            Rest::Failed => self.meets("a failure seen"),
            Rest::Moving => self.meets("a busy target seen"),
            Rest::Settled => {}
        }
        for (event, wish) in self.wishes(number, lane).into_iter().filter(|(_, wish)| wish.is_relative()) {
            let resolved = wish.resolved(&state);
            let relative = wish.asks.iter().zip(resolved).filter(|((_, ask), _)| ask.is_relative());
            for (_, (spot, content)) in relative {
                let fate = &mut self.events[event];
                fate.idle.extend(state.of(spot).is(&content).then_some(spot));
                fate.could.push((spot, content));
            }
        }
        state.stale |= self.may_be_stale(lane, &state, at);
        self.invocations[number].seen.push((lane, state));
    }

    /// Whether a read that shows what was before the last write comes so soon after it that it may be stale. That AWS has undone
    /// the write looks the same.
    fn may_be_stale(&self, lane: Lane, state: &State, at: Moment) -> bool {
        let last = self.changes.iter().rev().find(|changed| changed.lane == lane && !changed.by_others());
        let as_before = |written: &Moment, before: &[(Spot, Content)]| {
            before.iter().all(|(spot, content)| state.of(*spot).is(content)) && date(at) - date(*written) <= STALE
        };
        last.is_some_and(|changed| matches!(&changed.by, By::Setpoint(written, before) if as_before(written, before)))
    }

    fn last_seen(&self, number: usize, lane: Lane) -> Option<&State> {
        self.invocations[number].seen.iter().rev().find(|(other, _)| *other == lane).map(|(_, state)| state)
    }

    /// The first read that showed what was of a number: one that is known to be stale is no step's beginning, and neither is one
    /// that did not tell.
    fn fresh_at_first(&self, number: usize, spot: Spot) -> Option<&State> {
        let mut seen = self.invocations[number].seen.iter();
        let shows = |state: &State| !state.stale && *state.of(spot) != Content::Untold;
        seen.find(|(other, state)| *other == spot.lane && shows(state)).map(|(_, state)| state)
    }

    /// What the invocation was asked to do with a target, with the event of each.
    fn wishes(&self, number: usize, lane: Lane) -> Vec<(usize, &'a Wish)> {
        let week = self.week;
        let events = self.invocations[number].events.iter();
        let wishes = events.flat_map(|event| week.events[*event].wishes.iter().map(move |wish| (*event, wish)));
        wishes.filter(|(_, wish)| wish.lane == lane).collect()
    }

    /// A request leaves; of a write everything is judged here but what becomes of it.
    pub(crate) fn sent(&mut self, number: usize, request: &Request, at: Moment) {
        self.invocations[number].sent += 1;
        let (Some(lane), Some(sets)) = (request.lane, &request.sets) else { return };
        self.invocations[number].asked.push((lane, sets.clone()));
        let wishes = self.wishes(number, lane);
        let wishes: Vec<(usize, &Wish)> = wishes.into_iter().filter(|(_, wish)| !wish.plan).collect();
        let Some(seen) = self.last_seen(number, lane).cloned() else {
            return self.broken("read first", at, format!("invocation {number} writes what it has not read"));
        };
        for (spot, content) in sets {
            let before = self.fresh_at_first(number, *spot).unwrap_or(&seen);
            if let Some(what) = self.out_of_bounds(*spot, content, &seen, before) {
                self.broken("guardrails", at, format!("invocation {number} writes {spot} {content}: {what}"));
            }
        }
        if let Some(what) = self.out_of_share(lane, sets, &seen) {
            self.broken("guardrails", at, format!("invocation {number} writes {what}"));
        }
        if seen.rest != Rest::Failed && sets.iter().all(|(spot, content)| seen.of(*spot).is(content)) {
            self.broken("no needless write", at, format!("invocation {number} writes what stands there: {seen}"));
        }
        let takes_none_meanwhile = !matches!(lane, Lane::Alias | Lane::Bare);
        if takes_none_meanwhile && matches!(seen.rest, Rest::Moving | Rest::RollingBack) {
            self.broken("not while busy", at, format!("invocation {number} writes to what it saw busy: {seen}"));
        }
        let same = |spot: &Spot, content: &Content| seen.of(*spot).is(content);
        let over = sets.iter().map(|(spot, content)| (*spot, content.clone(), seen.of(*spot).clone()));
        self.invocations[number].sent_over.extend(over);
        let goes_with = |one: &Spot, other: &Spot| {
            let serverless = |spot: &Spot| matches!(spot.member, Member::MaxConcurrency | Member::Provisioned);
            one == other || (serverless(one) && serverless(other))
        };
        for (spot, content) in sets.iter().filter(|_| seen.rest != Rest::Failed) {
            if sets.iter().all(|(other, content)| !goes_with(spot, other) || same(other, content)) {
                self.broken(
                    "no needless write",
                    at,
                    format!("invocation {number} sends {spot} {content} along, where {seen}"),
                );
            }
        }
        let is_asked = |event: usize, wish: &Wish| {
            let resolved = wish.resolved(&seen);
            // Where there is a ledger, a relative number stays what it was first resolved to.
            let known = self.events[event].could.iter().filter(|_| self.week.ledger);
            let known: Vec<&(Spot, Content)> = resolved.iter().chain(known).collect();
            let is_known =
                |set: &(Spot, Content)| known.iter().any(|(spot, content)| *spot == set.0 && content.is(&set.1));
            // What gave way to a newer event stays, and goes along where it stands in one object with what changes.
            let stays = |set: &(Spot, Content)| self.week.ledger && same(&set.0, &set.1);
            sets.iter().all(|set| is_known(set) || stays(set)) && sets.iter().any(is_known)
        };
        let by: Vec<usize> =
            wishes.iter().filter(|(event, wish)| is_asked(*event, wish)).map(|(event, _)| *event).collect();
        if by.is_empty() {
            let sets: Vec<String> = sets.iter().map(|(spot, content)| format!("{spot} {content}")).collect();
            let what = format!("invocation {number} writes {}, which nobody asked for where {seen}", sets.join(", "));
            self.broken("what was asked for", at, what);
        }
        let is_done = |event: &usize| {
            let week = &self.week.events[*event];
            let alone = week.wishes.iter().filter(|wish| wish.lane == lane).count() == 1;
            let ended =
                |(of, outcome): &(Lane, &str)| *of == lane && matches!(*outcome, "accepted" | "applied" | "unchanged");
            // What a rule sends without an id is another event each time.
            alone && week.stamp().is_some() && self.events[*event].outcomes.iter().any(ended)
        };
        if self.week.ledger && !by.is_empty() && by.iter().all(is_done) {
            self.broken("done once", at, format!("invocation {number} writes for {by:?}, which is done"));
        }
        let age = |event: usize| self.week.events[event].stamp().map(|stamp| date(at) - stamp);
        // The SDK sends a write again whose answer does not come.
        let most = self.most_age() + TimeDelta::seconds(60);
        if !by.is_empty() && by.iter().all(|event| age(*event).is_some_and(|age| age > most)) {
            self.broken("not too old", at, format!("invocation {number} writes for an event that is too old"));
        }
    }

    fn most_age(&self) -> TimeDelta {
        TimeDelta::seconds(i64::try_from(self.week.rules.max_event_age).unwrap_or(i64::MAX / 2000))
    }

    fn out_of_bounds(&self, spot: Spot, content: &Content, seen: &State, first: &State) -> Option<String> {
        let rules = &self.week.rules;
        if rules.paused {
            return Some("everything is paused".to_owned());
        }
        let mut of_it = rules.rules.iter().filter(|rule| rule.is_of(spot)).peekable();
        if rules.deny_unlisted && of_it.peek().is_none() {
            return Some("no rule names it".to_owned());
        }
        let Content::Count(count) = *content else { return None };
        for rule in of_it {
            if rule.min.is_some_and(|min| count < min) || rule.max.is_some_and(|max| count > max) {
                return Some(format!("{:?} to {:?} are the bounds", rule.min, rule.max));
            }
            let Some(most) = rule.max_step else { continue };
            for from in [seen, first] {
                let from = from.of(spot).number();
                if (count - from).abs() > most {
                    return Some(format!("{most} is the largest step, and {from} was there"));
                }
            }
        }
        None
    }

    fn out_of_share(&self, lane: Lane, sets: &[(Spot, Content)], seen: &State) -> Option<String> {
        let weights = |set: &dyn Fn(Spot) -> Option<f64>| -> Vec<f64> {
            let spots = (0..lane.variants().len()).map(|variant| lane.spot(variant, Member::Weight));
            let read = |spot| if let Content::Weight(weight) = seen.of(spot) { f64::from(*weight) } else { 0.0 };
            let weights: Vec<f64> = spots.map(|spot| set(spot).unwrap_or_else(|| read(spot))).collect();
            let sum: f64 = weights.iter().sum();
            weights.into_iter().map(|weight| if sum > 0.0 { weight / sum } else { 0.0 }).collect()
        };
        if sets.iter().all(|(spot, _)| spot.member != Member::Weight) {
            return None;
        }
        let before = weights(&|_| None);
        let after = weights(&|spot| {
            let content = sets.iter().find(|(other, _)| *other == spot).map(|(_, content)| content);
            if let Some(Content::Weight(weight)) = content { Some(f64::from(*weight)) } else { None }
        });
        for (variant, share) in after.iter().enumerate() {
            if (share - before[variant]).abs() < 1e-4 {
                continue;
            }
            let spot = lane.spot(variant, Member::Weight);
            for rule in self.week.rules.rules.iter().filter(|rule| rule.is_of(spot)) {
                let below = rule.min_share.is_some_and(|least| *share < least - 1e-4);
                if below || rule.max_share.is_some_and(|most| *share > most + 1e-4) {
                    return Some(format!("{spot} to a share of {share}"));
                }
            }
        }
        None
    }

    /// A write has come to AWS.
    #[expect(clippy::too_many_arguments, reason = "what there is to know of a write")]
    pub(crate) fn landed(
        &mut self,
        number: usize,
        request: &Request,
        before: &State,
        after: &State,
        (taken, fails): (bool, bool),
        at: Moment,
        at_aws: DateTime<Utc>,
    ) {
        let (Some(lane), Some(sets)) = (request.lane, &request.sets) else { return };
        if !taken {
            if before.rest != Rest::Settled {
                self.meets("a busy target refuses");
            }
            return;
        }
        self.meets("a write taken");
        self.invocations[number].taken.push((lane, sets.clone()));
        let _ = after;
        let changed = sets.iter().filter(|(spot, content)| !before.of(*spot).is(content));
        let was = changed.map(|(spot, _)| (*spot, before.of(*spot).clone())).collect();
        self.changes.push(Changed { lane, at_aws, by: By::Setpoint(at, was) });
        let relative: Vec<(usize, Spot)> = self
            .wishes(number, lane)
            .iter()
            .flat_map(|(event, wish)| wish.asks.iter().map(move |ask| (*event, ask)))
            .filter(|(_, (_, ask))| ask.is_relative())
            .map(|(event, (spot, _))| (event, *spot))
            .collect();
        for (spot, content) in sets {
            let mut of_it = relative.iter().filter(|(_, other)| other == spot);
            // Where several of a batch ask for the same number it cannot be told whose this is.
            let (Some((event, _)), None) = (of_it.next(), of_it.next()) else {
                let several = relative.iter().filter(|(_, other)| other == spot);
                several.for_each(|(event, _)| self.events[*event].is_unclear = true);
                continue;
            };
            let only =
                self.wishes(number, lane).iter().filter(|(_, wish)| wish.touches(lane, spot.member)).count() == 1;
            self.events[*event].is_unclear |= !only;
            // What goes along as it was read is no number of the event's, whatever has landed meanwhile.
            let over = self.invocations[number].sent_over.iter().rfind(|(of, sent, _)| of == spot && sent.is(content));
            let read = over.map(|(_, _, read)| read.clone());
            let goes_along = read.as_ref().is_some_and(|read| read.is(content));
            if !only || goes_along || before.of(*spot).is(content) {
                continue;
            }
            let by_others = self.changes.iter().any(|changed| changed.lane == lane && changed.by_others());
            let from_here = self.wishes(number, lane).iter().any(|(_, wish)| {
                wish.resolved(before).iter().any(|(other, resolved)| other == spot && resolved.is(content))
            });
            let is_first = !self.events[*event].applied.iter().any(|applied| applied.spot == *spot);
            if self.week.ledger && is_first && !by_others && !from_here {
                let what = format!(
                    "event {event} sets {spot} {content}, worked out before another event made it {}",
                    before.of(*spot)
                );
                self.broken("nothing is lost", at, what);
            }
            // What does not last is to be applied yet.
            if fails {
                continue;
            }
            let fate = &mut self.events[*event];
            if !fate.applied.iter().any(|applied| applied.spot == *spot && applied.to.is(content)) {
                let from = std::iter::once(before.of(*spot).clone()).chain(read).collect();
                fate.applied.push(Applied { spot: *spot, from, to: content.clone() });
            }
            let times = fate.applied.iter().filter(|applied| applied.spot == *spot).count();
            if times > 1 {
                let what = format!("event {event} sets {spot} {content}, and has set another number before");
                self.broken("at most once", at, what);
            }
        }
    }

    /// A change of a target will be undone.
    pub(crate) fn fails(&mut self, lane: Lane, at_aws: DateTime<Utc>) {
        self.changes.push(Changed { lane, at_aws, by: By::Others });
    }

    /// A target was changed by others. A number that they put back where an event had it from is to be applied yet: nobody can
    /// tell that from AWS undoing it.
    pub(crate) fn meddled(&mut self, lane: Lane, after: &State, at_aws: DateTime<Utc>) {
        for fate in &mut self.events {
            fate.applied.retain(|Applied { spot, from, .. }| {
                spot.lane != lane || from.iter().all(|from| !after.of(*spot).is(from))
            });
        }
        self.changes.push(Changed { lane, at_aws, by: By::Others });
    }

    /// An invocation has ended by itself.
    pub(crate) fn answered(&mut self, number: usize, report: &Report, _: &[(Lane, State)], at: Moment) {
        self.invocations[number].ignored = report.ignored.len();
        let lanes: Vec<Option<Lane>> = report.decisions.iter().map(|decision| lane_of(&decision.target)).collect();
        for (decision, lane) in report.decisions.iter().zip(&lanes) {
            let Some(lane) = *lane else {
                self.broken("what an answer says", at, format!("{} is no target of this world", decision.target));
                continue;
            };
            let outcome = decision.outcome_name();
            self.meets(outcome_met(outcome));
            if let Err(error) = &decision.result {
                self.refused(number, lane, error, at);
            } else {
                self.invocations[number].decided.push((lane, outcome));
                let alone = lanes.iter().filter(|other| **other == Some(lane)).count() == 1;
                if let Some(what) = self.untrue(number, lane, outcome, alone) {
                    let what = format!("invocation {number} says {outcome} of {}: {what}", lane.name());
                    self.broken("what an answer says", at, what);
                }
            }
        }
        self.attribute(number, report, &lanes);
        for error in &report.refused {
            self.meets("refused at the door");
            if matches!(error.error_type(), "InvalidEvent" | "InternalError") {
                let what = format!("invocation {number} refuses a good event: {error}");
                self.broken(if error.error_type() == "InternalError" { "panic" } else { "refusals" }, at, what);
            }
            if error.error_type() == "EventExpired" {
                self.expired(number, at);
            }
        }
        let wishes: usize =
            self.invocations[number].events.iter().map(|event| self.week.events[*event].wishes.len()).sum();
        let most = u64::try_from(wishes).unwrap_or(1) * (20 + 2 * self.week.setting.timeout / 3) + 4;
        let sent = self.invocations[number].sent;
        if sent > most {
            self.broken("calls bounded", at, format!("invocation {number} makes {sent} calls, more than {most}"));
        }
    }

    /// Tells how each event was answered, as far as the order of the answers does.
    fn attribute(&mut self, number: usize, report: &Report, lanes: &[Option<Lane>]) {
        let events = self.invocations[number].events.clone();
        let wishes: Vec<(usize, Lane)> = events
            .iter()
            .flat_map(|event| self.week.events[*event].wishes.iter().map(move |wish| (*event, wish.lane)))
            .collect();
        let is_clear =
            wishes.len() == lanes.len() && wishes.iter().zip(lanes).all(|(wish, lane)| Some(wish.1) == *lane);
        if !is_clear && events.len() > 1 {
            events.iter().for_each(|event| self.events[*event].is_unclear = true);
        } else if is_clear {
            for ((event, lane), decision) in wishes.iter().zip(&report.decisions) {
                // What could not be entered may be done once more, and the record says so.
                // What was skipped is to be done by nobody, entered or not.
                let is_unentered = decision.unentered.is_some() && decision.outcome_name() != "skipped";
                let outcome = if is_unentered { "unentered" } else { decision.outcome_name() };
                self.events[*event].outcomes.push((*lane, outcome));
            }
        }
    }

    fn refused(&mut self, number: usize, lane: Lane, error: &Error, at: Moment) {
        match error.error_type() {
            "InternalError" => self.broken("panic", at, format!("invocation {number}: {error}")),
            "GuardrailViolation" => {
                self.meets("refused by the guardrails");
                let states: Vec<State> = self.invocations[number]
                    .seen
                    .iter()
                    .filter(|(of, _)| *of == lane)
                    .map(|(_, state)| state.clone())
                    .collect();
                let unlisted = |wish: &Wish| {
                    wish.asks.iter().any(|(spot, _)| !self.week.rules.rules.iter().any(|rule| rule.is_of(*spot)))
                };
                // What it was before the invocation is one of what was read.
                let outside = |spot: Spot, content: &Content, seen: &State| {
                    states.iter().any(|before| self.out_of_bounds(spot, content, seen, before).is_some())
                };
                let is_right = self.wishes(number, lane).iter().any(|(_, wish)| {
                    self.week.rules.paused
                        || (self.week.rules.deny_unlisted && unlisted(wish))
                        || states.iter().any(|seen| {
                            self.left_of(wish).iter().any(|wish| {
                                let sets = wish.resolved(seen);
                                sets.iter().any(|(spot, content)| outside(*spot, content, seen))
                                    || self.out_of_share(lane, &sets, seen).is_some()
                            })
                            // What has given way goes along as it stands, and is checked too.
                            || wish.asks.iter().any(|(spot, _)| self.week.ledger && outside(*spot, seen.of(*spot), seen))
                        })
                });
                let could = self.wishes(number, lane).iter().any(|(event, _)| {
                    let bound =
                        |(spot, content): &(Spot, Content)| states.iter().any(|seen| outside(*spot, content, seen));
                    self.events[*event].could.iter().any(bound)
                });
                if !is_right && (!could || !self.week.ledger) {
                    self.broken(
                        "refusals",
                        at,
                        format!("invocation {number} refuses what is within the bounds: {error}"),
                    );
                }
            }
            "EventExpired" => self.expired(number, at),
            "InvalidEvent" => self.broken("refusals", at, format!("invocation {number} refuses a good event: {error}")),
            "ValidationException" | "ResourceConflictException"
                if !error.kind().is_retryable() && BUSY.iter().any(|words| error.to_string().contains(words)) =>
            {
                self.broken("busy is waited for", at, format!("invocation {number} gives up: {error}"));
            }
            "TargetBusy" => self.meets("busy until the end"),
            "NotSettled" => self.meets("not settled"),
            _ => {}
        }
    }

    /// What may be left of a wish: with a ledger, each of its fields may have given way.
    fn left_of(&self, wish: &Wish) -> Vec<Wish> {
        let all = (1_u32 << wish.asks.len()) - 1;
        let least = if self.week.ledger { 1 } else { all };
        let kept = |left: u32| {
            let asks = wish.asks.iter().enumerate().filter(move |(place, _)| left & (1 << place) != 0);
            Wish { asks: asks.map(|(_, ask)| ask.clone()).collect(), ..wish.clone() }
        };
        (least..=all).map(kept).collect()
    }

    fn expired(&mut self, number: usize, at: Moment) {
        self.meets("expired");
        let most = self.most_age() - TimeDelta::seconds(4);
        let is_old = self.invocations[number].events.iter().any(|event| {
            let of = &self.week.events[*event];
            date(at) - of.stamp().unwrap_or_else(|| date(of.at)) > most
        });
        if !is_old {
            self.broken("refusals", at, format!("invocation {number} takes a young event for expired"));
        }
    }

    /// Why what an answer says of a target is not so, if it is not.
    fn untrue(&self, number: usize, lane: Lane, outcome: &str, alone: bool) -> Option<String> {
        let watched = &self.invocations[number];
        let wishes = self.wishes(number, lane);
        let states: Vec<&State> = watched.seen.iter().filter(|(of, _)| *of == lane).map(|(_, state)| state).collect();
        let states = if alone { states.last().copied().into_iter().collect() } else { states };
        let stands =
            |sets: &[(Spot, Content)], state: &State| sets.iter().all(|(spot, content)| state.of(*spot).is(content));
        let asked_stands = |state: &State| watched.asked.iter().any(|(of, sets)| *of == lane && stands(sets, state));
        match outcome {
            "unchanged" => {
                let is_so = |state: &&State| {
                    asked_stands(state)
                        || wishes.iter().any(|(event, wish)| {
                            wish.holds_in(state) || (self.week.ledger && self.stood(*event, wish, state))
                        })
                };
                (!states.iter().any(is_so)).then(|| format!("last seen was {}", told(&states)))
            }
            "applied" => {
                let is_so = |state: &&State| {
                    state.rest == Rest::Settled
                        && (asked_stands(state)
                            || wishes.iter().any(|(event, wish)| {
                                wish.holds_in(state) || (self.week.ledger && self.stood(*event, wish, state))
                            }))
                };
                (!states.iter().any(is_so)).then(|| format!("last seen was {}", told(&states)))
            }
            "accepted" => {
                let taken = watched.taken.iter().any(|(of, _)| *of == lane);
                (!taken && !states.iter().any(|state| asked_stands(state))).then(|| "AWS has taken nothing".to_owned())
            }
            "superseded" if !self.week.ledger => {
                let slack = TimeDelta::seconds(4 + 2 * i64::try_from(self.week.setting.pace).unwrap_or(600) + 600);
                let is_so = wishes.iter().any(|(event, wish)| {
                    let Some(stamp) = self.week.events[*event].stamp() else { return false };
                    let modified =
                        self.changes.iter().any(|changed| changed.lane == lane && changed.at_aws + slack >= stamp);
                    let untold = matches!(lane, Lane::Alias | Lane::Bare)
                        && states.iter().any(|state| state.of(lane.spot(0, Member::Executions)).number() == 0);
                    wish.is_relative() && (modified || untold)
                });
                (!is_so).then(|| "nothing was modified since, or it asks for nothing relative".to_owned())
            }
            "skipped" => {
                let is_so = wishes.iter().any(|(_, wish)| wish.on_busy == OnBusy::Skip);
                (!is_so).then(|| "nobody allows that".to_owned())
            }
            "planned" => (!wishes.iter().any(|(_, wish)| wish.plan)).then(|| "it was to be done".to_owned()),
            _ => None,
        }
    }

    /// Whether everything an event asks for stands as it was resolved once, or gave way.
    fn stood(&self, event: usize, wish: &Wish, state: &State) -> bool {
        wish.resolved(state).iter().zip(&wish.asks).all(|((spot, content), (_, ask))| {
            let now = state.of(*spot);
            let fate = &self.events[event];
            let once = fate.could.iter().any(|(other, could)| {
                let beyond =
                    if ask.goes_up() { now.number() >= could.number() } else { now.number() <= could.number() };
                other == spot && beyond
            });
            let was_unchanged = fate.outcomes.contains(&(wish.lane, "unchanged"));
            now.is(content)
                || (ask.is_relative() && (once || was_unchanged || fate.idle.contains(spot)))
                || self.gives_way(event, *spot, ask)
        })
    }

    /// Whether there is an event that an event may have to give way to.
    fn gives_way(&self, event: usize, spot: Spot, ask: &Ask) -> bool {
        let (stamp, is_relative) = (self.stamp(event), ask.is_relative());
        // What has no time is from when it comes by a container's clock.
        let sure = if self.week.events[event].stamp().is_some() { TimeDelta::milliseconds(1) } else { CLOCKS };
        // What has no time is dated action by action, each when it is first seen: a later one is the newer.
        let gives_way_to_itself = self.week.events[event].stamp().is_none() && {
            let wishes = &self.week.events[event].wishes;
            wishes.iter().filter(|wish| wish.asks.iter().any(|(of, _)| *of == spot)).count() > 1
        };
        (0..self.events.len()).any(|other| {
            (other != event || gives_way_to_itself)
                && self.events[other].came.is_some()
                // What has no time is from when it comes, and may come more than once.
                && (self.week.events[other].stamp().is_none()
                    || self.stamp(other) + sure >= stamp)
                && match is_relative {
                    true => self.asks(other, spot).any(Ask::is_absolute),
                    false => self.concerns(other, spot, ask),
                }
        })
    }

    fn asks(&self, event: usize, spot: Spot) -> impl Iterator<Item = &'a Ask> {
        let wishes = self.week.events[event].wishes.iter().filter(|wish| !wish.plan);
        // A share is about every weight of its target.
        let is_of = move |(of, ask): &&(Spot, Ask)| {
            *of == spot || (matches!(ask, Ask::Share(_)) && of.lane == spot.lane && spot.member == Member::Weight)
        };
        wishes.flat_map(|wish| &wish.asks).filter(is_of).map(|(_, ask)| ask)
    }

    /// Whether an event says something of what another asks for: of a share every weight is part.
    fn concerns(&self, event: usize, spot: Spot, ask: &Ask) -> bool {
        let asks = |spot| self.asks(event, spot).next().is_some();
        match ask {
            Ask::Share(_) => {
                (0..spot.lane.variants().len()).any(|variant| asks(spot.lane.spot(variant, Member::Weight)))
            }
            _ => asks(spot),
        }
    }

    /// The time of an event, as far as it has one; else when it came.
    fn stamp(&self, event: usize) -> DateTime<Utc> {
        let came = self.events[event].came.unwrap_or_default();
        self.week.events[event].stamp().unwrap_or_else(|| date(came))
    }

    /// With a ledger: what was promised of each event, when all is over.
    fn reckon(&mut self, at: Moment, truths: &[(Lane, State)]) {
        for event in 0..self.events.len() {
            let Fate { is_done, is_unclear, gave_up, .. } = &self.events[event];
            if !is_done || *is_unclear || *gave_up {
                continue;
            }
            for wish in self.week.events[event].wishes.iter().filter(|wish| !wish.plan) {
                let fate = &self.events[event];
                let lanes = self.week.events[event].wishes.iter().filter(|other| other.lane == wish.lane).count();
                let said =
                    |outcome: &str| fate.outcomes.iter().any(|(lane, said)| *lane == wish.lane && *said == outcome);
                if lanes > 1 || said("skipped") {
                    continue;
                }
                // A relative number that was not moved may have been anything.
                for (spot, ask) in wish.asks.iter().filter(|(_, ask)| ask.is_absolute() || !said("unchanged")) {
                    let moved = self.changes.iter().any(|changed| changed.lane == wish.lane && changed.by_others());
                    let gives_way = self.gives_way(event, *spot, ask);
                    let was_applied = fate.applied.iter().any(|applied| applied.spot == *spot);
                    let what = format!("event {event} ({spot} {ask:?}) is answered with {:?}", fate.outcomes);
                    // Where it came to what stood there, there was nothing to apply.
                    let was_idle = fate.idle.contains(spot);
                    if ask.is_relative() && !was_applied && !was_idle && !gives_way && !moved && said("superseded") {
                        self.broken("exactly once", at, format!("{what}, and was never applied"));
                        break;
                    }
                    let Some((_, truth)) = truths.iter().find(|(lane, _)| *lane == wish.lane) else { continue };
                    // What has no time is from when it comes by a container's clock.
                    let sure = if self.week.events[event].stamp().is_some() { TimeDelta::zero() } else { CLOCKS };
                    let newest = (0..self.events.len()).all(|other| {
                        other == event
                            || !self.concerns(other, *spot, ask)
                            // What has no time is from when it is first entered, which a crash may put off.
                            || (self.week.events[other].stamp().is_some() && self.stamp(other) + sure < self.stamp(event))
                    });
                    let stands = wish
                        .resolved(truth)
                        .iter()
                        .any(|(other, content)| other == spot && truth.of(*spot).is(content));
                    if ask.is_absolute() && newest && !moved && !stands {
                        self.broken(
                            "the newest stands",
                            at,
                            format!("{what}, is the newest, and in the end there is {truth}"),
                        );
                        break;
                    }
                }
            }
        }
    }

    /// Lambda or SQS takes an event for done.
    pub(crate) fn done(&mut self, event: usize, number: usize, at: Moment) {
        self.events[event].is_done = true;
        let watched = &self.invocations[number];
        let wishes = &self.week.events[event].wishes;
        let is_told = match wishes.as_slice() {
            [] => watched.ignored > 0,
            wishes => wishes.iter().all(|wish| watched.decided.iter().any(|(lane, _)| *lane == wish.lane)),
        };
        if !is_told {
            self.broken(
                "a record of every event",
                at,
                format!("event {event} is taken for done, and nothing says how"),
            );
        }
    }

    /// It is at the failure destination, or in the dead-letter queue.
    pub(crate) fn gave_up(&mut self, event: usize) {
        self.events[event].gave_up = true;
    }

    /// The week is over, and everything quiet.
    pub(crate) fn ends(&mut self, at: Moment, truths: &[(Lane, State)]) {
        for event in 0..self.events.len() {
            let Fate { is_done, gave_up, .. } = &self.events[event];
            if !is_done && !gave_up {
                self.broken("a record of every event", at, format!("event {event} is nowhere"));
            }
        }
        if self.week.ledger {
            self.reckon(at, truths);
        }
        for (_, state) in truths {
            if matches!(state.rest, Rest::Failed) {
                self.meets("a failed target in the end");
            }
        }
    }
}

/// How long after a write a read may show what was before it.
const STALE: TimeDelta = TimeDelta::seconds(32);

/// How far the clocks of a sender and of a container are apart at most.
const CLOCKS: TimeDelta = TimeDelta::milliseconds(2_100);

/// How AWS says that a target is being changed.
const BUSY: [&str; 3] =
    ["Cannot update in-progress endpoint", "update is in progress", "Cannot update inference component"];

fn told(states: &[&State]) -> String {
    states.last().map_or_else(|| "nothing".to_owned(), |state| state.to_string())
}

fn lane_of(target: &str) -> Option<Lane> {
    if target.starts_with("bedrock:provisioned-model/") {
        return Some(Lane::Model);
    }
    Lane::ALL.into_iter().find(|lane| target.split(['/', ':']).any(|word| word == lane.name()))
}

fn outcome_met(outcome: &str) -> &'static str {
    match outcome {
        "applied" => "applied",
        "accepted" => "accepted",
        "unchanged" => "unchanged",
        "planned" => "planned",
        "superseded" => "superseded",
        "skipped" => "skipped",
        _ => "failed",
    }
}
