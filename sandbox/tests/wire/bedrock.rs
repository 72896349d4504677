//! Bedrock's answers, whole.

use setpoint_sandbox::{CustomModel, Fault, ProvisionedModelStatus};

use crate::client::{bedrock, example, noon};

const ARN: &str = "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdef123456";
const V1: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv1";
const V2: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2";
const BASE: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-text-express-v1:0:8k";
const UPDATED: &str = "200 application/json {}";

fn path(identifier: &str) -> String {
    format!("/provisioned-model-throughput/{identifier}")
}

fn refused(status: u16, code: &str, message: &str) -> String {
    format!("{status} application/json {code} {{\"message\":{}}}", serde_json::to_string(message).unwrap())
}

/// The answer of Get for `abcdef123456`.
fn throughput(name: &str, model: &str, desired: &str, status: &str, modified: &str) -> String {
    format!(
        "200 application/json {{\"modelUnits\":1,\"desiredModelUnits\":1,\"provisionedModelName\":\"{name}\",\
         \"provisionedModelArn\":\"arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456\",\
         \"modelArn\":\"{model}\",\"desiredModelArn\":\"{desired}\",\"foundationModelArn\":\"{BASE}\",\
         \"status\":\"{status}\",\"creationTime\":\"2025-03-06T09:00:00.000Z\",\"lastModifiedTime\":\"{modified}\"}}"
    )
}

const SEEDED: &str = "2025-03-06T09:05:00.000Z";
const NOW: &str = "2026-01-05T12:00:00.000Z";

#[tokio::test]
async fn a_throughput_is_found_by_name_and_by_arn() {
    let sandbox = example().await;
    let seeded = throughput("support-bot", V1, V1, "InService", SEEDED);
    assert_eq!(bedrock(&sandbox, "GET", &path("support-bot"), "").await, seeded);
    assert_eq!(bedrock(&sandbox, "GET", &path(ARN), "").await, seeded);
}

#[tokio::test]
async fn a_commitment_is_shown_with_its_end() {
    let sandbox = example().await;
    assert_eq!(
        bedrock(&sandbox, "GET", &path("summaries"), "").await,
        format!(
            "200 application/json {{\"modelUnits\":1,\"desiredModelUnits\":1,\"provisionedModelName\":\"summaries\",\
             \"provisionedModelArn\":\"arn:aws:bedrock:us-east-1:123456789012:provisioned-model/fedcba654321\",\
             \"modelArn\":\"{BASE}\",\"desiredModelArn\":\"{BASE}\",\"foundationModelArn\":\"{BASE}\",\
             \"status\":\"InService\",\"creationTime\":\"2025-03-07T09:00:00.000Z\",\
             \"lastModifiedTime\":\"2025-03-07T09:05:00.000Z\",\"commitmentDuration\":\"OneMonth\",\
             \"commitmentExpirationTime\":\"2025-04-07T09:00:00.000Z\"}}"
        )
    );
}

