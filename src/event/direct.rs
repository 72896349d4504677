//! A payload by itself: a direct invocation, or the constant input of a schedule or rule.

use serde_json::Value;

use super::{Content, Document, Inner, Issued, Opened, Source, parse_text, text};

pub(super) const PAYLOAD: Source = Source { name: "payload", recognises, reads: &[], open };

/// An object that names actions, or a text: EventBridge input templates deliver JSON inside a JSON string. Or a request to
/// invoke a function, as the dead letter of a schedule that calls `lambda:invoke` holds it.
fn recognises(value: &Value) -> bool {
    match value {
        Value::Object(_) => names_actions(value) || is_request(value),
        Value::String(_) => true,
        _ => false,
    }
}

fn open(payload: Document) -> Result<Opened, String> {
    match payload.value() {
        Value::String(text) => {
            Ok(Opened::Inner(vec![Inner { document: parse_text("the event", text)?, issued: Issued::Unknown }]))
        }
        request if is_request(request) => {
            payload.once_in(&[""])?;
            Ok(Opened::Inner(vec![Inner { document: payload.take("Payload"), issued: Issued::Unknown }]))
        }
        _ => Ok(Opened::Content(Content::Payload(payload), Issued::Unknown)),
    }
}

fn names_actions(value: &Value) -> bool {
    ["action", "actions", "follow"].iter().any(|member| value.get(member).is_some())
}

fn is_request(value: &Value) -> bool {
    text(value, "/FunctionName").is_some() && value.get("Payload").is_some() && !names_actions(value)
}
