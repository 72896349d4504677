//! DynamoDB's expressions: what holds of an item, what an update makes of it, and what is wrong with an expression.

use serde_json::{Value, json};
use setpoint_sandbox::{Sandbox, Table};

use crate::client::{dynamodb, with};

/// A sandbox with one table, and in it one item.
async fn ledger(item: &Value) -> Sandbox {
    let mut item = item.clone();
    item["id"] = json!({"S": "one"});
    let table = json!({"partitionKey": "id", "items": {"one": item}});
    let table: Table = serde_json::from_value(table).unwrap();
    with(|seed| drop(seed.home().tables.insert("items".to_owned(), table))).await
}

/// The part of a request that gives placeholders their meaning, as far as the expression uses them.
fn placeholders(request: &mut Value, expression: &str, names: &Value, values: &Value) {
    for (member, all) in [("ExpressionAttributeNames", names), ("ExpressionAttributeValues", values)] {
        let used = |key: &str| {
            let uses = expression.match_indices(key).map(|(index, _)| &expression[index + key.len()..]);
            uses.into_iter().any(|rest| !rest.starts_with(|letter: char| letter.is_ascii_alphanumeric()))
        };
        let used: serde_json::Map<String, Value> =
            all.as_object().unwrap().iter().filter(|(key, _)| used(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
        if !used.is_empty() {
            request[member] = used.into();
        }
    }
}

fn item() -> Value {
    json!({
        "n": {"N": "10"},
        "big": {"N": "12345678901234567890123456789012345678"},
        "small": {"N": "-0.000000001"},
        "s": {"S": "lease"},
        "blank": {"S": ""},
        "yes": {"BOOL": true},
        "nil": {"NULL": true},
        "marks": {"SS": ["a", "b"]},
        "bag": {"M": {"part": {"N": "3"}, "deep": {"M": {"leaf": {"S": "here"}}}}},
        "steps": {"L": [{"N": "1"}]},
        "owner": {"S": "me"},
    })
}

fn values() -> Value {
    json!({
        ":nine": {"N": "9"}, ":ten": {"N": "10"}, ":tenth": {"N": "10.0"}, ":eleven": {"N": "1.1e1"},
        ":hundred": {"N": "100"}, ":minus": {"N": "-5"},
        ":big": {"N": "12345678901234567890123456789012345679"},
        ":small": {"N": "-1e-9"},
        ":lease": {"S": "lease"}, ":le": {"S": "le"}, ":m": {"S": "m"}, ":text": {"S": "10"},
        ":yes": {"BOOL": true}, ":no": {"BOOL": false}, ":set": {"SS": ["b", "a"]},
        ":map": {"M": {"x": {"S": "y"}}}, ":c": {"SS": ["c"]}, ":a": {"SS": ["a"]}, ":both": {"SS": ["a", "b"]},
        ":list": {"L": []}, ":null": {"NULL": true},
    })
}

fn names() -> Value {
    json!({"#n": "n", "#bag": "bag", "#part": "part", "#owner": "owner", "#dot": "a.b", "#nowhere": "nowhere"})
}

/// What comes of a condition: `true`, `false`, or the message that it is refused with.
async fn condition(sandbox: &Sandbox, expression: &str) -> String {
    let mut request = json!({
        "TableName": "items", "Key": {"id": {"S": "one"}}, "ConditionExpression": expression, "ReturnValues": "NONE",
    });
    placeholders(&mut request, expression, &names(), &values());
    let answer = dynamodb(sandbox, "UpdateItem", &request.to_string()).await;
    match answer.split_once(' ').unwrap() {
        ("200", _) => "true".to_owned(),
        _ if answer.contains("#ConditionalCheckFailedException") => "false".to_owned(),
        _ => message(&answer)
            .strip_prefix("1 validation error detected: Invalid ConditionExpression: ")
            .unwrap()
            .to_owned(),
    }
}

/// The message of a `ValidationException`.
fn message(answer: &str) -> String {
    let body = answer.strip_prefix("400 application/x-amz-json-1.0 ").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["__type"], "com.amazon.coral.validate#ValidationException", "{body}");
    body["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_condition_holds_of_an_item_or_does_not() {
    let sandbox = ledger(&item()).await;
    for (expression, holds) in [
        // Comparisons, of numbers by their values and of texts by their bytes.
        ("n = :ten", true),
        ("n = :tenth", true),
        ("n = :nine", false),
        ("n <> :nine", true),
        ("n <> :ten", false),
        ("n < :eleven", true),
        ("n < :ten", false),
        ("n <= :ten", true),
        ("n > :nine", true),
        ("n > :hundred", false),
        ("n >= :ten", true),
        ("n >= :eleven", false),
        ("n > :minus", true),
        ("small > :minus", true),
        ("small < :nine", true),
        ("small = :small", true),
        ("big < :big", true),
        ("big >= :big", false),
        ("s = :lease", true),
        ("s < :m", true),
        ("s > :m", false),
        ("blank < s", true),
        ("yes = :yes", true),
        ("yes = :no", false),
        ("marks = :set", true),
        ("nil = :null", true),
        // Types are never compared with each other, and a number is not its text.
        ("n = :text", false),
        ("n <> :text", true),
        ("n < :text", false),
        ("n >= :text", false),
        // What is not there equals nothing.
        ("nowhere = :ten", false),
        ("nowhere <> :ten", true),
        ("nowhere < :ten", false),
        ("NOT nowhere < :ten", true),
        // BETWEEN and IN.
        ("n BETWEEN :nine AND :ten", true),
        ("n BETWEEN :ten AND :ten", true),
        ("n BETWEEN :eleven AND :hundred", false),
        ("n between :nine and :ten AND s = :lease", true),
        ("n IN (:nine, :ten)", true),
        ("n IN (:nine)", false),
        // Functions.
        ("attribute_exists(n)", true),
        ("attribute_exists(nowhere)", false),
        ("attribute_exists(id)", true),
        ("attribute_not_exists(nowhere)", true),
        ("attribute_not_exists(n)", false),
        ("attribute_exists(nil)", true),
        ("begins_with(s, :le)", true),
        ("begins_with(s, :m)", false),
        ("begins_with(n, :le)", false),
        ("begins_with(nowhere, :le)", false),
        // Paths.
        ("bag.part < :nine", true),
        ("#bag.#part < :nine", true),
        ("attribute_exists(bag.deep.leaf)", true),
        ("attribute_exists(bag.deep.branch)", false),
        ("attribute_exists(s.part)", false),
        ("attribute_not_exists(nowhere.part)", true),
        ("attribute_exists(#dot)", false),
        ("#owner = s", false),
        ("bag.part < n", true),
        // AND before OR, NOT before both.
        ("n = :nine AND n = :ten OR s = :lease", true),
        ("n = :nine AND (n = :ten OR s = :lease)", false),
        ("s = :lease OR n = :nine AND n = :ten", true),
        ("n = :ten AND s = :lease AND yes = :yes", true),
        ("n = :ten AND s = :lease AND yes = :no", false),
        ("n = :nine OR s = :m OR yes = :yes", true),
        ("n = :nine OR s = :m OR yes = :no", false),
        ("NOT n = :nine AND s = :lease", true),
        ("NOT (n = :nine OR s = :lease)", false),
        ("NOT n = :ten OR s = :lease", true),
        ("NOT NOT n = :ten", true),
        ("not attribute_exists(nowhere) aNd attribute_exists(n)", true),
        ("attribute_not_exists(n) OR n<=:ten", true),
        ("(attribute_not_exists(nowhere))AND(n<:nine)", false),
        ("(n = :nine) OR (n = :ten)", true),
    ] {
        assert_eq!(condition(&sandbox, expression).await, holds.to_string(), "{expression}");
    }
}

#[tokio::test]
async fn a_condition_that_is_none_is_refused() {
    let sandbox = ledger(&item()).await;
    let undefined_name = "An expression attribute name used in the document path is not defined; attribute name: ";
    let undefined_value = "An expression attribute value used in expression is not defined; attribute value: ";
    for (expression, problem) in [
        ("", "The expression can not be empty;".to_owned()),
        ("foo", r#"Syntax error; token: "<EOF>", near: "foo""#.to_owned()),
        ("n =", r#"Syntax error; token: "<EOF>", near: "=""#.to_owned()),
        ("n = :ten )", r#"Syntax error; token: ")", near: ":ten )""#.to_owned()),
        ("n == :ten", r#"Syntax error; token: "=", near: "== :ten""#.to_owned()),
        ("n = 10", r#"Syntax error; token: "10", near: "= 10""#.to_owned()),
        ("(n = :ten", r#"Syntax error; token: "<EOF>", near: ":ten""#.to_owned()),
        ("n = :ten AND", r#"Syntax error; token: "<EOF>", near: "AND""#.to_owned()),
        ("n ! :ten", r#"Syntax error; token: "!", near: "n ! :ten""#.to_owned()),
        ("n = ü", r#"Syntax error; token: "ü", near: "= ü""#.to_owned()),
        ("_n = :ten", r#"Syntax error; token: "_", near: "_n""#.to_owned()),
        ("1n = :ten", r#"Syntax error; token: "1", near: "1n""#.to_owned()),
        ("n. = :ten", r#"Syntax error; token: "=", near: ". = :ten""#.to_owned()),
        ("n BETWEEN :nine :ten", r#"Syntax error; token: ":ten", near: ":nine :ten""#.to_owned()),
        ("#", r##"Syntax error; token: "#", near: "#""##.to_owned()),
        ("((n = :ten))", "The expression has redundant parentheses;".to_owned()),
        ("n = :ten AND ((n = :ten) )", "The expression has redundant parentheses;".to_owned()),
        ("Owner = :ten", "Attribute name is a reserved keyword; reserved keyword: Owner".to_owned()),
        ("bag.ttl = :ten", "Attribute name is a reserved keyword; reserved keyword: ttl".to_owned()),
        ("n = :undefined", format!("{undefined_value}:undefined")),
        ("#undefined = :ten", format!("{undefined_name}#undefined")),
        ("exists(n)", "Invalid function name; function: exists".to_owned()),
        (
            "attribute_exists(:ten)",
            "Operator or function requires a document path; operator or function: attribute_exists".to_owned(),
        ),
        (
            "attribute_exists(n, s)",
            "Incorrect number of operands for operator or function; operator or function: attribute_exists, \
             number of operands: 2"
                .to_owned(),
        ),
        (
            "begins_with(s)",
            "Incorrect number of operands for operator or function; operator or function: begins_with, \
             number of operands: 1"
                .to_owned(),
        ),
        (
            "begins_with(s, :ten)",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"
                .to_owned(),
        ),
        (
            "n < :yes",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL".to_owned(),
        ),
        (
            "n = n",
            "The first operand must be distinct from the remaining operands for this operator or function; \
             operator: =, first operand: [n]"
                .to_owned(),
        ),
        (
            "n BETWEEN :ten AND :nine",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; \
             lower bound operand: AttributeValue: {N:10}, upper bound operand: AttributeValue: {N:9}"
                .to_owned(),
        ),
        (
            "n BETWEEN :ten AND :text",
            "The BETWEEN operator requires same data type for lower and upper bounds; \
             lower bound operand: AttributeValue: {N:10}, upper bound operand: AttributeValue: {S:10}"
                .to_owned(),
        ),
        // What the sandbox leaves out says so.
        ("steps[0] = :ten", "the sandbox's expressions have no list indexes".to_owned()),
        ("size(s) > :nine", "the sandbox's conditions have no size".to_owned()),
    ] {
        assert_eq!(condition(&sandbox, expression).await, problem, "{expression}");
    }
    let deep = format!("{}n = :ten", "NOT ".repeat(101));
    assert_eq!(condition(&sandbox, &deep).await, "the sandbox reads no expression that is more than 100 levels deep");
    let long = format!("n = :ten{}", " ".repeat(4096));
    assert_eq!(condition(&sandbox, &long).await, "Expression size has exceeded the maximum allowed size;");
}

/// What comes of an update: the attributes that it says it has changed, or the message that it is refused with.
async fn update(sandbox: &Sandbox, expression: &str) -> String {
    let mut request = json!({
        "TableName": "items", "Key": {"id": {"S": "one"}}, "UpdateExpression": expression,
        "ReturnValues": "UPDATED_NEW",
    });
    placeholders(&mut request, expression, &names(), &values());
    let answer = dynamodb(sandbox, "UpdateItem", &request.to_string()).await;
    match answer.strip_prefix("200 application/x-amz-json-1.0 ") {
        Some(body) => serde_json::from_str::<Value>(body).unwrap()["Attributes"].to_string(),
        None => message(&answer),
    }
}

#[tokio::test]
async fn an_update_changes_what_it_names() {
    for (expression, changed) in [
        ("SET n = :nine", r#"{"n":{"N":"9"}}"#),
        ("set #n=:nine", r#"{"n":{"N":"9"}}"#),
        ("SET a = :ten, b = :text", r#"{"a":{"N":"10"},"b":{"S":"10"}}"#),
        ("SET n = n + :ten", r#"{"n":{"N":"20"}}"#),
        ("SET n = n - :eleven", r#"{"n":{"N":"-1"}}"#),
        ("SET n = :ten - n", r#"{"n":{"N":"0"}}"#),
        ("SET n = small + n", r#"{"n":{"N":"9.999999999"}}"#),
        ("SET n = (n) + (:ten)", r#"{"n":{"N":"20"}}"#),
        ("SET n = if_not_exists(n, :nine)", r#"{"n":{"N":"10"}}"#),
        ("SET a = if_not_exists(a, :nine)", r#"{"a":{"N":"9"}}"#),
        ("SET a = if_not_exists(a, :nine) + :ten", r#"{"a":{"N":"19"}}"#),
        ("SET a = if_not_exists(a, if_not_exists(b, n))", r#"{"a":{"N":"10"}}"#),
        ("SET a = s", r#"{"a":{"S":"lease"}}"#),
        ("SET a = bag.deep", r#"{"a":{"M":{"leaf":{"S":"here"}}}}"#),
        ("SET a = :list", r#"{"a":{"L":[]}}"#),
        ("SET bag.part = :ten", r#"{"bag":{"M":{"part":{"N":"10"}}}}"#),
        ("SET bag.deep.branch = :ten", r#"{"bag":{"M":{"deep":{"M":{"branch":{"N":"10"}}}}}}"#),
        ("SET #bag.#dot = :ten", r#"{"bag":{"M":{"a.b":{"N":"10"}}}}"#),
        ("SET a = :map", r#"{"a":{"M":{"x":{"S":"y"}}}}"#),
        // Everything is read before anything is written.
        ("SET n = s, s = n", r#"{"n":{"S":"lease"},"s":{"N":"10"}}"#),
        ("REMOVE n", "null"),
        ("REMOVE nowhere, n, bag.part", "null"),
        ("REMOVE n SET a = n", r#"{"a":{"N":"10"}}"#),
        ("ADD n :nine", r#"{"n":{"N":"19"}}"#),
        ("ADD a :minus", r#"{"a":{"N":"-5"}}"#),
        ("ADD marks :c", r#"{"marks":{"SS":["a","b","c"]}}"#),
        ("DELETE marks :a", r#"{"marks":{"SS":["b"]}}"#),
        ("DELETE marks :both", "null"),
        ("DELETE nowhere :both", "null"),
        (
            "SET a = :ten REMOVE s ADD n :nine DELETE marks :a",
            r#"{"a":{"N":"10"},"marks":{"SS":["b"]},"n":{"N":"19"}}"#,
        ),
    ] {
        let sandbox = ledger(&item()).await;
        assert_eq!(update(&sandbox, expression).await, changed, "{expression}");
    }
}

#[tokio::test]
async fn an_update_that_is_none_is_refused_and_changes_nothing() {
    let sandbox = ledger(&item()).await;
    let before = sandbox.state();
    let overlap = "Two document paths overlap with each other; must remove or rewrite one of these paths; ";
    let wrong_type = "An operand in the update expression has an incorrect data type";
    for (expression, problem) in [
        ("", "1 validation error detected: Invalid UpdateExpression: The expression can not be empty;".to_owned()),
        ("n = :ten", r#"1 validation error detected: Invalid UpdateExpression: Syntax error; token: "n", near: "n =""#.to_owned()),
        ("SET n :ten", r#"1 validation error detected: Invalid UpdateExpression: Syntax error; token: ":ten", near: "n :ten""#.to_owned()),
        (
            "SET n = :ten + :ten + :ten",
            r#"1 validation error detected: Invalid UpdateExpression: Syntax error; token: "+", near: ":ten + :ten""#.to_owned(),
        ),
        ("SET n = :ten,", r#"1 validation error detected: Invalid UpdateExpression: Syntax error; token: "<EOF>", near: ",""#.to_owned()),
        ("SET", r#"1 validation error detected: Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "SET""#.to_owned()),
        ("SET :ten = n", r#"1 validation error detected: Invalid UpdateExpression: Syntax error; token: ":ten", near: "SET :ten =""#.to_owned()),
        ("ADD n = :ten", r#"1 validation error detected: Invalid UpdateExpression: Syntax error; token: "=", near: "n = :ten""#.to_owned()),
        ("SET n = ((:ten))", "1 validation error detected: Invalid UpdateExpression: The expression has redundant parentheses;".to_owned()),
        (
            "SET owner = :ten",
            "1 validation error detected: Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: owner".to_owned(),
        ),
        (
            "SET n = :ten SET a = :ten",
            "1 validation error detected: Invalid UpdateExpression: The \"SET\" section can only be used once in an update expression;".to_owned(),
        ),
        ("SET n = twice(n)", "1 validation error detected: Invalid UpdateExpression: Invalid function name; function: twice".to_owned()),
        (
            "SET n = :undefined",
            "1 validation error detected: Invalid UpdateExpression: An expression attribute value used in expression is not defined; \
             attribute value: :undefined"
                .to_owned(),
        ),
        (
            "SET #undefined = :ten",
            "1 validation error detected: Invalid UpdateExpression: An expression attribute name used in the document path is not defined; \
             attribute name: #undefined"
                .to_owned(),
        ),
        (
            "SET n = if_not_exists(:ten, n)",
            "1 validation error detected: Invalid UpdateExpression: Operator or function requires a document path; \
             operator or function: if_not_exists"
                .to_owned(),
        ),
        (
            "SET n = if_not_exists(n)",
            "1 validation error detected: Invalid UpdateExpression: Incorrect number of operands for operator or function; \
             operator or function: if_not_exists, number of operands: 1"
                .to_owned(),
        ),
        (
            "SET n = n + :text",
            "1 validation error detected: Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, \
             operand type: S"
                .to_owned(),
        ),
        (
            "ADD n :text",
            "1 validation error detected: Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, \
             operand type: STRING"
                .to_owned(),
        ),
        (
            "DELETE n :ten",
            "1 validation error detected: Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, \
             operand type: NUMBER"
                .to_owned(),
        ),
        ("SET n = :ten, #n = :nine", format!("1 validation error detected: Invalid UpdateExpression: {overlap}path one: [n], path two: [n]")),
        (
            "SET bag.deep.leaf = :ten REMOVE bag",
            format!("1 validation error detected: Invalid UpdateExpression: {overlap}path one: [bag, deep, leaf], path two: [bag]"),
        ),
        ("REMOVE bag, bag.part", format!("1 validation error detected: Invalid UpdateExpression: {overlap}path one: [bag], path two: [bag, part]")),
        (
            "SET n = nowhere",
            "The provided expression refers to an attribute that does not exist in the item".to_owned(),
        ),
        (
            "SET n = n + nowhere",
            "The provided expression refers to an attribute that does not exist in the item".to_owned(),
        ),
        ("SET n = n + s", wrong_type.to_owned()),
        ("ADD s :ten", wrong_type.to_owned()),
        ("DELETE s :both", wrong_type.to_owned()),
        (
            "SET nowhere.part = :ten",
            "The document path provided in the update expression is invalid for update".to_owned(),
        ),
        ("SET n.part = :ten", "The document path provided in the update expression is invalid for update".to_owned()),
        (
            "SET a = :ten, id = :lease",
            "One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key"
                .to_owned(),
        ),
        ("SET big = big + small", "Attempting to store more than 38 significant digits in a Number".to_owned()),
        ("SET steps[0] = :ten", "1 validation error detected: Invalid UpdateExpression: the sandbox's expressions have no list indexes".to_owned()),
        (
            "SET steps = list_append(steps, :list)",
            "1 validation error detected: Invalid UpdateExpression: the sandbox's updates have no list_append".to_owned(),
        ),
    ] {
        assert_eq!(update(&sandbox, expression).await, problem, "{expression}");
    }
    assert_eq!(sandbox.state(), before);
}

#[tokio::test]
async fn numbers_are_exact_and_written_without_what_they_do_not_need() {
    let sandbox = ledger(&json!({})).await;
    let zeros = |count: usize| "0".repeat(count);
    for (written, kept) in [
        ("0", "0".to_owned()),
        ("0e99999999999999999999999", "0".to_owned()),
        ("-0.00", "0".to_owned()),
        ("007", "7".to_owned()),
        ("+7.50", "7.5".to_owned()),
        (".5", "0.5".to_owned()),
        ("5.", "5".to_owned()),
        ("1e3", "1000".to_owned()),
        ("12.5E-4", "0.00125".to_owned()),
        ("-1000", "-1000".to_owned()),
        ("1767614400000", "1767614400000".to_owned()),
        ("99999999999999999999999999999999999999", "9".repeat(38)),
        ("-0.99999999999999999999999999999999999999", format!("-0.{}", "9".repeat(38))),
        ("1e125", format!("1{}", zeros(125))),
        ("1e-130", format!("0.{}1", zeros(129))),
    ] {
        let request = json!({
            "TableName": "items", "Key": {"id": {"S": "one"}}, "UpdateExpression": "SET n = :n",
            "ExpressionAttributeValues": {":n": {"N": written}}, "ReturnValues": "UPDATED_NEW",
        });
        let answer = dynamodb(&sandbox, "UpdateItem", &request.to_string()).await;
        let kept = format!(r#"200 application/x-amz-json-1.0 {{"Attributes":{{"n":{{"N":"{kept}"}}}}}}"#);
        assert_eq!(answer, kept, "{written}");
    }
    let not_numeric = |text: &str| format!("The parameter cannot be converted to a numeric value: {text}");
    let overflow = "Number overflow. Attempting to store a number with magnitude larger than supported range";
    let underflow = "Number underflow. Attempting to store a number with magnitude smaller than supported range";
    let too_precise = "Attempting to store more than 38 significant digits in a Number";
    for (written, problem) in [
        ("", not_numeric("")),
        ("b", not_numeric("b")),
        ("-", not_numeric("-")),
        (".", not_numeric(".")),
        ("1e", not_numeric("1e")),
        ("1 ", not_numeric("1 ")),
        ("--1", not_numeric("--1")),
        ("NaN", not_numeric("NaN")),
        ("1e9 ", not_numeric("1e9 ")),
        ("1e--9", not_numeric("1e--9")),
        ("1e99999999999", overflow.to_owned()),
        ("1e99999999999999999999999", overflow.to_owned()),
        ("1e-99999999999999999999999", underflow.to_owned()),
        ("123456789012345678901234567890123456789", too_precise.to_owned()),
        ("-1.23456789012345678901234567890123456789", too_precise.to_owned()),
        ("1e126", overflow.to_owned()),
        ("-1e126", overflow.to_owned()),
        ("1e2000000000", overflow.to_owned()),
        ("1e-131", underflow.to_owned()),
        ("1e-2000000000", underflow.to_owned()),
    ] {
        let request = json!({"TableName": "items", "Key": {"id": {"N": written}}});
        assert_eq!(message(&dynamodb(&sandbox, "GetItem", &request.to_string()).await), problem, "{written}");
    }
}
