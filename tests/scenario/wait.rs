//! Waiting until a change has settled.

use std::time::Duration;

use serde_json::{Value, json};
use setpoint_sandbox::{
    Capacity, Change, EndpointStatus, Fault, InferenceComponentStatus, Pace, ProvisionedModelStatus,
};

use crate::support::{
    World, answer, at, component_arn, copies, deployment, describe, describe_component, endpoint_arn, get_provisioned,
    instances, provisioned, put_provisioned, scaling, throughput, unprovisioned, update_copies, update_instances,
    weights_and_capacities, with,
};

fn settled(payload: Value) -> Value {
    with(payload, json!({"waitFor": "settled"}))
}

#[tokio::test]
async fn accepted_is_answered_without_another_read() {
    let world = World::new().await;
    let report = world.report(with(instances("recsys", "AllTraffic", 6), json!({"waitFor": "accepted"}))).await;
    assert_eq!(report.decisions[0].outcome_name(), "accepted");
    assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 6)]);
    assert_eq!(world.waited(), Duration::ZERO);
}

#[tokio::test]
async fn settled_is_answered_when_the_endpoint_is_in_service_with_what_was_asked_for() {
    let world = World::new().await;
    let report = world.report(settled(instances("recsys", "AllTraffic", 6))).await;
    assert_eq!(answer(&report), endpoint_arn("recsys"));
    assert_eq!(report.decisions[0].outcome_name(), "applied");
    assert_eq!(
        world.calls(),
        [describe("recsys"), update_instances("recsys", "AllTraffic", 6), describe("recsys"), describe("recsys")]
    );
    let endpoint = world.sandbox.endpoint("recsys").unwrap();
    assert_eq!((endpoint.status, endpoint.variants[0].current.instance_count), (EndpointStatus::InService, Some(6)));
}

#[tokio::test]
async fn a_stale_read_after_the_update_is_not_taken_for_success() {
    for completion_moves_last_modified in [false, true] {
        let world = World::new().await;
        world.sandbox.edit_endpoint("recsys", |endpoint| {
            endpoint.changes.stale_reads = Some(3);
            endpoint.changes.completion_moves_last_modified = Some(completion_moves_last_modified);
        });
        let report = world.report(settled(instances("recsys", "AllTraffic", 6))).await;
        assert_eq!(report.decisions[0].outcome_name(), "applied");
        let mut calls = vec![describe("recsys"), update_instances("recsys", "AllTraffic", 6)];
        calls.extend(vec![describe("recsys"); 5]);
        assert_eq!(world.calls(), calls);
    }
}

#[tokio::test]
async fn a_change_that_takes_its_time_is_read_less_and_less_often() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.changes.pace = Some(Pace::Reads(9)));
    world.report(settled(instances("recsys", "AllTraffic", 6))).await;
    assert_eq!(world.calls().len(), 12);
    // 5, 7.5, 11.25, 16.875, 25.3125, then 30 each.
    assert_eq!(world.waited().as_secs(), 65 + 5 * 30);
}

#[tokio::test]
async fn settled_provisioned_concurrency_answers_with_the_final_numbers() {
    let world = World::new().await;
    assert_eq!(
        world.answer(settled(provisioned("checkout", "live", 20))).await,
        json!({
            "RequestedProvisionedConcurrentExecutions": 20,
            "AvailableProvisionedConcurrentExecutions": 20,
            "AllocatedProvisionedConcurrentExecutions": 20,
            "Status": "READY",
            "LastModified": "2026-11-20T22:00:00+0000",
        })
    );
    assert_eq!(
        world.calls(),
        [
            get_provisioned("checkout", "live"),
            put_provisioned("checkout", "live", 20),
            get_provisioned("checkout", "live"),
            get_provisioned("checkout", "live"),
        ]
    );
}

#[tokio::test]
async fn stale_reads_of_provisioned_concurrency_are_not_taken_for_success() {
    let world = World::new().await;
    world.sandbox.edit_function("checkout", |function| function.changes.stale_reads = Some(2));
    let ready = world.answer(settled(provisioned("checkout", "BLUE", 20))).await;
    assert_eq!((&ready["Status"], &ready["AllocatedProvisionedConcurrentExecutions"]), (&json!("READY"), &json!(20)));
    let missing = get_provisioned("checkout", "BLUE").replace("200", "404");
    assert_eq!(
        world.calls(),
        [
            missing.clone(),
            put_provisioned("checkout", "BLUE", 20),
            missing.clone(),
            missing,
            get_provisioned("checkout", "BLUE"),
            get_provisioned("checkout", "BLUE"),
        ]
    );
}

