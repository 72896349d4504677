//! `bedrock:UpdateProvisionedModelThroughput`: the name or the custom model of a Provisioned Throughput.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_UpdateProvisionedModelThroughput.html>

use std::time::Duration;

use aws_sdk_bedrock::operation::get_provisioned_model_throughput::GetProvisionedModelThroughputOutput as Throughput;
use aws_sdk_bedrock::types::ProvisionedModelStatus as Status;
use chrono::{DateTime, Utc};
use deserr::{Deserr, ValuePointerRef};
use serde_json::{Value, json};

use super::{Action, Permission, Progress};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::{AwsAnswer, AwsFailure, Error, Kind};
use crate::plan::{Field, FieldValue, Plan, Target};
use crate::spelling::arn::{is_account, is_partition, is_region};
use crate::spelling::problem::{Problems, unknown_member, wrong};
use crate::spelling::shell::quoted;

/// The documented request.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields = unknown, validate = asks_for_something -> Problems)]
pub struct UpdateProvisionedModelThroughput {
    #[deserr(rename = "provisionedModelId")]
    id: ProvisionedModelId,
    #[deserr(default, rename = "desiredProvisionedModelName")]
    desired_name: Option<ProvisionedModelName>,
    #[deserr(default, rename = "desiredModelId")]
    desired_model: Option<ModelId>,
}

/// A Provisioned Throughput's name or ARN.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = ProvisionedModelId::parse -> String)]
struct ProvisionedModelId(String);

impl ProvisionedModelId {
    fn parse(text: String) -> Result<Self, String> {
        if let Some(arn) = text.strip_prefix("arn:") {
            let parts: Vec<&str> = arn.splitn(5, ':').collect();
            let id = match parts.as_slice() {
                [partition, "bedrock", region, account, resource]
                    if is_partition(partition) && is_region(region) && is_account(account) =>
                {
                    resource.strip_prefix("provisioned-model/")
                }
                _ => None,
            };
            let is_id = |id: &str| id.len() == 12 && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            return match id {
                Some(id) if is_id(id) => Ok(Self(text)),
                _ => Err("is not the ARN of a Provisioned Throughput, such as \
                          arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456"
                    .to_owned()),
            };
        }
        if is_name(&text) { Ok(Self(text)) } else { Err(format!("must be a name or an ARN; {NAME_RULE}")) }
    }

    fn is_arn(&self) -> bool {
        self.0.starts_with("arn:")
    }

