//! A week before it is lived: who will send what when, what will go wrong, and under which rules.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::engine::{Moment, SECOND, date};
use crate::lane::{Lane, Member, Spot};
use crate::wish::Wish;

pub(crate) const MINUTE: Moment = 60 * SECOND;
pub(crate) const HOUR: Moment = 60 * MINUTE;
const DAY: Moment = 24 * HOUR;

/// Everything that makes one week different from another.
#[derive(Clone, Debug)]
pub(crate) struct Week {
    pub(crate) seed: u64,
    pub(crate) ledger: bool,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) rules: Rules,
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) events: Vec<Event>,
    pub(crate) troubles: Vec<Trouble>,
    pub(crate) others: Vec<Other>,
    pub(crate) setting: Setting,
}

/// What holds for the whole week.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// How long an invocation may take, in seconds.
    pub(crate) timeout: u64,
    /// How long a change takes, in seconds.
    pub(crate) pace: u64,
    pub(crate) completion_moves_last_modified: bool,
    /// How far AWS's clock is ahead, in milliseconds.
    pub(crate) aws_ahead: i64,
    /// How far those of the containers may be apart from the true time, either way, in milliseconds.
    pub(crate) containers_apart: i64,
    /// The queue's rules.
    pub(crate) batch: usize,
    pub(crate) most_receives: u32,
    pub(crate) fifo: bool,
    /// How long Lambda keeps an asynchronous event, in seconds.
    pub(crate) lambda_keeps: u64,
}

/// The operator's bounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) paused: bool,
    pub(crate) deny_unlisted: bool,
    pub(crate) rules: Vec<Rule>,
    /// In seconds.
    pub(crate) max_event_age: u64,
}

/// One of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) lane: Option<Lane>,
    pub(crate) variant: Option<usize>,
    pub(crate) pattern: String,
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    pub(crate) max_step: Option<i64>,
    pub(crate) min_share: Option<f64>,
    pub(crate) max_share: Option<f64>,
}

/// An alarm, and what is bound to its states.
#[derive(Clone, Debug)]
pub(crate) struct Alarm {
    pub(crate) alarm: Wish,
    pub(crate) ok: Option<Wish>,
}

/// Something that somebody sends.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// When it really happens.
    pub(crate) at: Moment,
    /// How far the sender's clock is ahead, in milliseconds.
    pub(crate) sender_ahead: i64,
    pub(crate) via: Via,
    /// By way of the queue, in this group.
    pub(crate) queue: Option<usize>,
    pub(crate) wishes: Vec<Wish>,
    /// How long each of its deliveries takes.
    pub(crate) deliveries: Vec<Arrival>,
    /// When a person sends what has failed again, so long after it did.
    pub(crate) redrive: Option<Moment>,
}

/// One delivery.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) after: Moment,
    /// Delivered once more by Lambda's own queue, as the same request; not by the sender.
    pub(crate) same_request: bool,
}

/// How it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    Schedule,
    /// A rule with a constant input, which has no time.
    Rule,
    Bridge,
    Sns,
    /// A state of an alarm, by its place among them.
    AlarmSns(usize, bool),
    AlarmBridge(usize, bool),
    AlarmDirect(usize, bool),
}

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Trouble {
    pub(crate) place: Place,
    pub(crate) what: Wrong,
}

/// With what it goes wrong, counted over the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Request(usize),
    Write(usize),
    Invocation(usize),
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wrong {
    Throttled,
    ServerError,
    BadGateway,
    Denied,
    /// It takes effect, and the connection closes.
    AnswerLost,
    /// The connection closes before it takes effect.
    Dropped,
    /// It takes effect so many milliseconds later.
    Late(u64),
    /// The answer comes so many milliseconds later.
    Slow(u64),
    /// A read does not say how many there are.
    Silent,
    /// The change ends in failure.
    Fails,
    /// So many reads after it still show what was before.
    Stale(u32),
    /// The invocation ends after so many polls.
    Crash(u32),
}

/// Something that others do to a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Other {
    pub(crate) at: Moment,
    pub(crate) lane: Lane,
    pub(crate) what: Deed,
}

