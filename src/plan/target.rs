//! What is moved, and where it lives.

use std::fmt;

use crate::spelling::arn::{Account, Region};

/// The control plane a target lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Amazon SageMaker.
    SageMaker,
    /// AWS Lambda.
    Lambda,
    /// Amazon Bedrock.
    Bedrock,
    /// Application Auto Scaling.
    ApplicationAutoScaling,
}

impl Service {
    /// The prefix of the service in actions, targets and IAM: such as `sagemaker`.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::SageMaker => "sagemaker",
            Self::Lambda => "lambda",
            Self::Bedrock => "bedrock",
            Self::ApplicationAutoScaling => "application-autoscaling",
        }
    }
}

/// A thing with capacity, named by Application Auto Scaling's resource id after the service, such as
/// `sagemaker:endpoint/NAME/variant/NAME` and `lambda:function:NAME:QUALIFIER`: what AWS changes one at a time, and
/// which part of it where only one is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    service: Service,
    resource_id: String,
    part: Option<Part>,
}

/// A part of a target with fields of its own, such as one variant of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Part {
    kind: &'static str,
    name: String,
}

impl Target {
    /// What AWS changes one at a time, by its resource id: `endpoint/recsys`.
    #[must_use]
    pub fn new(service: Service, resource_id: impl Into<String>) -> Self {
        Self { service, resource_id: resource_id.into(), part: None }
    }

    /// One part of it, or all of it.
    #[must_use]
    pub fn with(&self, part: Option<Part>) -> Self {
        Self { part, ..self.clone() }
    }

    /// The control plane.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// The resource id of what AWS changes one at a time.
    #[must_use]
    pub fn resource_id(&self) -> &str {
        &self.resource_id
    }

    /// The part that is meant, where it is not all of it.
    #[must_use]
    pub fn part(&self) -> Option<&Part> {
        self.part.as_ref()
    }

    /// What AWS changes one at a time: the endpoint of a variant, else the target itself.
    #[must_use]
    pub fn lane(&self) -> Self {
        self.with(None)
    }
}

impl Target {
    /// Application Auto Scaling's id of it: that of the part, where one is meant.
    pub(crate) fn whole_id(&self) -> String {
        match &self.part {
            Some(part) => format!("{}/{part}", self.resource_id),
            None => self.resource_id.clone(),
        }
    }

    /// The same for every spelling of its name that differs in the case of letters only.
    pub(crate) fn in_lower_case(&self) -> Self {
        Self { resource_id: self.resource_id.to_lowercase(), ..self.clone() }
    }
}

impl Part {
    /// A part by its kind, such as `variant`, and its name.
    #[must_use]
    pub fn new(kind: &'static str, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }

    /// The name alone.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service.prefix(), self.whole_id())
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// Where a target lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The Region.
    pub region: Region,
    /// The account, where it is known.
    pub account: Option<Account>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.account {
            Some(account) => write!(f, "{} of {}", self.region, account.as_str()),
            None => self.region.fmt(f),
        }
    }
}

impl Place {
    /// The place as seen from the function's own.
    pub(crate) fn from<'a>(&'a self, home: &'a Self) -> Seen<'a> {
        Seen { place: self, home }
    }
}

/// A place as seen from the function's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) place: &'a Place,
    home: &'a Place,
}

impl Seen<'_> {
    pub(crate) fn is_in_home_region(self) -> bool {
        self.place.region == self.home.region
    }

    /// Where the function's own account is not known, as in an emulator, no other can be told from it.
    pub(crate) fn is_in_home_account(self) -> bool {
        self.home.account.is_none() || self.place.account == self.home.account
    }
}

/// What the name of a target in a request says of the name that the read returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Identity {
    /// It is the same.
    #[default]
    Exact,
    /// It is the same but for the case of its letters.
    ButForCase,
    /// It is the same, until the target is renamed.
    UntilRenamed,
    /// Nothing: it is an id.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_one_target_share_a_lane() {
        let endpoint = Target::new(Service::SageMaker, "endpoint/e");
        let variant = endpoint.with(Some(Part::new("variant", "a")));
        assert_eq!(variant.to_string(), "sagemaker:endpoint/e/variant/a");
        assert_eq!(variant.lane(), endpoint);
        let function = Target::new(Service::Lambda, "function:f:live");
        assert_eq!(function.lane().to_string(), "lambda:function:f:live");
    }

    #[test]
    fn two_spellings_of_a_name_are_one_in_lower_case() {
        let target = |name| Target::new(Service::SageMaker, format!("endpoint/{name}"));
        assert_eq!(target("Rec-A").in_lower_case(), target("rec-a"));
    }
}
