//! What goes wrong between the function and AWS, and what the caller is told.

use std::time::Duration;

use serde_json::{Value, json};
use setpoint_sandbox::Fault;

use crate::support::{
    World, answer, copies, deployment, describe, endpoint_arn, instances, provisioned, report_without_a_server,
    scaling, throughput, unprovisioned, update_instances, with,
};

const V2: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2";

/// One conversation for each action: payload, read and write.
fn conversations() -> [(Value, &'static str, &'static str); 7] {
    let rename = json!({"provisionedModelId": "summaries", "desiredProvisionedModelName": "digests"});
    [
        (instances("recsys", "AllTraffic", 6), "DescribeEndpoint", "UpdateEndpointWeightsAndCapacities"),
        (provisioned("checkout", "live", 20), "GetProvisionedConcurrencyConfig", "PutProvisionedConcurrencyConfig"),
        (unprovisioned("search", "prod"), "GetProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig"),
        (throughput(rename), "GetProvisionedModelThroughput", "UpdateProvisionedModelThroughput"),
        (copies("recsys-ranker", 5), "DescribeInferenceComponent", "UpdateInferenceComponentRuntimeConfig"),
        (deployment("support-chat", V2), "GetCustomModelDeployment", "UpdateCustomModelDeployment"),
        (
            scaling("thumbnails", json!({"MaxExecutionEnvironments": 12})),
            "GetFunctionScalingConfig",
            "PutFunctionScalingConfig",
        ),
    ]
}

/// An error by its `errorType`, its kind and how often the SDK called for it.
type Expected = (&'static str, &'static str, usize);

/// Meets every operation of every conversation with `fault`, in a Region that no other test uses, and expects its error
/// and nothing written.
async fn every_operation_meets(fault: Fault, region: &str, expected: impl Fn(&str) -> Expected) {
    for (index, (payload, read, write)) in conversations().into_iter().enumerate() {
        for (operation, number) in [(read, 2 * index), (write, 2 * index + 1)] {
            let region = format!("{region}-{number}");
            let world = World::beside(&region).await;
            let before = world.sandbox.state();
            world.sandbox.script(operation, fault.clone().always());
            // A model is where it is asked for.
            let payload: Value = payload.to_string().replace("us-east-1", &region).parse().unwrap();
            let payload = with(payload, json!({"region": region}));
            let error = world.report(payload).await.answer.unwrap_err();
            let (error_type, kind, attempts) = expected(operation);
            assert_eq!((error.error_type(), error.kind().name()), (error_type, kind), "{operation}: {error}");
            let retryable = ["throttled", "unavailable", "timed out"].contains(&kind);
            assert_eq!((error.kind().is_retryable(), error.by_hand.is_none()), (retryable, retryable), "{operation}");
            let called: Vec<String> = world.sandbox.transcript().into_iter().map(|call| call.operation).collect();
            // After a write that failed the target is read again, in case that AWS has taken it after all.
            let around = vec![read; usize::from(operation == write)];
            assert_eq!(called, [around.clone(), vec![operation; attempts], around].concat(), "{operation}");
            world.sandbox.clear_faults();
            assert_eq!(world.sandbox.state(), before, "{operation}");
        }
    }
}

#[tokio::test]
async fn throttling_past_the_sdks_retries_is_retryable_in_each_services_words() {
    every_operation_meets(Fault::throttle(), "eu-throttled", |operation| {
        match ["Concurrency", "Function"].iter().any(|of| operation.contains(of)) {
            true => ("TooManyRequestsException", "throttled", 5),
            false => ("ThrottlingException", "throttled", 5),
        }
    })
    .await;
}

#[tokio::test]
async fn an_internal_error_of_aws_is_retryable_in_each_services_words() {
    every_operation_meets(Fault::server_error(), "eu-failed", |operation| match operation {
        operation if ["Concurrency", "Function"].iter().any(|of| operation.contains(of)) => {
            ("ServiceException", "unavailable", 5)
        }
        operation if operation.contains("Throughput") || operation.contains("CustomModel") => {
            ("InternalServerException", "unavailable", 5)
        }
        _ => ("InternalFailure", "unavailable", 5),
    })
    .await;
}

#[tokio::test]
async fn a_refusal_of_iam_is_final_and_in_aws_words() {
    every_operation_meets(Fault::access_denied(), "eu-denied", |_| ("AccessDeniedException", "denied", 1)).await;
    let world = World::new().await;
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::access_denied());
    assert_eq!(
        world.answer(instances("recsys", "AllTraffic", 6)).await,
        json!({
            "errorType": "AccessDeniedException",
            "errorMessage": "UpdateEndpointWeightsAndCapacities was refused: AccessDeniedException: User: \
                             arn:aws:iam::123456789012:user/sandbox is not authorized to perform: \
                             sagemaker:UpdateEndpointWeightsAndCapacities on resource: \
                             arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys. Grant the permission that AWS \
                             names to the role, or correct the credentials. To finish by hand in account 123456789012: aws sagemaker \
                             update-endpoint-weights-and-capacities --endpoint-name recsys \
                             --desired-weights-and-capacities \
                             '[{\"VariantName\":\"AllTraffic\",\"DesiredInstanceCount\":6}]' --region us-east-1",
        })
    );
}

