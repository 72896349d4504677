//! What holds for every plan, whatever is asked of whatever is there.

use deserr::{IntoValue, ValuePointerRef};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::ask::{Ask, Count, LARGEST, Want};
use super::capacity::{Bounds, Capacity};
use super::reading::{PartReading, Reading, Traffic};
use super::weight::{Weight, is_same_weight, weights_for};
use super::{Field, FieldValue, Part, Plan, Service, Share, Target};
use crate::spelling::problem::Problems;

const WEIGHT: &str = "DesiredWeight";
const INSTANCES: &str = "DesiredInstanceCount";
const MOST: &str = "ServerlessUpdateConfig.MaxConcurrency";
const PROVISIONED: &str = "ServerlessUpdateConfig.ProvisionedConcurrency";

/// Small counts, where bounds meet, and the ends of what AWS holds.
fn count() -> impl Strategy<Value = i64> {
    prop_oneof![8 => 0..40_i64, 1 => LARGEST - 3..=LARGEST, 1 => 0..=LARGEST]
}

fn bounds() -> impl Strategy<Value = Bounds> {
    (option::of(count()), option::of(count())).prop_map(|(min, max)| match (min, max) {
        (Some(min), Some(max)) => Bounds { min: Some(min.min(max)), max: Some(min.max(max)) },
        // Without a minimum it is 1.
        (None, Some(max)) => Bounds { min: None, max: Some(max.max(1)) },
        (min, None) => Bounds { min, max: None },
    })
}

/// With as many digits as people write: beyond fifteen the JSON reader is off by one in the last.
fn percent() -> impl Strategy<Value = f64> {
    let thousandths = prop_oneof![-100_000..=-1_i32, 1..400_000_i32].prop_map(|number| f64::from(number) / 1000.0);
    prop_oneof![thousandths, select(vec![-100.0, -50.0, -0.5, 7.0, 10.0, 100.0, 1e300])]
}

// Boxed, like all that is put together from many: on the stack of a test it would not fit.
fn capacity() -> BoxedStrategy<Capacity> {
    prop_oneof![
        count().prop_map(Capacity::Exactly),
        count().prop_map(Capacity::AtLeast),
        count().prop_map(Capacity::AtMost),
        (prop_oneof![1..40_i64, -40..0_i64, select(vec![LARGEST, -LARGEST])], bounds())
            .prop_map(|(step, bounds)| Capacity::Add(step, bounds)),
        (percent(), bounds()).prop_map(|(percent, bounds)| Capacity::Percent(percent, bounds)),
    ]
    .boxed()
}

/// Whether it is read where AWS accepts nothing below `least`.
fn is_read(capacity: &Capacity, least: i64) -> bool {
    let printed: Value = serde_json::from_str(&capacity.to_string()).unwrap();
    Capacity::decode(printed.into_value(), ValuePointerRef::Origin, least, LARGEST).is_ok()
}

fn weight() -> impl Strategy<Value = f32> {
    prop_oneof![4 => select(vec![0.0, 0.1, 0.5, 0.9, 1.0, 2.0, 3.0, 100.0]), 1 => 0.0..1e6_f32]
}

fn weight_asked() -> impl Strategy<Value = Weight> {
    prop_oneof![
        weight().prop_map(Weight::Exactly),
        select(vec![0.0, 0.05, 0.1, 0.25, 1.0 / 3.0, 0.5, 0.9, 0.999]).prop_map(Weight::Share),
    ]
}

/// What AWS says of a count: a number, that there is none, or nothing.
fn reported() -> BoxedStrategy<Option<FieldValue>> {
    prop_oneof![
        6 => count().prop_map(|count| Some(FieldValue::Count(count))),
        1 => Just(Some(FieldValue::Absent)),
        1 => Just(None),
    ]
    .boxed()
}

fn part(name: &'static str) -> BoxedStrategy<PartReading> {
    let traffic = prop_oneof![5 => Just(Traffic::Shared), 1 => Just(Traffic::Apart)];
    let weight = prop_oneof![6 => weight().prop_map(Some), 1 => Just(None)];
    (traffic, weight, reported(), reported(), reported())
        .prop_map(move |(traffic, weight, instances, most, provisioned)| {
            let weight = weight.map(|weight| (WEIGHT, FieldValue::Weight(weight)));
            let counts = [(INSTANCES, instances), (MOST, most), (PROVISIONED, provisioned)];
            let counts = counts.into_iter().filter_map(|(name, value)| Some((name, value?)));
            PartReading {
                part: Part::new("variant", name),
                traffic,
                fields: weight.into_iter().chain(counts).collect(),
                reserved: None,
            }
        })
        .boxed()
}

const PARTS: [&str; 4] = ["a", "b", "c", "d"];

fn reading() -> impl Strategy<Value = Reading> {
    (part("a"), part("b"), part("c"), part("d"), 1..=4_usize).prop_map(|(a, b, c, d, parts)| {
        let target = Target::new(Service::SageMaker, "endpoint/e");
        Reading { parts: vec![a, b, c, d].into_iter().take(parts).collect(), ..Reading::of(target, json!({})) }
    })
}

