//! SageMaker's requests and answers as they stand on the wire.

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::epoch_seconds::EpochSeconds;
use crate::reply::{Refusal, Reply};
use crate::resource::{Capacity, Endpoint, EndpointStatus, InferenceComponent, InferenceComponentStatus, Variant};

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    pub(super) endpoint_name: Option<String>,
    pub(super) desired_weights_and_capacities: Option<Vec<DesiredWeightAndCapacity>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DesiredWeightAndCapacity {
    pub(super) variant_name: Option<String>,
    pub(super) desired_weight: Option<f32>,
    pub(super) desired_instance_count: Option<i32>,
    pub(super) serverless_update_config: Option<ServerlessUpdateConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ServerlessUpdateConfig {
    pub(super) max_concurrency: Option<i32>,
    pub(super) provisioned_concurrency: Option<i32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateOutput {
    pub(super) endpoint_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeEndpointInput {
    pub(super) endpoint_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeEndpointOutput {
    endpoint_name: String,
    endpoint_arn: String,
    endpoint_config_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    production_variants: Option<Vec<ProductionVariantSummary>>,
    endpoint_status: EndpointStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<String>,
    creation_time: EpochSeconds,
    last_modified_time: EpochSeconds,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ProductionVariantSummary {
    variant_name: String,
    current_weight: f32,
    desired_weight: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_instance_count: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    desired_instance_count: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_serverless_config: Option<ServerlessSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    desired_serverless_config: Option<ServerlessSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_reservation_config: Option<ReservationSummary>,
}

/// A reservation, of which this endpoint alone has instances.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ReservationSummary {
    total_instance_count: i32,
    available_instance_count: i32,
    used_by_current_endpoint: i32,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ServerlessSummary {
    #[serde(rename = "MemorySizeInMB")]
    memory_size_in_mb: i32,
    max_concurrency: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    provisioned_concurrency: Option<i32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateRuntimeConfigInput {
    pub(super) inference_component_name: Option<String>,
    pub(super) desired_runtime_config: Option<RuntimeConfigInput>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RuntimeConfigInput {
    pub(super) copy_count: Option<i32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateRuntimeConfigOutput {
    pub(super) inference_component_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeInferenceComponentInput {
    pub(super) inference_component_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeInferenceComponentOutput {
    inference_component_name: String,
    inference_component_arn: String,
    endpoint_name: String,
    endpoint_arn: String,
    variant_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<String>,
    runtime_config: RuntimeConfigSummary,
    creation_time: EpochSeconds,
    last_modified_time: EpochSeconds,
    inference_component_status: InferenceComponentStatus,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RuntimeConfigSummary {
    desired_copy_count: i32,
    current_copy_count: i32,
}

/// What a request names, whichever operation it asks for.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Named {
    pub(super) endpoint_name: Option<String>,
    pub(super) inference_component_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListEndpointsInput {
    name_contains: Option<String>,
    status_equals: Option<EndpointStatus>,
    creation_time_before: Option<EpochSeconds>,
    creation_time_after: Option<EpochSeconds>,
    last_modified_time_before: Option<EpochSeconds>,
    last_modified_time_after: Option<EpochSeconds>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListEndpointsOutput {
    pub(super) endpoints: Vec<EndpointSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInferenceComponentsInput {
    name_contains: Option<String>,
    status_equals: Option<InferenceComponentStatus>,
    endpoint_name_equals: Option<String>,
    variant_name_equals: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInferenceComponentsOutput {
    pub(super) inference_components: Vec<InferenceComponentSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InferenceComponentSummary {
    inference_component_name: String,
    inference_component_arn: String,
    inference_component_status: InferenceComponentStatus,
    endpoint_name: String,
    endpoint_arn: String,
    variant_name: String,
    creation_time: EpochSeconds,
    last_modified_time: EpochSeconds,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EndpointSummary {
    endpoint_name: String,
    endpoint_arn: String,
    creation_time: EpochSeconds,
    last_modified_time: EpochSeconds,
    endpoint_status: EndpointStatus,
}

impl DescribeEndpointOutput {
    pub(super) fn of(name: &str, arn: String, endpoint: &Endpoint) -> Self {
        // AWS leaves the variants out while the endpoint is being created.
        let production_variants = (endpoint.status != EndpointStatus::Creating)
            .then(|| endpoint.variants.iter().map(ProductionVariantSummary::of).collect());
        Self {
            endpoint_name: name.to_owned(),
            endpoint_arn: arn,
            endpoint_config_name: endpoint.endpoint_config_name.clone(),
            production_variants,
            endpoint_status: endpoint.status,
            failure_reason: endpoint.failure_reason.clone(),
            creation_time: endpoint.creation_time.into(),
            last_modified_time: endpoint.last_modified_time.into(),
        }
    }
}

impl ProductionVariantSummary {
    fn of(variant: &Variant) -> Self {
        let desired = variant.wanted();
        Self {
            variant_name: variant.variant_name.clone(),
            current_weight: variant.current.weight,
            desired_weight: desired.weight,
            current_instance_count: variant.current.instance_count,
            desired_instance_count: desired.instance_count,
            current_serverless_config: ServerlessSummary::of(&variant.current),
            desired_serverless_config: ServerlessSummary::of(desired),
            capacity_reservation_config: variant.reserved_instances.map(|total| {
                let used = variant.current.instance_count.unwrap_or_default();
                ReservationSummary {
                    total_instance_count: total,
                    available_instance_count: total.saturating_sub(used),
                    used_by_current_endpoint: used,
                }
            }),
        }
    }
}

impl ServerlessSummary {
    fn of(capacity: &Capacity) -> Option<Self> {
        capacity.serverless.as_ref().map(|serverless| Self {
            memory_size_in_mb: serverless.memory_size_in_mb,
            max_concurrency: serverless.max_concurrency,
            provisioned_concurrency: serverless.provisioned_concurrency,
        })
    }
}

impl DescribeInferenceComponentOutput {
    pub(super) fn of(name: &str, arn: String, endpoint_arn: String, component: InferenceComponent) -> Self {
        let runtime_config = RuntimeConfigSummary {
            desired_copy_count: component.wanted_copy_count(),
            current_copy_count: component.current_copy_count,
        };
        Self {
            inference_component_name: name.to_owned(),
            inference_component_arn: arn,
            endpoint_name: component.endpoint_name,
            endpoint_arn,
            variant_name: component.variant_name,
            failure_reason: component.failure_reason,
            runtime_config,
            creation_time: component.creation_time.into(),
            last_modified_time: component.last_modified_time.into(),
            inference_component_status: component.status,
        }
    }
}

impl ListEndpointsInput {
    pub(super) fn admits(&self, name: &str, endpoint: &Endpoint) -> bool {
        let created = EpochSeconds::from(endpoint.creation_time);
        let modified = EpochSeconds::from(endpoint.last_modified_time);
        self.name_contains.as_ref().is_none_or(|part| name.contains(part))
            && self.status_equals.is_none_or(|status| endpoint.status == status)
            && self.creation_time_before.is_none_or(|limit| created < limit)
            && self.creation_time_after.is_none_or(|limit| created > limit)
            && self.last_modified_time_before.is_none_or(|limit| modified < limit)
            && self.last_modified_time_after.is_none_or(|limit| modified > limit)
    }
}

impl EndpointSummary {
    pub(super) fn of(name: &str, call: &Call, endpoint: &Endpoint) -> Self {
        Self {
            endpoint_name: name.to_owned(),
            endpoint_arn: call.arn(&format!("endpoint/{name}")),
            creation_time: endpoint.creation_time.into(),
            last_modified_time: endpoint.last_modified_time.into(),
            endpoint_status: endpoint.status,
        }
    }
}

impl ListInferenceComponentsInput {
    pub(super) fn admits(&self, name: &str, component: &InferenceComponent) -> bool {
        self.name_contains.as_ref().is_none_or(|part| name.contains(part))
            && self.status_equals.is_none_or(|status| component.status == status)
            && self.endpoint_name_equals.as_ref().is_none_or(|endpoint| component.endpoint_name == *endpoint)
            && self.variant_name_equals.as_ref().is_none_or(|variant| component.variant_name == *variant)
    }
}

impl InferenceComponentSummary {
    pub(super) fn of(name: &str, call: &Call, component: &InferenceComponent) -> Self {
        Self {
            inference_component_name: name.to_owned(),
            inference_component_arn: call.arn(&format!("inference-component/{name}")),
            inference_component_status: component.status,
            endpoint_name: component.endpoint_name.clone(),
            endpoint_arn: call.arn(&format!("endpoint/{}", component.endpoint_name)),
            variant_name: component.variant_name.clone(),
            creation_time: component.creation_time.into(),
            last_modified_time: component.last_modified_time.into(),
        }
    }
}

pub(super) fn ok(output: &impl Serialize) -> Reply {
    Reply::json(200, CONTENT_TYPE, output)
}

/// An error in this protocol: the code in `__type` and in a header; `ResourceLimitExceeded` alone spells `Message`.
pub(crate) fn error(refusal: &Refusal) -> Reply {
    #[derive(Serialize)]
    struct Body<'a> {
        __type: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        message: &'a str,
        #[serde(rename = "Message", skip_serializing_if = "str::is_empty")]
        capital_message: &'a str,
    }
    let Refusal { status, code, message } = refusal;
    let (message, capital_message) =
        if code == "ResourceLimitExceeded" { ("", message.as_str()) } else { (message.as_str(), "") };
    let body = Body { __type: code, message, capital_message };
    Reply::json(*status, CONTENT_TYPE, &body).with("x-amzn-errortype", code.clone())
}
