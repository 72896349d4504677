//! `bedrock:CreateProvisionedModelThroughput`: model units, bought under a name.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateProvisionedModelThroughput.html>

use std::time::Duration;

use aws_sdk_bedrock::operation::get_provisioned_model_throughput::GetProvisionedModelThroughputOutput as Throughput;
use aws_sdk_bedrock::types::CommitmentDuration;
use chrono::{DateTime, Utc};
use deserr::{Deserr, IntoValue, Value as Written, ValuePointerRef};
use serde_json::{Value, json};

use super::{
    ModelId, ProvisionedModelName, READ, READ_MODEL_PERMISSION, READ_PERMISSION, TARGET, THROUGHPUT, describe_if_any,
    is_unneeded, progress,
};
use crate::action::{About, Action, Command, Permission, Subject};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::{AwsFailure, Error};
use crate::guardrail::{COMMITMENT_DURATION, Cleared, Commitment, MODEL_UNITS};
use crate::plan::ask::{Ask, LARGEST, Want, Within};
use crate::plan::reading::{Progress, Reading};
use crate::plan::{Field, FieldValue, Plan, Promise};
use crate::spelling::problem::{Problem, Problems, unknown_member, wrong};
use crate::spelling::shell::{option, quoted};

/// The documented request, but for the token, which is made from the event.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields = unknown)]
pub struct CreateProvisionedModelThroughput {
    #[deserr(rename = "modelUnits")]
    units: Units,
    #[deserr(rename = "provisionedModelName")]
    name: ProvisionedModelName,
    #[deserr(rename = "modelId")]
    model: ModelId,
    #[deserr(default, rename = "commitmentDuration")]
    commitment: Option<Commitment>,
    #[deserr(default)]
    tags: Tags,
}

/// Model units: 1 or more.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Units(Within<1, LARGEST>);

impl Deserr<Problems> for Units {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        const PLAIN: &str = "must be a plain number: what is created starts from none";
        if matches!(value, Written::Map(_)) {
            return Err(wrong(location, PLAIN));
        }
        let units: Within<1, LARGEST> = Within::deserialize_from_value(value, location)?;
        units.exact().map(|_| Self(units)).ok_or_else(|| wrong(location, PLAIN))
    }
}

/// What it is tagged with from the start; 200 tags at most.
#[derive(Clone, Debug, Default, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(Vec<Tag>) = Tags::within -> String)]
struct Tags(Vec<Tag>);

#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields)]
struct Tag {
    key: TagText<1, 128>,
    value: TagText<0, 256>,
}

#[derive(Clone, Debug, PartialEq)]
struct TagText<const LEAST: usize, const MOST: usize>(String);

const MOST_TAGS: usize = 200;

impl Tags {
    fn within(tags: Vec<Tag>) -> Result<Self, String> {
        match tags.len() {
            0..=MOST_TAGS => Ok(Self(tags)),
            many => Err(format!("has {many} tags, and AWS takes {MOST_TAGS} at most")),
        }
    }
}

impl<const LEAST: usize, const MOST: usize> Deserr<Problems> for TagText<LEAST, MOST> {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        let text = String::deserialize_from_value(value, location)?;
        let taken = |b: u8| b.is_ascii_alphanumeric() || b" \t\n\x0b\x0c\r._:/=+@-".contains(&b);
        match (LEAST..=MOST).contains(&text.len()) && text.bytes().all(taken) {
            true => Ok(Self(text)),
            false => Err(wrong(
                location,
                format!("must have {LEAST} to {MOST} characters: letters, digits, white space and any of ._:/=+@-"),
            )),
        }
    }
}

const NAME: &str = "provisionedModelName";
const MODEL: &str = "modelId";

fn unknown(key: &str, accepted: &[&str], location: ValuePointerRef<'_>) -> Problems {
    let message = match key {
        "clientRequestToken" => {
            "is made from the event, so that an event that comes again buys nothing more; remove it"
        }
        key => return wrong(location.push_key(key), unknown_member(key, accepted)),
    };
    wrong(location.push_key(key), message)
}

