//! Bedrock: Update, Get and List of Provisioned Throughputs, and GetCustomModel, over `restJson1`.

mod wire;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

pub(crate) use self::wire::error;
use self::wire::{GetCustomModelOutput, ListOutput, Throughput, UpdateInput, UpdateOutput, ok};
use crate::call::{Call, partition};
use crate::constraint::Constraints;
use crate::page::page;
use crate::reply::{Refusal, Reply};
use crate::resource::{CustomModel, ProvisionedModel, ProvisionedModelStatus};
use crate::world::World;

pub(crate) fn answer(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    match call.operation.as_str() {
        "UpdateProvisionedModelThroughput" => update(call, world),
        "GetProvisionedModelThroughput" => get(call, world),
        "ListProvisionedModelThroughputs" => list(call, world),
        "GetCustomModel" => get_custom_model(call, world),
        _ => Err(call.service.unknown_operation(&call.operation)),
    }
}

/// The ARN that an IAM refusal names.
pub(crate) fn resource(call: &Call) -> String {
    let kind = if call.operation == "GetCustomModel" { "custom-model" } else { "provisioned-model" };
    match call.segments.get(1) {
        Some(identifier) if identifier.starts_with("arn:") => identifier.clone(),
        Some(identifier) => call.arn(&format!("{kind}/{identifier}")),
        None => "*".to_owned(),
    }
}

fn update(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let body = if call.body.is_empty() { "{}" } else { &call.body };
    // AWS's own wording of what is wrong with a body is unverified.
    let input: UpdateInput =
        serde_json::from_str(body).map_err(|error| Refusal::new(400, "SerializationException", error.to_string()))?;
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
    Ok(ok(&UpdateOutput {}))
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

/// The custom model with this ARN or name, and its ARN.
fn custom_model<'a>(
    custom_models: &'a BTreeMap<String, CustomModel>,
    identifier: &str,
) -> Option<(&'a String, &'a CustomModel)> {
    custom_models.iter().find(|(arn, model)| *arn == identifier || model.name == identifier)
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
    Ok(ok(&Throughput::of(call.arn(&format!("provisioned-model/{id}")), shown)))
}

/// The identifier in the path, a name or an ARN.
fn identifier<'a>(call: &'a Call, constraints: &mut Constraints) -> &'a str {
    let identifier = call.segments.get(1).map_or("", String::as_str);
    let rule = "satisfy regular expression pattern: ((([0-9a-zA-Z][_-]?)+)|(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:provisioned-model/[a-z0-9]{12}))";
    constraints.check("provisionedModelId", identifier, is_name(identifier) || is_arn(identifier), rule);
    identifier
}

/// `([0-9a-zA-Z][_-]?)+`: starts with a letter or digit, and no two separators in a row.
fn is_name(text: &str) -> bool {
    let separator = |byte: u8| matches!(byte, b'_' | b'-');
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || separator(*byte))
        && !bytes.windows(2).any(|pair| pair.iter().all(|byte| separator(*byte)))
}

fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "bedrock", _, account, resource] = parts.as_slice() else {
        return false;
    };
    let id = resource.strip_prefix("provisioned-model/").unwrap_or_default();
    partition.starts_with("aws")
        && account.len() == 12
        && id.len() == 12
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
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
    let mut constraints = Constraints::default();
    let size = call.query("maxResults").and_then(|size| size.parse().ok());
    constraints.range("maxResults", size, 1, Some(1000));
    constraints.finish()?;
    let time = |name: &str| {
        let text = call.query(name)?;
        DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc))
    };
    let (after, before) = (time("creationTimeAfter"), time("creationTimeBefore"));
    let word = |status| serde_json::to_value(status).ok();
    let mut models: Vec<(&String, &ProvisionedModel)> = world
        .region
        .provisioned_models
        .iter()
        .filter(|(_, model)| {
            after.is_none_or(|after| model.creation_time > after)
                && before.is_none_or(|before| model.creation_time < before)
                && call.query("statusEquals").is_none_or(|status| word(model.status).is_some_and(|word| word == status))
                && call.query("modelArnEquals").is_none_or(|arn| model.model_arn == arn)
                && call.query("nameContains").is_none_or(|part| model.name.contains(part))
        })
        .collect();
    models.sort_by_key(|(_, model)| model.creation_time);
    if call.query("sortOrder") != Some("Ascending") {
        models.reverse();
    }
    let size = size.and_then(|size| usize::try_from(size).ok());
    let (models, next_token) = page(models, call.query("nextToken"), size)?;
    let provisioned_model_summaries = models
        .into_iter()
        .map(|(id, model)| Throughput::listed(call.arn(&format!("provisioned-model/{id}")), model.clone()))
        .collect();
    Ok(ok(&ListOutput { provisioned_model_summaries, next_token }))
}

fn get_custom_model(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let identifier = call.segments.get(1).map_or("", String::as_str);
    let mut constraints = Constraints::default();
    let path = "modelIdentifier";
    constraints.check(path, identifier, !identifier.is_empty(), "have length greater than or equal to 1");
    constraints.check(path, identifier, identifier.len() <= 2048, "have length less than or equal to 2048");
    constraints.finish()?;
    match custom_model(&world.region.custom_models, identifier) {
        Some((arn, model)) => Ok(ok(&GetCustomModelOutput::of(arn, model))),
        None => {
            // AWS's own wording is unverified.
            let message = format!("Could not find a custom model with the identifier {identifier}.");
            Err(Refusal::new(404, "ResourceNotFoundException", message))
        }
    }
}
