//! Bedrock's requests and answers as they stand on the wire.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::reply::{Refusal, Reply};
use crate::resource::{CustomModel, ProvisionedModel, ProvisionedModelStatus};

const CONTENT_TYPE: &str = "application/json";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateInput {
    pub(super) desired_provisioned_model_name: Option<String>,
    pub(super) desired_model_id: Option<String>,
}

#[derive(Serialize)]
pub(super) struct UpdateOutput {}

/// A Provisioned Throughput, as Get answers it; in a list without the failure.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Throughput {
    model_units: i32,
    desired_model_units: i32,
    provisioned_model_name: String,
    provisioned_model_arn: String,
    model_arn: String,
    desired_model_arn: String,
    foundation_model_arn: String,
    status: ProvisionedModelStatus,
    creation_time: String,
    last_modified_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commitment_duration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commitment_expiration_time: Option<String>,
}

impl Throughput {
    pub(super) fn of(arn: String, model: ProvisionedModel) -> Self {
        Self {
            model_units: model.model_units,
            desired_model_units: model.model_units,
            provisioned_model_name: model.name,
            provisioned_model_arn: arn,
            desired_model_arn: model.desired_model_arn.unwrap_or_else(|| model.model_arn.clone()),
            model_arn: model.model_arn,
            foundation_model_arn: model.foundation_model_arn,
            status: model.status,
            creation_time: time(model.creation_time),
            last_modified_time: time(model.last_modified_time),
            failure_message: model.failure_message,
            commitment_duration: model.commitment_duration,
            commitment_expiration_time: model.commitment_expiration_time.map(time),
        }
    }

    pub(super) fn listed(arn: String, model: ProvisionedModel) -> Self {
        Self { failure_message: None, ..Self::of(arn, model) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListOutput {
    pub(super) provisioned_model_summaries: Vec<Throughput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_token: Option<String>,
}

/// A custom model, as Get answers it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetCustomModelOutput<'a> {
    model_arn: &'a str,
    model_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_arn: Option<&'a str>,
    base_model_arn: &'a str,
    creation_time: String,
}

impl<'a> GetCustomModelOutput<'a> {
    pub(super) fn of(arn: &'a str, model: &'a CustomModel) -> Self {
        Self {
            model_arn: arn,
            model_name: &model.name,
            job_arn: model.job_arn.as_deref(),
            base_model_arn: &model.base_model_arn,
            creation_time: time(model.creation_time),
        }
    }
}

/// A timestamp as this protocol writes it.
fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

pub(super) fn ok(output: &impl Serialize) -> Reply {
    Reply::json(200, CONTENT_TYPE, output)
}

/// An error in Bedrock's format: the code in a header, the message in the body.
pub(crate) fn error(refusal: &Refusal) -> Reply {
    #[derive(Serialize)]
    struct Body<'a> {
        message: &'a str,
    }
    let Refusal { status, code, message } = refusal;
    Reply::json(*status, CONTENT_TYPE, &Body { message }).with("x-amzn-errortype", code.clone())
}
