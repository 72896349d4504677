//! `sagemaker:UpdateEndpointWeightsAndCapacities`: the weights and capacities of an endpoint's production variants.
//!
//! <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html>

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_sagemaker::operation::describe_endpoint::DescribeEndpointOutput;
use aws_sdk_sagemaker::types::{
    DesiredWeightAndCapacity, EndpointStatus, ProductionVariantServerlessConfig,
    ProductionVariantServerlessUpdateConfig, ProductionVariantSummary,
};
use chrono::{DateTime, Utc};
use deserr::{Deserr, IntoValue, Value as Written, ValuePointerRef};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{Action, Permission, Progress};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::{AwsAnswer, AwsFailure, Error};
use crate::plan::capacity::Capacity;
use crate::plan::weight::{Weight, weights_for};
use crate::plan::{Field, FieldValue, Plan, Target};
use crate::spelling::problem::{Problem, Problems, listed, path_of, wrong};
use crate::spelling::shell::quoted;

/// The documented request, whose capacities and weights may be targets.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields)]
pub struct UpdateEndpointWeightsAndCapacities {
    #[deserr(rename = "EndpointName")]
    endpoint_name: Name,
    #[deserr(rename = "DesiredWeightsAndCapacities")]
    variants: Variants,
}

/// At least one variant, each named once.
#[derive(Clone, Debug, PartialEq)]
struct Variants(Vec<DesiredVariant>);

#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields, validate = asks_for_something -> Problems)]
struct DesiredVariant {
    #[deserr(rename = "VariantName")]
    variant_name: Name,
    #[deserr(default, rename = "DesiredWeight")]
    weight: Option<Weight>,
    #[deserr(default, rename = "DesiredInstanceCount")]
    instance_count: Option<InstanceCount>,
    #[deserr(default, rename = "ServerlessUpdateConfig")]
    serverless: Option<Serverless>,
}

#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields, validate = consistent -> Problems)]
struct Serverless {
    #[deserr(default, rename = "MaxConcurrency")]
    max_concurrency: Option<Concurrency>,
    #[deserr(default, rename = "ProvisionedConcurrency")]
    provisioned_concurrency: Option<Concurrency>,
}

/// The name of an endpoint or variant: 1 to 63 letters, digits and inner hyphens.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = Name::parse -> String)]
struct Name(String);

impl Name {
    fn parse(text: String) -> Result<Self, String> {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if text.starts_with("arn:") {
            Err("is an ARN; this operation takes the name only".to_owned())
        } else if (1..=63).contains(&text.len())
            && text.bytes().all(inner)
            && !text.starts_with('-')
            && !text.ends_with('-')
        {
            Ok(Self(text))
        } else {
            Err("must be 1 to 63 letters, digits and hyphens, with a letter or digit first and last".to_owned())
        }
    }
}

/// Instances: 0 or more.
#[derive(Clone, Copy, Debug, PartialEq)]
struct InstanceCount(Capacity);

impl Deserr<Problems> for InstanceCount {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        Capacity::decode(value, location, 0, i64::from(i32::MAX)).map(Self)
    }
}

/// Concurrent invocations of a serverless variant: 1 to 200.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Concurrency(Capacity);

impl Deserr<Problems> for Concurrency {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        Capacity::decode(value, location, 1, 200).map(Self)
    }
}

impl Deserr<Problems> for Variants {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        let variants = Vec::<DesiredVariant>::deserialize_from_value(value, location)?;
        if variants.is_empty() {
            return Err(wrong(location, "is empty; name at least one variant"));
        }
        let mut names = HashSet::new();
        let mut found = Vec::new();
        for (index, variant) in variants.iter().enumerate() {
            if !names.insert(&variant.variant_name.0) {
                let path = path_of(location.push_index(index).push_key("VariantName"));
                found.push(Problem {
                    path,
                    message: "names a variant a second time; put all of it in one element".into(),
                });
            }
        }
        Problems::check(found)?;
        Ok(Self(variants))
    }
}

fn asks_for_something(variant: DesiredVariant, location: ValuePointerRef<'_>) -> Result<DesiredVariant, Problems> {
    match variant {
        DesiredVariant { weight: None, instance_count: None, serverless: None, .. } => {
            Err(wrong(location, "asks for nothing; give DesiredWeight, DesiredInstanceCount or ServerlessUpdateConfig"))
        }
        variant => Ok(variant),
    }
}

