//! Several actions in one payload.

use std::time::Duration;

use serde_json::{Value, json};
use setpoint::outcome::Decision;
use setpoint_sandbox::{Change, Endpoint, Fault, Pace, Seed};

use crate::support::{
    Report, World, answer, at, describe, endpoint_arn, get_provisioned, instances, notification, provisioned,
    put_provisioned, throughput, unprovisioned, update, update_instances, weights_and_capacities, with,
};

fn batch(actions: impl IntoIterator<Item = Value>) -> Value {
    json!({"actions": actions.into_iter().collect::<Vec<_>>()})
}

/// How each action ended.
fn endings(report: &Report) -> Vec<&'static str> {
    report.decisions.iter().map(|decision| decision.outcome_name()).collect()
}

/// A seed with endpoints `e0`, `e1` and so on.
fn endpoints(count: usize) -> Seed {
    let mut seed = Seed::example();
    let recsys: Endpoint = seed.home().endpoints["recsys"].clone();
    for index in 0..count {
        seed.home().endpoints.insert(format!("e{index}"), recsys.clone());
    }
    seed
}

#[tokio::test]
async fn two_spellings_of_one_endpoint_go_one_after_the_other() {
    let world = World::new().await;
    let actions = json!([instances("RecSys", "AllTraffic", 3), instances("recsys", "AllTraffic", 4)]);
    let report = world.report(json!({"actions": actions})).await;
    let outcomes: Vec<&str> = report.decisions.iter().map(Decision::outcome_name).collect();
    assert_eq!(outcomes, ["accepted", "accepted"], "{report:?}");
    let operations = world.sandbox.transcript().iter().map(|call| call.operation.clone()).collect::<Vec<_>>();
    let writes = operations.iter().position(|operation| operation == "UpdateEndpointWeightsAndCapacities");
    assert_eq!(writes, Some(1), "the second is not read before the first is written: {operations:?}");
}

#[tokio::test]
async fn results_stand_in_the_order_written() {
    let world = World::new().await;
    let actions = [
        provisioned("checkout", "live", 20),
        instances("recsys", "AllTraffic", 2),
        unprovisioned("search", "prod"),
        instances("ranking", "green", 2),
    ];
    assert_eq!(
        world.answer(batch(actions)).await,
        json!({"results": [
            {
                "action": "lambda:PutProvisionedConcurrencyConfig",
                "target": "lambda:function:checkout:live",
                "outcome": "accepted",
                "output": {
                    "RequestedProvisionedConcurrentExecutions": 20,
                    "AvailableProvisionedConcurrentExecutions": 5,
                    "AllocatedProvisionedConcurrentExecutions": 5,
                    "Status": "IN_PROGRESS",
                    "LastModified": "2026-11-20T22:00:00+0000",
                },
            },
            {
                "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
                "target": "sagemaker:endpoint/recsys/variant/AllTraffic",
                "outcome": "unchanged",
                "output": endpoint_arn("recsys"),
            },
            {
                "action": "lambda:DeleteProvisionedConcurrencyConfig",
                "target": "lambda:function:search:prod",
                "outcome": "accepted",
                "output": {},
            },
            {
                "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
                "target": "sagemaker:endpoint/ranking/variant/green",
                "outcome": "accepted",
                "output": endpoint_arn("ranking"),
            },
        ]})
    );
    assert_eq!(
        world.sorted_calls(),
        [
            "DELETE /2019-09-30/functions/search/provisioned-concurrency?Qualifier=prod -> 204".to_owned(),
            get_provisioned("checkout", "live"),
            get_provisioned("search", "prod"),
            describe("ranking"),
            describe("recsys"),
            update_instances("ranking", "green", 2),
            put_provisioned("checkout", "live", 20),
        ]
    );
}

#[tokio::test]
async fn a_batch_of_one_is_answered_as_a_batch() {
    let world = World::new().await;
    assert_eq!(
        world.answer(batch([instances("recsys", "AllTraffic", 2)])).await,
        json!({"results": [{
            "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
            "target": "sagemaker:endpoint/recsys/variant/AllTraffic",
            "outcome": "unchanged",
            "output": endpoint_arn("recsys"),
        }]})
    );
}

