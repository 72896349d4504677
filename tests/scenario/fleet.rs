//! An action for whatever targets are found: listed, judged, and only then written.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use setpoint::outcome::Decision;
use setpoint_sandbox::{Change, DEFAULT_ACCOUNT, Fault, Pace, Region, ScalableTarget, Seed, SuspendedState};

use super::sqs::{failures, message, records};
use crate::support::{World, at, copies, instances, provisioned, throughput, with};

const ROLE: &str = "arn:aws:iam::210987654321:role/scaler";
const NOW: &str = "2026-11-20T22:00:00Z";

/// So many endpoints with three instances each, of which every second is tagged to sleep at night.
fn fleet(region: &mut Region, count: usize) {
    let one = region.endpoints["recsys"].clone();
    for number in 0..count {
        let name = format!("reco-{number:03}");
        let mut endpoint = one.clone();
        endpoint.variants[0].current.instance_count = Some(3);
        region.endpoints.insert(name.clone(), endpoint);
        let sleeps = if number % 2 == 0 { "yes" } else { "no" };
        region.tags.insert(format!("endpoint/{name}"), BTreeMap::from([("sleeps".to_owned(), sleeps.to_owned())]));
    }
}

async fn world(count: usize, config: Value) -> World {
    let mut seed = Seed::example();
    fleet(seed.region(DEFAULT_ACCOUNT, "us-east-1"), count);
    World::with(seed, config).await
}

/// A payload without the name of its target, and with a selection.
fn select(selection: Value, payload: Value) -> Value {
    let mut payload = with(payload, json!({"select": selection}));
    let input = payload["input"].as_object_mut().unwrap();
    for name in ["EndpointName", "FunctionName", "InferenceComponentName", "provisionedModelId"] {
        input.remove(name);
    }
    payload
}

fn down(selection: Value) -> Value {
    select(selection, instances("any", "AllTraffic", json!({"atMost": 1})))
}

/// The instances of every endpoint of the fleet in a place, in the order of their names.
fn counts(world: &World, account: &str, region: &str) -> Vec<i32> {
    world.sandbox.edit(|seed| {
        let endpoints = seed.region(account, region).endpoints.iter();
        let fleet = endpoints.filter(|(name, _)| name.starts_with("reco-"));
        fleet.map(|(_, endpoint)| endpoint.variants[0].wanted().instance_count.unwrap()).collect()
    })
}

fn at_home(world: &World) -> Vec<i32> {
    counts(world, DEFAULT_ACCOUNT, "us-east-1")
}

/// How many calls there were of each operation.
fn operations(world: &World) -> BTreeMap<String, usize> {
    let mut operations = BTreeMap::new();
    for call in world.sandbox.transcript() {
        *operations.entry(call.operation.clone()).or_default() += 1;
    }
    world.sandbox.clear_transcript();
    operations
}

fn number(calls: &[(&str, usize)]) -> BTreeMap<String, usize> {
    calls.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
}

