//! SQS messages, which succeed and fail one by one.

use std::time::Duration;

use serde_json::{Value, json};
use setpoint_sandbox::{Change, Fault, Pace};

use crate::support::{
    World, at, describe, get_provisioned, instances, provisioned, put_provisioned, update_instances, with,
};

/// 22:00 of that evening in milliseconds.
const SENT: &str = "1795212000000";

pub(super) fn message(id: &str, body: &Value) -> Value {
    json!({
        "messageId": id,
        "receiptHandle": "none",
        "body": body.to_string(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": SENT,
            "SenderId": "AIDAEXAMPLESENDER0001",
            "ApproximateFirstReceiveTimestamp": SENT,
        },
        "messageAttributes": {},
        "md5OfBody": "none",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:capacity-requests",
        "awsRegion": "us-east-1",
    })
}

/// The same message with more attributes.
fn with_attributes(mut message: Value, attributes: Value) -> Value {
    message["attributes"] = with(message["attributes"].clone(), attributes);
    message
}

fn in_group(message: Value, group: &str) -> Value {
    let message = with_attributes(message, json!({"MessageGroupId": group, "SequenceNumber": "18849496460467696128"}));
    with(message, json!({"eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:capacity-requests.fifo"}))
}

pub(super) fn records(messages: impl IntoIterator<Item = Value>) -> Value {
    json!({"Records": messages.into_iter().collect::<Vec<_>>()})
}

pub(super) fn failures(ids: &[&str]) -> Value {
    let items: Vec<Value> = ids.iter().map(|id| json!({"itemIdentifier": id})).collect();
    json!({"batchItemFailures": items})
}

fn text(id: &str, body: &str) -> Value {
    with(message(id, &json!(null)), json!({"body": body}))
}

#[tokio::test]
async fn one_bad_record_takes_no_other_down() {
    let world = World::new().await;
    let event = records([
        message("one", &instances("recsys", "AllTraffic", 6)),
        text("not-json", "scale up please"),
        message("not-an-action", &json!({"action": "sagemaker:DeleteEndpoint", "input": {}})),
        message("not-there", &instances("nowhere", "AllTraffic", 6)),
        text("empty", ""),
        message("two", &at("2026-11-20T21:59:00Z", provisioned("checkout", "live", 20))),
    ]);
    let report = world.report(event).await;
    let Ok(answer) = &report.answer else { panic!("{report:?}") };
    let mut failed: Vec<&str> = answer["batchItemFailures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["itemIdentifier"].as_str().unwrap())
        .collect();
    failed.sort_unstable();
    assert_eq!(failed, ["empty", "not-an-action", "not-json", "not-there"]);
    let refused: Vec<&str> = report.refused.iter().map(|error| error.error_type()).collect();
    assert_eq!(refused, ["InvalidEvent", "InvalidAction", "InvalidEvent"]);
    assert_eq!(
        world.sorted_calls(),
        [
            get_provisioned("checkout", "live"),
            describe("nowhere").replace("200", "400"),
            describe("recsys"),
            update_instances("recsys", "AllTraffic", 6),
            put_provisioned("checkout", "live", 20),
        ]
    );
}

#[tokio::test]
async fn the_failures_of_a_batch_are_named_each_once() {
    let world = World::new().await;
    let actions = json!({"actions": [instances("nowhere", "AllTraffic", 6), instances("elsewhere", "AllTraffic", 6)]});
    let event = records([message("both", &actions), message("fine", &instances("recsys", "AllTraffic", 2))]);
    assert_eq!(world.answer(event).await, failures(&["both"]));
}

#[tokio::test]
async fn messages_that_all_succeed_are_an_empty_list() {
    let world = World::new().await;
    let event = records([
        message("one", &instances("recsys", "AllTraffic", 6)),
        message("two", &instances("ranking", "blue", 4)),
    ]);
    assert_eq!(world.answer(event).await, failures(&[]));
}

#[tokio::test]
async fn messages_for_one_target_go_in_their_order() {
    let world = World::new().await;
    let event = records([
        message("one", &instances("recsys", "AllTraffic", 6)),
        message("two", &instances("recsys", "AllTraffic", 4)),
    ]);
    assert_eq!(world.answer(event).await, failures(&[]));
    assert_eq!(
        world.calls(),
        [
            describe("recsys"),
            update_instances("recsys", "AllTraffic", 6),
            describe("recsys"),
            describe("recsys"),
            update_instances("recsys", "AllTraffic", 4),
        ]
    );
}

#[tokio::test]
async fn a_fifo_queue_stops_at_the_first_failure_and_returns_everything_after_it() {
    let world = World::new().await;
    let event = records([
        in_group(message("one", &instances("recsys", "AllTraffic", 6)), "a"),
        in_group(message("two", &instances("nowhere", "AllTraffic", 6)), "a"),
        in_group(message("three", &instances("ranking", "blue", 4)), "a"),
        in_group(message("four", &provisioned("checkout", "live", 20)), "a"),
    ]);
    assert_eq!(world.answer(event).await, failures(&["two", "three", "four"]));
    assert_eq!(
        world.calls(),
        [describe("recsys"), update_instances("recsys", "AllTraffic", 6), describe("nowhere").replace("200", "400"),]
    );
    assert_eq!((world.instances("ranking", "blue"), world.provisioned("checkout", "live")), (Some(3), Some(5)));
}

#[tokio::test]
async fn a_fifo_queue_stops_at_a_message_it_cannot_read() {
    let world = World::new().await;
    let event = records([
        in_group(text("one", "scale up please"), "a"),
        in_group(message("two", &instances("recsys", "AllTraffic", 6)), "a"),
    ]);
    assert_eq!(world.answer(event).await, failures(&["one", "two"]));
    assert_eq!(world.calls(), [""; 0]);
}

#[tokio::test]
async fn a_fifo_queue_stops_within_the_message_group_and_no_other() {
    let world = World::new().await;
    let records = json!([
        in_group(message("one", &instances("nowhere", "AllTraffic", 3)), "a"),
        in_group(message("two", &instances("recsys", "AllTraffic", 4)), "b"),
        in_group(message("three", &instances("recsys", "AllTraffic", 5)), "a"),
    ]);
    let failures = json!([{"itemIdentifier": "one"}, {"itemIdentifier": "three"}]);
    assert_eq!(world.answer(json!({"Records": records})).await, json!({"batchItemFailures": failures}));
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
}

#[tokio::test]
async fn a_fifo_queue_does_one_message_after_the_other() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.start_updating(Change::ending_after(Pace::Reads(2))));
    let event = records([
        in_group(message("one", &instances("recsys", "AllTraffic", 6)), "a"),
        in_group(message("two", &provisioned("checkout", "live", 20)), "b"),
    ]);
    assert_eq!(world.answer(event).await, failures(&[]));
    assert_eq!(
        world.calls(),
        [
            describe("recsys"),
            describe("recsys"),
            describe("recsys"),
            update_instances("recsys", "AllTraffic", 6),
            get_provisioned("checkout", "live"),
            put_provisioned("checkout", "live", 20),
        ]
    );
}

