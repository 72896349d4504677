//! The decision record: the one line that an invocation leaves in the log.

use std::time::Duration;

use serde_json::{Value, json};
use setpoint::handler::Report;
use setpoint::telemetry::{decision_record, kept};
use setpoint_sandbox::{DEFAULT_ACCOUNT, Fault, Seed};

use crate::support::{World, event, instances, invocation, now, provisioned, read, weights_and_capacities, with};

const ROLE: &str = "arn:aws:iam::210987654321:role/scaler";

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
        ("alarm-direct/metric", json!(alarm), json!(format!("{alarm}@2026-11-20T22:00:00.123+0000/ALARM"))),
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

#[tokio::test]
async fn the_record_names_account_region_and_role_of_each_decision() {
    let mut seed = Seed::example();
    let home = seed.home().clone();
    *seed.region("210987654321", "eu-central-1") = home;
    let world = World::today(seed, json!({})).await;
    let there = with(instances("recsys", "AllTraffic", 3), json!({"region": "eu-central-1", "roleArn": ROLE}));
    let here = provisioned("checkout", "live", 6);
    let record = record(&world.report(json!({"actions": [there, here]})).await);
    let place = |index: usize| {
        let decision = &record["decisions"][index];
        json!([decision["outcome"], decision["account"], decision["region"], decision["role"]])
    };
    assert_eq!(place(0), json!(["accepted", "210987654321", "eu-central-1", ROLE]));
    assert_eq!(place(1), json!(["accepted", DEFAULT_ACCOUNT, "us-east-1", null]));
}

#[tokio::test]
async fn the_record_has_aws_id_of_every_answer_to_a_call() {
    let world = World::beside("eu-record-1").await;
    world.sandbox.script("DescribeEndpoint", Fault::throttle().times(2));
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::access_denied());
    let payload = with(instances("recsys", "AllTraffic", 6), json!({"region": "eu-record-1"}));
    let record = record(&world.report(payload).await);
    let calls = record["decisions"][0]["calls"].as_array().unwrap();
    let operations: Vec<&str> = calls.iter().map(|call| call["operation"].as_str().unwrap()).collect();
    assert_eq!(operations, ["DescribeEndpoint", "UpdateEndpointWeightsAndCapacities", "DescribeEndpoint"]);
    let ids: Vec<Vec<&str>> = calls
        .iter()
        .map(|call| call["requestIds"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect())
        .collect();
    assert_eq!(ids.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1, 1]);
    let mut distinct = ids.concat();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 5);
    assert!(distinct.iter().all(|id| !id.is_empty()));
}

/// CloudWatch's limit of a line.
const LONGEST: usize = 256 * 1024;

#[tokio::test]
async fn the_record_of_a_thousand_targets_is_one_line_with_its_metrics_and_its_failures() {
    let world = World::new().await;
    let name = |index: usize| format!("endpoint-{index:04}-{}", "n".repeat(40));
    let mut actions: Vec<Value> = (0..990).map(|index| instances(&name(index), &name(index), 6)).collect();
    // What goes well stands first.
    let variants = json!([{"VariantName": "AllTraffic", "DesiredInstanceCount": 2, "DesiredWeight": 1.0}]);
    actions.splice(0..0, vec![weights_and_capacities("recsys", variants); 10]);
    let report = world.report(json!({"actions": actions})).await;
    let record = record(&report);
    let line = record.to_string();
    assert!(line.len() < LONGEST, "{} bytes", line.len());
    assert_eq!((&record["failed"], &record["unchanged"]), (&json!(990), &json!(10)));
    assert_eq!(record["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap().len(), 2);
    let shown = record["decisions"].as_array().unwrap();
    assert!(shown.len() > 100, "{}", shown.len());
    assert!(shown.iter().all(|decision| decision["outcome"] == "failed"));
    assert_eq!(record["leftOut"]["decisions"], json!(1000 - shown.len()));
    let message = record["message"].as_str().unwrap();
    assert!(message.contains("; and ") && message.ends_with(" more"), "{}", &message[message.len() - 50..]);
}

#[tokio::test]
async fn a_long_sentence_does_not_break_the_line() {
    let world = World::new().await;
    let fault = Fault::error(400, "ValidationException", "\u{1}".repeat(300_000));
    world.sandbox.script("DescribeEndpoint", fault);
    let line = record(&world.report(instances("recsys", "AllTraffic", 6)).await).to_string();
    assert!(line.len() < LONGEST, "{} bytes", line.len());
    let parts: Vec<Value> = (0..10)
        .map(|index| {
            json!({"messageId": format!("m-{index}"), "receiptHandle": "r",
        "body": format!("{{\"action\": \"{}\"}}", "a".repeat(20_000)), "attributes": {}, "messageAttributes": {},
        "eventSource": "aws:sqs", "eventSourceARN": "q".repeat(100_000), "awsRegion": "us-east-1"})
        })
        .collect();
    let record = record(&world.report(json!({"Records": parts})).await);
    assert!(record.to_string().len() < LONGEST, "{} bytes", record.to_string().len());
    assert_eq!(record["failed"], json!(10));
}

#[tokio::test]
async fn a_small_record_leaves_nothing_out() {
    let world = World::new().await;
    let record = record(&world.report(event("batch-morning.schedule.json")).await);
    assert_eq!(record["leftOut"], Value::Null);
    assert_eq!(record["decisions"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn metrics_are_counted_whatever_level_is_kept() {
    let world = World::new().await;
    let done = record(&world.report(instances("recsys", "AllTraffic", 4)).await);
    for level in [None, Some("INFO"), Some("DEBUG"), Some("debug"), Some("loud")] {
        assert_eq!(kept(done.clone(), level), done, "{level:?}");
    }
    for level in ["WARN", "error", "FATAL"] {
        let line = kept(done.clone(), Some(level));
        let expected = json!({"timestamp": done["timestamp"], "level": level.to_uppercase(), "requestId": done["requestId"],
            "functionName": "setpoint", "accepted": 1, "_aws": done["_aws"]});
        assert_eq!(line, expected);
    }
    let failed = record(&world.report(instances("nowhere", "AllTraffic", 4)).await);
    assert_eq!(kept(failed.clone(), Some("ERROR")), failed);
    assert_eq!(kept(failed.clone(), Some("FATAL"))["failed"], 1);
}

#[tokio::test]
async fn every_count_of_a_record_is_a_metric_that_is_kept() {
    let world = World::new().await;
    let planned = with(instances("recsys", "AllTraffic", 4), json!({"mode": "plan"}));
    let events =
        [instances("recsys", "AllTraffic", 2), planned, instances("nowhere", "AllTraffic", 4), json!({"no": 1})];
    for event in events {
        let record = record(&world.report(event).await);
        let line = kept(record.clone(), Some("FATAL"));
        let metrics = record["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        assert!(!metrics.is_empty());
        for metric in metrics {
            let name = metric["Name"].as_str().unwrap();
            assert_eq!(line[name], record[name], "{name}");
        }
    }
}
