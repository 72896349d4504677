//! The ledger on the wire: what is asked of DynamoDB, and what its answers come to.

use serde_json::{Value, json};
use setpoint::clock::Clock;
use setpoint::config::Config;

use crate::support::script::Script;
use crate::support::{answer, at, described, endpoint_arn, handler, instances, invocation, now};

const CLAIM: &str = "DynamoDB_20120810.UpdateItem";
const READ: &str = "SageMaker.DescribeEndpoint";
const WRITE: &str = "SageMaker.UpdateEndpointWeightsAndCapacities";

/// The answer to an event of 21:59:30 that wants four instances where there are two, and every call it made as its
/// operation and body.
async fn claimed(answers: Vec<(u16, Value)>) -> (Value, Vec<(String, Value)>) {
    let script = Script::start(answers);
    let config = Config::parse(r#"{"ledgerTable": "setpoint-ledger", "maxEventAge": "1h"}"#).unwrap();
    let handler = handler(&script.url, "us-east-1", config, &Clock::simulated(now()));
    let event = at("2026-11-20T21:59:30Z", instances("recsys", "AllTraffic", 4));
    let report = handler.handle(event, &invocation(0)).await;
    (answer(&report), script.calls().into_iter().map(|call| (call.target, call.body)).collect())
}

fn operations(calls: &[(String, Value)]) -> Vec<&str> {
    calls.iter().map(|(operation, _)| operation.as_str()).collect()
}

/// How DynamoDB says no.
fn refusal(exception: &str, message: &str) -> (u16, Value) {
    (400, json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{exception}"), "message": message}))
}

#[tokio::test]
async fn an_event_enters_itself_as_the_newest_before_it_writes() {
    let arn = endpoint_arn("recsys");
    let answers = vec![(200, described(2)), (200, json!({})), (200, arn.clone())];
    let (answer, calls) = claimed(answers).await;
    assert_eq!((answer, operations(&calls)), (arn, vec![READ, CLAIM, WRITE]));
    assert_eq!(
        calls[1].1,
        json!({
            "TableName": "setpoint-ledger",
            "Key": {"target": {"S": "123456789012/us-east-1/sagemaker:endpoint/recsys/variant/AllTraffic"}},
            "UpdateExpression": "SET issuedAt = :issuedAt, expires = :expires",
            "ConditionExpression": "attribute_not_exists(issuedAt) OR issuedAt <= :issuedAt",
            "ExpressionAttributeValues": {":issuedAt": {"N": "1795211970000"}, ":expires": {"N": "1795215570"}},
        })
    );
}

#[tokio::test]
async fn an_event_older_than_the_newest_is_superseded_and_writes_nothing() {
    let refused = refusal("ConditionalCheckFailedException", "The conditional request failed");
    let (answer, calls) = claimed(vec![(200, described(2)), refused]).await;
    assert_eq!((answer, operations(&calls)), (endpoint_arn("recsys"), vec![READ, CLAIM]));
}

#[tokio::test]
async fn a_ledger_that_cannot_be_asked_stops_the_write() {
    let missing = refusal("ResourceNotFoundException", "Requested resource not found");
    let (answer, calls) = claimed(vec![(200, described(2)), missing]).await;
    let message = "UpdateItem was refused: ResourceNotFoundException: Requested resource not found. Check the name, the \
                   Region and the account";
    let expected = json!({"errorType": "ResourceNotFoundException", "errorMessage": message});
    assert_eq!((answer, operations(&calls)), (expected, vec![READ, CLAIM]));
}
