//! What holds for every plan that the guardrails let through, and for every one that they do not.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::*;
use crate::plan::ask::{Ask, Count, LARGEST, Want};
use crate::plan::capacity::{Bounds, Capacity};
use crate::plan::reading::{PartReading, Reading, Traffic};
use crate::plan::weight::Weight;
use crate::plan::{Part, Service};

const WEIGHT: &str = "DesiredWeight";
const INSTANCES: &str = "DesiredInstanceCount";
const MODEL: &str = "desiredModelId";

/// Patterns, and which of the parts `a` and `b` of the target they hold for.
const PATTERNS: [(&str, [bool; 2]); 6] = [
    ("*", [true, true]),
    ("sagemaker:*", [true, true]),
    ("sagemaker:endpoint/e/variant/a", [true, false]),
    ("sagemaker:endpoint/?/*/b", [false, true]),
    ("sagemaker:endpoint/other/*", [false, false]),
    ("lambda:*", [false, false]),
];

/// A rule as it is written, and as it is meant.
#[derive(Clone, Debug)]
struct Meant {
    holds_for: [bool; 2],
    here: bool,
    min: Option<u32>,
    max: Option<u32>,
    max_step: Option<u32>,
    min_share: Option<f64>,
    max_share: Option<f64>,
    written: Value,
}

fn rule() -> impl Strategy<Value = Meant> {
    let count = || option::of(0..30_u32);
    let share = || option::of(select(vec![0.0, 0.1, 0.25, 0.5, 0.75, 1.0]));
    let region = select(vec![None, Some(("us-*", true)), Some(("eu-west-1", false))]);
    (select(PATTERNS.to_vec()), region, (count(), count()), option::of(0..12_u32), (share(), share())).prop_map(
        |((pattern, holds_for), region, counts, max_step, shares)| {
            let (min, max) = match counts {
                (Some(one), Some(other)) => (Some(one.min(other)), Some(one.max(other))),
                counts => counts,
            };
            let (min_share, max_share) = match shares {
                (Some(one), Some(other)) => (Some(f64::min(one, other)), Some(f64::max(one, other))),
                shares => shares,
            };
            let region_pattern = region.map(|(pattern, _)| pattern);
            let written = json!({
                "target": pattern, "region": region_pattern, "min": min, "max": max, "maxStep": max_step,
                "minShare": min_share, "maxShare": max_share,
            });
            let here = region.is_none_or(|(_, here)| here);
            Meant { holds_for, here, min, max, max_step, min_share, max_share, written }
        },
    )
}

fn guardrails(rules: &[Meant], around: Value) -> Guardrails {
    let mut written = around;
    written["targets"] = rules.iter().map(|rule| rule.written.clone()).collect();
    deserr::deserialize::<Guardrails, _, Problems>(written).unwrap()
}

/// Two variants, with counts and weights, and what is asked of them.
fn plan() -> impl Strategy<Value = Plan> {
    let now = || (0..30_i64, select(vec![0.0_f32, 0.5, 1.0, 3.0]));
    let bounds = (option::of(0..10_i64), option::of(10..30_i64)).prop_map(|(min, max)| Bounds { min, max });
    let capacity = prop_oneof![
        (0..30_i64).prop_map(Capacity::Exactly),
        (0..30_i64).prop_map(Capacity::AtLeast),
        (0..30_i64).prop_map(Capacity::AtMost),
        (prop_oneof![1..9_i64, -9..0_i64], bounds).prop_map(|(step, bounds)| Capacity::Add(step, bounds)),
    ];
    let weight = prop_oneof![
        select(vec![0.0_f32, 0.5, 1.0, 3.0]).prop_map(Weight::Exactly),
        select(vec![0.0, 0.1, 0.5]).prop_map(Weight::Share),
    ];
    let wants =
        move || (option::of(weight.clone().prop_map(Want::Weight)), option::of(capacity.clone().prop_map(count)));
    (now(), now(), wants(), wants()).prop_map(|(a, b, of_a, of_b)| {
        let part = |name: &str, (count, weight)| PartReading {
            part: Part::new("variant", name),
            traffic: Traffic::Shared,
            fields: vec![(WEIGHT, FieldValue::Weight(weight)), (INSTANCES, FieldValue::Count(count))],
            reserved: None,
        };
        let reading = Reading { parts: vec![part("a", a), part("b", b)], ..Reading::of(endpoint(), json!({})) };
        let asks = [("a", of_a), ("b", of_b)].into_iter().flat_map(|(part, (weight, count))| {
            let wants = [(WEIGHT, weight), (INSTANCES, count)].into_iter();
            wants.filter_map(move |(name, want)| {
                Some(Ask { path: name.to_owned(), part: Some(Part::new("variant", part)), name, want: want? })
            })
        });
        Plan::of(&asks.collect::<Vec<_>>(), &reading).0
    })
}

