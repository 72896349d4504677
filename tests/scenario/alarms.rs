//! Alarms: what the operator binds to their states, and what of them is ignored.

use serde_json::{Value, json};
use setpoint::config::Config;

use crate::support::{World, answer, describe, endpoint_arn, instances, provisioned, update_instances, with};

/// The message of an alarm in an SNS notification.
fn over_sns(name: &str, from: &str, to: &str) -> Value {
    let message = json!({
        "AlarmName": name,
        "AlarmDescription": null,
        "NewStateValue": to,
        "NewStateReason": "Threshold Crossed",
        "StateChangeTime": "2026-11-20T21:59:59.500+0000",
        "AlarmArn": format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}"),
        "OldStateValue": from,
    });
    notification(&message)
}

fn notification(message: &Value) -> Value {
    json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:us-east-1:123456789012:alarms:21be56ed",
        "Sns": {
            "Type": "Notification",
            "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
            "TopicArn": "arn:aws:sns:us-east-1:123456789012:alarms",
            "Message": message.to_string(),
            "Timestamp": "2026-11-20T22:00:00.000Z",
            "SignatureVersion": "1",
            "Signature": "none",
            "SigningCertUrl": "https://sns.us-east-1.amazonaws.com/x.pem",
            "UnsubscribeUrl": "https://sns.us-east-1.amazonaws.com/",
        },
    }]})
}

fn data(name: &str, from: &str, to: &str) -> Value {
    json!({
        "alarmName": name,
        "state": {"value": to, "timestamp": "2026-11-20T21:59:59.500+0000"},
        "previousState": {"value": from, "timestamp": "2026-11-20T10:00:00.000+0000"},
        "configuration": {"metrics": []},
    })
}

fn over_eventbridge(data: Value) -> Value {
    json!({
        "version": "0",
        "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "123456789012",
        "time": "2026-11-20T22:00:00Z",
        "region": "us-east-1",
        "resources": [format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{}", data["alarmName"].as_str().unwrap())],
        "detail": data,
    })
}

fn by_itself(data: Value) -> Value {
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{}", data["alarmName"].as_str().unwrap()),
        "accountId": "123456789012",
        "time": "2026-11-20T22:00:00.000+0000",
        "region": "us-east-1",
        "alarmData": data,
    })
}

/// A change of state by each of its three ways.
fn ways(name: &str, from: &str, to: &str) -> [Value; 3] {
    [over_sns(name, from, to), over_eventbridge(data(name, from, to)), by_itself(data(name, from, to))]
}

fn bindings() -> Value {
    json!({"alarms": {
        "recsys-*": {
            "ALARM": instances("recsys", "AllTraffic", json!({"add": 2, "max": 8})),
            "OK": instances("recsys", "AllTraffic", 1),
            "INSUFFICIENT_DATA": instances("recsys", "AllTraffic", 5),
        },
    }})
}

#[tokio::test]
async fn each_state_leads_to_what_is_bound_to_it_by_each_of_the_three_ways() {
    let table =
        [("OK", "ALARM", 4), ("ALARM", "OK", 1), ("OK", "INSUFFICIENT_DATA", 5), ("INSUFFICIENT_DATA", "ALARM", 4)];
    for (from, to, count) in table {
        for event in ways("recsys-latency", from, to) {
            let world = World::configured(bindings()).await;
            assert_eq!(world.answer(event).await, endpoint_arn("recsys"), "{to}");
            assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", count)], "{to}");
        }
    }
}

#[tokio::test]
async fn an_alarm_delivered_twice_adds_once() {
    for event in ways("recsys-latency", "OK", "ALARM") {
        let world = World::configured(bindings()).await;
        world.report(event.clone()).await;
        let second = world.report(event).await;
        assert_eq!(second.decisions[0].outcome_name(), "superseded");
        assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
    }
}