#[tokio::test]
async fn a_failed_allocation_is_an_error_and_a_redelivery_tries_again() {
    let world = World::new().await;
    world.sandbox.edit_function("checkout", |function| {
        function.changes.fail_next = Some("FUNCTION_ERROR_INIT_FAILURE".to_owned());
    });
    let payload = settled(provisioned("checkout", "live", 20));
    let report = world.report(payload.clone()).await;
    assert_eq!(
        answer(&report),
        json!({
            "errorType": "NotSettled",
            "errorMessage": "AWS reports that the change of lambda:function:checkout:live failed: FAILED: \
                             FUNCTION_ERROR_INIT_FAILURE. To look at it in account 123456789012: aws lambda \
                             get-provisioned-concurrency-config --function-name checkout --qualifier live --region \
                             us-east-1",
        })
    );
    world.pass(Duration::from_secs(60)).await;
    let second = world.report(payload).await;
    assert_eq!(second.decisions[0].outcome_name(), "applied");
    let conversation = [
        get_provisioned("checkout", "live"),
        put_provisioned("checkout", "live", 20),
        get_provisioned("checkout", "live"),
        get_provisioned("checkout", "live"),
    ];
    assert_eq!(world.calls(), [conversation.clone(), conversation].concat());
}

#[tokio::test]
async fn an_allocation_that_fails_in_the_very_second_of_the_last_failure_is_told_from_it() {
    let world = World::new().await;
    world.sandbox.edit_function("checkout", |function| {
        function.changes.fail_next = Some("FUNCTION_ERROR_INIT_FAILURE".to_owned());
    });
    let payload = settled(provisioned("checkout", "live", 20));
    world.report(payload.clone()).await;
    world.sandbox.edit_function("checkout", |function| {
        function.changes.fail_next = Some("FUNCTION_ERROR_INIT_FAILURE".to_owned());
    });
    let report = world.report(payload).await;
    let error = report.answer.unwrap_err();
    assert!(!error.kind().is_retryable(), "{error}");
    assert!(error.to_string().starts_with("AWS reports that the change of lambda:function:checkout:live failed"));
}

#[tokio::test]
async fn a_share_that_is_there_while_another_weight_is_changed_is_not_there_when_that_is_undone() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("ranking", |endpoint| {
        endpoint.changes.pace = Some(Pace::Reads(2));
        endpoint.changes.fail_next = Some("Capacity error.".to_owned());
    });
    let weight = |variant: &str, weight: Value| {
        weights_and_capacities("ranking", json!([{"VariantName": variant, "DesiredWeight": weight}]))
    };
    assert_eq!(world.answer(weight("blue", json!(0.3))).await, endpoint_arn("ranking"));
    let answer = world.answer(settled(weight("green", json!({"share": 0.25})))).await;
    assert_eq!(answer["errorType"], "NotSettled", "{answer}");
    assert!(answer["errorMessage"].as_str().unwrap().contains("DesiredWeight is 0.1, asked for 0.3"), "{answer}");
}

#[tokio::test]
async fn a_rolled_back_endpoint_is_an_error_with_the_reason() {
    for (pace, before) in [
        (Pace::Reads(1), "RollingBack: The instances did not pass the ping health check"),
        (
            Pace::Reads(0),
            "not read since the write was accepted; AWS says: The instances did not pass the ping health check",
        ),
    ] {
        let world = World::new().await;
        world.sandbox.edit_endpoint("recsys", |endpoint| {
            endpoint.changes.pace = Some(pace);
            endpoint.changes.fail_next = Some("The instances did not pass the ping health check.".to_owned());
        });
        let report = world.report(settled(instances("recsys", "AllTraffic", 6))).await;
        assert_eq!(
            answer(&report),
            json!({
                "errorType": "NotSettled",
                "errorMessage": format!(
                    "sagemaker:endpoint/recsys/variant/AllTraffic took the change and then came to rest without it: \
                     DesiredInstanceCount is 2, asked for 6 (before that: {before}). To look at it in account 123456789012: aws sagemaker \
                     describe-endpoint --endpoint-name recsys --region us-east-1"
                ),
            })
        );
        assert_eq!(world.instances("recsys", "AllTraffic"), Some(2));
        let calls = world.calls();
        assert_eq!(calls.iter().filter(|call| call.contains("Update")).count(), 1);
        assert_eq!(calls[..2], [describe("recsys"), update_instances("recsys", "AllTraffic", 6)]);
    }
}

#[tokio::test]
async fn at_the_deadline_not_settled_is_retryable_and_says_how_far_it_got() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.changes.pace = Some(Pace::Reads(100)));
    let report = world.report_within(settled(instances("recsys", "AllTraffic", 6)), Duration::from_secs(20)).await;
    assert_eq!(
        answer(&report),
        json!({
            "errorType": "NotSettled",
            "errorMessage": "sagemaker:endpoint/recsys/variant/AllTraffic had not settled when the time was up \
                             (Updating). Deliver the event again: what was done already is not repeated",
        })
    );
    assert!(report.answer.unwrap_err().kind().is_retryable());
    assert_eq!(
        world.calls(),
        [describe("recsys"), update_instances("recsys", "AllTraffic", 6), describe("recsys"), describe("recsys")]
    );
}

