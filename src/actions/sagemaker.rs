//! What SageMaker's actions share: how things are named, and how an answer is known for one.

use deserr::Deserr;

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
