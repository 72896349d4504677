//! A target that is being changed: waited for, skipped, or an error.

use std::time::Duration;

use serde_json::json;
use setpoint::outcome::Outcome;
use setpoint_sandbox::{
    Capacity, Change, CustomModelDeploymentStatus, DEFAULT_ACCOUNT, EndpointStatus, Fault, InferenceComponentStatus,
    Pace, ProvisionedModelStatus, Variant,
};

use crate::support::{
    World, answer, at, component_arn, copies, deployment, describe, describe_component, endpoint_arn, get_provisioned,
    instances, now, provisioned, put_provisioned, throughput, update_copies, update_instances, weights_and_capacities,
    with,
};

/// A `recsys` that somebody else's update keeps busy for so many reads.
async fn busy_for(reads: u32) -> World {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.start_updating(Change::ending_after(Pace::Reads(reads))));
    world
}

fn refusal() -> Fault {
    let text = "Cannot update in-progress endpoint \"arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys\".";
    Fault::error(400, "ValidationException", text)
}

const REFUSED: &str = "POST / UpdateEndpointWeightsAndCapacities {\"EndpointName\":\"recsys\",\
                       \"DesiredWeightsAndCapacities\":[{\"VariantName\":\"AllTraffic\",\"DesiredInstanceCount\":6}]} -> 400";

#[tokio::test]
async fn a_busy_endpoint_is_waited_for_and_written_once() {
    let world = busy_for(2).await;
    let report = world.report(instances("recsys", "AllTraffic", 6)).await;
    assert_eq!(answer(&report), endpoint_arn("recsys"));
    assert_eq!(report.decisions[0].outcome_name(), "accepted");
    assert_eq!(
        world.calls(),
        [describe("recsys"), describe("recsys"), describe("recsys"), update_instances("recsys", "AllTraffic", 6)]
    );
    assert_eq!(world.waited(), Duration::from_millis(12_500));
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(6));
}

#[tokio::test]
async fn busy_told_by_the_write_itself_is_waited_for_all_the_same() {
    let world = World::new().await;
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", refusal());
    let report = world.report(instances("recsys", "AllTraffic", 6)).await;
    assert_eq!(answer(&report), endpoint_arn("recsys"));
    assert_eq!(report.decisions[0].outcome_name(), "accepted");
    assert_eq!(
        world.calls(),
        [
            describe("recsys"),
            REFUSED.to_owned(),
            describe("recsys"),
            describe("recsys"),
            update_instances("recsys", "AllTraffic", 6),
        ]
    );
    assert_eq!(world.waited(), Duration::from_secs(5));
}

#[tokio::test]
async fn a_busy_endpoint_that_is_to_be_skipped_is_read_and_answered_and_not_written() {
    let world = busy_for(2).await;
    let before = world.instances("recsys", "AllTraffic");
    let report = world.report(with(instances("recsys", "AllTraffic", 6), json!({"onBusy": "skip"}))).await;
    assert_eq!(answer(&report), endpoint_arn("recsys"));
    assert_eq!(report.decisions[0].outcome_name(), "skipped");
    assert_eq!(world.calls(), [describe("recsys")]);
    assert_eq!(world.waited(), Duration::ZERO);
    assert_eq!(world.instances("recsys", "AllTraffic"), before);
}

#[tokio::test]
async fn busy_told_by_the_write_itself_is_skipped_all_the_same() {
    let world = World::new().await;
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", refusal());
    let report = world.report(with(instances("recsys", "AllTraffic", 6), json!({"onBusy": "skip"}))).await;
    assert_eq!(answer(&report), endpoint_arn("recsys"));
    assert_eq!(report.decisions[0].outcome_name(), "skipped");
    assert_eq!(world.calls(), [describe("recsys"), REFUSED.to_owned(), describe("recsys")]);
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(2));
}

