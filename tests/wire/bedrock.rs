//! `bedrock:UpdateProvisionedModelThroughput` on the wire.

use serde_json::json;
use setpoint_sandbox::{Change, Pace, ProvisionedModelStatus};

use crate::support::{World, throughput};

const BASE: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-text-express-v1:0:8k";
const V1: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv1";
const V2: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2";
const ARN: &str = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456";

#[tokio::test]
async fn another_model_is_written_and_answered_with_an_empty_object() {
    for name in ["bedrock:UpdateProvisionedModelThroughput", "update_provisioned_model_throughput"] {
        let world = World::new().await;
        let payload = json!({"action": name, "input": {"provisionedModelId": "support-bot", "desiredModelId": V2}});
        assert_eq!(world.answer(payload).await, json!({}));
        assert_eq!(
            world.calls(),
            [
                "GET /provisioned-model-throughput/support-bot -> 200".to_owned(),
                format!("PATCH /provisioned-model-throughput/support-bot {{\"desiredModelId\":\"{V2}\"}} -> 200"),
            ]
        );
        let model = world.sandbox.provisioned_model("support-bot").unwrap();
        assert_eq!(model.desired_model_arn.as_deref(), Some(V2));
    }
}

#[tokio::test]
async fn an_arn_goes_into_the_path_encoded() {
    let world = World::new().await;
    let payload = throughput(json!({"provisionedModelId": ARN, "desiredModelId": V2}));
    assert_eq!(world.answer(payload).await, json!({}));
    let encoded = "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdef123456";
    assert_eq!(
        world.calls(),
        [
            format!("GET /provisioned-model-throughput/{encoded} -> 200"),
            format!("PATCH /provisioned-model-throughput/{encoded} {{\"desiredModelId\":\"{V2}\"}} -> 200"),
        ]
    );
}

#[tokio::test]
async fn only_what_differs_is_sent() {
    let world = World::new().await;
    let rename = json!({
        "provisionedModelId": "support-bot",
        "desiredProvisionedModelName": "assistant",
        "desiredModelId": V1,
    });
    assert_eq!(world.answer(throughput(rename)).await, json!({}));
    let swap = json!({
        "provisionedModelId": "assistant",
        "desiredProvisionedModelName": "assistant",
        "desiredModelId": V2,
    });
    assert_eq!(world.answer(throughput(swap)).await, json!({}));
    let nothing = json!({
        "provisionedModelId": "summaries",
        "desiredProvisionedModelName": "summaries",
        "desiredModelId": "amazon.titan-text-express-v1:0:8k",
    });
    assert_eq!(world.answer(throughput(nothing)).await, json!({}));
    assert_eq!(
        world.calls(),
        [
            "GET /provisioned-model-throughput/support-bot -> 200".to_owned(),
            "PATCH /provisioned-model-throughput/support-bot {\"desiredProvisionedModelName\":\"assistant\"} -> 200"
                .to_owned(),
            "GET /provisioned-model-throughput/assistant -> 200".to_owned(),
            "GET /provisioned-model-throughput/assistant -> 200".to_owned(),
            format!("PATCH /provisioned-model-throughput/assistant {{\"desiredModelId\":\"{V2}\"}} -> 200"),
            "GET /provisioned-model-throughput/summaries -> 200".to_owned(),
        ]
    );
}

#[tokio::test]
async fn name_and_model_go_in_one_call() {
    let world = World::new().await;
    let input = json!({
        "provisionedModelId": "support-bot",
        "desiredProvisionedModelName": "assistant",
        "desiredModelId": V2,
    });
    assert_eq!(world.answer(throughput(input)).await, json!({}));
    assert_eq!(
        world.calls(),
        [
            "GET /provisioned-model-throughput/support-bot -> 200".to_owned(),
            format!(
                "PATCH /provisioned-model-throughput/support-bot \
                 {{\"desiredModelId\":\"{V2}\",\"desiredProvisionedModelName\":\"assistant\"}} -> 200"
            ),
        ]
    );
}

#[tokio::test]
async fn a_model_that_is_there_already_is_not_written() {
    let world = World::new().await;
    let before = world.sandbox.state();
    let payload = throughput(json!({"provisionedModelId": "support-bot", "desiredModelId": V1}));
    assert_eq!(world.answer(payload).await, json!({}));
    assert_eq!(world.calls(), ["GET /provisioned-model-throughput/support-bot -> 200"]);
    assert_eq!(world.sandbox.state(), before);
}

