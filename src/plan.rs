//! What a request would change, as plain data: fields and their values before and after.

use std::fmt;

use serde_json::{Map, Value, json};

use self::ask::{Ask, Want};
use self::reading::{Reading, Traffic};
use self::weight::{Weight, decimal, is_same_weight, weights_for};
use crate::plant::{self, Plant};
use crate::spelling::arn::Arn;
use crate::spelling::problem::Problem;

pub(crate) mod ask;
pub(crate) mod before;
pub mod capacity;
#[cfg(test)]
mod properties;
pub(crate) mod reading;
mod target;
pub mod weight;

pub(crate) use target::{Identity, Seen};
pub use target::{Part, Place, Service, Target};

/// A value of a field, with the type that decides which guardrails apply to it.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// Not set.
    Absent,
    /// A capacity: instances or concurrent executions.
    Count(i64),
    /// A variant's weight, unitless; its share of the traffic is this over the sum of all weights.
    Weight(f32),
    /// A name or an ARN.
    Text(String),
    /// A state that AWS reports, such as `FAILED`; not something a request sets.
    Status(&'static str),
}

impl FieldValue {
    /// The value as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Absent => Value::Null,
            Self::Count(count) => json!(count),
            Self::Weight(weight) => json!(decimal(*weight)),
            Self::Text(text) => json!(text),
            Self::Status(status) => json!(status),
        }
    }

    /// A count as AWS's 32-bit members hold it, which is what decoding and resolving keep to.
    pub(crate) fn count(&self) -> Option<i32> {
        match self {
            Self::Count(count) => Some(i32::try_from(*count).unwrap_or(i32::MAX)),
            _ => None,
        }
    }

    /// True for another spelling of the same: weights compare with a tolerance fit for f32, and an ARN is named by the
    /// resource in it too.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Weight(one), Self::Weight(other)) => is_same_weight(*one, *other),
            (Self::Text(one), Self::Text(other)) => {
                one == other || Arn::parse(one).is_some_and(|arn| arn.resource().1 == other)
            }
            (one, other) => one == other,
        }
    }
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("(none)"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Weight(weight) => write!(f, "{weight}"),
            Self::Text(text) => f.write_str(text),
            Self::Status(status) => f.write_str(status),
        }
    }
}

/// One field that a request names: its value now and its value afterwards, which may be the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Whose field it is.
    pub target: Target,
    /// AWS's name of the member in the request, such as `DesiredInstanceCount`.
    pub name: &'static str,
    /// The desired value AWS reports now.
    pub from: FieldValue,
    /// The value asked for, resolved to what goes on the wire.
    pub to: FieldValue,
    /// How the request put it when that was not a plain value: `{"add":2,"max":8}`.
    pub asked: Option<String>,
    /// What was promised about the value.
    pub(crate) promise: Promise,
}

/// What a request promises about a value: with what it came to, or with what others make of it meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Promise {
    /// It is the value.
    #[default]
    Exactly,
    /// It is the value or more.
    AtLeast,
    /// It is the value or less.
    AtMost,
    /// Nothing: it is another event's.
    Nothing,
}

impl Field {
    /// True when the value is not what was promised.
    #[must_use]
    pub fn differs(&self) -> bool {
        match (self.promise, &self.from, &self.to) {
            (Promise::AtLeast, FieldValue::Count(from), FieldValue::Count(to)) => from < to,
            (Promise::AtMost, FieldValue::Count(from), FieldValue::Count(to)) => from > to,
            (Promise::Nothing, ..) => false,
            (_, from, to) => !from.is_same(to),
        }
    }

    /// True for a member that a request sets, and not a state that AWS reports.
    fn is_set(&self) -> bool {
        !matches!(self.to, FieldValue::Status(_) | FieldValue::Absent)
    }

    /// The object in the request that the member is in, which goes whole or not at all.
    fn object(&self) -> Option<&str> {
        self.name.split_once('.').map(|(object, _)| object)
    }

    fn shares_an_object_with(&self, other: &Self) -> bool {
        self.object().is_some() && self.object() == other.object() && self.target == other.target
    }
}