#[tokio::test]
async fn a_busy_endpoint_that_is_to_fail_is_a_retryable_error_at_once() {
    let world = busy_for(2).await;
    let report = world.report(with(instances("recsys", "AllTraffic", 6), json!({"onBusy": "fail"}))).await;
    assert_eq!(
        answer(&report),
        json!({
            "errorType": "TargetBusy",
            "errorMessage": "sagemaker:endpoint/recsys/variant/AllTraffic is busy (Updating); nothing was written. \
                             Another change is under way; deliver the event again when it is done",
        })
    );
    assert!(report.answer.unwrap_err().kind().is_retryable());
    assert_eq!(world.calls(), [describe("recsys")]);
    assert_eq!(world.waited(), Duration::ZERO);
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_not_called_busy() {
    for on_busy in ["wait", "skip", "fail"] {
        let world = World::beside("eu-busy-1").await;
        world.sandbox.edit(|seed| seed.changes.pace = Some(Pace::Reads(5)));
        world.sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::lose_answer());
        let settings = json!({"region": "eu-busy-1", "onBusy": on_busy});
        let report = world.report(with(instances("recsys", "AllTraffic", 6), settings)).await;
        assert_eq!(report.decisions[0].outcome_name(), "unchanged", "{on_busy}");
        assert_eq!(
            world.calls(),
            [
                describe("recsys"),
                update_instances("recsys", "AllTraffic", 6).replace("200", "no answer"),
                REFUSED.to_owned(),
                describe("recsys"),
            ],
            "{on_busy}"
        );
    }
}

#[tokio::test]
async fn near_the_deadline_a_busy_endpoint_is_a_retryable_target_busy_and_nothing_was_written() {
    let world = busy_for(100).await;
    let before = world.sandbox.endpoint("recsys").unwrap().variants;
    let report = world.report_within(instances("recsys", "AllTraffic", 6), Duration::from_secs(20)).await;
    assert_eq!(
        answer(&report),
        json!({
            "errorType": "TargetBusy",
            "errorMessage": "sagemaker:endpoint/recsys/variant/AllTraffic is busy (Updating) and did not become free \
                             in 12 s; nothing was written. Another change is under way; deliver the event again when \
                             it is done",
        })
    );
    assert!(report.answer.unwrap_err().kind().is_retryable());
    assert_eq!(world.calls(), [describe("recsys"), describe("recsys"), describe("recsys")]);
    assert_eq!(world.waited(), Duration::from_millis(12_500));
    assert_eq!(world.sandbox.endpoint("recsys").unwrap().variants, before);
}

#[tokio::test]
async fn with_too_little_time_to_wait_at_all_a_busy_endpoint_is_read_once() {
    let world = busy_for(100).await;
    let report = world.report_within(instances("recsys", "AllTraffic", 6), Duration::from_secs(3)).await;
    assert_eq!(report.answer.unwrap_err().error_type(), "TargetBusy");
    assert_eq!(world.calls(), [describe("recsys")]);
    assert_eq!(world.waited(), Duration::ZERO);
}

#[tokio::test]
async fn a_wait_that_would_leave_no_time_to_read_and_write_is_not_begun() {
    // Five seconds of waiting, three for the read and the write, and less than half a second for the answer.
    for (milliseconds, reads) in [(8_399, 1), (8_400, 2)] {
        let world = busy_for(100).await;
        let budget = Duration::from_millis(milliseconds);
        let report = world.report_within(instances("recsys", "AllTraffic", 6), budget).await;
        assert_eq!(report.answer.unwrap_err().error_type(), "TargetBusy");
        assert_eq!(world.calls(), vec![describe("recsys"); reads]);
    }
}

#[tokio::test]
async fn a_redelivery_after_target_busy_writes_once() {
    let world = busy_for(4).await;
    let event = at("2026-11-20T21:59:59Z", instances("recsys", "AllTraffic", json!({"add": 4})));
    let first = world.report_within(event.clone(), Duration::from_secs(20)).await;
    assert_eq!(first.answer.unwrap_err().error_type(), "TargetBusy");
    world.pass(Duration::from_secs(60)).await;
    let second = world.report_within(event.clone(), Duration::from_secs(20)).await;
    assert_eq!(answer(&second), endpoint_arn("recsys"));
    assert_eq!(second.decisions[0].outcome_name(), "accepted");
    let third = world.report(event).await;
    assert_eq!(third.decisions[0].outcome_name(), "superseded");
    assert_eq!(
        world.calls(),
        [
            describe("recsys"),
            describe("recsys"),
            describe("recsys"),
            describe("recsys"),
            describe("recsys"),
            update_instances("recsys", "AllTraffic", 6),
            describe("recsys"),
        ]
    );
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(6));
}

#[tokio::test]
async fn every_status_but_in_service_is_waited_for_where_it_passes() {
    for status in [
        EndpointStatus::Updating,
        EndpointStatus::SystemUpdating,
        EndpointStatus::RollingBack,
        EndpointStatus::Creating,
        EndpointStatus::Deleting,
    ] {
        let world = busy_for(1).await;
        world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.status = status);
        assert_eq!(world.answer(instances("recsys", "AllTraffic", 6)).await, endpoint_arn("recsys"), "{status:?}");
        assert_eq!(
            world.calls(),
            [describe("recsys"), describe("recsys"), update_instances("recsys", "AllTraffic", 6)],
            "{status:?}"
        );
    }
}