#[tokio::test]
async fn the_most_specific_name_decides() {
    let world = World::configured(json!({"alarms": {
        "*": {"ALARM": instances("recsys", "AllTraffic", 3)},
        "recsys-*": {"ALARM": instances("recsys", "AllTraffic", 4)},
        "recsys-latency-*": {"ALARM": instances("recsys", "AllTraffic", 5)},
        "recsys-latency-p99": {"ALARM": instances("recsys", "AllTraffic", 6)},
    }}))
    .await;
    let table = [("other", 3), ("recsys-errors", 4), ("recsys-latency-p50", 5), ("recsys-latency-p99", 6)];
    for (name, count) in table {
        assert_eq!(world.answer(over_sns(name, "OK", "ALARM")).await, endpoint_arn("recsys"));
        assert_eq!(world.instances("recsys", "AllTraffic"), Some(count), "{name}");
    }
}

#[tokio::test]
async fn a_state_without_a_binding_asks_for_nothing_and_nothing_is_called() {
    let config = json!({"alarms": {"recsys-*": {"ALARM": instances("recsys", "AllTraffic", 4)}}});
    for to in ["OK", "INSUFFICIENT_DATA"] {
        for event in ways("recsys-latency", "ALARM", to) {
            let world = World::configured(config.clone()).await;
            let why = format!("alarm recsys-latency changed to {to}, and no action is bound to that");
            assert_eq!(world.answer(event).await, json!({"ignored": why}));
            assert_eq!(world.calls(), [""; 0]);
        }
    }
}

#[tokio::test]
async fn an_alarm_that_no_binding_names_is_a_mistake_that_somebody_must_see() {
    let config = json!({"alarms": {"recsys-latency-p99": {"ALARM": instances("recsys", "AllTraffic", 4)}}});
    for (name, near) in [("recsys-latency-p95", "; did you mean recsys-latency-p99?"), ("search", "")] {
        for event in ways(name, "OK", "ALARM") {
            let world = World::configured(config.clone()).await;
            let message = format!(
                "alarm {name} is ALARM, and no binding in the configuration names it{near}. Bind it under alarms, or set \
                 \"unboundAlarms\": \"ignore\" where the topic is shared with others"
            );
            let expected = json!({"errorType": "InvalidEvent", "errorMessage": message});
            assert_eq!(world.answer(event.clone()).await, expected);
            let world = World::configured(with(config.clone(), json!({"unboundAlarms": "ignore"}))).await;
            let ignored = json!({"ignored": format!("no binding names alarm {name}")});
            assert_eq!(world.answer(event).await, ignored);
            assert_eq!(world.calls(), [""; 0]);
        }
    }
}

/// The same alarm of another account.
fn elsewhere(event: &Value) -> Value {
    serde_json::from_str(&event.to_string().replace("123456789012", "210987654321")).unwrap()
}

#[tokio::test]
async fn an_alarm_of_another_account_is_bound_by_its_arn_and_not_by_its_name() {
    let arn = "arn:aws:cloudwatch:us-east-1:210987654321:alarm:recsys-latency";
    for event in ways("recsys-latency", "OK", "ALARM") {
        let world = World::configured(json!({"alarms": {"*": {"ALARM": instances("recsys", "AllTraffic", 4)}}})).await;
        let answer = world.answer(elsewhere(&event)).await;
        assert_eq!(answer["errorType"], "InvalidEvent");
        assert!(
            answer["errorMessage"]
                .as_str()
                .unwrap()
                .contains(&format!("it belongs to account 210987654321, so that it is bound by its ARN: {arn}")),
            "{answer}"
        );
        for pattern in [arn, "arn:aws:cloudwatch:*:210987654321:alarm:recsys-*"] {
            let bound = json!({
                pattern: {"ALARM": instances("recsys", "AllTraffic", 4)},
                "recsys-*": {"ALARM": instances("recsys", "AllTraffic", 5)},
            });
            let world = World::configured(json!({"alarms": bound})).await;
            assert_eq!(world.answer(elsewhere(&event)).await, endpoint_arn("recsys"));
            assert_eq!(world.instances("recsys", "AllTraffic"), Some(4), "{pattern}");
            assert_eq!(world.answer(event.clone()).await, endpoint_arn("recsys"));
            assert_eq!(world.instances("recsys", "AllTraffic"), Some(5), "{pattern}");
        }
    }
}

#[tokio::test]
async fn the_description_of_another_accounts_alarm_is_not_read() {
    for event in described(instances("recsys", "AllTraffic", 4)) {
        let world = World::configured(descriptions_on(json!({}))).await;
        assert_eq!(world.answer(elsewhere(&event)).await["errorType"], "InvalidEvent");
        assert_eq!(world.calls(), [""; 0]);
    }
}