#[tokio::test]
async fn a_redelivery_after_not_settled_writes_nothing_more_and_waits_for_the_rest() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.changes.pace = Some(Pace::Reads(3)));
    let event = settled(instances("recsys", "AllTraffic", 6));
    let first = world.report_within(event.clone(), Duration::from_secs(20)).await;
    assert_eq!(first.answer.unwrap_err().error_type(), "NotSettled");
    world.calls();
    let second = world.report(event).await;
    assert_eq!(answer(&second), endpoint_arn("recsys"));
    assert_eq!(second.decisions[0].outcome_name(), "unchanged");
    assert_eq!(world.calls(), [describe("recsys"), describe("recsys")]);
}

#[tokio::test]
async fn a_redelivery_of_a_relative_event_after_not_settled_waits_and_adds_nothing() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.changes.pace = Some(Pace::Reads(3)));
    let event = at("2026-11-20T21:59:59Z", settled(instances("recsys", "AllTraffic", json!({"add": 4}))));
    let first = world.report_within(event.clone(), Duration::from_secs(20)).await;
    assert_eq!(first.answer.unwrap_err().error_type(), "NotSettled");
    world.calls();
    let second = world.report(event).await;
    assert_eq!(answer(&second), endpoint_arn("recsys"));
    assert_eq!(second.decisions[0].outcome_name(), "superseded");
    assert_eq!(world.calls(), [describe("recsys"), describe("recsys")]);
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(6));
}

#[tokio::test]
async fn a_redelivery_that_sees_the_change_roll_back_is_told_so_and_does_not_wait_for_the_deadline() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| {
        endpoint.changes.pace = Some(Pace::Reads(3));
        endpoint.changes.fail_next = Some("Capacity error.".to_owned());
    });
    let event = settled(instances("recsys", "AllTraffic", 6));
    let first = world.report_within(event.clone(), Duration::from_secs(20)).await;
    assert_eq!(first.answer.unwrap_err().error_type(), "NotSettled");
    world.calls();
    let second = world.report(event).await;
    let error = second.answer.unwrap_err();
    assert_eq!(
        error.to_string(),
        "sagemaker:endpoint/recsys/variant/AllTraffic took the change and then came to rest without it: \
         DesiredInstanceCount is 2, asked for 6 (before that: RollingBack: Capacity error). To look at it in account 123456789012: \
         aws sagemaker describe-endpoint --endpoint-name recsys --region us-east-1"
    );
    assert_eq!(world.calls(), vec![describe("recsys"); 5]);
}

#[tokio::test]
async fn a_redelivery_after_a_failed_allocation_at_the_deadline_tries_again() {
    let world = World::new().await;
    world.sandbox.edit_function("checkout", |function| {
        function.changes.pace = Some(Pace::Reads(3));
        function.changes.fail_next = Some("FUNCTION_ERROR_INIT_FAILURE".to_owned());
    });
    let event = settled(provisioned("checkout", "live", 20));
    let first = world.report_within(event.clone(), Duration::from_secs(12)).await;
    assert_eq!(first.answer.unwrap_err().error_type(), "NotSettled");
    world.pass(Duration::from_secs(60)).await;
    world.calls();
    let second = world.report(event.clone()).await;
    assert_eq!(second.answer.unwrap_err().error_type(), "NotSettled");
    assert!(world.calls().iter().all(|call| call.starts_with("GET ")));
    let third = world.report(event).await;
    assert_eq!(third.decisions[0].outcome_name(), "applied");
}

#[tokio::test]
async fn nothing_to_change_and_nothing_under_way_is_settled_with_one_read() {
    let world = World::new().await;
    let report = world.report(settled(instances("recsys", "AllTraffic", 2))).await;
    assert_eq!(report.decisions[0].outcome_name(), "unchanged");
    assert_eq!(world.calls(), [describe("recsys")]);
}

#[tokio::test]
async fn what_somebody_else_started_is_waited_for_without_a_write() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| {
        endpoint.start_updating(Change::ending_after(Pace::Reads(2)));
        let desired = Capacity { instance_count: Some(6), ..endpoint.variants[0].current.clone() };
        endpoint.variants[0].desired = Some(desired);
    });
    let report = world.report(settled(instances("recsys", "AllTraffic", 6))).await;
    assert_eq!(report.decisions[0].outcome_name(), "unchanged");
    assert_eq!(world.calls(), vec![describe("recsys"); 3]);
}

