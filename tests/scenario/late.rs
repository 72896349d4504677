//! Events that come late, twice, or from the future.

use std::time::Duration;

use serde_json::{Value, json};
use setpoint_sandbox::{Change, Fault, Pace};

use crate::support::{
    World, answer, at, describe, endpoint_arn, get_provisioned, instances, provisioned, put_provisioned, sns,
    unprovisioned, update_instances, with,
};

/// The text of the error for an event from `2026-11-20T20:59:59Z` under a limit of an hour.
const EXPIRED: &str = "the event is from 2026-11-20T20:59:59Z and 3601 s old, older than maxEventAge (3600 s); nothing was \
                       read or written. Send a new event if this should still happen";

fn record(timestamp: &str, payload: Value) -> Value {
    json!({
        "version": "1.0",
        "timestamp": timestamp,
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:setpoint:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "TargetBusy", "errorMessage": "busy"},
    })
}

fn alarm_message(time: &str) -> Value {
    json!({
        "AlarmName": "recsys-load-high",
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed",
        "StateChangeTime": time,
        "OldStateValue": "OK",
    })
}

fn alarm_data(time: &str) -> Value {
    json!({
        "alarmName": "recsys-load-high",
        "state": {"value": "ALARM", "timestamp": time},
        "previousState": {"value": "OK", "timestamp": "2026-11-20T10:00:00.000+0000"},
        "configuration": {},
    })
}

async fn an_hour() -> World {
    let bound = instances("recsys", "AllTraffic", 6);
    World::configured(json!({
        "maxEventAge": "1h",
        "alarms": {"recsys-*": {"ALARM": bound}},
        "schedules": {"evening": bound},
    }))
    .await
}

/// Every source with a time, at the time given.
fn sources(time: &str) -> Vec<(&'static str, Value)> {
    let payload = instances("recsys", "AllTraffic", 6);
    let alarm_time = time.replace('Z', ".000+0000");
    let scheduled = |source: &str, arn: &str| {
        json!({
            "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": source, "account": "123456789012",
            "time": time, "region": "us-east-1", "resources": [arn], "detail": {},
        })
    };
    vec![
        ("issuedAt", with(payload.clone(), json!({"issuedAt": time}))),
        ("a custom event", at(time, payload.clone())),
        ("a rule", scheduled("aws.events", "arn:aws:events:us-east-1:123456789012:rule/evening")),
        ("a schedule", scheduled("aws.scheduler", "arn:aws:scheduler:us-east-1:123456789012:schedule/default/evening")),
        ("a notification", sns(time, &payload)),
        ("an alarm over SNS", sns(time, &alarm_message(&alarm_time))),
        (
            "an alarm over EventBridge",
            with(
                at("2026-11-20T22:00:00Z", alarm_data(&alarm_time)),
                json!({"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change"}),
            ),
        ),
        (
            "an alarm by itself",
            json!({
                "source": "aws.cloudwatch",
                "alarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:recsys-load-high",
                "accountId": "123456789012",
                "time": alarm_time,
                "region": "us-east-1",
                "alarmData": alarm_data(&alarm_time),
            }),
        ),
        ("a failure record", record("2026-11-20T22:00:00Z", at(time, payload.clone()))),
        ("a failure record of a payload that failed then", record(time, payload.clone())),
        ("a failure record of a notification", record("2026-11-20T22:00:00Z", sns(time, &payload))),
        ("an event in a notification", sns("2026-11-20T22:00:00Z", &at(time, payload.clone()))),
        ("issuedAt in a fresh event", at("2026-11-20T22:00:00Z", with(payload, json!({"issuedAt": time})))),
    ]
}

#[tokio::test]
async fn an_event_older_than_the_limit_is_refused_from_every_source_and_nothing_is_called() {
    for (source, event) in sources("2026-11-20T20:59:59Z") {
        let world = an_hour().await;
        let expected = json!({"errorType": "EventExpired", "errorMessage": EXPIRED});
        assert_eq!(world.answer(event).await, expected, "{source}");
        assert_eq!(world.calls(), [""; 0], "{source}");
    }
}

#[tokio::test]
async fn an_event_exactly_as_old_as_the_limit_is_acted_on() {
    for (source, event) in sources("2026-11-20T21:00:00Z") {
        let world = an_hour().await;
        assert_eq!(world.answer(event).await, endpoint_arn("recsys"), "{source}");
        assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 6)], "{source}");
    }
}

