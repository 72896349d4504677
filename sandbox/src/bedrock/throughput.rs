//! How a request finds a Provisioned Throughput.

use std::collections::BTreeMap;

use super::name::{is_arn, is_name};
use crate::call::Call;
use crate::constraint::Constraints;
use crate::reply::Refusal;
use crate::resource::ProvisionedModel;

const KIND: &str = "provisioned-model";

/// The identifier in the path, a name or an ARN.
pub(super) fn identifier<'a>(call: &'a Call, constraints: &mut Constraints) -> &'a str {
    let identifier = call.segments.get(1).map_or("", String::as_str);
    let rule = "satisfy regular expression pattern: ((([0-9a-zA-Z][_-]?)+)|(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:provisioned-model/[a-z0-9]{12}))";
    constraints.check("provisionedModelId", identifier, is_name(identifier) || is_arn(identifier, KIND), rule);
    identifier
}

/// The id of the Provisioned Throughput with this ARN, or with this name as `name_of` tells it.
pub(super) fn find(
    models: &BTreeMap<String, ProvisionedModel>,
    call: &Call,
    identifier: &str,
    name_of: fn(&ProvisionedModel) -> &str,
) -> Result<String, Refusal> {
    models
        .iter()
        .find(|(id, model)| name_of(model) == identifier || arn(call, id) == identifier)
        .map(|(id, _)| id.clone())
        .ok_or_else(|| not_found(identifier))
}

pub(super) fn not_found(identifier: &str) -> Refusal {
    // AWS's own wording is unverified.
    let message = format!("Could not find a provisioned model with the identifier {identifier}.");
    Refusal::new(404, "ResourceNotFoundException", message)
}

pub(super) fn arn(call: &Call, id: &str) -> String {
    call.arn(&format!("{KIND}/{id}"))
}
