//! What an action is: one AWS operation that moves capacity, with the read that goes before it.

use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde_json::Value;

use crate::aws::Scope;
use crate::clock::Poll;
use crate::error::Error;
use crate::guardrail::Cleared;
use crate::plan::ask::Ask;
use crate::plan::reading::Reading;
use crate::plan::{Identity, Plan, Target};
use crate::spelling::arn::{Account, Region};
use crate::spelling::problem::{Problem, Problems};
use crate::spelling::shape::Shape;

/// The two effects are [`observe`](Action::observe) and [`submit`](Action::submit); everything else is pure.
/// Decoding (`Deserr`) reads the documented request, in AWS's own casing, and refuses what AWS would refuse.
pub(crate) trait Action: Deserr<Problems> {
    /// What is known of it without a request.
    const ABOUT: About;

    /// What the request is about, in the words of the request.
    fn subject(&self) -> Subject;

    /// One row for each member that the request names.
    fn asks(&self) -> Vec<Ask>;

    /// Reads the target.
    async fn observe(&self, scope: &Scope) -> Result<Reading, Error>;

    /// What stands against the plan that only the read, or the moment, could show: nothing, where an action does not say.
    fn object(&self, _plan: &Plan, _reading: &Reading, _now: DateTime<Utc>) -> Vec<Problem> {
        Vec::new()
    }

    /// Calls the operation with what was cleared, and with nothing else; gives its documented response.
    async fn submit(&self, scope: &Scope, cleared: &Cleared) -> Result<Value, Error>;

    /// The resources that a permission is needed on, as far as the request says which; a `*` stands for what it does not say.
    fn resources(&self, permission: &Permission) -> Vec<String> {
        self.subject().resources(permission)
    }

    /// The AWS CLI command that does the same as the read or the write, without `--region`.
    fn command(&self, of: Command<'_>) -> String;
}

/// Which call of an action a command stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command<'a> {
    /// The read.
    Read,
    /// The write of what was cleared.
    Write(&'a Cleared),
}

/// What a request is about, before anything is read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subject {
    /// The target as the request names it.
    pub(crate) target: Target,
    /// What its name says of the name that the read returns.
    pub(crate) identity: Identity,
    /// The Region in the name, where it is named by an ARN.
    pub(crate) region: Option<Region>,
    /// The account in the name, where it is named by an ARN; else it is that of the role, or the function's own. A
    /// resource policy may let a caller change what belongs to another account, and guardrails must see whose it is.
    pub(crate) account: Option<Account>,
    /// The target as it will be named, where the request renames it.
    pub(crate) new_name: Option<Target>,
}

impl Subject {
    /// A target named by nothing but its name.
    pub(crate) fn named(target: Target) -> Self {
        Self { target, identity: Identity::Exact, region: None, account: None, new_name: None }
    }
}

impl Subject {
    /// What AWS changes one at a time, by one name for all that AWS takes for the same.
    pub(crate) fn lane(&self) -> Target {
        match self.identity {
            Identity::ButForCase => self.target.lane().in_lower_case(),
            Identity::Exact | Identity::UntilRenamed | Identity::Unknown => self.target.lane(),
        }
    }

    /// The resources that a permission is needed on: the target by its name, where they are of its kind, and any of another.
    ///
    /// AWS takes some names for the same whatever the case of their letters, and spells them in ARNs as it likes.
    pub(crate) fn resources(&self, permission: &Permission) -> Vec<String> {
        let mut named: Vec<String> =
            [&self.target.lane(), &self.lane()].map(|it| format!("{OWNER}:{}", it.resource_id())).into();
        named.dedup();
        permission.on(&named)
    }

    /// By what the ledger knows the target; `None` where only the read tells, because it can be renamed or is named by an id.
    pub(crate) fn entry(&self) -> Option<Target> {
        match self.identity {
            Identity::Exact | Identity::ButForCase => Some(self.lane()),
            Identity::UntilRenamed | Identity::Unknown => None,
        }
    }
}

