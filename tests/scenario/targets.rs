//! Targets relative to what is there.

use serde_json::{Value, json};

use crate::support::{
    World, answer, at, component_arn, copies, describe, describe_component, endpoint_arn, get_provisioned, instances,
    now, provisioned, put_provisioned, update, update_copies, update_instances, weights_and_capacities,
};

const BEFORE: &str = "2026-11-20T21:59:59Z";

#[tokio::test]
async fn every_target_goes_on_the_wire_as_the_integer_it_comes_to() {
    // Of `ranking`, blue has 3 instances.
    let table = [
        (json!(5), Some(5)),
        (json!({"exactly": 5}), Some(5)),
        (json!({"exactly": 3}), None),
        (json!({"atLeast": 5}), Some(5)),
        (json!({"atLeast": 2}), None),
        (json!({"atMost": 2}), Some(2)),
        (json!({"atMost": 9}), None),
        (json!({"add": 2}), Some(5)),
        (json!({"add": 2, "max": 4}), Some(4)),
        (json!({"add": 2, "max": 3}), None),
        (json!({"add": 2, "max": 2}), None),
        (json!({"add": 1, "min": 6}), Some(6)),
        (json!({"add": -1}), Some(2)),
        (json!({"add": -9}), Some(1)),
        (json!({"add": -9, "min": 2}), Some(2)),
        (json!({"add": -1, "min": 3}), None),
        (json!({"add": -1, "min": 4}), None),
        (json!({"percent": 50}), Some(5)),
        (json!({"percent": 1}), Some(4)),
        (json!({"percent": 50, "max": 4}), Some(4)),
        (json!({"percent": -1}), Some(2)),
        (json!({"percent": -100}), Some(1)),
        (json!({"percent": 400, "max": 3}), None),
    ];
    for (target, resolved) in table {
        let world = World::new().await;
        let report = world.report(at(BEFORE, instances("ranking", "blue", target.clone()))).await;
        assert_eq!(answer(&report), endpoint_arn("ranking"), "{target}");
        match resolved {
            Some(count) => {
                assert_eq!(report.decisions[0].outcome_name(), "accepted", "{target}");
                assert_eq!(
                    world.calls(),
                    [describe("ranking"), update_instances("ranking", "blue", count)],
                    "{target}"
                );
            }
            None => {
                assert_eq!(report.decisions[0].outcome_name(), "unchanged", "{target}");
                assert_eq!(world.calls(), [describe("ranking")], "{target}");
            }
        }
    }
}

#[tokio::test]
async fn zero_is_reached_only_where_min_says_so_and_aws_agrees() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.variants[0].can_scale_to_zero = true);
    let event = at(BEFORE, instances("recsys", "AllTraffic", json!({"add": -5, "min": 0})));
    assert_eq!(world.answer(event).await, endpoint_arn("recsys"));
    assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 0)]);
}

#[tokio::test]
async fn provisioned_concurrency_never_goes_below_one() {
    let world = World::new().await;
    let event = at(BEFORE, provisioned("checkout", "live", json!({"percent": -100})));
    assert_eq!(world.answer(event).await["RequestedProvisionedConcurrentExecutions"], 1);
    assert_eq!(world.calls(), [get_provisioned("checkout", "live"), put_provisioned("checkout", "live", 1)]);
}

