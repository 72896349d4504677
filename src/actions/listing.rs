//! All the targets that there are of a kind, by the services' own lists, and their tags.

use futures_util::future::BoxFuture;

use super::page::{Listed, pages};
use super::{applicationautoscaling, bedrock, lambda, sagemaker};
use crate::action::{EVERYTHING, Need, OWNER, TargetKind};
use crate::aws::Scope;
use crate::error::Error;
use crate::plan::Target;

impl TargetKind {
    /// The operation that lists them.
    #[must_use]
    pub fn list(self) -> &'static str {
        operation(self.operations().0)
    }

    /// The operation that reads the tags of one; nothing where they have none.
    pub(crate) fn list_tags(self) -> &'static str {
        self.operations().1.map_or("", |(action, _)| operation(action))
    }

    /// Whether they can be told apart by tags.
    #[must_use]
    pub fn has_tags(self) -> bool {
        self.operations().1.is_some()
    }

    /// The permissions to list them, and to read the tags of each.
    pub fn needs(self) -> Vec<Need> {
        let (list, tags) = self.operations();
        let tags = tags.map(|(action, kind)| Need { action, resource: format!("{OWNER}:{kind}*") });
        [Need { action: list, resource: EVERYTHING.to_owned() }].into_iter().chain(tags).collect()
    }

    /// The IAM actions to list them and to read the tags of one, with the beginning of its resource's name.
    fn operations(self) -> (&'static str, Option<(&'static str, &'static str)>) {
        match self {
            Self::Endpoint => ("sagemaker:ListEndpoints", Some(("sagemaker:ListTags", "endpoint/"))),
            Self::InferenceComponent => {
                ("sagemaker:ListInferenceComponents", Some(("sagemaker:ListTags", "inference-component/")))
            }
            Self::Function => ("lambda:ListFunctions", Some(("lambda:ListTags", "function:"))),
            Self::Throughput => {
                ("bedrock:ListProvisionedModelThroughputs", Some(("bedrock:ListTagsForResource", "provisioned-model/")))
            }
            Self::Deployment => (
                "bedrock:ListCustomModelDeployments",
                Some(("bedrock:ListTagsForResource", "custom-model-deployment/")),
            ),
            Self::ScalableTarget => ("application-autoscaling:DescribeScalableTargets", None),
        }
    }
}

fn operation(action: &'static str) -> &'static str {
    action.split_once(':').map_or("", |(_, operation)| operation)
}

/// All there are of a kind, in the Region and account of the scope; of what is scaled, all in the dimension of `like`.
///
/// On the heap, as all that calls an SDK.
pub(crate) fn all<'a>(
    kind: TargetKind,
    scope: &'a Scope,
    like: &'a Target,
) -> BoxFuture<'a, Result<Vec<Listed>, Error>> {
    match kind {
        TargetKind::Endpoint => Box::pin(pages(kind.list(), |token| sagemaker::endpoints(scope, token))),
        TargetKind::InferenceComponent => {
            Box::pin(pages(kind.list(), |token| sagemaker::inference_components(scope, token)))
        }
        TargetKind::Function => Box::pin(pages(kind.list(), |token| lambda::functions(scope, token))),
        TargetKind::Throughput => Box::pin(pages(kind.list(), |token| bedrock::throughputs(scope, token))),
        TargetKind::Deployment => Box::pin(pages(kind.list(), |token| bedrock::deployments(scope, token))),
        TargetKind::ScalableTarget => {
            let dimension = like.resource_id().split_once('/').map_or("", |(dimension, _)| dimension);
            Box::pin(pages(kind.list(), move |token| applicationautoscaling::scalable(scope, dimension, token)))
        }
    }
}

/// The tags of one, key and value.
pub(crate) fn tags<'a>(
    kind: TargetKind,
    scope: &'a Scope,
    listed: &'a Listed,
) -> BoxFuture<'a, Result<Vec<(String, String)>, Error>> {
    let arn = listed.arn.as_str();
    match kind {
        TargetKind::Endpoint | TargetKind::InferenceComponent => {
            Box::pin(pages(kind.list_tags(), move |token| sagemaker::tags(scope, arn, token)))
        }
        TargetKind::Function => Box::pin(lambda::tags(scope, arn)),
        TargetKind::Throughput | TargetKind::Deployment => Box::pin(bedrock::tags(scope, arn)),
        TargetKind::ScalableTarget => Box::pin(async { Ok(Vec::new()) }),
    }
}