/// What.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// An autoscaler or a person asks for this count.
    Count(i64),
    /// The target is busy with something else for so many seconds.
    Busy(u64),
}

impl Week {
    pub(crate) fn new(seed: u64, ledger: bool) -> Self {
        let chance = &mut Chance::new(seed);
        // In every third week everything comes at once to one target, and the first write of it is late or not seen: what that
        // does hurts only where another follows at its heels.
        let rush = chance.one_in(3);
        let mut lanes = vec![if rush && chance.one_in(3) { Lane::Pair } else { chance.pick(&Lane::ALL) }];
        if !rush && chance.one_in(3) {
            let other = chance.pick(&Lane::ALL);
            lanes.extend((!lanes.contains(&other)).then_some(other));
        }
        let fifo = chance.one_in(2);
        let setting = Setting {
            timeout: chance.pick(&[15, 60, 60, 60, 300]),
            pace: chance.pick(&[0, 5, 20, 45, 180]),
            completion_moves_last_modified: chance.one_in(2),
            aws_ahead: chance.between(-1000, 1000),
            containers_apart: if chance.one_in(2) { 0 } else { 1000 },
            batch: chance.pick(&[1, 2, 5, 10]),
            most_receives: chance.pick(&[3, 5]),
            fifo,
            lambda_keeps: chance.pick(&[21_600, 21_600, 300]),
        };
        let rules = Rules::any(chance, &lanes);
        let alarms: Vec<Alarm> = (0..chance.place(3))
            .map(|_| {
                let lane = chance.pick(&lanes);
                let ok = (!chance.one_in(4)).then(|| Wish::any(chance, lane, true));
                Alarm { alarm: Wish::any(chance, lane, true), ok }
            })
            .collect();
        let storms = if rush { 1 } else { chance.within(1, 2) };
        let storms: Vec<Moment> = (0..storms).map(|_| chance.within(HOUR, 6 * DAY)).collect();
        let apart = if rush { 20 * SECOND } else { chance.pick(&[SECOND, 10 * SECOND, MINUTE, 10 * MINUTE]) };
        let count = chance.within(4, 8);
        let mut events: Vec<Event> = (0..count).map(|_| Event::any(chance, &lanes, &alarms, &storms, apart)).collect();
        // What comes afterwards would cover up what the rush has left.
        for event in events.iter_mut().filter(|_| rush) {
            event.at = storms[0].saturating_add(chance.within(0, apart));
        }
        events.sort_by_key(|event| event.at);
        one_change_at_a_time(&mut events);
        let first = match chance.place(3) {
            0 => Some(Wrong::Late(chance.within(14_000, 28_000))),
            1 => Some(Wrong::Stale(chance.pick(&[1, 2, 5]))),
            _ => None,
        };
        let first = first.filter(|_| rush).map(|what| Trouble { place: Place::Write(0), what });
        let troubles = (0..chance.place(5)).map(|_| Trouble::any(chance));
        let troubles = first.into_iter().chain(troubles).collect();
        let others = (0..chance.place(if rush { 2 } else { 3 }))
            .map(|_| {
                let at = if chance.one_in(3) {
                    chance.within(0, 6 * DAY)
                } else {
                    chance.pick(&storms).saturating_add(chance.within(0, 2 * apart))
                };
                let what = if chance.one_in(3) {
                    Deed::Busy(chance.within(5, 600))
                } else {
                    Deed::Count(chance.between(1, 12))
                };
                Other { at, lane: chance.pick(&lanes), what }
            })
            .collect();
        Self { seed, ledger, lanes, rules, alarms, events, troubles, others, setting }
    }

    /// The function's configuration.
    pub(crate) fn configuration(&self) -> Value {
        let mut alarms = serde_json::Map::new();
        for (place, Alarm { alarm, ok }) in self.alarms.iter().enumerate() {
            let mut states = json!({"ALARM": alarm.to_json()});
            if let Some(ok) = ok {
                states["OK"] = json!(ok.to_json());
            }
            alarms.insert(alarm_name(place), states);
        }
        let mut configuration = json!({
            "guardrails": self.rules.to_json(),
            "maxEventAge": format!("{}s", self.rules.max_event_age),
            "alarms": alarms,
        });
        if self.ledger {
            configuration["ledgerTable"] = json!(LEDGER);
        }
        configuration
    }
}

