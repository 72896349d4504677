//! The decision record: the one line that an invocation leaves in the log.

use std::time::Duration;

use serde_json::{Value, json};
use setpoint::handler::Report;
use setpoint::telemetry::decision_record;

use crate::support::{World, invocation, now, read};

fn record(report: &Report) -> Value {
    decision_record(report, &invocation(0), "setpoint", now(), Duration::from_millis(12))
}

fn fixture(file: &str) -> Value {
    serde_json::from_str(&read(&format!("tests/fixtures/{file}.json"))).unwrap()
}

#[tokio::test]
async fn the_record_names_who_sent_an_event_and_its_id() {
    let alarm = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:recsys-latency-high";
    let queue = "arn:aws:sqs:us-east-1:123456789012:capacity-requests";
    let table = [
        ("alarm-sns/metric", json!(alarm), json!("d5c73654-d7af-5a55-8b3b-e908fb304424")),
        ("alarm-eventbridge/metric", json!(alarm), json!("448c8fdc-24a5-5b16-9e75-a9b28d9bb398")),
        ("alarm-direct/metric", json!(alarm), Value::Null),
        (
            "scheduled/rule-default-event",
            json!("arn:aws:events:us-east-1:123456789012:rule/recsys-nightly"),
            json!("52b179a5-8c70-5bd8-8014-17c0a0dc184c"),
        ),
        (
            "sns/payload",
            json!("arn:aws:sns:us-east-1:123456789012:capacity"),
            json!("2da36a81-a24c-5010-826c-89bb16d923e9"),
        ),
        ("sqs/payload", json!(queue), json!("d005f05d-b452-5a02-a480-1881460c3165")),
        ("eventbridge/custom", json!("com.example.ops"), json!("a4f8f7d8-bdc8-5a43-b4c0-e67d4ab7b336")),
        (
            "destination/retries-exhausted-payload",
            json!("arn:aws:lambda:us-east-1:123456789012:function:setpoint:$LATEST"),
            json!("6a7f449b-6cf6-5fce-a70b-6ce6c9ea5ca7"),
        ),
        ("direct/payload", Value::Null, Value::Null),
        // These two cannot be decoded.
        ("sqs/text-not-json", json!(queue), json!("75cac687-0b24-5375-bcbe-6f8052dbefc4")),
        (
            "sns/plain-text-budget-mail",
            fixture("sns/plain-text-budget-mail")["Records"][0]["Sns"]["TopicArn"].clone(),
            fixture("sns/plain-text-budget-mail")["Records"][0]["Sns"]["MessageId"].clone(),
        ),
    ];
    let world = World::new().await;
    for (file, source, id) in table {
        let record = record(&world.report(fixture(file)).await);
        assert_eq!(record["origin"], json!([{"source": source, "id": id}]), "{file}");
    }
}