#[tokio::test]
async fn the_change_of_another_variant_of_the_endpoint_is_waited_for_too() {
    let world = World::new().await;
    world.report(instances("ranking", "green", 2)).await;
    world.calls();
    let payload = weights_and_capacities("ranking", json!([{"VariantName": "blue", "DesiredWeight": 0.9}]));
    let report = world.report(settled(payload)).await;
    assert_eq!(report.decisions[0].outcome_name(), "unchanged");
    assert_eq!(world.calls(), vec![describe("ranking"); 2]);
}

#[tokio::test]
async fn a_delete_is_settled_when_reads_no_longer_show_it() {
    let world = World::new().await;
    world.sandbox.edit_function("search", |function| function.changes.stale_reads = Some(2));
    let report = world.report(settled(unprovisioned("search", "prod"))).await;
    assert_eq!(answer(&report), json!({}));
    assert_eq!(report.decisions[0].outcome_name(), "applied");
    let read = get_provisioned("search", "prod");
    assert_eq!(
        world.calls(),
        [
            read.clone(),
            "DELETE /2019-09-30/functions/search/provisioned-concurrency?Qualifier=prod -> 204".to_owned(),
            read.clone(),
            read.clone(),
            read.replace("200", "404"),
        ]
    );
}

#[tokio::test]
async fn copies_are_settled_when_all_of_them_are_in_service_and_stale_reads_are_not_taken_for_success() {
    for stale_reads in [0, 2] {
        let world = World::new().await;
        world.sandbox.edit_inference_component("recsys-ranker", |component| {
            component.changes.stale_reads = Some(stale_reads);
        });
        let report = world.report(settled(copies("recsys-ranker", 5))).await;
        assert_eq!(answer(&report), component_arn("recsys-ranker"));
        assert_eq!(report.decisions[0].outcome_name(), "applied");
        let read = describe_component("recsys-ranker");
        let mut calls = vec![read.clone(), update_copies("recsys-ranker", 5)];
        calls.extend(vec![read; 2 + usize::try_from(stale_reads).unwrap()]);
        assert_eq!(world.calls(), calls);
        let component = world.sandbox.inference_component("recsys-ranker").unwrap();
        assert_eq!((component.status, component.current_copy_count), (InferenceComponentStatus::InService, 5));
    }
}

#[tokio::test]
async fn copies_that_find_no_room_are_an_error_with_the_reason_and_a_redelivery_tries_again() {
    let world = World::new().await;
    world.sandbox.edit_inference_component("recsys-ranker", |component| {
        component.changes.fail_next = Some("There is not enough capacity on the instances.".to_owned());
    });
    let payload = settled(copies("recsys-ranker", 5));
    let report = world.report(payload.clone()).await;
    assert_eq!(
        answer(&report),
        json!({
            "errorType": "NotSettled",
            "errorMessage": "AWS reports that the change of sagemaker:inference-component/recsys-ranker failed: Failed: \
                             There is not enough capacity on the instances. To look at it in account 123456789012: aws \
                             sagemaker describe-inference-component --inference-component-name recsys-ranker --region us-east-1",
        })
    );
    world.pass(Duration::from_secs(60)).await;
    let second = world.report(payload).await;
    assert_eq!(second.decisions[0].outcome_name(), "applied");
    let read = describe_component("recsys-ranker");
    let conversation = [read.clone(), update_copies("recsys-ranker", 5), read.clone(), read];
    assert_eq!(world.calls(), [conversation.clone(), conversation].concat());
}

#[tokio::test]
async fn a_component_in_service_that_has_other_copies_than_it_should_is_not_settled_and_takes_another_number() {
    let world = World::new().await;
    world.sandbox.edit_inference_component("recsys-ranker", |component| component.desired_copy_count = Some(5));
    let report = world.report_within(settled(copies("recsys-ranker", 5)), Duration::from_secs(20)).await;
    assert_eq!(
        answer(&report),
        json!({
            "errorType": "NotSettled",
            "errorMessage": "sagemaker:inference-component/recsys-ranker had not settled when the time was up (InService, 2 \
                             copies on the way to 5). Deliver the event again: what was done already is not repeated",
        })
    );
    assert!(world.calls().iter().all(|call| *call == describe_component("recsys-ranker")));
    let report = world.report(copies("recsys-ranker", 0)).await;
    assert_eq!(report.decisions[0].outcome_name(), "accepted");
    assert_eq!(world.calls(), [describe_component("recsys-ranker"), update_copies("recsys-ranker", 0)]);
}

const V2: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2";

