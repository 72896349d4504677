//! `application-autoscaling:RegisterScalableTarget`: the bounds of what Application Auto Scaling scales, and whether it does.
//!
//! <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html>

use std::time::Duration;

use aws_sdk_applicationautoscaling::types::{
    ScalableDimension, ScalableTarget, ServiceNamespace, SuspendedState as Sent,
};
use chrono::{DateTime, Utc};
use deserr::{Deserr, ValuePointerRef};
use serde_json::{Value, json};

use super::{Dimension, Namespace, READ, ResourceId, TARGET, read, target};
use crate::action::{About, Action, Command, EVERYTHING, Permission, Subject, TargetKind};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::{AwsFailure, Cause, Error};
use crate::guardrail::{Cleared, Outside};
use crate::plan::ask::{Ask, LARGEST, Want, Within};
use crate::plan::reading::{Fields, Reading};
use crate::plan::{FieldValue, Plan};
use crate::spelling::problem::{Problem, Problems, unknown_member, wrong};
use crate::spelling::shell::quoted;

/// The documented request for a target that is registered, whose numbers may be targets. What else the operation takes,
/// `RoleARN` and `Tags`, is of the first registration.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields = unknown, validate = consistent -> Problems)]
pub struct RegisterScalableTarget {
    #[deserr(rename = "ServiceNamespace")]
    namespace: Namespace,
    #[deserr(rename = "ResourceId")]
    resource: ResourceId,
    #[deserr(rename = "ScalableDimension")]
    dimension: Dimension,
    #[deserr(default, rename = "MinCapacity")]
    min: Option<Bound>,
    #[deserr(default, rename = "MaxCapacity")]
    max: Option<Bound>,
    #[deserr(default, rename = "SuspendedState")]
    suspended: Option<SuspendedState>,
}

/// Which of its three doings are suspended.
#[derive(Clone, Copy, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields, validate = says_something -> Problems)]
struct SuspendedState {
    #[deserr(default, rename = "DynamicScalingInSuspended")]
    scaling_in: Option<bool>,
    #[deserr(default, rename = "DynamicScalingOutSuspended")]
    scaling_out: Option<bool>,
    #[deserr(default, rename = "ScheduledScalingSuspended")]
    scheduled: Option<bool>,
}

/// A capacity of 0 or more.
type Bound = Within<0, LARGEST>;

/// What only the first registration sets gets a sentence of its own.
fn unknown(key: &str, accepted: &[&str], location: ValuePointerRef<'_>) -> Problems {
    let message = match key {
        "RoleARN" | "Tags" => "is set where a target is registered first, which this does not do; remove it".to_owned(),
        key => unknown_member(key, accepted),
    };
    wrong(location.push_key(key), message)
}

fn consistent(
    request: RegisterScalableTarget,
    location: ValuePointerRef<'_>,
) -> Result<RegisterScalableTarget, Problems> {
    let RegisterScalableTarget { namespace: Namespace(namespace), dimension, min, max, suspended, .. } = &request;
    if dimension.namespace() != namespace {
        let message = format!("is of `{}`, and ServiceNamespace is `{namespace}`", dimension.namespace());
        return Err(wrong(location.push_key("ScalableDimension"), message));
    }
    if min.is_none() && max.is_none() && suspended.is_none() {
        return Err(wrong(location, "asks for nothing; give MinCapacity, MaxCapacity or SuspendedState"));
    }
    Ok(request)
}

fn says_something(state: SuspendedState, location: ValuePointerRef<'_>) -> Result<SuspendedState, Problems> {
    if state.flags().iter().all(|(_, flag)| flag.is_none()) {
        return Err(wrong(
            location,
            "asks for nothing; give DynamicScalingInSuspended, DynamicScalingOutSuspended or ScheduledScalingSuspended",
        ));
    }
    Ok(state)
}

const MIN: &str = "MinCapacity";
const MAX: &str = "MaxCapacity";
const IN: &str = "SuspendedState.DynamicScalingInSuspended";
const OUT: &str = "SuspendedState.DynamicScalingOutSuspended";
const SCHEDULED: &str = "SuspendedState.ScheduledScalingSuspended";

impl RegisterScalableTarget {
    /// Widens the bounds of a number so that it would last, and moves them no further.
    pub(in crate::actions) fn widening(outside: &Outside) -> Self {
        let Outside { dimension, target, to, bounds, .. } = outside;
        let dimension = Dimension((*dimension).to_owned());
        Self {
            namespace: Namespace(dimension.namespace().to_owned()),
            resource: ResourceId(target.whole_id()),
            dimension,
            min: (*to < bounds.min).then(|| Bound::at_most(*to)),
            max: (*to > bounds.max).then(|| Bound::at_least(*to)),
            suspended: None,
        }
    }
}

impl SuspendedState {
    fn flags(self) -> [(&'static str, Option<bool>); 3] {
        [(IN, self.scaling_in), (OUT, self.scaling_out), (SCHEDULED, self.scheduled)]
    }
}

impl Action for RegisterScalableTarget {
    const ABOUT: About = About {
        name: "application-autoscaling:RegisterScalableTarget",
        read: READ,
        target: TARGET,
        kind: Some(TargetKind::ScalableTarget),
        named_by: "ResourceId",
        texts: &[IN, OUT, SCHEDULED],
        scalable: &[],
        together: false,
        permissions: &[
            Permission { action: "application-autoscaling:DescribeScalableTargets", resources: &[EVERYTHING] },
            // Its ARN ends with an id that AWS made, not with the resource's.
            Permission {
                action: "application-autoscaling:RegisterScalableTarget",
                resources: &["ACCOUNT:scalable-target/*"],
            },
        ],
        // Bounds are in force at once.
        poll: Poll::new(Duration::from_secs(2), Duration::from_secs(15)),
    };

