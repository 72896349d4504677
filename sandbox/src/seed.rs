//! The seed: everything the sandbox starts with, which is also the state it lives in and the form of its snapshots.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use std::{fmt, fs, io};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::{DEFAULT_ACCOUNT, DEFAULT_REGION};
use crate::fault::Fault;
use crate::milliseconds;
use crate::resource::{
    Changes, Changing, CustomModel, CustomModelDeployment, Endpoint, EventBus, Function, InferenceComponent,
    ProvisionedModel, Queue, ScalableTarget, Stale, Table,
};
use crate::service::Service;

/// Accounts, Regions and their resources, with the faults and paces that are scripted for them.
///
/// A snapshot taken with [`crate::Sandbox::state`] is a seed again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Seed {
    /// How changes go where a resource does not say otherwise.
    #[serde(skip_serializing_if = "Changes::is_default")]
    pub changes: Changes,
    /// Latency and rate limit of every service.
    #[serde(skip_serializing_if = "Traffic::is_default")]
    pub traffic: Traffic,
    /// Faults by operation name; those under `*` are for every operation without a fault of its own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub faults: BTreeMap<String, Vec<Fault>>,
    /// Regions by account id and Region name. A call into one that is not here finds it empty.
    pub accounts: BTreeMap<String, BTreeMap<String, Region>>,
}

/// What every call meets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Traffic {
    /// Each answer comes this much later.
    #[serde(rename = "latencyMilliseconds", with = "milliseconds")]
    pub latency: Duration,
    /// Above so many requests within one second, each service throttles, per account and Region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<u32>,
}

/// The resources of one account in one Region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Region {
    /// SageMaker endpoints by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, Endpoint>,
    /// SageMaker inference components by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub inference_components: BTreeMap<String, InferenceComponent>,
    /// Lambda functions by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub functions: BTreeMap<String, Function>,
    /// Bedrock Provisioned Throughputs by id (the last twelve characters of the ARN).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub provisioned_models: BTreeMap<String, ProvisionedModel>,
    /// Those that are gone and that the next reads still show, by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub deleted_provisioned_models: BTreeMap<String, Stale<ProvisionedModel>>,
    /// Bedrock custom models by ARN.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_models: BTreeMap<String, CustomModel>,
    /// Scalable targets of Application Auto Scaling by dimension and resource: `ecs:service:DesiredCount/service/prod/web`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub scalable_targets: BTreeMap<String, ScalableTarget>,
    /// Bedrock custom model deployments by id (the last twelve characters of the ARN).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_model_deployments: BTreeMap<String, CustomModelDeployment>,
    /// DynamoDB tables by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, Table>,
    /// EventBridge event buses by name; `default` need not be among them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub event_buses: BTreeMap<String, EventBus>,
    /// SQS queues by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub queues: BTreeMap<String, Queue>,
    /// Tags by what they are on, such as `endpoint/reco`, `function:checkout` and `provisioned-model/NAME`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    /// The account's quotas here.
    pub limits: Limits,
}

/// Quotas of one account in one Region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// Instances for endpoint usage by instance type; a type that is not listed has no limit.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoint_instances: BTreeMap<String, u32>,
    /// Copies of one inference component; no limit when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference_component_copies: Option<u32>,
    /// Lambda's concurrent executions, from which reserved and provisioned concurrency are taken.
    pub concurrent_executions: u32,
    /// What of them must stay unreserved.
    pub minimum_unreserved: u32,
}

/// Why a text is not a seed.
#[derive(Debug)]
pub enum SeedError {
    /// The file could not be read.
    Unreadable(io::Error),
    /// Not JSON, or a key or value that a seed does not have; the message says where.
    Malformed(serde_json::Error),
    /// It contradicts itself: the path, and what is wrong there.
    Inconsistent(String),
}

impl Seed {
    /// The seed that the examples and tests of this repository are written against.
    #[must_use]
    pub fn example() -> Self {
        match Self::from_json(include_str!("../seed.json")) {
            Ok(seed) => seed,
            Err(error) => unreachable!("the embedded seed is checked by a test: {error}"),
        }
    }

    /// Reads a seed from JSON; unknown keys are refused.
    ///
    /// # Errors
    /// The text is not a seed.
    pub fn from_json(text: &str) -> Result<Self, SeedError> {
        let seed: Self = serde_json::from_str(text).map_err(SeedError::Malformed)?;
        seed.check().map_err(SeedError::Inconsistent)?;
        Ok(seed)
    }

