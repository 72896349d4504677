//! SageMaker: the operations on endpoints and on inference components, over `awsJson1_1`.

mod endpoint;
mod inference_component;
mod list;
mod name;
mod wire;

use self::wire::Named;
pub(crate) use self::wire::error;
use crate::call::Call;
use crate::reply::{Refusal, Reply};
use crate::tags;
use crate::world::World;

pub(crate) fn answer(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    match call.operation.as_str() {
        "UpdateEndpointWeightsAndCapacities" => endpoint::update(call, world),
        "DescribeEndpoint" => endpoint::describe(call, world),
        "ListEndpoints" => endpoint::list(call, world),
        "UpdateInferenceComponentRuntimeConfig" => inference_component::update(call, world),
        "DescribeInferenceComponent" => inference_component::describe(call, world),
        "ListInferenceComponents" => inference_component::list(call, world),
        "ListTags" => tags::of_sagemaker(call, world),
        _ => Err(call.service.unknown_operation(&call.operation)),
    }
}

/// The ARN that an IAM refusal names.
pub(crate) fn resource(call: &Call) -> String {
    let Named { endpoint_name, inference_component_name } = call.input().unwrap_or_default();
    call.arn(&match inference_component_name {
        Some(name) => format!("inference-component/{name}"),
        None => format!("endpoint/{}", endpoint_name.as_deref().unwrap_or("*")),
    })
}