/// The first attempt of the first message has no answer, and may yet take effect.
#[tokio::test]
async fn messages_of_a_fifo_queue_keep_each_other_from_the_lane_like_any_two_events() {
    let world = World::configured(json!({"ledgerTable": "setpoint-ledger"})).await;
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::lose_answer());
    let event = records([
        in_group(message("one", &instances("recsys", "AllTraffic", 6)), "a"),
        in_group(message("two", &instances("recsys", "AllTraffic", 4)), "b"),
    ]);
    assert_eq!(world.answer(event).await, failures(&[]));
    assert!(world.waited() >= Duration::from_secs(30), "{:?}", world.waited());
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
}

#[tokio::test]
async fn a_message_is_from_when_it_was_sent() {
    let world = World::configured(json!({"maxEventAge": "1h"})).await;
    let payload = instances("recsys", "AllTraffic", json!({"add": 2}));
    let late = with_attributes(message("late", &payload), json!({"SentTimestamp": "1795208399999"}));
    assert_eq!(world.answer(records([late])).await, failures(&["late"]));
    assert_eq!(world.calls(), [""; 0]);
    assert_eq!(world.answer(records([message("now", &payload)])).await, failures(&[]));
    assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 4)]);
}

#[tokio::test]
async fn a_message_received_again_keeps_its_time_and_adds_nothing() {
    let world = World::new().await;
    let payload = instances("recsys", "AllTraffic", json!({"add": 2}));
    let first = message("one", &payload);
    let again = with_attributes(
        first.clone(),
        json!({"ApproximateReceiveCount": "2", "ApproximateFirstReceiveTimestamp": "1795212030000"}),
    );
    world.report(records([first])).await;
    world.pass(std::time::Duration::from_secs(60)).await;
    let report = world.report(records([again])).await;
    assert_eq!(report.decisions[0].outcome_name(), "superseded");
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
}

