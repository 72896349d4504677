//! What Lambda's actions share: how a function and its qualifier are named, and the read of provisioned concurrency.

use aws_sdk_lambda::operation::get_provisioned_concurrency_config::{
    GetProvisionedConcurrencyConfigError, GetProvisionedConcurrencyConfigOutput as Config,
};
use aws_sdk_lambda::types::ProvisionedConcurrencyStatusEnum as Status;
use deserr::{Deserr, ValuePointerRef};
use serde_json::{Map, Value, json};

use super::page::{Listed, Page, listed};
use crate::action::{Permission, Subject};
use crate::aws::{self, Scope};
use crate::error::{AwsFailure, Error};
use crate::plan::reading::{FailedChange, Progress, Reading};
use crate::plan::{FieldValue, Service, Target};
use crate::plant::{self, Plant};
use crate::spelling::arn::{Account, Arn, Region};
use crate::spelling::problem::{Problems, unknown_member, wrong};
use crate::spelling::shape::{Piece, Shape, Word};
use crate::spelling::shell::quoted;
use crate::spelling::timestamp;

pub(super) mod delete_provisioned_concurrency_config;
pub(super) mod put_function_scaling_config;
pub(super) mod put_provisioned_concurrency_config;

/// The operation that both actions on provisioned concurrency read with.
const READ: &str = "GetProvisionedConcurrencyConfig";
/// The permission for it.
const READ_PERMISSION: Permission =
    Permission { action: "lambda:GetProvisionedConcurrencyConfig", resources: QUALIFIED };
/// These permissions are checked against the qualified ARN; the bare function's does not match.
const QUALIFIED: &[&str] = &["ACCOUNT:function:NAME:QUALIFIER"];
/// How aliases and versions of functions are named.
const TARGET: Shape = Shape(&[
    Piece::Text("lambda:function:"),
    Piece::Word(Word::name("NAME", WORD, LONGEST_NAME)),
    Piece::Text(":"),
    Piece::Word(Word::name("QUALIFIER", WORD, LONGEST_QUALIFIER)),
]);
/// What beside letters and digits is in the names of functions and aliases.
const WORD: &str = "-_";
const LONGEST_NAME: usize = 64;
const LONGEST_QUALIFIER: usize = 128;
/// The member that both move.
const EXECUTIONS: &str = "ProvisionedConcurrentExecutions";
/// What Application Auto Scaling calls it.
const SCALABLE: &[(&str, &str)] = &[(EXECUTIONS, "lambda:function:ProvisionedConcurrency")];

/// A function by name, partial ARN or ARN, as written, and the parts of it.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = FunctionName::parse -> String)]
struct FunctionName {
    text: String,
    region: Option<Region>,
    account: Option<Account>,
    name: String,
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
        let (region, account, rest) = match Arn::parse(&text) {
            Some(arn) => match arn.resource() {
                ("function", rest) if arn.service() == "lambda" => {
                    (arn.region().cloned(), arn.account().cloned(), rest.to_owned())
                }
                _ => return Err(refused()),
            },
            None if text.starts_with("arn:") => return Err(refused()),
            None => partial(&text),
        };
        let (name, qualifier) = match rest.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier)),
            None => (rest.as_str(), None),
        };
        let valid = is_word(name, LONGEST_NAME)
            && text.len() <= 140
            && qualifier.is_none_or(|qualifier| qualifier == "$LATEST" || is_word(qualifier, LONGEST_QUALIFIER));
        if !valid {
            return Err(refused());
        }
        let (name, qualifier) = (name.to_owned(), qualifier.map(str::to_owned));
        Ok(Self { text, region, account, name, qualifier })
    }

    /// As it was written, which is what AWS gets.
    fn as_str(&self) -> &str {
        &self.text
    }
}

