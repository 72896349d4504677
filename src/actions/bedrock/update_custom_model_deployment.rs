//! `bedrock:UpdateCustomModelDeployment`: the custom model behind a deployment for on-demand inference.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_UpdateCustomModelDeployment.html>

use std::time::Duration;

use aws_sdk_bedrock::operation::get_custom_model_deployment::GetCustomModelDeploymentOutput as Deployment;
use aws_sdk_bedrock::types::{
    CustomModelDeploymentStatus as Status, CustomModelDeploymentUpdateDetails as Update,
    CustomModelDeploymentUpdateStatus as UpdateStatus,
};
use deserr::{Deserr, ValuePointerRef};
use serde_json::{Value, json};

use super::{
    ID_LENGTH, Id, Kind, LONGEST_NAME, after_region, custom_model_base, failed, is_in_one_of, is_long_word, is_word,
    of_one_region, with_suffixes,
};
use crate::action::{About, Action, Command, Permission, Subject, TargetKind};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::{AwsFailure, Error};
use crate::guardrail::Cleared;
use crate::plan::FieldValue;
use crate::plan::ask::{Ask, Want};
use crate::plan::reading::{FailedChange, Progress, Reading};
use crate::spelling::arn::Arn;
use crate::spelling::problem::{Problems, unknown_member, wrong};
use crate::spelling::shape::{Piece, Shape, Word};
use crate::spelling::shell::quoted;

/// The documented request.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields = unknown, validate = consistent -> Problems)]
pub struct UpdateCustomModelDeployment {
    #[deserr(rename = "customModelDeploymentIdentifier", try_from(String) = deployment_id -> String)]
    id: Id,
    #[deserr(rename = "modelArn")]
    model: CustomModelArn,
}

/// The ARN of a custom model, in the one way that this operation takes.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = CustomModelArn::parse -> String)]
struct CustomModelArn(Arn);

impl CustomModelArn {
    fn parse(text: String) -> Result<Self, String> {
        Arn::parse(&text).filter(is_deployable).map(Self).ok_or_else(|| {
            "is not the ARN of a custom-model of Bedrock, such as \
             arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdef123456; this operation \
             takes nothing else"
                .to_owned()
        })
    }
}

const READ: &str = "GetCustomModelDeployment";
const DEPLOYMENT: Kind =
    Kind { word: "custom-model-deployment", one: "a custom model deployment", partitions: Some(&PARTITIONS) };
/// Those that stand in the operation's patterns; others of Bedrock's take any.
const PARTITIONS: [&str; 5] = ["aws", "aws-us-gov", "aws-cn", "aws-iso", "aws-iso-b"];
/// How deployments are named.
const TARGET: Shape = Shape(&[
    Piece::Text("bedrock:custom-model-deployment/"),
    Piece::Word(Word { id_length: Some(ID_LENGTH), ..Word::name("NAME", "-_", LONGEST_NAME) }),
]);
const LONGEST_ID: usize = 93;
const ID: &str = "customModelDeploymentIdentifier";
const MODEL: &str = "modelArn";

/// A name or ARN. AWS's pattern counts letters and digits up to 63, and what stands between them apart.
fn deployment_id(text: String) -> Result<Id, String> {
    let letters = |name: &str| name.bytes().filter(u8::is_ascii_alphanumeric).count();
    match Id::parse(text, DEPLOYMENT)? {
        Id::Name(name) if name.len() > LONGEST_ID || letters(&name) > LONGEST_NAME => {
            Err("must be an ARN, or a name of 93 characters at most, of which 63 are letters and digits".to_owned())
        }
        id => Ok(id),
    }
}

fn unknown(key: &str, accepted: &[&str], location: ValuePointerRef<'_>) -> Problems {
    let message = match key {
        "desiredModelId" | "modelId" => {
            "there is no such member; a deployment's model goes into `modelArn`, by its ARN".to_owned()
        }
        key => unknown_member(key, accepted),
    };
    wrong(location.push_key(key), message)
}

/// Deployment and model are in one Region.
fn consistent(
    input: UpdateCustomModelDeployment,
    location: ValuePointerRef<'_>,
) -> Result<UpdateCustomModelDeployment, Problems> {
    let own = input.id.arn().and_then(Arn::region);
    of_one_region((ID, "a deployment", own), (MODEL, input.model.0.region()), location)?;
    Ok(input)
}

impl Action for UpdateCustomModelDeployment {
    const ABOUT: About = About {
        name: "bedrock:UpdateCustomModelDeployment",
        read: READ,
        target: TARGET,
        kind: Some(TargetKind::Deployment),
        named_by: "customModelDeploymentIdentifier",
        texts: &[MODEL],
        scalable: &[],
        together: false,
        permissions: &[
            Permission {
                action: "bedrock:GetCustomModelDeployment",
                resources: &["ACCOUNT:custom-model-deployment/NAME"],
            },
            Permission {
                action: "bedrock:UpdateCustomModelDeployment",
                resources: &["ACCOUNT:custom-model-deployment/NAME", "ACCOUNT:custom-model/NAME"],
            },
        ],
        poll: Poll::new(Duration::from_secs(5), Duration::from_secs(30)),
    };