#[tokio::test]
async fn one_targets_actions_go_one_after_the_other_in_the_order_written() {
    let world = World::new().await;
    let actions = [
        instances("ranking", "blue", 4),
        weights_and_capacities("ranking", json!([{"VariantName": "green", "DesiredWeight": 0.2}])),
        instances("ranking", "blue", 5),
    ];
    let report = world.report(batch(actions)).await;
    assert!(report.answer.is_ok());
    assert_eq!(
        world.calls(),
        [
            describe("ranking"),
            update_instances("ranking", "blue", 4),
            // The second finds the endpoint busy with the first, and waits for it; so does the third.
            describe("ranking"),
            describe("ranking"),
            update("ranking", "[{\"VariantName\":\"green\",\"DesiredWeight\":0.2}]"),
            describe("ranking"),
            describe("ranking"),
            update_instances("ranking", "blue", 5),
        ]
    );
    assert_eq!(world.instances("ranking", "blue"), Some(5));
}

#[tokio::test]
async fn different_targets_do_not_wait_for_each_other() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("ranking", |endpoint| endpoint.start_updating(Change::ending_after(Pace::Reads(3))));
    let actions = [instances("ranking", "blue", 6), instances("recsys", "AllTraffic", 6)];
    assert!(world.report(batch(actions)).await.answer.is_ok());
    let calls = world.calls();
    let position = |line: &String| calls.iter().position(|call| call == line).unwrap();
    assert!(position(&update_instances("recsys", "AllTraffic", 6)) < position(&update_instances("ranking", "blue", 6)));
}

#[tokio::test]
async fn a_mistake_in_one_action_stops_all_before_the_first_call_and_every_mistake_is_named() {
    let world = World::new().await;
    let actions = [
        instances("recsys", "AllTraffic", 6),
        provisioned("checkout", "$LATEST", 5),
        json!({"action": "lambda:PutProvisionedConcurency", "input": {}}),
        instances("recsys", "AllTraffic", json!({"add": 2})),
        provisioned("search", "prod", 0),
    ];
    assert_eq!(
        world.answer(batch(actions)).await,
        json!({
            "errorType": "InvalidAction",
            "errorMessage": "actions[1].input.Qualifier: is $LATEST, which cannot have provisioned concurrency; publish a \
                             version and name it, or an alias of it; actions[2].action: is not an action; did you mean \
                             `lambda:PutProvisionedConcurrencyConfig`?; \
                             actions[4].input.ProvisionedConcurrentExecutions: is 0, which AWS refuses; to go to zero \
                             use the action lambda:DeleteProvisionedConcurrencyConfig with the same FunctionName and \
                             Qualifier",
        })
    );
    assert_eq!(world.calls(), [""; 0]);
}

#[tokio::test]
async fn every_relative_action_without_a_time_is_named_before_the_first_call() {
    let world = World::new().await;
    let actions = [
        instances("recsys", "AllTraffic", json!({"add": 2})),
        instances("ranking", "blue", 6),
        provisioned("checkout", "live", json!({"percent": 10})),
    ];
    let answer = world.answer(batch(actions)).await;
    assert_eq!(answer["errorType"], "InvalidAction");
    let message = answer["errorMessage"].as_str().unwrap();
    for path in [
        "actions[0].input.DesiredWeightsAndCapacities[0].DesiredInstanceCount: is relative",
        "actions[2].input.ProvisionedConcurrentExecutions: is relative",
    ] {
        assert!(message.contains(path), "{message}");
    }
    assert!(!message.contains("actions[1]"), "{message}");
    assert_eq!(world.calls(), [""; 0]);
}

