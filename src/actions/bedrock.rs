//! What Bedrock's actions share: how throughputs, deployments and models are named, and the read of a throughput.

use aws_sdk_bedrock::operation::get_provisioned_model_throughput::GetProvisionedModelThroughputOutput as Throughput;
use aws_sdk_bedrock::types::ProvisionedModelStatus as Status;
use deserr::{Deserr, ValuePointerRef};
use serde_json::json;

use super::page::{Listed, Page, listed};
use crate::action::{Permission, Subject};
use crate::aws::{self, Scope};
use crate::error::{AwsAnswer, AwsFailure, Cause, Error};
use crate::guardrail::Cleared;
use crate::plan::reading::{FailedChange, Progress, Reading};
use crate::plan::{FieldValue, Identity, Service, Target};
use crate::spelling::arn::{Arn, Region};
use crate::spelling::problem::{Problems, wrong};
use crate::spelling::shape::{Piece, Shape, Word};

pub(super) mod create_provisioned_model_throughput;
pub(super) mod delete_provisioned_model_throughput;
pub(super) mod update_custom_model_deployment;
pub(super) mod update_provisioned_model_throughput;

/// The operation that reads a Provisioned Throughput.
const READ: &str = "GetProvisionedModelThroughput";
const READ_PERMISSION: Permission =
    Permission { action: "bedrock:GetProvisionedModelThroughput", resources: &["ACCOUNT:provisioned-model/NAME"] };
/// The permission to ask for a custom model's ARN by its name.
const READ_MODEL_PERMISSION: Permission =
    Permission { action: "bedrock:GetCustomModel", resources: &["ACCOUNT:custom-model/NAME"] };
/// The operation that reads a custom model.
const READ_MODEL: &str = "GetCustomModel";
/// How Provisioned Throughputs are named.
const TARGET: Shape = Shape(&[
    Piece::Text("bedrock:provisioned-model/"),
    Piece::Word(Word { id_length: Some(ID_LENGTH), ..Word::name("NAME", "-_", LONGEST_NAME) }),
]);
const LONGEST_NAME: usize = 63;
/// The most that a page of Bedrock's lists has.
const LONGEST_PAGE: i32 = 1000;
/// Of the ids in their ARNs.
const ID_LENGTH: usize = 12;
const NAME: &str = "desiredProvisionedModelName";
const MODEL: &str = "desiredModelId";

/// A kind of resource that has a name, and an id in its ARN.
#[derive(Clone, Copy)]
struct Kind {
    /// Its word in ARNs and targets.
    word: &'static str,
    /// What a person calls one, with the article.
    one: &'static str,
    /// The partitions that AWS takes in its ARNs, where these are not all.
    partitions: Option<&'static [&'static str]>,
}

const THROUGHPUT: Kind = Kind { word: "provisioned-model", one: "a Provisioned Throughput", partitions: None };

impl Kind {
    fn target(self, name: &str) -> Target {
        Target::new(Service::Bedrock, format!("{}/{name}", self.word))
    }

    fn has(self, arn: &Arn) -> bool {
        let whole = arn.region().is_some() && arn.account().is_some();
        let taken = self.partitions.is_none_or(|partitions| is_in_one_of(partitions, arn));
        let own = matches!(resource(arn), Some((word, id)) if word == self.word && is_id(id));
        arn.service() == "bedrock" && whole && taken && own
    }

    /// What it stays whatever it is called: the target by its id.
    fn lasting(self, arn: &str) -> Option<Target> {
        Arn::parse(arn).map(|arn| self.target(arn.resource().1))
    }
}

fn is_in_one_of(partitions: &[&str], arn: &Arn) -> bool {
    arn.as_str().split(':').nth(1).is_some_and(|partition| partitions.contains(&partition))
}

fn name_of(target: &Target) -> &str {
    target.resource_id().split_once('/').map_or("", |(_, name)| name)
}

/// A resource's name or ARN.
#[derive(Clone, Debug, PartialEq)]
enum Id {
    Name(String),
    Arn(Arn),
}

impl Id {
    fn parse(text: String, kind: Kind) -> Result<Self, String> {
        if text.starts_with("arn:") {
            return Arn::parse(&text).filter(|arn| kind.has(arn)).map(Self::Arn).ok_or_else(|| {
                format!(
                    "is not the ARN of {}, such as arn:aws:bedrock:us-east-1:123456789012:{}/abcdef123456",
                    kind.one, kind.word
                )
            });
        }
        if is_name(&text) { Ok(Self::Name(text)) } else { Err(format!("must be a name or an ARN; {NAME_RULE}")) }
    }

