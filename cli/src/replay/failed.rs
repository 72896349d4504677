//! What failed: an event with the reason that AWS kept, and the message that holds it.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use setpoint::plan::Place;
use setpoint::spelling::json::Document;

use crate::{event_file, input};

/// One event that failed.
pub(crate) struct Failed {
    /// How it is told from others, such as the id of its message.
    pub(crate) name: String,
    /// What the function is sent.
    pub(crate) event: Document,
    /// Why AWS gave it up, as far as it says.
    pub(crate) why: Option<String>,
    /// The function that it failed in, where it says.
    pub(crate) function: Option<String>,
    /// What its receiver gives back to the queue, or deletes it by.
    pub(crate) receipt: Option<String>,
}

/// A message that a queue gave.
#[derive(Default)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) receipt: Option<String>,
    /// What SQS says of it, such as `SentTimestamp`.
    pub(crate) attributes: Vec<(String, String)>,
    /// What its sender says of it, such as `ERROR_CODE`.
    pub(crate) message_attributes: Vec<(String, String)>,
}

/// What a text of a person holds: messages as `aws sqs receive-message` prints them, a record, or any event.
pub(crate) fn read(path: &Path, now: DateTime<Utc>) -> Result<Vec<Failed>, String> {
    let name = input::name(path);
    let document = event_file::read(path, now)?;
    let messages = match document.value() {
        Value::Object(members) if members.len() == 1 => members.get("Messages").and_then(Value::as_array),
        _ => None,
    };
    let Some(messages) = messages else {
        return Ok(vec![match Message::printed(document.value()) {
            Some(message) => message.failed(),
            None => Failed::event(name, document),
        }]);
    };
    let read = messages.iter().enumerate().map(|(index, message)| {
        let message = Message::printed(message);
        let why = || {
            format!("{name}: Messages[{index}]: must have MessageId and Body, as aws sqs receive-message prints them")
        };
        message.map(Message::failed).ok_or_else(why)
    });
    read.collect()
}

impl Failed {
    fn event(name: String, event: Document) -> Self {
        let record = event.value();
        Self { name, why: reason(record), function: function(record), event, receipt: None }
    }

    /// Says what is wrong with sending it again from here: in another place its names mean other targets.
    pub(crate) fn misplaced(&self, home: &Place) -> Option<String> {
        let function = self.function.as_deref()?;
        let mut parts = function.split(':').skip(3);
        let (region, account) = (parts.next()?, parts.next()?);
        let is_home = region == home.region.as_str() && home.account.as_ref().is_none_or(|own| own.as_str() == account);
        (!is_home).then(|| {
            format!("it failed in {region} of {account} ({function}), and this is {}", crate::show::place(home))
        })
    }
}

impl Message {
    /// A message as the AWS CLI prints it.
    fn printed(message: &Value) -> Option<Self> {
        let text = |name: &str| message.get(name).and_then(Value::as_str).map(str::to_owned);
        let texts = |name: &str, value: fn(&Value) -> Option<&str>| {
            let members = message.get(name).and_then(Value::as_object).into_iter().flatten();
            members.filter_map(|(name, is)| Some((name.clone(), value(is)?.to_owned()))).collect()
        };
        Some(Self {
            id: text("MessageId")?,
            body: text("Body")?,
            receipt: text("ReceiptHandle"),
            attributes: texts("Attributes", Value::as_str),
            message_attributes: texts("MessageAttributes", |attribute| attribute.get("StringValue")?.as_str()),
        })
    }

    /// The event as a queue of the function's would bring it, so that its id and its time are those that count there.
    pub(crate) fn failed(self) -> Failed {
        let body: Option<Value> = serde_json::from_str(&self.body).ok();
        let why = body.as_ref().and_then(reason).or_else(|| self.dead_letter());
        let function = body.as_ref().and_then(function);
        let string =
            |(name, value): &(String, String)| (name.clone(), json!({"stringValue": value, "dataType": "String"}));
        let attributes: serde_json::Map<String, Value> =
            self.attributes.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        let message_attributes: serde_json::Map<String, Value> = self.message_attributes.iter().map(string).collect();
        let record = json!({
            "messageId": self.id,
            "body": self.body,
            "attributes": attributes,
            "messageAttributes": message_attributes,
            "eventSource": "aws:sqs",
        });
        let event = Document::from(json!({"Records": [record]}));
        Failed { name: self.id, event, why, function, receipt: self.receipt }
    }

    /// What a dead-letter queue's message says of its failure.
    ///
    /// Sources: as of the event's own time, in `src/event/dead_letter.rs`.
    fn dead_letter(&self) -> Option<String> {
        let attribute = |names: &[&str]| {
            let found = self.message_attributes.iter().find(|(name, _)| names.contains(&name.as_str()));
            found.map(|(_, value)| value.as_str())
        };
        let code = attribute(&["ErrorCode", "ERROR_CODE"])?;
        let message = attribute(&["ErrorMessage", "ERROR_MESSAGE"]).unwrap_or("without a message");
        let after = attribute(&["RETRY_ATTEMPTS"]).map_or_else(String::new, |times| format!(", after {times} retries"));
        Some(plain(&format!("{code}: {message}{after}")))
    }
}

/// Why a function failed, by the record that Lambda keeps of it.
fn reason(record: &Value) -> Option<String> {
    let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str);
    let condition = text("/requestContext/condition")?;
    let tries = record.pointer("/requestContext/approximateInvokeCount").and_then(Value::as_u64);
    let tries = tries.map_or_else(String::new, |tries| format!(", invoked {tries} times"));
    let when = text("/timestamp").map_or_else(String::new, |time| format!(", {time}"));
    let error = match (text("/responsePayload/errorType"), text("/responsePayload/errorMessage")) {
        (Some(kind), Some(message)) => format!("{kind}: {message} "),
        (None, Some(message)) => format!("{message} "),
        _ => String::new(),
    };
    Some(plain(&format!("{error}({condition}{tries}{when})")))
}

fn function(record: &Value) -> Option<String> {
    record.pointer("/requestContext/functionArn").and_then(Value::as_str).map(plain)
}

/// A foreign text without what a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