#[tokio::test]
async fn an_endpoint_that_is_being_created_has_no_variants_yet_and_is_busy_all_the_same() {
    let world = busy_for(100).await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.status = EndpointStatus::Creating);
    let payload = instances("recsys", "AllTraffic", 6);
    let skipped = world.report(with(payload.clone(), json!({"onBusy": "skip"}))).await;
    assert_eq!(answer(&skipped), endpoint_arn("recsys"));
    assert_eq!(skipped.decisions[0].outcome_name(), "skipped");
    let failed = world.report(with(payload, json!({"onBusy": "fail"}))).await;
    assert_eq!(
        answer(&failed),
        json!({
            "errorType": "TargetBusy",
            "errorMessage": "sagemaker:endpoint/recsys/variant/AllTraffic is busy (Creating); nothing was written. \
                             Another change is under way; deliver the event again when it is done",
        })
    );
    assert_eq!(world.calls(), [describe("recsys"), describe("recsys")]);
}

#[tokio::test]
async fn a_variant_that_the_update_under_way_brings_is_waited_for() {
    let world = busy_for(1).await;
    let payload = instances("recsys", "canary", 2);
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.change = Some(Change::ending_after(Pace::Reads(100))));
    let busy = world.report_within(payload.clone(), Duration::from_secs(10)).await;
    assert_eq!(busy.answer.unwrap_err().error_type(), "TargetBusy");
    world.sandbox.edit_endpoint("recsys", |endpoint| {
        endpoint.change = Some(Change::ending_after(Pace::Reads(0)));
        endpoint.variants.push(Variant {
            variant_name: "canary".to_owned(),
            instance_type: None,
            can_scale_to_zero: false,
            reserved_instances: None,
            current: Capacity { weight: 0.0, instance_count: Some(1), serverless: None },
            desired: None,
        });
    });
    assert_eq!(world.answer(payload).await, endpoint_arn("recsys"));
    assert_eq!(world.instances("recsys", "canary"), Some(2));
}

#[tokio::test]
async fn a_busy_endpoint_on_its_way_to_what_is_asked_for_is_left_alone() {
    let world = busy_for(100).await;
    world.sandbox.edit_endpoint("recsys", |endpoint| {
        let desired = Capacity { instance_count: Some(6), ..endpoint.variants[0].current.clone() };
        endpoint.variants[0].desired = Some(desired);
    });
    let report = world.report(instances("recsys", "AllTraffic", 6)).await;
    assert_eq!(answer(&report), endpoint_arn("recsys"));
    assert_eq!(report.decisions[0].outcome_name(), "unchanged");
    assert_eq!(world.calls(), [describe("recsys")]);
}

#[tokio::test]
async fn what_changes_during_the_wait_is_planned_anew() {
    let world = busy_for(1).await;
    world.sandbox.edit_endpoint("recsys", |endpoint| {
        let desired = Capacity { instance_count: Some(9), ..endpoint.variants[0].current.clone() };
        endpoint.variants[0].desired = Some(desired);
    });
    let report = world.report(instances("recsys", "AllTraffic", json!({"atMost": 4}))).await;
    assert_eq!(answer(&report), endpoint_arn("recsys"));
    assert_eq!(world.calls(), [describe("recsys"), describe("recsys"), update_instances("recsys", "AllTraffic", 4)]);
}

#[tokio::test]
async fn two_deliveries_racing_for_one_busy_endpoint_add_once() {
    let world = busy_for(2).await;
    let event = at("2026-11-20T21:59:59Z", instances("recsys", "AllTraffic", json!({"add": 2})));
    let (one, other) = tokio::join!(world.report(event.clone()), world.report(event));
    assert_eq!((answer(&one), answer(&other)), (endpoint_arn("recsys"), endpoint_arn("recsys")));
    let mut outcomes = [one.decisions[0].outcome_name(), other.decisions[0].outcome_name()];
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["accepted", "superseded"]);
    let accepted = update_instances("recsys", "AllTraffic", 4);
    assert_eq!(world.calls().iter().filter(|call| **call == accepted).count(), 1);
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
}

