//! `sagemaker:UpdateInferenceComponentRuntimeConfig`: its documented constraints.

use serde_json::{Value, json};

use super::{COUNT, answer_to, check, with};

const NAME: &str = "must be 1 to 63 letters, digits and hyphens, with a letter or digit first and last";
const TARGET: &str = "accepted: sagemaker:inference-component/recsys-ranker";

fn input() -> Value {
    json!({"InferenceComponentName": "recsys-ranker", "DesiredRuntimeConfig": {"CopyCount": 2}})
}

fn answer(input: Value) -> String {
    answer_to("sagemaker:UpdateInferenceComponentRuntimeConfig", input)
}

fn answer_with(path: &str, member: impl Into<Value>) -> String {
    answer(with(input(), path, member))
}

#[test]
fn a_name_keeps_to_the_documented_pattern() {
    let (longest, too_long) = (format!("a{}z", "-".repeat(61)), "a".repeat(64));
    check(["a", "0", "A-b-9", "a--b", longest.as_str()].map(|name| {
        (answer_with("/InferenceComponentName", name), format!("accepted: sagemaker:inference-component/{name}"))
    }));
    check(
        ["", "-a", "a-", "a_b", "a b", "ü", "a/b", "a\n", too_long.as_str()].map(|name| {
            (answer_with("/InferenceComponentName", name), format!("input.InferenceComponentName: {NAME}"))
        }),
    );
    let arn = "arn:aws:sagemaker:us-east-1:123456789012:inference-component/recsys-ranker";
    check([
        (
            answer_with("/InferenceComponentName", arn),
            "input.InferenceComponentName: is an ARN; this operation takes the name only",
        ),
        (
            answer_with("/InferenceComponentName", Value::Null),
            "input.InferenceComponentName: must be a string, but is null",
        ),
        (
            answer_with("/InferenceComponentName", 7),
            "input.InferenceComponentName: must be a string, but is an integer",
        ),
    ]);
}

#[test]
fn copies_are_zero_or_more() {
    let counts = [
        json!(0),
        json!(1),
        json!(2_147_483_647),
        json!(3.0),
        json!({"exactly": 0}),
        json!({"atLeast": 1}),
        json!({"atMost": 0}),
        json!({"add": -2, "min": 0}),
        json!({"percent": 50, "max": 8}),
    ];
    check(counts.map(|count| (answer_with("/DesiredRuntimeConfig/CopyCount", count), TARGET)));
    let table = [
        (json!(-1), ": is -1, but AWS accepts 0 or more".to_owned()),
        (json!(2_147_483_648_u32), ": is 2147483648, but AWS accepts 2147483647 at most".to_owned()),
        (json!({"atLeast": -1}), ".atLeast: is -1, but AWS accepts 0 or more".to_owned()),
        (json!({"add": 0}), ".add: is 0, which changes nothing".to_owned()),
        (json!({"add": 2, "min": 5, "max": 4}), ".max: is 4, below the minimum 5".to_owned()),
        (json!(1.5), format!(": {COUNT}, but is a fraction")),
        (json!("0"), format!(": {COUNT}, but is a string")),
        (Value::Null, format!(": {COUNT}, but is null")),
    ];
    check(table.map(|(count, expected)| {
        let expected = format!("input.DesiredRuntimeConfig.CopyCount{expected}");
        (answer_with("/DesiredRuntimeConfig/CopyCount", count), expected)
    }));
}

#[test]
fn both_members_are_required_and_no_other_is_known() {
    check([
        (
            answer(json!({})),
            "input.InferenceComponentName: is required, but missing; input.DesiredRuntimeConfig: is required, but missing",
        ),
        (
            answer_with("/DesiredRuntimeConfig", json!({})),
            "input.DesiredRuntimeConfig.CopyCount: is required, but missing",
        ),
        (answer_with("/DesiredRuntimeConfig", 0), "input.DesiredRuntimeConfig: must be an object, but is an integer"),
        (
            answer_with("/DesiredRuntimeConfig", Value::Null),
            "input.DesiredRuntimeConfig: must be an object, but is null",
        ),
        // The member of UpdateInferenceComponent, those of the description, and those of the endpoint's operation.
        (
            answer_with("/RuntimeConfig", json!({"CopyCount": 0})),
            "input.RuntimeConfig: there is no such member; did you mean `DesiredRuntimeConfig`?",
        ),
        (
            answer_with("/CopyCount", 0),
            "input.CopyCount: there is no such member; valid here: `InferenceComponentName`, `DesiredRuntimeConfig`",
        ),
        (
            answer_with("/DesiredRuntimeConfig/DesiredCopyCount", 0),
            "input.DesiredRuntimeConfig.DesiredCopyCount: there is no such member; valid here: `CopyCount`",
        ),
        (
            answer_with("/EndpointName", "recsys"),
            "input.EndpointName: there is no such member; valid here: `InferenceComponentName`, `DesiredRuntimeConfig`",
        ),
    ]);
}
