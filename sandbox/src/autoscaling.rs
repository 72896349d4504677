//! Application Auto Scaling: registers and describes scalable targets, over `awsJson1_1`.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::call::Call;
use crate::constraint::Constraints;
use crate::epoch_seconds::EpochSeconds;
use crate::reply::{Refusal, Reply};
use crate::resource::{ScalableTarget, SuspendedState};
use crate::world::World;

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// The most targets in one answer.
const LONGEST_PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RegisterInput {
    service_namespace: Option<String>,
    resource_id: Option<String>,
    scalable_dimension: Option<String>,
    min_capacity: Option<i32>,
    max_capacity: Option<i32>,
    suspended_state: Option<State>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeInput {
    service_namespace: Option<String>,
    #[serde(default)]
    resource_ids: Vec<String>,
    scalable_dimension: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    dynamic_scaling_in_suspended: Option<bool>,
    dynamic_scaling_out_suspended: Option<bool>,
    scheduled_scaling_suspended: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Described<'a> {
    service_namespace: &'a str,
    resource_id: &'a str,
    scalable_dimension: &'a str,
    min_capacity: i32,
    max_capacity: i32,
    #[serde(rename = "RoleARN")]
    role_arn: String,
    creation_time: EpochSeconds,
    suspended_state: State,
    #[serde(rename = "ScalableTargetARN")]
    scalable_target_arn: String,
}

pub(crate) fn answer(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    match call.operation.as_str() {
        "RegisterScalableTarget" => register(call, world),
        "DescribeScalableTargets" => describe(call, world),
        _ => Err(call.service.unknown_operation(&call.operation)),
    }
}

/// The ARN that an IAM refusal names.
pub(crate) fn resource(call: &Call) -> String {
    if call.operation == "RegisterScalableTarget" { call.arn("scalable-target/*") } else { "*".to_owned() }
}

/// `refusal` in the service's wire format.
pub(crate) fn error(refusal: &Refusal) -> Reply {
    let Refusal { status, code, message } = refusal;
    Reply::json(*status, CONTENT_TYPE, &json!({"__type": code, "Message": message}))
}

/// One that is there is changed in what the request names; a new one needs both bounds.
fn register(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let input: RegisterInput = call.input()?;
    let mut constraints = Constraints::default();
    let namespace = constraints.required("serviceNamespace", input.service_namespace).unwrap_or_default();
    let resource = constraints.required("resourceId", input.resource_id).unwrap_or_default();
    let dimension = constraints.required("scalableDimension", input.scalable_dimension).unwrap_or_default();
    constraints.finish()?;
    if dimension.split(':').next() != Some(&namespace) {
        let message = format!("Unsupported service namespace, resource type or scalable dimension: {dimension}");
        return Err(Refusal::validation(message));
    }
    let key = format!("{dimension}/{resource}");
    let known = world.region.scalable_targets.get(&key).cloned();
    let (min, max) = (
        input.min_capacity.or(known.as_ref().map(|target| target.min_capacity)),
        input.max_capacity.or(known.as_ref().map(|target| target.max_capacity)),
    );
    // AWS's wording of the next two is unverified.
    let (Some(min_capacity), Some(max_capacity)) = (min, max) else {
        return Err(Refusal::validation(
            "MinCapacity and MaxCapacity are required when registering a new scalable target",
        ));
    };
    if min_capacity < 0 || min_capacity > max_capacity {
        return Err(Refusal::validation("Minimum capacity cannot be greater than maximum capacity"));
    }
    let before = known.as_ref().map(|target| target.suspended).unwrap_or_default();
    // What a part of the state makes of the rest of it is unverified: here it is what the model gives as the default.
    let suspended = input.suspended_state.map_or(before, |state| SuspendedState {
        dynamic_scaling_in: state.dynamic_scaling_in_suspended.unwrap_or_default(),
        dynamic_scaling_out: state.dynamic_scaling_out_suspended.unwrap_or_default(),
        scheduled_scaling: state.scheduled_scaling_suspended.unwrap_or_default(),
    });
    let creation_time = known.map_or(world.now, |target| target.creation_time);
    let arn = arn(call, &key);
    world.region.scalable_targets.insert(key, ScalableTarget { min_capacity, max_capacity, suspended, creation_time });
    Ok(Reply::json(200, CONTENT_TYPE, &json!({"ScalableTargetARN": arn})))
}

fn describe(call: &Call, world: &World<'_>) -> Result<Reply, Refusal> {
    let input: DescribeInput = call.input()?;
    let mut constraints = Constraints::default();
    let namespace = constraints.required("serviceNamespace", input.service_namespace).unwrap_or_default();
    constraints.finish()?;
    // As its documents have it; AWS's wording is unverified.
    if input.scalable_dimension.is_some() && input.resource_ids.is_empty() {
        return Err(Refusal::validation("If you specify a scalable dimension, you must also specify a resource ID"));
    }
    let page = input.max_results.unwrap_or(LONGEST_PAGE).min(LONGEST_PAGE);
    let is_asked = |dimension: &str, resource: &str| {
        dimension.split(':').next() == Some(&namespace)
            && input.scalable_dimension.as_deref().is_none_or(|asked| asked == dimension)
            && (input.resource_ids.is_empty() || input.resource_ids.iter().any(|asked| asked == resource))
    };
    let after = input.next_token.unwrap_or_default();
    let targets = world.region.scalable_targets.iter().filter(|(key, _)| **key > after);
    let mut targets = targets.filter_map(|(key, target)| {
        let (dimension, resource) = key.split_once('/')?;
        is_asked(dimension, resource).then(|| (key, described(call, key, &namespace, (dimension, resource), target)))
    });
    let shown: Vec<_> = targets.by_ref().take(page).collect();
    let next = targets.next().and(shown.last()).map(|(key, _)| (*key).clone());
    let shown: Vec<Described<'_>> = shown.into_iter().map(|(_, described)| described).collect();
    let mut answer = json!({"ScalableTargets": shown});
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    Ok(Reply::json(200, CONTENT_TYPE, &answer))
}

fn described<'a>(
    call: &Call,
    key: &str,
    namespace: &'a str,
    (scalable_dimension, resource_id): (&'a str, &'a str),
    target: &ScalableTarget,
) -> Described<'a> {
    let account = &call.account;
    Described {
        service_namespace: namespace,
        resource_id,
        scalable_dimension,
        min_capacity: target.min_capacity,
        max_capacity: target.max_capacity,
        role_arn: format!(
            "arn:aws:iam::{account}:role/aws-service-role/{namespace}.application-autoscaling.amazonaws.com"
        ),
        creation_time: target.creation_time.into(),
        suspended_state: State {
            dynamic_scaling_in_suspended: Some(target.suspended.dynamic_scaling_in),
            dynamic_scaling_out_suspended: Some(target.suspended.dynamic_scaling_out),
            scheduled_scaling_suspended: Some(target.suspended.scheduled_scaling),
        },
        scalable_target_arn: arn(call, key),
    }
}

/// AWS's ends with an id of its own making; here one is made of the name.
fn arn(call: &Call, key: &str) -> String {
    let hash = key
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    call.arn(&format!("scalable-target/0ec5{hash:016x}"))
}
