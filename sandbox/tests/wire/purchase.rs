//! Buying a Provisioned Throughput, and giving it up.

use serde_json::Value;
use setpoint_sandbox::{Fault, Pace, ProvisionedModelStatus, Sandbox};

use crate::client::{bedrock, example, noon, send, with};

const V1: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv1";
const BASE: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-text-express-v1:0:8k";
const ALL: &str = "/provisioned-model-throughput";
const LAUNCH: &str =
    r#"{"clientRequestToken":"event-1","modelUnits":3,"provisionedModelName":"launch","modelId":"supportbot-v1"}"#;
const GONE: &str = r#"404 application/json ResourceNotFoundException {"message":"Could not find a provisioned model with the identifier launch."}"#;
const DELETED: &str = "200 application/json {}";

async fn create(sandbox: &Sandbox, body: &str) -> String {
    bedrock(sandbox, "POST", ALL, body).await
}

async fn get(sandbox: &Sandbox, name: &str) -> String {
    bedrock(sandbox, "GET", &format!("{ALL}/{name}"), "").await
}

async fn delete(sandbox: &Sandbox, name: &str) -> String {
    bedrock(sandbox, "DELETE", &format!("{ALL}/{name}"), "").await
}

fn refused(code: &str, message: &str) -> String {
    format!("400 application/json {code} {{\"message\":{}}}", serde_json::to_string(message).unwrap())
}

/// The ARN that a purchase was answered with.
fn bought(answer: &str) -> String {
    let body: Value = serde_json::from_str(answer.strip_prefix("201 application/json ").unwrap()).unwrap();
    body["provisionedModelArn"].as_str().unwrap().to_owned()
}

/// Size, status and reason.
async fn in_short(sandbox: &Sandbox, name: &str) -> String {
    let answer = get(sandbox, name).await;
    let body: Value = serde_json::from_str(answer.strip_prefix("200 application/json ").unwrap()).unwrap();
    format!("{} {} {}", body["modelUnits"], body["status"], body["failureMessage"])
}

#[tokio::test]
async fn what_is_bought_is_creating_and_then_in_service() {
    let sandbox = example().await;
    let arn = bought(&create(&sandbox, LAUNCH).await);
    assert_eq!(arn, "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/sb91a1lnwc41");
    let now = "2026-01-05T12:00:00.000Z";
    let shown = |status| {
        format!(
            "200 application/json {{\"modelUnits\":3,\"desiredModelUnits\":3,\"provisionedModelName\":\"launch\",\
             \"provisionedModelArn\":\"{arn}\",\"modelArn\":\"{V1}\",\"desiredModelArn\":\"{V1}\",\
             \"foundationModelArn\":\"{BASE}\",\"status\":\"{status}\",\"creationTime\":\"{now}\",\
             \"lastModifiedTime\":\"{now}\"}}"
        )
    };
    assert_eq!(get(&sandbox, "launch").await, shown("Creating"));
    assert_eq!(get(&sandbox, &arn.replace('/', "%2F")).await, shown("InService"));
}

#[tokio::test]
async fn a_creation_may_fail_with_a_reason() {
    let sandbox = with(|seed| seed.changes.fail_next = Some("There is no capacity.".to_owned())).await;
    create(&sandbox, LAUNCH).await;
    assert_eq!(in_short(&sandbox, "launch").await, "3 \"Creating\" null");
    assert_eq!(in_short(&sandbox, "launch").await, "3 \"Failed\" \"There is no capacity.\"");
    assert_eq!(delete(&sandbox, "launch").await, DELETED);
}

