//! SageMaker: the operations on endpoints, over `awsJson1_1`.

mod endpoint;
mod wire;

pub(crate) use self::wire::error;
use self::wire::{DescribeEndpointInput, read};
use crate::call::Call;
use crate::reply::{Refusal, Reply};
use crate::world::World;

pub(crate) fn answer(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    match call.operation.as_str() {
        "UpdateEndpointWeightsAndCapacities" => endpoint::update(call, world),
        "DescribeEndpoint" => endpoint::describe(call, world),
        "ListEndpoints" => endpoint::list(call, world),
        _ => Err(call.service.unknown_operation(&call.operation)),
    }
}

/// The ARN that an IAM refusal names.
pub(crate) fn resource(call: &Call) -> String {
    let name = read::<DescribeEndpointInput>(call).ok().and_then(|input| input.endpoint_name);
    call.arn(&format!("endpoint/{}", name.as_deref().unwrap_or("*")))
}