#[tokio::test]
async fn an_alias_without_a_configuration_counts_as_zero() {
    let table = [(json!({"atLeast": 3}), Some(3)), (json!({"atMost": 3}), None), (json!({"add": -5}), None)];
    for (target, resolved) in table {
        let world = World::new().await;
        world.report(at(BEFORE, provisioned("checkout", "BLUE", target))).await.answer.unwrap();
        let read = get_provisioned("checkout", "BLUE").replace("200", "404");
        let write = resolved.map(|count| put_provisioned("checkout", "BLUE", count));
        assert_eq!(world.calls(), [read].into_iter().chain(write).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn copies_are_counted_from_what_is_there_and_from_zero_too() {
    let table = [
        (2, json!({"atLeast": 4}), Some(4)),
        (2, json!({"atLeast": 1}), None),
        (2, json!({"atMost": 0}), Some(0)),
        (2, json!({"atMost": 3}), None),
        (2, json!({"add": 2, "max": 3}), Some(3)),
        (2, json!({"add": -5}), Some(1)),
        (2, json!({"add": -5, "min": 0}), Some(0)),
        (2, json!({"percent": -100, "min": 0}), Some(0)),
        (0, json!({"atLeast": 1}), Some(1)),
        (0, json!({"atMost": 0}), None),
        (0, json!({"add": 2}), Some(2)),
        (0, json!({"add": -1}), None),
        (0, json!({"percent": 50}), Some(1)),
        (0, json!({"percent": -50}), None),
    ];
    for (present, target, resolved) in table {
        let world = World::new().await;
        world.sandbox.edit_inference_component("recsys-ranker", |component| component.current_copy_count = present);
        let report = world.report(at(BEFORE, copies("recsys-ranker", target.clone()))).await;
        assert_eq!(answer(&report), component_arn("recsys-ranker"), "{target} of {present}");
        let write = resolved.map(|count| update_copies("recsys-ranker", count));
        let calls: Vec<String> = [describe_component("recsys-ranker")].into_iter().chain(write).collect();
        assert_eq!(world.calls(), calls, "{target} of {present}");
    }
}

#[tokio::test]
async fn a_second_delivery_adds_no_copies() {
    let world = World::new().await;
    let event = at(BEFORE, copies("recsys-ranker", json!({"add": 2})));
    let outcomes = [world.report(event.clone()).await, world.report(event).await];
    assert_eq!(outcomes.map(|report| report.decisions[0].outcome_name()), ["accepted", "superseded"]);
    let read = describe_component("recsys-ranker");
    assert_eq!(world.calls(), [read.clone(), update_copies("recsys-ranker", 4), read]);
}

#[tokio::test]
async fn serverless_targets_resolve_each_against_their_own() {
    let world = World::new().await;
    let config = json!({"MaxConcurrency": {"percent": 100}, "ProvisionedConcurrency": {"add": 3}});
    let payload =
        weights_and_capacities("embeddings", json!([{"VariantName": "AllTraffic", "ServerlessUpdateConfig": config}]));
    assert_eq!(world.answer(at(BEFORE, payload)).await, endpoint_arn("embeddings"));
    let config = "{\"MaxConcurrency\":20,\"ProvisionedConcurrency\":5}";
    assert_eq!(
        world.calls(),
        [
            describe("embeddings"),
            update("embeddings", &format!("[{{\"VariantName\":\"AllTraffic\",\"ServerlessUpdateConfig\":{config}}}]")),
        ]
    );
}

#[tokio::test]
async fn all_that_may_run_at_once_may_be_provisioned() {
    let world = World::new().await;
    let config = json!({"ProvisionedConcurrency": 10});
    let event =
        weights_and_capacities("embeddings", json!([{"VariantName": "AllTraffic", "ServerlessUpdateConfig": config}]));
    assert_eq!(world.answer(event).await, endpoint_arn("embeddings"));
}

#[tokio::test]
async fn a_serverless_target_stops_at_what_aws_accepts() {
    let world = World::new().await;
    let config = json!({"MaxConcurrency": {"add": 500}});
    let payload =
        weights_and_capacities("embeddings", json!([{"VariantName": "AllTraffic", "ServerlessUpdateConfig": config}]));
    assert_eq!(world.answer(at(BEFORE, payload)).await, endpoint_arn("embeddings"));
    assert_eq!(
        world.calls(),
        [
            describe("embeddings"),
            update(
                "embeddings",
                "[{\"VariantName\":\"AllTraffic\",\"ServerlessUpdateConfig\":{\"MaxConcurrency\":200}}]"
            ),
        ]
    );
}

#[tokio::test]
async fn a_target_counts_from_the_desired_value_and_not_from_the_present_one() {
    let world = World::new().await;
    // Allocation of the 20 has not even begun.
    world.report(provisioned("checkout", "BLUE", 20)).await;
    world.calls();
    let later = at("2026-11-20T22:00:03Z", provisioned("checkout", "BLUE", json!({"add": 10})));
    world.pass(std::time::Duration::from_secs(5)).await;
    assert_eq!(world.answer(later).await["RequestedProvisionedConcurrentExecutions"], 30);
}

fn share(variants: Value) -> Value {
    weights_and_capacities("ranking", variants)
}

#[tokio::test]
async fn a_share_sets_one_weight_and_leaves_the_others_their_proportions() {
    let world = World::new().await;
    let payload = share(json!([{"VariantName": "green", "DesiredWeight": {"share": 0.25}}]));
    assert_eq!(world.answer(payload.clone()).await, endpoint_arn("ranking"));
    assert_eq!(
        world.calls(),
        [describe("ranking"), update("ranking", "[{\"VariantName\":\"green\",\"DesiredWeight\":0.3}]")]
    );
    assert_eq!(world.answer(payload).await, endpoint_arn("ranking"));
    assert_eq!(world.calls(), [describe("ranking")]);
}

#[tokio::test]
async fn a_share_is_worked_out_beside_the_weights_in_the_same_request() {
    let world = World::new().await;
    let payload = share(json!([
        {"VariantName": "blue", "DesiredWeight": 3},
        {"VariantName": "green", "DesiredWeight": {"share": 0.25}},
    ]));
    assert_eq!(world.answer(payload).await, endpoint_arn("ranking"));
    let variants =
        "[{\"VariantName\":\"blue\",\"DesiredWeight\":3.0},{\"VariantName\":\"green\",\"DesiredWeight\":1.0}]";
    assert_eq!(world.calls(), [describe("ranking"), update("ranking", variants)]);
}

#[tokio::test]
async fn the_share_that_is_there_already_is_nothing_to_change() {
    let world = World::new().await;
    let payload = share(json!([{"VariantName": "green", "DesiredWeight": {"share": 0.1}}]));
    assert_eq!(world.answer(payload).await, endpoint_arn("ranking"));
    assert_eq!(world.calls(), [describe("ranking")]);
}

#[tokio::test]
async fn a_share_with_nothing_to_share_with_is_refused_and_not_written() {
    let world = World::new().await;
    let alone =
        weights_and_capacities("recsys", json!([{"VariantName": "AllTraffic", "DesiredWeight": {"share": 0.5}}]));
    let whole = share(json!([
        {"VariantName": "blue", "DesiredWeight": {"share": 0.5}},
        {"VariantName": "green", "DesiredWeight": {"share": 0.5}},
    ]));
    for payload in [alone, whole] {
        assert_eq!(
            world.answer(payload).await,
            json!({
                "errorType": "InvalidAction",
                "errorMessage": "input.DesiredWeightsAndCapacities[0].DesiredWeight.share: cannot be reached: no other \
                                 variant of the endpoint has a weight to share with, or the shares asked for leave it \
                                 nothing",
            })
        );
    }
    assert_eq!(world.calls(), [describe("recsys"), describe("ranking")]);
}

#[tokio::test]
async fn a_share_needs_no_time_and_a_second_delivery_of_it_changes_nothing() {
    let world = World::new().await;
    let payload = share(json!([{"VariantName": "green", "DesiredWeight": {"share": 0.5}}]));
    let outcomes = [world.report(payload.clone()).await, world.report(payload).await];
    assert_eq!(outcomes.map(|report| report.decisions[0].outcome_name()), ["accepted", "unchanged"]);
    assert_eq!(
        world.calls(),
        [
            describe("ranking"),
            update("ranking", "[{\"VariantName\":\"green\",\"DesiredWeight\":0.9}]"),
            describe("ranking"),
        ]
    );
}

#[tokio::test]
async fn a_relative_target_without_a_time_is_refused_with_what_to_write_and_nothing_is_called() {
    let table = [
        (instances("recsys", "AllTraffic", json!({"add": 2})), "DesiredWeightsAndCapacities[0].DesiredInstanceCount"),
        (
            weights_and_capacities(
                "embeddings",
                json!([{"VariantName": "AllTraffic", "ServerlessUpdateConfig": {"MaxConcurrency": {"percent": 10}}}]),
            ),
            "DesiredWeightsAndCapacities[0].ServerlessUpdateConfig.MaxConcurrency",
        ),
        (copies("recsys-ranker", json!({"add": 1})), "DesiredRuntimeConfig.CopyCount"),
        (provisioned("checkout", "live", json!({"percent": 10})), "ProvisionedConcurrentExecutions"),
    ];
    for (payload, member) in table {
        let world = World::new().await;
        assert_eq!(
            world.answer(payload).await,
            json!({
                "errorType": "InvalidAction",
                "errorMessage": format!(
                    "input.{member}: is relative (add, percent) and needs the event's own time, so that a second \
                     delivery does not apply it twice, but this event has none; in a schedule's input write \
                     \"issuedAt\": \"<aws.scheduler.scheduled-time>\" beside \"action\""
                ),
            })
        );
        assert_eq!(world.calls(), [""; 0]);
    }
}

#[tokio::test]
async fn a_relative_target_does_nothing_to_what_was_modified_from_two_seconds_before_the_event_on() {
    // LastModifiedTime of an endpoint has milliseconds, the time of an event has whole seconds.
    let table = [
        ("2026-11-20T21:59:57.999Z", "accepted"),
        ("2026-11-20T21:59:58Z", "superseded"),
        ("2026-11-20T22:00:00Z", "superseded"),
        ("2026-11-20T22:00:00.999Z", "superseded"),
        ("2026-11-20T22:00:30Z", "superseded"),
    ];
    for (modified, outcome) in table {
        let world = World::new().await;
        world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.last_modified_time = modified.parse().unwrap());
        let report =
            world.report(at("2026-11-20T22:00:00Z", instances("recsys", "AllTraffic", json!({"add": 2})))).await;
        assert_eq!(answer(&report), endpoint_arn("recsys"), "{modified}");
        assert_eq!(report.decisions[0].outcome_name(), outcome, "{modified}");
        let write = (outcome == "accepted").then(|| update_instances("recsys", "AllTraffic", 4));
        assert_eq!(world.calls(), [describe("recsys")].into_iter().chain(write).collect::<Vec<_>>(), "{modified}");
    }
}

#[tokio::test]
async fn what_is_superseded_is_answered_with_the_documented_response_from_the_read() {
    let world = World::new().await;
    world.sandbox.edit_function("checkout", |function| {
        function.provisioned_concurrency.get_mut("live").unwrap().last_modified = now();
    });
    assert_eq!(
        world.answer(at(BEFORE, provisioned("checkout", "live", json!({"add": 5})))).await,
        json!({
            "RequestedProvisionedConcurrentExecutions": 5,
            "AvailableProvisionedConcurrentExecutions": 5,
            "AllocatedProvisionedConcurrentExecutions": 5,
            "Status": "READY",
            "LastModified": "2026-11-20T22:00:00+0000",
        })
    );
    assert_eq!(world.calls(), [get_provisioned("checkout", "live")]);
}

#[tokio::test]
async fn an_absolute_target_is_not_superseded_by_a_modification() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.last_modified_time = now());
    assert_eq!(world.answer(at(BEFORE, instances("recsys", "AllTraffic", 6))).await, endpoint_arn("recsys"));
    assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 6)]);
}

