//! Bedrock's requests and answers as they stand on the wire.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::reply::{Refusal, Reply};
use crate::resource::{
    CustomModel, CustomModelDeployment, CustomModelDeploymentStatus, CustomModelDeploymentUpdate, ProvisionedModel,
    ProvisionedModelStatus,
};

const CONTENT_TYPE: &str = "application/json";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateInput {
    pub(super) desired_provisioned_model_name: Option<String>,
    pub(super) desired_model_id: Option<String>,
}

#[derive(Serialize)]
pub(super) struct UpdateOutput {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateInput {
    pub(super) client_request_token: Option<String>,
    pub(super) model_units: Option<i32>,
    pub(super) provisioned_model_name: Option<String>,
    pub(super) model_id: Option<String>,
    pub(super) commitment_duration: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateOutput {
    pub(super) provisioned_model_arn: String,
}

#[derive(Serialize)]
pub(super) struct DeleteOutput {}

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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateDeploymentInput {
    pub(super) model_arn: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateDeploymentOutput {
    pub(super) custom_model_deployment_arn: String,
}

/// A custom model deployment, as Get answers it; a list calls its name otherwise, and knows less.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Deployment {
    custom_model_deployment_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_deployment_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_model_deployment_name: Option<String>,
    model_arn: String,
    created_at: String,
    status: CustomModelDeploymentStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_details: Option<CustomModelDeploymentUpdate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_updated_at: Option<String>,
}

impl Deployment {
    pub(super) fn of(arn: String, deployment: CustomModelDeployment) -> Self {
        Self {
            custom_model_deployment_arn: arn,
            model_deployment_name: Some(deployment.name),
            custom_model_deployment_name: None,
            model_arn: deployment.model_arn,
            created_at: time(deployment.created_at),
            status: deployment.status,
            description: deployment.description,
            update_details: deployment.update_details,
            failure_message: deployment.failure_message,
            last_updated_at: deployment.last_updated_at.map(time),
        }
    }

    pub(super) fn listed(arn: String, deployment: CustomModelDeployment) -> Self {
        let whole = Self::of(arn, deployment);
        Self {
            custom_model_deployment_name: whole.model_deployment_name,
            model_deployment_name: None,
            description: None,
            update_details: None,
            ..whole
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListDeploymentsOutput {
    pub(super) model_deployment_summaries: Vec<Deployment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_token: Option<String>,
}

/// A timestamp as this protocol writes it.
fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

pub(super) fn ok(status: u16, output: &impl Serialize) -> Reply {
    Reply::json(status, CONTENT_TYPE, output)
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
