//! Bedrock: Provisioned Throughputs, custom model deployments and custom models, over `restJson1`.

mod deployment;
mod list;
mod name;
mod purchase;
mod throughput;
mod wire;

use std::collections::BTreeMap;

use self::list::{Facts, listed};
use self::name::{custom_model, is_name};
use self::throughput::{find, identifier, not_found};
pub(crate) use self::wire::error;
use self::wire::{GetCustomModelOutput, ListOutput, Throughput, UpdateInput, UpdateOutput, ok};
use crate::call::{Call, partition};
use crate::constraint::Constraints;
use crate::reply::{Refusal, Reply};
use crate::resource::{Changing, CustomModel, ProvisionedModel, ProvisionedModelStatus, Stale};
use crate::tags;
use crate::world::World;

pub(crate) fn answer(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    match call.operation.as_str() {
        "UpdateProvisionedModelThroughput" => update(call, world),
        "GetProvisionedModelThroughput" => get(call, world),
        "CreateProvisionedModelThroughput" => purchase::create(call, world),
        "DeleteProvisionedModelThroughput" => purchase::delete(call, world),
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
    if let Some((id, shown)) = deleted(call, world, identifier) {
        return Ok(ok(200, &Throughput::of(throughput::arn(call, &id), shown)));
    }
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
    if model.is_unseen() {
        return Err(not_found(identifier));
    }
    let shown = model.read(world.now);
    Ok(ok(200, &Throughput::of(throughput::arn(call, &id), shown)))
}

/// A Provisioned Throughput that is gone and that this read still shows.
fn deleted(call: &Call, world: &mut World<'_>, identifier: &str) -> Option<(String, ProvisionedModel)> {
    let all = &mut world.region.deleted_provisioned_models;
    let is_it = |(id, deleted): &(&String, &Stale<ProvisionedModel>)| {
        deleted.shows.name == identifier || throughput::arn(call, id) == identifier
    };
    let id = all.iter().find(is_it).map(|(id, _)| id.clone())?;
    let mut stale = all.remove(&id);
    let shown = Stale::next(&mut stale)?;
    all.extend(stale.map(|stale| (id.clone(), stale)));
    Some((id, shown))
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
    let provisioned_model_summaries =
        models.into_iter().map(|(id, model)| Throughput::listed(throughput::arn(call, id), model.clone())).collect();
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
