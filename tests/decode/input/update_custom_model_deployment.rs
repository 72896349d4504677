//! `bedrock:UpdateCustomModelDeployment`: its documented constraints.

use serde_json::{Value, json};

use super::{answer_to, check, with};

const MODEL: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdef123456";
const TARGET: &str = "accepted: bedrock:custom-model-deployment/support-chat";

fn input() -> Value {
    json!({"customModelDeploymentIdentifier": "support-chat", "modelArn": MODEL})
}

fn answer(input: Value) -> String {
    answer_to("bedrock:UpdateCustomModelDeployment", input)
}

fn answer_with(member: &str, value: impl Into<Value>) -> String {
    answer(with(input(), &format!("/{member}"), value))
}

#[test]
fn a_deployment_is_named_by_name_or_arn() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/chat12345678";
    // As many letters as AWS counts, and with what stands between them as many as it takes.
    let longest = "n".repeat(63);
    let spaced = "n-".repeat(46) + "n";
    let ids = [("support-chat", "support-chat"), ("0_", "0_"), (&longest, &longest), (&spaced, &spaced)];
    let ids = ids.into_iter().chain([(arn, "chat12345678")]);
    check(ids.map(|(id, name)| {
        (
            answer_with("customModelDeploymentIdentifier", id),
            format!("accepted: bedrock:custom-model-deployment/{name}"),
        )
    }));
    let no_names = ["", "-chat", "support--chat", "support chat", "a/b"];
    check(no_names.map(|id| {
        let expected = "input.customModelDeploymentIdentifier: must be a name or an ARN; a name has letters and digits, with \
                        single hyphens or underscores between or after them";
        (answer_with("customModelDeploymentIdentifier", id), expected)
    }));
    check(["n".repeat(64), "n-".repeat(47)].map(|id| {
        let expected = "input.customModelDeploymentIdentifier: must be an ARN, or a name of 93 characters at most, of which 63 \
                        are letters and digits";
        (answer_with("customModelDeploymentIdentifier", id), expected)
    }));
    let no_arns = [
        "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/short",
        "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment:chat12345678",
        "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456",
        "arn:aws:bedrock:us-east-1::custom-model-deployment/chat12345678",
        "arn:aws-eusc:bedrock:eusc-de-east-1:123456789012:custom-model-deployment/chat12345678",
    ];
    check(no_arns.map(|id| {
        let expected = "input.customModelDeploymentIdentifier: is not the ARN of a custom model deployment, such as \
                        arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abcdef123456";
        (answer_with("customModelDeploymentIdentifier", id), expected)
    }));
}

#[test]
fn a_model_is_named_by_the_arn_of_a_custom_model_alone() {
    let models = [
        MODEL,
        "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:custom-model/imported/abcdef123456",
        "arn:aws:bedrock:us-east-1:123456789012:custom-model/a.bc.d.e/abcdef123456",
    ];
    check(models.map(|model| (answer_with("modelArn", model), TARGET)));
    let others = [
        "",
        "supportbot-v2",
        "amazon.nova-lite-v1:0:300k",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:custom-model/imported:0/abcdef123456",
        "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.n/abcdef123456",
        "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova.b.c.d/abcdef123456",
        "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova:0:1:2/abcdef123456",
        "arn:aws-eusc:bedrock:eusc-de-east-1:123456789012:custom-model/amazon.nova/abcdef123456",
        "arn:aws:sagemaker:us-east-1:123456789012:custom-model/amazon.nova/abcdef123456",
    ];
    check(others.map(|model| (answer_with("modelArn", model), NO_MODEL)));
}

const NO_MODEL: &str = "input.modelArn: is not the ARN of a custom-model of Bedrock, such as \
                        arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdef123456; this \
                        operation takes nothing else";

#[test]
fn a_model_of_another_region_than_the_deployments_is_refused() {
    let deployment = "arn:aws:bedrock:eu-central-1:123456789012:custom-model-deployment/chat12345678";
    let expected = "input.modelArn: is a model of us-east-1, and customModelDeploymentIdentifier a deployment of eu-central-1, \
                    which takes models of its own Region only";
    check([(answer_with("customModelDeploymentIdentifier", deployment), expected)]);
}

#[test]
fn both_members_are_required_and_others_are_told_the_right_one() {
    let missing =
        "input.customModelDeploymentIdentifier: is required, but missing; input.modelArn: is required, but missing";
    let instead = "there is no such member; a deployment's model goes into `modelArn`, by its ARN";
    check([
        (answer(json!({})), missing.to_owned()),
        (answer_with("desiredModelId", MODEL), format!("input.desiredModelId: {instead}")),
        (answer_with("modelId", MODEL), format!("input.modelId: {instead}")),
        (
            answer_with("modelARN", MODEL),
            "input.modelARN: there is no such member; did you mean `modelArn`?".to_owned(),
        ),
    ]);
}