/// What a request comes to against the target as it is: each field it names, changed or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The target of the request.
    pub target: Target,
    /// Every field the request names, in its order.
    pub fields: Vec<Field>,
    /// What the weights that it sends come to, for each part whose weight or traffic they change.
    pub shares: Vec<Share>,
    /// The ARN of the target that it was made for, where its name may be another's by the time of the write.
    pub(crate) arn: Option<String>,
    /// The member that goes again because what it asked for has failed.
    again: Option<&'static str>,
}

/// A part's share of its target's traffic, 0 to 1; `None` where AWS does not report all the weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// Whose it is.
    pub target: Target,
    /// By the weights as they are.
    pub from: Option<f64>,
    /// By the weights as they will be.
    pub to: Option<f64>,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As many digits as a weight has.
        let share =
            |share: Option<f64>| share.map_or_else(|| "unknown".to_owned(), |share| decimal(share as f32).to_string());
        write!(f, "{}: share of the traffic {} -> {}", self.target, share(self.from), share(self.to))
    }
}

impl Plan {
    /// Works out from and to for everything that is asked. The problems are those that only the read could show.
    pub(crate) fn of(asks: &[Ask], reading: &Reading) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut shares = shares(asks, reading, &mut problems).into_iter();
        let fields = asks.iter().map(|ask| {
            let now = reading.value(ask.part.as_ref(), ask.name);
            let from = now.cloned().unwrap_or(FieldValue::Absent);
            let to = match &ask.want {
                Want::Count(count) => count.resolve(now),
                Want::Weight(Weight::Exactly(weight)) => Some(FieldValue::Weight(*weight)),
                Want::Weight(Weight::Share(_)) => Some(shares.next().map_or(FieldValue::Absent, FieldValue::Weight)),
                Want::Text(text) => {
                    let meant = FieldValue::Text(reading.meant(text).to_owned());
                    Some(meant).filter(|meant| !from.is_same(meant)).or(Some(from.clone()))
                }
                Want::Kept => Some(from.clone()),
            };
            let to = to.unwrap_or_else(|| {
                // That there is no such part is for the action to say.
                if ask.part.as_ref().is_none_or(|part| reading.part(part).is_some()) {
                    problems.push(Problem { path: ask.path.clone(), message: NOT_REPORTED.to_owned() });
                }
                from.clone()
            });
            Field {
                target: reading.target.with(ask.part.clone()),
                name: ask.name,
                from,
                to,
                asked: ask.written(reading),
                promise: ask.promise(),
            }
        });
        let mut fields: Vec<Field> = fields.collect();
        let target = whole(&fields).unwrap_or_else(|| reading.target.clone());
        let tried = |field: &Field, member| {
            let is_own = field.promise != Promise::Nothing;
            field.name == member && is_own && field.is_set() && field.to != FieldValue::Count(0)
        };
        let again = reading.failed.filter(|failed| fields.iter().any(|field| tried(field, failed.member)));
        if let Some(failed) = again {
            let (from, to) = (FieldValue::Status(failed.from), FieldValue::Status(failed.to));
            fields.push(Field {
                target: target.clone(),
                name: failed.status,
                from,
                to,
                asked: None,
                promise: Promise::Exactly,
            });
        }
        let shares = resulting_shares(&fields, reading);
        let again = again.map(|failed| failed.member);
        (Self { target, fields, shares, arn: reading.arn.clone(), again }, problems)
    }

    /// A plan of one field.
    #[cfg(test)]
    pub(crate) fn one(field: Field) -> Self {
        Self { target: field.target.clone(), fields: vec![field], shares: Vec::new(), arn: None, again: None }
    }

    /// The same change, to the same values, seen from a later reading. Where another bears the name by then, there is none of
    /// the one that it was made for.
    pub(crate) fn against(&self, reading: &Reading) -> Self {
        let is_another = self.arn.is_some() && reading.arn.is_some() && self.arn != reading.arn;
        let seen = |field: &Field| {
            let none = Some(&field.to).filter(|to| is_another && **to == FieldValue::Count(0));
            let now = none.or_else(|| reading.value(field.target.part(), field.name));
            Field { from: now.cloned().unwrap_or(FieldValue::Absent), ..field.clone() }
        };
        let fields = self.fields.iter().filter(|field| !matches!(field.to, FieldValue::Status(_))).map(seen);
        let (target, arn) = (self.target.clone(), self.arn.clone());
        Self { target, fields: fields.collect(), shares: Vec::new(), arn, again: None }
    }

    /// True when a later reading has everything as asked for, and not as what has failed.
    pub(crate) fn is_done_in(&self, reading: &Reading) -> bool {
        self.against(reading).is_nothing() && (self.again.is_none() || reading.failed.is_none())
    }

    /// What a field of the target as a whole comes to: what is planned, else what is read.
    pub(crate) fn to<'a>(&'a self, reading: &'a Reading, name: &str) -> Option<&'a FieldValue> {
        let planned = self.fields.iter().find(|field| field.name == name).map(|field| &field.to);
        planned.or_else(|| reading.value(None, name))
    }

    /// The fields that differ.
    pub fn changes(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.differs())
    }

    /// The fields that go on the wire: those that differ, with what stands in one object of the request with them, and
    /// what is tried again. A field that is so already may be under an autoscaler's hand by now.
    pub fn sent(&self) -> impl Iterator<Item = &Field> {
        // No object has more than three members.
        let beside = |index: usize| &self.fields[index.saturating_sub(2)..self.fields.len().min(index + 3)];
        self.fields.iter().enumerate().filter_map(move |(index, field)| {
            let together = || beside(index).iter().any(|other| other.differs() && other.shares_an_object_with(field));
            let goes = field.is_set()
                && (field.differs()
                    || self.again == Some(field.name)
                    || together()
                    || plant::is(Plant::EverythingSent));
            goes.then_some(field)
        })
    }

    /// True when every field already has the value asked for.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.changes().next().is_none()
    }

    /// The name of a field as seen from the plan's target: with its variant where the plan spans several.
    #[must_use]
    pub fn label(&self, field: &Field) -> String {
        match field.target.part() {
            Some(part) if self.target.part().is_none() => format!("{}.{}", part.name(), field.name),
            _ => field.name.to_owned(),
        }
    }

    /// The fields that differ, as a text: `DesiredInstanceCount 2 -> 6, …`; empty when none does.
    #[must_use]
    pub fn sentence(&self) -> String {
        let changes = self.changes().map(|field| format!("{} {} -> {}", self.label(field), field.from, field.to));
        changes.collect::<Vec<_>>().join(", ")
    }

    /// The `changes` of a plan answer: `[{"field", "from", "to"}]`, with `asked` where a target was resolved.
    #[must_use]
    pub fn changes_json(&self) -> Value {
        self.changes()
            .map(|field| {
                let mut change = Map::new();
                change.insert("field".to_owned(), json!(self.label(field)));
                change.insert("from".to_owned(), field.from.to_json());
                change.insert("to".to_owned(), field.to.to_json());
                if let Some(asked) = &field.asked {
                    change.insert("asked".to_owned(), json!(asked));
                }
                Value::Object(change)
            })
            .collect()
    }
}