#[tokio::test]
async fn the_same_token_buys_nothing_more_and_the_same_name_with_another_is_refused() {
    let sandbox = example().await;
    let first = create(&sandbox, LAUNCH).await;
    let before = sandbox.state();
    assert_eq!(create(&sandbox, LAUNCH).await, first);
    let taken = refused("ValidationException", "The provisioned model name is already in use.");
    assert_eq!(create(&sandbox, &LAUNCH.replace("event-1", "event-2")).await, taken);
    assert_eq!(create(&sandbox, &LAUNCH.replace(r#""clientRequestToken":"event-1","#, "")).await, taken);
    assert_eq!(sandbox.state(), before);
    let other = create(&sandbox, &LAUNCH.replace("event-1", "event-2").replace("launch", "launch-2")).await;
    assert_ne!(other, first);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_a_purchase_all_the_same() {
    let sandbox = example().await;
    sandbox.script("CreateProvisionedModelThroughput", Fault::lose_answer());
    let lost = send(&sandbox, "POST", ALL, &[], LAUNCH).await;
    assert!(lost.is_err());
    assert_eq!(sandbox.provisioned_model("launch").unwrap().model_units, 3);
}

#[tokio::test]
async fn a_commitment_ends_after_its_months_and_stands_in_the_way_until_then() {
    for (duration, end) in [("OneMonth", "2026-02-05T12:00:00Z"), ("SixMonths", "2026-07-05T12:00:00Z")] {
        let sandbox = with(|seed| seed.changes.pace = Some(Pace::Reads(0))).await;
        create(
            &sandbox,
            &LAUNCH.replace("\"modelUnits\"", &format!("\"commitmentDuration\":\"{duration}\",\"modelUnits\"")),
        )
        .await;
        let end: chrono::DateTime<chrono::Utc> = end.parse().unwrap();
        assert_eq!(sandbox.provisioned_model("launch").unwrap().commitment_expiration_time, Some(end));
        let under =
            refused("ConflictException", "Provisioned model launch can't be deleted before its commitment term ends.");
        assert_eq!(delete(&sandbox, "launch").await, under);
        sandbox.edit_provisioned_model("launch", |model| model.commitment_expiration_time = Some(noon()));
        assert_eq!(delete(&sandbox, "launch").await, DELETED);
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_its_name_is_free() {
    let sandbox = example().await;
    assert_eq!(delete(&sandbox, "support-bot").await, DELETED);
    assert_eq!(sandbox.provisioned_model("support-bot"), None);
    let missing = r#"404 application/json ResourceNotFoundException {"message":"Could not find a provisioned model with the identifier support-bot."}"#;
    assert_eq!(get(&sandbox, "support-bot").await, missing);
    assert_eq!(delete(&sandbox, "support-bot").await, missing);
    assert!(create(&sandbox, &LAUNCH.replace("launch", "support-bot")).await.starts_with("201 "));
}

#[tokio::test]
async fn what_is_being_made_or_changed_is_not_deleted() {
    let sandbox = example().await;
    for status in [ProvisionedModelStatus::Creating, ProvisionedModelStatus::Updating] {
        sandbox.edit_provisioned_model("support-bot", |model| model.status = status);
        let busy = refused("ConflictException", "Provisioned model support-bot is being updated.");
        assert_eq!(delete(&sandbox, "support-bot").await, busy);
    }
}

#[tokio::test]
async fn stale_reads_do_not_find_what_is_new_and_still_find_what_is_gone() {
    let sandbox = with(|seed| seed.changes.stale_reads = Some(2)).await;
    create(&sandbox, LAUNCH).await;
    assert_eq!([get(&sandbox, "launch").await, get(&sandbox, "launch").await], [GONE, GONE]);
    assert_eq!(in_short(&sandbox, "launch").await, "3 \"Creating\" null");
    assert_eq!(in_short(&sandbox, "launch").await, "3 \"InService\" null");
    assert_eq!(delete(&sandbox, "launch").await, DELETED);
    assert_eq!(in_short(&sandbox, "launch").await, "3 \"InService\" null");
    assert_eq!(in_short(&sandbox, "launch").await, "3 \"InService\" null");
    assert_eq!(get(&sandbox, "launch").await, GONE);
    // Bought anew, it is nothing that a read still owes.
    create(&sandbox, LAUNCH).await;
    get(&sandbox, "launch").await;
    get(&sandbox, "launch").await;
    get(&sandbox, "launch").await;
    assert_eq!(delete(&sandbox, "launch").await, DELETED);
    create(&sandbox, &LAUNCH.replace('3', "4")).await;
    assert_eq!(get(&sandbox, "launch").await, GONE);
}

#[tokio::test]
async fn any_foundation_model_can_be_bought_and_a_custom_one_that_is_there() {
    let sandbox = example().await;
    for (id, arn) in [
        ("supportbot-v1", V1),
        (V1, V1),
        (BASE, BASE),
        ("amazon.titan-text-express-v1:0:8k", BASE),
        (
            "meta.llama3-1-8b-instruct-v1:0",
            "arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-1-8b-instruct-v1:0",
        ),
    ] {
        let body = format!(r#"{{"modelUnits":1,"provisionedModelName":"launch","modelId":"{id}"}}"#);
        assert!(create(&sandbox, &body).await.starts_with("201 "));
        assert_eq!(sandbox.provisioned_model("launch").unwrap().model_arn, arn);
        get(&sandbox, "launch").await;
        delete(&sandbox, "launch").await;
    }
    for id in ["nothing", "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan/abcdef123456"] {
        let body = format!(r#"{{"modelUnits":1,"provisionedModelName":"launch","modelId":"{id}"}}"#);
        assert_eq!(
            create(&sandbox, &body).await,
            refused("ValidationException", "The provided model identifier is invalid.")
        );
    }
}

#[tokio::test]
async fn what_a_purchase_may_not_say_is_refused_and_buys_nothing() {
    let sandbox = example().await;
    let before = sandbox.state();
    let broken = |value: &str, path: &str, rule: &str| {
        let sentence = "1 validation error detected: Value";
        refused(
            "ValidationException",
            &format!("{sentence} {value} at '{path}' failed to satisfy constraint: Member must {rule}"),
        )
    };
    for (from, to, value, path, rule) in [
        ("\"modelUnits\":3,", "", "null", "modelUnits", "not be null"),
        (":3,", ":0,", "'0'", "modelUnits", "have value greater than or equal to 1"),
        (",\"modelId\":\"supportbot-v1\"", "", "null", "modelId", "not be null"),
        ("\"provisionedModelName\":\"launch\",", "", "null", "provisionedModelName", "not be null"),
        (
            "launch",
            "la--unch",
            "'la--unch'",
            "provisionedModelName",
            "satisfy regular expression pattern: ([0-9a-zA-Z][_-]?)+",
        ),
        (
            "event-1",
            "event_1",
            "'event_1'",
            "clientRequestToken",
            "satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,256}",
        ),
        (
            "event-1",
            "event-",
            "'event-'",
            "clientRequestToken",
            "satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,256}",
        ),
        (
            ":3,",
            ":3,\"commitmentDuration\":\"OneYear\",",
            "'OneYear'",
            "commitmentDuration",
            "satisfy enum value set: [OneMonth, SixMonths]",
        ),
    ] {
        assert_eq!(create(&sandbox, &LAUNCH.replace(from, to)).await, broken(value, path, rule));
    }
    assert_eq!(sandbox.state(), before);
}
