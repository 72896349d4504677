//! The words of JSON Schema that both documents are written in.

use serde_json::{Map, Value, json};

/// <https://json-schema.org/draft/2020-12>
pub(super) const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Members of an object with their schemas, in the order in which an editor offers them.
pub(super) type Members = Vec<(&'static str, Value)>;

/// The same as an object.
pub(super) fn object(members: Members) -> Value {
    Value::Object(members.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect())
}

/// An object that has these members and no others.
pub(super) fn closed(description: &str, members: Members, required: &[&str]) -> Value {
    let mut schema = json!({
        "description": description,
        "type": "object",
        "properties": object(members),
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// An object whose members have names of their own, and this as their values.
pub(super) fn named(description: &str, value: Value) -> Value {
    json!({"description": description, "type": "object", "additionalProperties": value})
}

/// What another part of the document says.
pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// A text that is spelt so from its beginning to its end; editors that know how say what is meant instead of the pattern.
pub(super) fn text(description: &str, pattern: &str) -> Value {
    json!({
        "description": description,
        "type": "string",
        "pattern": format!("^(?:{pattern})$"),
        "patternErrorMessage": description,
    })
}

/// A text of any kind.
pub(super) fn any_text(description: &str) -> Value {
    json!({"description": description, "type": "string"})
}

/// One of these words.
pub(super) fn word(description: &str, words: &[&str]) -> Value {
    json!({"description": description, "enum": words})
}

/// True or false.
pub(super) fn switch(description: &str) -> Value {
    json!({"description": description, "type": "boolean"})
}

/// A whole number within these, both included.
pub(super) fn whole(description: &str, least: i64, most: i64) -> Value {
    json!({"description": description, "type": "integer", "minimum": least, "maximum": most})
}

/// The same, with what it is when left out.
pub(super) fn by_default(mut schema: Value, default: impl Into<Value>) -> Value {
    schema["default"] = default.into();
    schema
}

/// The same, with examples.
pub(super) fn such_as(mut schema: Value, examples: &[&str]) -> Value {
    schema["examples"] = json!(examples);
    schema
}

/// The same with more keywords.
pub(super) fn and(mut schema: Value, keywords: Value) -> Value {
    if let (Value::Object(schema), Value::Object(keywords)) = (&mut schema, keywords) {
        schema.extend(keywords);
    }
    schema
}

/// The same or null, which stands for a member that is left out.
pub(super) fn or_null(mut schema: Value) -> Value {
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.push(Value::Null);
    }
    match schema.get("type") {
        Some(Value::Array(types)) => schema["type"] = json!([types.as_slice(), &[json!("null")]].concat()),
        Some(kind) => schema["type"] = json!([kind, "null"]),
        None => {}
    }
    schema
}

/// Nothing, or null.
pub(super) fn left_out(why: &str) -> Value {
    json!({"description": why, "type": "null"})
}

/// That a member is there, and more than null.
pub(super) fn has(member: &str) -> Value {
    json!({"required": [member], "properties": {member: {"not": {"type": "null"}}}})
}

/// That these members are not there at all, not even as null.
pub(super) fn without(members: &[&str]) -> Value {
    let members: Map<String, Value> = members.iter().map(|member| ((*member).to_owned(), Value::Bool(false))).collect();
    json!({"properties": members})
}

/// That one of these members is there at least, and more than null.
pub(super) fn has_any(members: &[&str]) -> Value {
    json!({"anyOf": members.iter().copied().map(has).collect::<Vec<_>>()})
}