const NOT_REPORTED: &str = "cannot be worked out: AWS does not report the present number; write a plain number";

/// The one target that all fields are of.
fn whole(fields: &[Field]) -> Option<Target> {
    let (first, others) = fields.split_first()?;
    others.iter().all(|field| field.target == first.target).then(|| first.target.clone())
}

/// The weights that the shares asked for come to, in their order, worked out together since each depends on all the
/// others; none when they cannot be had.
fn shares(asks: &[Ask], reading: &Reading, problems: &mut Vec<Problem>) -> Vec<f32> {
    let share = |ask: &Ask| if let Want::Weight(Weight::Share(share)) = ask.want { Some(share) } else { None };
    let Some(first) = asks.iter().find(|ask| share(ask).is_some()) else {
        return Vec::new();
    };
    let is_apart = |part: &Part| reading.part(part).is_some_and(|part| part.traffic == Traffic::Apart);
    if let Some(ask) = asks.iter().find(|ask| share(ask).is_some() && ask.part.as_ref().is_some_and(is_apart)) {
        let message = "cannot be reached: the variant is a shadow, which gets copies of the traffic and no share of it; \
                       write a plain number";
        problems.push(Problem { path: format!("{}.share", ask.path), message: message.to_owned() });
        return Vec::new();
    }
    let asked_of = |part: &Part| asks.iter().find(|ask| ask.name == first.name && ask.part.as_ref() == Some(part));
    let others = reading.parts.iter().filter(|part| part.traffic == Traffic::Shared).map(|part| {
        match (asked_of(&part.part).map(|ask| &ask.want), part.value(first.name)) {
            (Some(Want::Weight(Weight::Share(_))), _) => 0.0,
            (Some(Want::Weight(Weight::Exactly(weight))), _) | (_, Some(FieldValue::Weight(weight))) => {
                decimal(*weight)
            }
            _ => 0.0,
        }
    });
    let others: f64 = others.sum();
    let wanted: Vec<f64> = asks.iter().filter_map(share).collect();
    weights_for(&wanted, others).unwrap_or_else(|| {
        let message = "cannot be reached: no other variant of the endpoint has a weight to share with, or the shares asked \
                       for leave it nothing";
        problems.push(Problem { path: format!("{}.share", first.path), message: message.to_owned() });
        Vec::new()
    })
}