fn consistent(serverless: Serverless, location: ValuePointerRef<'_>) -> Result<Serverless, Problems> {
    let exact = |concurrency: &Option<Concurrency>| concurrency.as_ref().and_then(|Concurrency(count)| count.exact());
    if serverless.max_concurrency.is_none() && serverless.provisioned_concurrency.is_none() {
        return Err(wrong(location, "asks for nothing; give MaxConcurrency or ProvisionedConcurrency"));
    }
    match (exact(&serverless.provisioned_concurrency), exact(&serverless.max_concurrency)) {
        (Some(provisioned), Some(most)) if provisioned > most => {
            Err(wrong(location.push_key("ProvisionedConcurrency"), above_max(provisioned, most)))
        }
        _ => Ok(serverless),
    }
}

fn above_max(provisioned: i64, most: i64) -> String {
    format!("is {provisioned}, above MaxConcurrency, which is {most}")
}

/// What DescribeEndpoint says, as far as this action looks at it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Endpoint {
    arn: String,
    status: EndpointStatus,
    failure_reason: Option<String>,
    modified: Option<DateTime<Utc>>,
    variants: Vec<Variant>,
}

#[derive(Clone, Debug, PartialEq)]
struct Variant {
    name: String,
    shadow: bool,
    weight: Pair<f32>,
    instance_count: Pair<i32>,
    serverless: Pair<(i32, Option<i32>)>,
}

/// A value as it is and as it is meant to be.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pair<T> {
    current: Option<T>,
    desired: Option<T>,
}

impl<T: Copy> Pair<T> {
    /// For a serverless variant at rest AWS gives the current values alone: then nothing else is meant.
    fn read(current: Option<T>, desired: Option<T>) -> Self {
        Self { current, desired: desired.or(current) }
    }
}