    /// As it was written, which is what AWS is asked by.
    fn as_str(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Arn(arn) => arn.as_str(),
        }
    }

    /// By the ARN that was read, which is what a write goes to: its name may be another's when it is sent once more.
    fn as_read<'a>(&'a self, cleared: &'a Cleared) -> &'a str {
        cleared.plan().arn.as_deref().unwrap_or(self.as_str())
    }

    fn arn(&self) -> Option<&Arn> {
        if let Self::Arn(arn) = self { Some(arn) } else { None }
    }

    /// By the name, or by the id at the end of the ARN as long as the name is not known.
    fn subject(&self, kind: Kind) -> Subject {
        match self {
            Self::Name(name) => Subject { identity: Identity::UntilRenamed, ..Subject::named(kind.target(name)) },
            Self::Arn(arn) => Subject {
                identity: Identity::Unknown,
                region: arn.region().cloned(),
                account: arn.account().cloned(),
                ..Subject::named(kind.target(arn.resource().1))
            },
        }
    }
}

/// A Provisioned Throughput's name or ARN.
fn throughput_id(text: String) -> Result<Id, String> {
    Id::parse(text, THROUGHPUT)
}

/// Refuses a model of another Region than that of what is to serve it, which is called by `member` and is `one`.
fn of_one_region(
    (member, one, own): (&str, &str, Option<&Region>),
    (model_member, of_model): (&str, Option<&Region>),
    location: ValuePointerRef<'_>,
) -> Result<(), Problems> {
    match (own, of_model) {
        (Some(own), Some(other)) if own != other => Err(wrong(
            location.push_key(model_member),
            format!("is a model of {other}, and {member} {one} of {own}, which takes models of its own Region only"),
        )),
        _ => Ok(()),
    }
}

/// The name of a Provisioned Throughput: 1 to 63 characters.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = ProvisionedModelName::parse -> String)]
struct ProvisionedModelName(String);

impl ProvisionedModelName {
    fn parse(text: String) -> Result<Self, String> {
        if is_name(&text) && text.len() <= LONGEST_NAME {
            Ok(Self(text))
        } else {
            Err(format!("must have 1 to 63 characters; {NAME_RULE}"))
        }
    }
}

const NAME_RULE: &str = "a name has letters and digits, with single hyphens or underscores between or after them";

fn is_name(text: &str) -> bool {
    let separator = |b: &u8| *b == b'-' || *b == b'_';
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || separator(b))
        && bytes.windows(2).all(|pair| !pair.iter().all(separator))
}

/// A model, in the three ways that AWS's pattern knows.
///
/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_UpdateProvisionedModelThroughput.html>
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = ModelId::parse -> String)]
enum ModelId {
    /// The ARN of a custom or a foundation model.
    Arn(Arn),
    /// A foundation model's id.
    Foundation(String),
    /// A custom model's name, of which AWS answers with the ARN.
    Name(String),
}

impl ModelId {
    fn parse(text: String) -> Result<Self, String> {
        if text.starts_with("arn:") {
            return Arn::parse(&text).filter(is_model).map(Self::Arn).ok_or_else(|| {
                "is not the ARN of a custom-model or foundation-model of Bedrock, such as \
                 arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/abcdef123456"
                    .to_owned()
            });
        }
        match text {
            text if is_foundation_model(&text) => Ok(Self::Foundation(text)),
            text if is_name(&text) && text.len() <= LONGEST_MODEL => Ok(Self::Name(text)),
            _ => Err("must be a model's ARN, a foundation model's id such as amazon.titan-text-express-v1:0:8k, or a custom \
                      model's name"
                .to_owned()),
        }
    }

    /// As it was written.
    fn as_str(&self) -> &str {
        match self {
            Self::Arn(arn) => arn.as_str(),
            Self::Foundation(text) | Self::Name(text) => text,
        }
    }

    /// The Region in an ARN.
    fn region(&self) -> Option<&Region> {
        if let Self::Arn(arn) = self { arn.region() } else { None }
    }

    /// The part of its ARN after the Region; `None` where only a read tells.
    fn after_region(&self) -> Option<String> {
        match self {
            Self::Arn(arn) => Some(after_region(arn)),
            Self::Foundation(id) => Some(format!(":foundation-model/{id}")),
            Self::Name(_) => None,
        }
    }

