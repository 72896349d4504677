//! DynamoDB's answers, whole.

use std::time::Duration;

use serde_json::{Value, json};
use setpoint_sandbox::{AttributeValue, Clock, Fault, Item, Number, Sandbox, Seed};

use crate::client::{at, authorization, dynamodb, example, noon, send};

const DONE: &str = "200 application/x-amz-json-1.0 {}";

/// An operation on the example's table.
async fn call(sandbox: &Sandbox, operation: &str, mut members: Value) -> String {
    if members.get("TableName").is_none() {
        members["TableName"] = "setpoint-ledger".into();
    }
    dynamodb(sandbox, operation, &members.to_string()).await
}

fn key(target: &str) -> Value {
    json!({"target": {"S": target}})
}

fn answered(body: &str) -> String {
    format!("200 application/x-amz-json-1.0 {body}")
}

fn refused(code: &str, message: &str) -> String {
    let message = serde_json::to_string(message).unwrap();
    format!("400 application/x-amz-json-1.0 {{\"__type\":\"{code}\",\"message\":{message}}}")
}

fn invalid(message: &str) -> String {
    refused("com.amazon.coral.validate#ValidationException", message)
}

fn check_failed() -> String {
    let code = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    refused(code, "The conditional request failed")
}

/// The ledger's claim of a target for an event from `issued_at`.
fn claim(target: &str, issued_at: i64) -> Value {
    json!({
        "Key": key(target),
        "UpdateExpression": "SET issuedAt = :issuedAt, expires = :expires",
        "ConditionExpression": "attribute_not_exists(issuedAt) OR issuedAt <= :issuedAt",
        "ExpressionAttributeValues": {
            ":issuedAt": {"N": issued_at.to_string()},
            ":expires": {"N": "1999999999"},
        },
    })
}

/// The items as they are kept.
fn items(sandbox: &Sandbox) -> Value {
    let state = sandbox.state();
    state["accounts"]["123456789012"]["us-east-1"]["tables"]["setpoint-ledger"]["items"].clone()
}

#[tokio::test]
async fn the_newest_claim_of_a_target_wins_in_whatever_order_they_come() {
    let sandbox = example().await;
    for (issued_at, answer) in [
        (1_000, DONE.to_owned()),
        (999, check_failed()),
        (1_000, DONE.to_owned()),
        (1_767_614_400_000, DONE.to_owned()),
        (2_000, check_failed()),
    ] {
        assert_eq!(call(&sandbox, "UpdateItem", claim("t", issued_at)).await, answer);
    }
    assert_eq!(call(&sandbox, "UpdateItem", claim("u", 5)).await, DONE);
    assert_eq!(
        items(&sandbox),
        json!({
            "t": {"target": {"S": "t"}, "issuedAt": {"N": "1767614400000"}, "expires": {"N": "1999999999"}},
            "u": {"target": {"S": "u"}, "issuedAt": {"N": "5"}, "expires": {"N": "1999999999"}},
        })
    );
}

