//! `sagemaker:UpdateEndpointWeightsAndCapacities`: the weights and capacities of an endpoint's production variants.
//!
//! <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html>

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_sagemaker::types::{DesiredWeightAndCapacity, ProductionVariantServerlessUpdateConfig};
use chrono::{DateTime, Utc};
use deserr::{Deserr, IntoValue, Value as Written, ValuePointerRef};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::endpoint::{
    self, INSTANCES, MAX_CONCURRENCY, PROVISIONED_CONCURRENCY, READ, READ_PERMISSION, TARGET, WEIGHT,
};
use super::{Name, named};
use crate::action::{About, Action, Command, Permission, Subject, TargetKind};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::Error;
use crate::guardrail::Cleared;
use crate::plan::ask::{Ask, LARGEST, Want, Within};
use crate::plan::reading::{PartReading, Progress, Reading};
use crate::plan::weight::{Weight, decimal};
use crate::plan::{Field, FieldValue, Identity, Plan};
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

/// Instances: 0 or more.
type InstanceCount = Within<0, LARGEST>;

/// The most concurrent invocations that AWS accepts.
const MOST_CONCURRENT: i64 = 200;

/// Concurrent invocations of a serverless variant: 1 to 200.
type Concurrency = Within<1, MOST_CONCURRENT>;

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
            if !names.insert(&variant.variant_name) {
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
    if serverless.max_concurrency.is_none() && serverless.provisioned_concurrency.is_none() {
        return Err(wrong(location, "asks for nothing; give MaxConcurrency or ProvisionedConcurrency"));
    }
    match (
        serverless.provisioned_concurrency.and_then(Within::exact),
        serverless.max_concurrency.and_then(Within::exact),
    ) {
        (Some(provisioned), Some(most)) if provisioned > most => {
            Err(wrong(location.push_key("ProvisionedConcurrency"), above_max(provisioned, most)))
        }
        _ => Ok(serverless),
    }
}

fn above_max(provisioned: i64, most: i64) -> String {
    format!("is {provisioned}, above MaxConcurrency, which is {most}")
}

impl Action for UpdateEndpointWeightsAndCapacities {
    const ABOUT: About = About {
        name: "sagemaker:UpdateEndpointWeightsAndCapacities",
        read: READ,
        target: TARGET,
        kind: Some(TargetKind::Endpoint),
        named_by: "EndpointName",
        texts: &[],
        scalable: &[
            (INSTANCES, "sagemaker:variant:DesiredInstanceCount"),
            (PROVISIONED_CONCURRENCY, "sagemaker:variant:DesiredProvisionedConcurrency"),
        ],
        together: false,
        permissions: &[
            READ_PERMISSION,
            Permission {
                action: "sagemaker:UpdateEndpointWeightsAndCapacities",
                resources: &["ACCOUNT:endpoint/NAME"],
            },
        ],
        // Weights settle in seconds, instances in minutes.
        poll: Poll::new(Duration::from_secs(5), Duration::from_secs(30)),
    };

    fn subject(&self) -> Subject {
        let endpoint = endpoint::target(self.endpoint_name.as_str());
        let target = match self.variants.0.as_slice() {
            [only] => endpoint.with(Some(endpoint::variant(&only.variant_name))),
            _ => endpoint,
        };
        Subject { identity: Identity::ButForCase, ..Subject::named(target) }
    }

    fn asks(&self) -> Vec<Ask> {
        self.variants.0.iter().enumerate().flat_map(|(index, variant)| variant.asks(index)).collect()
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading, Error> {
        let asked = |name: &str| self.variants.0.iter().any(|variant| variant.variant_name.as_str() == name);
        endpoint::read(scope, &self.endpoint_name, asked).await
    }

    fn object(&self, plan: &Plan, reading: &Reading, _: DateTime<Utc>) -> Vec<Problem> {
        let variants = self.variants.0.iter().enumerate();
        variants.flat_map(|(index, variant)| variant.object(index, plan, reading)).collect()
    }

    async fn submit(&self, scope: &Scope, cleared: &Cleared) -> Result<Value, Error> {
        let call = scope
            .sagemaker()
            .update_endpoint_weights_and_capacities()
            .endpoint_name(self.endpoint_name.as_str())
            .set_desired_weights_and_capacities(Some(sent(cleared).into_iter().map(SentVariant::into_sdk).collect()))
            .send();
        let operation = Self::ABOUT.write();
        let output = call.await.map_err(|error| aws::failure(operation, error))?;
        Ok(json!({"EndpointArn": named(operation, output.endpoint_arn())?}))
    }

    fn command(&self, of: Command<'_>) -> String {
        let name = self.endpoint_name.as_str();
        match of {
            Command::Read => format!("{} --endpoint-name {name}", Self::ABOUT.command(READ)),
            Command::Write(cleared) => format!(
                "{} --endpoint-name {name} --desired-weights-and-capacities {}",
                Self::ABOUT.command(Self::ABOUT.write()),
                quoted(&json!(sent(cleared)).to_string())
            ),
        }
    }
}

impl DesiredVariant {
    fn asks(&self, index: usize) -> impl Iterator<Item = Ask> {
        let serverless = self.serverless.as_ref();
        let wants = [
            (WEIGHT, self.weight.map(Want::Weight)),
            (INSTANCES, self.instance_count.map(Within::want)),
            (MAX_CONCURRENCY, serverless.and_then(|config| config.max_concurrency).map(Within::want)),
            (PROVISIONED_CONCURRENCY, serverless.and_then(|config| config.provisioned_concurrency).map(Within::want)),
        ];
        let part = endpoint::variant(&self.variant_name);
        wants.into_iter().filter_map(move |(name, want)| {
            let path = format!("input.DesiredWeightsAndCapacities[{index}].{name}");
            Some(Ask { path, part: Some(part.clone()), name, want: want? })
        })
    }

