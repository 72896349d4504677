//! What Application Auto Scaling's actions are about: scalable targets, how they are named, and the read.

use aws_sdk_applicationautoscaling::types::{ScalableDimension, ScalableTarget, ServiceNamespace};
use deserr::Deserr;

use super::page::{Listed, Page, listed};
use crate::aws::{self, Scope};
use crate::error::{AwsFailure, Error};
use crate::guardrail::ScalableBounds;
use crate::plan::{Service, Target};
use crate::spelling::problem::{Problems, nearest};
use crate::spelling::shape::{Letters, Piece, Shape, Word};

pub(super) mod register_scalable_target;

/// The operation that reads scalable targets.
pub(crate) const READ: &str = "DescribeScalableTargets";
/// As many as one call may name.
const MOST_NAMED: usize = 50;
/// How scalable targets are named: one resource has several where it scales in several dimensions.
const TARGET: Shape = Shape(&[
    Piece::Text("application-autoscaling:"),
    Piece::Word(Word::name("DIMENSION", DIMENSION, LONGEST_DIMENSION)),
    Piece::Text("/"),
    Piece::Word(Word {
        letters: Letters::AlphanumericAnd(RESOURCE),
        ..Word::name("RESOURCE-ID", "", LONGEST_RESOURCE)
    }),
]);
/// What beside letters and digits is in a dimension.
const DIMENSION: &str = ":-";
const LONGEST_DIMENSION: usize = 128;
/// What beside letters and digits is in the resource ids that AWS documents: paths, ARNs, URLs.
const RESOURCE: &str = "-_./:$%+=@~,#";
const LONGEST_RESOURCE: usize = 1600;

/// A service that Application Auto Scaling scales, such as `ecs`.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = Namespace::parse -> String)]
struct Namespace(String);

impl Namespace {
    fn parse(text: String) -> Result<Self, String> {
        let is_word =
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        match is_word {
            true => Ok(Self(text)),
            false => Err("must be a service's namespace in lower case, such as `ecs`".to_owned()),
        }
    }
}

/// A scalable dimension, such as `ecs:service:DesiredCount`: one of those that are known, or a new one.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = Dimension::parse -> String)]
struct Dimension(String);

impl Dimension {
    fn parse(text: String) -> Result<Self, String> {
        let known = aws_sdk_applicationautoscaling::types::ScalableDimension::values();
        if known.contains(&text.as_str()) {
            return Ok(Self(text));
        }
        if let Some(meant) = nearest(&text, known) {
            return Err(format!("is not a scalable dimension; did you mean `{meant}`?"));
        }
        let of_a_word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let parts: Vec<&str> = text.split(':').collect();
        match parts.len() == 3 && parts.into_iter().all(of_a_word) && text.len() <= LONGEST_DIMENSION {
            true => Ok(Self(text)),
            false => Err("must be NAMESPACE:TYPE:PROPERTY, such as `ecs:service:DesiredCount`".to_owned()),
        }
    }

    /// The namespace in it.
    fn namespace(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }
}

/// A resource by Application Auto Scaling's id of it, such as `service/prod/web`.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = ResourceId::parse -> String)]
struct ResourceId(String);

impl ResourceId {
    fn parse(text: String) -> Result<Self, String> {
        let is_of_an_id = |b: u8| b.is_ascii_alphanumeric() || RESOURCE.as_bytes().contains(&b);
        match (1..=LONGEST_RESOURCE).contains(&text.len()) && text.bytes().all(is_of_an_id) {
            true => Ok(Self(text)),
            false => Err(format!(
                "must be 1 to {LONGEST_RESOURCE} letters, digits and {RESOURCE}, such as `service/prod/web`"
            )),
        }
    }
}

/// Reads the scalable targets of these resources in one dimension; what is not registered is not among them.
async fn read(scope: &Scope, dimension: &str, resources: Vec<String>) -> Result<Vec<ScalableTarget>, Error> {
    let (targets, _) = page(scope, dimension, Some(resources), None).await?;
    Ok(targets)
}

/// A page of what is registered: in one dimension of these resources, or in all dimensions of its namespace.
async fn page(
    scope: &Scope,
    dimension: &str,
    resources: Option<Vec<String>>,
    token: Option<String>,
) -> Result<Page<ScalableTarget>, Error> {
    let namespace = dimension.split(':').next().unwrap_or_default();
    let call = scope
        .applicationautoscaling()
        .describe_scalable_targets()
        .service_namespace(ServiceNamespace::from(namespace))
        // A dimension is for named resources alone.
        .set_scalable_dimension(resources.as_ref().map(|_| ScalableDimension::from(dimension)))
        .set_resource_ids(resources)
        .set_next_token(token)
        .send();
    let output = call.await.map_err(|error| aws::failure(READ, error))?;
    // The list is there in every answer of AWS's, and empty where nothing is registered.
    let targets = output.scalable_targets.ok_or_else(|| AwsFailure::unrecognised(READ, 200))?;
    Ok((targets, output.next_token))
}

/// The target that is a resource in one dimension.
pub(super) fn target(dimension: &str, resource: &str) -> Target {
    Target::new(Service::ApplicationAutoScaling, format!("{dimension}/{resource}"))
}

/// Within what Application Auto Scaling keeps these resources in one dimension, by their ids.
pub(crate) async fn bounds(
    scope: &Scope,
    dimension: &str,
    resources: Vec<String>,
) -> Result<Vec<(String, ScalableBounds)>, Error> {
    let mut found = Vec::new();
    for named in resources.chunks(MOST_NAMED) {
        let targets = read(scope, dimension, named.to_vec()).await?;
        found.extend(targets.into_iter().map(|target| {
            let bounds = ScalableBounds { min: target.min_capacity.into(), max: target.max_capacity.into() };
            (target.resource_id, bounds)
        }));
    }
    Ok(found)
}

/// A page of the names of what is registered in one dimension.
pub(super) async fn scalable(scope: &Scope, dimension: &str, token: Option<String>) -> Result<Page<Listed>, Error> {
    let (targets, next) = page(scope, dimension, None, token).await?;
    let in_dimension = targets.iter().filter(|target| target.scalable_dimension().as_str() == dimension);
    let names = in_dimension.filter_map(|target| listed(Some(target.resource_id()), Some(target.resource_id())));
    Ok((names.collect(), next))
}