/// What the weights among `fields` come to, where any is sent.
fn resulting_shares(fields: &[Field], reading: &Reading) -> Vec<Share> {
    let weight =
        |value: &FieldValue| if let FieldValue::Weight(weight) = value { Some(decimal(*weight)) } else { None };
    let sent = || fields.iter().filter(|field| field.differs() && weight(&field.to).is_some());
    let Some(first) = sent().next() else {
        return Vec::new();
    };
    let shared = reading.parts.iter().filter(|part| part.traffic == Traffic::Shared);
    let parts: Vec<_> = shared
        .map(|part| {
            let sent = sent().find(|field| field.target.part() == Some(&part.part));
            let now = part.value(first.name).and_then(weight);
            (
                reading.target.with(Some(part.part.clone())),
                sent.is_some(),
                now,
                sent.and_then(|sent| weight(&sent.to)).or(now),
            )
        })
        .collect();
    let total = |weights: Option<Vec<f64>>| weights.map(|weights| weights.iter().sum::<f64>());
    let (before, after) = (
        total(parts.iter().map(|(_, _, now, _)| *now).collect()),
        total(parts.iter().map(|(_, _, _, then)| *then).collect()),
    );
    // Without any weight there is no traffic.
    let share = |weight: Option<f64>, total: Option<f64>| {
        Some(weight? / total?).map(|share| if share.is_nan() { 0.0 } else { share })
    };
    let shares = parts.into_iter().map(|(target, is_sent, now, then)| {
        (is_sent, Share { target, from: share(now, before), to: share(then, after) })
    });
    let changes = |share: &Share| match (share.from, share.to) {
        (Some(from), Some(to)) => !is_same_weight(from as f32, to as f32),
        _ => true,
    };
    shares.filter(|(is_sent, share)| *is_sent || changes(share)).map(|(_, share)| share).collect()
}

#[cfg(test)]
mod tests {
    use super::ask::Count;
    use super::capacity::Capacity;
    use super::reading::{FailedChange, PartReading};
    use super::*;

    fn weight(from: f32, to: f32) -> Field {
        let (from, to) = (FieldValue::Weight(from), FieldValue::Weight(to));
        Field {
            target: Target::new(Service::SageMaker, "endpoint/e"),
            name: "DesiredWeight",
            from,
            to,
            asked: None,
            promise: Promise::Exactly,
        }
    }