/// The request as it goes on the wire.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Resolved {
    endpoint_name: String,
    desired_weights_and_capacities: Vec<ResolvedVariant>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResolvedVariant {
    variant_name: String,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_decimal")]
    desired_weight: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    desired_instance_count: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    serverless_update_config: Option<ResolvedServerless>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResolvedServerless {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_concurrency: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provisioned_concurrency: Option<i32>,
}

impl Action for UpdateEndpointWeightsAndCapacities {
    const NAME: &'static str = "sagemaker:UpdateEndpointWeightsAndCapacities";
    const BOTO3: &'static str = "update_endpoint_weights_and_capacities";
    const READ: &'static str = "DescribeEndpoint";
    const WRITE: &'static str = "UpdateEndpointWeightsAndCapacities";
    const PERMISSIONS: &'static [Permission] = &[
        Permission { action: "sagemaker:DescribeEndpoint", resources: &["ACCOUNT:endpoint/NAME"] },
        Permission { action: "sagemaker:UpdateEndpointWeightsAndCapacities", resources: &["ACCOUNT:endpoint/NAME"] },
    ];
    // Weights settle in seconds, instances in minutes.
    const POLL: Poll = Poll::new(Duration::from_secs(5), Duration::from_secs(30));

    type Observed = Endpoint;
    type Resolved = Resolved;

    fn target(&self) -> Target {
        match self.variants.0.as_slice() {
            [only] => Target::variant(&self.endpoint_name.0, &only.variant_name.0),
            _ => Target::endpoint(&self.endpoint_name.0),
        }
    }

    fn relative_member(&self) -> Option<String> {
        self.variants.0.iter().enumerate().find_map(|(index, variant)| {
            let serverless = |pick: fn(&Serverless) -> Option<Concurrency>| {
                variant.serverless.as_ref().and_then(pick).map(|Concurrency(count)| count)
            };
            [
                ("DesiredInstanceCount", variant.instance_count.map(|InstanceCount(count)| count)),
                ("ServerlessUpdateConfig.MaxConcurrency", serverless(|config| config.max_concurrency)),
                ("ServerlessUpdateConfig.ProvisionedConcurrency", serverless(|config| config.provisioned_concurrency)),
            ]
            .into_iter()
            .find(|(_, count)| count.is_some_and(|count| count.is_relative()))
            .map(|(member, _)| format!("input.DesiredWeightsAndCapacities[{index}].{member}"))
        })
    }

    async fn observe(&self, scope: &Scope) -> Result<Endpoint, Error> {
        let call = scope.sagemaker().describe_endpoint().endpoint_name(&self.endpoint_name.0).send();
        let output = call.await.map_err(|error| aws::failure(Self::READ, error))?;
        named(Self::READ, output.endpoint_arn())?;
        Ok(Endpoint::from(output))
    }

    fn resolve(&self, endpoint: &Endpoint) -> Result<Resolved, Problems> {
        let mut found = Vec::new();
        let mut resolved = Vec::with_capacity(self.variants.0.len());
        let shares = self.shares(endpoint, &mut found);
        for (index, asked) in self.variants.0.iter().enumerate() {
            let path = format!("input.DesiredWeightsAndCapacities[{index}]");
            match endpoint.variant(&asked.variant_name.0) {
                Some(variant) => {
                    let weight = asked.weight.and_then(|weight| weight.exact()).or_else(|| shares.of(index));
                    resolved.push(asked.resolve(variant, weight, &path, &mut found));
                }
                None => found.push(Problem { path: format!("{path}.VariantName"), message: endpoint.lacks() }),
            }
        }
        Problems::check(found)?;
        Ok(Resolved { endpoint_name: self.endpoint_name.0.clone(), desired_weights_and_capacities: resolved })
    }

    fn plan(&self, resolved: &Resolved, endpoint: &Endpoint) -> Plan {
        let fields = self
            .variants
            .0
            .iter()
            .zip(&resolved.desired_weights_and_capacities)
            .filter_map(|(asked, resolved)| Some((asked, resolved, endpoint.variant(&resolved.variant_name)?)))
            .flat_map(|(asked, resolved, variant)| {
                let target = Target::variant(&self.endpoint_name.0, &resolved.variant_name);
                fields(asked, resolved, variant, &target)
            })
            .collect();
        Plan { target: self.target(), fields }
    }

    /// Only what differs is sent: a member that is so already may be under an autoscaler's hand by now, and AWS
    /// documents one call for the weights of several variants or the capacity of one.
    fn narrow(resolved: &Resolved, endpoint: &Endpoint) -> Resolved {
        let variants = resolved.desired_weights_and_capacities.iter().filter_map(|asked| {
            let variant = endpoint.variant(&asked.variant_name)?;
            let narrowed = asked.narrowed(variant);
            narrowed.asks_for_something().then_some(narrowed)
        });
        Resolved { endpoint_name: resolved.endpoint_name.clone(), desired_weights_and_capacities: variants.collect() }
    }

    fn progress(&self, endpoint: &Endpoint) -> Progress {
        let status = endpoint.status.as_str();
        match endpoint.status {
            EndpointStatus::InService => {
                let asked =
                    |variant: &&Variant| self.variants.0.iter().any(|asked| asked.variant_name.0 == variant.name);
                match endpoint.variants.iter().filter(asked).find(|variant| !variant.is_settled()) {
                    Some(variant) => Progress::Moving(format!("{status}, variant {} on its way", variant.name)),
                    None => Progress::Settled,
                }
            }
            EndpointStatus::Failed | EndpointStatus::OutOfService | EndpointStatus::UpdateRollbackFailed => {
                let reason = endpoint.failure_reason.as_deref().unwrap_or("AWS gives no reason");
                Progress::Failed(format!("{status}: {}", reason.trim_end_matches('.')))
            }
            // Creating, Updating, SystemUpdating, RollingBack, Deleting, and whatever AWS adds.
            _ => Progress::Busy(match &endpoint.failure_reason {
                Some(reason) => format!("{status}: {}", reason.trim_end_matches('.')),
                None => status.to_owned(),
            }),
        }
    }

    fn modified(endpoint: &Endpoint) -> Option<DateTime<Utc>> {
        endpoint.modified
    }

    async fn submit(scope: &Scope, resolved: &Resolved) -> Result<Value, Error> {
        let call = scope
            .sagemaker()
            .update_endpoint_weights_and_capacities()
            .endpoint_name(&resolved.endpoint_name)
            .set_desired_weights_and_capacities(Some(resolved.to_sdk()))
            .send();
        let output = call.await.map_err(|error| aws::failure(Self::WRITE, error))?;
        Ok(json!({"EndpointArn": named(Self::WRITE, output.endpoint_arn())?}))
    }

    fn respond(endpoint: &Endpoint) -> Value {
        json!({"EndpointArn": endpoint.arn})
    }

    fn write_command(resolved: &Resolved) -> String {
        let variants = json!(resolved.desired_weights_and_capacities).to_string();
        format!(
            "aws sagemaker update-endpoint-weights-and-capacities --endpoint-name {} --desired-weights-and-capacities {}",
            resolved.endpoint_name,
            quoted(&variants)
        )
    }

    fn read_command(&self) -> String {
        format!("aws sagemaker describe-endpoint --endpoint-name {}", self.endpoint_name.0)
    }
}