/// What one part is asked for, in the order in which a request has it.
fn asks_of(part: &'static str) -> BoxedStrategy<Vec<Ask>> {
    let ask =
        move |name, want| Ask { path: format!("{part}.{name}"), part: Some(Part::new("variant", part)), name, want };
    let counted = |least| {
        let read = capacity().prop_filter("what is not read is not asked", move |capacity| is_read(capacity, least));
        read.prop_map(move |capacity| Want::Count(Count { capacity, least, most: LARGEST }))
    };
    (
        option::of(weight_asked().prop_map(Want::Weight)),
        option::of(counted(0)),
        option::of(counted(1)),
        option::of(prop_oneof![5 => counted(1), 1 => Just(Want::Kept)]),
    )
        .prop_map(move |(weight, instances, most, provisioned)| {
            let wants = [(WEIGHT, weight), (INSTANCES, instances), (MOST, most), (PROVISIONED, provisioned)];
            wants.into_iter().filter_map(|(name, want)| Some(ask(name, want?))).collect()
        })
        .boxed()
}

/// What there is, and what is asked of those parts that there are: that there is no such part is for the action to say.
fn case() -> BoxedStrategy<(Reading, Vec<Ask>)> {
    let case = (reading(), PARTS.map(asks_of)).prop_map(|(reading, asks)| {
        let asks = asks.into_iter().take(reading.parts.len()).flatten().collect();
        (reading, asks)
    });
    case.boxed()
}

/// The plan for what can be worked out of it: what cannot is left out, as whoever is told so would leave it out.
fn planned(reading: &Reading, mut asks: Vec<Ask>) -> (Vec<Ask>, Plan) {
    loop {
        let (plan, problems) = Plan::of(&asks, reading);
        if problems.is_empty() {
            return (asks, plan);
        }
        let of_shares = problems.iter().any(|problem| problem.path.ends_with(".share"));
        asks.retain(|ask| problems.iter().all(|problem| problem.path != ask.path) && !(of_shares && ask.is_share()));
    }
}

/// The target as it is once all that is sent has been done.
fn applied(plan: &Plan, reading: &Reading) -> Reading {
    let mut applied = reading.clone();
    for Field { target, name, to, .. } in plan.sent() {
        let part = applied.parts.iter_mut().find(|part| target.part() == Some(&part.part)).unwrap();
        part.fields.retain(|(field, _)| field != name);
        part.fields.push((name, to.clone()));
    }
    applied
}

