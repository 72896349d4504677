//! Bedrock: Update, Get and List of Provisioned Throughputs and of custom model deployments, and GetCustomModel, over `restJson1`.

mod deployment;
mod list;
mod name;
mod wire;

use std::collections::BTreeMap;

use self::list::{Facts, listed};
use self::name::{custom_model, is_arn, is_name};
pub(crate) use self::wire::error;
use self::wire::{GetCustomModelOutput, ListOutput, Throughput, UpdateInput, UpdateOutput, ok};
use crate::call::{Call, partition};
use crate::constraint::Constraints;
use crate::reply::{Refusal, Reply};
use crate::resource::{Changing, CustomModel, ProvisionedModel, ProvisionedModelStatus};
use crate::tags;
use crate::world::World;

pub(crate) fn answer(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    match call.operation.as_str() {
        "UpdateProvisionedModelThroughput" => update(call, world),
        "GetProvisionedModelThroughput" => get(call, world),
        "ListProvisionedModelThroughputs" => list(call, world),
        "GetCustomModel" => get_custom_model(call, world),
        "UpdateCustomModelDeployment" => deployment::update(call, world),
        "GetCustomModelDeployment" => deployment::get(call, world),
        "ListCustomModelDeployments" => deployment::list(call, world),
        "ListTagsForResource" => tags::of_bedrock(call, world),
        _ => Err(call.service.unknown_operation(&call.operation)),
    }
}

/// The ARN that an IAM refusal names.
pub(crate) fn resource(call: &Call) -> String {
    let (kind, identifier) = match call.operation.as_str() {
        "GetCustomModel" => ("custom-model", call.segments.get(1)),
        operation if operation.contains("CustomModelDeployment") => (deployment::KIND, call.segments.get(2)),
        _ => ("provisioned-model", call.segments.get(1)),
    };
    match identifier {
        Some(identifier) if identifier.starts_with("arn:") => identifier.clone(),
        Some(identifier) => call.arn(&format!("{kind}/{identifier}")),
        None => "*".to_owned(),
    }
}

fn update(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let input: UpdateInput = call.input_if_any()?;
    let mut constraints = Constraints::default();
    let identifier = identifier(call, &mut constraints);
    if let Some(name) = &input.desired_provisioned_model_name {
        let path = "desiredProvisionedModelName";
        constraints.check(path, name, !name.is_empty(), "have length greater than or equal to 1");
        constraints.check(path, name, name.len() <= 63, "have length less than or equal to 63");
        constraints.check(path, name, is_name(name), "satisfy regular expression pattern: ([0-9a-zA-Z][_-]?)+");
    }
    if let Some(id) = &input.desired_model_id {
        constraints.check("desiredModelId", id, !id.is_empty(), "have length greater than or equal to 1");
        constraints.check("desiredModelId", id, id.len() <= 2048, "have length less than or equal to 2048");
    }
    constraints.finish()?;
    let models = &world.region.provisioned_models;
    let id = find(models, call, identifier, |model| model.name.as_str())?;
    let model = models.get(&id).ok_or_else(|| not_found(identifier))?;
    let UpdateInput { desired_provisioned_model_name: name, desired_model_id } = input;
    // All refusals from here on are documented or plausible, and none of their wordings is verified.
    if name.is_none() && desired_model_id.is_none() {
        return Err(Refusal::validation("Either desiredProvisionedModelName or desiredModelId must be specified."));
    }
    if matches!(model.status, ProvisionedModelStatus::Creating | ProvisionedModelStatus::Updating) {
        let message = format!("Provisioned model {identifier} is being updated.");
        return Err(Refusal::new(400, "ConflictException", message));
    }
    let name_taken = |name: &String| models.iter().any(|(other, model)| *other != id && model.name == *name);
    if name.as_ref().is_some_and(name_taken) {
        return Err(Refusal::validation("The provisioned model name is already in use."));
    }
    let model_arn = desired_model_id
        .map(|desired| desired_model(call, model, &world.region.custom_models, &desired))
        .transpose()?;
    if let Some(model) = world.region.provisioned_models.get_mut(&id) {
        model.update(name, model_arn, world.general, world.now);
    }
    Ok(ok(200, &UpdateOutput {}))
}