#[tokio::test]
async fn a_function_that_is_being_updated_is_waited_for() {
    let world = World::new().await;
    world.sandbox.edit_function("checkout", |function| {
        function.updating = Some(Change::ending_after(Pace::Reads(4)));
    });
    let report = world.report(provisioned("checkout", "live", 20)).await;
    assert_eq!(report.decisions[0].outcome_name(), "accepted");
    let refused = put_provisioned("checkout", "live", 20).replace("202", "409");
    assert_eq!(
        world.calls(),
        [
            get_provisioned("checkout", "live"),
            refused.clone(),
            get_provisioned("checkout", "live"),
            get_provisioned("checkout", "live"),
            refused,
            get_provisioned("checkout", "live"),
            get_provisioned("checkout", "live"),
            put_provisioned("checkout", "live", 20),
        ]
    );
    assert_eq!(world.waited(), Duration::from_millis(7_500));
}

#[tokio::test]
async fn a_function_that_stays_in_an_update_is_target_busy_in_aws_words() {
    let world = World::new().await;
    world.sandbox.edit_function("checkout", |function| {
        function.updating = Some(Change::ending_after(Pace::Reads(100)));
    });
    let report = world.report(with(provisioned("checkout", "live", 20), json!({"onBusy": "fail"}))).await;
    let error = report.answer.unwrap_err();
    assert_eq!((error.error_type(), error.kind().is_retryable()), ("TargetBusy", true));
    let words = "An update is in progress for resource: arn:aws:lambda:us-east-1:123456789012:function:checkout";
    assert!(error.to_string().contains(words), "{error}");
    assert_eq!(world.provisioned("checkout", "live"), Some(5));
}

/// What Lambda says of something else that is under way, here and at neighbouring operations.
const LAMBDA_IS_AT_IT: [&str; 4] = [
    "The operation cannot be performed at this time. An update is in progress for resource: arn:aws:lambda:us-east-1:1:function:f",
    "A previous request is being processed. Please try again shortly",
    "The request could not be completed due to a concurrent update operation",
    "The operation cannot be performed at this time. The function is currently in the following state: Pending",
];

#[tokio::test]
async fn whatever_lambda_is_at_is_busy_and_handled_as_the_payload_says() {
    for words in LAMBDA_IS_AT_IT {
        let refusal = Fault::error(409, "ResourceConflictException", words);
        for (on_busy, outcome) in [("wait", "accepted"), ("skip", "skipped"), ("fail", "failed")] {
            let world = World::new().await;
            world.sandbox.script("PutProvisionedConcurrencyConfig", refusal.clone());
            let report = world.report(with(provisioned("checkout", "live", 20), json!({"onBusy": on_busy}))).await;
            assert_eq!(report.decisions[0].outcome_name(), outcome, "{on_busy}: {words}");
            if let Err(error) = report.answer {
                assert_eq!((error.error_type(), error.kind().is_retryable()), ("TargetBusy", true), "{words}");
                assert!(error.to_string().contains(words), "{error}");
            }
            let refused = put_provisioned("checkout", "live", 20).replace("202", "409");
            let mut calls = vec![get_provisioned("checkout", "live"), refused, get_provisioned("checkout", "live")];
            if on_busy == "wait" {
                calls.extend([get_provisioned("checkout", "live"), put_provisioned("checkout", "live", 20)]);
            }
            assert_eq!(world.calls(), calls, "{on_busy}: {words}");
        }
    }
}

#[tokio::test]
async fn a_new_number_is_put_while_the_last_one_is_still_being_allocated() {
    let world = World::new().await;
    world.report(provisioned("checkout", "live", 20)).await;
    let report = world.report(provisioned("checkout", "live", 30)).await;
    assert_eq!(report.decisions[0].outcome_name(), "accepted");
    assert_eq!(
        world.calls(),
        [
            get_provisioned("checkout", "live"),
            put_provisioned("checkout", "live", 20),
            get_provisioned("checkout", "live"),
            put_provisioned("checkout", "live", 30),
        ]
    );
    assert_eq!(world.waited(), Duration::ZERO);
}

#[tokio::test]
async fn a_provisioned_throughput_that_is_being_updated_is_waited_for() {
    let world = World::new().await;
    world.sandbox.edit_provisioned_model("support-bot", |model| {
        model.status = ProvisionedModelStatus::Updating;
        model.change = Some(Change::ending_after(Pace::Reads(1)));
    });
    let input = json!({"provisionedModelId": "support-bot", "desiredProvisionedModelName": "assistant"});
    assert_eq!(world.answer(throughput(input)).await, json!({}));
    assert_eq!(
        world.calls(),
        [
            "GET /provisioned-model-throughput/support-bot -> 200",
            "GET /provisioned-model-throughput/support-bot -> 200",
            "PATCH /provisioned-model-throughput/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdef123456 {\"desiredProvisionedModelName\":\"assistant\"} -> 200",
        ]
    );
}