    /// Reads a seed from a JSON file.
    ///
    /// # Errors
    /// The file cannot be read or does not hold a seed.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SeedError> {
        Self::from_json(&fs::read_to_string(path).map_err(SeedError::Unreadable)?)
    }

    /// This seed, otherwise where `patch` (a JSON merge patch, RFC 7396) says so: `null` removes a member, an object changes
    /// those it names, and anything else, a list too, stands instead of what was there.
    ///
    /// ```
    /// let patch = serde_json::json!({"accounts": {"123456789012": {"us-east-1": {
    ///     "endpoints": {"recsys": {"status": "Failed", "failureReason": "The image does not exist."}},
    ///     "functions": {"search": null},
    /// }}}});
    /// let mut seed = setpoint_sandbox::Seed::example().patched(&patch)?;
    /// assert_eq!(seed.home().endpoints["recsys"].failure_reason.as_deref(), Some("The image does not exist."));
    /// assert_eq!(seed.home().functions.keys().collect::<Vec<_>>(), ["checkout", "thumbnails"]);
    /// # Ok::<(), setpoint_sandbox::SeedError>(())
    /// ```
    ///
    /// # Errors
    /// What comes of it is not a seed.
    pub fn patched(&self, patch: &Value) -> Result<Self, SeedError> {
        let mut state = self.to_value();
        merge(&mut state, patch);
        let seed: Self = serde_json::from_value(state).map_err(SeedError::Malformed)?;
        seed.check().map_err(SeedError::Inconsistent)?;
        Ok(seed)
    }

    /// The seed as JSON.
    pub(crate) fn to_value(&self) -> Value {
        // By way of text, because a weight is an f32: 0.9 as text, 0.8999999761581421 as a JSON value made from it.
        match serde_json::to_string(self).and_then(|text| serde_json::from_str(&text)) {
            Ok(value) => value,
            Err(error) => unreachable!("a seed came from JSON: {error}"),
        }
    }

    /// The default account's `us-east-1`, made if it is not there yet.
    pub fn home(&mut self) -> &mut Region {
        self.region(DEFAULT_ACCOUNT, DEFAULT_REGION)
    }

    /// One account's Region, made if it is not there yet.
    pub fn region(&mut self, account: &str, region: &str) -> &mut Region {
        self.accounts.entry(account.to_owned()).or_default().entry(region.to_owned()).or_default()
    }

    /// Ends every change that is done by `now`.
    pub(crate) fn settle(&mut self, now: DateTime<Utc>) {
        self.accounts.values_mut().flat_map(BTreeMap::values_mut).for_each(|region| region.settle(now));
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(operation) = self.faults.keys().find(|name| *name != "*" && !Service::has_operation(name)) {
            return Err(format!("faults.{operation}: the sandbox serves no such operation"));
        }
        for (account, regions) in &self.accounts {
            if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(format!("accounts.{account}: an account id has twelve digits"));
            }
            for (name, region) in regions {
                region.check().map_err(|problem| format!("accounts.{account}.{name}.{problem}"))?;
            }
        }
        Ok(())
    }
}

/// Applies a JSON merge patch.
fn merge(state: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        state.clone_from(patch);
        return;
    };
    let mut members = match state.take() {
        Value::Object(members) => members,
        _ => serde_json::Map::new(),
    };
    for (name, patch) in patch {
        match patch {
            Value::Null => drop(members.remove(name)),
            patch => merge(members.entry(name).or_insert(Value::Null), patch),
        }
    }
    *state = Value::Object(members);
}

impl Region {
    fn settle(&mut self, now: DateTime<Utc>) {
        self.endpoints.values_mut().for_each(|endpoint| endpoint.settle(now));
        self.inference_components.values_mut().for_each(|component| component.settle(now));
        self.functions.values_mut().for_each(|function| function.settle(now));
        self.provisioned_models.values_mut().for_each(|model| model.settle(now));
        self.custom_model_deployments.values_mut().for_each(|deployment| deployment.settle(now));
    }

    fn check(&self) -> Result<(), String> {
        for (name, endpoint) in &self.endpoints {
            let same = |other: &&String| *other != name && other.eq_ignore_ascii_case(name);
            if let Some(other) = self.endpoints.keys().find(same) {
                return Err(format!("endpoints.{name}: {other} is the same name"));
            }
            endpoint.check().map_err(|problem| format!("endpoints.{name}.{problem}"))?;
        }
        for (name, component) in &self.inference_components {
            self.check_inference_component(component)
                .map_err(|problem| format!("inferenceComponents.{name}.{problem}"))?;
        }
        for (name, function) in &self.functions {
            function.check().map_err(|problem| format!("functions.{name}.{problem}"))?;
        }
        for (id, model) in &self.provisioned_models {
            model.check().map_err(|problem| format!("provisionedModels.{id}.{problem}"))?;
        }
        for (id, deployment) in &self.custom_model_deployments {
            deployment.check().map_err(|problem| format!("customModelDeployments.{id}.{problem}"))?;
        }
        for (name, table) in &self.tables {
            table.check().map_err(|problem| format!("tables.{name}.{problem}"))?;
        }
        Ok(())
    }

    fn check_inference_component(&self, component: &InferenceComponent) -> Result<(), String> {
        let InferenceComponent { endpoint_name, variant_name, .. } = component;
        let Some(endpoint) = self.endpoints.get(endpoint_name) else {
            return Err(format!("endpointName: there is no endpoint {endpoint_name}"));
        };
        if endpoint.variants.iter().all(|variant| variant.variant_name != *variant_name) {
            return Err(format!("variantName: endpoint {endpoint_name} has no variant {variant_name}"));
        }
        component.check()
    }
}

impl Traffic {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Limits {
    fn default() -> Self {
        // What Lambda gives an account at first; SageMaker's quotas differ by instance type.
        Self {
            endpoint_instances: BTreeMap::new(),
            inference_component_copies: None,
            concurrent_executions: 1000,
            minimum_unreserved: 100,
        }
    }
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(_) => f.write_str("the seed file cannot be read"),
            Self::Malformed(error) => write!(f, "not a seed: {error}"),
            Self::Inconsistent(problem) => write!(f, "the seed contradicts itself: {problem}"),
        }
    }
}

impl std::error::Error for SeedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable(error) => Some(error),
            Self::Malformed(_) | Self::Inconsistent(_) => None,
        }
    }
}