    fn subject(&self) -> Subject {
        let Self { dimension: Dimension(dimension), resource: ResourceId(resource), .. } = self;
        Subject::named(target(dimension, resource))
    }

    fn asks(&self) -> Vec<Ask> {
        let bounds = [(MIN, self.min), (MAX, self.max)].into_iter();
        let bounds = bounds.filter_map(|(name, bound)| Some(Ask::whole(name, bound?.want())));
        // What a part of the state would make of the rest of it, AWS does not say: the rest goes as it is.
        let flags = self.suspended.into_iter().flat_map(SuspendedState::flags);
        let flags =
            flags.map(|(name, flag)| Ask::whole(name, flag.map_or(Want::Kept, |flag| Want::Text(flag.to_string()))));
        bounds.chain(flags).collect()
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading, Error> {
        let targets = read(scope, &self.dimension.0, vec![self.resource.0.clone()]).await?;
        let target = targets.first().ok_or_else(|| {
            let message = "there is no such scalable target in this Region, and this changes only what is registered; \
                           register it once where its policies are written";
            Cause::InvalidAction(Problems::one("input.ResourceId", message.to_owned()))
        })?;
        let response = json!({"ScalableTargetARN": target.scalable_target_arn()});
        Ok(Reading { fields: fields(target), ..Reading::of(self.subject().target, response) })
    }

    /// AWS would refuse them too; both are read, so it is said before.
    fn object(&self, plan: &Plan, reading: &Reading, _: DateTime<Utc>) -> Vec<Problem> {
        match (plan.to(reading, MIN), plan.to(reading, MAX)) {
            (Some(FieldValue::Count(min)), Some(FieldValue::Count(max))) if min > max => {
                let path = if self.min.is_some() { MIN } else { MAX };
                let message = format!("leaves MinCapacity {min} above MaxCapacity {max}; ask for both");
                vec![Problem { path: format!("input.{path}"), message }]
            }
            _ => Vec::new(),
        }
    }

    async fn submit(&self, scope: &Scope, cleared: &Cleared) -> Result<Value, Error> {
        let call = scope
            .applicationautoscaling()
            .register_scalable_target()
            .service_namespace(ServiceNamespace::from(self.namespace.0.as_str()))
            .resource_id(self.resource.0.as_str())
            .scalable_dimension(ScalableDimension::from(self.dimension.0.as_str()))
            .set_min_capacity(cleared.count(MIN))
            .set_max_capacity(cleared.count(MAX))
            .set_suspended_state(suspended(cleared))
            .send();
        let operation = Self::ABOUT.write();
        let output = call.await.map_err(|error| aws::failure(operation, error))?;
        let arn = output.scalable_target_arn().ok_or_else(|| AwsFailure::unrecognised(operation, 200))?;
        Ok(json!({"ScalableTargetARN": arn}))
    }

    fn command(&self, of: Command<'_>) -> String {
        let Self { namespace, resource, dimension, .. } = self;
        let (of_service, id, in_dimension) = (quoted(&namespace.0), quoted(&resource.0), quoted(&dimension.0));
        let command = |operation, option| {
            let command = Self::ABOUT.command(operation);
            format!("{command} --service-namespace {of_service} {option} {id} --scalable-dimension {in_dimension}")
        };
        let Command::Write(cleared) = of else { return command(READ, "--resource-ids") };
        let count =
            |name: &str, member| cleared.count(member).map_or_else(String::new, |count| format!(" --{name} {count}"));
        let flags = [IN, OUT, SCHEDULED].into_iter().filter_map(|member| {
            Some(format!("{}={}", member.trim_start_matches("SuspendedState."), cleared.text(member)?))
        });
        let flags: Vec<String> = flags.collect();
        let state = if flags.is_empty() { String::new() } else { format!(" --suspended-state {}", flags.join(",")) };
        let (min, max) = (count("min-capacity", MIN), count("max-capacity", MAX));
        format!("{}{min}{max}{state}", command(Self::ABOUT.write(), "--resource-id"))
    }
}

/// What is read of a target; what it does not say is not in it.
fn fields(target: &ScalableTarget) -> Fields {
    let counts = [(MIN, target.min_capacity), (MAX, target.max_capacity)];
    let state = target.suspended_state.as_ref();
    let flags = [
        (IN, state.and_then(Sent::dynamic_scaling_in_suspended)),
        (OUT, state.and_then(Sent::dynamic_scaling_out_suspended)),
        (SCHEDULED, state.and_then(Sent::scheduled_scaling_suspended)),
    ];
    let counts = counts.into_iter().map(|(name, count)| (name, FieldValue::Count(count.into())));
    let flags = flags.into_iter().filter_map(|(name, flag)| Some((name, FieldValue::Text(flag?.to_string()))));
    counts.chain(flags).collect()
}

/// The state that goes on the wire, where any of it does.
fn suspended(cleared: &Cleared) -> Option<Sent> {
    let flag = |name| cleared.text(name).map(|text| text == "true");
    let (scaling_in, scaling_out, scheduled) = (flag(IN), flag(OUT), flag(SCHEDULED));
    scaling_in.or(scaling_out).or(scheduled)?;
    let state = Sent::builder()
        .set_dynamic_scaling_in_suspended(scaling_in)
        .set_dynamic_scaling_out_suspended(scaling_out)
        .set_scheduled_scaling_suspended(scheduled);
    Some(state.build())
}