#[tokio::test]
async fn a_deployment_that_is_being_made_or_updated_is_waited_for() {
    let model = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2";
    let read = "GET /model-customization/custom-model-deployments/support-chat -> 200".to_owned();
    let write =
        format!("PATCH /model-customization/custom-model-deployments/support-chat {{\"modelArn\":\"{model}\"}} -> 202");
    for (status, state) in
        [(CustomModelDeploymentStatus::Active, "Updating"), (CustomModelDeploymentStatus::Creating, "Creating")]
    {
        let world = World::new().await;
        world.sandbox.edit_custom_model_deployment("support-chat", |it| {
            it.status = status;
            it.start_updating(Change::ending_after(Pace::Reads(2)));
        });
        let failed = world.answer(with(deployment("support-chat", model), json!({"onBusy": "fail"}))).await;
        assert_eq!(
            failed,
            json!({
                "errorType": "TargetBusy",
                "errorMessage": format!(
                    "bedrock:custom-model-deployment/support-chat is busy ({state}); nothing was written. Another change is \
                     under way; deliver the event again when it is done"
                ),
            })
        );
        let report = world.report(deployment("support-chat", model)).await;
        assert_eq!(report.decisions[0].outcome_name(), "accepted", "{status:?}");
        assert_eq!(world.calls(), [read.clone(), read.clone(), read.clone(), write.clone()], "{status:?}");
        assert_eq!(world.sandbox.custom_model_deployment("support-chat").unwrap().wanted_model(), model);
    }
}

/// A `recsys-ranker` that somebody else's update keeps busy for so many reads.
async fn component_busy_for(reads: u32) -> World {
    let world = World::new().await;
    let change = Change::ending_after(Pace::Reads(reads));
    world.sandbox.edit_inference_component("recsys-ranker", |component| component.start_updating(change));
    world
}

#[tokio::test]
async fn every_status_of_an_inference_component_but_in_service_is_waited_for_where_it_passes() {
    use InferenceComponentStatus::{Creating, Deleting, Updating};
    for status in [Creating, Updating, Deleting] {
        let world = component_busy_for(2).await;
        world.sandbox.edit_inference_component("recsys-ranker", |component| component.status = status);
        let report = world.report(copies("recsys-ranker", 0)).await;
        assert_eq!(answer(&report), component_arn("recsys-ranker"), "{status:?}");
        assert_eq!(report.decisions[0].outcome_name(), "accepted", "{status:?}");
        let read = describe_component("recsys-ranker");
        assert_eq!(world.calls(), [read.clone(), read.clone(), read, update_copies("recsys-ranker", 0)], "{status:?}");
        assert_eq!(world.waited(), Duration::from_millis(12_500), "{status:?}");
    }
}

#[tokio::test]
async fn a_busy_inference_component_is_skipped_or_an_error_as_the_payload_says() {
    let world = component_busy_for(100).await;
    let skipped = world.report(with(copies("recsys-ranker", 0), json!({"onBusy": "skip"}))).await;
    assert_eq!(answer(&skipped), component_arn("recsys-ranker"));
    assert_eq!(skipped.decisions[0].outcome_name(), "skipped");
    let failed = world.report(with(copies("recsys-ranker", 0), json!({"onBusy": "fail"}))).await;
    assert_eq!(
        answer(&failed),
        json!({
            "errorType": "TargetBusy",
            "errorMessage": "sagemaker:inference-component/recsys-ranker is busy (Updating); nothing was written. Another \
                             change is under way; deliver the event again when it is done",
        })
    );
    assert!(failed.answer.unwrap_err().kind().is_retryable());
    assert_eq!(world.calls(), vec![describe_component("recsys-ranker"); 2]);
}

#[tokio::test]
async fn an_inference_component_that_only_the_write_finds_busy_is_waited_for_all_the_same() {
    let world = World::new().await;
    world.sandbox.edit_inference_component("recsys-ranker", |component| component.changes.stale_reads = Some(1));
    world.report(copies("recsys-ranker", 5)).await;
    world.calls();
    let report = world.report(copies("recsys-ranker", 6)).await;
    assert_eq!(answer(&report), component_arn("recsys-ranker"));
    assert_eq!(report.decisions[0].outcome_name(), "accepted");
    let (read, write) = (describe_component("recsys-ranker"), update_copies("recsys-ranker", 6));
    assert_eq!(world.calls(), [read.clone(), write.replace("200", "400"), read.clone(), read, write]);
    assert_eq!(world.copies("recsys-ranker"), 6);
}