pub(crate) fn alarm_name(place: usize) -> String {
    format!("alarm-{place}")
}

impl Rules {
    fn any(chance: &mut Chance, lanes: &[Lane]) -> Self {
        let mut rules: Vec<Rule> = Vec::new();
        for lane in lanes {
            for _ in 0..chance.place(3) {
                rules.push(Rule::any(chance, *lane));
            }
        }
        Self {
            paused: chance.one_in(60),
            deny_unlisted: chance.one_in(if rules.is_empty() { 40 } else { 4 }),
            rules,
            max_event_age: chance.pick(&[3600, 21_600, 21_600, 120]),
        }
    }

    fn to_json(&self) -> Value {
        let rules = self.rules.iter().map(|rule| {
            let mut object = json!({"target": rule.pattern});
            let numbers = [("min", rule.min), ("max", rule.max), ("maxStep", rule.max_step)];
            for (name, number) in numbers.into_iter().filter_map(|(name, number)| Some((name, number?))) {
                object[name] = json!(number);
            }
            for (name, share) in [("minShare", rule.min_share), ("maxShare", rule.max_share)] {
                if let Some(share) = share {
                    object[name] = json!(share);
                }
            }
            object
        });
        let rules: Vec<Value> = rules.collect();
        json!({
            "paused": self.paused,
            "unlisted": if self.deny_unlisted { "deny" } else { "allow" },
            "targets": rules,
        })
    }
}

impl Rule {
    fn any(chance: &mut Chance, lane: Lane) -> Self {
        let variants = lane.variants().len();
        let variant = (variants > 0 && chance.one_in(2)).then(|| chance.place(variants));
        let whole = lane.target(0).split("/variant/").next().unwrap_or_default().to_owned();
        let (lane_bound, pattern) = match (variant, chance.place(3)) {
            // By whichever of its names it goes.
            _ if lane == Lane::Model => (Some(lane), format!("{whole}*")),
            (Some(variant), _) => (Some(lane), lane.target(variant)),
            (None, 0) if variants > 0 => (Some(lane), format!("{whole}/variant/*")),
            (None, _) => (Some(lane), whole),
        };
        let mut rule = Self { lane: lane_bound, variant, pattern, ..Self::default() };
        if lane == Lane::Model {
            return rule;
        }
        if lane == Lane::Pair && chance.one_in(3) {
            let share = chance.pick(&[0.3, 0.5, 0.8, 0.95]);
            if chance.one_in(2) {
                rule.max_share = Some(share);
            } else {
                rule.min_share = Some(1.0 - share);
            }
            return rule;
        }
        match chance.place(4) {
            0 => rule.max = Some(chance.between(4, 10)),
            1 => (rule.min, rule.max) = (Some(chance.between(1, 4)), Some(chance.between(6, 12))),
            2 => rule.max_step = Some(chance.between(1, 4)),
            _ => rule.min = Some(chance.between(1, 4)),
        }
        rule
    }

    pub(crate) fn is_of(&self, spot: Spot) -> bool {
        self.lane.is_none_or(|lane| lane == spot.lane) && self.variant.is_none_or(|variant| variant == spot.variant)
    }
}

/// No alarm changes twice in one millisecond: the second of such changes is a moment later.
fn one_change_at_a_time(events: &mut [Event]) {
    let mut changes = BTreeSet::new();
    for event in events {
        let (Via::AlarmSns(alarm, _) | Via::AlarmBridge(alarm, _) | Via::AlarmDirect(alarm, _)) = event.via else {
            continue;
        };
        while !changes.insert((alarm, event.stamp())) {
            event.sender_ahead += 1;
        }
    }
}