/// EventBridge gets every change of state, whether or not an action is executed.
#[tokio::test]
async fn over_eventbridge_a_repeat_and_a_suppressed_or_muted_state_ask_for_nothing() {
    let [muted, suppressed] = muted_and_suppressed();
    for (data, why) in [
        (data("recsys-latency", "ALARM", "ALARM"), "alarm recsys-latency was in state ALARM already"),
        (muted, "alarm recsys-latency is muted"),
        (suppressed, "the actions of alarm recsys-latency are suppressed by WaitPeriod"),
    ] {
        let world = World::configured(bindings()).await;
        assert_eq!(world.answer(over_eventbridge(data)).await, json!({"ignored": why}));
        assert_eq!(world.calls(), [""; 0]);
    }
}

/// CloudWatch sends these only when it executes the action, so that is meant, whatever the state was before.
#[tokio::test]
async fn over_sns_and_directly_an_alarm_is_acted_on_whatever_its_state_was_before() {
    let [muted, suppressed] = muted_and_suppressed();
    let again = data("recsys-latency", "ALARM", "ALARM");
    let events =
        [over_sns("recsys-latency", "ALARM", "ALARM"), by_itself(again), by_itself(muted), by_itself(suppressed)];
    for event in events {
        let world = World::configured(bindings()).await;
        assert_eq!(world.answer(event).await, endpoint_arn("recsys"));
        assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 4)]);
    }
}

/// The state changed in the evening; the mute window ended in the morning, and the action is executed then.
#[tokio::test]
async fn an_action_that_a_mute_window_held_back_is_as_new_as_its_execution() {
    let evening = "2026-11-20T12:00:00.000+0000";
    let mut sns = over_sns("recsys-latency", "OK", "ALARM");
    let message =
        sns["Records"][0]["Sns"]["Message"].as_str().unwrap().replace("2026-11-20T21:59:59.500+0000", evening);
    sns["Records"][0]["Sns"]["Message"] = json!(message);
    let mut direct = by_itself(data("recsys-latency", "OK", "ALARM"));
    direct["alarmData"]["state"]["timestamp"] = json!(evening);
    for event in [sns, direct] {
        let world = World::configured(with(bindings(), json!({"maxEventAge": "1h"}))).await;
        assert_eq!(world.answer(event).await, endpoint_arn("recsys"));
        assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
    }
}

fn muted_and_suppressed() -> [Value; 2] {
    let mute = json!({"mutedByArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm-mute-rule:release"});
    let state = json!({
        "value": "ALARM",
        "timestamp": "2026-11-20T21:59:59.500+0000",
        "actionsSuppressedBy": "WaitPeriod",
        "actionsSuppressedReason": "Actions suppressed by WaitPeriod",
    });
    let data = data("recsys-latency", "OK", "ALARM");
    [with(data.clone(), json!({"muteDetail": mute})), with(data, json!({"state": state}))]
}

#[tokio::test]
async fn the_end_of_a_suppression_is_a_change_although_the_state_stays() {
    let before = json!({"value": "ALARM", "timestamp": "2026-11-20T21:40:00.000+0000", "actionsSuppressedBy": "Alarm"});
    let data = with(data("recsys-latency", "ALARM", "ALARM"), json!({"previousState": before}));
    let world = World::configured(bindings()).await;
    assert_eq!(world.answer(over_eventbridge(data)).await, endpoint_arn("recsys"));
    assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 4)]);
}

#[tokio::test]
async fn one_contributor_and_a_changed_configuration_ask_for_nothing() {
    let contributor = json!({"id": "1", "attributes": {"InstanceId": "i-1"}});
    let of_one = with(data("recsys-latency", "OK", "ALARM"), json!({"alarmContributor": contributor}));
    let configured = with(
        over_eventbridge(json!({"alarmName": "recsys-latency", "operation": "update"})),
        json!({"detail-type": "CloudWatch Alarm Configuration Change"}),
    );
    for (event, why) in [
        (
            over_eventbridge(of_one),
            "the state of one contributor to alarm recsys-latency, which is not the alarm's own",
        ),
        (configured, "a CloudWatch Alarm Configuration Change event"),
    ] {
        let world = World::configured(bindings()).await;
        assert_eq!(world.answer(event).await, json!({"ignored": why}));
        assert_eq!(world.calls(), [""; 0]);
    }
}

