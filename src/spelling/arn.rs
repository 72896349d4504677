//! ARNs and what they are made of, parsed once.

use std::fmt;

use deserr::Deserr;

use crate::spelling::problem::Problems;

/// The name of something at AWS: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`, of which Region and account may be empty.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arn {
    text: String,
    service: String,
    region: Option<Region>,
    account: Option<Account>,
    resource: String,
}

impl Arn {
    /// `None` for what is no ARN.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut part = || parts.next();
        let ("arn", partition, service) = (part()?, part()?, part()?) else { return None };
        let (region, account, resource) = (part()?, part()?, part()?);
        let region = if region.is_empty() { None } else { Some(Region::parse(region.to_owned()).ok()?) };
        let account = if account.is_empty() { None } else { Some(Account::parse(account.to_owned()).ok()?) };
        (is_partition(partition) && !service.is_empty() && !resource.is_empty()).then(|| Self {
            text: text.to_owned(),
            service: service.to_owned(),
            region,
            account,
            resource: resource.to_owned(),
        })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The service's name in ARNs, such as `lambda`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The Region, where the service has Regions.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// The account that owns it, where one does.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// The kind and the name of the resource, such as `("rule", "nightly")` of `rule/nightly`, or `("", "queue")` where
    /// the service has one kind only.
    #[must_use]
    pub fn resource(&self) -> (&str, &str) {
        self.resource.split_once(['/', ':']).unwrap_or(("", &self.resource))
    }
}

/// A Region's code, such as `eu-central-1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserr)]
#[deserr(error = Problems, try_from(String) = Region::parse -> String)]
pub struct Region(String);

impl Region {
    /// # Errors
    /// What is wrong with it, as a sentence fragment.
    pub fn parse(text: String) -> Result<Self, String> {
        if is_region(&text) { Ok(Self(text)) } else { Err("is not a Region's code, such as eu-central-1".to_owned()) }
    }

    /// The Region this process works in, as its surroundings name it.
    #[must_use]
    pub fn own(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An AWS account: twelve digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserr)]
#[deserr(error = Problems, try_from(String) = Account::parse -> String)]
pub struct Account(String);

impl Account {
    /// # Errors
    /// What is wrong with it, as a sentence fragment.
    pub fn parse(text: String) -> Result<Self, String> {
        let digits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        if digits { Ok(Self(text)) } else { Err("is not the twelve digits of an account".to_owned()) }
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The ARN of an IAM role.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserr)]
#[deserr(error = Problems, try_from(String) = RoleArn::parse -> String)]
pub struct RoleArn {
    arn: Arn,
    account: Account,
}

impl RoleArn {
    /// # Errors
    /// What is wrong with it, as a sentence fragment.
    pub fn parse(text: String) -> Result<Self, String> {
        let role = Arn::parse(&text).filter(|arn| {
            let (kind, name) = arn.resource();
            arn.service() == "iam" && arn.region().is_none() && kind == "role" && !name.is_empty()
        });
        let account = role.as_ref().and_then(Arn::account).cloned();
        match (role, account) {
            (Some(arn), Some(account)) if arn.resource.starts_with("role/") && arn.text.len() <= LONGEST_ROLE => {
                Ok(Self { arn, account })
            }
            _ => Err("is not a role's ARN, such as arn:aws:iam::123456789012:role/scaler".to_owned()),
        }
    }

    /// The ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.arn.as_str()
    }

    /// The account of the role.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }
}

/// As STS has it.
const LONGEST_ROLE: usize = 2048;

/// True for `aws` and what begins with `aws-`, such as `aws-us-gov` and `aws-cn`.
fn is_partition(text: &str) -> bool {
    let suffix = text.strip_prefix("aws");
    suffix.is_some_and(|suffix| suffix.is_empty() || suffix.strip_prefix('-').is_some_and(is_lower_words))
}

/// True for a Region's code, such as `us-east-1`, `us-gov-west-1`, `us-isob-east-1` and `eusc-de-east-1`.
fn is_region(text: &str) -> bool {
    let text = text.strip_prefix("eusc-").unwrap_or(text);
    let parts: Vec<&str> = text.split('-').collect();
    let is_isolated = |part: &str| part == "gov" || part.strip_prefix("iso").is_some_and(is_letter_or_none);
    let (country, area, number) = match parts.as_slice() {
        [country, area, number] => (country, area, number),
        [country, isolated, area, number] if is_isolated(isolated) => (country, area, number),
        _ => return false,
    };
    let is_lower = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    country.len() == 2
        && is_lower(country)
        && is_lower(area)
        && text.len() <= LONGEST_REGION
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// As Bedrock's patterns have it.
const LONGEST_REGION: usize = 20;

fn is_letter_or_none(text: &str) -> bool {
    text.len() <= 1 && text.bytes().all(|b| b.is_ascii_lowercase())
}

fn is_lower_words(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart_once() {
        let arn = Arn::parse("arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f:live").unwrap();
        assert_eq!((arn.service(), arn.resource()), ("lambda", ("function", "f:live")));
        assert_eq!(arn.region().map(Region::as_str), Some("us-gov-west-1"));
        assert_eq!(arn.account().map(Account::as_str), Some("123456789012"));
        let model =
            Arn::parse("arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-text-express-v1:0:8k").unwrap();
        assert_eq!(model.resource(), ("foundation-model", "amazon.titan-text-express-v1:0:8k"));
        assert_eq!(model.account(), None);
    }

    #[test]
    fn regions_and_roles_are_as_long_as_aws_has_them() {
        assert!(is_region(&format!("us-{}-1", "a".repeat(15))) && !is_region(&format!("us-{}-1", "a".repeat(16))));
        let role = |name: usize| RoleArn::parse(format!("arn:aws:iam::123456789012:role/{}", "x".repeat(name)));
        let before = "arn:aws:iam::123456789012:role/".len();
        assert!(role(LONGEST_ROLE - before).is_ok() && role(LONGEST_ROLE - before + 1).is_err());
    }

    #[test]
    fn what_is_no_arn_is_none() {
        for text in [
            "",
            "arn:aws:lambda",
            "arn:aws-:lambda:us-east-1:123456789012:function:f",
            "arn:aws-CN:lambda:us-east-1:123456789012:function:f",
            "arn:awsfoo:lambda:us-east-1:123456789012:function:f",
            "arn:aws:lambda:US-EAST-1:123456789012:function:f",
            "arn:aws:lambda:usa-east-1:123456789012:function:f",
            "arn:aws:lambda:us-east-1:1234:function:f",
            "arn:aws:lambda:us-east-1:123456789012:",
            "ARN:aws:lambda:us-east-1:123456789012:function:f",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_role_is_one_by_its_whole_arn() {
        let role = RoleArn::parse("arn:aws-cn:iam::123456789012:role/path/scaler".to_owned()).unwrap();
        assert_eq!(role.account().as_str(), "123456789012");
        for text in [
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:user/scaler",
            "arn:aws:iam::123456789012:role:scaler",
            "arn:aws:iam:us-east-1:123456789012:role/scaler",
            "arn:aws:sts::123456789012:role/scaler",
        ] {
            assert!(RoleArn::parse(text.to_owned()).is_err(), "{text}");
        }
    }
}
