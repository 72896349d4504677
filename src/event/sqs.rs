//! SQS messages, each of which holds an event of its own.

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Document, Issued, Message, Opened, Origin, Source, dead_letter, text};
use crate::plant::{self, Plant};

pub(super) const MESSAGES: Source = Source {
    name: "sqs",
    recognises,
    reads: &[
        "",
        "/Records/*",
        "/Records/*/attributes",
        "/Records/*/messageAttributes",
        "/*",
        "/*/attributes",
        "/*/messageAttributes",
    ],
    open: open_messages,
};

fn recognises(value: &Value) -> bool {
    ["/Records/0/eventSource", "/0/eventSource"].iter().any(|at| text(value, at) == Some("aws:sqs"))
}

/// Lambda puts the messages into `Records`; EventBridge Pipes sends the bare list, also of one.
fn open_messages(event: Document) -> Result<Opened, String> {
    let event = match event.into_value() {
        records @ Value::Array(_) => json!({"Records": records}),
        event => event,
    };
    let event = SqsEvent::deserialize(event).map_err(|_| "the records lack members of SQS messages".to_owned())?;
    event.records.into_iter().map(Message::read).collect::<Result<_, String>>().map(Opened::Messages)
}

impl Message {
    fn read(message: SqsMessage) -> Result<Self, String> {
        // Without its id a message cannot be reported as failed, and would be deleted.
        let id = message.message_id.clone().filter(|id| !id.is_empty()).ok_or("a message without `messageId`")?;
        Ok(Self {
            origin: Origin::new(message.event_source_arn.as_deref(), Some(&id)),
            id,
            // By the queue's name: a message group alone may also be of a fair queue, which keeps no order.
            is_fifo: !plant::is(Plant::FifoTakenForStandard)
                && message.event_source_arn.as_deref().is_some_and(|arn| arn.ends_with(".fifo")),
            group: message.attributes.get("MessageGroupId").cloned(),
            issued: issued(&message),
            body: message.body.unwrap_or_default(),
        })
    }
}

/// When the message was sent. In a dead-letter queue that is, or may be, the moment of a failure.
fn issued(message: &SqsMessage) -> Issued {
    let sent = message.attributes.get("SentTimestamp").and_then(|epoch_ms| epoch_ms.parse().ok());
    let sent = match sent.and_then(DateTime::from_timestamp_millis) {
        Some(sent) if message.attributes.contains_key("DeadLetterQueueSourceArn") => Issued::Before(sent),
        Some(sent) => Issued::At(sent),
        None => Issued::Unknown,
    };
    let attributes = &message.message_attributes;
    let attribute =
        |name: &str| attributes.get(name).map(|attribute| attribute.string_value.as_deref().unwrap_or_default());
    dead_letter::issued(attribute, sent)
}