#[tokio::test]
async fn a_binding_may_hold_several_actions() {
    let actions = json!([instances("recsys", "AllTraffic", 4), provisioned("checkout", "live", 20)]);
    let world = World::configured(json!({"alarms": {"traffic-high": {"ALARM": {"actions": actions}}}})).await;
    let report = world.report(over_sns("traffic-high", "OK", "ALARM")).await;
    let outcomes: Vec<&str> = report.decisions.iter().map(|decision| decision.outcome_name()).collect();
    assert_eq!(outcomes, ["accepted", "accepted"]);
    assert_eq!(answer(&report)["results"].as_array().unwrap().len(), 2);
}

/// An alarm whose description holds `payload` for ALARM.
fn described(payload: Value) -> [Value; 3] {
    let description = json!({"ALARM": payload}).to_string();
    let message = json!({
        "AWSAccountId": "123456789012",
        "AlarmName": "recsys-latency",
        "AlarmDescription": description,
        "NewStateValue": "ALARM",
        "StateChangeTime": "2026-11-20T21:59:59.500+0000",
        "OldStateValue": "OK",
    });
    let data = with(data("recsys-latency", "OK", "ALARM"), json!({"configuration": {"description": description}}));
    [notification(&message), over_eventbridge(data.clone()), by_itself(data)]
}

fn descriptions_on(alarms: Value) -> Value {
    let rule = json!({"target": "sagemaker:endpoint/recsys/variant/*", "max": 8});
    json!({
        "actionsInAlarmDescription": true,
        "guardrails": {"unlisted": "deny", "targets": [rule]},
        "alarms": alarms,
    })
}

#[tokio::test]
async fn an_action_in_the_description_is_not_read_unless_the_operator_turns_it_on() {
    for event in described(instances("recsys", "AllTraffic", 4)) {
        let world = World::new().await;
        assert_eq!(world.answer(event.clone()).await["errorType"], "InvalidEvent");
        assert_eq!(world.calls(), [""; 0]);
        let world = World::configured(descriptions_on(json!({}))).await;
        assert_eq!(world.answer(event).await, endpoint_arn("recsys"));
        assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 4)]);
    }
}

#[tokio::test]
async fn an_action_in_the_description_names_its_target() {
    let payload = json!({
        "select": {"names": ["*"]}, "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
        "input": {"DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredInstanceCount": 4}]},
    });
    for event in described(payload) {
        let mut config = descriptions_on(json!({}));
        config["guardrails"]["maxTargets"] = json!(50);
        let world = World::configured(config).await;
        let answer = world.answer(event).await;
        let message = answer["errorMessage"].as_str().unwrap();
        assert!(
            message.ends_with("select: cannot stand in an alarm's description; bind it in the configuration"),
            "{message}"
        );
        assert_eq!(world.calls(), [""; 0]);
    }
}

#[tokio::test]
async fn an_action_in_the_description_stays_within_the_guardrails() {
    for event in described(instances("recsys", "AllTraffic", 600)) {
        let world = World::configured(descriptions_on(json!({}))).await;
        assert_eq!(world.answer(event).await["errorType"], "GuardrailViolation");
        assert_eq!(world.calls(), [describe("recsys")]);
    }
    for event in described(instances("ranking", "blue", 4)) {
        let world = World::configured(descriptions_on(json!({}))).await;
        assert_eq!(world.answer(event).await["errorType"], "GuardrailViolation");
        assert_eq!(world.calls(), [""; 0]);
    }
}

#[tokio::test]
async fn what_the_operator_bound_comes_before_the_description() {
    let bound = json!({"recsys-*": {"ALARM": instances("recsys", "AllTraffic", 3)}});
    for event in described(instances("recsys", "AllTraffic", 8)) {
        let world = World::configured(descriptions_on(bound.clone())).await;
        assert_eq!(world.answer(event).await, endpoint_arn("recsys"));
        assert_eq!(world.instances("recsys", "AllTraffic"), Some(3));
    }
}

