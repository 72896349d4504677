//! What SageMaker's actions share: how things are named, and how an answer is known for one.

use deserr::Deserr;

use super::page::{Listed, Page, listed};
use crate::aws::{self, Scope};
use crate::error::{AwsFailure, Error};
use crate::spelling::problem::Problems;

mod endpoint;
pub(super) mod update_endpoint_weights_and_capacities;
pub(super) mod update_inference_component_runtime_config;

const LONGEST_NAME: usize = 63;

/// The name of an endpoint, a variant or an inference component: 1 to 63 letters, digits and inner hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserr)]
#[deserr(error = Problems, try_from(String) = Name::parse -> String)]
struct Name(String);

impl Name {
    fn parse(text: String) -> Result<Self, String> {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if text.starts_with("arn:") {
            Err("is an ARN; this operation takes the name only".to_owned())
        } else if (1..=LONGEST_NAME).contains(&text.len())
            && text.bytes().all(inner)
            && !text.starts_with('-')
            && !text.ends_with('-')
        {
            Ok(Self(text))
        } else {
            Err("must be 1 to 63 letters, digits and hyphens, with a letter or digit first and last".to_owned())
        }
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

/// The ARN that every answer of AWS's has; an empty body has none.
fn named<'a>(operation: &'static str, arn: Option<&'a str>) -> Result<&'a str, Error> {
    arn.filter(|arn| !arn.is_empty()).ok_or_else(|| AwsFailure::unrecognised(operation, 200).into())
}

/// The most that a page of SageMaker's lists has.
const LONGEST_PAGE: i32 = 100;

/// A page of the endpoints.
pub(super) async fn endpoints(scope: &Scope, token: Option<String>) -> Result<Page<Listed>, Error> {
    let call = scope.sagemaker().list_endpoints().max_results(LONGEST_PAGE).set_next_token(token).send();
    let page = call.await.map_err(|error| aws::failure("ListEndpoints", error))?;
    let endpoints = page.endpoints.ok_or_else(|| AwsFailure::unrecognised("ListEndpoints", 200))?;
    let names = endpoints.iter().filter_map(|endpoint| listed(endpoint.endpoint_name(), endpoint.endpoint_arn()));
    Ok((names.collect(), page.next_token))
}

/// A page of the inference components.
pub(super) async fn inference_components(scope: &Scope, token: Option<String>) -> Result<Page<Listed>, Error> {
    const OPERATION: &str = "ListInferenceComponents";
    let call = scope.sagemaker().list_inference_components().max_results(LONGEST_PAGE).set_next_token(token).send();
    let page = call.await.map_err(|error| aws::failure(OPERATION, error))?;
    let components = page.inference_components.ok_or_else(|| AwsFailure::unrecognised(OPERATION, 200))?;
    let names = components
        .iter()
        .filter_map(|component| listed(component.inference_component_name(), component.inference_component_arn()));
    Ok((names.collect(), page.next_token))
}

/// A page of the tags of one.
pub(super) async fn tags(scope: &Scope, arn: &str, token: Option<String>) -> Result<Page<(String, String)>, Error> {
    let call = scope.sagemaker().list_tags().resource_arn(arn).set_next_token(token).send();
    let page = call.await.map_err(|error| aws::failure("ListTags", error))?;
    let tags = page.tags.unwrap_or_default();
    let tags = tags.iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
    Ok((tags.collect(), page.next_token))
}
