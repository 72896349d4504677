//! SNS notifications: as Lambda gets them, and as the envelope that SNS puts into an SQS message.

use aws_lambda_events::sns::SnsEvent;
use serde::Deserialize;
use serde_json::Value;

use super::{Document, Inner, Issued, Opened, Source, dead_letter, moment, parse_text, text};

pub(super) const NOTIFICATION: Source = Source {
    name: "sns",
    recognises: is_notification,
    reads: &["", "/Records/*", "/Records/*/Sns", "/Records/*/Sns/MessageAttributes"],
    open: open_notification,
};
pub(super) const ENVELOPE: Source =
    Source { name: "sns", recognises: is_envelope, reads: &["", "/MessageAttributes"], open: open_envelope };

fn is_notification(value: &Value) -> bool {
    text(value, "/Records/0/EventSource") == Some("aws:sns")
}

fn open_notification(event: Document) -> Result<Opened, String> {
    let event =
        SnsEvent::deserialize(event.into_value()).map_err(|_| "the records lack members of SNS records".to_owned())?;
    let inner = event.records.iter().map(|record| {
        let document = parse_text("the notification's `Message`", &record.sns.message)?;
        let attributes = &record.sns.message_attributes;
        let attribute = |name: &str| attributes.get(name).map(|attribute| attribute.value.as_str());
        Ok(Inner { document, issued: dead_letter::issued(attribute, Issued::At(record.sns.timestamp)) })
    });
    inner.collect::<Result<_, String>>().map(Opened::Inner)
}

fn is_envelope(value: &Value) -> bool {
    text(value, "/Type") == Some("Notification") && value.get("Message").is_some()
}

/// From `Value`: aws_lambda_events' `SnsMessage` refuses the envelopes of FIFO topics, which carry no signature.
fn open_envelope(envelope: Document) -> Result<Opened, String> {
    let envelope = envelope.value();
    let message = text(envelope, "/Message").ok_or("the notification's `Message` is not a text")?;
    let document = parse_text("the notification's `Message`", message)?;
    let attribute = |name: &str| {
        let attribute = envelope.get("MessageAttributes")?.get(name)?;
        Some(text(attribute, "/Value").unwrap_or_default())
    };
    let issued = dead_letter::issued(attribute, moment(envelope, "/Timestamp"));
    Ok(Opened::Inner(vec![Inner { document, issued }]))
}