#[tokio::test]
async fn a_relative_action_that_the_one_before_it_would_supersede_is_refused_and_before_the_other_it_is_not() {
    let add = || instances("ranking", "blue", json!({"add": 2}));
    let shift = || weights_and_capacities("ranking", json!([{"VariantName": "green", "DesiredWeight": 0.2}]));
    let world = World::new().await;
    let event = at("2026-11-20T21:59:59Z", batch([shift(), add()]));
    assert_eq!(
        world.answer(event).await,
        json!({
            "errorType": "InvalidAction",
            "errorMessage": "actions[1].input.DesiredWeightsAndCapacities[0].DesiredInstanceCount: is relative (add, \
                             percent) and comes after another action on the same target, whose write would make this \
                             one look applied already; put it first, or both into one action",
        })
    );
    assert_eq!(world.calls(), [""; 0]);
    let event = at("2026-11-20T21:59:59Z", batch([add(), shift()]));
    let report = world.report(event.clone()).await;
    assert_eq!(endings(&report), ["accepted", "accepted"]);
    assert_eq!(endings(&world.report(event).await), ["superseded", "unchanged"]);
    assert_eq!(world.instances("ranking", "blue"), Some(5));
}

#[tokio::test]
async fn a_batch_of_50_with_3_failures_reports_exactly_those_3() {
    let world = World::with(endpoints(50), json!({})).await;
    let gone = ["e7", "e23", "e49"];
    world.sandbox.edit(|seed| gone.map(|name| seed.home().endpoints.remove(name)));
    let actions: Vec<Value> = (0..50).map(|index| instances(&format!("e{index}"), "AllTraffic", 3)).collect();
    let report = world.report(batch(actions.clone())).await;
    let missing = |index: usize| {
        format!(
            "actions[{index}] sagemaker:endpoint/e{index}/variant/AllTraffic: ValidationException: DescribeEndpoint was \
             refused: ValidationException: Could not find endpoint \
             \"arn:aws:sagemaker:us-east-1:123456789012:endpoint/e{index}\". Check the name, the Region and the account. \
             To look at it in account 123456789012: aws sagemaker describe-endpoint --endpoint-name e{index} --region us-east-1."
        )
    };
    assert_eq!(
        answer(&report),
        json!({
            "errorType": "ActionsFailed",
            "errorMessage": format!(
                "3 of 50 actions failed; the others are done and will not be repeated. {} {} {}",
                missing(7),
                missing(23),
                missing(49)
            ),
        })
    );
    let mut expected: Vec<String> = (0..50)
        .map(|index| format!("e{index}"))
        .flat_map(|name| match gone.contains(&name.as_str()) {
            true => vec![describe(&name).replace("200", "400")],
            false => vec![describe(&name), update_instances(&name, "AllTraffic", 3)],
        })
        .collect();
    expected.sort();
    assert_eq!(world.sorted_calls(), expected);
    // The same event again repeats none of the 47.
    assert!(world.report(batch(actions)).await.answer.is_err());
    assert!(world.calls().iter().all(|call| call.contains("DescribeEndpoint")));
}

#[tokio::test]
async fn a_redelivery_repeats_only_what_is_left() {
    let world = World::beside("eu-batch-1").await;
    world.sandbox.script("PutProvisionedConcurrencyConfig", Fault::throttle().times(5));
    let actions = [instances("recsys", "AllTraffic", 6), provisioned("checkout", "live", 20)];
    let payload = with(batch(actions), json!({"region": "eu-batch-1"}));
    let first = world.report(payload.clone()).await;
    let error = first.answer.unwrap_err();
    assert_eq!((error.error_type(), error.kind().is_retryable()), ("ActionsFailed", true));
    world.calls();
    let second = world.report(payload).await;
    let outcomes: Vec<&str> = second.decisions.iter().map(|decision| decision.outcome_name()).collect();
    assert_eq!(outcomes, ["unchanged", "accepted"]);
    assert_eq!(
        world.sorted_calls(),
        [get_provisioned("checkout", "live"), describe("recsys"), put_provisioned("checkout", "live", 20)]
    );
}