fn count(capacity: Capacity) -> Want {
    Want::Count(Count { capacity, least: 0, most: LARGEST })
}

fn endpoint() -> Target {
    Target::new(Service::SageMaker, "endpoint/e")
}

fn home() -> Place {
    Place { region: Region::own("us-east-1"), account: Account::parse("123456789012".to_owned()).ok() }
}

fn number(value: &FieldValue) -> Option<i64> {
    if let FieldValue::Count(count) = value { Some(*count) } else { None }
}

fn is_a(target: &Target) -> bool {
    target.part().is_some_and(|part| part.name() == "a")
}

/// Whether the rules, as they are meant, let everything go that the plan sends.
fn is_allowed(rules: &[Meant], plan: &Plan, before: &Before) -> bool {
    let over = |target: &Target| {
        let index = if is_a(target) { 0 } else { 1 };
        rules.iter().filter(move |rule| rule.here && rule.holds_for[index])
    };
    let counted = plan.sent().all(|field| {
        let (Some(from), Some(to)) = (number(&field.from), number(&field.to)) else { return true };
        let first = before.first(&home(), &field.target, field.name).and_then(number).unwrap_or(from);
        over(&field.target).all(|rule| {
            let step = to.abs_diff(from).max(to.abs_diff(first));
            rule.min.is_none_or(|min| to >= min.into())
                && rule.max.is_none_or(|max| to <= max.into())
                && rule.max_step.is_none_or(|most| step <= most.into())
        })
    });
    // As many digits as a weight has.
    let close = |one: f64, other: f64| (one - other).abs() <= 1e-5 * one.abs().max(other.abs());
    counted
        && plan.shares.iter().all(|share| {
            over(&share.target).all(|rule| {
                let at_least = |min: f64| share.to.is_some_and(|share| share >= min || close(share, min));
                let at_most = |max: f64| share.to.is_some_and(|share| share <= max || close(share, max));
                rule.min_share.is_none_or(at_least) && rule.max_share.is_none_or(at_most)
            })
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_cleared_is_within_every_bound_and_what_is_not_is_beyond_one(
        plan in plan(),
        earlier in plan(),
        rules in vec(rule(), 0..4),
    ) {
        let (home, mut before) = (home(), Before::default());
        before.note_plan(&earlier, &home);
        before.note_plan(&plan, &home);
        let cleared = guardrails(&rules, json!({})).clear(plan.clone(), home.from(&home), &before);
        prop_assert_eq!(cleared.is_ok(), is_allowed(&rules, &plan, &before), "{:?}", cleared);
    }

    #[test]
    fn nothing_that_was_cleared_is_lost_or_changed_on_the_way(plan in plan(), rules in vec(rule(), 0..3)) {
        let home = home();
        let Ok(cleared) = guardrails(&rules, json!({})).clear(plan.clone(), home.from(&home), &Before::default()) else {
            return Ok(());
        };
        prop_assert_eq!(cleared.plan(), &plan);
        let sent: Vec<&Field> = plan.sent().collect();
        prop_assert_eq!(cleared.plan().sent().collect::<Vec<_>>(), sent);
    }

    #[test]
    fn one_rule_more_lets_nothing_more_through(plan in plan(), rules in vec(rule(), 0..3), more in rule()) {
        let home = home();
        let clears = |rules: &[Meant]| {
            guardrails(rules, json!({})).clear(plan.clone(), home.from(&home), &Before::default()).is_ok()
        };
        let all: Vec<Meant> = rules.iter().cloned().chain([more]).collect();
        prop_assert!(clears(&rules) || !clears(&all));
    }

    #[test]
    fn what_is_paused_or_not_listed_is_not_sent(plan in plan(), rules in vec(rule(), 0..3)) {
        let home = home();
        let clear = |guardrails: Guardrails| guardrails.clear(plan.clone(), home.from(&home), &Before::default());
        let sends = plan.sent().next().is_some();
        prop_assert_eq!(clear(guardrails(&[], json!({"paused": true}))).is_ok(), !sends);
        let is_listed = |target: &Target| {
            let index = if is_a(target) { 0 } else { 1 };
            rules.iter().any(|rule| rule.here && rule.holds_for[index])
        };
        let listed = plan.sent().all(|field| is_listed(&field.target));
        let expected = listed && is_allowed(&rules, &plan, &Before::default());
        prop_assert_eq!(clear(guardrails(&rules, json!({"unlisted": "deny"}))).is_ok(), expected);
    }

    #[test]
    fn a_text_is_cleared_where_one_of_the_patterns_matches_it(
        from in "[ab]{1,3}",
        to in "[ab]{1,3}",
        allow in option::of(vec("[ab*?]{1,3}", 0..3)),
        by_member in any::<bool>(),
    ) {
        let target = Target::new(Service::Bedrock, "provisioned-model/p");
        let reading = Reading {
            fields: vec![(MODEL, FieldValue::Text(from.clone()))],
            ..Reading::of(target, json!({}))
        };
        let (plan, _) = Plan::of(&[Ask::whole(MODEL, Want::Text(to.clone()))], &reading);
        let written = if by_member { json!({MODEL: allow}) } else { json!(allow) };
        let rule = if allow.is_some() { json!({"target": "bedrock:*", "allow": written}) } else { json!({"target": "bedrock:*"}) };
        let guardrails = deserr::deserialize::<Guardrails, _, Problems>(json!({"targets": [rule]})).unwrap();
        let home = home();
        let cleared = guardrails.clear(plan, home.from(&home), &Before::default());
        let expected = from == to || allow.is_none_or(|allow| allow.iter().any(|pattern| Glob::new(pattern).matches(&to)));
        prop_assert_eq!(cleared.is_ok(), expected);
        prop_assert!(cleared.is_err() || from == to || cleared.unwrap().text(MODEL) == Some(&to));
    }

    #[test]
    fn no_more_is_bought_and_for_no_longer_than_every_rule_says_and_one_must(
        units in 0..6_i64,
        term in option::of(select(vec!["OneMonth", "SixMonths"])),
        rules in vec((option::of(0..6_u32), option::of(vec(select(vec!["OneMonth", "SixMonths"]), 0..3)), any::<bool>()), 0..4),
    ) {
        let none = vec![(MODEL_UNITS, FieldValue::Count(0)), (COMMITMENT_DURATION, FieldValue::Absent)];
        let target = Target::new(Service::Bedrock, "provisioned-model/p");
        let reading = Reading { fields: none, ..Reading::of(target, json!({})) };
        let of_term = term.map(|term| Ask::whole(COMMITMENT_DURATION, Want::Text(term.to_owned())));
        let asks: Vec<Ask> =
            [Ask::whole(MODEL_UNITS, count(Capacity::Exactly(units)))].into_iter().chain(of_term).collect();
        let written = rules.iter().map(|(units, terms, here)| {
            let target = if *here { "bedrock:*" } else { "bedrock:provisioned-model/other" };
            json!({"target": target, "modelUnits": units, "commitmentDuration": terms})
        });
        let guardrails = json!({"targets": written.collect::<Vec<_>>()});
        let guardrails = deserr::deserialize::<Guardrails, _, Problems>(guardrails).unwrap();
        let home = home();
        let cleared = guardrails.clear(Plan::of(&asks, &reading).0, home.from(&home), &Before::default());
        let most: Vec<i64> = rules.iter().filter(|rule| rule.2).filter_map(|rule| rule.0.map(i64::from)).collect();
        let terms: Vec<_> = rules.iter().filter(|rule| rule.2).filter_map(|rule| rule.1.clone()).collect();
        let may_buy = units == 0 || (!most.is_empty() && most.iter().all(|most| units <= *most));
        let may_commit = term.is_none_or(|term| !terms.is_empty() && terms.iter().all(|terms| terms.contains(&term)));
        prop_assert_eq!(cleared.is_ok(), may_buy && may_commit, "{:?}", cleared);
    }
}
