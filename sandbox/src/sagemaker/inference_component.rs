//! UpdateInferenceComponentRuntimeConfig and DescribeInferenceComponent.

use super::list::listed;
use super::name;
use super::wire::{
    DescribeInferenceComponentInput, DescribeInferenceComponentOutput, InferenceComponentSummary,
    ListInferenceComponentsInput, ListInferenceComponentsOutput, UpdateRuntimeConfigInput, UpdateRuntimeConfigOutput,
    ok,
};
use crate::call::Call;
use crate::constraint::Constraints;
use crate::reply::{Refusal, Reply};
use crate::resource::{Changing, InferenceComponent, InferenceComponentStatus};
use crate::world::World;

pub(super) fn update(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let input: UpdateRuntimeConfigInput = call.input()?;
    let mut constraints = Constraints::default();
    let name = constraints.required("inferenceComponentName", input.inference_component_name.as_deref());
    name::check(&mut constraints, "inferenceComponentName", name, name::INFERENCE_COMPONENT);
    let config = constraints.required("desiredRuntimeConfig", input.desired_runtime_config);
    let copy_count = config.and_then(|config| {
        let path = "desiredRuntimeConfig.copyCount";
        constraints.range(path, config.copy_count, 0, None);
        constraints.required(path, config.copy_count)
    });
    constraints.finish()?;
    let (name, copy_count) = (name.unwrap_or_default(), copy_count.unwrap_or_default());
    let arn = arn(call, name);
    let component = world.region.inference_components.get_mut(name).ok_or_else(|| not_found(&arn))?;
    if let Some(state) = in_progress(component.status) {
        // As users report it, who leave the name out; that the ARN stands there, and that a failed one is not refused, are
        // unverified.
        return Err(Refusal::validation(format!(
            "Cannot update inference component \"{arn}\" while it is in state {state}."
        )));
    }
    within_quota(component, copy_count, world.region.limits.inference_component_copies)?;
    component.update(copy_count, world.general, world.now);
    Ok(ok(&UpdateRuntimeConfigOutput { inference_component_arn: arn }))
}

/// The state in the words of AWS's refusal, which are not those of its descriptions; `None` where it takes an update.
fn in_progress(status: InferenceComponentStatus) -> Option<&'static str> {
    match status {
        InferenceComponentStatus::InService | InferenceComponentStatus::Failed => None,
        InferenceComponentStatus::Creating => Some("CREATE_IN_PROGRESS"),
        InferenceComponentStatus::Updating => Some("UPDATE_RC_IN_PROGRESS"),
        InferenceComponentStatus::Deleting => Some("DELETE_IN_PROGRESS"),
    }
}

fn within_quota(component: &InferenceComponent, copy_count: i32, quota: Option<u32>) -> Result<(), Refusal> {
    let Some(quota) = quota else { return Ok(()) };
    let used = component.wanted_copy_count();
    if copy_count <= used || i64::from(copy_count) <= i64::from(quota) {
        return Ok(());
    }
    let delta = copy_count - used;
    // The code is AWS's; the name of the quota and the sentence, taken from that of instances, are unverified.
    Err(Refusal::new(
        400,
        "ResourceLimitExceeded",
        format!(
            "The account-level service limit 'Copies per inference component' is {quota} Copies, with current utilization \
             of {used} Copies and a request delta of {delta} Copies. Please use AWS Service Quotas to request an increase \
             for this quota."
        ),
    ))
}

pub(super) fn describe(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let input: DescribeInferenceComponentInput = call.input()?;
    let mut constraints = Constraints::default();
    let name = constraints.required("inferenceComponentName", input.inference_component_name.as_deref());
    name::check(&mut constraints, "inferenceComponentName", name, name::INFERENCE_COMPONENT);
    constraints.finish()?;
    let name = name.unwrap_or_default();
    let arn = arn(call, name);
    let component = world.region.inference_components.get_mut(name).ok_or_else(|| not_found(&arn))?;
    let shown = component.read(world.now);
    let endpoint_arn = call.arn(&format!("endpoint/{}", shown.endpoint_name));
    Ok(ok(&DescribeInferenceComponentOutput::of(name, arn, endpoint_arn, shown)))
}

pub(super) fn list(call: &Call, world: &World<'_>) -> Result<Reply, Refusal> {
    let input: ListInferenceComponentsInput = call.input()?;
    let admitted = world.region.inference_components.iter().filter(|(name, component)| input.admits(name, component));
    let (found, next_token) = listed(call, admitted, |component| (component.status, component.creation_time))?;
    let inference_components =
        found.into_iter().map(|(name, component)| InferenceComponentSummary::of(name, call, component)).collect();
    Ok(ok(&ListInferenceComponentsOutput { inference_components, next_token }))
}

fn arn(call: &Call, name: &str) -> String {
    call.arn(&format!("inference-component/{name}"))
}

fn not_found(arn: &str) -> Refusal {
    // The beginning is what clients match; that the ARN follows, as for an endpoint, is unverified.
    Refusal::validation(format!("Could not find inference component \"{arn}\"."))
}