#[tokio::test]
async fn without_a_configuration_the_limit_is_six_hours() {
    let world = World::new().await;
    let payload = instances("recsys", "AllTraffic", 6);
    let late = world.answer(at("2026-11-20T15:59:59Z", payload.clone())).await;
    assert_eq!(late["errorType"], "EventExpired");
    assert_eq!(world.calls(), [""; 0]);
    assert_eq!(world.answer(at("2026-11-20T16:00:00Z", payload)).await, endpoint_arn("recsys"));
}

#[tokio::test]
async fn an_event_without_a_time_does_not_expire() {
    let world = an_hour().await;
    assert_eq!(world.answer(instances("recsys", "AllTraffic", 6)).await, endpoint_arn("recsys"));
}

/// A busy `recsys` under this limit of age, and so many reads until it is free.
async fn busy_under(max_event_age: &str, reads: u32) -> World {
    let world = World::configured(json!({"maxEventAge": max_event_age})).await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.start_updating(Change::ending_after(Pace::Reads(reads))));
    world
}

#[tokio::test]
async fn an_event_that_grows_too_old_while_it_waits_is_not_written() {
    let world = busy_under("15m", 20).await;
    let event = at("2026-11-20T21:50:00Z", instances("recsys", "AllTraffic", 6));
    let report = world.report_within(event, Duration::from_secs(900)).await;
    let expected = "the event is from 2026-11-20T21:50:00Z and 1115 s old by now, older than maxEventAge (900 s); it was \
                    not written. Send a new event if this should still happen";
    assert_eq!(answer(&report), json!({"errorType": "EventExpired", "errorMessage": expected}));
    assert!(
        report.decisions[0].calls.iter().all(|call| call.operation == "DescribeEndpoint"),
        "{:?}",
        report.decisions
    );
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(2));
}

#[tokio::test]
async fn an_event_without_a_time_is_dated_when_it_arrives_and_not_again_after_it_waited() {
    let world = busy_under("5m", 20).await;
    let report = world.report_within(instances("recsys", "AllTraffic", 6), Duration::from_secs(900)).await;
    assert_eq!(report.answer.unwrap_err().error_type(), "EventExpired");
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(2));
}

#[tokio::test]
async fn an_event_that_expires_is_not_retryable() {
    let world = an_hour().await;
    let report = world.report(at("2026-11-20T20:00:00Z", instances("recsys", "AllTraffic", 6))).await;
    assert!(!report.answer.unwrap_err().kind().is_retryable());
}

#[tokio::test]
async fn a_second_delivery_of_a_relative_event_adds_nothing() {
    let event = at("2026-11-20T22:00:00Z", instances("recsys", "AllTraffic", json!({"add": 2})));
    for after in [0, 1, 60, 3600] {
        let world = World::new().await;
        let first = world.report(event.clone()).await;
        assert_eq!(first.decisions[0].outcome_name(), "accepted");
        world.pass(Duration::from_secs(after)).await;
        let second = world.report(event.clone()).await;
        assert_eq!(answer(&second), endpoint_arn("recsys"));
        assert_eq!(second.decisions[0].outcome_name(), "superseded");
        assert_eq!(
            world.calls(),
            [describe("recsys"), update_instances("recsys", "AllTraffic", 4), describe("recsys")],
            "{after} s later"
        );
        assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
    }
}

#[tokio::test]
async fn a_second_delivery_adds_no_provisioned_concurrency_in_the_same_second() {
    let world = World::new().await;
    // The event's milliseconds lie behind those that Lambda cuts from LastModified.
    let payload =
        with(provisioned("checkout", "live", json!({"add": 5})), json!({"issuedAt": "2026-11-20T22:00:00.900Z"}));
    world.report(payload.clone()).await;
    world.report(payload).await;
    assert_eq!(
        world.calls(),
        [
            get_provisioned("checkout", "live"),
            put_provisioned("checkout", "live", 10),
            get_provisioned("checkout", "live"),
        ]
    );
}

#[tokio::test]
async fn a_later_event_adds_again() {
    let world = World::new().await;
    let add = instances("recsys", "AllTraffic", json!({"add": 2}));
    world.report(at("2026-11-20T22:00:00Z", add.clone())).await;
    world.pass(Duration::from_secs(600)).await;
    let second = world.report(at("2026-11-20T22:10:00Z", add)).await;
    assert_eq!(second.decisions[0].outcome_name(), "accepted");
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(6));
}

