//! Create and Delete of Provisioned Throughputs.

use std::collections::BTreeMap;

use super::name::{custom_model, is_name};
use super::throughput::{arn, find, identifier, not_found};
use super::wire::{CreateInput, CreateOutput, DeleteOutput, ok};
use crate::call::{Call, partition};
use crate::constraint::Constraints;
use crate::reply::{Refusal, Reply};
use crate::resource::{CustomModel, NewProvisionedModel, ProvisionedModel, ProvisionedModelStatus, Stale};
use crate::seed::Region;
use crate::world::World;

pub(super) fn create(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let input: CreateInput = call.input_if_any()?;
    let constraints = constraints(&input);
    let (Some(model_units), Some(name), Some(model)) =
        (input.model_units, input.provisioned_model_name, input.model_id)
    else {
        return constraints.finish().and(Err(Refusal::validation("A required member is missing.")));
    };
    constraints.finish()?;
    let token = input.client_request_token;
    let created = |id: &str| ok(201, &CreateOutput { provisioned_model_arn: arn(call, id) });
    let models = &world.region.provisioned_models;
    // That a token is forgotten with what it made is unverified.
    let same = |model: &ProvisionedModel| token.is_some() && model.client_request_token == token;
    if let Some((id, _)) = models.iter().find(|(_, model)| same(model)) {
        return Ok(created(id));
    }
    // Both refusals from here on are plausible, and neither of their wordings is verified.
    if models.values().any(|model| model.name == name) {
        return Err(Refusal::validation("The provisioned model name is already in use."));
    }
    let (model_arn, foundation_model_arn) = model_bought(call, &world.region.custom_models, &model)?;
    world.region.deleted_provisioned_models.retain(|_, deleted| deleted.shows.name != name);
    let id = free_id(world.region, &name);
    let new = NewProvisionedModel {
        name,
        model_units,
        model_arn,
        foundation_model_arn,
        commitment_duration: input.commitment_duration,
        client_request_token: token,
    };
    let model = ProvisionedModel::create(new, world.general, world.now);
    world.region.provisioned_models.insert(id.clone(), model);
    Ok(created(&id))
}

pub(super) fn delete(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let mut constraints = Constraints::default();
    let identifier = identifier(call, &mut constraints);
    constraints.finish()?;
    let id = find(&world.region.provisioned_models, call, identifier, |model| model.name.as_str())?;
    let model = world.region.provisioned_models.get(&id).ok_or_else(|| not_found(identifier))?;
    // That a commitment stands in the way is documented; that it does so as a conflict, as what is under way does, and
    // both wordings are unverified.
    let conflict = |what: &str| {
        let message = format!("Provisioned model {identifier} {what}.");
        Err(Refusal::new(400, "ConflictException", message))
    };
    if model.commitment_expiration_time.is_some_and(|end| end > world.now) {
        return conflict("can't be deleted before its commitment term ends");
    }
    if matches!(model.status, ProvisionedModelStatus::Creating | ProvisionedModelStatus::Updating) {
        return conflict("is being updated");
    }
    let reads = model.changes.stale_reads.or(world.general.stale_reads).unwrap_or(0);
    let shown = ProvisionedModel { stale: None, ..model.clone() };
    world.region.provisioned_models.remove(&id);
    world.region.deleted_provisioned_models.extend(Stale::after_write(reads, shown).map(|stale| (id, stale)));
    Ok(ok(200, &DeleteOutput {}))
}

fn constraints(input: &CreateInput) -> Constraints {
    let mut constraints = Constraints::default();
    let text = |constraints: &mut Constraints, path, text: &str, most: usize| {
        constraints.check(path, text, !text.is_empty(), "have length greater than or equal to 1");
        constraints.check(path, text, text.len() <= most, format_args!("have length less than or equal to {most}"));
    };
    if let Some(token) = &input.client_request_token {
        let path = "clientRequestToken";
        text(&mut constraints, path, token, 256);
        let rule = "satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,256}";
        constraints.check(path, token, is_token(token), rule);
    }
    constraints.required("modelUnits", input.model_units);
    constraints.range("modelUnits", input.model_units, 1, None);
    constraints.required("provisionedModelName", input.provisioned_model_name.as_ref());
    if let Some(name) = &input.provisioned_model_name {
        let path = "provisionedModelName";
        text(&mut constraints, path, name, 63);
        constraints.check(path, name, is_name(name), "satisfy regular expression pattern: ([0-9a-zA-Z][_-]?)+");
    }
    constraints.required("modelId", input.model_id.as_ref());
    if let Some(model) = &input.model_id {
        text(&mut constraints, "modelId", model, 2048);
    }
    if let Some(duration) = &input.commitment_duration {
        let known = ["OneMonth", "SixMonths"].contains(&duration.as_str());
        constraints.check("commitmentDuration", duration, known, "satisfy enum value set: [OneMonth, SixMonths]");
    }
    constraints
}

fn is_token(text: &str) -> bool {
    let alphanumeric = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    alphanumeric(bytes.first())
        && alphanumeric(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// The ARNs of the model that `asked` (an ARN, a foundation model's id, or a custom model's name) stands for, and of its base.
/// Any foundation model is there.
fn model_bought(
    call: &Call,
    custom_models: &BTreeMap<String, CustomModel>,
    asked: &str,
) -> Result<(String, String), Refusal> {
    if let Some((arn, model)) = custom_model(custom_models, asked) {
        return Ok((arn.clone(), model.base_model_arn.clone()));
    }
    let all = format!("arn:{}:bedrock:{}::foundation-model/", partition(&call.region), call.region);
    let id = asked.strip_prefix(&all).unwrap_or(asked);
    if id.starts_with("arn:") || !id.contains('.') {
        return Err(Refusal::validation("The provided model identifier is invalid."));
    }
    let arn = format!("{all}{id}");
    Ok((arn.clone(), arn))
}

/// An id that nothing has, the same for the same name whenever it is free.
fn free_id(region: &Region, name: &str) -> String {
    let is_free = |id: &String| {
        !region.provisioned_models.contains_key(id) && !region.deleted_provisioned_models.contains_key(id)
    };
    let mut ids = (0_u64..).map(|attempt| id_of(name, attempt));
    ids.find(is_free).unwrap_or_else(|| unreachable!("there are more ids than throughputs"))
}

/// Twelve lowercase letters and digits, by FNV-1a.
fn id_of(name: &str, attempt: u64) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let mut hash = name.bytes().chain(attempt.to_be_bytes()).fold(0xcbf2_9ce4_8422_2325, step);
    let letters = (0..12).map(|_| {
        let letter = char::from(ALPHABET[usize::try_from(hash % 36).unwrap_or_default()]);
        hash /= 36;
        letter
    });
    letters.collect()
}