#[tokio::test]
async fn a_model_is_settled_when_it_is_the_one_in_service() {
    let world = World::new().await;
    world.sandbox.edit_provisioned_model("support-bot", |model| model.changes.stale_reads = Some(1));
    let input = json!({"provisionedModelId": "support-bot", "desiredModelId": V2});
    let report = world.report(settled(throughput(input))).await;
    assert_eq!(answer(&report), json!({}));
    assert_eq!(report.decisions[0].outcome_name(), "applied");
    let read = "GET /provisioned-model-throughput/support-bot -> 200".to_owned();
    let write = format!(
        "PATCH /provisioned-model-throughput/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdef123456 {{\"desiredModelId\":\"{V2}\"}} -> 200"
    );
    assert_eq!(world.calls(), [read.clone(), write, read.clone(), read.clone(), read]);
    assert_eq!(world.sandbox.provisioned_model("support-bot").unwrap().model_arn, V2);
}

#[tokio::test]
async fn environments_are_settled_when_what_was_requested_is_applied_and_stale_reads_are_not_taken_for_success() {
    for stale_reads in [0, 2] {
        let world = World::new().await;
        world.sandbox.edit_function("thumbnails", |function| {
            let config = function.scaling_configs.get_mut("$LATEST.PUBLISHED").unwrap();
            config.changes.stale_reads = Some(stale_reads);
        });
        let bounds = json!({"MinExecutionEnvironments": 5, "MaxExecutionEnvironments": 50});
        let report = world.report(settled(scaling("thumbnails", bounds))).await;
        // The state of the function is in the answer to the write alone.
        assert_eq!(answer(&report), json!({}));
        assert_eq!(report.decisions[0].outcome_name(), "applied");
        let call = "/2025-11-30/functions/thumbnails/function-scaling-config?Qualifier=%24LATEST.PUBLISHED";
        let read = format!("GET {call} -> 200");
        let write = format!(
            "PUT {call} {{\"FunctionScalingConfig\":{{\"MinExecutionEnvironments\":5,\
             \"MaxExecutionEnvironments\":50}}}} -> 202"
        );
        let mut calls = vec![read.clone(), write];
        calls.extend(vec![read; 2 + usize::try_from(stale_reads).unwrap()]);
        assert_eq!(world.calls(), calls);
        let function = world.sandbox.function("thumbnails").unwrap();
        let applied = function.scaling_configs["$LATEST.PUBLISHED"].applied;
        assert_eq!((applied.min, applied.max), (Some(5), Some(50)));
    }
}

#[tokio::test]
async fn environments_that_never_come_are_not_settled() {
    let world = World::new().await;
    world.sandbox.edit_function("thumbnails", |function| {
        let config = function.scaling_configs.get_mut("$LATEST.PUBLISHED").unwrap();
        config.changes.fail_next = Some("AWS has no member for this".to_owned());
    });
    let payload = settled(scaling("thumbnails", json!({"MaxExecutionEnvironments": 50})));
    let report = world.report_within(payload, Duration::from_secs(20)).await;
    assert_eq!(
        answer(&report),
        json!({
            "errorType": "NotSettled",
            "errorMessage": "lambda:function-scaling-config:thumbnails:$LATEST.PUBLISHED had not settled when the time was up \
                             (2 to 10 environments applied, 2 to 50 requested). Deliver the event again: what was done \
                             already is not repeated",
        })
    );
}

#[tokio::test]
async fn a_deployment_is_settled_when_its_update_is_completed_and_stale_reads_are_not_taken_for_success() {
    for stale_reads in [0, 2] {
        let world = World::new().await;
        world.sandbox.edit_custom_model_deployment("support-chat", |it| it.changes.stale_reads = Some(stale_reads));
        let report = world.report(settled(deployment("support-chat", V2))).await;
        let arn = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/chat12345678";
        assert_eq!(answer(&report), json!({"customModelDeploymentArn": arn}));
        assert_eq!(report.decisions[0].outcome_name(), "applied");
        let mut calls = vec![GET_DEPLOYMENT.to_owned(), patch_deployment(V2)];
        calls.extend(vec![GET_DEPLOYMENT.to_owned(); 2 + usize::try_from(stale_reads).unwrap()]);
        assert_eq!(world.calls(), calls);
        assert_eq!(world.sandbox.custom_model_deployment("support-chat").unwrap().model_arn, V2);
    }
}