    fn object(&self, index: usize, plan: &Plan, reading: &Reading) -> Option<Problem> {
        let problem = |member: &str, message: String| {
            Some(Problem { path: format!("input.DesiredWeightsAndCapacities[{index}].{member}"), message })
        };
        let part = endpoint::variant(&self.variant_name);
        let Some(variant) = reading.part(&part) else {
            return problem("VariantName", lacks(reading));
        };
        let is_serverless = variant.value(PROVISIONED_CONCURRENCY).is_some();
        if self.instance_count.is_some() && is_serverless {
            let message = "the variant is serverless and has no instances; write ServerlessUpdateConfig instead";
            return problem(INSTANCES, message.to_owned());
        }
        if self.serverless.is_some() && !is_serverless {
            let message = "the variant runs on instances; write DesiredInstanceCount instead";
            return problem("ServerlessUpdateConfig", message.to_owned());
        }
        let to = |name| {
            let field = plan.fields.iter().find(|field| field.name == name && field.target.part() == Some(&part));
            field.map(|field| &field.to)
        };
        let is_raised = |to: i64| !matches!(variant.value(INSTANCES), Some(FieldValue::Count(from)) if *from >= to);
        if let (Some(FieldValue::Count(instances)), Some(reserved)) = (to(INSTANCES), variant.reserved)
            && *instances > reserved
            && is_raised(*instances)
        {
            let message = format!(
                "comes to {instances}, and the capacity that is reserved for the variant has {reserved} for this endpoint; \
                 ask for as many at most, or extend the training plan"
            );
            return problem(INSTANCES, message);
        }
        let most = to(MAX_CONCURRENCY).or(variant.value(MAX_CONCURRENCY));
        match (to(PROVISIONED_CONCURRENCY), most) {
            (Some(FieldValue::Count(provisioned)), Some(FieldValue::Count(most))) if provisioned > most => {
                problem(PROVISIONED_CONCURRENCY, above_max(*provisioned, *most))
            }
            _ => None,
        }
    }
}

fn lacks(reading: &Reading) -> String {
    let names: Vec<&str> = reading.parts.iter().map(|PartReading { part, .. }| part.name()).collect();
    match (names.as_slice(), &reading.progress) {
        ([], Progress::Busy(status) | Progress::Moving(status) | Progress::Failed(status)) => {
            format!("the endpoint ({status}) has no variants yet")
        }
        ([], Progress::Settled) => "the endpoint has no variants".to_owned(),
        (names, _) => format!("the endpoint has no such variant; it has {}", listed(names)),
    }
}

/// One variant as it goes on the wire.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SentVariant {
    variant_name: String,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_decimal")]
    desired_weight: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    desired_instance_count: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    serverless_update_config: Option<SentServerless>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SentServerless {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_concurrency: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provisioned_concurrency: Option<i32>,
}

fn as_decimal<S: Serializer>(weight: &Option<f32>, serializer: S) -> Result<S::Ok, S::Error> {
    weight.map(decimal).serialize(serializer)
}

/// What was cleared, in AWS's shape: the fields of one variant follow each other.
fn sent(cleared: &Cleared) -> Vec<SentVariant> {
    let mut variants: Vec<SentVariant> = Vec::new();
    for Field { target, name, to, .. } in cleared.plan().sent() {
        let Some(part) = target.part() else { continue };
        if variants.last().is_none_or(|variant| variant.variant_name != part.name()) {
            variants.push(SentVariant { variant_name: part.name().to_owned(), ..SentVariant::default() });
        }
        let Some(variant) = variants.last_mut() else { unreachable!("one was just put there") };
        match (*name, to) {
            (WEIGHT, FieldValue::Weight(weight)) => variant.desired_weight = Some(*weight),
            (INSTANCES, count) => variant.desired_instance_count = count.count(),
            (MAX_CONCURRENCY, count) => {
                variant.serverless_update_config.get_or_insert_default().max_concurrency = count.count();
            }
            (PROVISIONED_CONCURRENCY, count) => {
                variant.serverless_update_config.get_or_insert_default().provisioned_concurrency = count.count();
            }
            (name, _) => unreachable!("{name} is no member that this action asks for"),
        }
    }
    variants
}

impl SentVariant {
    fn into_sdk(self) -> DesiredWeightAndCapacity {
        let config = self.serverless_update_config.map(|config| {
            ProductionVariantServerlessUpdateConfig::builder()
                .set_max_concurrency(config.max_concurrency)
                .set_provisioned_concurrency(config.provisioned_concurrency)
                .build()
        });
        DesiredWeightAndCapacity::builder()
            .variant_name(self.variant_name)
            .set_desired_weight(self.desired_weight)
            .set_desired_instance_count(self.desired_instance_count)
            .set_serverless_update_config(config)
            .build()
    }
}