#[tokio::test]
async fn the_plan_in_the_record_shows_what_was_asked_and_what_it_came_to() {
    let world = World::new().await;
    let report = world.report(at(BEFORE, instances("recsys", "AllTraffic", json!({"percent": 50, "max": 8})))).await;
    let plan = report.decisions[0].plan.as_ref().unwrap();
    assert_eq!(
        plan.changes_json(),
        json!([{"field": "DesiredInstanceCount", "from": 2, "to": 3, "asked": "{\"percent\":50,\"max\":8}"}])
    );
}

/// What is free of the plan, and what the endpoint has of it: to go down is never too much.
#[tokio::test]
async fn no_more_instances_are_asked_for_than_are_reserved_for_the_variant() {
    for (asked, reserved, is_refused) in [
        (json!(5), 4, true),
        (json!(4), 4, false),
        (json!({"add": 3, "max": 9}), 4, true),
        (json!({"atLeast": 5}), 4, true),
        (json!({"atMost": 1}), 1, false),
        (json!(2), 1, false),
    ] {
        let world = World::new().await;
        world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.variants[0].reserved_instances = Some(reserved));
        let event = at("2026-11-20T22:00:00Z", instances("recsys", "AllTraffic", asked.clone()));
        let answer = world.answer(event).await;
        match is_refused {
            true => {
                let message = "input.DesiredWeightsAndCapacities[0].DesiredInstanceCount: comes to 5, and the capacity that is \
                               reserved for the variant has 4 for this endpoint; ask for as many at most, or extend the training \
                               plan";
                assert_eq!(answer["errorType"], "InvalidAction", "{asked}");
                assert!(answer["errorMessage"].as_str().unwrap().starts_with(message), "{answer}");
                assert_eq!(world.calls(), [describe("recsys")]);
            }
            false => assert_eq!(answer, endpoint_arn("recsys"), "{asked}"),
        }
    }
}
