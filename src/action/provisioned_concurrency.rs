//! What the provisioned concurrency actions share: how a function and its qualifier are named, and the read.

use aws_sdk_lambda::operation::get_provisioned_concurrency_config::{
    GetProvisionedConcurrencyConfigError, GetProvisionedConcurrencyConfigOutput,
};
use aws_sdk_lambda::types::ProvisionedConcurrencyStatusEnum as Status;
use chrono::{DateTime, Utc};
use deserr::{Deserr, ValuePointerRef};
use serde_json::{Map, Value, json};

use super::{Permission, Progress};
use crate::aws::{self, Scope};
use crate::error::{AwsAnswer, AwsFailure, Error};
use crate::plan::Target;
use crate::spelling::arn::{is_account, is_partition, is_region};
use crate::spelling::problem::{Problems, unknown_member, wrong};
use crate::spelling::shell::quoted;
use crate::spelling::timestamp;

/// The operation that both actions read with.
pub(super) const READ: &str = "GetProvisionedConcurrencyConfig";
/// The permission for it.
pub(super) const READ_PERMISSION: Permission =
    Permission { action: "lambda:GetProvisionedConcurrencyConfig", resources: QUALIFIED };
/// These permissions are checked against the qualified ARN; the bare function's does not match.
pub(super) const QUALIFIED: &[&str] = &["ACCOUNT:function:NAME:QUALIFIER"];

/// A function by name, partial ARN or ARN, as written, and the parts of it.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = FunctionName::parse -> String)]
pub(super) struct FunctionName {
    text: String,
    #[deserr(default)]
    account: Option<String>,
    name: String,
    #[deserr(default)]
    qualifier: Option<String>,
}

impl FunctionName {
    /// Reads what Lambda documents: `(arn:PARTITION:lambda:)(REGION:)(ACCOUNT:)(function:)NAME(:QUALIFIER)`.
    fn parse(text: String) -> Result<Self, String> {
        let refused = || {
            "must be a function's name (64 letters, digits, hyphens and underscores at most), its ARN, or a partial ARN \
             such as 123456789012:function:my-function"
                .to_owned()
        };
        let mut rest = text.as_str();
        if let Some(arn) = rest.strip_prefix("arn:") {
            match arn.splitn(3, ':').collect::<Vec<_>>().as_slice() {
                [partition, "lambda", after] if is_partition(partition) => rest = after,
                _ => return Err(refused()),
            }
        }
        // A Region stands before an account only: `eu-west-1:live` is a function with such a name, and its alias.
        let before_account = |after: &str| after.split_once(':').is_some_and(|(part, _)| is_account(part));
        if let Some((part, after)) = rest.split_once(':')
            && is_region(part)
            && before_account(after)
        {
            rest = after;
        }
        let mut account = None;
        if let Some((part, after)) = rest.split_once(':').filter(|(part, _)| is_account(part)) {
            account = Some(part.to_owned());
            rest = after;
        }
        rest = rest.strip_prefix("function:").unwrap_or(rest);
        let (name, qualifier) = match rest.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier)),
            None => (rest, None),
        };
        let valid = is_word(name, 64)
            && text.len() <= 140
            && qualifier.is_none_or(|qualifier| qualifier == "$LATEST" || is_word(qualifier, 128));
        if !valid {
            return Err(refused());
        }
        let (name, qualifier) = (name.to_owned(), qualifier.map(str::to_owned));
        Ok(Self { account, name, qualifier, text })
    }

    /// As it was written, which is what AWS gets.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}

/// An alias or a version number; never `$LATEST`, which cannot have provisioned concurrency.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = Qualifier::parse -> String)]
pub(super) struct Qualifier(String);