fn number(value: &FieldValue) -> i64 {
    if let FieldValue::Count(count) = value { *count } else { 0 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_capacity_is_read_as_it_is_printed(capacity in capacity()) {
        let printed: Value = serde_json::from_str(&capacity.to_string()).unwrap();
        let read = Capacity::decode(printed.into_value(), ValuePointerRef::Origin, 0, LARGEST);
        prop_assert_eq!(read, Ok::<_, Problems>(capacity));
    }

    #[test]
    fn a_count_moves_the_way_it_is_asked_to_and_within_its_bounds(capacity in capacity(), now in count(), floor in 0..=1_i64) {
        prop_assume!(is_read(&capacity, floor));
        let to = capacity.resolve(now, floor);
        let within = |bounds: Bounds| {
            let (least, most) = (bounds.min.unwrap_or(1).max(floor), bounds.max.unwrap_or(LARGEST));
            to == now || (least.min(most)..=most).contains(&to)
        };
        match capacity {
            Capacity::Exactly(count) => prop_assert_eq!(to, count),
            Capacity::AtLeast(count) => prop_assert!(to >= now && to >= count && (to == now || to == count)),
            Capacity::AtMost(count) => prop_assert!(to <= now && to <= count.max(floor) && (to == now || to == count.max(floor))),
            Capacity::Add(step, bounds) => prop_assert!((to - now) * step.signum() >= 0 && within(bounds), "{}", to),
            Capacity::Percent(percent, bounds) => {
                prop_assert!((to - now) as f64 * percent.signum() >= 0.0 && within(bounds), "{}", to);
            }
        }
    }

    #[test]
    fn what_needs_no_bound_is_added_in_full(now in 0..1_000_000_i64, step in 1..1_000_000_i64, percent in 1..500_i64) {
        let free = Bounds { min: Some(0), max: None };
        prop_assert_eq!(Capacity::Add(step, free).resolve(now, 0), now + step);
        prop_assert_eq!(Capacity::Add(-step, free).resolve(now, 0), (now - step).max(0));
        // Away from what is there, in whole numbers.
        let up = now + (now * percent + 99) / 100;
        prop_assert_eq!(Capacity::Percent(percent as f64, free).resolve(now, 0), up);
        let down = now - (now * percent.min(100) + 99) / 100;
        prop_assert_eq!(Capacity::Percent(-percent.min(100) as f64, free).resolve(now, 0), down);
    }

    #[test]
    fn planning_after_applying_is_empty((reading, asks) in case()) {
        let (asks, plan) = planned(&reading, asks);
        let applied = applied(&plan, &reading);
        prop_assert!(plan.is_done_in(&applied), "{:?}", plan.against(&applied).changes().collect::<Vec<_>>());
        let lasting: Vec<Ask> = asks.into_iter().filter(|ask| !ask.is_relative()).collect();
        let (again, problems) = Plan::of(&lasting, &applied);
        prop_assert_eq!(problems, []);
        prop_assert_eq!(again.changes().count(), 0, "{:?}", again.changes().collect::<Vec<_>>());
        prop_assert_eq!(again.sent().count(), 0);
        prop_assert_eq!(again.shares, []);
    }

    #[test]
    fn a_plan_has_a_field_for_each_ask_in_its_order_and_sends_every_change_and_no_more((reading, asks) in case()) {
        let (asks, plan) = planned(&reading, asks);
        let named: Vec<_> = plan.fields.iter().map(|field| (field.target.part(), field.name)).collect();
        prop_assert_eq!(named, asks.iter().map(|ask| (ask.part.as_ref(), ask.name)).collect::<Vec<_>>());
        let sent: Vec<&Field> = plan.sent().collect();
        for field in plan.changes().filter(|field| field.to != FieldValue::Absent) {
            prop_assert!(sent.contains(&field), "{:?} is not sent", field);
        }
        let mut rest = plan.fields.iter();
        for field in sent {
            prop_assert!(rest.any(|other| other == field), "{:?} is sent out of its order", field);
            let beside = |other: &&Field| other.differs() && other.target == field.target && other.name.split_once('.').is_some();
            let together = field.name.contains('.') && plan.fields.iter().filter(beside).count() > 0;
            prop_assert!(field.differs() || together, "{:?} is sent and does not differ", field);
            prop_assert!(field.to != FieldValue::Absent);
        }
    }

    #[test]
    fn nothing_is_counted_from_what_is_not_reported((reading, asks) in case()) {
        let (_, problems) = Plan::of(&asks, &reading);
        for ask in &asks {
            let Want::Count(Count { capacity, .. }) = ask.want else { continue };
            let is_missing = capacity.exact().is_none() && reading.value(ask.part.as_ref(), ask.name).is_none();
            prop_assert_eq!(problems.iter().any(|problem| problem.path == ask.path), is_missing, "{:?}", ask);
        }
    }

    #[test]
    fn at_least_and_at_most_never_move_the_wrong_way((reading, asks) in case()) {
        let (asks, plan) = planned(&reading, asks);
        for (ask, field) in asks.iter().zip(&plan.fields) {
            let (from, to) = (number(&field.from), number(&field.to));
            match &ask.want {
                Want::Count(Count { capacity: Capacity::AtLeast(least), .. }) => {
                    prop_assert!(to >= from && to >= *least);
                    prop_assert_eq!(field.differs(), from < *least);
                }
                Want::Count(Count { capacity: Capacity::AtMost(most), least, .. }) => {
                    prop_assert!(to <= from && to <= (*most).max(*least));
                }
                Want::Count(Count { capacity: Capacity::Add(step, _), .. }) => {
                    prop_assert!((to - from) * step.signum() >= 0);
                }
                Want::Kept => prop_assert!(!field.differs() && from == to),
                _ => {}
            }
        }
    }

    #[test]
    fn shares_come_to_what_was_asked_for_and_the_others_keep_their_proportions((reading, asks) in case()) {
        let (asks, plan) = planned(&reading, asks);
        let same = |one: f64, other: f64| (one - other).abs() <= 1e-4 * one.abs().max(other.abs()).max(1e-6);
        for (ask, field) in asks.iter().zip(&plan.fields) {
            let Want::Weight(Weight::Share(asked)) = ask.want else { continue };
            // Of a part that takes no part in the traffic there is no share.
            let Some(Share { to: Some(to), .. }) = plan.shares.iter().find(|share| share.target == field.target) else {
                continue;
            };
            prop_assert!(same(*to, asked) || !field.differs(), "{} instead of {}", to, asked);
        }
        let known: Option<f64> = plan.shares.iter().map(|share| share.to).sum();
        prop_assert!(known.is_none_or(|sum| sum <= 1.0 + 1e-6), "{:?}", known);
    }

    #[test]
    fn weights_for_shares_give_them(shares in prop::collection::vec(0.0..0.3_f64, 1..4), others in 0.001..1e6_f64) {
        let taken: f64 = shares.iter().sum();
        prop_assume!(taken < 0.99);
        let weights = weights_for(&shares, others).unwrap();
        let total: f64 = others + weights.iter().map(|weight| f64::from(*weight)).sum::<f64>();
        for (share, weight) in shares.iter().zip(&weights) {
            prop_assert!(is_same_weight((f64::from(*weight) / total) as f32, *share as f32), "{} of {}", weight, total);
        }
    }
}
