//! `lambda:DeleteProvisionedConcurrencyConfig`: the explicit way to no provisioned concurrency.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteProvisionedConcurrencyConfig.html>

use std::time::Duration;

use chrono::{DateTime, Utc};
use deserr::{Deserr, IntoValue, Value as Written, ValuePointerRef};
use serde_json::{Value, json};

use super::provisioned_concurrency::{
    Config, FunctionName, QUALIFIED, QualifiedFunction, Qualifier, READ, READ_PERMISSION, unknown,
};
use super::{Action, Permission, Progress};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::Error;
use crate::plan::{Field, FieldValue, Plan, Target};
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
    const NAME: &'static str = "lambda:DeleteProvisionedConcurrencyConfig";
    const BOTO3: &'static str = "delete_provisioned_concurrency_config";
    const READ: &'static str = READ;
    const WRITE: &'static str = "DeleteProvisionedConcurrencyConfig";
    const PERMISSIONS: &'static [Permission] =
        &[READ_PERMISSION, Permission { action: "lambda:DeleteProvisionedConcurrencyConfig", resources: QUALIFIED }];
    const POLL: Poll = Poll::new(Duration::from_secs(2), Duration::from_secs(15));

    type Observed = Config;
    type Resolved = QualifiedFunction;

    fn target(&self) -> Target {
        self.function.target()
    }

    fn account(&self) -> Option<&str> {
        self.function.account()
    }

    fn relative_member(&self) -> Option<String> {
        None
    }

    async fn observe(&self, scope: &Scope) -> Result<Config, Error> {
        self.function.observe(scope).await
    }

    fn resolve(&self, _: &Config) -> Result<QualifiedFunction, Problems> {
        Ok(self.function.clone())
    }

    /// A delete is a change to zero, so that guardrails see it as one.
    fn plan(&self, _: &QualifiedFunction, config: &Config) -> Plan {
        let (from, to) = (FieldValue::Count(config.requested()), FieldValue::Count(0));
        let name = "ProvisionedConcurrentExecutions";
        Plan { target: self.target(), fields: vec![Field { target: self.target(), name, from, to, asked: None }] }
    }

    fn narrow(resolved: &QualifiedFunction, _: &Config) -> QualifiedFunction {
        resolved.clone()
    }

    fn progress(&self, config: &Config) -> Progress {
        match config.progress() {
            // A failed allocation is no obstacle to removing it.
            Progress::Failed(reason) => Progress::Moving(reason),
            progress => progress,
        }
    }

    fn modified(config: &Config) -> Option<DateTime<Utc>> {
        config.modified()
    }

    async fn submit(scope: &Scope, function: &QualifiedFunction) -> Result<Value, Error> {
        let call = scope
            .lambda()
            .delete_provisioned_concurrency_config()
            .function_name(function.function.as_str())
            .qualifier(function.qualifier.as_str())
            .send();
        call.await.map_err(|error| aws::failure(Self::WRITE, error))?;
        Ok(json!({}))
    }

    fn respond(_: &Config) -> Value {
        json!({})
    }

    fn write_command(function: &QualifiedFunction) -> String {
        format!("aws lambda delete-provisioned-concurrency-config {}", function.arguments())
    }

    fn read_command(&self) -> String {
        self.function.read_command()
    }
}