impl Action for CreateProvisionedModelThroughput {
    const ABOUT: About = About {
        name: "bedrock:CreateProvisionedModelThroughput",
        read: READ,
        target: TARGET,
        kind: None,
        named_by: "provisionedModelName",
        texts: &[MODEL],
        scalable: &[],
        together: true,
        permissions: &[
            READ_PERMISSION,
            READ_MODEL_PERMISSION,
            Permission {
                action: "bedrock:CreateProvisionedModelThroughput",
                resources: &["ACCOUNT:custom-model/NAME", ":foundation-model/NAME"],
            },
        ],
        // Others wait up to ten minutes for one.
        poll: Poll::new(Duration::from_secs(5), Duration::from_secs(30)),
    };

    /// By its name, which it has before it is there; in the Region of the model's ARN.
    fn subject(&self) -> Subject {
        Subject { region: self.model.region().cloned(), ..Subject::named(THROUGHPUT.target(&self.name.0)) }
    }

    fn asks(&self) -> Vec<Ask> {
        let model = Want::Text(self.model.as_str().to_owned());
        let term = self.commitment.map(|term| Ask::whole(COMMITMENT_DURATION, Want::Text(term.as_str().to_owned())));
        [Ask::whole(MODEL_UNITS, self.units.0.want()), Ask::whole(MODEL, model)].into_iter().chain(term).collect()
    }

    /// That there is none of the name is what is to be changed.
    async fn observe(&self, scope: &Scope) -> Result<Reading, Error> {
        let reading = match describe_if_any(scope, &self.name.0).await? {
            Some(throughput) => self.reading(&throughput),
            None => self.nothing(),
        };
        self.model.named_in(scope, reading).await
    }

    /// What is there under the name is what was asked for, or another's: nothing makes the one of the other.
    fn object(&self, plan: &Plan, reading: &Reading, _: DateTime<Utc>) -> Vec<Problem> {
        let is_there = reading.value(None, MODEL_UNITS).is_some_and(|units| *units != FieldValue::Count(0));
        let asks_for_nothing = plan.fields.iter().all(|field| field.promise == Promise::Nothing);
        if !is_there || asks_for_nothing {
            return Vec::new();
        }
        if let Progress::Failed(reason) = &reading.progress {
            let message = format!(
                "is the name of one that failed ({reason}); delete it (bedrock:DeleteProvisionedModelThroughput), and then \
                 create it again with a new event: AWS takes this one for the purchase that it knows"
            );
            return vec![Problem { path: format!("input.{NAME}"), message }];
        }
        plan.changes().map(|field| self.stands_against(field)).collect()
    }

    async fn submit(&self, scope: &Scope, cleared: &Cleared) -> Result<Value, Error> {
        let tag = |tag: &Tag| {
            let tag = aws_sdk_bedrock::types::Tag::builder().key(&tag.key.0).value(&tag.value.0).build();
            tag.unwrap_or_else(|_| unreachable!("both members are set"))
        };
        let tags: Vec<_> = self.tags.0.iter().map(tag).collect();
        let call = scope
            .bedrock()
            .create_provisioned_model_throughput()
            .client_request_token(self.token(cleared))
            .set_model_units(cleared.count(MODEL_UNITS))
            .provisioned_model_name(&self.name.0)
            .set_model_id(cleared.text(MODEL).map(str::to_owned))
            .set_commitment_duration(cleared.text(COMMITMENT_DURATION).map(CommitmentDuration::from))
            .set_tags(Some(tags).filter(|tags| !tags.is_empty()))
            .send();
        let operation = Self::ABOUT.write();
        let output = call.await.map_err(|error| aws::failure(operation, error))?;
        match output.provisioned_model_arn() {
            "" => Err(AwsFailure::unrecognised(operation, 201).into()),
            arn => Ok(response(arn)),
        }
    }

    /// What is bought has an id that nobody knows yet; AWS lists both kinds of models.
    fn resources(&self, permission: &Permission) -> Vec<String> {
        if is_unneeded(permission, Some(&self.model)) {
            return Vec::new();
        }
        permission.on(&self.model.after_region().into_iter().collect::<Vec<_>>())
    }