/// Takes `(REGION:)(ACCOUNT:)(function:)` from the front of a partial ARN.
fn partial(text: &str) -> (Option<Region>, Option<Account>, String) {
    let before = |text: &'_ str| text.split_once(':').map(|(part, after)| (part.to_owned(), after.to_owned()));
    let account_before = |text: &str| before(text).and_then(|(part, after)| Some((Account::parse(part).ok()?, after)));
    // A Region stands before an account only: `eu-west-1:live` is a function with such a name, and its alias.
    let with_region = before(text).and_then(|(part, after)| {
        let (account, rest) = account_before(&after)?;
        Some((Some(Region::parse(part).ok()?), Some(account), rest))
    });
    let with_account = || account_before(text).map(|(account, rest)| (None, Some(account), rest));
    let (region, account, rest) = with_region.or_else(with_account).unwrap_or_else(|| (None, None, text.to_owned()));
    let rest = rest.strip_prefix("function:").map(str::to_owned).unwrap_or(rest);
    (region, account, rest)
}

/// An alias or a version number; never `$LATEST`, which cannot have provisioned concurrency.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = Qualifier::parse -> String)]
struct Qualifier(String);

impl Qualifier {
    fn parse(text: String) -> Result<Self, String> {
        if text == "$LATEST" {
            let remedy = "publish a version and name it, or an alias of it";
            Err(format!("is $LATEST, which cannot have provisioned concurrency; {remedy}"))
        } else if is_word(&text, LONGEST_QUALIFIER) {
            Ok(Self(text))
        } else {
            Err("must be an alias or a version number: 1 to 128 letters, digits, hyphens and underscores".to_owned())
        }
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

/// An alias or version of a function, whose two names agree.
#[derive(Clone, Debug, PartialEq)]
struct QualifiedFunction {
    function: FunctionName,
    qualifier: Qualifier,
}

impl QualifiedFunction {
    /// Refuses a FunctionName that carries another qualifier, as AWS does.
    fn new(function: FunctionName, qualifier: Qualifier, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        match &function.qualifier {
            Some(carried) if *carried != qualifier.0 => {
                let message =
                    format!("carries the qualifier {carried}, but Qualifier is {}; write one of them", qualifier.0);
                Err(wrong(location.push_key("FunctionName"), message))
            }
            _ => Ok(Self { function, qualifier }),
        }
    }

    fn subject(&self) -> Subject {
        let FunctionName { region, account, .. } = &self.function;
        Subject { region: region.clone(), account: account.clone(), ..Subject::named(self.target()) }
    }

    fn target(&self) -> Target {
        Target::new(Service::Lambda, format!("function:{}:{}", self.function.name, self.qualifier.0))
    }

    /// The arguments of every AWS CLI command on it.
    fn arguments(&self) -> String {
        format!("--function-name {} --qualifier {}", quoted(&self.function.text), quoted(&self.qualifier.0))
    }

    /// Reads the configuration; that there is none is an answer, not an error.
    async fn observe(&self, scope: &Scope) -> Result<Reading, Error> {
        let call = scope
            .lambda()
            .get_provisioned_concurrency_config()
            .function_name(self.function.as_str())
            .qualifier(self.qualifier.as_str())
            .send();
        match call.await {
            // An empty body is not a configuration of zero, from which a relative target would count.
            Ok(config) => match config.requested_provisioned_concurrent_executions() {
                Some(requested) => Ok(reading(self.target(), requested, &config)),
                None => Err(AwsFailure::unrecognised(READ, 200).into()),
            },
            Err(error) if error.as_service_error().is_some_and(is_without_config) => Ok(without_config(self.target())),
            Err(error) => Err(aws::failure(READ, error)),
        }
    }
}

fn is_without_config(error: &GetProvisionedConcurrencyConfigError) -> bool {
    error.is_provisioned_concurrency_config_not_found_exception()
}

/// Without a configuration there is nothing requested, and nothing pending.
fn without_config(target: Target) -> Reading {
    let response = response(Some(0), Some(0), Some(0), Some(&Status::Ready), None, None);
    let count = i64::from(plant::is(Plant::NoneTakenForOne));
    Reading { fields: vec![(EXECUTIONS, FieldValue::Count(count))], ..Reading::of(target, response) }
}

fn reading(target: Target, requested: i32, config: &Config) -> Reading {
    let response = response(
        Some(requested),
        config.available_provisioned_concurrent_executions(),
        config.allocated_provisioned_concurrent_executions(),
        config.status(),
        config.status_reason(),
        config.last_modified(),
    );
    let allocated = config.allocated_provisioned_concurrent_executions();
    let present = allocated.filter(|_| plant::is(Plant::AllocatedTakenForRequested)).unwrap_or(requested);
    Reading {
        fields: vec![(EXECUTIONS, FieldValue::Count(present.into()))],
        progress: progress(requested, config),
        modified: config.last_modified().and_then(timestamp::parse),
        // The same number again is a new attempt: what failed is not what was asked for.
        failed: (config.status() == Some(&Status::Failed) && !plant::is(Plant::FailedTakenForReady))
            .then_some(FailedChange { member: EXECUTIONS, status: "Status", from: "FAILED", to: "READY" }),
        ..Reading::of(target, response)
    }
}

fn progress(requested: i32, config: &Config) -> Progress {
    match config.status() {
        Some(Status::Ready) => Progress::Settled,
        Some(Status::Failed) if plant::is(Plant::FailedTakenForReady) => Progress::Settled,
        Some(Status::Failed) => Progress::Failed(match config.status_reason() {
            Some(reason) => format!("FAILED: {}", reason.trim_end_matches('.')),
            None => "FAILED, and AWS gives no reason".to_owned(),
        }),
        // A new number is accepted while the last one is still being allocated.
        status => {
            let allocated = config.allocated_provisioned_concurrent_executions().unwrap_or(0);
            let status = status.map_or("no status", Status::as_str);
            Progress::Moving(format!("{status}, {allocated} of {requested} allocated"))
        }
    }
}

/// The documented response of PutProvisionedConcurrencyConfig: members AWS left out are left out.
fn response(
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

/// The sentence for an unknown member of either of them.
fn unknown(key: &str, accepted: &[&str], location: ValuePointerRef<'_>) -> Problems {
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
    let word = |b: u8| b.is_ascii_alphanumeric() || WORD.as_bytes().contains(&b);
    (1..=longest).contains(&text.len()) && text.bytes().all(word)
}

/// A page of the functions.
pub(super) async fn functions(scope: &Scope, token: Option<String>) -> Result<Page<Listed>, Error> {
    // The most that AWS gives, whatever is asked for.
    let call = scope.lambda().list_functions().max_items(50).set_marker(token).send();
    let page = call.await.map_err(|error| aws::failure("ListFunctions", error))?;
    let functions = page.functions.ok_or_else(|| AwsFailure::unrecognised("ListFunctions", 200))?;
    let names = functions.iter().filter_map(|function| listed(function.function_name(), function.function_arn()));
    Ok((names.collect(), page.next_marker))
}

/// The tags of a function.
pub(super) async fn tags(scope: &Scope, arn: &str) -> Result<Vec<(String, String)>, Error> {
    let call = scope.lambda().list_tags().resource(arn).send();
    let output = call.await.map_err(|error| aws::failure("ListTags", error))?;
    aws::answered("ListTags", &output)?;
    Ok(output.tags.unwrap_or_default().into_iter().collect())
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
    fn the_place_of_a_function_is_that_of_its_arn() {
        let place = |text: &str| {
            let read = FunctionName::parse(text.to_owned()).unwrap();
            (read.region.map(|region| region.to_string()), read.account.map(|account| account.to_string()))
        };
        let account = || Some("210987654321".to_owned());
        assert_eq!(place("my-function"), (None, None));
        assert_eq!(place("210987654321:function:f"), (None, account()));
        let arn = "arn:aws:lambda:us-west-2:210987654321:function:f:live";
        assert_eq!(place(arn), (Some("us-west-2".to_owned()), account()));
    }

    #[test]
    fn what_is_no_function_name_is_refused() {
        let long = "f".repeat(65);
        for text in ["", "my function", "arn:aws:s3:::bucket", "a:b:c:d", "f:", long.as_str(), "arn:gcp:lambda:f"] {
            assert!(FunctionName::parse(text.to_owned()).is_err(), "{text}");
        }
    }
}
