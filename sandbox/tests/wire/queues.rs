//! SQS's answers, and what is in a queue afterwards.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use setpoint_sandbox::{Queue, QueueMessage, Sandbox};

use crate::client::{self, with};

const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/failures";

async fn call(sandbox: &Sandbox, operation: &str, mut body: Value) -> (u16, Value) {
    if body["QueueUrl"].is_null() {
        body["QueueUrl"] = json!(URL);
    }
    client::call(sandbox, ("sqs", "1.0"), &format!("AmazonSQS.{operation}"), &body).await
}

async fn failures(bodies: &[&str]) -> Sandbox {
    let message = |(index, body): (usize, &&str)| QueueMessage {
        id: format!("m-{index}"),
        sent: "2026-01-05T07:00:00Z".parse().unwrap(),
        body: (*body).to_owned(),
        attributes: BTreeMap::from([("ErrorCode".to_owned(), "200".to_owned())]),
        dead_letter_queue_source_arn: None,
        receives: 0,
        hidden_until: None,
    };
    let messages = bodies.iter().enumerate().map(message).collect();
    with(move |seed| drop(seed.home().queues.insert("failures".to_owned(), Queue { messages }))).await
}

#[tokio::test]
async fn a_received_message_is_nobody_elses_until_it_is_given_back() {
    let sandbox = failures(&["one"]).await;
    let all =
        json!({"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"], "VisibilityTimeout": 60});
    let received = json!({"Messages": [{
        "MessageId": "m-0", "ReceiptHandle": "m-0/1", "Body": "one",
        "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1767596400000"},
        "MessageAttributes": {"ErrorCode": {"StringValue": "200", "DataType": "String"}},
    }]});
    assert_eq!(call(&sandbox, "ReceiveMessage", all).await, (200, received));
    assert_eq!(call(&sandbox, "ReceiveMessage", json!({})).await, (200, json!({})));
    let back = json!({"ReceiptHandle": "m-0/1", "VisibilityTimeout": 0});
    assert_eq!(call(&sandbox, "ChangeMessageVisibility", back).await, (200, json!({})));
    let again = json!({"Messages": [{"MessageId": "m-0", "ReceiptHandle": "m-0/2", "Body": "one"}]});
    assert_eq!(call(&sandbox, "ReceiveMessage", json!({})).await, (200, again));
}

#[tokio::test]
async fn only_the_last_receipt_deletes() {
    let sandbox = failures(&["one", "two"]).await;
    let (_, both) = call(&sandbox, "ReceiveMessage", json!({"MaxNumberOfMessages": 10, "VisibilityTimeout": 0})).await;
    assert_eq!(both["Messages"].as_array().unwrap().len(), 2);
    call(&sandbox, "ReceiveMessage", json!({})).await;
    for receipt in ["m-0/1", "m-1/1"] {
        assert_eq!(call(&sandbox, "DeleteMessage", json!({"ReceiptHandle": receipt})).await, (200, json!({})));
    }
    let left = &sandbox.state()["accounts"]["123456789012"]["us-east-1"]["queues"]["failures"]["messages"];
    assert_eq!(left.as_array().unwrap().iter().map(|message| &message["id"]).collect::<Vec<_>>(), ["m-0"]);
}

#[tokio::test]
async fn what_is_sent_is_in_the_queue() {
    let sandbox = failures(&[]).await;
    let (status, sent) = call(&sandbox, "SendMessage", json!({"MessageBody": "three"})).await;
    assert_eq!(status, 200);
    let (_, received) = call(&sandbox, "ReceiveMessage", json!({})).await;
    assert_eq!(received["Messages"][0]["MessageId"], sent["MessageId"]);
    assert_eq!(received["Messages"][0]["Body"], "three");
}

#[tokio::test]
async fn what_sqs_refuses_is_refused() {
    let sandbox = failures(&["one"]).await;
    let refused =
        |code: &str, message: &str| (400, json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": message}));
    let none = "The specified queue does not exist.";
    for url in [
        "https://sqs.us-east-1.amazonaws.com/123456789012/other",
        "https://sqs.us-east-1.amazonaws.com/210987654321/failures",
    ] {
        let answer = call(&sandbox, "ReceiveMessage", json!({"QueueUrl": url})).await;
        assert_eq!(answer, refused("QueueDoesNotExist", none));
    }
    let answer = call(&sandbox, "ReceiveMessage", json!({"MaxNumberOfMessages": 11})).await;
    let why = "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: MaxNumberOfMessages must be between 1 and 10, if provided.";
    assert_eq!(answer, refused("InvalidParameterValue", why));
    let answer = call(&sandbox, "DeleteMessage", json!({"ReceiptHandle": "m-0"})).await;
    assert_eq!(
        answer,
        refused("ReceiptHandleIsInvalid", "The input receipt handle \"m-0\" is not a valid receipt handle.")
    );
    let answer = call(&sandbox, "DeleteMessage", json!({})).await;
    assert_eq!(answer, refused("MissingParameter", "The request must contain the parameter ReceiptHandle."));
}