fn outcomes(answer: &Value) -> Vec<&str> {
    answer["results"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"))
        .iter()
        .map(|result| result["outcome"].as_str().unwrap())
        .collect()
}

const MOST: &str = r#"{"guardrails": {"maxTargets": 50}}"#;

fn most() -> Value {
    serde_json::from_str(MOST).unwrap()
}

#[tokio::test]
async fn forty_endpoints_are_one_payload_and_each_is_a_result_of_its_own() {
    let world = world(40, most()).await;
    let answer = world.answer(at(NOW, down(json!({"names": ["reco-*"]})))).await;
    assert_eq!(outcomes(&answer), vec!["accepted"; 40]);
    assert_eq!(at_home(&world), vec![1; 40]);
    // Each is read once to be judged, and once more to be written.
    let expected =
        number(&[("ListEndpoints", 1), ("DescribeEndpoint", 80), ("UpdateEndpointWeightsAndCapacities", 40)]);
    assert_eq!(operations(&world), expected);
    let again = world.answer(at(NOW, down(json!({"names": ["reco-*"]})))).await;
    assert_eq!(outcomes(&again), vec!["unchanged"; 40]);
}

#[tokio::test]
async fn names_exceptions_and_tags_all_have_to_agree() {
    for (selection, expected) in [
        (json!({"names": ["reco-*"], "except": ["reco-00[0-9]", "reco-003"]}), [1, 1, 1, 3, 1]),
        (json!({"names": ["reco-001", "reco-00?"], "except": ["*3", "*4"]}), [1, 1, 1, 3, 3]),
        (json!({"tags": {"sleeps": "yes"}}), [1, 3, 1, 3, 1]),
        (json!({"names": ["reco-*"], "tags": {"sleeps": "n*"}}), [3, 1, 3, 1, 3]),
        (json!({"tags": {"sleeps": "*"}, "except": ["reco-000"]}), [3, 1, 1, 1, 1]),
    ] {
        let world = world(5, most()).await;
        world.answer(at(NOW, down(selection.clone()))).await;
        assert_eq!(at_home(&world), expected, "{selection}");
    }
}

#[tokio::test]
async fn every_kind_of_target_can_be_selected() {
    let config = json!({"guardrails": {"maxTargets": 5}});
    for (payload, name, target) in [
        (copies("any", 3), "*-ranker", "sagemaker:inference-component/recsys-ranker"),
        (provisioned("any", "live", 7), "checkout", "lambda:function:checkout:live"),
        (
            throughput(json!({"provisionedModelId": "any", "desiredProvisionedModelName": "other"})),
            "support-bot",
            "bedrock:provisioned-model/support-bot",
        ),
        (
            json!({"action": "application-autoscaling:RegisterScalableTarget", "input": {
                "ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 4,
            }}),
            "service/*",
            "application-autoscaling:ecs:service:DesiredCount/service/",
        ),
    ] {
        let world = World::configured(config.clone()).await;
        let mode = json!({"mode": "plan"});
        let answer = world.answer(with(select(json!({"names": [name]}), payload), mode)).await;
        let found = answer["results"][0]["target"].as_str().unwrap_or_default().to_owned();
        assert!(found.starts_with(target), "{name}: {answer}");
        assert_eq!(outcomes(&answer), ["planned"], "{answer}");
    }
}

#[tokio::test]
async fn all_configured_roles_in_several_regions_are_one_payload() {
    let mut seed = Seed::example();
    for (account, region) in
        [("123456789012", "us-east-1"), ("210987654321", "us-east-1"), ("210987654321", "eu-central-1")]
    {
        let home = seed.home().clone();
        *seed.region(account, region) = home;
        fleet(seed.region(account, region), 3);
    }
    let config = json!({
        "guardrails": {"maxTargets": 50}, "regions": ["us-east-1", "eu-central-1"], "roles": {"prod": {"arn": ROLE}},
    });
    let world = World::today(seed, config).await;
    let answer = world.answer(down(json!({"names": ["reco-*"], "roles": "*", "regions": "*"}))).await;
    assert_eq!(outcomes(&answer), vec!["accepted"; 6]);
    assert_eq!(counts(&world, "210987654321", "us-east-1"), [1; 3]);
    assert_eq!(counts(&world, "210987654321", "eu-central-1"), [1; 3]);
    assert_eq!(at_home(&world), [3; 3]);
}

#[tokio::test]
async fn one_whose_bounds_may_not_be_moved_keeps_all_from_being_written() {
    let rules = json!([{"target": "sagemaker:endpoint/*"}]);
    let guardrails = json!({"maxTargets": 50, "autoscaled": "move", "unlisted": "deny", "targets": rules});
    let world = world(4, json!({"guardrails": guardrails})).await;
    world.sandbox.edit(|seed| {
        let targets = &mut seed.home().scalable_targets;
        let target = ScalableTarget {
            min_capacity: 2,
            max_capacity: 6,
            suspended: SuspendedState::default(),
            creation_time: "2025-03-01T10:00:00Z".parse().unwrap(),
        };
        targets
            .insert("sagemaker:variant:DesiredInstanceCount/endpoint/reco-002/variant/AllTraffic".to_owned(), target);
    });
    let error = world.answer(down(json!({"names": ["reco-*"]}))).await;
    assert_eq!(error["errorType"], "ActionsFailed");
    let message = error["errorMessage"].as_str().unwrap();
    let why = " sagemaker:endpoint/reco-002/variant/AllTraffic: GuardrailViolation: ";
    assert!(message.contains(why) && message.contains("these bounds could not be moved"), "{message}");
    assert_eq!(at_home(&world), [3; 4]);
}

#[tokio::test]
async fn one_that_is_refused_keeps_all_from_being_written() {
    let config = json!({"guardrails": {"maxTargets": 50, "targets": [
        {"target": "sagemaker:endpoint/reco-002/variant/*", "min": 2},
    ]}});
    let world = world(5, config).await;
    let answer = world.answer(at(NOW, down(json!({"names": ["reco-*"]})))).await;
    assert_eq!(answer["errorType"], "ActionsFailed");
    let message = answer["errorMessage"].as_str().unwrap();
    assert!(message.contains("reco-002/variant/AllTraffic: DesiredInstanceCount 3 -> 1 is refused"), "{message}");
    assert_eq!(operations(&world), number(&[("ListEndpoints", 1), ("DescribeEndpoint", 5)]));
    assert_eq!(at_home(&world), [3; 5]);
}

#[tokio::test]
async fn what_the_operator_has_not_bounded_or_has_bounded_lower_is_not_selected() {
    let refused = |most: &str, why: &str| {
        let guardrails = format!("{{\"guardrails\": {{{most}}}}}");
        let why = format!(
            "a selection for sagemaker:UpdateEndpointWeightsAndCapacities is refused: {why}; nothing was written"
        );
        (serde_json::from_str::<Value>(&guardrails).unwrap(), why)
    };
    let cases = [
        refused("", "there is no guardrails.maxTargets, which says how many targets one payload may find and change"),
        refused("\"maxTargets\": 4", "it finds 5 targets, and guardrails.maxTargets is 4; select fewer, or raise it"),
    ];
    for ((config, why), calls) in cases.into_iter().zip([number(&[]), number(&[("ListEndpoints", 1)])]) {
        let world = world(5, config).await;
        let answer = world.answer(at(NOW, down(json!({"names": ["reco-*"]})))).await;
        assert_eq!(answer, json!({"errorType": "GuardrailViolation", "errorMessage": why}));
        assert_eq!(operations(&world), calls);
    }
}

#[tokio::test]
async fn a_selection_that_finds_none_is_a_mistake_that_somebody_sees() {
    let world = world(5, most()).await;
    let answer = world.answer(down(json!({"names": ["recko-*"]}))).await;
    let found = world.sandbox.edit(|seed| seed.home().endpoints.len());
    let message =
        format!("select: finds none of the {found} that ListEndpoints gives in us-east-1 of {DEFAULT_ACCOUNT}");
    assert_eq!(answer, json!({"errorType": "InvalidAction", "errorMessage": message}));
}

#[tokio::test]
async fn a_list_that_cannot_be_had_keeps_all_from_being_written() {
    let world = world(5, most()).await;
    world.sandbox.script("ListEndpoints", Fault::access_denied());
    let answer = world.answer(at(NOW, down(json!({"names": ["reco-*"]})))).await;
    assert_eq!(answer["errorType"], "AccessDeniedException");
    assert_eq!(operations(&world), number(&[("ListEndpoints", 1)]));
}

#[tokio::test]
async fn lists_are_read_to_their_end_page_by_page() {
    let world = world(230, json!({"guardrails": {"maxTargets": 500}})).await;
    let answer = world.answer(at(NOW, down(json!({"names": ["reco-*"]})))).await;
    assert_eq!(outcomes(&answer), vec!["accepted"; 230]);
    assert_eq!(operations(&world)["ListEndpoints"], 3);
}

/// What one delivery has done is known by the target, not by its place in the list, which may be another the next time.
#[tokio::test]
async fn a_redelivery_adds_to_none_twice_when_the_list_has_changed() {
    let config = with(most(), json!({"ledgerTable": "setpoint-ledger"}));
    let world = world(4, config).await;
    let more = select(json!({"names": ["reco-*"]}), instances("any", "AllTraffic", json!({"add": 1, "max": 9})));
    world.answer(at(NOW, more.clone())).await;
    assert_eq!(at_home(&world), [4; 4]);
    world.sandbox.edit(|seed| {
        let endpoints = &mut seed.region(DEFAULT_ACCOUNT, "us-east-1").endpoints;
        endpoints.remove("reco-001");
        let new = endpoints["reco-000"].clone();
        endpoints.insert("reco-0005".to_owned(), new);
    });
    world.pass(Duration::from_secs(120)).await;
    world.answer(at(NOW, more)).await;
    // The second is new to this event.
    assert_eq!(at_home(&world), [4, 5, 4, 4]);
}

/// The fleet under a ledger and an upper bound, which a number of before would break if it were counted from what it came to.
async fn bounded(count: usize) -> World {
    let rules = json!([{"target": "sagemaker:endpoint/*", "max": 5}]);
    world(count, json!({"guardrails": {"maxTargets": 50, "targets": rules}, "ledgerTable": "setpoint-ledger"})).await
}

fn two_more() -> Value {
    at(NOW, select(json!({"names": ["reco-*"]}), instances("any", "AllTraffic", json!({"add": 2}))))
}

#[tokio::test]
async fn a_redelivery_is_not_refused_for_what_its_first_delivery_has_done() {
    let world = bounded(4).await;
    world.sandbox.edit_endpoint("reco-002", |endpoint| endpoint.start_updating(Change::ending_after(Pace::Reads(100))));
    let report = world.report_within(two_more(), Duration::from_secs(60)).await;
    // The newest comes first in the list.
    let busy: Vec<&str> = report.decisions.iter().map(Decision::outcome_name).collect();
    assert_eq!(busy, ["accepted", "failed", "accepted", "accepted"]);
    assert_eq!(at_home(&world), [5, 5, 3, 5]);
    world.sandbox.edit_endpoint("reco-002", |endpoint| endpoint.start_updating(Change::ending_after(Pace::Reads(1))));
    world.pass(Duration::from_secs(120)).await;
    operations(&world);
    let answer = world.answer(two_more()).await;
    assert_eq!(outcomes(&answer), ["unchanged", "accepted", "unchanged", "unchanged"]);
    assert_eq!(at_home(&world), [5; 4]);
    world.pass(Duration::from_secs(120)).await;
    operations(&world);
    let answer = world.answer(two_more()).await;
    assert_eq!(outcomes(&answer), ["unchanged"; 4]);
    // Each is read and looked up to be judged, and then has its turn in its lane.
    assert_eq!(operations(&world), number(&[("ListEndpoints", 1), ("DescribeEndpoint", 8), ("UpdateItem", 12)]));
}

#[tokio::test]
async fn what_a_newer_event_has_moved_on_does_not_keep_an_older_one_from_the_others() {
    let guardrails = json!({"maxTargets": 50, "targets": [{"target": "sagemaker:endpoint/*", "maxStep": 2}]});
    let world = world(3, json!({"guardrails": guardrails, "ledgerTable": "setpoint-ledger"})).await;
    for count in [5, 7] {
        let newer = with(at(NOW, instances("reco-001", "AllTraffic", count)), json!({"id": format!("to-{count}")}));
        world.answer(newer).await;
        world.pass(Duration::from_secs(120)).await;
    }
    let older = with(at("2026-11-20T21:50:00Z", down(json!({"names": ["reco-*"]}))), json!({"id": "older"}));
    let answer = world.answer(older).await;
    assert_eq!(outcomes(&answer), ["accepted", "superseded", "accepted"]);
    assert_eq!(at_home(&world), [1, 7, 1]);
}

#[tokio::test]
async fn what_the_ledger_does_not_know_as_done_is_refused_also_where_the_ledger_does_not_answer() {
    for broken in [false, true] {
        let world = bounded(2).await;
        world.sandbox.edit_endpoint("reco-001", |endpoint| endpoint.variants[0].current.instance_count = Some(4));
        if broken {
            world.sandbox.script("UpdateItem", Fault::access_denied().always());
        }
        assert_eq!(world.answer(two_more()).await["errorType"], "ActionsFailed");
        assert_eq!(at_home(&world), [3, 4]);
        assert_eq!(operations(&world), number(&[("ListEndpoints", 1), ("DescribeEndpoint", 2), ("UpdateItem", 1)]));
    }
}

#[tokio::test]
async fn a_plan_shows_every_target_and_writes_none() {
    let world = world(3, most()).await;
    let payload = with(down(json!({"names": ["reco-*"]})), json!({"mode": "plan"}));
    let answer = world.answer(payload).await;
    assert_eq!(outcomes(&answer), ["planned"; 3]);
    assert_eq!(operations(&world), number(&[("ListEndpoints", 1), ("DescribeEndpoint", 3)]));
}

#[tokio::test]
async fn a_message_of_a_batch_that_selects_stands_for_itself() {
    let config = json!({"guardrails": {"maxTargets": 2}});
    let world = world(5, config).await;
    let messages = [
        message("all", &down(json!({"names": ["reco-*"]}))),
        message("two", &down(json!({"names": ["reco-003", "reco-004"]}))),
        message("one", &instances("recsys", "AllTraffic", 6)),
    ];
    let answer = world.answer(records(messages)).await;
    assert_eq!(answer, failures(&["all"]));
    assert_eq!(at_home(&world), [3, 3, 3, 1, 1]);
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(6));
}

