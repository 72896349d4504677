//! `bedrock:DeleteProvisionedModelThroughput`: what is to be deleted, and nothing else.

use serde_json::json;

use super::{answer_to, check};

const ACTION: &str = "bedrock:DeleteProvisionedModelThroughput";

#[test]
fn what_is_deleted_is_named_by_name_or_arn() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456";
    check([("launch", "launch"), (arn, "abcdef123456")].map(|(id, name)| {
        let answer = answer_to(ACTION, json!({"provisionedModelId": id}));
        (answer, format!("accepted: bedrock:provisioned-model/{name}"))
    }));
}

#[test]
fn its_name_goes_into_one_member() {
    let answer = answer_to(ACTION, json!({"provisionedModelId": "launch", "provisionedModelName": "launch"}));
    assert_eq!(
        answer,
        "input.provisionedModelName: there is no such member; what is to be deleted goes into `provisionedModelId`, by its name \
         or ARN"
    );
}