    /// In the Region of the model's ARN, which is that of its own.
    fn subject(&self) -> Subject {
        Subject { region: self.model.0.region().cloned(), ..self.id.subject(DEPLOYMENT) }
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask::whole(MODEL, Want::Text(self.model.0.as_str().to_owned()))]
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading, Error> {
        let call =
            scope.bedrock().get_custom_model_deployment().custom_model_deployment_identifier(self.id.as_str()).send();
        let deployment = call.await.map_err(|error| aws::failure(READ, error))?;
        let response = response(READ, 200, deployment.custom_model_deployment_arn())?;
        Ok(Reading {
            fields: vec![(MODEL, FieldValue::Text(desired_model(&deployment).to_owned()))],
            lasting: DEPLOYMENT.lasting(deployment.custom_model_deployment_arn()),
            progress: progress(&deployment),
            modified: deployment.last_updated_at().and_then(aws::to_utc),
            failed: failed_change(&deployment),
            failure: deployment.failure_message().filter(|reason| !reason.is_empty()).map(str::to_owned),
            ..Reading::of(DEPLOYMENT.target(deployment.model_deployment_name()), response)
        })
    }

    async fn submit(&self, scope: &Scope, cleared: &Cleared) -> Result<Value, Error> {
        let call = scope
            .bedrock()
            .update_custom_model_deployment()
            .custom_model_deployment_identifier(self.id.as_str())
            .set_model_arn(cleared.text(MODEL).map(str::to_owned))
            .send();
        let operation = Self::ABOUT.write();
        let output = call.await.map_err(|error| aws::failure(operation, error))?;
        response(operation, 202, output.custom_model_deployment_arn())
    }

    /// A deployment has an id in its ARN, which its name does not tell. AWS lists the model for the update too.
    fn resources(&self, permission: &Permission) -> Vec<String> {
        let deployment = self.id.arn().map(after_region);
        permission.on(&deployment.into_iter().chain([after_region(&self.model.0)]).collect::<Vec<_>>())
    }

    fn command(&self, of: Command<'_>) -> String {
        let command = |operation| {
            let id = quoted(self.id.as_str());
            format!("{} --custom-model-deployment-identifier {id}", Self::ABOUT.command(operation))
        };
        match of {
            Command::Read => command(READ),
            Command::Write(cleared) => {
                let model = cleared.text(MODEL).map(quoted).unwrap_or_default();
                format!("{} --model-arn {model}", command(Self::ABOUT.write()))
            }
        }
    }
}

/// `custom-model/BASE/ID`, where this operation's pattern takes more words in a model's name than others of Bedrock's, and
/// no suffixes behind `imported`.
fn is_deployable(arn: &Arn) -> bool {
    let is_base = |base: &str| {
        let (model, suffixes) = with_suffixes(base);
        let words: Vec<&str> = model.split('.').collect();
        let is_named = matches!(words.as_slice(), [provider, first, others @ ..]
            if is_word(provider) && is_long_word(first) && others.len() <= 2 && others.iter().all(|word| is_word(word)));
        base == "imported" || (suffixes && is_named)
    };
    let whole = arn.service() == "bedrock" && arn.region().is_some() && is_in_one_of(&PARTITIONS, arn);
    whole && custom_model_base(arn).is_some_and(is_base)
}

/// The documented response. Every answer of AWS's has the ARN; an empty body has none.
fn response(operation: &'static str, status: u16, arn: &str) -> Result<Value, Error> {
    match arn {
        "" => Err(AwsFailure::unrecognised(operation, status).into()),
        arn => Ok(json!({"customModelDeploymentArn": arn})),
    }
}

/// What the last update asked for, whether it is under way, done or failed; without an update, what is deployed.
fn desired_model(deployment: &Deployment) -> &str {
    deployment.update_details().map_or(deployment.model_arn(), Update::model_arn)
}

fn update_status(deployment: &Deployment) -> Option<&UpdateStatus> {
    deployment.update_details().map(Update::update_status)
}

/// The same model again is a new attempt: what failed is not what was asked for.
fn failed_change(deployment: &Deployment) -> Option<FailedChange> {
    let change = |status, from, to| FailedChange { member: MODEL, status, from, to };
    match (deployment.status(), update_status(deployment)) {
        (Status::Failed, _) => Some(change("status", "Failed", "Active")),
        (_, Some(UpdateStatus::UpdateFailed)) => {
            Some(change("updateDetails.updateStatus", "UpdateFailed", "UpdateCompleted"))
        }
        _ => None,
    }
}

fn progress(deployment: &Deployment) -> Progress {
    let status = deployment.status();
    match (status, update_status(deployment)) {
        (Status::Active, None | Some(UpdateStatus::UpdateCompleted)) => Progress::Settled,
        (Status::Active, Some(update @ UpdateStatus::UpdateFailed)) => {
            failed(update.as_str(), deployment.failure_message())
        }
        // Whether AWS takes another update now is not documented; waiting is safe.
        (Status::Active, Some(update)) => Progress::Busy(update.as_str().to_owned()),
        (Status::Failed, _) => failed(status.as_str(), deployment.failure_message()),
        // Creating, and whatever AWS adds.
        _ => Progress::Busy(status.as_str().to_owned()),
    }
}
