//! What an action is, and the registry of all there are.

use chrono::{DateTime, Utc};
use deserr::{Deserr, ValuePointerRef};
use serde_json::Value;

use crate::aws::Scope;
use crate::clock::Poll;
use crate::error::Error;
use crate::outcome::Decision;
use crate::plan::{Plan, Target};
use crate::road::{Road, reconcile};
use crate::spelling::problem::{Problems, decode_at, listed, nearest, wrong};

/// One AWS operation that moves capacity, with the read that goes before it.
///
/// The two effects are [`observe`](Action::observe) and [`submit`](Action::submit); everything else is pure.
/// Decoding (`Deserr`) reads the documented request, in AWS's own casing, and refuses what AWS would refuse.
pub(crate) trait Action: Deserr<Problems> {
    /// The name in IAM spelling: `sagemaker:UpdateEndpointWeightsAndCapacities`.
    const NAME: &'static str;
    /// The name in boto3's spelling: `update_endpoint_weights_and_capacities`.
    const BOTO3: &'static str;
    /// The operation that reads the target.
    const READ: &'static str;
    /// The operation that changes it.
    const WRITE: &'static str;
    /// Every permission the two need.
    const PERMISSIONS: &'static [Permission];
    /// How often to read the target while waiting for it.
    const POLL: Poll;

    /// What the read says about the target.
    type Observed;
    /// The request with every relative target resolved to plain values.
    type Resolved;

    /// The target, by Application Auto Scaling's resource id.
    fn target(&self) -> Target;

    /// The account that the input names by an ARN; else it is that of the role, or the function's own. A resource policy
    /// may let a caller change what belongs to another account, and guardrails must see whose it is.
    fn account(&self) -> Option<&str> {
        None
    }

    /// The path of the first target that a second delivery would apply again, such as `input.X`; `None` when there is none.
    fn relative_member(&self) -> Option<String>;

    /// Reads the target.
    async fn observe(&self, scope: &Scope) -> Result<Self::Observed, Error>;

    /// The input against the target as it is; the problems are those that only the read could show.
    fn resolve(&self, observed: &Self::Observed) -> Result<Self::Resolved, Problems>;

    /// Each field asked for, with its value now and afterwards.
    fn plan(&self, resolved: &Self::Resolved, observed: &Self::Observed) -> Plan;

    /// The request without what is so already.
    fn narrow(resolved: &Self::Resolved, observed: &Self::Observed) -> Self::Resolved;

    /// Whether the target is at rest.
    fn progress(&self, observed: &Self::Observed) -> Progress;

    /// When AWS says the target was last modified; `None` when it does not say.
    fn modified(observed: &Self::Observed) -> Option<DateTime<Utc>>;

    /// Calls the operation; gives its documented response.
    async fn submit(scope: &Scope, resolved: &Self::Resolved) -> Result<Value, Error>;

    /// The documented response, filled from a read.
    fn respond(observed: &Self::Observed) -> Value;

    /// The AWS CLI command that does the same as [`submit`](Action::submit), without `--region`.
    fn write_command(resolved: &Self::Resolved) -> String;

    /// The AWS CLI command that shows the target, without `--region`.
    fn read_command(&self) -> String;
}

/// Whether a target is at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// At rest, with the present values equal to the desired ones.
    Settled,
    /// Still on its way to the desired values, and free to take others.
    Moving(String),
    /// Being changed, and not free to take another change.
    Busy(String),
    /// At rest where AWS reports that a change failed; the text is AWS's reason.
    Failed(String),
}

/// An IAM permission with the resources it is needed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The IAM action.
    pub action: &'static str,
    /// The resource part of the ARN templates after `arn:PARTITION:SERVICE:REGION:`, such as `ACCOUNT:endpoint/NAME`.
    pub resources: &'static [&'static str],
}

/// What the registry knows of an action without a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Described {
    /// The name in IAM spelling.
    pub name: &'static str,
    /// The name in boto3's spelling.
    pub boto3: &'static str,
    /// Every permission it needs.
    pub permissions: &'static [Permission],
}

impl Described {
    const fn of<A: Action>() -> Self {
        Self { name: A::NAME, boto3: A::BOTO3, permissions: A::PERMISSIONS }
    }
}

macro_rules! registry {
    ($($module:ident::$action:ident),+ $(,)?) => {
        /// Any of the actions.
        #[derive(Clone, Debug, PartialEq)]
        pub enum AnyAction { $(#[doc = "See its file."] $action($module::$action)),+ }

        /// Every action there is.
        pub const ALL: &[Described] = &[$(Described::of::<$module::$action>()),+];

        impl AnyAction {
            /// Reads the input of the action called `name`, standing in a payload at `location`.
            pub(crate) fn decode(name: &str, input: Value, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
                match name {
                    $(<$module::$action>::NAME | <$module::$action>::BOTO3 => {
                        decode_at(input, location.push_key("input")).map(Self::$action)
                    })+
                    unknown => Err(unknown_action(unknown, location)),
                }
            }
            /// What the registry knows of it.
            pub fn described(&self) -> Described {
                match self { $(Self::$action(_) => Described::of::<$module::$action>()),+ }
            }
            /// The target, by Application Auto Scaling's resource id.
            pub fn target(&self) -> Target {
                match self { $(Self::$action(action) => action.target()),+ }
            }
            /// The path of the first target that a second delivery would apply again.
            pub fn relative_member(&self) -> Option<String> {
                match self { $(Self::$action(action) => action.relative_member()),+ }
            }
            /// Takes the action down the one road.
            pub(crate) async fn reconcile(&self, road: &Road<'_>) -> Decision {
                match self { $(Self::$action(action) => reconcile(action, road).await),+ }
            }
        }
    };
}

mod delete_provisioned_concurrency_config;
mod provisioned_concurrency;
mod put_provisioned_concurrency_config;
mod update_endpoint_weights_and_capacities;
mod update_provisioned_model_throughput;
registry! {
    delete_provisioned_concurrency_config::DeleteProvisionedConcurrencyConfig,
    put_provisioned_concurrency_config::PutProvisionedConcurrencyConfig,
    update_endpoint_weights_and_capacities::UpdateEndpointWeightsAndCapacities,
    update_provisioned_model_throughput::UpdateProvisionedModelThroughput,
}

fn unknown_action(name: &str, location: ValuePointerRef<'_>) -> Problems {
    let names: Vec<&str> = ALL.iter().map(|action| action.name).collect();
    let spellings: Vec<&str> = ALL.iter().map(|action| action.boto3).collect();
    let location = location.push_key("action");
    match nearest(name, &names).or_else(|| nearest(name, &spellings)) {
        Some(meant) => wrong(location, format!("is not an action; did you mean `{meant}`?")),
        None => wrong(location, format!("is not an action; valid here: {}", listed(&names))),
    }
}
