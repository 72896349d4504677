//! EventBridge's answers, and what is on a bus afterwards.

use serde_json::{Value, json};
use setpoint_sandbox::{EventBus, Fault, Sandbox};

use crate::client::{self, example, with};

async fn put(sandbox: &Sandbox, entries: Value) -> (u16, Value) {
    client::call(sandbox, ("events", "1.1"), "AWSEvents.PutEvents", &json!({"Entries": entries})).await
}

fn entry() -> Value {
    json!({"Source": "setpoint", "DetailType": "Change", "Detail": "{\"from\":2}", "Time": 1_767_600_000})
}

fn buses(sandbox: &Sandbox) -> Value {
    let state = serde_json::to_value(sandbox.state()).unwrap();
    state["accounts"]["123456789012"]["us-east-1"]["eventBuses"].clone()
}

#[tokio::test]
async fn what_is_put_stays_on_its_bus() {
    let sandbox = with(|seed| drop(seed.home().event_buses.insert("changes".to_owned(), EventBus::default()))).await;
    let of_bus = |name: &str| {
        let mut entry = entry();
        entry["EventBusName"] = json!(name);
        entry
    };
    let arn = "arn:aws:events:us-east-1:123456789012:event-bus/changes";
    let (status, answer) = put(&sandbox, json!([entry(), of_bus("changes"), of_bus(arn)])).await;
    let id = |index: usize| format!("5e79017f-0000-400{index}-8000-000000000001");
    let results: Vec<Value> = (0..3).map(|index| json!({"EventId": id(index)})).collect();
    assert_eq!((status, answer), (200, json!({"FailedEntryCount": 0, "Entries": results})));
    let event = |index| {
        json!({"id": id(index), "time": "2026-01-05T08:00:00Z", "source": "setpoint", "detailType": "Change",
            "detail": {"from": 2}})
    };
    let expected = json!({"changes": {"events": [event(1), event(2)]}, "default": {"events": [event(0)]}});
    assert_eq!(buses(&sandbox), expected);
}

#[tokio::test]
async fn a_wrong_entry_fails_alone() {
    let sandbox = example().await;
    let but = |member: &str, value: Value| {
        let mut entry = entry();
        entry[member] = value;
        entry
    };
    let entries = json!([
        but("Source", json!("aws.sagemaker")),
        but("Detail", json!("[]")),
        but("DetailType", Value::Null),
        but("EventBusName", json!("nowhere")),
        entry(),
    ]);
    let (status, answer) = put(&sandbox, entries).await;
    assert_eq!((status, &answer["FailedEntryCount"]), (200, &json!(4)));
    let codes: Vec<&Value> = answer["Entries"].as_array().unwrap().iter().map(|entry| &entry["ErrorCode"]).collect();
    let expected =
        ["NotAuthorizedForSourceException", "MalformedDetail", "InvalidArgument", "ResourceNotFoundException"];
    let expected: Vec<Value> = expected.into_iter().map(Value::from).chain([Value::Null]).collect();
    assert_eq!(codes, expected.iter().collect::<Vec<_>>());
    assert_eq!(buses(&sandbox)["default"]["events"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_call_with_none_too_many_or_too_large_entries_is_refused() {
    let sandbox = example().await;
    let mut large = entry();
    large["Detail"] = json!(json!({"text": "a".repeat(256 * 1024)}).to_string());
    for entries in [json!([]), json!(vec![entry(); 11]), json!([large])] {
        let (status, answer) = put(&sandbox, entries).await;
        assert_eq!((status, &answer["__type"]), (400, &json!("ValidationException")), "{answer}");
    }
    assert_eq!(buses(&sandbox), Value::Null);
}

#[tokio::test]
async fn it_refuses_as_the_others_do() {
    let sandbox = example().await;
    sandbox.script("PutEvents", Fault::access_denied());
    let (status, answer) = put(&sandbox, json!([entry()])).await;
    let message = "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: events:PutEvents on resource: \
                   arn:aws:events:us-east-1:123456789012:event-bus/default";
    assert_eq!((status, answer), (400, json!({"__type": "AccessDeniedException", "message": message})));
}
