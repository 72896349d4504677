//! SQS messages, each of which holds an event of its own.

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;

use super::{Document, Issued, Message, Opened, Origin, Source, dead_letter, text};

pub(super) const MESSAGES: Source = Source {
    name: "sqs",
    recognises,
    reads: &["", "/Records/*", "/Records/*/attributes", "/Records/*/messageAttributes"],
    open: open_messages,
};

fn recognises(value: &Value) -> bool {
    text(value, "/Records/0/eventSource") == Some("aws:sqs")
}

fn open_messages(event: Document) -> Result<Opened, String> {
    let event =
        SqsEvent::deserialize(event.into_value()).map_err(|_| "the records lack members of SQS messages".to_owned())?;
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
            is_fifo: message.event_source_arn.as_deref().is_some_and(|arn| arn.ends_with(".fifo")),
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
