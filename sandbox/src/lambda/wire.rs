//! Lambda's answers as they stand on the wire.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::reply::{Refusal, Reply};
use crate::resource::{
    Alias, ExecutionEnvironments, ProvisionedConcurrency, ProvisionedConcurrencyStatus, ScalingConfig,
};
use crate::seed::Region;

const CONTENT_TYPE: &str = "application/json";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    pub(super) provisioned_concurrent_executions: Option<i32>,
}

/// A function as a list has it; what else AWS says of one is left out.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FunctionConfiguration {
    function_name: String,
    function_arn: String,
    version: &'static str,
}

impl FunctionConfiguration {
    pub(super) fn of(name: &str, function_arn: String) -> Self {
        Self { function_name: name.to_owned(), function_arn, version: "$LATEST" }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListFunctionsOutput {
    pub(super) functions: Vec<FunctionConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_marker: Option<String>,
}

/// A provisioned concurrency configuration; in a list with the ARN it belongs to.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Config {
    #[serde(skip_serializing_if = "Option::is_none")]
    function_arn: Option<String>,
    requested_provisioned_concurrent_executions: i32,
    available_provisioned_concurrent_executions: i32,
    allocated_provisioned_concurrent_executions: i32,
    status: ProvisionedConcurrencyStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<String>,
    last_modified: String,
}

impl Config {
    pub(super) fn of(config: &ProvisionedConcurrency) -> Self {
        Self {
            function_arn: None,
            requested_provisioned_concurrent_executions: config.requested,
            available_provisioned_concurrent_executions: config.allocated,
            allocated_provisioned_concurrent_executions: config.allocated,
            status: config.status,
            status_reason: config.status_reason.clone(),
            last_modified: config.last_modified.format("%Y-%m-%dT%H:%M:%S%z").to_string(),
        }
    }

    pub(super) fn listed(function_arn: String, config: &ProvisionedConcurrency) -> Self {
        Self { function_arn: Some(function_arn), ..Self::of(config) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListOutput {
    pub(super) provisioned_concurrency_configs: Vec<Config>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AccountSettings {
    account_limit: AccountLimit,
    account_usage: AccountUsage,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccountLimit {
    total_code_size: u64,
    code_size_unzipped: u64,
    code_size_zipped: u64,
    concurrent_executions: i64,
    unreserved_concurrent_executions: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccountUsage {
    total_code_size: u64,
    function_count: usize,
}

impl AccountSettings {
    /// The sizes are Lambda's own, of which functions without code take nothing; only what a function reserves is not unreserved.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
    pub(super) fn of(region: &Region) -> Self {
        let total = i64::from(region.limits.concurrent_executions);
        let reserved = region.functions.values().filter_map(|function| function.reserved_concurrency).map(i64::from);
        Self {
            account_limit: AccountLimit {
                total_code_size: 75 << 30,
                code_size_unzipped: 250 << 20,
                code_size_zipped: 50 << 20,
                concurrent_executions: total,
                unreserved_concurrent_executions: total - reserved.sum::<i64>(),
            },
            account_usage: AccountUsage { total_code_size: 0, function_count: region.functions.len() },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListAliasesOutput<'a> {
    pub(super) aliases: Vec<AliasConfiguration<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AliasConfiguration<'a> {
    alias_arn: String,
    name: &'a str,
    function_version: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing_config: Option<RoutingConfig<'a>>,
    revision_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RoutingConfig<'a> {
    additional_version_weights: &'a BTreeMap<String, f64>,
}

impl<'a> AliasConfiguration<'a> {
    pub(super) fn of(name: &'a str, alias_arn: String, alias: &'a Alias) -> Self {
        let additional_version_weights = &alias.additional_version_weights;
        Self {
            alias_arn,
            name,
            function_version: &alias.function_version,
            description: &alias.description,
            routing_config: (!additional_version_weights.is_empty())
                .then_some(RoutingConfig { additional_version_weights }),
            // Aliases are not written here, so one revision is all they have.
            revision_id: "0a1b2c3d-0000-4000-8000-000000000001".to_owned(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutScalingInput {
    pub(super) function_scaling_config: Option<Bounds>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Bounds {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min_execution_environments: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_execution_environments: Option<i32>,
}

impl Bounds {
    fn of(ExecutionEnvironments { min, max }: ExecutionEnvironments) -> Self {
        Self { min_execution_environments: min, max_execution_environments: max }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutScalingOutput {
    pub(super) function_state: &'static str,
}

/// A scaling configuration; what was requested is there until it is in effect.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Scaling {
    function_arn: String,
    applied_function_scaling_config: Bounds,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_function_scaling_config: Option<Bounds>,
}

impl Scaling {
    pub(super) fn of(function_arn: String, config: &ScalingConfig) -> Self {
        Self {
            function_arn,
            applied_function_scaling_config: Bounds::of(config.applied),
            requested_function_scaling_config: config.requested.map(Bounds::of),
        }
    }
}

pub(super) fn ok(status: u16, output: &impl Serialize) -> Reply {
    Reply::json(status, CONTENT_TYPE, output)
}

/// An error in Lambda's format: the code in a header, and in the body `Type` with `message` or `Message`, as the model
/// of each exception spells it.
pub(crate) fn error(refusal: &Refusal) -> Reply {
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(rename = "Reason", skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
        #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
        fault_of: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<&'a str>,
        #[serde(rename = "Message", skip_serializing_if = "Option::is_none")]
        capital_message: Option<&'a str>,
    }
    let Refusal { status, code, message } = refusal;
    let capital = matches!(code.as_str(), "ResourceNotFoundException" | "ServiceException" | "AccessDeniedException");
    // What the front door refuses has no `Type`, and neither has the one recorded sentence about the account's minimum.
    let untyped =
        matches!(code.as_str(), "ValidationException" | "AccessDeniedException" | "UnknownOperationException")
            || message.contains("below its minimum value");
    let body = Body {
        reason: (code == "TooManyRequestsException").then_some("CallerRateLimitExceeded"),
        fault_of: (!untyped).then_some(if *status < 500 { "User" } else { "Service" }),
        message: (!capital).then_some(message),
        capital_message: capital.then_some(message),
    };
    let reply = Reply::json(*status, CONTENT_TYPE, &body).with("x-amzn-errortype", code.clone());
    if code == "TooManyRequestsException" { reply.with("retry-after", "1") } else { reply }
}