#[tokio::test]
async fn a_late_delivery_does_not_lower_what_somebody_raised_since() {
    let world = World::new().await;
    world.report(at("2026-11-20T22:00:00Z", instances("recsys", "AllTraffic", 9))).await;
    world.calls();
    let event = at("2026-11-20T21:58:00Z", instances("recsys", "AllTraffic", json!({"add": -1})));
    assert_eq!(world.report(event).await.decisions[0].outcome_name(), "superseded");
    assert_eq!(world.calls(), [describe("recsys")]);
}

#[tokio::test]
async fn a_write_whose_every_answer_was_lost_is_seen_to_have_been_made_and_a_redelivery_adds_nothing() {
    let world = World::beside("eu-late-1").await;
    // The SDK's own attempts too: the first is accepted, the others find the endpoint busy, and none is answered.
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::lose_answer().times(5));
    let add = with(instances("recsys", "AllTraffic", json!({"add": 2})), json!({"region": "eu-late-1"}));
    let event = at("2026-11-20T22:00:00Z", add);
    let first = world.report(event.clone()).await;
    assert_eq!(first.decisions[0].outcome_name(), "accepted");
    let second = world.report(event).await;
    assert_eq!(second.decisions[0].outcome_name(), "superseded");
    let lost = update_instances("recsys", "AllTraffic", 4).replace("200", "no answer");
    assert_eq!(world.calls(), [vec![describe("recsys")], vec![lost; 5], vec![describe("recsys"); 2]].concat());
}

#[tokio::test]
async fn an_event_more_than_five_minutes_ahead_is_refused_whatever_it_asks_for_and_nothing_is_called() {
    let expected = "the event says that it is from 2026-11-20T22:05:01Z, 301 s ahead of this function's clock, where \
                    300 s are allowed; nothing was read or written. Correct the sender's clock, or the issuedAt it writes";
    for (source, event) in sources("2026-11-20T22:05:01Z") {
        let world = an_hour().await;
        let answer = world.answer(event).await;
        assert_eq!(answer, json!({"errorType": "InvalidEvent", "errorMessage": expected}), "{source}");
        assert_eq!(world.calls(), [""; 0], "{source}");
    }
}

#[tokio::test]
async fn an_absolute_event_up_to_five_minutes_ahead_is_acted_on() {
    let world = World::new().await;
    let event = at("2026-11-20T22:05:00Z", instances("recsys", "AllTraffic", 6));
    assert_eq!(world.answer(event).await, endpoint_arn("recsys"));
}

#[tokio::test]
async fn a_relative_event_more_than_two_seconds_ahead_is_refused() {
    let world = World::new().await;
    let add = instances("recsys", "AllTraffic", json!({"add": 2}));
    assert_eq!(
        world.answer(at("2026-11-20T22:00:03Z", add.clone())).await,
        json!({
            "errorType": "InvalidAction",
            "errorMessage": "issuedAt: lies in the future, where a relative target (add, percent) could be applied again \
                             and again until then",
        })
    );
    assert_eq!(world.calls(), [""; 0]);
    // Two seconds are what clocks may lie apart; the effect is still seen as newer than the event.
    let ahead = at("2026-11-20T22:00:02Z", add);
    assert_eq!(world.report(ahead.clone()).await.decisions[0].outcome_name(), "accepted");
    assert_eq!(world.report(ahead).await.decisions[0].outcome_name(), "superseded");
}

/// The first and last moments that a clock can hold, and their like in milliseconds.
const ENDS_OF_TIME: [&str; 6] = [
    "+262142-12-31T23:59:59+0000",
    "-262143-01-01T00:00:00+0000",
    "+262142-12-31T23:59:59Z",
    "10000-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    "0000-01-01T00:00:00+23:59",
];

