//! `lambda:PutProvisionedConcurrencyConfig`: the provisioned concurrency of an alias or version.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html>

use std::time::Duration;

use chrono::{DateTime, Utc};
use deserr::{Deserr, IntoValue, Value as Written, ValuePointerRef};
use serde_json::Value;

use super::provisioned_concurrency::{
    Config, FunctionName, QUALIFIED, QualifiedFunction, Qualifier, READ, READ_PERMISSION, response, unknown,
};
use super::{Action, Permission, Progress};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::{AwsAnswer, AwsFailure, Error};
use crate::plan::capacity::Capacity;
use crate::plan::{Field, FieldValue, Plan, Target};
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

/// Execution environments: 1 or more.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Executions(Capacity);

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
        Capacity::decode(value, location, 1, i64::from(i32::MAX)).map(Self)
    }
}

/// The request with its number resolved.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resolved {
    function: QualifiedFunction,
    executions: i32,
}

impl Action for PutProvisionedConcurrencyConfig {
    const NAME: &'static str = "lambda:PutProvisionedConcurrencyConfig";
    const BOTO3: &'static str = "put_provisioned_concurrency_config";
    const READ: &'static str = READ;
    const WRITE: &'static str = "PutProvisionedConcurrencyConfig";
    const PERMISSIONS: &'static [Permission] =
        &[READ_PERMISSION, Permission { action: "lambda:PutProvisionedConcurrencyConfig", resources: QUALIFIED }];
    // Allocation begins after a minute or two and then takes seconds.
    const POLL: Poll = Poll::new(Duration::from_secs(3), Duration::from_secs(15));

    type Observed = Config;
    type Resolved = Resolved;

    fn target(&self) -> Target {
        self.function.target()
    }

    fn account(&self) -> Option<&str> {
        self.function.account()
    }

    fn relative_member(&self) -> Option<String> {
        self.executions.0.is_relative().then(|| "input.ProvisionedConcurrentExecutions".to_owned())
    }

    async fn observe(&self, scope: &Scope) -> Result<Config, Error> {
        self.function.observe(scope).await
    }

    fn resolve(&self, config: &Config) -> Result<Resolved, Problems> {
        let executions = i32::try_from(self.executions.0.resolve(config.requested(), 1)).unwrap_or(i32::MAX);
        Ok(Resolved { function: self.function.clone(), executions })
    }

    fn plan(&self, resolved: &Resolved, config: &Config) -> Plan {
        let target = self.target();
        let field = |name, from, to, asked| Field { target: target.clone(), name, from, to, asked };
        let capacity = self.executions.0;
        let asked = capacity.exact().is_none().then(|| capacity.to_string());
        let (from, to) = (FieldValue::Count(config.requested()), FieldValue::Count(resolved.executions.into()));
        let mut fields = vec![field("ProvisionedConcurrentExecutions", from, to, asked)];
        if config.is_failed() && resolved.executions > 0 {
            // The same number again is a new attempt: what failed is not what was asked for.
            fields.push(field("Status", FieldValue::Status("FAILED"), FieldValue::Status("READY"), None));
        }
        Plan { target: self.target(), fields }
    }

    fn narrow(resolved: &Resolved, _: &Config) -> Resolved {
        resolved.clone()
    }

    fn progress(&self, config: &Config) -> Progress {
        config.progress()
    }

    fn modified(config: &Config) -> Option<DateTime<Utc>> {
        config.modified()
    }

    async fn submit(scope: &Scope, resolved: &Resolved) -> Result<Value, Error> {
        let call = scope
            .lambda()
            .put_provisioned_concurrency_config()
            .function_name(resolved.function.function.as_str())
            .qualifier(resolved.function.qualifier.as_str())
            .provisioned_concurrent_executions(resolved.executions)
            .send();
        let output = call.await.map_err(|error| aws::failure(Self::WRITE, error))?;
        if output.requested_provisioned_concurrent_executions().is_none() {
            return Err(AwsFailure { operation: Self::WRITE, answer: AwsAnswer::Unrecognised { status: 202 } }.into());
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

    fn respond(config: &Config) -> Value {
        config.respond()
    }

    fn write_command(resolved: &Resolved) -> String {
        format!(
            "aws lambda put-provisioned-concurrency-config {} --provisioned-concurrent-executions {}",
            resolved.function.arguments(),
            resolved.executions
        )
    }

    fn read_command(&self) -> String {
        self.function.read_command()
    }
}