#[tokio::test]
async fn a_read_that_fails_for_a_moment_during_the_wait_does_not_end_it() {
    let world = World::beside("eu-busy-2").await;
    world.sandbox.edit(|seed| {
        let region = seed.region(DEFAULT_ACCOUNT, "eu-busy-2");
        region.endpoints.get_mut("recsys").unwrap().start_updating(Change::ending_after(Pace::Reads(1)));
    });
    world.sandbox.script("DescribeEndpoint", Fault::slow(Duration::ZERO));
    world.sandbox.script("DescribeEndpoint", Fault::server_error().times(5));
    let report = world.report(with(instances("recsys", "AllTraffic", 6), json!({"region": "eu-busy-2"}))).await;
    assert_eq!(report.decisions[0].outcome_name(), "accepted");
    let failed = describe("recsys").replace("200", "500");
    assert_eq!(
        world.calls(),
        [
            vec![describe("recsys")],
            vec![failed; 5],
            vec![describe("recsys"), update_instances("recsys", "AllTraffic", 6)],
        ]
        .concat()
    );
}

#[tokio::test]
async fn an_endpoint_that_vanishes_during_the_wait_is_not_found() {
    let world = busy_for(1).await;
    let event = weights_and_capacities("recsys", json!([{"VariantName": "AllTraffic", "DesiredWeight": 2}]));
    let text = "Could not find endpoint \"arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys\".";
    world.sandbox.script("DescribeEndpoint", Fault::slow(Duration::ZERO));
    world.sandbox.script("DescribeEndpoint", Fault::error(400, "ValidationException", text));
    let report = world.report(event).await;
    assert_eq!(report.answer.unwrap_err().error_type(), "ValidationException");
    assert_eq!(world.calls(), [describe("recsys"), describe("recsys").replace("200", "400")]);
}

#[tokio::test]
async fn a_change_that_ends_by_moving_the_time_of_modification_does_not_supersede_who_waited_for_it() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| {
        let change = Change { completion_moves_last_modified: true, ..Change::ending_after(Pace::Reads(1)) };
        endpoint.start_updating(change);
    });
    let event = at("2026-11-20T21:59:59Z", instances("recsys", "AllTraffic", json!({"add": 2})));
    let report = world.report(event).await;
    assert_eq!(report.decisions[0].result.as_ref().unwrap().outcome, Outcome::Accepted);
    assert_eq!(world.calls(), [describe("recsys"), describe("recsys"), update_instances("recsys", "AllTraffic", 4)]);
    assert_eq!(world.sandbox.endpoint("recsys").unwrap().last_modified_time, now());
}

#[tokio::test]
async fn a_redelivery_after_target_busy_stands_back_where_the_end_of_the_other_change_counts_as_a_modification() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| {
        let change = Change { completion_moves_last_modified: true, ..Change::ending_after(Pace::Reads(1)) };
        endpoint.start_updating(change);
    });
    let event = at("2026-11-20T21:59:59Z", instances("recsys", "AllTraffic", json!({"add": 2})));
    let first = world.report_within(event.clone(), Duration::from_secs(3)).await;
    assert_eq!(first.answer.unwrap_err().error_type(), "TargetBusy");
    // Nothing tells this from the event's own effect: adding nothing is the side that costs no money.
    let second = world.report(event).await;
    assert_eq!(second.decisions[0].outcome_name(), "superseded");
    assert_eq!(world.calls(), [describe("recsys"), describe("recsys")]);
}

#[tokio::test]
async fn two_deliveries_racing_for_a_free_endpoint_add_once() {
    let world = World::new().await;
    let event = at("2026-11-20T21:59:59Z", instances("recsys", "AllTraffic", json!({"add": 2})));
    let (one, other) = tokio::join!(world.report(event.clone()), world.report(event));
    assert_eq!((answer(&one), answer(&other)), (endpoint_arn("recsys"), endpoint_arn("recsys")));
    let accepted = update_instances("recsys", "AllTraffic", 4);
    assert_eq!(world.calls().iter().filter(|call| **call == accepted).count(), 1);
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
}
