//! Change events: one on the bus for each write, and none that makes it fail.

use std::time::Duration;

use serde_json::{Value, json};
use setpoint_sandbox::{EventBus, Fault, Seed};

use crate::support::{World, answer, at, endpoint_arn, instances, outcomes, provisioned, read, sns, with};

async fn world() -> World {
    World::configured(json!({"changeEvents": "default"})).await
}

/// What is on the bus of a Region.
fn on_bus(world: &World, region: &str, bus: &str) -> Vec<Value> {
    let state = serde_json::to_value(world.sandbox.state()).unwrap();
    let events = &state["accounts"]["123456789012"][region]["eventBuses"][bus]["events"];
    events.as_array().cloned().unwrap_or_default()
}

fn told(world: &World) -> Vec<Value> {
    on_bus(world, "us-east-1", "default")
}

#[tokio::test]
async fn a_write_is_told_with_what_was_what_is_who_asked_and_where_the_record_is() {
    let world = world().await;
    let event =
        at("2026-11-20T21:59:30Z", with(instances("recsys", "AllTraffic", json!({"add": 2})), json!({"id": "n"})));
    let notification = sns("2026-11-20T21:59:31.000Z", &event);
    let report = world.report(notification).await;
    assert_eq!(outcomes(&report), ["sagemaker:endpoint/recsys/variant/AllTraffic: accepted"]);
    let told = told(&world);
    assert_eq!((&told[0]["source"], &told[0]["detailType"]), (&json!("setpoint"), &json!("Setpoint Capacity Change")));
    assert_eq!(told[0]["time"], "2026-11-20T22:00:00Z");
    let expected = json!({
        "summary": "sagemaker:endpoint/recsys/variant/AllTraffic: DesiredInstanceCount 2 -> 4 (accepted)",
        "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
        "target": "sagemaker:endpoint/recsys/variant/AllTraffic",
        "account": "123456789012",
        "region": "us-east-1",
        "role": null,
        "changes": [{"field": "DesiredInstanceCount", "from": 2, "to": 4, "asked": "{\"add\":2}"}],
        "outcome": "accepted",
        "cause": {
            "via": "sns > eventbridge > payload",
            "source": "com.example.ops",
            "id": "7bf73129-1428-4cd3-a780-95db273d1602",
            "issuedAt": "2026-11-20T21:59:30Z",
        },
        "record": {
            "logGroup": "/aws/lambda/setpoint", "logStream": "one", "requestId": "5e1f3a6c-0000-4000-8000-000000000001",
        },
    });
    assert_eq!((told.len(), &told[0]["detail"]), (1, &expected));
    // It is as the document shows it.
    let text = read("docs/operations.md");
    let shown = text.split("<!-- change event -->\n```json\n").nth(1).unwrap().split("```").next().unwrap();
    let shown: Value = serde_json::from_str(shown).unwrap();
    assert_eq!((&shown["source"], &shown["detail-type"]), (&told[0]["source"], &told[0]["detailType"]));
    assert_eq!(members(&shown["detail"]), members(&told[0]["detail"]));
}

/// The paths of all members.
fn members(value: &Value) -> Vec<String> {
    let named = |name: &str, value: &Value| {
        let below = members(value).into_iter().map(|path| format!("{name}.{path}"));
        std::iter::once(name.to_owned()).chain(below).collect::<Vec<_>>()
    };
    match value {
        Value::Object(object) => object.iter().flat_map(|(name, value)| named(name, value)).collect(),
        Value::Array(list) => list.iter().flat_map(members).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn what_writes_nothing_is_not_told() {
    let world = world().await;
    let planned = with(instances("recsys", "AllTraffic", 4), json!({"mode": "plan"}));
    for event in [instances("recsys", "AllTraffic", 2), planned, instances("nowhere", "AllTraffic", 2)] {
        world.report(event).await;
    }
    let refused = World::configured(json!({"changeEvents": "default", "guardrails": {"paused": true}})).await;
    refused.report(instances("recsys", "AllTraffic", 4)).await;
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::access_denied());
    world.report(instances("recsys", "AllTraffic", 4)).await;
    assert_eq!((told(&world), told(&refused)), (vec![], vec![]));
}

#[tokio::test]
async fn a_change_that_fails_after_the_write_is_told_with_why() {
    let world = world().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.changes.fail_next = Some("No room.".to_owned()));
    let payload = with(instances("recsys", "AllTraffic", 4), json!({"waitFor": "settled"}));
    world.report(payload).await;
    let told = told(&world);
    assert_eq!((told.len(), &told[0]["detail"]["outcome"]), (1, &json!("failed")));
    assert_eq!(told[0]["detail"]["error"]["errorType"], "NotSettled");
    assert_eq!(told[0]["detail"]["changes"], json!([{"field": "DesiredInstanceCount", "from": 2, "to": 4}]));
    let summary = "sagemaker:endpoint/recsys/variant/AllTraffic: DesiredInstanceCount 2 -> 4 (NotSettled)";
    assert_eq!(told[0]["detail"]["summary"], summary);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_told_once() {
    let world = world().await;
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::lose_answer());
    let report = world.report(instances("recsys", "AllTraffic", 4)).await;
    assert_eq!(answer(&report), endpoint_arn("recsys"));
    assert_eq!(told(&world).len(), 1);
}