#[tokio::test]
async fn an_event_in_a_message_keeps_its_own_time() {
    let world = World::configured(json!({"maxEventAge": "1h"})).await;
    let event = at("2026-11-20T20:00:00Z", instances("recsys", "AllTraffic", 6));
    let report = world.report(records([message("late", &event)])).await;
    assert_eq!(report.answer, Ok(failures(&["late"])));
    assert_eq!(report.refused[0].error_type(), "EventExpired");
    assert_eq!(world.calls(), [""; 0]);
}

#[tokio::test]
async fn a_failure_record_in_a_message_keeps_the_time_of_the_event_in_it() {
    let record = |payload: Value| {
        json!({
            "version": "1.0",
            "timestamp": "2026-11-20T21:59:00.000Z",
            "requestContext": {
                "requestId": "e4b46cbf-b738-4a52-8880-a18cdf61200e",
                "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:setpoint:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": payload,
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": {"errorType": "TargetBusy", "errorMessage": "busy"},
        })
    };
    let world = World::configured(json!({"maxEventAge": "1h"})).await;
    let late = record(at("2026-11-20T20:00:00Z", instances("recsys", "AllTraffic", 6)));
    let dated = record(at("2026-11-20T21:50:00Z", instances("ranking", "blue", json!({"add": 1}))));
    let undated = record(instances("recsys", "AllTraffic", json!({"add": 2})));
    let event = records([message("late", &late), message("dated", &dated), message("undated", &undated)]);
    let report = world.report(event).await;
    assert_eq!(report.answer, Ok(failures(&["late", "undated"])));
    let refused: Vec<&str> = report.refused.iter().map(|error| error.error_type()).collect();
    assert_eq!(refused, ["EventExpired", "InvalidAction"]);
    assert_eq!(world.calls(), [describe("ranking"), update_instances("ranking", "blue", 4)]);
}

#[tokio::test]
async fn a_message_from_a_dead_letter_queue_gives_a_relative_payload_no_time() {
    let world = World::new().await;
    let queue = json!({"DeadLetterQueueSourceArn": "arn:aws:sqs:us-east-1:123456789012:capacity-requests"});
    let relative = message("relative", &instances("recsys", "AllTraffic", json!({"add": 2})));
    let absolute = message("absolute", &instances("recsys", "AllTraffic", 6));
    let event = records([with_attributes(relative, queue.clone()), with_attributes(absolute, queue)]);
    assert_eq!(world.answer(event).await, failures(&["relative"]));
    assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 6)]);
}

#[tokio::test]
async fn an_ignored_message_is_done() {
    let config = json!({"alarms": {"recsys-latency": {"ALARM": instances("recsys", "AllTraffic", 6)}}});
    let world = World::configured(config).await;
    let alarm = json!({
        "AlarmName": "recsys-latency",
        "NewStateValue": "OK",
        "OldStateValue": "ALARM",
        "StateChangeTime": "2026-11-20T21:59:59.500+0000",
    });
    let report = world.report(records([message("one", &alarm)])).await;
    assert_eq!(report.answer, Ok(failures(&[])));
    assert_eq!(report.ignored, ["alarm recsys-latency changed to OK, and no action is bound to that"]);
    assert_eq!(world.calls(), [""; 0]);
}

#[tokio::test]
async fn a_message_that_aws_throttled_is_delivered_again_and_the_others_are_not() {
    let world = World::beside("eu-sqs-1").await;
    world.sandbox.script("PutProvisionedConcurrencyConfig", Fault::throttle().times(5));
    let event = records([
        message("one", &with(provisioned("checkout", "live", 20), json!({"region": "eu-sqs-1"}))),
        message("two", &instances("recsys", "AllTraffic", 6)),
    ]);
    assert_eq!(world.answer(event.clone()).await, failures(&["one"]));
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(6));
    world.calls();
    assert_eq!(world.answer(event).await, failures(&[]));
    assert_eq!(
        world.sorted_calls(),
        [get_provisioned("checkout", "live"), describe("recsys"), put_provisioned("checkout", "live", 20)]
    );
}

#[tokio::test]
async fn messages_without_an_id_fail_together_since_none_could_be_named() {
    let world = World::new().await;
    let mut nameless = message("one", &instances("recsys", "AllTraffic", 6));
    nameless.as_object_mut().unwrap().remove("messageId");
    let report = world.report(records([message("two", &instances("ranking", "blue", 4)), nameless])).await;
    assert_eq!(report.answer.unwrap_err().error_type(), "InvalidEvent");
    assert_eq!(world.calls(), [""; 0]);
}