impl Event {
    fn any(chance: &mut Chance, lanes: &[Lane], alarms: &[Alarm], storms: &[Moment], apart: Moment) -> Self {
        let at = match chance.one_in(4) {
            true => chance.within(0, 6 * DAY),
            false => chance.pick(storms).saturating_add(chance.within(0, apart)),
        };
        let lane = chance.pick(lanes);
        let alarm = chance.place(alarms.len());
        let state = !chance.one_in(3);
        let via = match chance.place(10) {
            0..=2 => Via::Schedule,
            3 => Via::Rule,
            4 | 5 => Via::Bridge,
            6 => Via::Sns,
            _ if alarms.is_empty() => Via::Schedule,
            7 => Via::AlarmSns(alarm, state),
            8 => Via::AlarmBridge(alarm, state),
            _ => Via::AlarmDirect(alarm, state),
        };
        let wishes = match via {
            Via::AlarmSns(alarm, state) | Via::AlarmBridge(alarm, state) | Via::AlarmDirect(alarm, state) => {
                let Alarm { alarm, ok } = &alarms[alarm];
                if state { vec![alarm.clone()] } else { ok.iter().cloned().collect() }
            }
            via => {
                let dated = via != Via::Rule;
                let mut wishes = vec![Wish::any(chance, lane, dated)];
                if chance.one_in(3) {
                    let lane = chance.pick(lanes);
                    let same = wishes[0].lane == lane;
                    wishes.push(Wish::any(chance, lane, dated && !same));
                }
                wishes
            }
        };
        let mut deliveries = vec![Arrival { after: some_delay(chance), same_request: false }];
        if chance.one_in(4) {
            let after = some_delay(chance);
            deliveries.push(Arrival { after, same_request: chance.one_in(2) });
        }
        Self {
            at,
            sender_ahead: chance.between(-1000, 1000),
            via,
            queue: chance.one_in(4).then(|| chance.place(2)),
            wishes,
            deliveries,
            redrive: chance.one_in(3).then(|| chance.within(MINUTE, 10 * HOUR)),
        }
    }

    /// The time that it says it is from, where it says one, as precisely as its kind does.
    pub(crate) fn stamp(&self) -> Option<DateTime<Utc>> {
        let time = date(self.at) + TimeDelta::milliseconds(self.sender_ahead);
        let of = |precision: i64| DateTime::from_timestamp_millis(time.timestamp_millis() / precision * precision);
        match self.via {
            Via::Rule => None,
            Via::Schedule | Via::Bridge => of(1000),
            Via::Sns | Via::AlarmSns(..) | Via::AlarmDirect(..) => of(1),
            Via::AlarmBridge(..) => of(1),
        }
    }