/// The ARN that every answer of AWS's has; an empty body has none.
fn named<'a>(operation: &'static str, arn: Option<&'a str>) -> Result<&'a str, Error> {
    let unrecognised = || AwsFailure { operation, answer: AwsAnswer::Unrecognised { status: 200 } };
    arn.filter(|arn| !arn.is_empty()).ok_or_else(|| unrecognised().into())
}

/// The weights that come of the shares a request asks for, by position in the request.
struct Shares(Vec<(usize, f32)>);

impl Shares {
    fn of(&self, index: usize) -> Option<f32> {
        self.0.iter().find(|(at, _)| *at == index).map(|(_, weight)| *weight)
    }
}

impl UpdateEndpointWeightsAndCapacities {
    /// Works out the shares together, since each one's weight depends on all the others.
    fn shares(&self, endpoint: &Endpoint, found: &mut Vec<Problem>) -> Shares {
        let asked: Vec<(usize, &str, f64)> = self
            .variants
            .0
            .iter()
            .enumerate()
            .filter_map(|(index, variant)| match variant.weight {
                Some(Weight::Share(share)) => Some((index, variant.variant_name.0.as_str(), share)),
                _ => None,
            })
            .collect();
        let Some((first, ..)) = asked.first() else {
            return Shares(Vec::new());
        };
        let exact = |name: &str| {
            let named = self.variants.0.iter().find(|variant| variant.variant_name.0 == name);
            named.and_then(|variant| variant.weight).and_then(|weight| weight.exact())
        };
        let others: f64 = endpoint
            .variants
            .iter()
            .filter(|variant| !variant.shadow && asked.iter().all(|(_, name, _)| *name != variant.name))
            .map(|variant| decimal(exact(&variant.name).or(variant.weight.desired).unwrap_or_default()))
            .sum();
        let shares: Vec<f64> = asked.iter().map(|(_, _, share)| *share).collect();
        match weights_for(&shares, others) {
            Some(weights) => Shares(asked.iter().map(|(index, ..)| *index).zip(weights).collect()),
            None => {
                let path = format!("input.DesiredWeightsAndCapacities[{first}].DesiredWeight.share");
                let message = "cannot be reached: no other variant of the endpoint has a weight to share with, or the \
                               shares asked for leave it nothing";
                found.push(Problem { path, message: message.to_owned() });
                Shares(Vec::new())
            }
        }
    }
}

/// A weight as it was written: through its shortest decimal form, since widening 0.9 makes 0.8999999761581421 of it.
fn decimal(weight: f32) -> f64 {
    weight.to_string().parse().unwrap_or_else(|_| weight.into())
}

fn as_decimal<S: Serializer>(weight: &Option<f32>, serializer: S) -> Result<S::Ok, S::Error> {
    weight.map(decimal).serialize(serializer)
}

impl DesiredVariant {
    fn resolve(
        &self,
        variant: &Variant,
        desired_weight: Option<f32>,
        path: &str,
        found: &mut Vec<Problem>,
    ) -> ResolvedVariant {
        let serverless = variant.serverless.desired;
        let mut refuse = |member: &str, message: String| {
            found.push(Problem { path: format!("{path}.{member}"), message });
        };
        if self.instance_count.is_some() && serverless.is_some() {
            let message = "the variant is serverless and has no instances; write ServerlessUpdateConfig instead";
            refuse("DesiredInstanceCount", message.to_owned());
        }
        let config = match (&self.serverless, serverless) {
            (Some(_), None) => {
                let message = "the variant runs on instances; write DesiredInstanceCount instead";
                refuse("ServerlessUpdateConfig", message.to_owned());
                None
            }
            (Some(asked), Some((max_now, provisioned_now))) => {
                let config = asked.resolve(max_now, provisioned_now.unwrap_or(0));
                let most = config.max_concurrency.unwrap_or(max_now);
                if let Some(provisioned) = config.provisioned_concurrency.filter(|provisioned| *provisioned > most) {
                    let message = above_max(provisioned.into(), most.into());
                    refuse("ServerlessUpdateConfig.ProvisionedConcurrency", message);
                }
                Some(config)
            }
            (None, _) => None,
        };
        let count_now = variant.instance_count.desired.unwrap_or(0);
        ResolvedVariant {
            variant_name: self.variant_name.0.clone(),
            desired_weight,
            desired_instance_count: self.instance_count.map(|InstanceCount(count)| resolved(count, count_now, 0)),
            serverless_update_config: config,
        }
    }
}