#[tokio::test]
async fn credentials_that_expired_are_denied() {
    let text = "The security token included in the request is expired";
    let fault = Fault::error(403, "ExpiredTokenException", text);
    every_operation_meets(fault, "eu-expired", |_| ("ExpiredTokenException", "denied", 1)).await;
}

#[tokio::test]
async fn a_page_or_an_empty_body_of_a_proxy_that_is_not_well_is_retryable() {
    let faults = [Fault::html(503), Fault::empty(503), Fault::html(500), Fault::empty(502)];
    for (fault, region) in faults.into_iter().zip(["eu-pagea", "eu-emptya", "eu-pageb", "eu-emptyb"]) {
        every_operation_meets(fault, region, |_| ("ServiceUnavailable", "unavailable", 5)).await;
    }
}

#[tokio::test]
async fn a_page_or_an_empty_body_of_a_proxy_that_turns_calls_away_is_final() {
    for fault in [Fault::html(403), Fault::empty(403)] {
        every_operation_meets(fault, "eu-pagec", |_| ("AccessDeniedException", "denied", 1)).await;
    }
    for fault in [Fault::html(404), Fault::empty(400)] {
        every_operation_meets(fault, "eu-paged", |_| ("UnrecognisedResponse", "invalid", 1)).await;
    }
}

#[tokio::test]
async fn a_success_without_aws_members_is_no_success_and_no_count_of_zero() {
    let add = with(provisioned("checkout", "live", json!({"add": 5})), json!({"issuedAt": "2026-11-20T21:59:59Z"}));
    let table = [
        (instances("recsys", "AllTraffic", 6), "DescribeEndpoint", 1),
        (instances("recsys", "AllTraffic", 6), "UpdateEndpointWeightsAndCapacities", 3),
        (copies("recsys-ranker", 5), "DescribeInferenceComponent", 1),
        (copies("recsys-ranker", 5), "UpdateInferenceComponentRuntimeConfig", 3),
        (deployment("support-chat", V2), "GetCustomModelDeployment", 1),
        (deployment("support-chat", V2), "UpdateCustomModelDeployment", 3),
        (scaling("thumbnails", json!({"MaxExecutionEnvironments": 12})), "GetFunctionScalingConfig", 1),
        (scaling("thumbnails", json!({"MaxExecutionEnvironments": 12})), "PutFunctionScalingConfig", 3),
        (add.clone(), "GetProvisionedConcurrencyConfig", 1),
        (add, "PutProvisionedConcurrencyConfig", 3),
        (
            throughput(json!({"provisionedModelId": "summaries", "desiredProvisionedModelName": "digests"})),
            "GetProvisionedModelThroughput",
            1,
        ),
        // These two have a response in which there is nothing.
        (unprovisioned("checkout", "live"), "DeleteProvisionedConcurrencyConfig", 3),
        (
            throughput(json!({"provisionedModelId": "summaries", "desiredProvisionedModelName": "digests"})),
            "UpdateProvisionedModelThroughput",
            3,
        ),
    ];
    for fault in [Fault::empty(200), Fault::html(200)] {
        for (payload, operation, calls) in &table {
            let world = World::new().await;
            world.sandbox.script(operation, fault.clone());
            let error = world.report(payload.clone()).await.answer.unwrap_err();
            assert_eq!(
                (error.error_type(), error.kind().is_retryable()),
                ("UnrecognisedResponse", true),
                "{operation}"
            );
            assert_eq!(world.calls().len(), *calls, "{operation}");
            assert_eq!(
                (world.instances("recsys", "AllTraffic"), world.provisioned("checkout", "live")),
                (Some(2), Some(5))
            );
            assert_eq!(world.copies("recsys-ranker"), 2);
        }
    }
}

#[tokio::test]
async fn an_error_nobody_has_heard_of_keeps_its_name_and_is_final() {
    let fault = Fault::error(400, "SomethingNewException", "");
    every_operation_meets(fault, "eu-new", |_| ("SomethingNewException", "invalid", 1)).await;
    let world = World::new().await;
    world.sandbox.script("DescribeEndpoint", Fault::error(400, "SomethingNewException", ""));
    assert_eq!(
        world.answer(instances("recsys", "AllTraffic", 6)).await["errorMessage"],
        "DescribeEndpoint was refused: SomethingNewException (HTTP 400, without a message). Correct the input. To look \
         at it in account 123456789012: aws sagemaker describe-endpoint --endpoint-name recsys --region us-east-1"
    );
}

#[tokio::test]
async fn a_refused_connection_is_retryable() {
    let report = report_without_a_server(instances("recsys", "AllTraffic", 6)).await;
    assert_eq!(
        answer(&report),
        json!({
            "errorType": "ServiceUnavailable",
            "errorMessage": "DescribeEndpoint could not reach AWS: Connection refused (os error 111). Deliver the event \
                             again; if it persists, check the Region's health and the network path",
        })
    );
    assert!(report.answer.unwrap_err().kind().is_retryable());
}