    /// What is sent: `number` is its place in the week, which its ids are made of.
    pub(crate) fn body(&self, number: usize) -> Value {
        let id = format!("00000000-0000-4000-8000-{number:012x}");
        let stamp = self.stamp().unwrap_or_default();
        let second = stamp.to_rfc3339_opts(SecondsFormat::Secs, true);
        let milli = stamp.to_rfc3339_opts(SecondsFormat::Millis, true);
        let offset = milli.replace('Z', "+0000");
        let mut payload = match self.wishes.as_slice() {
            [only] => only.to_json(),
            several => {
                let actions: Vec<Value> = several.iter().map(|wish| json!(wish.to_json())).collect();
                let mut payload = serde_json::Map::new();
                payload.insert("actions".to_owned(), json!(actions));
                payload
            }
        };
        let envelope = |kind: &str, source: &str, detail: Value| {
            json!({"version": "0", "id": id, "detail-type": kind, "source": source, "account": ACCOUNT,
                "time": second, "region": REGION, "resources": [], "detail": detail})
        };
        let sns = |message: String| {
            json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0",
                "EventSubscriptionArn": "arn:aws:sns:us-east-1:123456789012:alarms:21be56ed",
                "Sns": {"Type": "Notification", "MessageId": id, "TopicArn": "arn:aws:sns:us-east-1:123456789012:alarms",
                    "Message": message, "Timestamp": milli, "SignatureVersion": "1", "Signature": "…",
                    "SigningCertUrl": "https://sns.us-east-1.amazonaws.com/a.pem",
                    "UnsubscribeUrl": "https://sns.us-east-1.amazonaws.com/", "MessageAttributes": {}}}]})
        };
        let word = |state: bool| if state { "ALARM" } else { "OK" };
        let arn = |alarm: usize| format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{}", alarm_name(alarm));
        match self.via {
            Via::Schedule => {
                payload.insert("issuedAt".to_owned(), json!(second));
                payload.insert("id".to_owned(), json!(id));
                Value::Object(payload)
            }
            Via::Rule => Value::Object(payload),
            Via::Bridge => envelope("Change Capacity", "com.example.ops", Value::Object(payload)),
            Via::Sns => sns(Value::Object(payload).to_string()),
            Via::AlarmSns(alarm, state) => {
                sns(json!({"AlarmName": alarm_name(alarm), "AlarmDescription": null, "AWSAccountId": ACCOUNT,
                    "NewStateValue": word(state), "NewStateReason": "…", "StateChangeTime": offset,
                    "Region": "US East (N. Virginia)", "AlarmArn": arn(alarm), "OldStateValue": word(!state)})
                .to_string())
            }
            Via::AlarmBridge(alarm, state) => {
                let mut event = envelope(
                    "CloudWatch Alarm State Change",
                    "aws.cloudwatch",
                    json!({"alarmName": alarm_name(alarm), "state": {"value": word(state), "reason": "…", "timestamp": offset},
                        "previousState": {"value": word(!state), "reason": "…", "timestamp": offset}}),
                );
                event["resources"] = json!([arn(alarm)]);
                event
            }
            Via::AlarmDirect(alarm, state) => json!({"source": "aws.cloudwatch", "alarmArn": arn(alarm),
                "accountId": ACCOUNT, "time": offset, "region": REGION,
                "alarmData": {"alarmName": alarm_name(alarm),
                    "state": {"value": word(state), "reason": "…", "timestamp": offset},
                    "previousState": {"value": word(!state), "reason": "…", "timestamp": offset}}}),
        }
    }
}

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";
/// The name of the table.
pub(crate) const LEDGER: &str = "ledger";

/// How long something takes that takes no time as a rule.
fn some_delay(chance: &mut Chance) -> Moment {
    match chance.place(8) {
        0..=4 => chance.within(20_000, 900_000),
        5 => chance.within(SECOND, 30 * SECOND),
        6 => chance.within(MINUTE, 20 * MINUTE),
        _ => chance.within(20 * MINUTE, 8 * HOUR),
    }
}

impl Trouble {
    fn any(chance: &mut Chance) -> Self {
        let request = Place::Request(chance.place(24));
        let write = Place::Write(chance.place(6));
        let either = if chance.one_in(2) { request } else { write };
        let (place, what) = match chance.place(15) {
            0 => (either, Wrong::Throttled),
            1 => (either, Wrong::ServerError),
            2 => (either, Wrong::BadGateway),
            3 => (either, Wrong::Denied),
            4 | 5 => (write, Wrong::AnswerLost),
            6 => (either, Wrong::Dropped),
            7 => (write, Wrong::Late(chance.within(1000, 28_000))),
            // After the caller has given the attempt up, and made another.
            8 => (write, Wrong::Late(chance.within(11_000, 28_000))),
            9 => (either, Wrong::Slow(chance.within(1000, 20_000))),
            10 => (write, Wrong::Fails),
            12 => (request, Wrong::Silent),
            11 => (write, Wrong::Stale(chance.pick(&[1, 2, 5]))),
            _ => (Place::Invocation(chance.place(8)), Wrong::Crash(u32::try_from(chance.within(1, 12)).unwrap_or(1))),
        };
        Self { place, what }
    }
}

impl Wish {
    /// Whether this may be changed by what others do with the same member.
    pub(crate) fn touches(&self, lane: Lane, member: Member) -> bool {
        self.lane == lane && self.asks.iter().any(|(spot, _)| spot.member == member)
    }
}
