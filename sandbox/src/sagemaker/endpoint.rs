//! UpdateEndpointWeightsAndCapacities, DescribeEndpoint and ListEndpoints.

use std::collections::BTreeMap;

use super::list::listed;
use super::name;
use super::wire::{
    DescribeEndpointInput, DescribeEndpointOutput, DesiredWeightAndCapacity, EndpointSummary, ListEndpointsInput,
    ListEndpointsOutput, UpdateInput, UpdateOutput, ok,
};
use crate::call::Call;
use crate::constraint::Constraints;
use crate::reply::{Refusal, Reply};
use crate::resource::{Capacity, Changing, Endpoint, EndpointStatus, Variant};
use crate::world::World;

pub(super) fn update(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let input: UpdateInput = call.input()?;
    let (name, wanted) = constrained(&input)?;
    let now = world.now;
    let utilization = instances(world);
    let (name, endpoint) = find(&mut world.region.endpoints, name).ok_or_else(|| not_found(call, name))?;
    let arn = arn(call, name);
    if endpoint.status != EndpointStatus::InService {
        // Reported by users for Creating and Updating; that every other state answers the same is unverified.
        return Err(Refusal::validation(format!("Cannot update in-progress endpoint \"{arn}\".")));
    }
    let desired = desired(endpoint, wanted)?;
    within_quota(endpoint, &desired, &utilization, &world.region.limits.endpoint_instances)?;
    endpoint.update(desired, world.general, now);
    Ok(ok(&UpdateOutput { endpoint_arn: arn }))
}

/// The members, once they satisfy the model's constraints.
fn constrained(input: &UpdateInput) -> Result<(&str, &[DesiredWeightAndCapacity]), Refusal> {
    let mut constraints = Constraints::default();
    let name = constraints.required("endpointName", input.endpoint_name.as_deref());
    name::check(&mut constraints, "endpointName", name, name::ENDPOINT);
    let wanted = constraints.required("desiredWeightsAndCapacities", input.desired_weights_and_capacities.as_deref());
    if wanted.is_some_and(<[_]>::is_empty) {
        constraints.check("desiredWeightsAndCapacities", "[]", false, "have length greater than or equal to 1");
    }
    for (index, variant) in wanted.unwrap_or_default().iter().enumerate() {
        let path = |member: &str| format!("desiredWeightsAndCapacities.{}.member.{member}", index + 1);
        let name = constraints.required(&path("variantName"), variant.variant_name.as_deref());
        name::check(&mut constraints, &path("variantName"), name, name::ENDPOINT);
        if let Some(weight) = variant.desired_weight {
            let rule = "have value greater than or equal to 0";
            constraints.check(&path("desiredWeight"), weight, weight >= 0.0, rule);
        }
        constraints.range(&path("desiredInstanceCount"), variant.desired_instance_count, 0, None);
        if let Some(serverless) = &variant.serverless_update_config {
            let path = |member: &str| path(&format!("serverlessUpdateConfig.{member}"));
            constraints.range(&path("maxConcurrency"), serverless.max_concurrency, 1, Some(200));
            constraints.range(&path("provisionedConcurrency"), serverless.provisioned_concurrency, 1, Some(200));
        }
    }
    constraints.finish()?;
    Ok((name.unwrap_or_default(), wanted.unwrap_or_default()))
}

/// The capacity each variant is to have: what the request says, and for omitted members what the variant has.
fn desired(endpoint: &Endpoint, wanted: &[DesiredWeightAndCapacity]) -> Result<Vec<Capacity>, Refusal> {
    let name_of = |wanted: &DesiredWeightAndCapacity| wanted.variant_name.clone().unwrap_or_default();
    for (index, variant) in wanted.iter().enumerate() {
        if wanted.iter().skip(index + 1).any(|other| other.variant_name == variant.variant_name) {
            // Worded as moto does; AWS's own wording is unverified.
            let name = name_of(variant);
            let message = format!("The variant name \"{name}\" was non-unique within the request.");
            return Err(Refusal::validation(message));
        }
    }
    let missing: Vec<String> = wanted
        .iter()
        .map(name_of)
        .filter(|name| endpoint.variants.iter().all(|variant| variant.variant_name != *name))
        .collect();
    if !missing.is_empty() {
        // Worded as moto does; AWS's own wording is unverified.
        return Err(Refusal::validation(format!(
            "The variant name(s) \"{}\" is/are not present within endpoint configuration \"{}\".",
            missing.join(", "),
            endpoint.endpoint_config_name
        )));
    }
    endpoint
        .variants
        .iter()
        .map(|variant| match wanted.iter().find(|wanted| name_of(wanted) == variant.variant_name) {
            Some(wanted) => merged(variant, wanted),
            None => Ok(variant.current.clone()),
        })
        .collect()
}