    /// What was read, with the ARN of the model where it is asked for by its name only.
    async fn named_in(&self, scope: &Scope, reading: Reading) -> Result<Reading, Error> {
        let Self::Name(name) = self else { return Ok(reading) };
        let arn = custom_model(scope, name).await?;
        Ok(Reading { named: vec![(name.clone(), arn)], ..reading })
    }
}

/// The most letters that AWS takes in any of the three.
const LONGEST_MODEL: usize = 2048;

/// `custom-model/BASE/ID` of an account, where BASE is `imported` or a provider's model with up to two suffixes; or
/// `foundation-model/ID` of nobody's.
fn is_model(arn: &Arn) -> bool {
    let is_base = |base: &str| {
        let (model, suffixes) = with_suffixes(base);
        let words: Vec<&str> = model.split('.').collect();
        suffixes && (model == "imported" || matches!(words.as_slice(), [a, b] if is_word(a) && is_word(b)))
    };
    let is_foundation = || matches!(resource(arn), Some(("foundation-model", model)) if is_foundation_model(model));
    let of_a_kind = custom_model_base(arn).is_some_and(is_base) || (arn.account().is_none() && is_foundation());
    arn.service() == "bedrock" && arn.region().is_some() && of_a_kind
}

/// The BASE in the `custom-model/BASE/ID` of an account.
fn custom_model_base(arn: &Arn) -> Option<&str> {
    let ("custom-model", model) = resource(arn)? else { return None };
    let (base, id) = model.split_once('/')?;
    (arn.account().is_some() && is_id(id)).then_some(base)
}

/// What an ARN names, by what stands before and after its first slash.
fn resource(arn: &Arn) -> Option<(&str, &str)> {
    arn.as_str().splitn(6, ':').last().and_then(|resource| resource.split_once('/'))
}

/// `PROVIDER.MODEL` or `PROVIDER.FAMILY.MODEL`, with up to two suffixes after colons. AWS's pattern wants two letters
/// after the provider at least, and lets the model without a family be as long as both.
fn is_foundation_model(id: &str) -> bool {
    let (model, suffixes) = with_suffixes(id);
    let words: Vec<&str> = model.split('.').collect();
    suffixes
        && match words.as_slice() {
            [provider, model] => is_word(provider) && is_long_word(model),
            [provider, family, model] => is_word(provider) && is_word(family) && is_word(model),
            _ => false,
        }
}

/// What stands before the first colon, and whether what follows is two words at most.
fn with_suffixes(id: &str) -> (&str, bool) {
    let mut parts = id.split(':');
    let model = parts.next().unwrap_or_default();
    let suffixes: Vec<&str> = parts.collect();
    (model, suffixes.len() <= 2 && suffixes.iter().all(|suffix| is_word(suffix)))
}

fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn is_word(text: &str) -> bool {
    (1..=63).contains(&text.len()) && text.bytes().all(is_of_a_word)
}

/// What AWS's patterns make of two words in a row.
fn is_long_word(text: &str) -> bool {
    (2..=126).contains(&text.len()) && text.bytes().all(is_of_a_word)
}

fn is_of_a_word(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'
}

/// What an ARN says after the Region: whose it is, and what.
fn after_region(arn: &Arn) -> String {
    arn.as_str().splitn(5, ':').last().unwrap_or_default().to_owned()
}

/// A Provisioned Throughput by name or ARN, as AWS describes it.
async fn describe(scope: &Scope, id: &str) -> Result<Throughput, Error> {
    let call = scope.bedrock().get_provisioned_model_throughput().provisioned_model_id(id).send();
    let throughput = call.await.map_err(|error| aws::failure(READ, error))?;
    // Every answer of AWS's has the ARN; an empty body has none.
    match throughput.provisioned_model_arn() {
        "" => Err(AwsFailure::unrecognised(READ, 200).into()),
        _ => Ok(throughput),
    }
}

