//! `bedrock:UpdateProvisionedModelThroughput`: the name or the custom model of a Provisioned Throughput.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_UpdateProvisionedModelThroughput.html>

use std::time::Duration;

use deserr::{Deserr, ValuePointerRef};
use serde_json::{Value, json};

use super::{
    Id, MODEL, ModelId, NAME, ProvisionedModelName, READ, READ_MODEL_PERMISSION, READ_PERMISSION, TARGET, THROUGHPUT,
    after_region, is_unneeded, of_one_region, read, throughput_id,
};
use crate::action::{About, Action, Command, Permission, Subject, TargetKind};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::{Error, Kind};
use crate::guardrail::Cleared;
use crate::plan::FieldValue;
use crate::plan::ask::{Ask, Want};
use crate::plan::reading::Reading;
use crate::spelling::arn::Arn;
use crate::spelling::problem::{Problems, unknown_member, wrong};
use crate::spelling::shell::{option, quoted};

/// The documented request.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields = unknown, validate = consistent -> Problems)]
pub struct UpdateProvisionedModelThroughput {
    #[deserr(rename = "provisionedModelId", try_from(String) = throughput_id -> String)]
    id: Id,
    #[deserr(default, rename = "desiredProvisionedModelName")]
    desired_name: Option<ProvisionedModelName>,
    #[deserr(default, rename = "desiredModelId")]
    desired_model: Option<ModelId>,
}

fn unknown(key: &str, accepted: &[&str], location: ValuePointerRef<'_>) -> Problems {
    let message = match key {
        "desiredModelUnits" | "modelUnits" => {
            "cannot be changed by this operation, nor by any other: to change the size, \
                                               create a Provisioned Throughput with the new modelUnits \
                                               (bedrock:CreateProvisionedModelThroughput) and delete this one \
                                               (bedrock:DeleteProvisionedModelThroughput)"
                .to_owned()
        }
        key => unknown_member(key, accepted),
    };
    wrong(location.push_key(key), message)
}

/// It asks for something, and of one Region.
fn consistent(
    input: UpdateProvisionedModelThroughput,
    location: ValuePointerRef<'_>,
) -> Result<UpdateProvisionedModelThroughput, Problems> {
    if input.desired_name.is_none() && input.desired_model.is_none() {
        return Err(wrong(location, "asks for nothing; give desiredProvisionedModelName, desiredModelId or both"));
    }
    let own = input.id.arn().and_then(Arn::region);
    let of_model = input.desired_model.as_ref().and_then(ModelId::region);
    of_one_region(("provisionedModelId", "a throughput", own), (MODEL, of_model), location)?;
    Ok(input)
}

impl Action for UpdateProvisionedModelThroughput {
    const ABOUT: About = About {
        name: "bedrock:UpdateProvisionedModelThroughput",
        read: READ,
        target: TARGET,
        kind: Some(TargetKind::Throughput),
        named_by: "provisionedModelId",
        texts: &[NAME, MODEL],
        scalable: &[],
        together: false,
        permissions: &[
            READ_PERMISSION,
            READ_MODEL_PERMISSION,
            Permission {
                action: "bedrock:UpdateProvisionedModelThroughput",
                resources: &["ACCOUNT:provisioned-model/NAME", "ACCOUNT:custom-model/NAME", ":foundation-model/NAME"],
            },
        ],
        poll: Poll::new(Duration::from_secs(5), Duration::from_secs(30)),
    };

    /// In the Region of its ARN, or of the model's: they are in the same.
    fn subject(&self) -> Subject {
        let subject = self.id.subject(THROUGHPUT);
        let of_model = || self.desired_model.as_ref().and_then(ModelId::region).cloned();
        let new_name = self.desired_name.as_ref().map(|name| THROUGHPUT.target(&name.0));
        Subject { region: subject.region.clone().or_else(of_model), new_name, ..subject }
    }

    fn asks(&self) -> Vec<Ask> {
        let name = self.desired_name.as_ref().map(|name| Ask::whole(NAME, Want::Text(name.0.clone())));
        let model = self.desired_model.as_ref().map(|model| Ask::whole(MODEL, Want::Text(model.as_str().to_owned())));
        name.into_iter().chain(model).collect()
    }