#[tokio::test]
async fn what_follows_a_failure_on_the_same_target_is_not_tried_and_says_so() {
    let world = World::new().await;
    let actions =
        [instances("ranking", "red", 4), instances("ranking", "blue", 4), instances("recsys", "AllTraffic", 4)];
    let report = world.report(batch(actions)).await;
    assert_eq!(endings(&report), ["failed", "failed", "accepted"]);
    let error = report.decisions[1].result.as_ref().unwrap_err();
    assert_eq!((error.error_type(), error.kind().is_retryable()), ("NotTried", false));
    assert_eq!(
        error.to_string(),
        "sagemaker:endpoint/ranking/variant/blue was not tried: an action before it on the same target failed \
         (InvalidAction)"
    );
    assert_eq!(world.instances("ranking", "blue"), Some(3));
}

/// The weight after a failed `add` would be a modification since the event, by which the `add` would be lost as a success.
#[tokio::test]
async fn an_add_that_failed_is_not_lost_by_what_follows_it() {
    let world = World::beside("eu-batch-2").await;
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::throttle().times(5));
    let weight = weights_and_capacities("ranking", json!([{"VariantName": "green", "DesiredWeight": 0.4}]));
    let payload = with(
        batch([instances("ranking", "blue", json!({"add": 2})), weight]),
        json!({"region": "eu-batch-2", "issuedAt": "2026-11-20T22:00:00Z"}),
    );
    let first = world.report(payload.clone()).await;
    let failed: Vec<&str> =
        first.decisions.iter().map(|decision| decision.result.as_ref().unwrap_err().error_type()).collect();
    assert_eq!(failed, ["ThrottlingException", "NotTried"]);
    assert!(first.answer.unwrap_err().kind().is_retryable());
    assert_eq!(endings(&world.report(payload).await), ["accepted", "accepted"]);
}

#[tokio::test]
async fn targets_that_wait_keep_no_free_one_from_its_turn() {
    let mut seed = Seed::example();
    let busy: Vec<String> = (0..40).map(|number| format!("busy-{number:02}")).collect();
    let endpoints = &mut seed.home().endpoints;
    let mut updating = endpoints["recsys"].clone();
    updating.start_updating(Change::ending_after(Pace::Reads(1000)));
    endpoints.extend(busy.iter().map(|name| (name.clone(), updating.clone())));
    let world = World::with(seed, json!({})).await;
    let actions =
        busy.iter().map(|name| instances(name, "AllTraffic", 6)).chain([instances("recsys", "AllTraffic", 6)]);
    let report = world.report_within(batch(actions), Duration::from_secs(60)).await;
    assert_eq!(endings(&report)[40], "accepted");
    let calls = world.calls();
    let write = calls.iter().position(|call| *call == update_instances("recsys", "AllTraffic", 6)).unwrap();
    assert!(write < 60, "the free target was written after {write} calls");
}

#[tokio::test]
async fn a_plan_of_several_of_which_one_fails_shows_the_others() {
    let world = World::new().await;
    let actions = [
        instances("nowhere", "AllTraffic", 6),
        instances("recsys", "AllTraffic", 6),
        provisioned("checkout", "live", 5),
    ];
    let answer = world.answer(with(batch(actions), json!({"mode": "plan"}))).await;
    assert_eq!(answer["errorType"], "ActionsFailed");
    let message = answer["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("1 of 3 actions cannot be planned; nothing was written. actions[0] "), "{message}");
    assert!(
        message.ends_with(
            " actions[1] sagemaker:endpoint/recsys/variant/AllTraffic: DesiredInstanceCount 2 -> 6. actions[2] \
             lambda:function:checkout:live: nothing to change."
        ),
        "{message}"
    );
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(2));
}

#[tokio::test]
async fn a_batch_that_no_retry_can_help_is_not_retryable() {
    let world = World::new().await;
    let actions = [instances("nowhere", "AllTraffic", 6), instances("recsys", "AllTraffic", 2)];
    let error = world.report(batch(actions)).await.answer.unwrap_err();
    assert_eq!((error.error_type(), error.kind().is_retryable()), ("ActionsFailed", false));
}