#[tokio::test]
async fn a_failed_update_of_a_deployment_is_an_error_with_the_reason_and_a_redelivery_tries_again() {
    let world = World::new().await;
    world.sandbox.edit_custom_model_deployment("support-chat", |it| {
        it.changes.fail_next = Some("The model could not be loaded.".to_owned());
    });
    let payload = settled(deployment("support-chat", V2));
    let first = world.report(payload.clone()).await;
    assert_eq!(
        answer(&first),
        json!({
            "errorType": "NotSettled",
            "errorMessage": "AWS reports that the change of bedrock:custom-model-deployment/support-chat failed: \
                             UpdateFailed: The model could not be loaded. To look at it in account 123456789012: aws bedrock \
                             get-custom-model-deployment --custom-model-deployment-identifier support-chat --region us-east-1",
        })
    );
    world.pass(Duration::from_secs(60)).await;
    let second = world.report(payload).await;
    assert_eq!(second.decisions[0].outcome_name(), "applied");
    let read = GET_DEPLOYMENT.to_owned();
    let conversation = [read.clone(), patch_deployment(V2), read.clone(), read];
    assert_eq!(world.calls(), [conversation.clone(), conversation].concat());
}

const GET_DEPLOYMENT: &str = "GET /model-customization/custom-model-deployments/support-chat -> 200";

fn patch_deployment(model: &str) -> String {
    format!("PATCH /model-customization/custom-model-deployments/support-chat {{\"modelArn\":\"{model}\"}} -> 202")
}

#[tokio::test]
async fn a_throughput_in_service_with_another_model_than_the_desired_one_is_not_settled() {
    let world = World::new().await;
    world.sandbox.edit_provisioned_model("support-bot", |model| model.desired_model_arn = Some(V2.to_owned()));
    let input = json!({"provisionedModelId": "support-bot", "desiredModelId": V2});
    let report = world.report_within(settled(throughput(input)), Duration::from_secs(12)).await;
    assert_eq!(
        answer(&report),
        json!({
            "errorType": "NotSettled",
            "errorMessage": "bedrock:provisioned-model/support-bot had not settled when the time was up (InService, \
                             model on its way). Deliver the event again: what was done already is not repeated",
        })
    );
    assert!(world.calls().iter().all(|call| call.starts_with("GET ")));
}

#[tokio::test]
async fn a_rename_is_settled_under_the_new_name_also_when_reads_lag_behind() {
    let world = World::new().await;
    world.sandbox.edit_provisioned_model("support-bot", |model| model.changes.stale_reads = Some(1));
    let input = json!({"provisionedModelId": "support-bot", "desiredProvisionedModelName": "assistant"});
    let report = world.report(settled(throughput(input))).await;
    assert_eq!(report.decisions[0].outcome_name(), "applied");
    assert_eq!(
        world.calls(),
        [
            "GET /provisioned-model-throughput/support-bot -> 200",
            "PATCH /provisioned-model-throughput/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdef123456 {\"desiredProvisionedModelName\":\"assistant\"} -> 200",
            "GET /provisioned-model-throughput/support-bot -> 200",
            "GET /provisioned-model-throughput/support-bot -> 404",
            "GET /provisioned-model-throughput/assistant -> 200",
            "GET /provisioned-model-throughput/support-bot -> 404",
            "GET /provisioned-model-throughput/assistant -> 200",
        ]
    );
}

#[tokio::test]
async fn a_failed_change_of_model_is_an_error_with_the_reason_and_a_redelivery_tries_again() {
    let world = World::new().await;
    world.sandbox.edit_provisioned_model("support-bot", |model| {
        model.changes.fail_next = Some("The model copy failed.".to_owned());
    });
    let input = json!({"provisionedModelId": "support-bot", "desiredModelId": V2});
    let first = world.report(settled(throughput(input.clone()))).await;
    assert_eq!(
        answer(&first),
        json!({
            "errorType": "NotSettled",
            "errorMessage": "AWS reports that the change of bedrock:provisioned-model/support-bot failed: Failed: The \
                             model copy failed. To look at it in account 123456789012: aws bedrock get-provisioned-model-throughput \
                             --provisioned-model-id support-bot --region us-east-1",
        })
    );
    assert_eq!(world.sandbox.provisioned_model("support-bot").unwrap().status, ProvisionedModelStatus::Failed);
    world.calls();
    world.pass(Duration::from_secs(60)).await;
    let second = world.report(throughput(input)).await;
    assert_eq!(answer(&second), json!({}));
    assert_eq!(second.decisions[0].outcome_name(), "accepted");
    assert_eq!(
        world.calls(),
        [
            "GET /provisioned-model-throughput/support-bot -> 200".to_owned(),
            format!(
                "PATCH /provisioned-model-throughput/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdef123456 {{\"desiredModelId\":\"{V2}\"}} -> 200"
            ),
        ]
    );
}

