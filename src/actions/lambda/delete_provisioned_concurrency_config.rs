//! `lambda:DeleteProvisionedConcurrencyConfig`: the explicit way to no provisioned concurrency.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteProvisionedConcurrencyConfig.html>

use std::time::Duration;

use deserr::{Deserr, IntoValue, Value as Written, ValuePointerRef};
use serde_json::{Value, json};

use super::{
    EXECUTIONS, FunctionName, QUALIFIED, QualifiedFunction, Qualifier, READ, READ_PERMISSION, SCALABLE, TARGET, unknown,
};
use crate::action::{About, Action, Command, Permission, Subject, TargetKind};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::Error;
use crate::guardrail::Cleared;
use crate::plan::ask::{Ask, Want};
use crate::plan::reading::{Progress, Reading};
use crate::spelling::problem::Problems;

/// The documented request.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteProvisionedConcurrencyConfig {
    function: QualifiedFunction,
}

#[derive(Deserr)]
#[deserr(error = Problems, deny_unknown_fields = unknown)]
struct Input {
    #[deserr(rename = "FunctionName")]
    function_name: FunctionName,
    #[deserr(rename = "Qualifier")]
    qualifier: Qualifier,
}

impl Deserr<Problems> for DeleteProvisionedConcurrencyConfig {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        let input = Input::deserialize_from_value(value, location)?;
        let function = QualifiedFunction::new(input.function_name, input.qualifier, location)?;
        Ok(Self { function })
    }
}

impl Action for DeleteProvisionedConcurrencyConfig {
    const ABOUT: About = About {
        name: "lambda:DeleteProvisionedConcurrencyConfig",
        read: READ,
        target: TARGET,
        kind: Some(TargetKind::Function),
        named_by: "FunctionName",
        texts: &[],
        scalable: SCALABLE,
        together: false,
        permissions: &[
            READ_PERMISSION,
            Permission { action: "lambda:DeleteProvisionedConcurrencyConfig", resources: QUALIFIED },
        ],
        poll: Poll::new(Duration::from_secs(2), Duration::from_secs(15)),
    };

    fn subject(&self) -> Subject {
        self.function.subject()
    }

    /// A delete is a change to zero, so that guardrails see it as one.
    fn asks(&self) -> Vec<Ask> {
        vec![Ask::whole(EXECUTIONS, Want::NONE)]
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading, Error> {
        let reading = self.function.observe(scope).await?;
        let progress = match reading.progress {
            // A failed allocation is no obstacle to removing it.
            Progress::Failed(reason) => Progress::Moving(reason),
            progress => progress,
        };
        Ok(Reading { progress, response: json!({}), ..reading })
    }

    async fn submit(&self, scope: &Scope, _: &Cleared) -> Result<Value, Error> {
        let call = scope
            .lambda()
            .delete_provisioned_concurrency_config()
            .function_name(self.function.function.as_str())
            .qualifier(self.function.qualifier.as_str())
            .send();
        let output = call.await.map_err(|error| aws::failure(Self::ABOUT.write(), error))?;
        aws::answered(Self::ABOUT.write(), &output)?;
        Ok(json!({}))
    }

    fn command(&self, of: Command<'_>) -> String {
        let operation = match of {
            Command::Read => READ,
            Command::Write(_) => Self::ABOUT.write(),
        };
        format!("{} {}", Self::ABOUT.command(operation), self.function.arguments())
    }
}
