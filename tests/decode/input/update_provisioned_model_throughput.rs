//! `bedrock:UpdateProvisionedModelThroughput`: its documented constraints.

use serde_json::{Value, json};

use super::{answer_to, check, with};

const NAME: &str = "a name has letters and digits, with single hyphens or underscores between or after them";
const TARGET: &str = "accepted: bedrock:provisioned-model/support-bot";

fn input() -> Value {
    json!({"provisionedModelId": "support-bot", "desiredProvisionedModelName": "support-bot-2"})
}

fn answer(input: Value) -> String {
    answer_to("bedrock:UpdateProvisionedModelThroughput", input)
}

fn answer_with(member: &str, value: impl Into<Value>) -> String {
    answer(with(input(), &format!("/{member}"), value))
}

#[test]
fn a_provisioned_throughput_is_named_by_name_or_arn() {
    let ids = [
        ("support-bot", "support-bot"),
        ("0_", "0_"),
        ("abcdef123456", "abcdef123456"),
        ("arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456", "abcdef123456"),
        ("arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:provisioned-model/abcdef123456", "abcdef123456"),
    ];
    check(ids.map(|(id, name)| {
        (answer_with("provisionedModelId", id), format!("accepted: bedrock:provisioned-model/{name}"))
    }));
    let no_names = ["", "-bot", "support--bot", "support-_bot", "support bot", "süpport", "a/b"];
    check(no_names.map(|id| {
        (answer_with("provisionedModelId", id), format!("input.provisionedModelId: must be a name or an ARN; {NAME}"))
    }));
    let no_arn = "input.provisionedModelId: is not the ARN of a Provisioned Throughput, such as \
                  arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456";
    let arns = [
        "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/short",
        "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/ABCDEF123456",
        "arn:aws:bedrock:us-east-1:123456789012:provisioned-model-v2/abcdef123456",
        "arn:aws:bedrock:us-east-1::provisioned-model/abcdef123456",
        "arn:aws:bedrock:us-east-1:12345678901x:provisioned-model/abcdef123456",
        "arn:aws:bedrock::123456789012:provisioned-model/abcdef123456",
        "arn:aws:bedrock:US EAST:123456789012:provisioned-model/abcdef123456",
        "arn:awsome:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456",
        "arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys",
    ];
    check(arns.map(|arn| (answer_with("provisionedModelId", arn), no_arn)));
    check([
        (answer_with("provisionedModelId", Value::Null), "input.provisionedModelId: must be a string, but is null"),
        (answer_with("provisionedModelId", 1), "input.provisionedModelId: must be a string, but is an integer"),
    ]);
}

#[test]
fn a_new_name_is_checked_against_the_documented_pattern() {
    let (longest, too_long) = ("n".repeat(63), "n".repeat(64));
    check(["a", "a_b-c_", longest.as_str()].map(|name| (answer_with("desiredProvisionedModelName", name), TARGET)));
    check(["", "_a", "a__b", "a-_b", "a b", too_long.as_str()].map(|name| {
        let expected = format!("input.desiredProvisionedModelName: must have 1 to 63 characters; {NAME}");
        (answer_with("desiredProvisionedModelName", name), expected)
    }));
}

#[test]
fn a_new_model_is_named_by_arn_id_or_name() {
    let models = [
        "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-text-express-v1:0:8k",
        "amazon.titan-text-express-v1:0:8k",
        "my-custom-model",
    ];
    check(models.map(|model| (answer_with("desiredModelId", model), TARGET)));
    let too_long = "t".repeat(2049);
    check(["", "a model", "a.b", too_long.as_str()].map(|model| (answer_with("desiredModelId", model), NO_MODEL)));
    let other_arns = [
        "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456",
        "arn:aws:sagemaker:us-east-1:123456789012:model/x:bedrock:y:custom-model/z",
        "arn:awsfoo:bedrock:us-east-1:123456789012:custom-model/amazon.titan/abcdef123456",
    ];
    check(other_arns.map(|model| (answer_with("desiredModelId", model), NO_MODEL_ARN)));
}

const NO_MODEL: &str = "input.desiredModelId: must be a model's ARN, a foundation model's id such as \
                        amazon.titan-text-express-v1:0:8k, or a custom model's name";
const NO_MODEL_ARN: &str = "input.desiredModelId: is not the ARN of a custom-model or foundation-model of Bedrock, such as \
                            arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/abcdef123456";

#[test]
fn a_model_of_another_region_than_the_throughputs_is_refused() {
    let input = json!({
        "provisionedModelId": "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456",
        "desiredModelId": "arn:aws:bedrock:eu-central-1::foundation-model/amazon.titan-text-express-v1",
    });
    let expected = "input.desiredModelId: is a model of eu-central-1, and provisionedModelId a throughput of us-east-1, which \
                    takes models of its own Region only";
    check([(answer(input), expected)]);
}

#[test]
fn an_update_of_nothing_is_refused() {
    let nothing = "input: asks for nothing; give desiredProvisionedModelName, desiredModelId or both";
    let nulls =
        json!({"provisionedModelId": "support-bot", "desiredProvisionedModelName": null, "desiredModelId": null});
    check([(answer(json!({"provisionedModelId": "support-bot"})), nothing), (answer(nulls), nothing)]);
}

#[test]
fn a_size_cannot_be_changed_and_the_sentence_says_what_can_be_done() {
    check(["desiredModelUnits", "modelUnits"].map(|member| {
        let sentence = "cannot be changed by this operation, nor by any other: to change the size, create a Provisioned \
                        Throughput with the new modelUnits (bedrock:CreateProvisionedModelThroughput) and delete this one \
                        (bedrock:DeleteProvisionedModelThroughput)";
        (answer_with(member, 2), format!("input.{member}: {sentence}"))
    }));
}

#[test]
fn an_unknown_member_is_told_the_nearest_one() {
    let table = [
        ("ProvisionedModelId", "did you mean `provisionedModelId`?"),
        ("desiredModelArn", "did you mean `desiredModelId`?"),
        ("commitmentDuration", "valid here: `provisionedModelId`, `desiredProvisionedModelName`, `desiredModelId`"),
    ];
    check(
        table.map(|(member, hint)| {
            (answer_with(member, "x"), format!("input.{member}: there is no such member; {hint}"))
        }),
    );
}

#[test]
fn all_problems_are_reported_together() {
    let input = json!({"provisionedModelId": "", "desiredModelId": "", "desiredModelUnits": 2});
    let problems = [
        &format!("input.provisionedModelId: must be a name or an ARN; {NAME}"),
        NO_MODEL,
        "input.desiredModelUnits: cannot be changed by this operation, nor by any other: to change the size, create a \
         Provisioned Throughput with the new modelUnits (bedrock:CreateProvisionedModelThroughput) and delete this one \
         (bedrock:DeleteProvisionedModelThroughput)",
    ];
    check([(answer(input), problems.join("; "))]);
}
