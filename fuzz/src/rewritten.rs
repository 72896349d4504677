//! The same document, written otherwise.

use serde_json::{Map, Value};

/// In one line, in many, and with the members of every object the other way round.
#[must_use]
pub(crate) fn ways(value: &Value) -> [String; 3] {
    [value.to_string(), format!("{value:#}"), reversed(value.clone()).to_string()]
}

fn reversed(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().rev().map(|(name, value)| (name, reversed(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(elements) => elements.into_iter().map(reversed).collect(),
        plain => plain,
    }
}
