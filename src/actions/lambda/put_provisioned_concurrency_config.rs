//! `lambda:PutProvisionedConcurrencyConfig`: the provisioned concurrency of an alias or version.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html>

use std::time::Duration;

use deserr::{Deserr, IntoValue, Value as Written, ValuePointerRef};
use serde_json::Value;

use super::{
    EXECUTIONS, FunctionName, QUALIFIED, QualifiedFunction, Qualifier, READ, READ_PERMISSION, SCALABLE, TARGET,
    response, unknown,
};
use crate::action::{About, Action, Command, Permission, Subject, TargetKind};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::{AwsFailure, Error};
use crate::guardrail::Cleared;
use crate::plan::ask::{Ask, LARGEST, Within};
use crate::plan::reading::Reading;
use crate::spelling::problem::{Problems, whole_number, wrong};

/// The documented request, whose number may be a target.
#[derive(Clone, Debug, PartialEq)]
pub struct PutProvisionedConcurrencyConfig {
    function: QualifiedFunction,
    executions: Executions,
}

#[derive(Deserr)]
#[deserr(error = Problems, deny_unknown_fields = unknown)]
struct Input {
    #[deserr(rename = "FunctionName")]
    function_name: FunctionName,
    #[deserr(rename = "Qualifier")]
    qualifier: Qualifier,
    #[deserr(rename = "ProvisionedConcurrentExecutions")]
    executions: Executions,
}

impl Deserr<Problems> for PutProvisionedConcurrencyConfig {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        let input = Input::deserialize_from_value(value, location)?;
        let function = QualifiedFunction::new(input.function_name, input.qualifier, location)?;
        Ok(Self { function, executions: input.executions })
    }
}

/// Zero is by another operation.
const LEAST: i64 = 1;

/// Execution environments: 1 or more.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Executions(Within<LEAST, LARGEST>);

impl Deserr<Problems> for Executions {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        if whole_number(&value) == Some(0) {
            let message = "is 0, which AWS refuses; to go to zero use the action lambda:DeleteProvisionedConcurrencyConfig \
                           with the same FunctionName and Qualifier";
            return Err(wrong(location, message));
        }
        Within::deserialize_from_value(value, location).map(Self)
    }
}

impl Action for PutProvisionedConcurrencyConfig {
    const ABOUT: About = About {
        name: "lambda:PutProvisionedConcurrencyConfig",
        read: READ,
        target: TARGET,
        kind: Some(TargetKind::Function),
        named_by: "FunctionName",
        texts: &[],
        scalable: SCALABLE,
        together: false,
        permissions: &[
            READ_PERMISSION,
            Permission { action: "lambda:PutProvisionedConcurrencyConfig", resources: QUALIFIED },
        ],
        // Allocation begins after a minute or two and then takes seconds.
        poll: Poll::new(Duration::from_secs(3), Duration::from_secs(15)),
    };

    fn subject(&self) -> Subject {
        self.function.subject()
    }

    fn asks(&self) -> Vec<Ask> {
        vec![Ask::whole(EXECUTIONS, self.executions.0.want())]
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading, Error> {
        self.function.observe(scope).await
    }

    async fn submit(&self, scope: &Scope, cleared: &Cleared) -> Result<Value, Error> {
        let call = scope
            .lambda()
            .put_provisioned_concurrency_config()
            .function_name(self.function.function.as_str())
            .qualifier(self.function.qualifier.as_str())
            .set_provisioned_concurrent_executions(cleared.count(EXECUTIONS))
            .send();
        let operation = Self::ABOUT.write();
        let output = call.await.map_err(|error| aws::failure(operation, error))?;
        if output.requested_provisioned_concurrent_executions().is_none() {
            return Err(AwsFailure::unrecognised(operation, 202).into());
        }
        Ok(response(
            output.requested_provisioned_concurrent_executions(),
            output.available_provisioned_concurrent_executions(),
            output.allocated_provisioned_concurrent_executions(),
            output.status(),
            output.status_reason(),
            output.last_modified(),
        ))
    }

    fn command(&self, of: Command<'_>) -> String {
        let arguments = self.function.arguments();
        match of {
            Command::Read => format!("{} {arguments}", Self::ABOUT.command(READ)),
            Command::Write(cleared) => {
                let executions = cleared.value(EXECUTIONS).map(|executions| executions.to_string()).unwrap_or_default();
                let command = Self::ABOUT.command(Self::ABOUT.write());
                format!("{command} {arguments} --provisioned-concurrent-executions {executions}")
            }
        }
    }
}