    /// The name, or the id at the end of the ARN.
    fn last_part(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

/// The name of a Provisioned Throughput: 1 to 63 characters.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = ProvisionedModelName::parse -> String)]
struct ProvisionedModelName(String);

impl ProvisionedModelName {
    fn parse(text: String) -> Result<Self, String> {
        if is_name(&text) && text.len() <= 63 {
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

/// A model by ARN, or a foundation model by id.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = ModelId::parse -> String)]
struct ModelId(String);

impl ModelId {
    fn parse(text: String) -> Result<Self, String> {
        let model_arn = text.starts_with("arn:aws")
            && text.contains(":bedrock:")
            && (text.contains(":custom-model/") || text.contains(":foundation-model/"));
        let provider = text.split_once('.').is_some_and(|(provider, model)| !provider.is_empty() && !model.is_empty());
        if text.len() > 2048 || text.bytes().any(|b| b.is_ascii_whitespace()) || text.is_empty() {
            Err("must be a model's ARN, of 2048 characters at most and without spaces".to_owned())
        } else if model_arn || (provider && !text.starts_with("arn:")) {
            Ok(Self(text))
        } else if text.starts_with("arn:") {
            Err("is not the ARN of a custom-model or foundation-model of Bedrock".to_owned())
        } else {
            let remedy = "aws bedrock get-custom-model --model-identifier NAME shows it";
            Err(format!(
                "must be the model's ARN: AWS answers with ARNs, so a name could not be proved to have arrived; {remedy}"
            ))
        }
    }

    /// True when `arn` is this model's.
    fn is(&self, arn: &str) -> bool {
        arn == self.0 || arn.split_once(":foundation-model/").is_some_and(|(_, id)| id == self.0)
    }
}

fn unknown(key: &str, accepted: &[&str], location: ValuePointerRef<'_>) -> Problems {
    let message = match key {
        "desiredModelUnits" | "modelUnits" => "cannot be changed by this operation, nor by any other: to change the size, \
                                               create a Provisioned Throughput with the new modelUnits and delete this one"
            .to_owned(),
        key => unknown_member(key, accepted),
    };
    wrong(location.push_key(key), message)
}

fn asks_for_something(
    input: UpdateProvisionedModelThroughput,
    location: ValuePointerRef<'_>,
) -> Result<UpdateProvisionedModelThroughput, Problems> {
    match input {
        UpdateProvisionedModelThroughput { desired_name: None, desired_model: None, .. } => {
            Err(wrong(location, "asks for nothing; give desiredProvisionedModelName, desiredModelId or both"))
        }
        input => Ok(input),
    }
}

impl Action for UpdateProvisionedModelThroughput {
    const NAME: &'static str = "bedrock:UpdateProvisionedModelThroughput";
    const BOTO3: &'static str = "update_provisioned_model_throughput";
    const READ: &'static str = "GetProvisionedModelThroughput";
    const WRITE: &'static str = "UpdateProvisionedModelThroughput";
    const PERMISSIONS: &'static [Permission] = &[
        Permission { action: "bedrock:GetProvisionedModelThroughput", resources: &["ACCOUNT:provisioned-model/NAME"] },
        Permission {
            action: "bedrock:UpdateProvisionedModelThroughput",
            resources: &["ACCOUNT:provisioned-model/NAME", "ACCOUNT:custom-model/NAME", ":foundation-model/NAME"],
        },
    ];
    const POLL: Poll = Poll::new(Duration::from_secs(5), Duration::from_secs(30));

    type Observed = Throughput;
    type Resolved = UpdateProvisionedModelThroughput;

    fn target(&self) -> Target {
        Target::provisioned_model(self.id.last_part())
    }

    fn relative_member(&self) -> Option<String> {
        None
    }

    /// Reads by the name or ARN given. A name that is gone may have been changed by this very request before.
    async fn observe(&self, scope: &Scope) -> Result<Throughput, Error> {
        let lost = match read(scope, &self.id.0).await {
            Err(error) if error.kind() == Kind::NotFound && !self.id.is_arn() => error,
            answer => return answer,
        };
        let Some(new_name) = &self.desired_name else {
            return Err(lost);
        };
        match read(scope, &new_name.0).await {
            // Another model under that name is another Provisioned Throughput, not this one renamed.
            Ok(renamed) if self.desired_model.as_ref().is_none_or(|model| model.is(renamed.desired_model_arn())) => {
                Ok(renamed)
            }
            Ok(_) => Err(lost),
            Err(error) if error.kind() == Kind::NotFound => Err(lost),
            Err(error) => Err(error),
        }
    }

    fn resolve(&self, _: &Throughput) -> Result<Self, Problems> {
        Ok(self.clone())
    }

    fn plan(&self, resolved: &Self, throughput: &Throughput) -> Plan {
        let target = Target::provisioned_model(throughput.provisioned_model_name());
        let text = |text: &str| FieldValue::Text(text.to_owned());
        let field = |name, from: &str, to| Field { target: target.clone(), name, from: text(from), to, asked: None };
        let name = resolved
            .desired_name
            .as_ref()
            .map(|name| field("desiredProvisionedModelName", throughput.provisioned_model_name(), text(&name.0)));
        let model = resolved.desired_model.as_ref().map(|model| {
            let now = throughput.desired_model_arn();
            field("desiredModelId", now, text(if model.is(now) { now } else { &model.0 }))
        });
        // The same model again is a new attempt: what failed is not what was asked for.
        let attempt = (model.is_some() && has_failed(throughput)).then(|| Field {
            target: target.clone(),
            name: "status",
            from: FieldValue::Status("Failed"),
            to: FieldValue::Status("InService"),
            asked: None,
        });
        Plan { target: target.clone(), fields: name.into_iter().chain(model).chain(attempt).collect() }
    }

    fn narrow(resolved: &Self, throughput: &Throughput) -> Self {
        let new_name = |name: &ProvisionedModelName| name.0 != throughput.provisioned_model_name();
        let new_model = |model: &ModelId| !model.is(throughput.desired_model_arn()) || has_failed(throughput);
        Self {
            id: resolved.id.clone(),
            desired_name: resolved.desired_name.clone().filter(new_name),
            desired_model: resolved.desired_model.clone().filter(new_model),
        }
    }

    fn progress(&self, throughput: &Throughput) -> Progress {
        let status = throughput.status();
        match status {
            Status::InService if throughput.model_arn() == throughput.desired_model_arn() => Progress::Settled,
            Status::InService => Progress::Moving("InService, model on its way".to_owned()),
            Status::Failed => {
                let reason = throughput.failure_message().unwrap_or("AWS gives no reason");
                Progress::Failed(format!("Failed: {}", reason.trim_end_matches('.')))
            }
            // Creating, Updating, and whatever AWS adds. Whether AWS takes an update now is not documented; waiting is safe.
            _ => Progress::Busy(status.as_str().to_owned()),
        }
    }

    fn modified(throughput: &Throughput) -> Option<DateTime<Utc>> {
        aws::to_utc(throughput.last_modified_time())
    }

    async fn submit(scope: &Scope, resolved: &Self) -> Result<Value, Error> {
        let call = scope
            .bedrock()
            .update_provisioned_model_throughput()
            .provisioned_model_id(&resolved.id.0)
            .set_desired_provisioned_model_name(resolved.desired_name.as_ref().map(|name| name.0.clone()))
            .set_desired_model_id(resolved.desired_model.as_ref().map(|model| model.0.clone()))
            .send();
        call.await.map_err(|error| aws::failure(Self::WRITE, error))?;
        Ok(json!({}))
    }

    fn respond(_: &Throughput) -> Value {
        json!({})
    }

    fn write_command(resolved: &Self) -> String {
        let mut command = format!(
            "aws bedrock update-provisioned-model-throughput --provisioned-model-id {}",
            quoted(&resolved.id.0)
        );
        if let Some(name) = &resolved.desired_name {
            command += &format!(" --desired-provisioned-model-name {}", quoted(&name.0));
        }
        if let Some(model) = &resolved.desired_model {
            command += &format!(" --desired-model-id {}", quoted(&model.0));
        }
        command
    }

    fn read_command(&self) -> String {
        format!("aws bedrock get-provisioned-model-throughput --provisioned-model-id {}", quoted(&self.id.0))
    }
}

fn has_failed(throughput: &Throughput) -> bool {
    *throughput.status() == Status::Failed
}

async fn read(scope: &Scope, id: &str) -> Result<Throughput, Error> {
    let operation = UpdateProvisionedModelThroughput::READ;
    let call = scope.bedrock().get_provisioned_model_throughput().provisioned_model_id(id).send();
    match call.await {
        // Every answer of AWS's has the ARN; an empty body has none.
        Ok(output) if output.provisioned_model_arn().is_empty() => {
            Err(AwsFailure { operation, answer: AwsAnswer::Unrecognised { status: 200 } }.into())
        }
        answer => answer.map_err(|error| aws::failure(operation, error)),
    }
}