/// The ARN of the model that `desired` (an ARN, a foundation model's id, or a custom model's name) stands for.
fn desired_model(
    call: &Call,
    model: &ProvisionedModel,
    custom_models: &BTreeMap<String, CustomModel>,
    desired: &str,
) -> Result<String, Refusal> {
    if model.model_arn == model.foundation_model_arn {
        return Err(Refusal::validation(
            "desiredModelId can't be specified for a Provisioned Throughput that is associated with a base model.",
        ));
    }
    let base = &model.foundation_model_arn;
    let foundation = format!("arn:{}:bedrock:{}::foundation-model/{desired}", partition(&call.region), call.region);
    if [desired, foundation.as_str()].contains(&base.as_str()) {
        return Ok(base.clone());
    }
    match custom_model(custom_models, desired) {
        Some((arn, custom)) if custom.base_model_arn == *base => Ok(arn.clone()),
        Some(_) => Err(Refusal::validation(
            "The desired model must be customized from the same base model as the current model.",
        )),
        None => Err(Refusal::validation("The provided model identifier is invalid.")),
    }
}

fn get(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let mut constraints = Constraints::default();
    let identifier = identifier(call, &mut constraints);
    constraints.finish()?;
    let models = &mut world.region.provisioned_models;
    let found = find(models, call, identifier, ProvisionedModel::name_read);
    if found.is_err() {
        // A read under a new name that reads do not know yet is one of the stale reads.
        if let Ok(id) = find(models, call, identifier, |model| model.name.as_str()) {
            models.get_mut(&id).map(|model| model.read(world.now));
        }
    }
    let id = found?;
    let model = models.get_mut(&id).ok_or_else(|| not_found(identifier))?;
    let shown = model.read(world.now);
    Ok(ok(200, &Throughput::of(call.arn(&format!("provisioned-model/{id}")), shown)))
}

/// The identifier in the path, a name or an ARN.
fn identifier<'a>(call: &'a Call, constraints: &mut Constraints) -> &'a str {
    let identifier = call.segments.get(1).map_or("", String::as_str);
    let rule = "satisfy regular expression pattern: ((([0-9a-zA-Z][_-]?)+)|(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:provisioned-model/[a-z0-9]{12}))";
    constraints.check(
        "provisionedModelId",
        identifier,
        is_name(identifier) || is_arn(identifier, "provisioned-model"),
        rule,
    );
    identifier
}

/// The id of the Provisioned Throughput with this ARN, or with this name as `name_of` tells it.
fn find(
    models: &BTreeMap<String, ProvisionedModel>,
    call: &Call,
    identifier: &str,
    name_of: fn(&ProvisionedModel) -> &str,
) -> Result<String, Refusal> {
    models
        .iter()
        .find(|(id, model)| name_of(model) == identifier || call.arn(&format!("provisioned-model/{id}")) == identifier)
        .map(|(id, _)| id.clone())
        .ok_or_else(|| not_found(identifier))
}

fn not_found(identifier: &str) -> Refusal {
    // AWS's own wording is unverified.
    let message = format!("Could not find a provisioned model with the identifier {identifier}.");
    Refusal::new(404, "ResourceNotFoundException", message)
}

fn list(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let facts = |model: &ProvisionedModel| Facts {
        name: model.name.clone(),
        model_arn: model.model_arn.clone(),
        status: serde_json::to_value(model.status).ok(),
        created: model.creation_time,
    };
    let between = ("creationTimeAfter", "creationTimeBefore");
    let (models, next_token) = listed(call, &world.region.provisioned_models, between, facts)?;
    let provisioned_model_summaries = models
        .into_iter()
        .map(|(id, model)| Throughput::listed(call.arn(&format!("provisioned-model/{id}")), model.clone()))
        .collect();
    Ok(ok(200, &ListOutput { provisioned_model_summaries, next_token }))
}

fn get_custom_model(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let identifier = call.segments.get(1).map_or("", String::as_str);
    let mut constraints = Constraints::default();
    let path = "modelIdentifier";
    constraints.check(path, identifier, !identifier.is_empty(), "have length greater than or equal to 1");
    constraints.check(path, identifier, identifier.len() <= 2048, "have length less than or equal to 2048");
    constraints.finish()?;
    match custom_model(&world.region.custom_models, identifier) {
        Some((arn, model)) => Ok(ok(200, &GetCustomModelOutput::of(arn, model))),
        None => {
            // AWS's own wording is unverified.
            let message = format!("Could not find a custom model with the identifier {identifier}.");
            Err(Refusal::new(404, "ResourceNotFoundException", message))
        }
    }
}
