//! The tags of endpoints, inference components, functions, throughputs and deployments, as each service lists them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use crate::call::Call;
use crate::reply::{Refusal, Reply};
use crate::seed::Region;
use crate::world::World;

#[derive(Deserialize)]
struct Input {
    #[serde(alias = "ResourceArn", alias = "resourceARN")]
    resource: Option<String>,
}

/// What a resource is tagged with, by its ARN; `None` where there is no such resource.
fn tags<'a>(region: &'a Region, call: &Call, arn: &str) -> Option<impl Iterator<Item = (&'a String, &'a String)>> {
    let own = call.arn("");
    let resource = arn.strip_prefix(&own)?;
    let (kind, name) = resource.split_once(['/', ':'])?;
    let key = match kind {
        "endpoint" => region.endpoints.contains_key(name).then(|| resource.to_owned()),
        "inference-component" => region.inference_components.contains_key(name).then(|| resource.to_owned()),
        "function" => region.functions.contains_key(name).then(|| resource.to_owned()),
        "provisioned-model" => region.provisioned_models.get(name).map(|model| format!("{kind}/{}", model.name)),
        "custom-model-deployment" => {
            region.custom_model_deployments.get(name).map(|deployment| format!("{kind}/{}", deployment.name))
        }
        _ => None,
    }?;
    Some(region.tags.get(&key).into_iter().flatten())
}

/// SageMaker's list, in one page.
pub(crate) fn of_sagemaker(call: &Call, world: &World<'_>) -> Result<Reply, Refusal> {
    let Input { resource } = call.input()?;
    let arn = resource.unwrap_or_default();
    // AWS's own wording is unverified.
    let tags = tags(world.region, call, &arn)
        .ok_or_else(|| Refusal::validation(format!("Could not find resource \"{arn}\".")))?;
    let tags: Vec<_> = tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(Reply::json(200, "application/x-amz-json-1.1", &json!({"Tags": tags})))
}

/// Lambda's map.
pub(crate) fn of_lambda(call: &Call, world: &World<'_>) -> Result<Reply, Refusal> {
    let arn = call.segments.get(2).map_or("", String::as_str);
    // AWS's own wording is unverified.
    let tags = tags(world.region, call, arn)
        .ok_or_else(|| Refusal::new(404, "ResourceNotFoundException", format!("Function not found: {arn}")))?;
    let tags: BTreeMap<_, _> = tags.collect();
    Ok(Reply::json(200, "application/json", &json!({"Tags": tags})))
}

/// Bedrock's list.
pub(crate) fn of_bedrock(call: &Call, world: &World<'_>) -> Result<Reply, Refusal> {
    let Input { resource } = call.input()?;
    let arn = resource.unwrap_or_default();
    // AWS's own wording is unverified.
    let tags = tags(world.region, call, &arn)
        .ok_or_else(|| Refusal::new(404, "ResourceNotFoundException", format!("Could not find the resource {arn}.")))?;
    let tags: Vec<_> = tags.map(|(key, value)| json!({"key": key, "value": value})).collect();
    Ok(Reply::json(200, "application/json", &json!({"tags": tags})))
}
