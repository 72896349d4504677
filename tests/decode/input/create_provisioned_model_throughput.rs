//! `bedrock:CreateProvisionedModelThroughput`: its documented constraints, and what it takes from none.

use serde_json::{Value, json};

use super::{COUNT, answer_to, check, with};

const TARGET: &str = "accepted: bedrock:provisioned-model/launch";

fn input() -> Value {
    json!({"modelUnits": 2, "provisionedModelName": "launch", "modelId": "amazon.titan-text-express-v1:0:8k"})
}

fn answer(input: Value) -> String {
    answer_to("bedrock:CreateProvisionedModelThroughput", input)
}

fn answer_with(member: &str, value: impl Into<Value>) -> String {
    answer(with(input(), &format!("/{member}"), value))
}

#[test]
fn model_units_are_a_plain_number() {
    check([json!(1), json!(2_147_483_647)].map(|units| (answer_with("modelUnits", units), TARGET)));
    let plain = "input.modelUnits: must be a plain number: what is created starts from none";
    for units in [json!({"add": 1}), json!({"exactly": 2}), json!({})] {
        assert_eq!(answer_with("modelUnits", units), plain);
    }
    assert_eq!(answer_with("modelUnits", "2"), format!("input.modelUnits: {COUNT}, but is a string"));
    for units in [json!(0), json!(2_147_483_648_i64), json!(-1)] {
        let answer = answer_with("modelUnits", units);
        assert!(answer.starts_with("input.modelUnits: "), "{answer}");
    }
}

#[test]
fn a_commitment_is_one_of_two_terms() {
    check(["OneMonth", "SixMonths"].map(|term| (answer_with("commitmentDuration", term), TARGET)));
    check([(answer_with("commitmentDuration", Value::Null), TARGET)]);
    assert_eq!(
        answer_with("commitmentDuration", "OneYear"),
        "input.commitmentDuration: is not a known value; valid here: `OneMonth`, `SixMonths`"
    );
}

#[test]
fn a_name_and_a_model_are_required_and_spelt_as_aws_spells_them() {
    let name = "must have 1 to 63 characters; a name has letters and digits, with single hyphens or underscores between or \
                after them";
    check(
        ["", "la--unch", "-launch", &"n".repeat(64)]
            .map(|wrong| (answer_with("provisionedModelName", wrong), format!("input.provisionedModelName: {name}"))),
    );
    check(["supportbot-v2", "amazon.titan-text-express-v1:0:8k"].map(|model| (answer_with("modelId", model), TARGET)));
    let answer = answer(json!({}));
    for member in ["modelUnits", "provisionedModelName", "modelId"] {
        assert!(answer.contains(member), "{answer}");
    }
}

#[test]
fn tags_are_passed_on_as_far_as_aws_takes_them() {
    let tag = |key: &str, value: &str| json!({"key": key, "value": value});
    let taken =
        [json!([]), json!([tag("for", "the launch")]), json!([tag("a+b", "")]), json!(vec![tag("k", "v"); 200])];
    check(taken.map(|tags| (answer_with("tags", tags), TARGET)));
    let many = "input.tags: has 201 tags, and AWS takes 200 at most";
    assert_eq!(answer_with("tags", json!(vec![tag("k", "v"); 201])), many);
    let letters = "characters: letters, digits, white space and any of ._:/=+@-";
    for key in ["", "k?", &"k".repeat(129)] {
        assert_eq!(
            answer_with("tags", json!([tag(key, "v")])),
            format!("input.tags[0].key: must have 1 to 128 {letters}")
        );
    }
    for value in ["v,w", &"v".repeat(257)] {
        assert_eq!(
            answer_with("tags", json!([tag("k", value)])),
            format!("input.tags[0].value: must have 0 to 256 {letters}")
        );
    }
}

#[test]
fn the_token_is_the_function_s_own() {
    assert_eq!(
        answer_with("clientRequestToken", "mine"),
        "input.clientRequestToken: is made from the event, so that an event that comes again buys nothing more; remove it"
    );
    assert_eq!(answer_with("modelUnit", 1), "input.modelUnit: there is no such member; did you mean `modelUnits`?");
}
