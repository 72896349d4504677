//! What a request would change, as plain data: fields and their values before and after.

use std::fmt;

use serde_json::{Map, Value, json};

use self::weight::is_same_weight;

pub mod capacity;
mod target;
pub mod weight;

pub use target::{Place, Service, Target};

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
}