    /// Reads by the name or ARN given. A name that is gone may have been changed by this very request before.
    async fn observe(&self, scope: &Scope) -> Result<Reading, Error> {
        let lost = match (read(scope, self.id.as_str()).await, &self.id) {
            (Err(error), Id::Name(_)) if error.kind() == Kind::NotFound => error,
            (answer, _) => return self.with_model(scope, answer?).await,
        };
        let Some(new_name) = &self.desired_name else {
            return Err(lost);
        };
        let renamed = match read(scope, &new_name.0).await {
            Ok(renamed) => self.with_model(scope, renamed).await?,
            Err(error) if error.kind() == Kind::NotFound => return Err(lost),
            Err(error) => return Err(error),
        };
        // Another model under that name is another Provisioned Throughput, not this one renamed.
        match self.has_its_model(&renamed) {
            true => Ok(Reading { renamed_from: Some(self.subject().target), ..renamed }),
            false => Err(lost),
        }
    }

    async fn submit(&self, scope: &Scope, cleared: &Cleared) -> Result<Value, Error> {
        let call = scope
            .bedrock()
            .update_provisioned_model_throughput()
            .provisioned_model_id(self.id.as_read(cleared))
            .set_desired_provisioned_model_name(cleared.text(NAME).map(str::to_owned))
            .set_desired_model_id(cleared.text(MODEL).map(str::to_owned))
            .send();
        let output = call.await.map_err(|error| aws::failure(Self::ABOUT.write(), error))?;
        aws::answered(Self::ABOUT.write(), &output)?;
        Ok(json!({}))
    }

    /// A throughput has an id in its ARN, which its name does not tell; and a custom model one, which is read where it is
    /// asked for by name. AWS lists all three kinds of resources for the update, whatever it changes.
    fn resources(&self, permission: &Permission) -> Vec<String> {
        if is_unneeded(permission, self.desired_model.as_ref()) {
            return Vec::new();
        }
        let throughput = self.id.arn().map(after_region);
        let model = self.desired_model.as_ref().and_then(ModelId::after_region);
        permission.on(&throughput.into_iter().chain(model).collect::<Vec<_>>())
    }

    fn command(&self, of: Command<'_>) -> String {
        let command =
            |operation, id| format!("{} --provisioned-model-id {}", Self::ABOUT.command(operation), quoted(id));
        match of {
            Command::Read => command(READ, self.id.as_str()),
            Command::Write(cleared) => {
                let name = option("desired-provisioned-model-name", cleared.text(NAME));
                let model = option("desired-model-id", cleared.text(MODEL));
                command(Self::ABOUT.write(), self.id.as_read(cleared)) + &name + &model
            }
        }
    }
}

impl UpdateProvisionedModelThroughput {
    /// What was read, with the ARN of the model where the request has its name only. One that was made since the event may be
    /// meant to get another name, and never another model.
    async fn with_model(&self, scope: &Scope, reading: Reading) -> Result<Reading, Error> {
        match &self.desired_model {
            Some(model) => model.named_in(scope, reading).await,
            None => Ok(Reading { created: None, ..reading }),
        }
    }

    /// True when nothing but the name says that this is another Provisioned Throughput.
    fn has_its_model(&self, reading: &Reading) -> bool {
        let model = self.desired_model.as_ref().map(|model| FieldValue::Text(reading.meant(model.as_str()).to_owned()));
        let held = reading.value(None, MODEL);
        model.is_none_or(|model| held.is_some_and(|held| held.is_same(&model)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::Identity;
    use crate::spelling::arn::{Account, Region};

    fn subject(input: serde_json::Value) -> Subject {
        deserr::deserialize::<UpdateProvisionedModelThroughput, _, Problems>(input).unwrap().subject()
    }

    #[test]
    fn a_throughput_is_where_its_arn_says_and_else_where_its_model_is() {
        let (own, name) = (THROUGHPUT.target("bot"), THROUGHPUT.target("bot-2"));
        let named = json!({"provisionedModelId": "bot", "desiredProvisionedModelName": "bot-2",
            "desiredModelId": "arn:aws:bedrock:eu-central-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/abcdef123456"});
        let region = Some(Region::own("eu-central-1"));
        let identity = Identity::UntilRenamed;
        assert_eq!(subject(named), Subject { identity, region, new_name: Some(name.clone()), ..Subject::named(own) });
        let by_arn = json!({"desiredProvisionedModelName": "bot-2",
            "provisionedModelId": "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456"});
        let expected = Subject {
            target: THROUGHPUT.target("abcdef123456"),
            identity: Identity::Unknown,
            region: Some(Region::own("us-east-1")),
            account: Account::parse("123456789012".to_owned()).ok(),
            new_name: Some(name),
        };
        assert_eq!(subject(by_arn), expected);
    }
}
