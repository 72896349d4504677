//! Update, Get and List of custom model deployments.

use std::collections::BTreeMap;

use super::list::{Facts, listed};
use super::name::{custom_model, is_arn, is_name};
use super::wire::{Deployment, ListDeploymentsOutput, UpdateDeploymentInput, UpdateDeploymentOutput, ok};
use crate::call::Call;
use crate::constraint::Constraints;
use crate::reply::{Refusal, Reply};
use crate::resource::{Changing, CustomModelDeployment, CustomModelDeploymentStatus};
use crate::world::World;

/// The kind of resource, as its ARN has it.
pub(super) const KIND: &str = "custom-model-deployment";

pub(super) fn update(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let input: UpdateDeploymentInput = call.input_if_any()?;
    let mut constraints = Constraints::default();
    let identifier = identifier(call, &mut constraints);
    let model_arn = constraints.required("modelArn", input.model_arn.as_deref()).unwrap_or_default();
    if input.model_arn.is_some() {
        constraints.check("modelArn", model_arn, model_arn.len() >= 20, "have length greater than or equal to 20");
        constraints.check("modelArn", model_arn, model_arn.len() <= 1011, "have length less than or equal to 1011");
    }
    constraints.finish()?;
    let id = find(&world.region.custom_model_deployments, call, identifier)?;
    let deployment = world.region.custom_model_deployments.get_mut(&id).ok_or_else(|| not_found(identifier))?;
    // Both refusals from here on are plausible, and neither of their wordings is verified.
    if deployment.status == CustomModelDeploymentStatus::Creating || deployment.is_updating() {
        let message = format!("Custom model deployment {identifier} is being updated.");
        return Err(Refusal::new(400, "ConflictException", message));
    }
    if custom_model(&world.region.custom_models, model_arn).is_none() {
        return Err(Refusal::validation("The provided model identifier is invalid."));
    }
    deployment.update(model_arn.to_owned(), world.general, world.now);
    let custom_model_deployment_arn = arn(call, &id);
    Ok(ok(202, &UpdateDeploymentOutput { custom_model_deployment_arn }))
}

pub(super) fn get(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let mut constraints = Constraints::default();
    let identifier = identifier(call, &mut constraints);
    constraints.finish()?;
    let id = find(&world.region.custom_model_deployments, call, identifier)?;
    let deployment = world.region.custom_model_deployments.get_mut(&id).ok_or_else(|| not_found(identifier))?;
    Ok(ok(200, &Deployment::of(arn(call, &id), deployment.read(world.now))))
}

pub(super) fn list(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let facts = |deployment: &CustomModelDeployment| Facts {
        name: deployment.name.clone(),
        model_arn: deployment.model_arn.clone(),
        status: serde_json::to_value(deployment.status).ok(),
        created: deployment.created_at,
    };
    let between = ("createdAfter", "createdBefore");
    let (deployments, next_token) = listed(call, &world.region.custom_model_deployments, between, facts)?;
    let model_deployment_summaries =
        deployments.into_iter().map(|(id, deployment)| Deployment::listed(arn(call, id), deployment.clone()));
    let model_deployment_summaries = model_deployment_summaries.collect();
    Ok(ok(200, &ListDeploymentsOutput { model_deployment_summaries, next_token }))
}

fn arn(call: &Call, id: &str) -> String {
    call.arn(&format!("{KIND}/{id}"))
}

/// The identifier in the path, a name or an ARN.
fn identifier<'a>(call: &'a Call, constraints: &mut Constraints) -> &'a str {
    let identifier = call.segments.get(2).map_or("", String::as_str);
    let path = "customModelDeploymentIdentifier";
    constraints.check(path, identifier, identifier.len() <= 93, "have length less than or equal to 93");
    let rule = "satisfy regular expression pattern: (arn:aws(|-us-gov|-cn|-iso|-iso-b):bedrock:[a-z0-9-]{1,20}:[0-9]{12}:custom-model-deployment/[a-z0-9]{12})|^([0-9a-zA-Z][_-]?){1,63}";
    constraints.check(path, identifier, is_name(identifier) || is_arn(identifier, KIND), rule);
    identifier
}

/// The id of the deployment with this ARN or name.
fn find(
    deployments: &BTreeMap<String, CustomModelDeployment>,
    call: &Call,
    identifier: &str,
) -> Result<String, Refusal> {
    let is_it = |(id, deployment): &(&String, &CustomModelDeployment)| {
        deployment.name == identifier || arn(call, id) == identifier
    };
    deployments.iter().find(is_it).map(|(id, _)| id.clone()).ok_or_else(|| not_found(identifier))
}

fn not_found(identifier: &str) -> Refusal {
    // AWS's own wording is unverified.
    let message = format!("Could not find a custom model deployment with the identifier {identifier}.");
    Refusal::new(404, "ResourceNotFoundException", message)
}