impl Qualifier {
    fn parse(text: String) -> Result<Self, String> {
        if text == "$LATEST" {
            let remedy = "publish a version and name it, or an alias of it";
            Err(format!("is $LATEST, which cannot have provisioned concurrency; {remedy}"))
        } else if is_word(&text, 128) {
            Ok(Self(text))
        } else {
            Err("must be an alias or a version number: 1 to 128 letters, digits, hyphens and underscores".to_owned())
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// An alias or version of a function, whose two names agree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct QualifiedFunction {
    pub(super) function: FunctionName,
    pub(super) qualifier: Qualifier,
}

impl QualifiedFunction {
    /// Refuses a FunctionName that carries another qualifier, as AWS does.
    pub(super) fn new(
        function: FunctionName,
        qualifier: Qualifier,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        match &function.qualifier {
            Some(carried) if *carried != qualifier.0 => {
                let message =
                    format!("carries the qualifier {carried}, but Qualifier is {}; write one of them", qualifier.0);
                Err(wrong(location.push_key("FunctionName"), message))
            }
            _ => Ok(Self { function, qualifier }),
        }
    }

    pub(super) fn target(&self) -> Target {
        Target::function(&self.function.name, &self.qualifier.0)
    }

    /// The account in the function's ARN, where it was named by one.
    pub(super) fn account(&self) -> Option<&str> {
        self.function.account.as_deref()
    }

    /// The arguments of every AWS CLI command on it.
    pub(super) fn arguments(&self) -> String {
        format!("--function-name {} --qualifier {}", quoted(&self.function.text), quoted(&self.qualifier.0))
    }

    pub(super) fn read_command(&self) -> String {
        format!("aws lambda get-provisioned-concurrency-config {}", self.arguments())
    }

    /// Reads the configuration; that there is none is an answer, not an error.
    pub(super) async fn observe(&self, scope: &Scope) -> Result<Config, Error> {
        let call = scope
            .lambda()
            .get_provisioned_concurrency_config()
            .function_name(self.function.as_str())
            .qualifier(self.qualifier.as_str())
            .send();
        match call.await {
            // An empty body is not a configuration of zero, from which a relative target would count.
            Ok(output) if output.requested_provisioned_concurrent_executions().is_none() => {
                Err(AwsFailure { operation: READ, answer: AwsAnswer::Unrecognised { status: 200 } }.into())
            }
            Ok(output) => Ok(Config(Some(Box::new(output)))),
            Err(error) if error.as_service_error().is_some_and(is_without_config) => Ok(Config(None)),
            Err(error) => Err(aws::failure(READ, error)),
        }
    }
}

fn is_without_config(error: &GetProvisionedConcurrencyConfigError) -> bool {
    error.is_provisioned_concurrency_config_not_found_exception()
}

/// What GetProvisionedConcurrencyConfig says; `None` when the qualifier has no configuration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config(Option<Box<GetProvisionedConcurrencyConfigOutput>>);

impl Config {
    pub(super) fn requested(&self) -> i64 {
        self.0.as_ref().and_then(|config| config.requested_provisioned_concurrent_executions()).unwrap_or(0).into()
    }

    pub(super) fn is_failed(&self) -> bool {
        self.0.as_ref().is_some_and(|config| config.status() == Some(&Status::Failed))
    }

    pub(super) fn progress(&self) -> Progress {
        let Some(config) = &self.0 else {
            return Progress::Settled;
        };
        let numbers = || {
            let allocated = config.allocated_provisioned_concurrent_executions().unwrap_or(0);
            format!("{allocated} of {} allocated", self.requested())
        };
        match config.status() {
            Some(Status::Ready) => Progress::Settled,
            Some(Status::Failed) => Progress::Failed(match config.status_reason() {
                Some(reason) => format!("FAILED: {}", reason.trim_end_matches('.')),
                None => "FAILED, and AWS gives no reason".to_owned(),
            }),
            // A new number is accepted while the last one is still being allocated.
            status => Progress::Moving(format!("{}, {}", status.map_or("no status", Status::as_str), numbers())),
        }
    }

    pub(super) fn modified(&self) -> Option<DateTime<Utc>> {
        self.0.as_ref().and_then(|config| config.last_modified()).and_then(timestamp::parse)
    }

    /// The documented response of the Put. Without a configuration there is nothing requested, and nothing pending.
    pub(super) fn respond(&self) -> Value {
        match &self.0 {
            Some(config) => response(
                config.requested_provisioned_concurrent_executions(),
                config.available_provisioned_concurrent_executions(),
                config.allocated_provisioned_concurrent_executions(),
                config.status(),
                config.status_reason(),
                config.last_modified(),
            ),
            None => response(Some(0), Some(0), Some(0), Some(&Status::Ready), None, None),
        }
    }
}

/// The documented response of PutProvisionedConcurrencyConfig: members AWS left out are left out.
pub(super) fn response(
    requested: Option<i32>,
    available: Option<i32>,
    allocated: Option<i32>,
    status: Option<&Status>,
    status_reason: Option<&str>,
    last_modified: Option<&str>,
) -> Value {
    let members = [
        ("RequestedProvisionedConcurrentExecutions", requested.map(|count| json!(count))),
        ("AvailableProvisionedConcurrentExecutions", available.map(|count| json!(count))),
        ("AllocatedProvisionedConcurrentExecutions", allocated.map(|count| json!(count))),
        ("Status", status.map(|status| json!(status.as_str()))),
        ("StatusReason", status_reason.map(|reason| json!(reason))),
        ("LastModified", last_modified.map(|time| json!(time))),
    ];
    let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(Map::from_iter(members))
}

/// The sentence for an unknown member of either action.
pub(super) fn unknown(key: &str, accepted: &[&str], location: ValuePointerRef<'_>) -> Problems {
    let message = match key {
        "ProvisionedConcurrencyExecutions" => {
            "there is no such member; AWS calls it `ProvisionedConcurrentExecutions`".to_owned()
        }
        "ProvisionedConcurrencyConfig" => {
            "there is no such object; write its ProvisionedConcurrentExecutions directly into `input`".to_owned()
        }
        "ReservedConcurrentExecutions" => {
            "is reserved concurrency, another setting (PutFunctionConcurrency); provisioned concurrency is \
             `ProvisionedConcurrentExecutions`"
                .to_owned()
        }
        "AliasName" | "Alias" | "Version" | "FunctionVersion" => {
            "there is no such member; an alias or version goes into `Qualifier`".to_owned()
        }
        key => unknown_member(key, accepted),
    };
    wrong(location.push_key(key), message)
}

fn is_word(text: &str, longest: usize) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=longest).contains(&text.len()) && text.bytes().all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_of_a_function_name_is_read() {
        let table = [
            ("my-function", "my-function", None),
            ("my-function:live", "my-function", Some("live")),
            ("123456789012:function:my-function", "my-function", None),
            ("123456789012:my-function:7", "my-function", Some("7")),
            ("arn:aws:lambda:us-west-2:123456789012:function:my-function", "my-function", None),
            ("arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f:live", "f", Some("live")),
            ("arn:aws:lambda:us-west-2:123456789012:function:f:$LATEST", "f", Some("$LATEST")),
        ];
        for (text, name, qualifier) in table {
            let read = FunctionName::parse(text.to_owned()).unwrap();
            assert_eq!((read.name.as_str(), read.qualifier.as_deref()), (name, qualifier), "{text}");
        }
    }

    #[test]
    fn the_account_of_a_function_is_that_of_its_arn() {
        let account = |text: &str| FunctionName::parse(text.to_owned()).unwrap().account;
        assert_eq!(account("my-function"), None);
        assert_eq!(account("210987654321:function:f").as_deref(), Some("210987654321"));
        let arn = "arn:aws:lambda:us-west-2:210987654321:function:f:live";
        assert_eq!(account(arn).as_deref(), Some("210987654321"));
    }

    #[test]
    fn what_is_no_function_name_is_refused() {
        let long = "f".repeat(65);
        for text in ["", "my function", "arn:aws:s3:::bucket", "a:b:c:d", "f:", long.as_str(), "arn:gcp:lambda:f"] {
            assert!(FunctionName::parse(text.to_owned()).is_err(), "{text}");
        }
    }
}