/// What is known of an action without a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The name in IAM spelling: `sagemaker:UpdateEndpointWeightsAndCapacities`.
    pub name: &'static str,
    /// The operation that reads the target.
    pub read: &'static str,
    /// How its targets are spelt.
    pub target: Shape,
    /// What its targets are; `None` where there is no target before it.
    pub kind: Option<TargetKind>,
    /// The member of the request that names the target.
    pub named_by: &'static str,
    /// The members it moves that are texts, by AWS's names of them.
    pub texts: &'static [&'static str],
    /// The members that Application Auto Scaling may move as well, with its name of the dimension. Its id of the resource is the
    /// target's.
    pub scalable: &'static [(&'static str, &'static str)],
    /// Whether its members stand or fall together: where a newer event stands for one of them, it asks for none.
    pub together: bool,
    /// Every permission the two operations need.
    pub permissions: &'static [Permission],
    /// How often to read the target while waiting for it.
    pub poll: Poll,
}

/// What a target is: of each kind, all that there are can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// An endpoint of SageMaker's.
    Endpoint,
    /// An inference component of SageMaker's.
    InferenceComponent,
    /// A function, or an alias or version of one.
    Function,
    /// A Provisioned Throughput.
    Throughput,
    /// A deployment of a custom model.
    Deployment,
    /// What Application Auto Scaling scales.
    ScalableTarget,
}

/// An IAM permission with the resources it is needed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The IAM action.
    pub action: &'static str,
    /// The resource part of the ARN templates after `arn:PARTITION:SERVICE:REGION:`, such as `ACCOUNT:endpoint/NAME`;
    /// or [`EVERYTHING`].
    pub resources: &'static [&'static str],
}

/// What stands for every resource there is: some operations are allowed for no less.
pub const EVERYTHING: &str = "*";

/// What stands in a permission's resource for the account that it belongs to.
pub const OWNER: &str = "ACCOUNT";

impl Permission {
    /// The resources that it is needed on: those that are named, where they are of its kinds, and any of another.
    pub(crate) fn on(&self, named: &[String]) -> Vec<String> {
        let resources = self.resources.iter().flat_map(|resource| {
            if *resource == EVERYTHING {
                return vec![EVERYTHING.to_owned()];
            }
            let of_its_kind: Vec<String> =
                named.iter().filter(|named| kind(named) == kind(resource)).cloned().collect();
            if of_its_kind.is_empty() { vec![any(resource)] } else { of_its_kind }
        });
        resources.collect()
    }
}

/// Any resource of the kind that a permission names.
fn any(resource: &str) -> String {
    let kind = kind(resource);
    let owner = resource.split_once(':').map_or("", |(owner, _)| owner);
    format!("{owner}:{kind}/*")
}

/// The first word of a resource after whose it is: `endpoint`, `function`.
fn kind(resource: &str) -> &str {
    let (_, resource) = resource.split_once(':').unwrap_or_default();
    resource.split(['/', ':']).next().unwrap_or_default()
}

/// A permission that a request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The IAM action.
    pub action: &'static str,
    /// The part of the resource's ARN after the Region, with [`OWNER`] for the account of the one who asks; or
    /// [`EVERYTHING`].
    pub resource: String,
}

impl About {
    /// The operation that changes the target.
    #[must_use]
    pub fn write(&self) -> &'static str {
        self.name.split_once(':').map_or(self.name, |(_, operation)| operation)
    }

    /// The name in boto3's spelling: `update_endpoint_weights_and_capacities`.
    #[must_use]
    pub fn boto3(&self) -> String {
        separated(self.write(), '_').collect()
    }

    /// True for the name in either spelling.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        name == self.name || separated(self.write(), '_').eq(name.chars())
    }

    /// The beginning of the AWS CLI's command for one of the operations.
    pub(crate) fn command(&self, operation: &str) -> String {
        let service = self.name.split_once(':').map_or("", |(service, _)| service);
        format!("aws {service} {}", separated(operation, '-').collect::<String>())
    }
}

/// The words of an operation's name in lower case, with a separator between them.
fn separated(operation: &str, separator: char) -> impl Iterator<Item = char> {
    operation.char_indices().flat_map(move |(index, letter)| {
        let begins = letter.is_ascii_uppercase() && index > 0;
        begins.then_some(separator).into_iter().chain([letter.to_ascii_lowercase()])
    })
}