#[tokio::test]
async fn a_renamed_throughput_is_found_under_its_new_name_and_nothing_is_written() {
    let world = World::new().await;
    let payload =
        throughput(json!({"provisionedModelId": "summaries", "desiredProvisionedModelName": "summaries-2027"}));
    assert_eq!(world.answer(payload.clone()).await, json!({}));
    assert_eq!(
        world.calls(),
        [
            "GET /provisioned-model-throughput/summaries -> 200",
            "PATCH /provisioned-model-throughput/summaries {\"desiredProvisionedModelName\":\"summaries-2027\"} -> 200",
        ]
    );
    assert_eq!(world.answer(payload).await, json!({}));
    assert_eq!(
        world.calls(),
        [
            "GET /provisioned-model-throughput/summaries -> 404",
            "GET /provisioned-model-throughput/summaries-2027 -> 200",
        ]
    );
}

#[tokio::test]
async fn another_throughput_under_the_new_name_is_not_taken_for_the_renamed_one() {
    let world = World::new().await;
    let input = json!({
        "provisionedModelId": "gone",
        "desiredProvisionedModelName": "support-bot",
        "desiredModelId": V2,
    });
    let answer = world.answer(throughput(input)).await;
    assert_eq!(
        answer,
        json!({
            "errorType": "ResourceNotFoundException",
            "errorMessage": "GetProvisionedModelThroughput was refused: ResourceNotFoundException: Could not find a \
                             provisioned model with the identifier gone. Check the name, the Region and the account. \
                             To look at it: aws bedrock get-provisioned-model-throughput --provisioned-model-id \
                             gone --region us-east-1",
        })
    );
    assert_eq!(
        world.calls(),
        ["GET /provisioned-model-throughput/gone -> 404", "GET /provisioned-model-throughput/support-bot -> 200"]
    );
}

#[tokio::test]
async fn an_arn_that_is_gone_is_not_looked_for_under_a_name() {
    let world = World::new().await;
    let arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/000000000000";
    let payload = throughput(json!({"provisionedModelId": arn, "desiredProvisionedModelName": "assistant"}));
    assert_eq!(world.answer(payload).await["errorType"], "ResourceNotFoundException");
    assert_eq!(
        world.calls(),
        ["GET /provisioned-model-throughput/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model\
             %2F000000000000 -> 404"]
    );
}

#[tokio::test]
async fn another_model_for_a_throughput_of_a_base_model_is_for_aws_to_refuse() {
    let world = World::new().await;
    let payload = throughput(json!({"provisionedModelId": "summaries", "desiredModelId": V2}));
    let answer = world.answer(payload).await;
    assert_eq!(answer["errorType"], "ValidationException");
    assert_eq!(
        world.calls(),
        [
            "GET /provisioned-model-throughput/summaries -> 200".to_owned(),
            format!("PATCH /provisioned-model-throughput/summaries {{\"desiredModelId\":\"{V2}\"}} -> 400"),
        ]
    );
}

#[tokio::test]
async fn the_base_model_by_its_id_is_the_base_model_by_its_arn() {
    let world = World::new().await;
    let payload =
        throughput(json!({"provisionedModelId": "support-bot", "desiredModelId": "amazon.titan-text-express-v1:0:8k"}));
    assert_eq!(world.answer(payload.clone()).await, json!({}));
    world.sandbox.edit_provisioned_model("support-bot", |model| {
        model.change = None;
        model.status = ProvisionedModelStatus::InService;
        model.model_arn = BASE.to_owned();
        model.desired_model_arn = None;
    });
    assert_eq!(world.answer(payload).await, json!({}));
    assert_eq!(
        world.calls(),
        [
            "GET /provisioned-model-throughput/support-bot -> 200",
            "PATCH /provisioned-model-throughput/support-bot \
             {\"desiredModelId\":\"amazon.titan-text-express-v1:0:8k\"} -> 200",
            "GET /provisioned-model-throughput/support-bot -> 200",
        ]
    );
}

#[tokio::test]
async fn a_change_to_the_same_model_under_way_is_nothing_to_change() {
    let world = World::new().await;
    world.sandbox.edit_provisioned_model("support-bot", |model| {
        model.status = ProvisionedModelStatus::Updating;
        model.desired_model_arn = Some(V2.to_owned());
        model.change = Some(Change::ending_after(Pace::Reads(3)));
    });
    let payload = throughput(json!({"provisionedModelId": "support-bot", "desiredModelId": V2}));
    assert_eq!(world.answer(payload).await, json!({}));
    assert_eq!(world.calls(), ["GET /provisioned-model-throughput/support-bot -> 200"]);
}