#[tokio::test]
async fn a_list_that_does_not_come_keeps_only_those_waiting_that_it_may_concern() {
    let world = world(3, most()).await;
    world.sandbox.script("ListEndpoints", Fault::slow(Duration::from_secs(3600)).always());
    let messages = [
        message("select", &down(json!({"names": ["RECO-*"]}))),
        message("other", &instances("recsys", "AllTraffic", 6)),
        message("function", &provisioned("checkout", "live", 20)),
        message("found", &instances("reco-001", "AllTraffic", 6)),
        message(
            "with-it",
            &json!({"actions": [instances("ranking", "blue", 4), instances("reco-002", "AllTraffic", 6)]}),
        ),
    ];
    // Ended before the list has come, as by Lambda.
    let report = tokio::time::timeout(Duration::from_secs(2), world.report(records(messages))).await;
    assert!(report.is_err());
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(6));
    assert_eq!(world.provisioned("checkout", "live"), Some(20));
    assert_eq!((at_home(&world), world.instances("ranking", "blue")), (vec![3; 3], Some(3)));
}

#[tokio::test]
async fn a_list_that_does_not_come_in_time_is_the_failure_of_its_message_alone() {
    let world = world(3, most()).await;
    world.sandbox.script("ListEndpoints", Fault::slow(Duration::from_secs(3600)).always());
    let messages = [
        message("select", &down(json!({"names": ["reco-*"]}))),
        message("plain", &instances("recsys", "AllTraffic", 6)),
    ];
    let report = world.report_within(records(messages), Duration::from_secs(2)).await;
    assert_eq!(report.answer, Ok(failures(&["select"])));
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(6));
}