    fn command(&self, of: Command<'_>) -> String {
        match of {
            Command::Read => {
                format!("{} --provisioned-model-id {}", Self::ABOUT.command(READ), quoted(&self.name.0))
            }
            Command::Write(cleared) => {
                let units = cleared.count(MODEL_UNITS).map_or_else(String::new, |units| units.to_string());
                let tag = |tag: &Tag| json!({"key": tag.key.0, "value": tag.value.0});
                let tags = Value::from_iter(self.tags.0.iter().map(tag)).to_string();
                [
                    Self::ABOUT.command(Self::ABOUT.write()),
                    option("client-request-token", Some(&self.token(cleared))),
                    option("model-units", Some(&units)),
                    option("provisioned-model-name", Some(&self.name.0)),
                    option("model-id", cleared.text(MODEL)),
                    option("commitment-duration", cleared.text(COMMITMENT_DURATION)),
                    option("tags", Some(tags.as_str()).filter(|_| !self.tags.0.is_empty())),
                ]
                .concat()
            }
        }
    }
}

impl CreateProvisionedModelThroughput {
    /// Nothing, of which there may be some.
    fn nothing(&self) -> Reading {
        let mut fields = vec![(MODEL_UNITS, FieldValue::Count(0)), (MODEL, FieldValue::Absent)];
        fields.push((COMMITMENT_DURATION, FieldValue::Absent));
        Reading { fields, ..Reading::of(THROUGHPUT.target(&self.name.0), json!({})) }
    }

    fn reading(&self, throughput: &Throughput) -> Reading {
        let text = |text: &str| FieldValue::Text(text.to_owned());
        let term = throughput.commitment_duration().map_or(FieldValue::Absent, |term| text(term.as_str()));
        Reading {
            fields: vec![
                (MODEL_UNITS, FieldValue::Count(throughput.desired_model_units().into())),
                (MODEL, text(throughput.desired_model_arn())),
                (COMMITMENT_DURATION, term),
            ],
            progress: match progress(throughput) {
                // What is there is not written to, so nothing of it has to be waited for.
                Progress::Busy(status) => Progress::Moving(status),
                progress => progress,
            },
            modified: aws::to_utc(throughput.last_modified_time()),
            ..Reading::of(THROUGHPUT.target(&self.name.0), response(throughput.provisioned_model_arn()))
        }
    }

    fn stands_against(&self, Field { name, from, to, .. }: &Field) -> Problem {
        let own = &self.name.0;
        let message = match *name {
            MODEL_UNITS => format!(
                "is {to}, and {own} is there with {from}: no operation changes the size. Create one of another {NAME} with {to}, \
                 and delete {own} (bedrock:DeleteProvisionedModelThroughput) once that one serves"
            ),
            MODEL => format!(
                "is {to}, and {own} is there with {from}: bedrock:UpdateProvisionedModelThroughput gives one that is there \
                 another model"
            ),
            _ => format!(
                "is {to}, and {own} is there with {from}: no operation changes it. Create one of another {NAME}"
            ),
        };
        Problem { path: format!("input.{name}"), message }
    }

    /// The same for the same event and name, whenever it comes; what makes events differ stands at the end of their ids.
    ///
    /// AWS's pattern is `[a-zA-Z0-9](-*[a-zA-Z0-9])*`, of 256 characters at most.
    fn token(&self, cleared: &Cleared) -> String {
        let letter = |b: char| if b.is_ascii_alphanumeric() { b } else { '-' };
        let token: String = format!("{}-{}", self.name.0, cleared.event()).chars().map(letter).collect();
        let token = token.trim_end_matches('-');
        token[token.len().saturating_sub(LONGEST_TOKEN)..].trim_start_matches('-').to_owned()
    }
}

const LONGEST_TOKEN: usize = 256;

fn response(arn: &str) -> Value {
    json!({"provisionedModelArn": arn})
}