#[tokio::test]
async fn a_year_that_has_not_four_digits_is_no_time_and_breaks_nothing() {
    for time in ENDS_OF_TIME {
        let world = an_hour().await;
        let payload = with(instances("recsys", "AllTraffic", 6), json!({"issuedAt": time}));
        let expected = "issuedAt: is not a time with an offset, such as 2026-11-20T22:00:00Z";
        let answer = world.answer(payload).await;
        assert_eq!(answer, json!({"errorType": "InvalidAction", "errorMessage": expected}), "{time}");
        for (source, event) in sources(time) {
            let relative = instances("recsys", "AllTraffic", json!({"add": 2}));
            let config = json!({"alarms": {"recsys-*": {"ALARM": relative}}, "schedules": {"evening": relative}});
            World::configured(config).await.report(event).await;
            assert!(source.len() > 3);
        }
    }
    for sent in [i64::MIN, i64::MAX, 8_210_266_876_799_999, -8_334_601_228_800_000] {
        let world = World::new().await;
        let body = instances("recsys", "AllTraffic", json!({"add": 2})).to_string();
        let message = json!({"eventSource": "aws:sqs", "messageId": "m", "body": body,
            "attributes": {"SentTimestamp": sent.to_string()}});
        let failed = json!({"batchItemFailures": [{"itemIdentifier": "m"}]});
        assert_eq!(world.answer(json!({"Records": [message]})).await, failed, "{sent}");
    }
}

#[tokio::test]
async fn a_failure_record_gives_a_relative_payload_no_time_of_its_own() {
    let world = World::new().await;
    let add = instances("recsys", "AllTraffic", json!({"add": 2}));
    let answer = world.answer(record("2026-11-20T22:00:00Z", add.clone())).await;
    assert_eq!(answer["errorType"], "InvalidAction");
    assert_eq!(world.calls(), [""; 0]);
    let dated = record("2026-11-20T22:00:00Z", with(add, json!({"issuedAt": "2026-11-20T21:50:00Z"})));
    assert_eq!(world.answer(dated).await, endpoint_arn("recsys"));
    assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 4)]);
}

#[tokio::test]
async fn a_redriven_relative_event_that_was_applied_before_it_failed_adds_nothing() {
    let world = World::new().await;
    let event = at("2026-11-20T22:00:00Z", instances("recsys", "AllTraffic", json!({"add": 2})));
    world.report(event.clone()).await;
    world.pass(Duration::from_secs(1800)).await;
    let redriven = world.report(record("2026-11-20T22:20:00Z", event)).await;
    assert_eq!(redriven.decisions[0].outcome_name(), "superseded");
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
}

#[tokio::test]
async fn the_payloads_own_time_counts_before_the_envelopes() {
    let world = World::new().await;
    world
        .sandbox
        .edit_endpoint("recsys", |endpoint| endpoint.last_modified_time = "2026-11-20T21:30:00Z".parse().unwrap());
    let add = instances("recsys", "AllTraffic", json!({"add": 2}));
    let event = at("2026-11-20T21:59:00Z", with(add, json!({"issuedAt": "2026-11-20T21:29:00Z"})));
    assert_eq!(world.report(event).await.decisions[0].outcome_name(), "superseded");
}

/// After a delete AWS has no time of modification any more.
#[tokio::test]
async fn an_add_delivered_again_after_a_delete_adds_nothing_and_says_why() {
    let world = World::new().await;
    let add = at("2026-11-20T22:00:00Z", provisioned("checkout", "live", json!({"add": 2})));
    assert_eq!(world.report(add.clone()).await.decisions[0].outcome_name(), "accepted");
    world.report(unprovisioned("checkout", "live")).await;
    let second = world.report(add).await;
    assert_eq!(
        second.decisions[0].to_json()["because"],
        "AWS gives no time of modification, without which a second delivery of a relative change cannot be told from the \
         first; atLeast, atMost or a plain number can be repeated"
    );
    assert_eq!((second.decisions[0].outcome_name(), world.provisioned("checkout", "live")), ("superseded", None));
}

/// AWS's time of modification is the endpoint's, not the variant's.
#[tokio::test]
async fn two_alarms_a_second_apart_on_two_variants_are_told_why_the_second_does_nothing() {
    let world = World::new().await;
    let add = |time: &str, variant: &str| at(time, instances("ranking", variant, json!({"add": 1})));
    world.report(add("2026-11-20T21:59:59Z", "blue")).await;
    world.sandbox_clock.advance(Duration::from_secs(60));
    let second = world.report(add("2026-11-20T22:00:00Z", "green")).await;
    assert_eq!(
        second.decisions[0].to_json()["because"],
        "the target was modified at 2026-11-20T22:00:00Z, and the event is from 2026-11-20T22:00:00Z: applied already, or \
         overtaken"
    );
}

/// The attributes by which Lambda marks what it puts into a dead-letter queue or topic.
fn lambdas_attributes() -> Value {
    let of = |value: &str| json!({"Type": "String", "Value": value});
    json!({"RequestID": of("bed9deed"), "ErrorCode": of("200"), "ErrorMessage": of("Rate exceeded")})
}

