//! `sagemaker:UpdateInferenceComponentRuntimeConfig`: the copies of an inference component, down to none.
//!
//! <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateInferenceComponentRuntimeConfig.html>

use std::time::Duration;

use aws_sdk_sagemaker::operation::describe_inference_component::DescribeInferenceComponentOutput;
use aws_sdk_sagemaker::types::{
    InferenceComponentRuntimeConfig, InferenceComponentRuntimeConfigSummary as Runtime,
    InferenceComponentStatus as Status,
};
use deserr::Deserr;
use serde_json::{Value, json};

use super::{LONGEST_NAME, Name, named};
use crate::action::{About, Action, Command, Permission, Subject, TargetKind};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::Error;
use crate::guardrail::Cleared;
use crate::plan::ask::{Ask, LARGEST, Within};
use crate::plan::reading::{FailedChange, Fields, Progress, Reading};
use crate::plan::{FieldValue, Service, Target};
use crate::spelling::problem::Problems;
use crate::spelling::shape::{Piece, Shape, Word};

/// The documented request, whose number may be a target.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields)]
pub struct UpdateInferenceComponentRuntimeConfig {
    #[deserr(rename = "InferenceComponentName")]
    name: Name,
    #[deserr(rename = "DesiredRuntimeConfig")]
    desired: DesiredRuntimeConfig,
}

#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields)]
struct DesiredRuntimeConfig {
    #[deserr(rename = "CopyCount")]
    copies: Copies,
}

/// Copies of the model: 0 or more.
type Copies = Within<0, LARGEST>;

const READ: &str = "DescribeInferenceComponent";
/// How inference components are named.
const TARGET: Shape =
    Shape(&[Piece::Text("sagemaker:inference-component/"), Piece::Word(Word::name("NAME", "-", LONGEST_NAME))]);
const COPIES: &str = "DesiredRuntimeConfig.CopyCount";
const RESOURCES: &[&str] = &["ACCOUNT:inference-component/NAME"];

impl Action for UpdateInferenceComponentRuntimeConfig {
    const ABOUT: About = About {
        name: "sagemaker:UpdateInferenceComponentRuntimeConfig",
        read: READ,
        target: TARGET,
        kind: Some(TargetKind::InferenceComponent),
        named_by: "InferenceComponentName",
        texts: &[],
        scalable: &[(COPIES, "sagemaker:inference-component:DesiredCopyCount")],
        together: false,
        permissions: &[
            Permission { action: "sagemaker:DescribeInferenceComponent", resources: RESOURCES },
            Permission { action: "sagemaker:UpdateInferenceComponentRuntimeConfig", resources: RESOURCES },
        ],
        // A copy loads its model, which takes a minute or more.
        poll: Poll::new(Duration::from_secs(5), Duration::from_secs(30)),
    };

    fn subject(&self) -> Subject {
        Subject::named(target(self.name.as_str()))
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask::whole(COPIES, self.desired.copies.want())]
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading, Error> {
        let call = scope.sagemaker().describe_inference_component().inference_component_name(self.name.as_str()).send();
        let output = call.await.map_err(|error| aws::failure(READ, error))?;
        let arn = named(READ, output.inference_component_arn())?;
        let desired = output.runtime_config().and_then(Runtime::desired_copy_count);
        let name = output.inference_component_name().unwrap_or(self.name.as_str());
        Ok(Reading {
            fields: desired.map(|copies| (COPIES, FieldValue::Count(copies.into()))).into_iter().collect::<Fields>(),
            progress: progress(&output),
            modified: output.last_modified_time().and_then(aws::to_utc),
            failure: output.failure_reason().filter(|reason| !reason.is_empty()).map(str::to_owned),
            // The same number again is a new attempt, which finds instances where the last one found none.
            failed: (output.inference_component_status() == Some(&Status::Failed)).then_some(FailedChange {
                member: COPIES,
                status: "InferenceComponentStatus",
                from: "Failed",
                to: "InService",
            }),
            ..Reading::of(target(name), json!({"InferenceComponentArn": arn}))
        })
    }

    async fn submit(&self, scope: &Scope, cleared: &Cleared) -> Result<Value, Error> {
        let config = InferenceComponentRuntimeConfig::builder().set_copy_count(cleared.count(COPIES)).build();
        let call = scope
            .sagemaker()
            .update_inference_component_runtime_config()
            .inference_component_name(self.name.as_str())
            .desired_runtime_config(config)
            .send();
        let operation = Self::ABOUT.write();
        let output = call.await.map_err(|error| aws::failure(operation, error))?;
        Ok(json!({"InferenceComponentArn": named(operation, output.inference_component_arn())?}))
    }

    fn command(&self, of: Command<'_>) -> String {
        let command =
            |operation| format!("{} --inference-component-name {}", Self::ABOUT.command(operation), self.name.as_str());
        match of {
            Command::Read => command(READ),
            Command::Write(cleared) => {
                let copies = cleared.value(COPIES).map(ToString::to_string).unwrap_or_default();
                format!("{} --desired-runtime-config CopyCount={copies}", command(Self::ABOUT.write()))
            }
        }
    }
}

fn target(name: &str) -> Target {
    Target::new(Service::SageMaker, format!("inference-component/{name}"))
}

fn progress(output: &DescribeInferenceComponentOutput) -> Progress {
    let status = output.inference_component_status().map_or("no status", Status::as_str);
    let runtime = output.runtime_config();
    let (current, desired) =
        (runtime.and_then(Runtime::current_copy_count), runtime.and_then(Runtime::desired_copy_count));
    match output.inference_component_status() {
        Some(Status::InService) => match desired {
            Some(desired) if current != Some(desired) => Progress::Moving(match current {
                Some(current) => format!("{status}, {current} copies on the way to {desired}"),
                None => format!("{status}, copies on the way to {desired}"),
            }),
            _ => Progress::Settled,
        },
        Some(Status::Failed) => {
            let reason = output.failure_reason().map(|reason| reason.trim_end_matches('.'));
            Progress::Failed(format!("{status}: {}", reason.unwrap_or("AWS gives no reason")))
        }
        // Creating, Updating, Deleting, and whatever AWS adds.
        _ => Progress::Busy(status.to_owned()),
    }
}
