//! `bedrock:DeleteProvisionedModelThroughput`: the end of a Provisioned Throughput, and of what it costs.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_DeleteProvisionedModelThroughput.html>

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use deserr::{Deserr, ValuePointerRef};
use serde_json::{Value, json};

use super::{
    Id, READ, READ_PERMISSION, TARGET, THROUGHPUT, after_region, describe_if_any, name_of, progress, throughput_id,
};
use crate::action::{About, Action, Command, Permission, Subject, TargetKind};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::Error;
use crate::guardrail::{Cleared, MODEL_UNITS};
use crate::plan::ask::{Ask, Want};
use crate::plan::reading::{Progress, Reading};
use crate::plan::{FieldValue, Identity, Plan};
use crate::spelling::problem::{Problem, Problems, unknown_member, wrong};
use crate::spelling::shell::quoted;

/// The documented request.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields = unknown)]
pub struct DeleteProvisionedModelThroughput {
    #[deserr(rename = "provisionedModelId", try_from(String) = throughput_id -> String)]
    id: Id,
}

const ID: &str = "provisionedModelId";
/// How far AWS's clock and the function's may be apart.
const DOUBT: TimeDelta = TimeDelta::minutes(5);

fn unknown(key: &str, accepted: &[&str], location: ValuePointerRef<'_>) -> Problems {
    let message = match key {
        "provisionedModelName" => {
            format!("there is no such member; what is to be deleted goes into `{ID}`, by its name or ARN")
        }
        key => unknown_member(key, accepted),
    };
    wrong(location.push_key(key), message)
}

impl Action for DeleteProvisionedModelThroughput {
    const ABOUT: About = About {
        name: "bedrock:DeleteProvisionedModelThroughput",
        read: READ,
        target: TARGET,
        kind: Some(TargetKind::Throughput),
        named_by: "provisionedModelId",
        texts: &[],
        scalable: &[],
        together: false,
        permissions: &[
            READ_PERMISSION,
            Permission {
                action: "bedrock:DeleteProvisionedModelThroughput",
                resources: &["ACCOUNT:provisioned-model/NAME"],
            },
        ],
        poll: Poll::new(Duration::from_secs(2), Duration::from_secs(15)),
    };

    /// By its name, as what is created is: the one comes before or after the other, not beside it.
    fn subject(&self) -> Subject {
        let subject = self.id.subject(THROUGHPUT);
        match &self.id {
            Id::Name(_) => Subject { identity: Identity::Exact, ..subject },
            Id::Arn(_) => subject,
        }
    }

    /// A delete is a change to zero, so that guardrails see it as one, and a creation from before it comes too late.
    fn asks(&self) -> Vec<Ask> {
        vec![Ask::whole(MODEL_UNITS, Want::NONE)]
    }

    /// That there is none is what was asked for.
    async fn observe(&self, scope: &Scope) -> Result<Reading, Error> {
        let Some(throughput) = describe_if_any(scope, self.id.as_str()).await? else {
            let target = self.subject().target;
            return Ok(Reading { fields: vec![(MODEL_UNITS, FieldValue::Count(0))], ..Reading::of(target, json!({})) });
        };
        Ok(Reading {
            fields: vec![(MODEL_UNITS, FieldValue::Count(throughput.desired_model_units().into()))],
            progress: match progress(&throughput) {
                // What has failed is deleted as what serves is.
                Progress::Failed(reason) => Progress::Moving(reason),
                progress => progress,
            },
            modified: aws::to_utc(throughput.last_modified_time()),
            created: aws::to_utc(throughput.creation_time()),
            arn: Some(throughput.provisioned_model_arn().to_owned()),
            committed_until: throughput.commitment_expiration_time().and_then(aws::to_utc),
            ..Reading::of(THROUGHPUT.target(throughput.provisioned_model_name()), json!({}))
        })
    }

    /// AWS keeps to the term, and so does whoever pays for it.
    fn object(&self, plan: &Plan, reading: &Reading, now: DateTime<Utc>) -> Vec<Problem> {
        let end = reading.committed_until.filter(|end| *end > now + DOUBT && !plan.is_nothing());
        let problem = end.map(|end| {
            let end = end.to_rfc3339_opts(SecondsFormat::Secs, true);
            let name = name_of(&reading.target);
            let message = format!(
                "names {name}, which is under a commitment until {end}, and AWS deletes it only after that; schedule it for then"
            );
            Problem { path: format!("input.{ID}"), message }
        });
        problem.into_iter().collect()
    }

    async fn submit(&self, scope: &Scope, cleared: &Cleared) -> Result<Value, Error> {
        let call = scope.bedrock().delete_provisioned_model_throughput().provisioned_model_id(self.id.as_read(cleared));
        let output = call.send().await.map_err(|error| aws::failure(Self::ABOUT.write(), error))?;
        aws::answered(Self::ABOUT.write(), &output)?;
        Ok(json!({}))
    }

    /// A throughput has an id in its ARN, which its name does not tell.
    fn resources(&self, permission: &Permission) -> Vec<String> {
        permission.on(&self.id.arn().map(after_region).into_iter().collect::<Vec<_>>())
    }

    fn command(&self, of: Command<'_>) -> String {
        let (operation, id) = match of {
            Command::Read => (READ, self.id.as_str()),
            Command::Write(cleared) => (Self::ABOUT.write(), self.id.as_read(cleared)),
        };
        format!("{} --provisioned-model-id {}", Self::ABOUT.command(operation), quoted(id))
    }
}