#[tokio::test]
async fn a_model_is_swapped_by_way_of_updating() {
    let sandbox = example().await;
    let body = format!(r#"{{"desiredModelId":"{V2}"}}"#);
    assert_eq!(bedrock(&sandbox, "PATCH", &path(ARN), &body).await, UPDATED);
    let get = async || bedrock(&sandbox, "GET", &path("support-bot"), "").await;
    assert_eq!(get().await, throughput("support-bot", V1, V2, "Updating", NOW));
    assert_eq!(get().await, throughput("support-bot", V2, V2, "InService", NOW));
}

#[tokio::test]
async fn a_model_goes_by_arn_by_custom_name_and_by_foundation_id() {
    for (id, arn) in [("supportbot-v2", V2), ("amazon.titan-text-express-v1:0:8k", BASE), (BASE, BASE)] {
        let sandbox = example().await;
        let body = format!(r#"{{"desiredModelId":"{id}"}}"#);
        assert_eq!(bedrock(&sandbox, "PATCH", &path("support-bot"), &body).await, UPDATED);
        assert_eq!(
            bedrock(&sandbox, "GET", &path("support-bot"), "").await,
            throughput("support-bot", V1, arn, "Updating", NOW)
        );
    }
}

#[tokio::test]
async fn a_renamed_throughput_is_lost_under_its_old_name() {
    let sandbox = example().await;
    let body = r#"{"desiredProvisionedModelName":"help-desk"}"#;
    assert_eq!(bedrock(&sandbox, "PATCH", &path("support-bot"), body).await, UPDATED);
    assert_eq!(
        bedrock(&sandbox, "GET", &path("support-bot"), "").await,
        refused(
            404,
            "ResourceNotFoundException",
            "Could not find a provisioned model with the identifier support-bot."
        )
    );
    assert_eq!(
        bedrock(&sandbox, "GET", &path("help-desk"), "").await,
        throughput("help-desk", V1, V1, "Updating", NOW)
    );
    assert_eq!(bedrock(&sandbox, "GET", &path(ARN), "").await, throughput("help-desk", V1, V1, "InService", NOW));
}

#[tokio::test]
async fn what_a_request_may_not_say_is_refused_and_changes_nothing() {
    let sandbox = example().await;
    sandbox.edit(|seed| {
        let other_base = "arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-1-8b-instruct-v1:0";
        let (name, base_model_arn) = ("other".to_owned(), other_base.to_owned());
        let model = CustomModel { name, base_model_arn, job_arn: None, creation_time: noon() };
        seed.home().custom_models.insert("arn:other".to_owned(), model);
    });
    let before = sandbox.state();
    for (identifier, body, status, code, message) in [
        (
            "nowhere",
            r#"{"desiredProvisionedModelName":"a"}"#,
            404,
            "ResourceNotFoundException",
            "Could not find a provisioned model with the identifier nowhere.",
        ),
        (
            "support-bot",
            "{}",
            400,
            "ValidationException",
            "Either desiredProvisionedModelName or desiredModelId must be specified.",
        ),
        (
            "support-bot",
            r#"{"desiredProvisionedModelName":"summaries"}"#,
            400,
            "ValidationException",
            "The provisioned model name is already in use.",
        ),
        (
            "summaries",
            r#"{"desiredModelId":"supportbot-v2"}"#,
            400,
            "ValidationException",
            "desiredModelId can't be specified for a Provisioned Throughput that is associated with a base model.",
        ),
        (
            "support-bot",
            r#"{"desiredModelId":"other"}"#,
            400,
            "ValidationException",
            "The desired model must be customized from the same base model as the current model.",
        ),
        (
            "support-bot",
            r#"{"desiredModelId":"nothing"}"#,
            400,
            "ValidationException",
            "The provided model identifier is invalid.",
        ),
        (
            "support-bot",
            r#"{"desiredProvisionedModelName":"two--dashes"}"#,
            400,
            "ValidationException",
            "1 validation error detected: Value 'two--dashes' at 'desiredProvisionedModelName' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: ([0-9a-zA-Z][_-]?)+",
        ),
        (
            "support%20bot",
            r#"{"desiredProvisionedModelName":"a"}"#,
            400,
            "ValidationException",
            "1 validation error detected: Value 'support bot' at 'provisionedModelId' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: ((([0-9a-zA-Z][_-]?)+)|(arn:aws(-[^:]+)?:bedrock:\
             [a-z0-9-]{1,20}:[0-9]{12}:provisioned-model/[a-z0-9]{12}))",
        ),
        (
            "support-bot",
            r#"{"desiredModelId":3}"#,
            400,
            "SerializationException",
            "invalid type: integer `3`, expected a string at line 1 column 19",
        ),
    ] {
        let answer = bedrock(&sandbox, "PATCH", &path(identifier), body).await;
        assert_eq!(answer, refused(status, code, message));
    }
    assert_eq!(sandbox.state(), before);
}

#[tokio::test]
async fn a_throughput_may_be_given_the_name_it_has() {
    let sandbox = example().await;
    let body = r#"{"desiredProvisionedModelName":"support-bot"}"#;
    assert_eq!(bedrock(&sandbox, "PATCH", &path("support-bot"), body).await, UPDATED);
}

#[tokio::test]
async fn identifiers_have_their_lengths() {
    let sandbox = example().await;
    for id in ["abcdef12345", "abcdef1234567", "ABCDEF123456"] {
        let arn = format!("arn:aws:bedrock:us-east-1:123456789012:provisioned-model/{id}");
        let answer = bedrock(&sandbox, "GET", &path(&arn.replace('/', "%2F")), "").await;
        assert!(answer.contains(&format!("Value '{arn}' at 'provisionedModelId'")), "{answer}");
    }
    for (length, message) in [
        (2048, "The provided model identifier is invalid.".to_owned()),
        (
            2049,
            format!(
                "1 validation error detected: Value '{}' at 'desiredModelId' failed to satisfy constraint: Member must \
                 have length less than or equal to 2048",
                "a".repeat(2049)
            ),
        ),
    ] {
        let body = format!(r#"{{"desiredModelId":"{}"}}"#, "a".repeat(length));
        let answer = bedrock(&sandbox, "PATCH", &path("support-bot"), &body).await;
        assert_eq!(answer, refused(400, "ValidationException", &message));
    }
}

#[tokio::test]
async fn an_update_under_way_refuses_the_next() {
    let sandbox = example().await;
    let body = format!(r#"{{"desiredModelId":"{V2}"}}"#);
    assert_eq!(bedrock(&sandbox, "PATCH", &path("support-bot"), &body).await, UPDATED);
    assert_eq!(
        bedrock(&sandbox, "PATCH", &path("support-bot"), &body).await,
        refused(400, "ConflictException", "Provisioned model support-bot is being updated.")
    );
    sandbox.edit_provisioned_model("summaries", |model| model.status = ProvisionedModelStatus::Creating);
    assert_eq!(
        bedrock(&sandbox, "PATCH", &path("summaries"), r#"{"desiredProvisionedModelName":"a"}"#).await,
        refused(400, "ConflictException", "Provisioned model summaries is being updated.")
    );
}

#[tokio::test]
async fn a_list_is_filtered_sorted_and_paged() {
    let sandbox = example().await;
    sandbox.edit_provisioned_model("summaries", |model| {
        model.status = ProvisionedModelStatus::Failed;
        model.failure_message = Some("the list leaves this out".to_owned());
    });
    let list = async |query: &str| {
        let line = bedrock(&sandbox, "GET", &format!("/provisioned-model-throughputs{query}"), "").await;
        let body: serde_json::Value =
            serde_json::from_str(line.strip_prefix("200 application/json ").unwrap()).unwrap();
        let names = body["provisionedModelSummaries"].as_array().unwrap().iter();
        let names: Vec<_> = names.map(|model| model["provisionedModelName"].as_str().unwrap()).collect();
        format!("{} {}", names.join(" "), body["nextToken"].as_str().unwrap_or("-"))
    };
    assert_eq!(list("").await, "summaries support-bot -");
    assert_eq!(list("?sortBy=CreationTime&sortOrder=Ascending").await, "support-bot summaries -");
    assert_eq!(list("?maxResults=1").await, "summaries 1");
    assert_eq!(list("?maxResults=1&nextToken=1").await, "support-bot -");
    assert_eq!(list("?nameContains=support").await, "support-bot -");
    assert_eq!(list("?statusEquals=Failed").await, "summaries -");
    assert_eq!(list(&format!("?modelArnEquals={}", V1.replace(':', "%3A"))).await, "support-bot -");
    assert_eq!(list("?creationTimeAfter=2025-03-06T09%3A00%3A00Z").await, "summaries -");
    assert_eq!(list("?creationTimeBefore=2025-03-06T09%3A00%3A01Z").await, "support-bot -");
    assert_eq!(
        bedrock(&sandbox, "GET", "/provisioned-model-throughputs?statusEquals=Failed", "").await,
        format!(
            "200 application/json {{\"provisionedModelSummaries\":[{{\"modelUnits\":1,\"desiredModelUnits\":1,\
             \"provisionedModelName\":\"summaries\",\
             \"provisionedModelArn\":\"arn:aws:bedrock:us-east-1:123456789012:provisioned-model/fedcba654321\",\
             \"modelArn\":\"{BASE}\",\"desiredModelArn\":\"{BASE}\",\"foundationModelArn\":\"{BASE}\",\
             \"status\":\"Failed\",\"creationTime\":\"2025-03-07T09:00:00.000Z\",\
             \"lastModifiedTime\":\"2025-03-07T09:05:00.000Z\",\"commitmentDuration\":\"OneMonth\",\
             \"commitmentExpirationTime\":\"2025-04-07T09:00:00.000Z\"}}]}}"
        )
    );
}

#[tokio::test]
async fn a_custom_model_is_found_by_name_and_by_arn() {
    let sandbox = example().await;
    let model = format!(
        "200 application/json {{\"modelArn\":\"{V2}\",\"modelName\":\"supportbot-v2\",\
         \"jobArn\":\"arn:aws:bedrock:us-east-1:123456789012:model-customization-job/amazon.titan-text-express-v1:0:8k/\
         supportjob02\",\"baseModelArn\":\"{BASE}\",\"creationTime\":\"2025-03-06T08:00:00.000Z\"}}"
    );
    let get = async |identifier: &str| bedrock(&sandbox, "GET", &format!("/custom-models/{identifier}"), "").await;
    assert_eq!(get("supportbot-v2").await, model);
    assert_eq!(get(&V2.replace(':', "%3A").replace('/', "%2F")).await, model);
    for identifier in ["supportbot-v3", "support-bot", "amazon.titan-text-express-v1%3A0%3A8k"] {
        let message = format!("Could not find a custom model with the identifier {}.", identifier.replace("%3A", ":"));
        assert_eq!(get(identifier).await, refused(404, "ResourceNotFoundException", &message));
    }
    sandbox.edit(|seed| seed.home().custom_models.get_mut(V2).unwrap().job_arn = None);
    assert!(!get("supportbot-v2").await.contains("jobArn"));
    sandbox.script("GetCustomModel", Fault::access_denied());
    let denied = "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: bedrock:GetCustomModel on \
                  resource: arn:aws:bedrock:us-east-1:123456789012:custom-model/supportbot-v2";
    assert_eq!(get("supportbot-v2").await, refused(403, "AccessDeniedException", denied));
}

#[tokio::test]
async fn a_path_it_does_not_serve_is_an_unknown_operation() {
    let sandbox = example().await;
    let unknown = refused(
        404,
        "UnknownOperationException",
        "the sandbox serves no operation at this path; its README lists those that it does",
    );
    assert_eq!(bedrock(&sandbox, "PUT", &path("support-bot"), "").await, unknown);
    assert_eq!(bedrock(&sandbox, "GET", "/custom-models", "").await, unknown);
}