#[tokio::test]
async fn an_endpoint_that_failed_is_an_error_even_where_its_numbers_are_as_asked() {
    for wait_for in ["accepted", "settled"] {
        let world = World::new().await;
        world.sandbox.edit_endpoint("recsys", |endpoint| {
            endpoint.status = EndpointStatus::Failed;
            endpoint.failure_reason = Some("The image does not exist.".to_owned());
        });
        let payload = with(instances("recsys", "AllTraffic", 2), json!({"waitFor": wait_for}));
        assert_eq!(
            world.answer(payload).await,
            json!({
                "errorType": "NotSettled",
                "errorMessage": "AWS reports that the change of sagemaker:endpoint/recsys/variant/AllTraffic failed: \
                                 Failed: The image does not exist. To look at it in account 123456789012: aws sagemaker describe-endpoint \
                                 --endpoint-name recsys --region us-east-1",
            })
        );
        assert_eq!(world.calls(), [describe("recsys")]);
    }
}

#[tokio::test]
async fn a_read_that_fails_while_waiting_is_made_again() {
    let world = World::beside("eu-wait-1").await;
    world.sandbox.script("DescribeEndpoint", Fault::slow(Duration::ZERO));
    world.sandbox.script("DescribeEndpoint", Fault::server_error().times(5));
    let payload = with(instances("recsys", "AllTraffic", 6), json!({"region": "eu-wait-1"}));
    let report = world.report(settled(payload)).await;
    assert_eq!(report.decisions[0].outcome_name(), "applied");
    let failed = describe("recsys").replace("200", "500");
    assert_eq!(
        world.calls(),
        [
            vec![describe("recsys"), update_instances("recsys", "AllTraffic", 6)],
            vec![failed; 5],
            vec![describe("recsys"), describe("recsys")],
        ]
        .concat()
    );
}

#[tokio::test]
async fn waiting_for_a_busy_endpoint_and_then_for_ones_own_change_go_together() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.start_updating(Change::ending_after(Pace::Reads(1))));
    let report = world.report(settled(instances("recsys", "AllTraffic", 6))).await;
    assert_eq!(report.decisions[0].outcome_name(), "applied");
    assert_eq!(
        world.calls(),
        [
            describe("recsys"),
            describe("recsys"),
            update_instances("recsys", "AllTraffic", 6),
            describe("recsys"),
            describe("recsys"),
        ]
    );
}

#[tokio::test]
async fn an_old_failure_of_an_endpoint_that_is_at_rest_as_asked_is_no_failure() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.failure_reason = Some("Long ago.".to_owned()));
    let report = world.report(settled(instances("recsys", "AllTraffic", 2))).await;
    assert_eq!(report.decisions[0].outcome_name(), "unchanged");
    assert_eq!(world.calls(), [describe("recsys")]);
}

#[tokio::test]
async fn a_superseded_event_waits_for_the_target_to_come_to_rest_with_whatever_it_gets() {
    let world = World::new().await;
    world.report(instances("recsys", "AllTraffic", 9)).await;
    world.calls();
    let event = at("2026-11-20T21:59:59Z", settled(instances("recsys", "AllTraffic", json!({"add": 2}))));
    let report = world.report(event).await;
    assert_eq!(answer(&report), endpoint_arn("recsys"));
    assert_eq!(report.decisions[0].outcome_name(), "superseded");
    assert_eq!(world.calls(), vec![describe("recsys"); 2]);
}

#[tokio::test]
async fn skipping_a_busy_target_waits_for_nothing() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.start_updating(Change::ending_after(Pace::Reads(9))));
    let report = world.report(with(settled(instances("recsys", "AllTraffic", 6)), json!({"onBusy": "skip"}))).await;
    assert_eq!(report.decisions[0].outcome_name(), "skipped");
    assert_eq!(world.calls(), [describe("recsys")]);
}

/// What was promised is four or more, whatever number an autoscaler makes of it meanwhile.
#[tokio::test]
async fn at_least_is_settled_when_there_is_more_by_then() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.changes.pace = Some(Pace::Reads(2)));
    let payload = settled(instances("recsys", "AllTraffic", json!({"atLeast": 4})));
    let autoscaler = async {
        while world.instances("recsys", "AllTraffic") != Some(4) {
            tokio::task::yield_now().await;
        }
        world.sandbox.edit_endpoint("recsys", |endpoint| {
            let wanted =
                setpoint_sandbox::Capacity { instance_count: Some(8), ..endpoint.variants[0].wanted().clone() };
            endpoint.variants[0].desired = Some(wanted);
        });
    };
    let (report, ()) = tokio::join!(world.report(payload), autoscaler);
    assert_eq!(report.decisions[0].outcome_name(), "applied", "{:?}", report.answer);
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(8));
}