fn merged(variant: &Variant, wanted: &DesiredWeightAndCapacity) -> Result<Capacity, Refusal> {
    // That AWS refuses the three cases below is documented or strongly implied; its wording is unverified.
    let name = &variant.variant_name;
    let mut capacity = variant.current.clone();
    capacity.weight = wanted.desired_weight.unwrap_or(capacity.weight);
    if let Some(count) = wanted.desired_instance_count {
        if capacity.serverless.is_some() {
            let message = format!("DesiredInstanceCount cannot be set for the serverless variant \"{name}\".");
            return Err(Refusal::validation(message));
        }
        if count == 0 && !variant.can_scale_to_zero {
            let message = format!("The instance count of variant \"{name}\" must be greater than 0.");
            return Err(Refusal::validation(message));
        }
        capacity.instance_count = Some(count);
    }
    if let Some(update) = &wanted.serverless_update_config {
        let Some(serverless) = &mut capacity.serverless else {
            let message = format!("ServerlessUpdateConfig cannot be set for variant \"{name}\", which has instances.");
            return Err(Refusal::validation(message));
        };
        serverless.max_concurrency = update.max_concurrency.unwrap_or(serverless.max_concurrency);
        serverless.provisioned_concurrency = update.provisioned_concurrency.or(serverless.provisioned_concurrency);
        if serverless.provisioned_concurrency.is_some_and(|provisioned| provisioned > serverless.max_concurrency) {
            let message =
                format!("ProvisionedConcurrency of variant \"{name}\" must not be greater than MaxConcurrency.");
            return Err(Refusal::validation(message));
        }
    }
    Ok(capacity)
}

/// The instances that all endpoints of the Region want, by type.
fn instances(world: &World<'_>) -> BTreeMap<String, i64> {
    let mut utilization = BTreeMap::new();
    for variant in world.region.endpoints.values().flat_map(|endpoint| &endpoint.variants) {
        if let (Some(instance_type), Some(count)) = (&variant.instance_type, variant.wanted().instance_count) {
            *utilization.entry(instance_type.clone()).or_default() += i64::from(count);
        }
    }
    utilization
}

fn within_quota(
    endpoint: &Endpoint,
    desired: &[Capacity],
    utilization: &BTreeMap<String, i64>,
    quotas: &BTreeMap<String, u32>,
) -> Result<(), Refusal> {
    for (instance_type, quota) in quotas {
        let delta: i64 = endpoint
            .variants
            .iter()
            .zip(desired)
            .filter(|(variant, _)| variant.instance_type.as_ref() == Some(instance_type))
            .map(|(variant, desired)| {
                let count = |capacity: &Capacity| i64::from(capacity.instance_count.unwrap_or(0));
                count(desired) - count(variant.wanted())
            })
            .sum();
        let used = utilization.get(instance_type).copied().unwrap_or(0);
        if delta > 0 && used + delta > i64::from(*quota) {
            return Err(Refusal::new(
                400,
                "ResourceLimitExceeded",
                format!(
                    "The account-level service limit '{instance_type} for endpoint usage' is {quota} Instances, with \
                     current utilization of {used} Instances and a request delta of {delta} Instances. Please use AWS \
                     Service Quotas to request an increase for this quota."
                ),
            ));
        }
    }
    Ok(())
}

pub(super) fn describe(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let input: DescribeEndpointInput = call.input()?;
    let mut constraints = Constraints::default();
    let name = constraints.required("endpointName", input.endpoint_name.as_deref());
    name::check(&mut constraints, "endpointName", name, name::ENDPOINT);
    constraints.finish()?;
    let name = name.unwrap_or_default();
    let (name, endpoint) = find(&mut world.region.endpoints, name).ok_or_else(|| not_found(call, name))?;
    Ok(ok(&DescribeEndpointOutput::of(name, arn(call, name), &endpoint.read(world.now))))
}

/// The endpoint with this name, and the name as it was given when the endpoint was made.
///
/// Names differ by more than their case when endpoints are made (CreateEndpoint); that an endpoint is found whatever
/// the case of the request's letters, and answers with its own, is unverified.
fn find<'a>(endpoints: &'a mut BTreeMap<String, Endpoint>, name: &str) -> Option<(&'a str, &'a mut Endpoint)> {
    let found = endpoints.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(name));
    found.map(|(own, endpoint)| (own.as_str(), endpoint))
}

fn arn(call: &Call, name: &str) -> String {
    call.arn(&format!("endpoint/{name}"))
}

fn not_found(call: &Call, name: &str) -> Refusal {
    Refusal::validation(format!("Could not find endpoint \"{}\".", arn(call, name)))
}

pub(super) fn list(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let input: ListEndpointsInput = call.input()?;
    let admitted = world.region.endpoints.iter().filter(|(name, endpoint)| input.admits(name, endpoint));
    let (endpoints, next_token) = listed(call, admitted, |endpoint| (endpoint.status, endpoint.creation_time))?;
    let endpoints = endpoints.into_iter().map(|(name, endpoint)| EndpointSummary::of(name, call, endpoint)).collect();
    Ok(ok(&ListEndpointsOutput { endpoints, next_token }))
}
