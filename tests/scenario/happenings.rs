//! EventBridge events that carry no payload, and what other services bring.

use serde_json::json;

use crate::support::{World, at, describe, endpoint_arn, instances, update_instances, with};

/// SageMaker's event of an endpoint that is in service again.
fn in_service() -> serde_json::Value {
    let detail = json!({"EndpointName": "recsys", "EndpointStatus": "IN_SERVICE"});
    let of = json!({"source": "aws.sagemaker", "detail-type": "SageMaker Endpoint State Change"});
    with(at("2026-11-20T21:59:00Z", detail), of)
}

#[tokio::test]
async fn an_event_without_a_payload_is_bound_by_source_and_detail_type() {
    for pattern in ["aws.sagemaker/SageMaker Endpoint State Change", "aws.sagemaker/*", "*/SageMaker Endpoint*"] {
        let add = instances("recsys", "AllTraffic", json!({"add": 2}));
        let config = json!({"events": {pattern: add, "*": instances("recsys", "AllTraffic", 1)}});
        let world = World::configured(config).await;
        assert_eq!(world.answer(in_service()).await, endpoint_arn("recsys"), "{pattern}");
        assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 4)], "{pattern}");
    }
}

#[tokio::test]
async fn one_that_is_bound_to_nothing_is_named_by_source_and_detail_type() {
    let custom = |detail| at("2026-11-20T21:59:00Z", detail);
    let status = "an object with `EndpointName`, `EndpointStatus`";
    let table = [
        (in_service(), "SageMaker Endpoint State Change", "aws.sagemaker", status),
        (custom(json!(null)), "Change Capacity", "com.example.ops", "null"),
        (custom(json!({})), "Change Capacity", "com.example.ops", "an empty object"),
        (custom(json!("more, please")), "Change Capacity", "com.example.ops", "a text"),
        (with(in_service(), json!({"source": "¶"})), "SageMaker Endpoint State Change", "…", status),
    ];
    for (event, detail_type, source, detail) in table {
        let message = format!(
            "the EventBridge event `{detail_type}` of `{source}` carries no payload: its `detail` is {detail}. Send \
             {{\"action\": …, \"input\": {{…}}}} there, or bind one in the configuration under events.{source}/{detail_type}"
        );
        let world = World::new().await;
        assert_eq!(world.answer(event).await, json!({"errorType": "InvalidEvent", "errorMessage": message}));
        assert_eq!(world.calls(), [""; 0]);
    }
}

#[tokio::test]
async fn a_payload_in_an_event_comes_before_what_is_bound_to_it() {
    let world = World::configured(json!({"events": {"*": instances("recsys", "AllTraffic", 1)}})).await;
    let event = at("2026-11-20T21:59:00Z", instances("recsys", "AllTraffic", 6));
    assert_eq!(world.answer(event).await, endpoint_arn("recsys"));
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(6));
}

/// Pipes send the bare list, also of one, and take the same partial batch response.
#[tokio::test]
async fn a_list_from_a_pipe_is_a_batch_of_messages() {
    let message = |id: &str, body: String| {
        let attributes = json!({"SentTimestamp": "1795212000000"});
        json!({"eventSource": "aws:sqs", "messageId": id, "body": body, "attributes": attributes})
    };
    let good = message("good", instances("recsys", "AllTraffic", 6).to_string());
    let world = World::new().await;
    assert_eq!(world.answer(json!([good])).await, json!({"batchItemFailures": []}));
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(6));
    let answer = world.answer(json!([message("bad", "?".to_owned()), good])).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "bad"}]}));
}

/// A schedule that calls lambda:invoke itself leaves the whole request in its dead-letter queue.
#[tokio::test]
async fn the_request_in_a_dead_letter_of_a_schedule_is_unwrapped() {
    let payload = instances("recsys", "AllTraffic", 6);
    for payload in [json!(payload.to_string()), payload] {
        let request = json!({"FunctionName": "setpoint", "InvocationType": "Event", "Payload": payload});
        let world = World::new().await;
        assert_eq!(world.answer(request).await, endpoint_arn("recsys"));
        assert_eq!(world.instances("recsys", "AllTraffic"), Some(6));
    }
}
