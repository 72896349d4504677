//! Ways to every value inside an event, also inside the JSON that its texts hold.

use serde_json::{Value, json};

/// A step into an event: to a member, to an element, or into the JSON that a text holds.
#[derive(Clone)]
pub(super) enum Step {
    Member(String),
    Element(usize),
    Text,
}

/// The ways to every value inside a value.
pub(super) fn ways(value: &Value) -> Vec<Vec<Step>> {
    let under = |step: Step, value: &Value| {
        let ways = ways(value).into_iter().map(move |way| [step.clone()].into_iter().chain(way).collect());
        ways.collect::<Vec<Vec<Step>>>()
    };
    let inner: Vec<Vec<Step>> = match value {
        Value::Object(members) => {
            members.iter().flat_map(|(key, member)| under(Step::Member(key.clone()), member)).collect()
        }
        Value::Array(elements) => {
            elements.iter().enumerate().flat_map(|(index, element)| under(Step::Element(index), element)).collect()
        }
        Value::String(text) => held(text).map_or_else(Vec::new, |held| under(Step::Text, &held)),
        _ => Vec::new(),
    };
    [Vec::new()].into_iter().chain(inner).collect()
}

/// The object, list or text that a text holds as JSON.
fn held(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(|held: &Value| held.is_object() || held.is_array() || held.is_string())
}

/// The value at the end of a way.
pub(super) fn at(value: &Value, way: &[Step]) -> Value {
    match (way, value) {
        ([], value) => value.clone(),
        ([Step::Member(key), rest @ ..], value) => at(&value[key], rest),
        ([Step::Element(index), rest @ ..], value) => at(&value[index], rest),
        ([Step::Text, rest @ ..], value) => at(&held(value.as_str().unwrap()).unwrap(), rest),
    }
}

/// The event with another value there.
pub(super) fn replaced(mut value: Value, way: &[Step], other: &Value) -> Value {
    let Some((step, rest)) = way.split_first() else { return other.clone() };
    match step {
        Step::Member(key) => value[key] = replaced(value[key].take(), rest, other),
        Step::Element(index) => value[index] = replaced(value[index].take(), rest, other),
        Step::Text => return json!(replaced(held(value.as_str().unwrap()).unwrap(), rest, other).to_string()),
    }
    value
}
