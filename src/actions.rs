//! The registry of all actions there are.

use chrono::{DateTime, Utc};
use deserr::ValuePointerRef;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::action::{About, Action, Command, Need, Permission, Subject, TargetKind};
use crate::aws::Scope;
use crate::error::Error;
use crate::guardrail::{Autoscaled, Cleared, Outside};
use crate::plan::ask::Ask;
use crate::plan::reading::Reading;
use crate::plan::{Identity, Plan, Target};
use crate::spelling::arn::{Account, Region};
use crate::spelling::problem::{Problem, Problems, decode_at, listed, nearest, wrong};

mod applicationautoscaling;
mod bedrock;
mod lambda;
mod listing;
mod page;
mod sagemaker;

use applicationautoscaling::register_scalable_target::RegisterScalableTarget;
pub(crate) use applicationautoscaling::{READ as READ_BOUNDS, bounds};
pub(crate) use listing::{all, tags};

macro_rules! registry {
    ($($service:ident::$module:ident::$action:ident),+ $(,)?) => {
        /// Any of the actions.
        #[derive(Clone, Debug, PartialEq)]
        pub enum AnyAction { $(#[doc = "See its file."] $action($service::$module::$action)),+ }

        /// Every action there is.
        pub const ALL: &[About] = &[$(<$service::$module::$action>::ABOUT),+];

        /// Does the same with whichever it is.
        macro_rules! each {
            ($any:expr, $one:pat => $does:expr) => { match $any { $(AnyAction::$action($one) => $does),+ } };
        }

        impl AnyAction {
            /// Reads the input of the action called `name`, standing in a payload at `location`.
            pub(crate) fn decode(name: &str, input: Value, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
                let input_location = location.push_key("input");
                $(if <$service::$module::$action>::ABOUT.is_called(name) {
                    return decode_at(input, input_location).map(Self::$action);
                })+
                Err(unknown_action(name, location))
            }

            /// What the registry knows of it.
            #[must_use]
            pub fn about(&self) -> About {
                match self { $(Self::$action(_) => <$service::$module::$action>::ABOUT),+ }
            }
        }
    };
}

registry! {
    lambda::delete_provisioned_concurrency_config::DeleteProvisionedConcurrencyConfig,
    lambda::put_provisioned_concurrency_config::PutProvisionedConcurrencyConfig,
    sagemaker::update_endpoint_weights_and_capacities::UpdateEndpointWeightsAndCapacities,
    sagemaker::update_inference_component_runtime_config::UpdateInferenceComponentRuntimeConfig,
    bedrock::update_provisioned_model_throughput::UpdateProvisionedModelThroughput,
    bedrock::create_provisioned_model_throughput::CreateProvisionedModelThroughput,
    bedrock::delete_provisioned_model_throughput::DeleteProvisionedModelThroughput,
    applicationautoscaling::register_scalable_target::RegisterScalableTarget,
    bedrock::update_custom_model_deployment::UpdateCustomModelDeployment,
    lambda::put_function_scaling_config::PutFunctionScalingConfig,
}

impl AnyAction {
    /// What the registry knows of the action of a name, in either spelling.
    pub(crate) fn called(name: &str) -> Option<&'static About> {
        ALL.iter().find(|about| about.is_called(name))
    }

    /// The target as the request names it.
    #[must_use]
    pub fn target(&self) -> Target {
        self.subject().target
    }

    /// The path of the first member that a second delivery would apply again.
    #[must_use]
    pub fn relative_member(&self) -> Option<String> {
        self.asks().into_iter().find(Ask::is_relative).map(|ask| ask.path)
    }

    /// The name that it frees for others: that of a Provisioned Throughput that it deletes.
    pub(crate) fn frees(&self) -> Option<Target> {
        let Self::DeleteProvisionedModelThroughput(_) = self else { return None };
        let Subject { target, identity, .. } = self.subject();
        (identity != Identity::Unknown).then_some(target)
    }

    /// Whether it makes what is not there before.
    pub(crate) fn makes(&self) -> bool {
        self.about().kind.is_none()
    }

    /// The request that widens the bounds of a number so that it would last, and moves them no further.
    pub(crate) fn widening(outside: &Outside) -> Self {
        Self::RegisterScalableTarget(RegisterScalableTarget::widening(outside))
    }

    /// The scalable targets whose bounds concern the numbers that it asks for.
    pub(crate) fn scalable_targets(&self) -> Vec<Target> {
        let (asks, target) = (self.asks(), self.target());
        let of_member = self.about().scalable.iter().flat_map(|(member, dimension)| {
            let asks = asks.iter().filter(move |ask| ask.name == *member);
            asks.map(|ask| applicationautoscaling::target(dimension, &target.with(ask.part.clone()).whole_id()))
        });
        of_member.collect()
    }

    /// The permissions that it needs, each on the resources that the request names.
    #[must_use]
    pub fn needs(&self) -> Vec<Need> {
        let permissions = self.about().permissions.iter();
        let needs = permissions.flat_map(|permission| {
            let resources = each!(self, action => action.resources(permission));
            resources.into_iter().map(|resource| Need { action: permission.action, resource })
        });
        needs.collect()
    }

    /// The permissions that looking at the bounds of its numbers needs, and moving them, where the guardrails have that.
    #[must_use]
    pub fn needs_of_bounds(&self, autoscaled: Autoscaled) -> Vec<Need> {
        if self.about().scalable.is_empty() {
            return Vec::new();
        }
        let bounds = ALL.iter().filter(|about| about.kind == Some(TargetKind::ScalableTarget));
        let needs = bounds.flat_map(|about| {
            let permissions = about.permissions.iter().filter(move |permission| match autoscaled {
                Autoscaled::Ignore => false,
                Autoscaled::Warn | Autoscaled::Refuse => permission.action != about.name,
                Autoscaled::Move => true,
            });
            permissions.flat_map(|Permission { action, resources }| {
                resources.iter().map(|resource| Need { action, resource: (*resource).to_owned() })
            })
        });
        needs.collect()
    }

    /// The Region that its target's ARN, or the ARN of what it asks for, names.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        self.subject().region
    }

    /// The account that its target's ARN names.
    #[must_use]
    pub fn account(&self) -> Option<Account> {
        self.subject().account
    }

    pub(crate) fn subject(&self) -> Subject {
        each!(self, action => action.subject())
    }

    pub(crate) fn asks(&self) -> Vec<Ask> {
        each!(self, action => action.asks())
    }

    /// On the heap, because the SDK's futures are large and would be copied with everything around them.
    pub(crate) fn observe<'a>(&'a self, scope: &'a Scope) -> BoxFuture<'a, Result<Reading, Error>> {
        each!(self, action => Box::pin(action.observe(scope)))
    }

    pub(crate) fn object(&self, plan: &Plan, reading: &Reading, now: DateTime<Utc>) -> Vec<Problem> {
        each!(self, action => action.object(plan, reading, now))
    }

    /// On the heap too.
    pub(crate) fn submit<'a>(&'a self, scope: &'a Scope, cleared: &'a Cleared) -> BoxFuture<'a, Result<Value, Error>> {
        each!(self, action => Box::pin(action.submit(scope, cleared)))
    }

    pub(crate) fn command(&self, of: Command<'_>) -> String {
        each!(self, action => action.command(of))
    }
}

fn unknown_action(name: &str, location: ValuePointerRef<'_>) -> Problems {
    let names: Vec<&str> = ALL.iter().map(|action| action.name).collect();
    let spellings: Vec<String> = ALL.iter().map(About::boto3).collect();
    let spellings: Vec<&str> = spellings.iter().map(String::as_str).collect();
    let location = location.push_key("action");
    match nearest(name, &names).or_else(|| nearest(name, &spellings)) {
        Some(meant) => wrong(location, format!("is not an action; did you mean `{meant}`?")),
        None => wrong(location, format!("is not an action; valid here: {}", listed(&names))),
    }
}