#[tokio::test]
async fn that_others_cannot_be_told_is_in_the_record_and_fails_nothing() {
    let faults = [
        (Fault::access_denied(), "AccessDeniedException"),
        (Fault::server_error().times(20), "InternalFailure"),
        (Fault::drop_connection().times(20), "ServiceUnavailable"),
    ];
    for (fault, error_type) in faults {
        let world = world().await;
        world.sandbox.script("PutEvents", fault);
        let report = world.report(instances("recsys", "AllTraffic", 4)).await;
        assert_eq!(answer(&report), endpoint_arn("recsys"), "{error_type}");
        let untold = report.decisions[0].untold.as_ref().unwrap();
        assert_eq!((untold.error_type(), told(&world).len()), (error_type, 0), "{untold}");
    }
}

#[tokio::test]
async fn a_slow_bus_is_waited_for_two_seconds() {
    let world = world().await;
    world.sandbox.script("PutEvents", Fault::slow(Duration::from_millis(2500)));
    let report = world.report(instances("recsys", "AllTraffic", 4)).await;
    assert_eq!(answer(&report), endpoint_arn("recsys"));
    assert_eq!(report.decisions[0].untold.as_ref().unwrap().error_type(), "RequestTimeout");
}

#[tokio::test]
async fn an_entry_that_the_bus_does_not_take_is_in_the_record_too() {
    let world = World::configured(json!({"changeEvents": "nowhere"})).await;
    let report = world.report(instances("recsys", "AllTraffic", 4)).await;
    assert_eq!(answer(&report), endpoint_arn("recsys"));
    let untold = report.decisions[0].untold.as_ref().unwrap();
    assert_eq!(untold.error_type(), "ResourceNotFoundException");
}

#[tokio::test]
async fn each_of_several_actions_is_told_on_the_bus_that_the_arn_names() {
    let mut seed = Seed::example();
    seed.region("123456789012", "eu-central-1").event_buses.insert("changes".to_owned(), EventBus::default());
    let arn = "arn:aws:events:eu-central-1:123456789012:event-bus/changes";
    let world = World::with(seed, json!({"changeEvents": arn})).await;
    let actions =
        [instances("recsys", "AllTraffic", 4), provisioned("checkout", "live", 7), provisioned("search", "42", 10)];
    let report = world.report(json!({"actions": actions})).await;
    let written = outcomes(&report).into_iter().filter(|outcome| outcome.ends_with(": accepted")).count();
    let told = on_bus(&world, "eu-central-1", "changes");
    assert_eq!((told.len(), written > 1), (written, true));
}

#[tokio::test]
async fn a_period_of_a_timetable_is_named_as_the_cause() {
    let period = json!({"name": "night", "do": instances("recsys", "AllTraffic", json!({"atMost": 1}))});
    let timetables = json!({"recsys": {"zone": "UTC", "periods": [period]}});
    let world = World::configured(json!({"changeEvents": "default", "timetables": timetables})).await;
    world.report(json!({"follow": "recsys"})).await;
    world.pass(Duration::from_secs(300)).await;
    // What holds is no change.
    world.report(json!({"follow": "recsys"})).await;
    let told = told(&world);
    let cause = &told[0]["detail"]["cause"];
    assert_eq!((told.len(), &cause["timetable"], &cause["period"]), (1, &json!("recsys"), &json!("night")));
}
