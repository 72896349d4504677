//! `lambda:PutFunctionScalingConfig`: its documented constraints.

use serde_json::{Value, json};

use super::{COUNT, answer_to, check, with};

const TARGET: &str = "accepted: lambda:function-scaling-config:thumbnails:$LATEST.PUBLISHED";

fn input() -> Value {
    json!({
        "FunctionName": "thumbnails",
        "Qualifier": "$LATEST.PUBLISHED",
        "FunctionScalingConfig": {"MinExecutionEnvironments": 2, "MaxExecutionEnvironments": 10},
    })
}

fn answer(input: Value) -> String {
    answer_to("lambda:PutFunctionScalingConfig", input)
}

fn answer_with(path: &str, value: impl Into<Value>) -> String {
    answer(with(input(), path, value))
}

#[test]
fn a_function_is_named_without_a_qualifier() {
    let names = [
        "thumbnails",
        "123456789012:function:thumbnails",
        "function:thumbnails",
        "arn:aws:lambda:us-east-1:123456789012:function:thumbnails",
    ];
    check(names.map(|name| (answer_with("/FunctionName", name), TARGET)));
    check([
        (
            answer_with("/FunctionName", "thumbnails:4"),
            "input.FunctionName: carries the qualifier 4, which this operation takes in Qualifier alone",
        ),
        (
            answer_with("/FunctionName", "thumb nails"),
            "input.FunctionName: must be a function's name (64 letters, digits, hyphens and underscores at most), its ARN, or \
             a partial ARN such as 123456789012:function:my-function",
        ),
    ]);
}

#[test]
fn a_qualifier_is_what_is_published_and_no_alias() {
    let longest = "1".repeat(128);
    check([TARGET.rsplit(':').next().unwrap(), "4", "0", longest.as_str()].map(|qualifier| {
        let expected = format!("accepted: lambda:function-scaling-config:thumbnails:{qualifier}");
        (answer_with("/Qualifier", qualifier), expected)
    }));
    let too_long = "1".repeat(129);
    check(["", "live", "$LATEST", "4a", "-1", "$LATEST.published", too_long.as_str()].map(|qualifier| {
        let expected = "input.Qualifier: must be $LATEST.PUBLISHED or a version number; this operation takes no alias";
        (answer_with("/Qualifier", qualifier), expected)
    }));
}

#[test]
fn each_bound_is_a_count_up_to_fifteen_thousand_or_a_target() {
    const MAX: &str = "/FunctionScalingConfig/MaxExecutionEnvironments";
    let counts = [json!(2), json!(15_000), json!({"atLeast": 3}), json!({"percent": 50, "max": 90}), Value::Null];
    check(counts.map(|count| (answer_with(MAX, count), TARGET)));
    let path = "input.FunctionScalingConfig.MaxExecutionEnvironments";
    check([
        (answer_with(MAX, -1), format!("{path}: is -1, but AWS accepts 0 or more")),
        (answer_with(MAX, 15_001), format!("{path}: is 15001, but AWS accepts 15000 at most")),
        (answer_with(MAX, "5"), format!("{path}: {COUNT}, but is a string")),
    ]);
    check([(
        answer_with("/FunctionScalingConfig", json!({"MinExecutionEnvironments": 0, "MaxExecutionEnvironments": 0})),
        TARGET,
    )]);
}

#[test]
fn the_fewest_are_not_more_than_the_most() {
    let crossed = json!({"MinExecutionEnvironments": {"exactly": 5}, "MaxExecutionEnvironments": 4});
    let expected =
        "input.FunctionScalingConfig.MinExecutionEnvironments: is 5, above MaxExecutionEnvironments, which is 4";
    check([(answer_with("/FunctionScalingConfig", crossed), expected)]);
}

#[test]
fn a_configuration_asks_for_something_that_it_knows() {
    let nothing = "input.FunctionScalingConfig: asks for nothing; give MinExecutionEnvironments, MaxExecutionEnvironments or \
                   both";
    let misplaced =
        "input.MaxExecutionEnvironments: there is no such member here; it goes into `FunctionScalingConfig`";
    check([
        (answer_with("/FunctionScalingConfig", json!({})), nothing),
        (answer_with("/MaxExecutionEnvironments", 5), misplaced),
        (
            answer(json!({})),
            "input.FunctionName: is required, but missing; input.Qualifier: is required, but missing; \
             input.FunctionScalingConfig: is required, but missing",
        ),
        (
            answer_with("/FunctionScalingConfig/MaxExecutionEnvironment", 5),
            "input.FunctionScalingConfig.MaxExecutionEnvironment: there is no such member; did you mean \
             `MaxExecutionEnvironments`?",
        ),
    ]);
}
