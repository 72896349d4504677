//! What a request would change, as plain data: targets, fields and their values before and after.

use std::fmt;

use serde_json::{Map, Value, json};

/// The control plane a target lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Amazon SageMaker.
    SageMaker,
    /// AWS Lambda.
    Lambda,
    /// Amazon Bedrock.
    Bedrock,
}

impl Service {
    /// The prefix of the service in actions, targets and IAM: `sagemaker`, `lambda` or `bedrock`.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::SageMaker => "sagemaker",
            Self::Lambda => "lambda",
            Self::Bedrock => "bedrock",
        }
    }
}

/// A thing with capacity, named by Application Auto Scaling's resource id after the service:
/// `sagemaker:endpoint/NAME/variant/NAME`, `lambda:function:NAME:QUALIFIER`, `bedrock:provisioned-model/NAME`.
/// A request that touches several variants of one endpoint has the target `sagemaker:endpoint/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    service: Service,
    resource_id: String,
}

impl Target {
    /// An endpoint as a whole.
    #[must_use]
    pub fn endpoint(endpoint: &str) -> Self {
        Self { service: Service::SageMaker, resource_id: format!("endpoint/{endpoint}") }
    }

    /// One production variant of an endpoint.
    #[must_use]
    pub fn variant(endpoint: &str, variant: &str) -> Self {
        Self { service: Service::SageMaker, resource_id: format!("endpoint/{endpoint}/variant/{variant}") }
    }

    /// An alias or version of a function.
    #[must_use]
    pub fn function(function: &str, qualifier: &str) -> Self {
        Self { service: Service::Lambda, resource_id: format!("function:{function}:{qualifier}") }
    }

    /// A Provisioned Throughput, by name (or by its id as long as the name is not known).
    #[must_use]
    pub fn provisioned_model(name: &str) -> Self {
        Self { service: Service::Bedrock, resource_id: format!("provisioned-model/{name}") }
    }

    /// The control plane.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// What AWS updates one change at a time: the endpoint of a variant, else the target itself.
    #[must_use]
    pub fn lane(&self) -> String {
        let resource_id = self.resource_id.split("/variant/").next().unwrap_or(&self.resource_id);
        format!("{}:{resource_id}", self.service.prefix())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service.prefix(), self.resource_id)
    }
}

/// A value of a field, with the type that decides which guardrails apply to it.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// Not set.
    Absent,
    /// A capacity: instances or concurrent executions.
    Count(i64),
    /// A variant's weight, unitless; its share of the traffic is this over the sum of all weights.
    Weight(f32),
    /// A name or an ARN.
    Text(String),
    /// A state that AWS reports, such as `FAILED`; not something a request sets.
    Status(&'static str),
}

impl FieldValue {
    /// The value as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Absent => Value::Null,
            Self::Count(count) => json!(count),
            // Through its own shortest decimal form: widening an f32 would print 0.10000000149011612.
            Self::Weight(weight) => weight.to_string().parse::<f64>().map_or(Value::Null, |weight| json!(weight)),
            Self::Text(text) => json!(text),
            Self::Status(status) => json!(status),
        }
    }
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("(none)"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Weight(weight) => write!(f, "{weight}"),
            Self::Text(text) => f.write_str(text),
            Self::Status(status) => f.write_str(status),
        }
    }
}

/// One field that a request names: its value now and its value afterwards, which may be the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Whose field it is.
    pub target: Target,
    /// AWS's name of the member in the request, such as `DesiredInstanceCount`.
    pub name: &'static str,
    /// The desired value AWS reports now.
    pub from: FieldValue,
    /// The value asked for, resolved to what goes on the wire.
    pub to: FieldValue,
    /// How the request put it when that was not a plain value: `{"add":2,"max":8}`.
    pub asked: Option<String>,
}

/// The relative difference that still counts as the same weight: f32 carries about seven decimal digits, and
/// AWS may have stored the weight after a conversion of its own.
const WEIGHT_TOLERANCE: f32 = 1e-5;

/// True when two weights differ by no more than f32 and a conversion account for.
#[must_use]
pub fn is_same_weight(one: f32, other: f32) -> bool {
    (one - other).abs() <= WEIGHT_TOLERANCE * one.abs().max(other.abs())
}

impl Field {
    /// True when the values differ; weights compare with a tolerance fit for f32.
    #[must_use]
    pub fn differs(&self) -> bool {
        match (&self.from, &self.to) {
            (FieldValue::Weight(from), FieldValue::Weight(to)) => !is_same_weight(*from, *to),
            (from, to) => from != to,
        }
    }
}

/// What a request comes to against the target as it is: each field it names, changed or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The target of the request.
    pub target: Target,
    /// Every field the request names, in its order.
    pub fields: Vec<Field>,
}

impl Plan {
    /// The fields that differ.
    pub fn changes(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.differs())
    }

    /// True when every field already has the value asked for.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.changes().next().is_none()
    }

    /// The name of a field as seen from the plan's target: with its variant where the plan spans several.
    #[must_use]
    pub fn label(&self, field: &Field) -> String {
        match field.target.resource_id.strip_prefix(&format!("{}/variant/", self.target.resource_id)) {
            Some(variant) => format!("{variant}.{}", field.name),
            None => field.name.to_owned(),
        }
    }

    /// The `changes` of a plan answer: `[{"field", "from", "to"}]`, with `asked` where a target was resolved.
    #[must_use]
    pub fn changes_json(&self) -> Value {
        self.changes()
            .map(|field| {
                let mut change = Map::new();
                change.insert("field".to_owned(), json!(self.label(field)));
                change.insert("from".to_owned(), field.from.to_json());
                change.insert("to".to_owned(), field.to.to_json());
                if let Some(asked) = &field.asked {
                    change.insert("asked".to_owned(), json!(asked));
                }
                Value::Object(change)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(from: f32, to: f32) -> Field {
        let (from, to) = (FieldValue::Weight(from), FieldValue::Weight(to));
        Field { target: Target::variant("e", "v"), name: "DesiredWeight", from, to, asked: None }
    }

    #[test]
    fn weights_that_differ_only_by_rounding_are_the_same() {
        assert!(!weight(0.1, 0.100_000_02).differs());
        assert!(!weight(1.0e6, 1_000_000.1).differs());
        assert!(weight(0.1, 0.1001).differs());
        assert!(weight(0.0, f32::MIN_POSITIVE).differs());
        assert!(!weight(0.0, 0.0).differs());
    }

    #[test]
    fn a_weight_prints_as_it_was_written() {
        assert_eq!(FieldValue::Weight(0.1).to_json().to_string(), "0.1");
        assert_eq!(FieldValue::Weight(2.0).to_json().to_string(), "2.0");
    }

    #[test]
    fn the_variants_of_one_endpoint_share_a_lane() {
        assert_eq!(Target::variant("e", "a").lane(), Target::endpoint("e").lane());
        assert_eq!(Target::function("f", "live").lane(), "lambda:function:f:live");
    }
}