#[tokio::test]
async fn a_wrong_description_is_an_error_with_its_path_and_nothing_is_called() {
    let table = [
        (
            instances("recsys", "AllTraffic", -1),
            "the description of alarm recsys-latency.ALARM.input.DesiredWeightsAndCapacities[0].DesiredInstanceCount: is \
             -1, but AWS accepts 0 or more",
        ),
        (
            with(instances("recsys", "AllTraffic", 4), json!({"issuedAt": "2030-01-01T00:00:00Z"})),
            "the description of alarm recsys-latency.ALARM: has an issuedAt; leave it out: the event brings its own time",
        ),
        (
            with(instances("recsys", "AllTraffic", 4), json!({"region": "us-east-1"})),
            "the description of alarm recsys-latency.ALARM.region: names a role, or another place than the function's own, \
             which a payload out of an alarm's description may not",
        ),
        (
            json!({"actions": [with(
                instances("recsys", "AllTraffic", 4),
                json!({"roleArn": "arn:aws:iam::123456789012:role/scaler"}),
            )]}),
            "the description of alarm recsys-latency.ALARM.actions[0].role: names a role, or another place than the \
             function's own, which a payload out of an alarm's description may not",
        ),
        (
            provisioned("210987654321:checkout", "live", 6),
            "the description of alarm recsys-latency.ALARM: names a role, or another place than the function's own, \
             which a payload out of an alarm's description may not",
        ),
    ];
    for (payload, message) in table {
        for event in described(payload) {
            let world = World::configured(descriptions_on(json!({}))).await;
            assert_eq!(world.answer(event).await, json!({"errorType": "InvalidAction", "errorMessage": message}));
            assert_eq!(world.calls(), [""; 0]);
        }
    }
}

#[tokio::test]
async fn a_key_that_comes_twice_in_a_description_is_an_error_with_its_path() {
    let [event, ..] = described(json!({}));
    let text = r#"{"ALARM": {}, "OK": {"action": "a", "action": "b"}}"#;
    let mut message: Value = serde_json::from_str(event["Records"][0]["Sns"]["Message"].as_str().unwrap()).unwrap();
    message["AlarmDescription"] = json!(text);
    let world = World::configured(descriptions_on(json!({}))).await;
    let expected = "the description of alarm recsys-latency.OK.action: comes twice; write it once, since only one of the two \
                    could count";
    let answer = world.answer(notification(&message)).await;
    assert_eq!(answer, json!({"errorType": "InvalidAction", "errorMessage": expected}));
}

#[test]
fn actions_in_descriptions_without_a_list_of_targets_stop_the_cold_start() {
    for guardrails in [json!({}), json!({"unlisted": "allow", "targets": [{"target": "sagemaker:*", "max": 8}]})] {
        let config = json!({"actionsInAlarmDescription": true, "guardrails": guardrails});
        let error = Config::parse(&config.to_string()).unwrap_err();
        assert_eq!(error.error_type(), "InvalidConfiguration");
        assert!(error.to_string().starts_with("actionsInAlarmDescription: "), "{error}");
    }
}

#[tokio::test]
async fn a_bare_schedule_leads_to_what_is_bound_to_its_rule_and_without_a_binding_is_an_error() {
    let scheduled = |arn: &str| {
        json!({
            "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
            "account": "123456789012", "time": "2026-11-20T22:00:00Z", "region": "us-east-1", "resources": [arn],
            "detail": {},
        })
    };
    let config = json!({"schedules": {"evening-*": instances("recsys", "AllTraffic", json!({"add": -1}))}});
    let world = World::configured(config).await;
    let event = scheduled("arn:aws:events:us-east-1:123456789012:rule/evening-down");
    assert_eq!(world.answer(event.clone()).await, endpoint_arn("recsys"));
    assert_eq!(world.report(event).await.decisions[0].outcome_name(), "unchanged");
    assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 1), describe("recsys")]);
    let unbound = world.answer(scheduled("arn:aws:events:us-east-1:123456789012:rule/morning-up")).await;
    assert_eq!(unbound["errorType"], "InvalidEvent");
    assert_eq!(world.calls(), [""; 0]);
}