#[tokio::test]
async fn a_renaming_with_a_model_that_failed_is_tried_again_under_the_new_name() {
    let world = World::new().await;
    world.sandbox.edit_provisioned_model("support-bot", |model| {
        model.changes.fail_next = Some("The model could not be loaded.".to_owned());
    });
    let input =
        json!({"provisionedModelId": "support-bot", "desiredProvisionedModelName": "helper", "desiredModelId": V2});
    let event = at("2026-11-20T21:59:59Z", settled(throughput(input)));
    let first = world.report(event.clone()).await;
    assert_eq!(first.answer.unwrap_err().error_type(), "NotSettled");
    let second = world.report(event).await;
    assert_eq!(second.decisions[0].outcome_name(), "applied", "{:?}", second.answer);
    assert_eq!(world.sandbox.provisioned_model("helper").unwrap().model_arn, V2);
}

#[tokio::test]
async fn a_mistyped_name_beside_the_new_one_is_an_error() {
    let world = World::new().await;
    let rename = json!({"provisionedModelId": "sumaries", "desiredProvisionedModelName": "support-bot"});
    let answer = world.answer(at("2026-11-20T21:59:59Z", throughput(rename))).await;
    assert_eq!(
        answer,
        json!({
            "errorType": "ResourceNotFoundException",
            "errorMessage": "there is no bedrock:provisioned-model/sumaries; bedrock:provisioned-model/support-bot bears the \
                             name it was to get, but was not modified since the event, so it is not this one renamed. Check \
                             the name. To look at it in account 123456789012: aws bedrock get-provisioned-model-throughput --provisioned-model-id \
                             sumaries --region us-east-1",
        })
    );
}

#[tokio::test]
async fn what_the_look_at_the_new_name_says_is_told_unless_that_is_not_there_either() {
    let rename = throughput(json!({"provisionedModelId": "sumaries", "desiredProvisionedModelName": "digests"}));
    let neither = World::new().await.answer(rename.clone()).await;
    assert_eq!(neither["errorType"], "ResourceNotFoundException");
    assert!(neither["errorMessage"].as_str().unwrap().contains("provisioned-model-id sumaries"), "{neither}");
    let world = World::new().await;
    world.sandbox.script("GetProvisionedModelThroughput", Fault::access_denied().containing("digests"));
    assert_eq!(world.answer(rename).await["errorType"], "AccessDeniedException");
}

#[tokio::test]
async fn an_inference_component_that_came_to_rest_without_its_copies_is_told_with_what_aws_says() {
    for (reason, told) in [("No capacity.", "; AWS says: No capacity)"), ("", "InService)")] {
        let world = World::new().await;
        // Somebody else, or AWS, makes of it what it was.
        let others = async {
            while world.copies("recsys-ranker") != 3 {
                tokio::task::yield_now().await;
            }
            world.sandbox.edit_inference_component("recsys-ranker", |component| {
                component.desired_copy_count = Some(2);
                component.current_copy_count = 2;
                component.change = None;
                component.status = InferenceComponentStatus::InService;
                component.failure_reason = Some(reason.to_owned());
            });
        };
        let event = at("2026-11-20T21:59:59Z", settled(copies("recsys-ranker", 3)));
        let (report, ()) = futures_util::future::join(world.report(event), others).await;
        let error = report.answer.unwrap_err();
        assert_eq!(error.error_type(), "NotSettled");
        assert_eq!(error.to_string().contains("AWS says"), !reason.is_empty(), "{error}");
        assert!(reason.is_empty() || error.to_string().contains(told), "{error}");
    }
}

#[tokio::test]
async fn only_the_variants_that_were_asked_for_are_waited_for() {
    let world = World::new().await;
    let event = |variant| at("2026-11-20T21:59:59Z", settled(instances("ranking", variant, 3)));
    // What is meant for `green`, which nobody asked for, never comes.
    world.sandbox.edit_endpoint("ranking", |endpoint| {
        let green = endpoint.variants.iter_mut().find(|variant| variant.variant_name == "green").unwrap();
        green.desired = Some(Capacity { instance_count: Some(9), ..green.current.clone() });
    });
    let of_blue = world.report(event("blue")).await;
    assert_eq!(of_blue.decisions[0].outcome_name(), "unchanged", "{:?}", of_blue.answer);
    assert_eq!(world.waited(), Duration::ZERO);
}

/// The first attempt was taken and its answer lost; the second meets what the first has done.
#[tokio::test]
async fn a_renaming_whose_repeat_met_a_conflict_has_happened() {
    let world = World::beside("eu-wait-1").await;
    world.sandbox.script("UpdateProvisionedModelThroughput", Fault::lose_answer());
    world
        .sandbox
        .script("UpdateProvisionedModelThroughput", Fault::error(400, "ConflictException", "The name is in use"));
    let rename = json!({"provisionedModelId": "summaries", "desiredProvisionedModelName": "digests"});
    let report = world.report(with(throughput(rename), json!({"region": "eu-wait-1"}))).await;
    assert_eq!(report.decisions[0].outcome_name(), "accepted", "{:?}", report.answer);
}