    /// A reading of a count of 3 whose last change, or that of another member, has failed.
    #[test]
    fn what_is_to_be_none_is_done_when_another_bears_its_name() {
        let bears = |arn: Option<&str>| Reading {
            arn: arn.map(str::to_owned),
            fields: vec![("Count", FieldValue::Count(1))],
            ..Reading::of(Target::new(Service::Bedrock, "provisioned-model/e"), json!({}))
        };
        for (to, is_done) in [(0, true), (2, false)] {
            let want = Want::Count(ask::Count { capacity: Capacity::Exactly(to), least: 0, most: 9 });
            let (plan, _) = Plan::of(&[Ask::whole("Count", want)], &bears(Some("one")));
            assert_eq!(plan.is_done_in(&bears(Some("another"))), is_done);
            assert!(!plan.is_done_in(&bears(Some("one"))) && !plan.is_done_in(&bears(None)));
        }
    }

    fn failed(member: &'static str) -> Reading {
        let failed = FailedChange { member, status: "Status", from: "FAILED", to: "READY" };
        let fields = vec![("Count", FieldValue::Count(3)), ("Other", FieldValue::Absent)];
        let target = Target::new(Service::Lambda, "function:f:live");
        Reading { fields, failed: Some(failed), ..Reading::of(target, Value::Null) }
    }

    fn planned(name: &'static str, capacity: Capacity, reading: &Reading) -> Plan {
        let (plan, problems) =
            Plan::of(&[Ask::whole(name, Want::Count(Count { capacity, least: 1, most: 9 }))], reading);
        assert_eq!(problems, []);
        plan
    }