#[tokio::test]
async fn what_a_selection_finds_and_what_is_named_beside_it_go_in_the_order_written() {
    for (order, expected) in [([0, 1, 2], [1, 6, 1]), ([1, 0, 2], [1, 1, 1]), ([1, 2, 0], [1, 1, 1])] {
        let world = world(3, most()).await;
        let messages = [
            message("all", &down(json!({"names": ["reco-*"]}))),
            message("one", &instances("reco-001", "AllTraffic", 6)),
            message("other", &instances("recsys", "AllTraffic", 5)),
        ];
        let answer = world.answer(records(order.map(|position| messages[position].clone()))).await;
        assert_eq!(answer, failures(&[]));
        assert_eq!(at_home(&world), expected);
        assert_eq!(world.instances("recsys", "AllTraffic"), Some(5));
    }
}

#[tokio::test]
async fn mistakes_are_found_before_any_call() {
    let world = world(1, json!({"guardrails": {"maxTargets": 2}, "roles": {"prod": {"arn": ROLE}}})).await;
    let all = json!({"names": ["*"]});
    let add = instances("any", "AllTraffic", json!({"add": 1, "max": 9}));
    for (payload, message) in [
        (
            select(
                all.clone(),
                json!({"action": "bedrock:CreateProvisionedModelThroughput", "input": {"modelUnits": 1,
                    "modelId": "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/abcdef123456"}}),
            ),
            "select: finds what there is, and this action makes what is not there yet; name it in the input",
        ),
        (
            down(json!({})),
            "select: says not which; give `names`, a list of patterns such as [\"reco-*\"], `tags`, or both",
        ),
        (
            with(down(all.clone()), json!({"input": {"EndpointName": "reco-000", "DesiredWeightsAndCapacities": []}})),
            "input.EndpointName: stands beside `select`, which says of which targets; leave one of them out",
        ),
        (
            with(down(json!({"names": ["*"], "regions": ["eu-west-1"]})), json!({"region": "eu-west-1"})),
            "region: stands beside select.regions; write one of them",
        ),
        (
            down(json!({"names": ["*"], "regions": "*"})),
            "select.regions: means all of the configuration's `regions`, which lists none",
        ),
        (
            select(
                json!({"names": ["*"], "regions": ["us-east-1", "eu-west-1"]}),
                throughput(
                    json!({"desiredModelId": "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/abcdef123456"}),
                ),
            ),
            "select.regions: means eu-west-1, but the ARN in the input is of us-east-1; look through that Region only",
        ),
        (
            down(json!({"names": ["*"], "regions": ["eu-west-1", "eu-west-1"]})),
            "select.regions[1]: stands in the list already",
        ),
        (
            down(json!({"names": ["*"], "roles": ["dev"]})),
            "role: is none of the configuration's `roles`; valid here: `prod`",
        ),
        (select(all.clone(), add), "input.DesiredWeightsAndCapacities[0].DesiredInstanceCount: is relative"),
        (
            json!({"actions": [down(all.clone())]}),
            "actions[0].select: cannot stand inside `actions`; a payload that selects its targets is one",
        ),
        (
            with(down(all), json!({"input": {"DesiredWeightsAndCapacities": [{"VariantName": "a b"}]}})),
            "input.DesiredWeightsAndCapacities[0].VariantName: must be",
        ),
    ] {
        let answer = world.answer(payload).await;
        assert_eq!(answer["errorType"], "InvalidAction", "{message}: {answer}");
        assert!(answer["errorMessage"].as_str().unwrap().starts_with(message), "{message}: {answer}");
    }
    assert_eq!(operations(&world), number(&[]));
}