#[tokio::test]
async fn a_deadline_in_the_middle_of_a_read_is_a_retryable_time_out() {
    let world = World::new().await;
    // By the sandbox's clock, which stands still: the answer never comes.
    world.sandbox.script("DescribeEndpoint", Fault::slow(Duration::from_secs(3600)));
    let report = world.report_within(instances("recsys", "AllTraffic", 6), Duration::from_millis(500)).await;
    assert_eq!(
        answer(&report),
        json!({
            "errorType": "RequestTimeout",
            "errorMessage": "DescribeEndpoint was not answered before the invocation's deadline. Deliver the event again: \
                             what was done already is not repeated",
        })
    );
    assert!(report.answer.unwrap_err().kind().is_retryable());
    assert_eq!(world.calls(), [describe("recsys").replace("200", "no answer")]);
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(2));
}

#[tokio::test]
async fn a_deadline_in_the_middle_of_a_write_is_a_retryable_time_out_and_a_redelivery_writes_nothing_more() {
    let world = World::new().await;
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::slow(Duration::from_secs(3600)));
    let event = instances("recsys", "AllTraffic", 6);
    let report = world.report_within(event.clone(), Duration::from_millis(900)).await;
    let error = report.answer.unwrap_err();
    assert_eq!((error.error_type(), error.kind().is_retryable()), ("RequestTimeout", true));
    assert_eq!(
        world.calls(),
        [describe("recsys"), update_instances("recsys", "AllTraffic", 6).replace("200", "no answer")]
    );
    let second = world.report(event).await;
    assert_eq!(second.decisions[0].outcome_name(), "unchanged");
    assert_eq!(world.calls(), [describe("recsys")]);
}

#[tokio::test]
async fn a_deadline_in_the_past_stands_for_a_minute() {
    let world = World::new().await;
    // What `cargo lambda watch` sends: ten minutes after the beginning of 1970.
    for deadline_ms in [600_000, 0] {
        let report = world.report_until(instances("recsys", "AllTraffic", 2), deadline_ms).await;
        assert_eq!(answer(&report), endpoint_arn("recsys"));
    }
    world.sandbox.edit_endpoint("recsys", |endpoint| {
        use setpoint_sandbox::{Change, Pace};
        endpoint.start_updating(Change::ending_after(Pace::Reads(100)));
    });
    let busy = world.report_until(instances("recsys", "AllTraffic", 6), 600_000).await;
    assert_eq!(busy.answer.unwrap_err().error_type(), "TargetBusy");
    // 5, 7.5, 11.25 and 16.875 seconds; the next interval would cross the minute.
    assert_eq!(world.waited(), Duration::from_millis(40_625));
}

#[tokio::test]
async fn what_is_no_event_is_told_what_was_seen_and_nothing_is_called() {
    let world = World::new().await;
    let understood = "which is none of the shapes this function understands: a payload {\"action\": …, \"input\": {…}}} \
                      or {\"actions\": [ … ]}} by itself or from EventBridge Scheduler, an EventBridge event, an SNS \
                      notification, SQS messages (from EventBridge Pipes too), a CloudWatch alarm, or a Lambda failure-destination record that \
                      carries one of these";
    let understood = understood.replace("}}}", "}}").replace("]}}", "]}");
    for (event, seen) in [
        (json!({"EndpointName": "secret", "count": 6}), "an object with `EndpointName`, `count`"),
        (json!({}), "an empty object"),
        (json!([1]), "a list"),
        (json!(7), "a number"),
        (json!(null), "null"),
    ] {
        assert_eq!(
            world.answer(event).await,
            json!({"errorType": "InvalidEvent", "errorMessage": format!("the event is {seen}, {understood}")})
        );
    }
    assert_eq!(world.calls(), [""; 0]);
}

#[tokio::test]
async fn a_connection_that_closes_before_every_answer_is_retryable() {
    for (fault, region) in [(Fault::drop_connection(), "eu-dropped-2"), (Fault::lose_answer(), "eu-dropped-3")] {
        for operation in ["DescribeEndpoint", "UpdateEndpointWeightsAndCapacities"] {
            let world = World::beside(region).await;
            world.sandbox.script(operation, fault.clone().always());
            let payload = with(instances("recsys", "AllTraffic", 6), json!({"region": region}));
            let answer = world.report(payload).await.answer;
            if operation.starts_with("Update") && region == "eu-dropped-3" {
                // AWS has taken the write, and only its answers were lost: the read after them shows it.
                assert_eq!(
                    answer.unwrap()["EndpointArn"],
                    endpoint_arn("recsys")["EndpointArn"].as_str().unwrap().replace("us-east-1", region)
                );
                continue;
            }
            let error = answer.unwrap_err();
            assert_eq!((error.error_type(), error.kind().name()), ("ServiceUnavailable", "unavailable"));
            assert_eq!(
                error.to_string(),
                format!(
                    "{operation} could not reach AWS: connection closed before message completed. Deliver the event \
                     again; if it persists, check the Region's health and the network path"
                )
            );
        }
    }
}