/// A message with these attributes in an SQS queue, sent at 22:00.
fn queued(body: &Value, attributes: &[(&str, &str)]) -> Value {
    let attributes = attributes.iter().map(|(name, value)| {
        (
            (*name).to_owned(),
            json!({"stringValue": value, "dataType": "String", "stringListValues": [], "binaryListValues": []}),
        )
    });
    json!({"Records": [{
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:dead",
        "messageId": "m",
        "body": body.to_string(),
        "attributes": {"SentTimestamp": "1795212000000"},
        "messageAttributes": attributes.collect::<serde_json::Map<_, _>>(),
    }]})
}

#[tokio::test]
async fn a_dead_letter_of_lambda_on_sns_is_the_old_event_that_it_is() {
    let add = instances("recsys", "AllTraffic", json!({"add": 2}));
    let mut on_sns = sns("2026-11-20T22:00:00Z", &add);
    on_sns["Records"][0]["Sns"]["MessageAttributes"] = lambdas_attributes();
    let envelope = json!({"Type": "Notification", "Timestamp": "2026-11-20T22:00:00Z", "Message": add.to_string(),
        "MessageAttributes": lambdas_attributes()});
    for event in [on_sns, envelope] {
        let world = World::new().await;
        let answer = world.answer(event).await;
        assert_eq!(answer["errorType"], "InvalidAction");
        assert!(answer["errorMessage"].as_str().unwrap().contains("needs the event's own time"), "{answer}");
        assert_eq!(world.calls(), [""; 0]);
    }
    let mut absolute = sns("2026-11-20T20:59:00Z", &instances("recsys", "AllTraffic", 6));
    absolute["Records"][0]["Sns"]["MessageAttributes"] = lambdas_attributes();
    assert_eq!(an_hour().await.answer(absolute).await["errorType"], "EventExpired");
}

#[tokio::test]
async fn a_dead_letter_of_a_schedule_is_from_when_it_was_due() {
    let add = instances("recsys", "AllTraffic", json!({"add": 2}));
    let target = ("TARGET_ARN", "arn:aws:lambda:us-east-1:123456789012:function:setpoint");
    let due = |time| queued(&add, &[("SCHEDULED_TIME", time), ("ERROR_CODE", "InternalServerError"), target]);
    let world = an_hour().await;
    let report = world.report(due("2026-11-20T20:00:00Z")).await;
    assert_eq!(report.refused[0].error_type(), "EventExpired");
    let report = world.report(due("2026-11-20T21:50:00Z")).await;
    assert_eq!(report.decisions[0].outcome_name(), "accepted");
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
    let report = world.report(due("soon")).await;
    assert_eq!(report.refused[0].error_type(), "InvalidAction");
}

#[tokio::test]
async fn a_dead_letter_of_a_rule_gives_a_relative_payload_no_time() {
    let add = instances("recsys", "AllTraffic", json!({"add": 2}));
    let rule = ("RULE_ARN", "arn:aws:events:us-east-1:123456789012:rule/evening");
    let world = World::new().await;
    for attributes in [&[rule][..], &[("TARGET_ARN", "x"), ("ERROR_CODE", "SDK_CLIENT_ERROR")]] {
        let report = world.report(queued(&add, attributes)).await;
        assert_eq!(report.refused[0].error_type(), "InvalidAction");
    }
    let other = world.report(queued(&add, &[("ERROR_CODE", "mine")])).await;
    assert_eq!(other.decisions[0].outcome_name(), "accepted");
}

/// Whatever the event in it says of itself: it was there before it failed.
#[tokio::test]
async fn a_failure_record_keeps_the_bound_that_its_own_time_gives() {
    let payload = || with(instances("recsys", "AllTraffic", 6), json!({"issuedAt": "2026-11-20T21:59:00Z"}));
    let failed = "2026-11-20T20:59:59Z";
    let inner = [payload(), at("2026-11-20T21:59:00Z", instances("recsys", "AllTraffic", 6)), at(failed, payload())];
    for event in inner {
        for event in [record(failed, event.clone()), record("2026-11-20T22:00:00Z", record(failed, event))] {
            let world = an_hour().await;
            let answer = world.answer(event).await;
            assert_eq!(answer, json!({"errorType": "EventExpired", "errorMessage": EXPIRED}));
            assert_eq!(world.calls(), [""; 0]);
        }
    }
}