impl Serverless {
    fn resolve(&self, max_now: i32, provisioned_now: i32) -> ResolvedServerless {
        ResolvedServerless {
            max_concurrency: self.max_concurrency.map(|Concurrency(count)| resolved(count, max_now, 1).min(200)),
            provisioned_concurrency: self
                .provisioned_concurrency
                .map(|Concurrency(count)| resolved(count, provisioned_now, 1).min(200)),
        }
    }
}

/// A count within AWS's 32 bits, which decoding and resolving keep to.
fn resolved(count: Capacity, current: i32, floor: i64) -> i32 {
    i32::try_from(count.resolve(current.into(), floor)).unwrap_or(i32::MAX)
}

/// The fields that one element of the request names.
fn fields(asked: &DesiredVariant, resolved: &ResolvedVariant, variant: &Variant, target: &Target) -> Vec<Field> {
    let field = |name, from: Option<FieldValue>, to: Option<FieldValue>, asked: Option<String>| {
        let from = from.unwrap_or(FieldValue::Absent);
        to.map(|to| Field { target: target.clone(), name, from, to, asked })
    };
    let count = |count: i32| FieldValue::Count(count.into());
    let relative = |capacity: Capacity| capacity.exact().is_none().then(|| capacity.to_string());
    let config = resolved.serverless_update_config.as_ref();
    let config_now = variant.serverless.desired;
    let config_asked = asked.serverless.as_ref();
    [
        field(
            "DesiredWeight",
            variant.weight.desired.map(FieldValue::Weight),
            resolved.desired_weight.map(FieldValue::Weight),
            asked.weight.filter(|weight| weight.exact().is_none()).map(|weight| weight.to_string()),
        ),
        field(
            "DesiredInstanceCount",
            variant.instance_count.desired.map(count),
            resolved.desired_instance_count.map(count),
            asked.instance_count.and_then(|InstanceCount(count)| relative(count)),
        ),
        field(
            "ServerlessUpdateConfig.MaxConcurrency",
            config_now.map(|(most, _)| count(most)),
            config.and_then(|config| config.max_concurrency).map(count),
            config_asked.and_then(|config| config.max_concurrency).and_then(|Concurrency(count)| relative(count)),
        ),
        field(
            "ServerlessUpdateConfig.ProvisionedConcurrency",
            config_now.and_then(|(_, provisioned)| provisioned).map(count),
            config.and_then(|config| config.provisioned_concurrency).map(count),
            config_asked
                .and_then(|config| config.provisioned_concurrency)
                .and_then(|Concurrency(count)| relative(count)),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl ResolvedVariant {
    fn narrowed(&self, variant: &Variant) -> Self {
        let weight_differs = |weight: &f32| !same_weight(Some(*weight), variant.weight.desired);
        let (most, provisioned) =
            variant.serverless.desired.map_or((None, None), |(most, provisioned)| (Some(most), provisioned));
        let config_differs = |config: &ResolvedServerless| {
            config.max_concurrency.is_some_and(|asked| Some(asked) != most)
                || config.provisioned_concurrency.is_some_and(|asked| Some(asked) != provisioned)
        };
        Self {
            variant_name: self.variant_name.clone(),
            desired_weight: self.desired_weight.filter(weight_differs),
            desired_instance_count: self
                .desired_instance_count
                .filter(|count| Some(*count) != variant.instance_count.desired),
            serverless_update_config: self.serverless_update_config.clone().filter(config_differs),
        }
    }

    fn asks_for_something(&self) -> bool {
        self.desired_weight.is_some()
            || self.desired_instance_count.is_some()
            || self.serverless_update_config.is_some()
    }
}

impl Resolved {
    fn to_sdk(&self) -> Vec<DesiredWeightAndCapacity> {
        let variants = self.desired_weights_and_capacities.iter();
        variants
            .map(|variant| {
                let config = variant.serverless_update_config.as_ref().map(|config| {
                    ProductionVariantServerlessUpdateConfig::builder()
                        .set_max_concurrency(config.max_concurrency)
                        .set_provisioned_concurrency(config.provisioned_concurrency)
                        .build()
                });
                DesiredWeightAndCapacity::builder()
                    .variant_name(&variant.variant_name)
                    .set_desired_weight(variant.desired_weight)
                    .set_desired_instance_count(variant.desired_instance_count)
                    .set_serverless_update_config(config)
                    .build()
            })
            .collect()
    }
}

impl Endpoint {
    fn variant(&self, name: &str) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.name == name)
    }

    fn lacks(&self) -> String {
        let names: Vec<&str> = self.variants.iter().map(|variant| variant.name.as_str()).collect();
        match names.as_slice() {
            [] => format!("the endpoint ({}) has no variants yet", self.status.as_str()),
            names => format!("the endpoint has no such variant; it has {}", listed(names)),
        }
    }
}

impl From<DescribeEndpointOutput> for Endpoint {
    fn from(output: DescribeEndpointOutput) -> Self {
        let production = output.production_variants().iter().map(|summary| Variant::read(summary, Role::Production));
        let shadow = output.shadow_production_variants().iter().map(|summary| Variant::read(summary, Role::Shadow));
        Self {
            variants: production.chain(shadow).collect(),
            arn: output.endpoint_arn().unwrap_or_default().to_owned(),
            status: output.endpoint_status().cloned().unwrap_or_else(|| EndpointStatus::from("no status")),
            failure_reason: output.failure_reason().map(str::to_owned),
            modified: output.last_modified_time().and_then(aws::to_utc),
        }
    }
}

enum Role {
    Production,
    Shadow,
}

impl Variant {
    fn read(summary: &ProductionVariantSummary, role: Role) -> Self {
        let config = |config: &ProductionVariantServerlessConfig| {
            (config.max_concurrency().unwrap_or_default(), config.provisioned_concurrency())
        };
        Self {
            name: summary.variant_name().unwrap_or_default().to_owned(),
            shadow: matches!(role, Role::Shadow),
            weight: Pair::read(summary.current_weight(), summary.desired_weight()),
            instance_count: Pair::read(summary.current_instance_count(), summary.desired_instance_count()),
            serverless: Pair::read(
                summary.current_serverless_config().map(config),
                summary.desired_serverless_config().map(config),
            ),
        }
    }

    fn is_settled(&self) -> bool {
        same_weight(self.weight.current, self.weight.desired)
            && self.instance_count.current == self.instance_count.desired
            && self.serverless.current == self.serverless.desired
    }
}

fn same_weight(one: Option<f32>, other: Option<f32>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => crate::plan::weight::is_same_weight(one, other),
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(input: Value) -> UpdateEndpointWeightsAndCapacities {
        deserr::deserialize::<_, _, Problems>(input).unwrap()
    }

    #[test]
    fn a_serverless_variant_at_rest_of_which_aws_gives_only_the_current_values_is_settled_with_them() {
        let config = ProductionVariantServerlessConfig::builder().memory_size_in_mb(1024).max_concurrency(10).build();
        let variant = ProductionVariantSummary::builder()
            .variant_name("byoVariant")
            .current_weight(1.0)
            .desired_weight(1.0)
            .current_instance_count(0)
            .current_serverless_config(config);
        let endpoint = Endpoint::from(
            DescribeEndpointOutput::builder()
                .endpoint_status(EndpointStatus::InService)
                .production_variants(variant.build())
                .build(),
        );
        let ask = |most: i32| {
            let config = json!({"MaxConcurrency": most});
            request(json!({
                "EndpointName": "e",
                "DesiredWeightsAndCapacities": [{"VariantName": "byoVariant", "ServerlessUpdateConfig": config}],
            }))
        };
        let plan = |request: &UpdateEndpointWeightsAndCapacities| {
            request.plan(&request.resolve(&endpoint).unwrap(), &endpoint).changes_json()
        };
        assert_eq!(plan(&ask(10)), json!([]));
        let change = json!({"field": "ServerlessUpdateConfig.MaxConcurrency", "from": 10, "to": 20});
        assert_eq!(plan(&ask(20)), json!([change]));
        assert_eq!(ask(10).progress(&endpoint), Progress::Settled);
    }
}
