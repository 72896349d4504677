//! What failed is told, planned, and sent again only where somebody says so.

use std::io::Write as _;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::setpoint::{Ran, Server, on_aws, setpoint, with_input};

const RECORD: &str = "events/sagemaker-scale-up.destination.json";

const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/failures";

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// An event whose id is its sender's, as Lambda keeps it when it gave up.
fn record(error: &str, instances: Value) -> Value {
    json!({
        "requestContext": {
            "requestId": "212b48c8-2a57-52af-85e7-b0482b61a976",
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:setpoint:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {
            "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
            "input": {"EndpointName": "recsys", "DesiredWeightsAndCapacities":
                [{"VariantName": "AllTraffic", "DesiredInstanceCount": instances}]},
        },
        "responsePayload": {"errorType": "TargetBusy", "errorMessage": error},
    })
}

/// A sandbox with these messages in its queue `failures`, and what is left of them after a replay.
fn replayed(bodies: &[Value], arguments: &[&str]) -> (Ran, Vec<Value>) {
    let mut seed: Value = serde_json::from_str(&crate::support::read("sandbox/seed.json")).unwrap();
    let message = |(index, body): (usize, &Value)| {
        let attributes = if body.get("requestContext").is_none() {
            json!({"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "not authorized", "RETRY_ATTEMPTS": "185"})
        } else {
            json!({})
        };
        json!({"id": format!("m-{index}"), "sent": "2026-01-05T07:00:00Z", "body": body.to_string(), "attributes": attributes})
    };
    let messages: Vec<Value> = bodies.iter().enumerate().map(message).collect();
    seed["accounts"]["123456789012"]["us-east-1"]["queues"] = json!({"failures": {"messages": messages}});
    let seed = file(&seed.to_string());
    let server = Server::start(&["--seed", seed.path().to_str().unwrap()]);
    let config = file("{}");
    let begin = ["replay", URL, "--aws", "--config", config.path().to_str().unwrap()];
    let ran = on_aws(&server.url, &[], &[&begin, arguments].concat());
    let state = on_aws(&server.url, &[], &["replay", URL, "--aws", "--config", config.path().to_str().unwrap()]);
    let left = state.told("replay").into_iter().map(|name| json!(name)).collect();
    (ran, left)
}

#[test]
fn a_record_is_explained_and_planned_and_nothing_is_written_unasked() {
    let ran = with_input(&["replay", RECORD], "y\n");
    let expected = "\
sagemaker:endpoint/recsys/variant/AllTraffic
  DesiredInstanceCount: 2 -> 5
  would call: aws sagemaker update-endpoint-weights-and-capacities";
    assert!(ran.stdout.starts_with(expected), "{ran:?}");
    assert_eq!((ran.status, ran.told("outcome")), (2, Vec::new()), "{ran:?}");
    let why = ran.told("failed");
    assert!(why[0].ends_with("(RetriesExhausted, invoked 3 times, 2026-11-20T22:00:00Z)"), "{ran:?}");
    assert!(ran.stderr.ends_with("1 left; nobody can be asked here: --yes sends them again\n"), "{ran:?}");
}

#[test]
fn a_record_is_sent_again_where_somebody_says_so() {
    let ran = setpoint(&["replay", "--yes", RECORD]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(ran.told("outcome"), ["sagemaker:endpoint/recsys/variant/AllTraffic: accepted"]);
    assert!(ran.stderr.ends_with("1 done\n"), "{ran:?}");
}

#[test]
fn a_record_of_another_function_s_place_is_refused() {
    let mut record = record("busy", json!(5));
    record["requestContext"]["functionArn"] = json!("arn:aws:lambda:eu-west-1:123456789012:function:setpoint");
    let ran = with_input(&["replay", "--yes", "-"], &record.to_string());
    let why = "it failed in eu-west-1 of 123456789012 (arn:aws:lambda:eu-west-1:123456789012:function:setpoint), and this is \
               us-east-1 of 123456789012";
    assert_eq!((ran.status, ran.told("refused")), (1, vec![why]), "{ran:?}");
}

#[test]
fn messages_are_read_as_the_aws_cli_prints_them() {
    let body = record("busy", json!({"atLeast": 4})).to_string();
    let message = json!({"MessageId": "m-1", "ReceiptHandle": "r", "Body": body,
        "Attributes": {"SentTimestamp": "1767596400000"}});
    for printed in [json!({"Messages": [message]}), message] {
        // The record does not say when it failed; its message does.
        let ran = with_input(&["replay", "--yes", "-"], &printed.to_string());
        assert_eq!((ran.status, ran.told("replay")), (1, vec!["m-1"]), "{ran:?}");
        assert_eq!(ran.told("failed"), ["TargetBusy: busy (RetriesExhausted, invoked 3 times)"], "{ran:?}");
        assert!(ran.told("refused")[0].starts_with("EventExpired: the event is from 2026-01-05T07:00:00Z"), "{ran:?}");
    }
    let ran = with_input(&["replay", "-"], r#"{"Messages": [{"Body": "{}"}]}"#);
    let why =
        "error: standard input: Messages[0]: must have MessageId and Body, as aws sqs receive-message prints them\n";
    assert_eq!((ran.status, ran.stderr.as_str()), (1, why));
}

#[test]
fn a_message_that_went_well_is_deleted_and_others_are_given_back() {
    let at = |mut record: Value| {
        record["requestPayload"]["issuedAt"] = json!("2026-11-20T22:00:00Z");
        record["timestamp"] = json!("2026-11-20T22:00:00Z");
        serde_json::from_str::<Value>(&crate::setpoint::in_the_present(&record.to_string())).unwrap()
    };
    let lost = at(record("gone", json!(3)));
    let lost: Value = serde_json::from_str(&lost.to_string().replace("AllTraffic", "Nobody")).unwrap();
    let messages = [at(record("busy", json!(4))), lost, json!("no event")];
    let (ran, left) = replayed(&messages, &["--yes"]);
    assert_eq!((ran.status, ran.told("replay")), (1, vec!["m-0", "m-1", "m-2"]), "{ran:?}");
    assert_eq!(ran.told("deleted"), ["m-0"]);
    assert_eq!(ran.told("failed")[2], "NO_PERMISSIONS: not authorized, after 185 retries");
    assert!(ran.stderr.ends_with("1 done, 2 failed\n"), "{ran:?}");
    assert_eq!(left, ["m-1", "m-2"]);
    let (ran, left) = replayed(&messages, &["--most", "1"]);
    assert_eq!((ran.status, left.len()), (2, 3), "{ran:?}");
}

#[test]
fn what_would_be_replayed_in_the_wrong_way_is_refused_with_the_remedy() {
    let server = Server::start(&[]);
    let config = file("{}");
    let with_config = ["--aws", "--config", config.path().to_str().unwrap()];
    let replay = |arguments: &[&str]| on_aws(&server.url, &[], &[&["replay"], arguments].concat());
    let ran = replay(&["--aws", URL]);
    assert!(
        ran.stderr.starts_with("error: replay --aws needs the configuration of the function that failed"),
        "{ran:?}"
    );
    let elsewhere = URL.replace("us-east-1", "eu-west-1");
    let ran = replay(&[&[elsewhere.as_str()], &with_config[..]].concat());
    let why = "the queue is in eu-west-1, and so is its function; this is us-east-1: set AWS_REGION=eu-west-1\n";
    assert!(ran.stderr.ends_with(why), "{ran:?}");
    let ran = replay(&[&[URL], &with_config[..]].concat());
    let why = "ReceiveMessage: QueueDoesNotExist: The specified queue does not exist.\n";
    assert!(ran.status == 1 && ran.stderr.ends_with(why), "{ran:?}");
}
