//! A payload by itself: a direct invocation, or the constant input of a schedule or rule.

use serde_json::Value;

use super::{Content, Inner, Issued, Opened, Source, parse_text};

pub(super) const PAYLOAD: Source = Source { name: "payload", recognises, open };

/// An object that names actions, or a text: EventBridge input templates deliver JSON inside a JSON string.
fn recognises(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key("action") || members.contains_key("actions"),
        Value::String(_) => true,
        _ => false,
    }
}

fn open(value: Value) -> Result<Opened, String> {
    match value {
        Value::String(text) => {
            Ok(Opened::Inner(vec![Inner { value: parse_text("the event", &text)?, issued: Issued::Unknown }]))
        }
        payload => Ok(Opened::Content(Content::Payload(payload), Issued::Unknown)),
    }
}
