//! What is moved, and where it lives.

use std::fmt;

/// The control plane a target lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Amazon SageMaker.
    SageMaker,
    /// AWS Lambda.
    Lambda,
    /// Amazon Bedrock.
    Bedrock,
}

impl Service {
    /// The prefix of the service in actions, targets and IAM: `sagemaker`, `lambda` or `bedrock`.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::SageMaker => "sagemaker",
            Self::Lambda => "lambda",
            Self::Bedrock => "bedrock",
        }
    }
}

/// A thing with capacity, named by Application Auto Scaling's resource id after the service:
/// `sagemaker:endpoint/NAME/variant/NAME`, `lambda:function:NAME:QUALIFIER`, `bedrock:provisioned-model/NAME`.
/// A request that touches several variants of one endpoint has the target `sagemaker:endpoint/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    service: Service,
    pub(super) resource_id: String,
}

impl Target {
    /// An endpoint as a whole.
    #[must_use]
    pub fn endpoint(endpoint: &str) -> Self {
        Self { service: Service::SageMaker, resource_id: format!("endpoint/{endpoint}") }
    }

    /// One production variant of an endpoint.
    #[must_use]
    pub fn variant(endpoint: &str, variant: &str) -> Self {
        Self { service: Service::SageMaker, resource_id: format!("endpoint/{endpoint}/variant/{variant}") }
    }

    /// An alias or version of a function.
    #[must_use]
    pub fn function(function: &str, qualifier: &str) -> Self {
        Self { service: Service::Lambda, resource_id: format!("function:{function}:{qualifier}") }
    }

    /// A Provisioned Throughput, by name (or by its id as long as the name is not known).
    #[must_use]
    pub fn provisioned_model(name: &str) -> Self {
        Self { service: Service::Bedrock, resource_id: format!("provisioned-model/{name}") }
    }

    /// The control plane.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// What AWS updates one change at a time: the endpoint of a variant, else the target itself.
    #[must_use]
    pub fn lane(&self) -> String {
        let resource_id = self.resource_id.split("/variant/").next().unwrap_or(&self.resource_id);
        format!("{}:{resource_id}", self.service.prefix())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service.prefix(), self.resource_id)
    }
}

/// Where a target lives, for rules that hold only somewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The Region's code, such as `us-east-1`.
    pub region: String,
    /// The twelve digits; empty when unknown, which only rules without an `account` match.
    pub account: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variants_of_one_endpoint_share_a_lane() {
        assert_eq!(Target::variant("e", "a").lane(), Target::endpoint("e").lane());
        assert_eq!(Target::function("f", "live").lane(), "lambda:function:f:live");
    }
}
