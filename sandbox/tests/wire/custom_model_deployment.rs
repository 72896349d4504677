//! Bedrock's answers about custom model deployments, whole, and how an update of their model goes.

use std::time::Duration;

use setpoint_sandbox::{Change, Clock, CustomModelDeploymentStatus, Fault, Pace, Sandbox};

use crate::client::{at, bedrock, example, noon, with};

const PATH: &str = "/model-customization/custom-model-deployments";
const V1: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv1";
const V2: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2";
const ARN: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/chat12345678";
const UPDATED: &str = "202 application/json {\"customModelDeploymentArn\":\
                       \"arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/chat12345678\"}";

fn refused(status: u16, code: &str, message: &str) -> String {
    format!("{status} application/json {code} {{\"message\":{}}}", serde_json::to_string(message).unwrap())
}

async fn get(sandbox: &Sandbox, identifier: &str) -> String {
    bedrock(sandbox, "GET", &format!("{PATH}/{identifier}"), "").await
}

async fn update(sandbox: &Sandbox, model: &str) -> String {
    bedrock(sandbox, "PATCH", &format!("{PATH}/support-chat"), &format!(r#"{{"modelArn":"{model}"}}"#)).await
}

/// Status, model, the last update, when it was and why it failed, of `support-chat`.
async fn in_short(sandbox: &Sandbox) -> String {
    let line = get(sandbox, "support-chat").await;
    let body: serde_json::Value = serde_json::from_str(line.strip_prefix("200 application/json ").unwrap()).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let end = |value: &serde_json::Value| text(value).rsplit('/').next().unwrap().to_owned();
    let details = &body["updateDetails"];
    format!(
        "{} {} {}:{} {} {}",
        text(&body["status"]),
        end(&body["modelArn"]),
        end(&details["modelArn"]),
        text(&details["updateStatus"]),
        text(&body["lastUpdatedAt"]),
        text(&body["failureMessage"])
    )
}

const NOW: &str = "2026-01-05T12:00:00.000Z";

#[tokio::test]
async fn a_deployment_is_found_by_name_and_by_arn() {
    let sandbox = example().await;
    sandbox.edit_custom_model_deployment("support-chat", |it| it.description = Some("for the chat".to_owned()));
    let seeded = format!(
        "200 application/json {{\"customModelDeploymentArn\":\"{ARN}\",\"modelDeploymentName\":\"support-chat\",\
         \"modelArn\":\"{V1}\",\"createdAt\":\"2025-03-08T09:00:00.000Z\",\"status\":\"Active\",\
         \"description\":\"for the chat\"}}"
    );
    assert_eq!(get(&sandbox, "support-chat").await, seeded);
    assert_eq!(get(&sandbox, &ARN.replace(':', "%3A").replace('/', "%2F")).await, seeded);
    let missing = "Could not find a custom model deployment with the identifier nowhere.";
    assert_eq!(get(&sandbox, "nowhere").await, refused(404, "ResourceNotFoundException", missing));
}

#[tokio::test]
async fn a_model_is_swapped_by_way_of_updating_and_the_deployment_stays_active() {
    let sandbox = example().await;
    assert_eq!(update(&sandbox, V2).await, UPDATED);
    let busy = refused(400, "ConflictException", "Custom model deployment support-chat is being updated.");
    assert_eq!(update(&sandbox, V1).await, busy);
    assert_eq!(in_short(&sandbox).await, format!("Active supportbotv1 supportbotv2:Updating {NOW} -"));
    assert_eq!(in_short(&sandbox).await, format!("Active supportbotv2 supportbotv2:UpdateCompleted {NOW} -"));
    assert_eq!(sandbox.custom_model_deployment("support-chat").unwrap().wanted_model(), V2);
}

#[tokio::test]
async fn an_update_that_fails_keeps_the_model_and_says_why_and_takes_the_next() {
    let sandbox = example().await;
    let reason = "The model could not be loaded.".to_owned();
    sandbox.edit_custom_model_deployment("support-chat", |it| it.changes.fail_next = Some(reason));
    assert_eq!(update(&sandbox, V2).await, UPDATED);
    assert_eq!(in_short(&sandbox).await, format!("Active supportbotv1 supportbotv2:Updating {NOW} -"));
    let failed = format!("Active supportbotv1 supportbotv2:UpdateFailed {NOW} The model could not be loaded.");
    assert_eq!(in_short(&sandbox).await, failed);
    assert_eq!(update(&sandbox, V2).await, UPDATED);
    assert_eq!(in_short(&sandbox).await, format!("Active supportbotv1 supportbotv2:Updating {NOW} -"));
    assert_eq!(in_short(&sandbox).await, format!("Active supportbotv2 supportbotv2:UpdateCompleted {NOW} -"));
}

#[tokio::test]
async fn active_and_failed_accept_an_update_and_creating_refuses_it() {
    use CustomModelDeploymentStatus::{Active, Creating, Failed};
    let busy = refused(400, "ConflictException", "Custom model deployment support-chat is being updated.");
    for (status, answer) in [(Active, UPDATED.to_owned()), (Failed, UPDATED.to_owned()), (Creating, busy)] {
        let sandbox = example().await;
        sandbox.edit_custom_model_deployment("support-chat", |it| it.status = status);
        assert_eq!(update(&sandbox, V2).await, answer, "{status:?}");
    }
    let sandbox = example().await;
    let change = Change::ending_after(Pace::Reads(1));
    sandbox.edit_custom_model_deployment("support-chat", |it| it.start_updating(change));
    assert_eq!(in_short(&sandbox).await, "Active supportbotv1 supportbotv1:Updating - -");
    assert_eq!(update(&sandbox, V2).await, UPDATED);
}

#[tokio::test]
async fn reads_may_lag_behind_and_time_may_be_the_pace() {
    let clock = Clock::fixed(noon());
    let sandbox = at(clock.clone(), |seed| {
        seed.changes.stale_reads = Some(1);
        seed.changes.pace = Some(Pace::Time(Duration::from_secs(60)));
        seed.changes.completion_moves_last_modified = Some(true);
    })
    .await;
    assert_eq!(update(&sandbox, V2).await, UPDATED);
    assert_eq!(in_short(&sandbox).await, "Active supportbotv1 -:- - -");
    assert_eq!(in_short(&sandbox).await, format!("Active supportbotv1 supportbotv2:Updating {NOW} -"));
    clock.advance(Duration::from_secs(60));
    let done = "Active supportbotv2 supportbotv2:UpdateCompleted 2026-01-05T12:01:00.000Z -";
    assert_eq!(in_short(&sandbox).await, done);
}

#[tokio::test]
async fn what_a_request_may_not_say_is_refused_and_changes_nothing() {
    let sandbox = example().await;
    let before = sandbox.state();
    let model = |model: &str| format!(r#"{{"modelArn":"{model}"}}"#);
    let at = "failed to satisfy constraint: Member must";
    for (identifier, body, code, message) in [
        (
            "nowhere",
            model(V2),
            "ResourceNotFoundException",
            "Could not find a custom model deployment with the identifier nowhere.".to_owned(),
        ),
        (
            "support-chat",
            "{}".to_owned(),
            "ValidationException",
            format!("1 validation error detected: Value null at 'modelArn' {at} not be null"),
        ),
        (
            "support-chat",
            model("supportbot-v2"),
            "ValidationException",
            format!(
                "1 validation error detected: Value 'supportbot-v2' at 'modelArn' {at} have length greater than or equal to 20"
            ),
        ),
        (
            "support-chat",
            model(&V2.replace("botv2", "botv3")),
            "ValidationException",
            "The provided model identifier is invalid.".to_owned(),
        ),
        (
            "support%20chat",
            model(V2),
            "ValidationException",
            format!(
                "1 validation error detected: Value 'support chat' at 'customModelDeploymentIdentifier' {at} satisfy regular \
                 expression pattern: (arn:aws(|-us-gov|-cn|-iso|-iso-b):bedrock:[a-z0-9-]{{1,20}}:[0-9]{{12}}:\
                 custom-model-deployment/[a-z0-9]{{12}})|^([0-9a-zA-Z][_-]?){{1,63}}"
            ),
        ),
        (
            "support-chat",
            r#"{"modelArn":3}"#.to_owned(),
            "SerializationException",
            "invalid type: integer `3`, expected a string at line 1 column 13".to_owned(),
        ),
    ] {
        let status = if code == "ResourceNotFoundException" { 404 } else { 400 };
        let answer = bedrock(&sandbox, "PATCH", &format!("{PATH}/{identifier}"), &body).await;
        assert_eq!(answer, refused(status, code, &message));
    }
    assert_eq!(sandbox.state(), before);
}

#[tokio::test]
async fn a_list_is_filtered_sorted_and_paged() {
    let sandbox = with(|seed| {
        let deployments = &mut seed.home().custom_model_deployments;
        let mut other = deployments["chat12345678"].clone();
        (other.name, other.model_arn) = ("drafts".to_owned(), V2.to_owned());
        (other.status, other.created_at) = (CustomModelDeploymentStatus::Failed, noon());
        other.failure_message = Some("No capacity.".to_owned());
        deployments.insert("draft1234567".to_owned(), other);
    })
    .await;
    let list = async |query: &str| {
        let line = bedrock(&sandbox, "GET", &format!("{PATH}{query}"), "").await;
        let body: serde_json::Value =
            serde_json::from_str(line.strip_prefix("200 application/json ").unwrap()).unwrap();
        let names = body["modelDeploymentSummaries"].as_array().unwrap().iter();
        let names: Vec<_> = names.map(|found| found["customModelDeploymentName"].as_str().unwrap()).collect();
        format!("{} {}", names.join(" "), body["nextToken"].as_str().unwrap_or("-"))
    };
    assert_eq!(list("").await, "drafts support-chat -");
    assert_eq!(list("?sortBy=CreationTime&sortOrder=Ascending").await, "support-chat drafts -");
    assert_eq!(list("?maxResults=1").await, "drafts 1");
    assert_eq!(list("?maxResults=1&nextToken=1").await, "support-chat -");
    assert_eq!(list("?nameContains=chat").await, "support-chat -");
    assert_eq!(list("?statusEquals=Failed").await, "drafts -");
    assert_eq!(list(&format!("?modelArnEquals={}", V1.replace(':', "%3A"))).await, "support-chat -");
    assert_eq!(list("?createdAfter=2026-01-01T00%3A00%3A00Z").await, "drafts -");
    assert_eq!(list("?createdBefore=2026-01-01T00%3A00%3A00Z").await, "support-chat -");
    assert_eq!(
        bedrock(&sandbox, "GET", &format!("{PATH}?statusEquals=Failed"), "").await,
        format!(
            "200 application/json {{\"modelDeploymentSummaries\":[{{\"customModelDeploymentArn\":\
             \"arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/draft1234567\",\
             \"customModelDeploymentName\":\"drafts\",\"modelArn\":\"{V2}\",\"createdAt\":\"{NOW}\",\"status\":\"Failed\",\
             \"failureMessage\":\"No capacity.\"}}]}}"
        )
    );
}

#[tokio::test]
async fn a_refusal_for_want_of_permission_names_the_deployment() {
    let sandbox = example().await;
    sandbox.script("UpdateCustomModelDeployment", Fault::access_denied());
    let denied = "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: \
                  bedrock:UpdateCustomModelDeployment on resource: \
                  arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/support-chat";
    assert_eq!(update(&sandbox, V2).await, refused(403, "AccessDeniedException", denied));
}