/// The same, where it may be that there is none.
async fn describe_if_any(scope: &Scope, id: &str) -> Result<Option<Throughput>, Error> {
    match describe(scope, id).await {
        Ok(throughput) => Ok(Some(throughput)),
        Err(error) if says_there_is_none(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Bedrock's own word that there is no such throughput: the 404 of a proxy is none, nor what STS says of a role.
fn says_there_is_none(error: &Error) -> bool {
    match &*error.cause {
        Cause::Aws(AwsFailure { operation: READ, answer: AwsAnswer::Error { code, .. } }) => {
            code == "ResourceNotFoundException"
        }
        _ => false,
    }
}

/// Reads a Provisioned Throughput by name or ARN.
async fn read(scope: &Scope, id: &str) -> Result<Reading, Error> {
    let throughput = describe(scope, id).await?;
    let text = |text: &str| FieldValue::Text(text.to_owned());
    Ok(Reading {
        target: THROUGHPUT.target(throughput.provisioned_model_name()),
        fields: vec![(NAME, text(throughput.provisioned_model_name())), (MODEL, text(throughput.desired_model_arn()))],
        lasting: THROUGHPUT.lasting(throughput.provisioned_model_arn()),
        arn: Some(throughput.provisioned_model_arn().to_owned()),
        parts: Vec::new(),
        progress: progress(&throughput),
        modified: aws::to_utc(throughput.last_modified_time()),
        created: aws::to_utc(throughput.creation_time()),
        // The same model again is a new attempt: what failed is not what was asked for.
        failed: (*throughput.status() == Status::Failed).then_some(FailedChange {
            member: MODEL,
            status: "status",
            from: "Failed",
            to: "InService",
        }),
        renamed_from: None,
        failure: throughput.failure_message().map(str::to_owned),
        committed_until: None,
        response: json!({}),
        named: Vec::new(),
    })
}

/// True for the permission to ask for a custom model's ARN where no model is asked for by its name.
fn is_unneeded(permission: &Permission, model: Option<&ModelId>) -> bool {
    permission.action == READ_MODEL_PERMISSION.action && !matches!(model, Some(ModelId::Name(_)))
}

/// The ARN of the custom model of a name.
async fn custom_model(scope: &Scope, name: &str) -> Result<String, Error> {
    let call = scope.bedrock().get_custom_model().model_identifier(name).send();
    let model = call.await.map_err(|error| aws::failure(READ_MODEL, error))?;
    match model.model_arn() {
        "" => Err(AwsFailure::unrecognised(READ_MODEL, 200).into()),
        arn => Ok(arn.to_owned()),
    }
}

fn progress(throughput: &Throughput) -> Progress {
    let status = throughput.status();
    match status {
        Status::InService if throughput.model_arn() == throughput.desired_model_arn() => Progress::Settled,
        Status::InService => Progress::Moving("InService, model on its way".to_owned()),
        Status::Failed => failed(status.as_str(), throughput.failure_message()),
        // Creating, Updating, and whatever AWS adds. Whether AWS takes an update now is not documented; waiting is safe.
        _ => Progress::Busy(status.as_str().to_owned()),
    }
}

fn failed(status: &str, reason: Option<&str>) -> Progress {
    let reason = reason.filter(|reason| !reason.is_empty()).unwrap_or("AWS gives no reason");
    Progress::Failed(format!("{status}: {}", reason.trim_end_matches('.')))
}

/// A page of the Provisioned Throughputs.
pub(super) async fn throughputs(scope: &Scope, token: Option<String>) -> Result<Page<Listed>, Error> {
    const OPERATION: &str = "ListProvisionedModelThroughputs";
    let call = scope.bedrock().list_provisioned_model_throughputs().max_results(LONGEST_PAGE);
    let page = call.set_next_token(token).send().await.map_err(|error| aws::failure(OPERATION, error))?;
    aws::answered(OPERATION, &page)?;
    let throughputs = page.provisioned_model_summaries.unwrap_or_default();
    let names = throughputs.iter().filter_map(|throughput| {
        listed(Some(throughput.provisioned_model_name()), Some(throughput.provisioned_model_arn()))
    });
    Ok((names.collect(), page.next_token))
}

/// A page of the deployments of custom models.
pub(super) async fn deployments(scope: &Scope, token: Option<String>) -> Result<Page<Listed>, Error> {
    const OPERATION: &str = "ListCustomModelDeployments";
    let call = scope.bedrock().list_custom_model_deployments().max_results(LONGEST_PAGE);
    let page = call.set_next_token(token).send().await.map_err(|error| aws::failure(OPERATION, error))?;
    aws::answered(OPERATION, &page)?;
    let deployments = page.model_deployment_summaries.unwrap_or_default();
    let names = deployments.iter().filter_map(|deployment| {
        listed(Some(deployment.custom_model_deployment_name()), Some(deployment.custom_model_deployment_arn()))
    });
    Ok((names.collect(), page.next_token))
}

/// The tags of one.
pub(super) async fn tags(scope: &Scope, arn: &str) -> Result<Vec<(String, String)>, Error> {
    let call = scope.bedrock().list_tags_for_resource().resource_arn(arn).send();
    let output = call.await.map_err(|error| aws::failure("ListTagsForResource", error))?;
    aws::answered("ListTagsForResource", &output)?;
    Ok(output.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
}