    fn names<'a>(fields: impl Iterator<Item = &'a Field>) -> Vec<&'a str> {
        fields.map(|field| field.name).collect()
    }

    #[test]
    fn a_count_that_has_failed_goes_again_without_its_status() {
        let plan = planned("Count", Capacity::Exactly(3), &failed("Count"));
        assert_eq!(names(plan.changes()), ["Status"]);
        assert_eq!(names(plan.sent()), ["Count"]);
    }

    #[test]
    fn nothing_goes_again_but_what_has_failed_and_is_asked_for() {
        let of_another = planned("Count", Capacity::Exactly(3), &failed("Other"));
        let of_none = planned("Count", Capacity::Exactly(0), &failed("Count"));
        let absent = planned("Other", Capacity::AtMost(2), &failed("Other"));
        let (of_a_newer_event, _) = Plan::of(&[Ask::whole("Count", Want::Kept)], &failed("Count"));
        assert_eq!((names(of_a_newer_event.changes()), names(of_a_newer_event.sent())), (vec![], vec![]));
        assert_eq!(names(of_another.sent()), [] as [&str; 0]);
        assert_eq!(names(of_none.changes()), ["Count"]);
        assert_eq!((names(absent.changes()), names(absent.sent())), (vec![], vec![]));
    }

    /// Whether AWS would accept 0, or less.
    #[test]
    fn where_there_is_none_none_is_enough() {
        for least in [0, 1] {
            let of = |capacity| Ask::whole("Other", Want::Count(Count { capacity, least, most: 9 }));
            for capacity in [Capacity::AtLeast(0), Capacity::AtMost(0)] {
                assert!(Plan::of(&[of(capacity)], &failed("Count")).0.is_nothing(), "{capacity} {least}");
            }
            assert!(!Plan::of(&[of(Capacity::AtLeast(1))], &failed("Count")).0.is_nothing());
        }
    }

    #[test]
    fn what_goes_again_is_done_once_aws_reports_no_failure() {
        let again = planned("Count", Capacity::Exactly(3), &failed("Count"));
        assert!(!again.is_done_in(&failed("Count")));
        assert!(again.is_done_in(&Reading { failed: None, ..failed("Count") }));
        // A failure that was there before, of what was not asked for.
        assert!(planned("Count", Capacity::Exactly(3), &failed("Other")).is_done_in(&failed("Other")));
    }

    #[test]
    fn what_others_make_of_a_number_within_its_promise_is_no_change() {
        let now = |count| Reading { fields: vec![("Count", FieldValue::Count(count))], ..failed("Other") };
        let at_most = planned("Count", Capacity::AtMost(2), &now(9));
        let at_least = planned("Count", Capacity::AtLeast(4), &now(1));
        let (kept, _) = Plan::of(&[Ask::whole("Count", Want::Kept)], &now(3));
        let nothing_by = |plan: &Plan| [0, 2, 3, 4, 9].map(|count| plan.against(&now(count)).is_nothing());
        assert_eq!(nothing_by(&at_most), [true, true, false, false, false]);
        assert_eq!(nothing_by(&at_least), [false, false, false, true, true]);
        assert_eq!(nothing_by(&kept), [true; 5]);
    }

    /// The shares that come of one weight asked for, where the variants have these.
    fn shares_of(weights: &[(&str, f32)], asked: (&str, f32)) -> Vec<String> {
        let parts = weights.iter().map(|(variant, weight)| PartReading {
            part: Part::new("variant", *variant),
            traffic: Traffic::Shared,
            fields: vec![("DesiredWeight", FieldValue::Weight(*weight))],
            reserved: None,
        });
        let endpoint = Target::new(Service::SageMaker, "endpoint/e");
        let reading = Reading { parts: parts.collect(), ..Reading::of(endpoint, Value::Null) };
        let want = Want::Weight(Weight::Exactly(asked.1));
        let ask = Ask { part: Some(Part::new("variant", asked.0)), ..Ask::whole("DesiredWeight", want) };
        Plan::of(&[ask], &reading).0.shares.iter().map(Share::to_string).collect()
    }

    #[test]
    fn a_share_is_told_where_it_changes_and_only_if_a_weight_does() {
        let weights = [("a", 1.0), ("b", 1.0), ("none", 0.0)];
        let target = "sagemaker:endpoint/e/variant";
        assert_eq!(
            shares_of(&weights, ("a", 3.0)),
            [
                format!("{target}/a: share of the traffic 0.5 -> 0.75"),
                format!("{target}/b: share of the traffic 0.5 -> 0.25"),
            ]
        );
        assert_eq!(shares_of(&weights, ("a", 1.0)), [] as [&str; 0]);
        assert_eq!(planned("Count", Capacity::Exactly(4), &failed("Count")).shares, []);
    }

    #[test]
    fn weights_that_differ_only_by_rounding_are_the_same() {
        assert!(!weight(0.1, 0.100_000_02).differs());
        assert!(!weight(1.0e6, 1_000_000.1).differs());
        assert!(weight(0.1, 0.1001).differs());
        assert!(weight(0.0, f32::MIN_POSITIVE).differs());
        assert!(!weight(0.0, 0.0).differs());
    }

    /// It would take from the share of those that have one.
    #[test]
    fn a_share_is_not_of_a_shadow() {
        let part = |name: &str, traffic| PartReading {
            part: Part::new("variant", name),
            traffic,
            fields: vec![("DesiredWeight", FieldValue::Weight(1.0))],
            reserved: None,
        };
        let target = Target::new(Service::SageMaker, "endpoint/e");
        let parts = vec![part("a", Traffic::Shared), part("b", Traffic::Shared), part("s", Traffic::Apart)];
        let reading = Reading { parts, ..Reading::of(target, json!({})) };
        let share = |name: &str, share| Ask {
            path: format!("{name}.DesiredWeight"),
            part: Some(Part::new("variant", name)),
            name: "DesiredWeight",
            want: Want::Weight(Weight::Share(share)),
        };
        let (_, problems) = Plan::of(&[share("a", 0.05), share("s", 0.05)], &reading);
        let expected = "cannot be reached: the variant is a shadow, which gets copies of the traffic and no share of it; \
                        write a plain number";
        assert_eq!(problems, [Problem { path: "s.DesiredWeight.share".to_owned(), message: expected.to_owned() }]);
        assert_eq!(Plan::of(&[share("a", 0.05)], &reading).1, []);
    }

    #[test]
    fn a_weight_prints_as_it_was_written() {
        assert_eq!(FieldValue::Weight(0.1).to_json().to_string(), "0.1");
        assert_eq!(FieldValue::Weight(2.0).to_json().to_string(), "2.0");
    }
}
