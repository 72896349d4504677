//! A payload by itself: a direct invocation, or the constant input of a schedule or rule.

use serde_json::Value;

use super::{Content, Document, Inner, Issued, Opened, Source, parse_text};

pub(super) const PAYLOAD: Source = Source { name: "payload", recognises, reads: &[], open };

/// An object that names actions, or a text: EventBridge input templates deliver JSON inside a JSON string.
fn recognises(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key("action") || members.contains_key("actions"),
        Value::String(_) => true,
        _ => false,
    }
}

fn open(payload: Document) -> Result<Opened, String> {
    match payload.value() {
        Value::String(text) => {
            Ok(Opened::Inner(vec![Inner { document: parse_text("the event", text)?, issued: Issued::Unknown }]))
        }
        _ => Ok(Opened::Content(Content::Payload(payload), Issued::Unknown)),
    }
}