#[tokio::test]
async fn a_failed_check_shows_the_item_if_the_request_wants_to_see_it() {
    let sandbox = example().await;
    let claim = |issued_at| {
        let mut claim = claim("t", issued_at);
        claim["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD".into();
        claim
    };
    assert_eq!(call(&sandbox, "UpdateItem", claim(7)).await, DONE);
    assert_eq!(
        call(&sandbox, "UpdateItem", claim(6)).await,
        "400 application/x-amz-json-1.0 {\"__type\":\"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException\",\
         \"Message\":\"The conditional request failed\",\
         \"Item\":{\"expires\":{\"N\":\"1999999999\"},\"issuedAt\":{\"N\":\"7\"},\"target\":{\"S\":\"t\"}}}"
    );
    let absent = json!({
        "Key": key("u"), "ConditionExpression": "attribute_exists(target)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    for operation in ["UpdateItem", "DeleteItem"] {
        assert_eq!(call(&sandbox, operation, absent.clone()).await, check_failed());
    }
}

#[tokio::test]
async fn an_update_returns_what_it_is_asked_for() {
    let sandbox = example().await;
    let update = async |expression: &str, returns: &str| {
        let request = json!({
            "Key": key("t"), "UpdateExpression": expression, "ReturnValues": returns,
            "ExpressionAttributeValues": {":v": {"N": "1"}},
        });
        call(&sandbox, "UpdateItem", request).await
    };
    assert_eq!(update("SET a = :v", "ALL_OLD").await, DONE);
    assert_eq!(update("SET b = :v", "UPDATED_OLD").await, DONE);
    assert_eq!(update("SET a = a + :v", "UPDATED_OLD").await, answered(r#"{"Attributes":{"a":{"N":"1"}}}"#));
    assert_eq!(update("SET a = a + :v", "UPDATED_NEW").await, answered(r#"{"Attributes":{"a":{"N":"3"}}}"#));
    assert_eq!(
        update("SET a = a + :v", "ALL_OLD").await,
        answered(r#"{"Attributes":{"a":{"N":"3"},"b":{"N":"1"},"target":{"S":"t"}}}"#)
    );
    assert_eq!(
        update("REMOVE b SET a = :v", "ALL_NEW").await,
        answered(r#"{"Attributes":{"a":{"N":"1"},"target":{"S":"t"}}}"#)
    );
    assert_eq!(update("SET a = :v", "NONE").await, DONE);
}

#[tokio::test]
async fn an_update_without_an_expression_makes_an_item_of_its_key() {
    let sandbox = example().await;
    assert_eq!(call(&sandbox, "UpdateItem", json!({"Key": key("t")})).await, DONE);
    assert_eq!(items(&sandbox), json!({"t": {"target": {"S": "t"}}}));
}

#[tokio::test]
async fn an_update_that_only_removes_makes_no_item() {
    let sandbox = example().await;
    for expression in ["REMOVE a", "REMOVE a DELETE marks :marks"] {
        let mut request = json!({"Key": key("t"), "UpdateExpression": expression, "ReturnValues": "ALL_NEW"});
        if expression.contains(":marks") {
            request["ExpressionAttributeValues"] = json!({":marks": {"SS": ["a"]}});
        }
        assert_eq!(call(&sandbox, "UpdateItem", request).await, DONE);
    }
    assert_eq!(items(&sandbox), Value::Null);
}

#[tokio::test]
async fn an_item_is_put_read_and_deleted() {
    let sandbox = example().await;
    let item =
        |number: i64| json!({"target": {"S": "t"}, "a": {"N": number.to_string()}, "m": {"M": {"x": {"S": "y"}}}});
    let put = |number| json!({"Item": item(number), "ReturnValues": "ALL_OLD"});
    let shown = |member: &str, number| {
        answered(&format!(
            r#"{{"{member}":{{"a":{{"N":"{number}"}},"m":{{"M":{{"x":{{"S":"y"}}}}}},"target":{{"S":"t"}}}}}}"#
        ))
    };
    assert_eq!(call(&sandbox, "GetItem", json!({"Key": key("t")})).await, DONE);
    assert_eq!(call(&sandbox, "PutItem", put(1)).await, DONE);
    assert_eq!(call(&sandbox, "PutItem", put(2)).await, shown("Attributes", 1));
    assert_eq!(call(&sandbox, "GetItem", json!({"Key": key("t"), "ConsistentRead": true})).await, shown("Item", 2));
    let projected = json!({
        "Key": key("t"), "ProjectionExpression": "#m.x, nowhere", "ExpressionAttributeNames": {"#m": "m"},
    });
    assert_eq!(call(&sandbox, "GetItem", projected).await, answered(r#"{"Item":{"m":{"M":{"x":{"S":"y"}}}}}"#));
    let once = json!({"Item": item(3), "ConditionExpression": "attribute_not_exists(target)"});
    assert_eq!(call(&sandbox, "PutItem", once).await, check_failed());
    let delete = |number: &str| {
        json!({
            "Key": key("t"), "ConditionExpression": "a = :a", "ReturnValues": "ALL_OLD",
            "ExpressionAttributeValues": {":a": {"N": number}},
        })
    };
    assert_eq!(call(&sandbox, "DeleteItem", delete("1")).await, check_failed());
    assert_eq!(call(&sandbox, "DeleteItem", delete("2")).await, shown("Attributes", 2));
    assert_eq!(call(&sandbox, "DeleteItem", json!({"Key": key("t")})).await, DONE);
    assert_eq!(items(&sandbox), Value::Null);
}

#[tokio::test]
async fn a_scan_shows_what_its_filter_admits() {
    let sandbox = example().await;
    assert_eq!(call(&sandbox, "Scan", json!({})).await, answered(r#"{"Items":[],"Count":0,"ScannedCount":0}"#));
    for (target, number) in [("b", "2"), ("a", "1"), ("c", "30")] {
        call(&sandbox, "PutItem", json!({"Item": {"target": {"S": target}, "n": {"N": number}}})).await;
    }
    let filtered = json!({
        "FilterExpression": "n > :one", "ProjectionExpression": "target",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    });
    assert_eq!(
        call(&sandbox, "Scan", filtered).await,
        answered(r#"{"Items":[{"target":{"S":"b"}},{"target":{"S":"c"}}],"Count":2,"ScannedCount":3}"#)
    );
}

#[tokio::test]
async fn a_table_goes_by_name_and_by_arn() {
    let sandbox = example().await;
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/setpoint-ledger";
    for table in ["setpoint-ledger", arn] {
        assert_eq!(
            call(&sandbox, "DescribeTable", json!({"TableName": table})).await,
            answered(&format!(
                "{{\"Table\":{{\"AttributeDefinitions\":[{{\"AttributeName\":\"target\",\"AttributeType\":\"S\"}}],\
                 \"TableName\":\"setpoint-ledger\",\"KeySchema\":[{{\"AttributeName\":\"target\",\"KeyType\":\"HASH\"}}],\
                 \"TableStatus\":\"ACTIVE\",\"ItemCount\":0,\"TableArn\":\"{arn}\"}}}}"
            ))
        );
    }
    let not_found = "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException";
    assert_eq!(
        call(&sandbox, "DescribeTable", json!({"TableName": "nowhere"})).await,
        refused(not_found, "Requested resource not found: Table: nowhere not found")
    );
    let elsewhere = "arn:aws:dynamodb:eu-west-1:123456789012:table/setpoint-ledger";
    for (operation, members) in [
        ("UpdateItem", json!({"TableName": "nowhere", "Key": key("t")})),
        ("GetItem", json!({"TableName": elsewhere, "Key": key("t")})),
        ("PutItem", json!({"TableName": "nowhere", "Item": key("t")})),
        ("DeleteItem", json!({"TableName": "nowhere", "Key": key("t")})),
        ("Scan", json!({"TableName": "nowhere"})),
    ] {
        assert_eq!(call(&sandbox, operation, members).await, refused(not_found, "Requested resource not found"));
    }
}

#[tokio::test]
async fn what_a_request_may_not_say_is_refused_and_changes_nothing() {
    let sandbox = example().await;
    call(&sandbox, "UpdateItem", claim("t", 1)).await;
    let before = sandbox.state();
    let wrong_key = "The provided key element does not match the schema";
    let empty = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
    let with = |name: &str, members: &str| {
        let mut request = json!({"Key": key("t"), "ConditionExpression": "attribute_exists(target)"});
        request[name] = serde_json::from_str(members).unwrap();
        request
    };
    let large = |size: usize| json!({"target": {"S": "t"}, "blob_": {"S": "x".repeat(size)}});
    for (operation, request, message) in [
        ("GetItem", json!({"Key": {}}), wrong_key),
        ("GetItem", json!({"Key": {"target": {"N": "1"}}}), wrong_key),
        ("UpdateItem", json!({"Key": {"id": {"S": "t"}}}), wrong_key),
        ("UpdateItem", json!({"Key": {"target": {"S": "t"}, "id": {"S": "t"}}}), wrong_key),
        (
            "UpdateItem",
            json!({}),
            "1 validation error detected: Value null at 'key' failed to satisfy constraint: Member must not be null",
        ),
        (
            "PutItem",
            json!({}),
            "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null",
        ),
        (
            "GetItem",
            json!({"TableName": null}),
            "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be \
             null; Value null at 'key' failed to satisfy constraint: Member must not be null",
        ),
        (
            "UpdateItem",
            json!({"Key": key("t"), "ReturnValues": "SOME"}),
            "1 validation error detected: Value 'SOME' at 'returnValues' failed to satisfy constraint: Member must \
             satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]",
        ),
        (
            "PutItem",
            json!({"Item": key("t"), "ReturnValues": "ALL_NEW"}),
            "1 validation error detected: ReturnValues can only be ALL_OLD or NONE",
        ),
        (
            "DeleteItem",
            json!({"Key": key("t"), "ReturnValues": "UPDATED_OLD"}),
            "1 validation error detected: ReturnValues can only be ALL_OLD or NONE",
        ),
        (
            "PutItem",
            json!({"Item": {"id": {"S": "t"}}}),
            "One or more parameter values were invalid: Missing the key target in the item",
        ),
        (
            "PutItem",
            json!({"Item": {"target": {"N": "1"}}}),
            "One or more parameter values were invalid: Type mismatch for key target expected: S actual: N",
        ),
        (
            "UpdateItem",
            json!({"Key": key("")}),
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty \
             string value. Key: target",
        ),
        (
            "GetItem",
            json!({"Key": key(&"k".repeat(2049))}),
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
        ("GetItem", json!({"Key": {"target": {}}}), empty),
        ("GetItem", json!({"Key": {"target": {"X": "t"}}}), empty),
        (
            "GetItem",
            json!({"Key": {"target": {"S": "t", "N": "1"}}}),
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
        ),
        (
            "PutItem",
            json!({"Item": {"target": {"S": "t"}, "a": {"SS": ["x", "x"]}}}),
            "1 validation error detected: One or more parameter values were invalid: Input collection [\"x\", \"x\"] contains duplicates.",
        ),
        (
            "PutItem",
            json!({"Item": {"target": {"S": "t"}, "a": {"SS": []}}}),
            "1 validation error detected: One or more parameter values were invalid: An string set  may not be empty",
        ),
        (
            "PutItem",
            json!({"Item": {"target": {"S": "t"}, "a": {"NS": ["1", "1.0"]}}}),
            "1 validation error detected: Input collection contains duplicates",
        ),
        (
            "PutItem",
            json!({"Item": {"target": {"S": "t"}, "a": {"B": "eA=="}}}),
            "1 validation error detected: the sandbox has no binary values",
        ),
        ("PutItem", json!({"Item": large(400 * 1024 - 11)}), "Item size has exceeded the maximum allowed size"),
        (
            "UpdateItem",
            json!({
                "Key": key("t"), "UpdateExpression": "SET a = :a",
                "ExpressionAttributeValues": {":a": {"S": "x".repeat(400 * 1024)}},
            }),
            "Item size to update has exceeded the maximum allowed size",
        ),
        (
            "UpdateItem",
            with("ExpressionAttributeValues", r#"{":unused": {"N": "1"}, ":other": {"N": "1"}}"#),
            "1 validation error detected: Value provided in ExpressionAttributeValues unused in expressions: keys: {:other, :unused}",
        ),
        (
            "UpdateItem",
            with("ExpressionAttributeNames", r##"{"#unused": "a"}"##),
            "1 validation error detected: Value provided in ExpressionAttributeNames unused in expressions: keys: {#unused}",
        ),
        (
            "UpdateItem",
            with("ExpressionAttributeNames", "{}"),
            "1 validation error detected: ExpressionAttributeNames must not be empty",
        ),
        (
            "UpdateItem",
            with("ExpressionAttributeValues", "{}"),
            "1 validation error detected: ExpressionAttributeValues must not be empty",
        ),
        (
            "UpdateItem",
            with("ExpressionAttributeNames", r#"{"a": "a"}"#),
            "1 validation error detected: ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"",
        ),
        (
            "UpdateItem",
            with("ExpressionAttributeValues", r#"{":": {"N": "1"}}"#),
            "1 validation error detected: ExpressionAttributeValues contains invalid key: Syntax error; key: \":\"",
        ),
        (
            "UpdateItem",
            with("ExpressionAttributeValues", r#"{":a": {"N": "b"}}"#),
            "1 validation error detected: ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: b \
             for key :a",
        ),
        (
            "UpdateItem",
            json!({"Key": key("t"), "ExpressionAttributeNames": {"#a": "a"}}),
            "1 validation error detected: ExpressionAttributeNames can only be specified when using expressions",
        ),
        ("UpdateItem", with("Expected", r#"{"a": {"Exists": false}}"#), "the sandbox does not serve Expected"),
    ] {
        assert_eq!(call(&sandbox, operation, request).await, invalid(message), "{operation}");
    }
    assert_eq!(
        dynamodb(&sandbox, "UpdateItem", r#"{"TableName": 3}"#).await,
        "400 application/x-amz-json-1.0 {\"__type\":\"com.amazon.coral.service#SerializationException\",\
         \"Message\":\"invalid type: integer `3`, expected a string at line 1 column 15\"}"
    );
    assert_eq!(
        dynamodb(&sandbox, "CreateTable", "{}").await,
        "400 application/x-amz-json-1.0 {\"__type\":\"com.amazon.coral.service#UnknownOperationException\",\"message\":\"the sandbox does not serve CreateTable; its README lists what it does\"}"
    );
    assert_eq!(sandbox.state(), before);
    // One byte less is an item.
    assert_eq!(call(&sandbox, "PutItem", json!({"Item": large(400 * 1024 - 12)})).await, DONE);
}

#[tokio::test]
async fn a_number_counts_by_its_digits_on_either_side_of_the_point() {
    let sandbox = example().await;
    for (number, bytes) in [("0", 1), ("1", 2), ("-1", 3), ("123456", 4), ("3.14159", 5), ("1E125", 2), ("0.00012", 2)]
    {
        let item = |padding: usize| json!({"Item": {"target": {"S": "t"}, "n": {"N": number}, "p": {"S": "x".repeat(padding)}}});
        let rest = 400 * 1024 - "target".len() - "t".len() - "n".len() - bytes - "p".len();
        assert_eq!(call(&sandbox, "PutItem", item(rest)).await, DONE, "{number}");
        let too_large = invalid("Item size has exceeded the maximum allowed size");
        assert_eq!(call(&sandbox, "PutItem", item(rest + 1)).await, too_large, "{number}");
    }
}

#[tokio::test]
async fn an_item_is_gone_once_its_time_has_passed_if_the_table_has_such_a_time() {
    let clock = Clock::fixed(noon());
    let sandbox = at(clock.clone(), |_| {}).await;
    let put = async |target: &str, expires: i64| {
        let item = json!({"target": {"S": target}, "expires": {"N": expires.to_string()}});
        assert_eq!(call(&sandbox, "PutItem", json!({"Item": item})).await, DONE);
    };
    let end = noon().timestamp() + 60;
    put("soon", end).await;
    put("soon too", end).await;
    put("later", end + 1).await;
    put("five years ago", end - 6 * 365 * 86_400).await;
    clock.advance(Duration::from_secs(60));
    let scan = async || {
        let answer = call(&sandbox, "Scan", json!({"ProjectionExpression": "target"})).await;
        let body: Value =
            serde_json::from_str(answer.strip_prefix("200 application/x-amz-json-1.0 ").unwrap()).unwrap();
        body["Items"].as_array().unwrap().iter().map(|item| item["target"]["S"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(scan().await, ["five years ago", "later", "soon", "soon too"]);
    clock.advance(Duration::from_secs(1));
    assert_eq!(call(&sandbox, "GetItem", json!({"Key": key("soon")})).await, DONE);
    let absent = json!({"Key": key("soon too"), "ConditionExpression": "attribute_not_exists(target)"});
    assert_eq!(call(&sandbox, "UpdateItem", absent).await, DONE);
    assert_eq!(scan().await, ["five years ago", "later", "soon too"]);
    sandbox.edit(|seed| seed.home().tables.get_mut("setpoint-ledger").unwrap().time_to_live = None);
    clock.advance(Duration::from_secs(60));
    assert_eq!(scan().await, ["five years ago", "later", "soon too"]);
}

#[tokio::test]
async fn a_snapshot_with_items_is_a_seed_and_items_can_be_patched_and_edited() {
    let sandbox = example().await;
    let item = json!({
        "target": {"S": "t"}, "n": {"N": "-1.50"}, "b": {"BOOL": false}, "z": {"NULL": false}, "l": {"L": [{"S": ""}]},
        "m": {"M": {}}, "ss": {"SS": ["b", "a"]}, "ns": {"NS": ["10", "9"]},
    });
    assert_eq!(call(&sandbox, "PutItem", json!({"Item": item})).await, DONE);
    let snapshot = sandbox.state();
    let kept = json!({
        "target": {"S": "t"}, "n": {"N": "-1.5"}, "b": {"BOOL": false}, "z": {"NULL": true}, "l": {"L": [{"S": ""}]},
        "m": {"M": {}}, "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["9", "10"]},
    });
    assert_eq!(items(&sandbox)["t"], kept);
    let mut seed = Seed::from_json(&snapshot.to_string()).unwrap();
    assert_eq!(seed, sandbox.edit(|seed| seed.clone()));
    let patch = json!({"accounts": {"123456789012": {"us-east-1": {"tables": {"setpoint-ledger": {
        "items": {"t": {"n": {"N": "2"}, "l": null}, "u": {"target": {"S": "u"}}},
    }}}}}});
    let mut patched = seed.patched(&patch).unwrap();
    let table = seed.home().tables.get_mut("setpoint-ledger").unwrap();
    let item = table.items.get_mut("t").unwrap();
    item.insert("n".to_owned(), AttributeValue::N(Number::from(2)));
    item.remove("l");
    let new: Item = [("target".to_owned(), AttributeValue::S("u".to_owned()))].into_iter().collect();
    table.items.insert("u".to_owned(), new);
    assert_eq!(patched.home(), seed.home());
}

#[tokio::test]
async fn every_region_and_account_has_tables_of_its_own() {
    let sandbox = example().await;
    let authorization = authorization("AKIAEXAMPLE", "eu-west-1", "dynamodb");
    let headers = [("authorization", authorization.as_str()), ("x-amz-target", "DynamoDB_20120810.DescribeTable")];
    let answer = send(&sandbox, "POST", "/", &headers, r#"{"TableName":"setpoint-ledger"}"#).await.unwrap();
    assert_eq!(answer.status.as_u16(), 400);
    let unsigned = [("x-amz-target", "DynamoDB_20120810.DescribeTable")];
    let answer = send(&sandbox, "POST", "/", &unsigned, r#"{"TableName":"setpoint-ledger"}"#).await.unwrap();
    assert_eq!(answer.status.as_u16(), 200);
}

#[tokio::test]
async fn faults_are_worded_as_dynamodb_does() {
    let sandbox = example().await;
    let namespace = "com.amazonaws.dynamodb.v20120810";
    sandbox.script("UpdateItem", Fault::throttle());
    assert_eq!(
        call(&sandbox, "UpdateItem", claim("t", 1)).await,
        refused(
            &format!("{namespace}#ProvisionedThroughputExceededException"),
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing your \
             provisioning level with the UpdateTable API."
        )
    );
    sandbox.script("UpdateItem", Fault::server_error());
    assert_eq!(
        call(&sandbox, "UpdateItem", claim("t", 1)).await,
        format!(
            "500 application/x-amz-json-1.0 {{\"__type\":\"{namespace}#InternalServerError\",\"message\":\
             \"The request processing has failed because of an unknown error, exception or failure.\"}}"
        )
    );
    sandbox.script("UpdateItem", Fault::access_denied());
    assert_eq!(
        call(&sandbox, "UpdateItem", claim("t", 1)).await,
        "400 application/x-amz-json-1.0 {\"__type\":\"com.amazon.coral.service#AccessDeniedException\",\"Message\":\
         \"User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: dynamodb:UpdateItem on resource: \
         arn:aws:dynamodb:us-east-1:123456789012:table/setpoint-ledger\"}"
    );
    sandbox.script("UpdateItem", Fault::error(400, "TransactionConflictException", "as scripted"));
    assert_eq!(
        call(&sandbox, "UpdateItem", claim("t", 1)).await,
        refused(&format!("{namespace}#TransactionConflictException"), "as scripted")
    );
    assert_eq!(items(&sandbox), Value::Null);
    sandbox.script("UpdateItem", Fault::lose_answer());
    let authorization = authorization("AKIAEXAMPLE", "us-east-1", "dynamodb");
    let headers = [("authorization", authorization.as_str()), ("x-amz-target", "DynamoDB_20120810.UpdateItem")];
    let mut request = claim("t", 1);
    request["TableName"] = "setpoint-ledger".into();
    assert!(send(&sandbox, "POST", "/", &headers, &request.to_string()).await.is_err());
    assert_eq!(items(&sandbox)["t"]["issuedAt"], json!({"N": "1"}));
}