#[tokio::test]
async fn a_guardrail_refuses_its_action_and_no_other() {
    let rule = json!({"target": "sagemaker:endpoint/*", "max": 20});
    let world = World::configured(json!({"guardrails": {"targets": [rule]}})).await;
    let actions = [instances("recsys", "AllTraffic", 600), provisioned("checkout", "live", 20)];
    let report = world.report(batch(actions)).await;
    assert_eq!(
        answer(&report),
        json!({
            "errorType": "ActionsFailed",
            "errorMessage": "1 of 2 actions failed; the others are done and will not be repeated. actions[0] \
                             sagemaker:endpoint/recsys/variant/AllTraffic: GuardrailViolation: \
                             sagemaker:endpoint/recsys/variant/AllTraffic: DesiredInstanceCount 2 -> 600 is refused: \
                             guardrails.targets[0] (sagemaker:endpoint/*) sets max 20; nothing was written.",
        })
    );
    assert_eq!(
        world.sorted_calls(),
        [get_provisioned("checkout", "live"), describe("recsys"), put_provisioned("checkout", "live", 20)]
    );
}

#[tokio::test]
async fn settings_beside_actions_hold_for_each_that_does_not_say_otherwise() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.start_updating(Change::ending_after(Pace::Reads(9))));
    let actions = [
        instances("recsys", "AllTraffic", 6),
        with(provisioned("checkout", "live", 20), json!({"waitFor": "accepted"})),
        provisioned("search", "prod", 20),
    ];
    let report = world.report(with(batch(actions), json!({"onBusy": "skip", "waitFor": "settled"}))).await;
    let outcomes: Vec<&str> = report.decisions.iter().map(|decision| decision.outcome_name()).collect();
    assert_eq!(outcomes, ["skipped", "accepted", "applied"]);
}

#[tokio::test]
async fn one_time_beside_actions_serves_all_relative_ones() {
    let world = World::new().await;
    let actions =
        [instances("recsys", "AllTraffic", json!({"add": 1})), provisioned("checkout", "live", json!({"add": 1}))];
    let payload = with(batch(actions), json!({"issuedAt": "2026-11-20T21:59:59Z"}));
    for outcome in ["accepted", "superseded"] {
        let report = world.report(payload.clone()).await;
        assert!(report.decisions.iter().all(|decision| decision.outcome_name() == outcome));
        world.pass(Duration::from_secs(60)).await;
    }
    assert_eq!((world.instances("recsys", "AllTraffic"), world.provisioned("checkout", "live")), (Some(3), Some(6)));
}

#[tokio::test]
async fn a_model_and_an_endpoint_and_a_function_go_side_by_side() {
    let world = World::new().await;
    let rename = json!({"provisionedModelId": "summaries", "desiredProvisionedModelName": "digests"});
    let actions = [throughput(rename), instances("recsys", "AllTraffic", 3), provisioned("checkout", "BLUE", 3)];
    let report = world.report(with(batch(actions), json!({"waitFor": "settled"}))).await;
    assert!(report.decisions.iter().all(|decision| decision.outcome_name() == "applied"), "{report:?}");
}

/// A notification for each payload, in one event.
fn notifications(payloads: &[Value]) -> Value {
    let record = |payload: &Value| notification("2026-11-20T22:00:00.000Z", payload);
    json!({"Records": payloads.iter().map(record).collect::<Vec<_>>()})
}

#[tokio::test]
async fn the_notifications_of_one_event_are_checked_as_a_whole_and_answered_together() {
    let world = World::new().await;
    let good = instances("recsys", "AllTraffic", 6);
    let broken = world.answer(notifications(&[good.clone(), provisioned("checkout", "live", 0)])).await;
    assert_eq!(broken["errorType"], "InvalidAction");
    assert_eq!(world.calls(), [""; 0]);
    let answer = world.answer(notifications(&[good, instances("ranking", "blue", 4)])).await;
    let outcomes: Vec<&Value> = answer["results"].as_array().unwrap().iter().map(|result| &result["outcome"]).collect();
    assert_eq!(outcomes, ["accepted", "accepted"]);
}
