//! SQS: what sends, receives and deletes messages of a standard queue, over `awsJson1_0`.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::Call;
use crate::reply::{Refusal, Reply};
use crate::resource::{Queue, QueueMessage};
use crate::world::World;

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// The visibility timeout of a queue that sets none of its own, in seconds.
const DEFAULT_VISIBILITY: i64 = 30;

/// The longest, in seconds.
const LONGEST_VISIBILITY: i64 = 43_200;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    queue_url: Option<String>,
    message_body: Option<String>,
    receipt_handle: Option<String>,
    visibility_timeout: Option<i64>,
    max_number_of_messages: Option<usize>,
    #[serde(default)]
    message_attributes: BTreeMap<String, Attribute>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
    /// The older name of the next.
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    string_value: Option<String>,
    data_type: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Received {
    message_id: String,
    receipt_handle: String,
    body: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: BTreeMap<String, Attribute>,
}

pub(crate) fn answer(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let perform = match call.operation.as_str() {
        "SendMessage" => send,
        "ReceiveMessage" => receive,
        "DeleteMessage" => delete,
        "ChangeMessageVisibility" => change_visibility,
        _ => return Err(call.service.unknown_operation(&call.operation)),
    };
    let input: Input = call.input()?;
    let id = world.request_id.to_owned();
    let now = world.now;
    let queue = queue(call, world, input.queue_url.as_deref())?;
    perform(input, queue, now, id).map(|output| Reply::json(200, CONTENT_TYPE, &output))
}

fn send(input: Input, queue: &mut Queue, now: DateTime<Utc>, id: String) -> Result<Value, Refusal> {
    let body = input.message_body.ok_or_else(|| missing("MessageBody"))?;
    let attributes = input.message_attributes.into_iter();
    let attributes = attributes.filter_map(|(name, attribute)| Some((name, attribute.string_value?))).collect();
    queue.messages.push(QueueMessage {
        id: id.clone(),
        sent: now,
        body,
        attributes,
        dead_letter_queue_source_arn: None,
        receives: 0,
        hidden_until: None,
    });
    Ok(json!({"MessageId": id}))
}

fn receive(input: Input, queue: &mut Queue, now: DateTime<Utc>, _: String) -> Result<Value, Refusal> {
    let hidden_until = now + visibility(input.visibility_timeout)?;
    let most = input.max_number_of_messages.unwrap_or(1);
    if !(1..=10).contains(&most) {
        return Err(invalid("MaxNumberOfMessages", most, "must be between 1 and 10, if provided."));
    }
    let visible = queue.messages.iter_mut().filter(|message| message.is_visible(now)).take(most);
    let received: Vec<Received> = visible
        .map(|message| {
            message.receives += 1;
            message.hidden_until = Some(hidden_until);
            input.received(message)
        })
        .collect();
    // A queue with nothing to give leaves the member out.
    Ok(if received.is_empty() { json!({}) } else { json!({"Messages": received}) })
}

fn delete(input: Input, queue: &mut Queue, _: DateTime<Utc>, _: String) -> Result<Value, Refusal> {
    let receipt = input.receipt_handle.ok_or_else(|| missing("ReceiptHandle"))?;
    held(queue, &receipt)?;
    // One that was received again since is not deleted, and SQS does not say so.
    queue.messages.retain(|message| message.receipt() != receipt);
    Ok(json!({}))
}

fn change_visibility(input: Input, queue: &mut Queue, now: DateTime<Utc>, _: String) -> Result<Value, Refusal> {
    let receipt = input.receipt_handle.ok_or_else(|| missing("ReceiptHandle"))?;
    let hidden_until = now + visibility(input.visibility_timeout)?;
    if let Some(message) = held(queue, &receipt)? {
        message.hidden_until = Some(hidden_until);
    }
    Ok(json!({}))
}

/// The ARN that an IAM refusal names.
pub(crate) fn resource(call: &Call) -> String {
    let input: Option<Input> = call.input().ok();
    let url = input.and_then(|input| input.queue_url).unwrap_or_default();
    call.arn(name(&url))
}

/// `refusal` in the service's wire format.
pub(crate) fn error(refusal: &Refusal) -> Reply {
    let Refusal { status, code, message } = refusal;
    Reply::json(*status, CONTENT_TYPE, &json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": message}))
}

/// Whatever host a URL has, the queue is of the caller's account and Region.
fn queue<'a>(call: &Call, world: &'a mut World<'_>, url: Option<&str>) -> Result<&'a mut Queue, Refusal> {
    let url = url.ok_or_else(|| missing("QueueUrl"))?;
    let account = url.rsplit('/').nth(1).unwrap_or_default();
    let queue = world.region.queues.get_mut(name(url)).filter(|_| account == call.account);
    queue.ok_or_else(|| Refusal::new(400, "QueueDoesNotExist", "The specified queue does not exist."))
}

fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

/// The message of a receipt, where it is the last one given; a receipt of no message at all is refused.
fn held<'a>(queue: &'a mut Queue, receipt: &str) -> Result<Option<&'a mut QueueMessage>, Refusal> {
    if receipt.split_once('/').is_none() {
        let message = format!("The input receipt handle \"{receipt}\" is not a valid receipt handle.");
        return Err(Refusal::new(400, "ReceiptHandleIsInvalid", message));
    }
    Ok(queue.messages.iter_mut().find(|message| message.receipt() == receipt))
}

fn visibility(seconds: Option<i64>) -> Result<TimeDelta, Refusal> {
    let seconds = seconds.unwrap_or(DEFAULT_VISIBILITY);
    match (0..=LONGEST_VISIBILITY).contains(&seconds) {
        true => Ok(TimeDelta::seconds(seconds)),
        false => Err(invalid("VisibilityTimeout", seconds, "must be between 0 and 43200, if provided.")),
    }
}

fn invalid(name: &str, value: impl std::fmt::Display, rule: &str) -> Refusal {
    Refusal::new(
        400,
        "InvalidParameterValue",
        format!("Value {value} for parameter {name} is invalid. Reason: {name} {rule}"),
    )
}

fn missing(name: &str) -> Refusal {
    Refusal::new(400, "MissingParameter", format!("The request must contain the parameter {name}."))
}

impl Input {
    /// A message with those of its attributes that were asked for.
    fn received(&self, message: &QueueMessage) -> Received {
        let asked = |names: &[String], name: &str| names.iter().any(|asked| asked == name || asked == "All");
        let system =
            |name: &str| asked(&self.attribute_names, name) || asked(&self.message_system_attribute_names, name);
        let attributes = [
            ("SentTimestamp", Some(message.sent.timestamp_millis().to_string())),
            ("ApproximateReceiveCount", Some(message.receives.to_string())),
            ("DeadLetterQueueSourceArn", message.dead_letter_queue_source_arn.clone()),
        ];
        let own = message.attributes.iter().filter(|(name, _)| asked(&self.message_attribute_names, name));
        let string = |value: &String| Attribute { string_value: Some(value.clone()), data_type: "String".to_owned() };
        Received {
            message_id: message.id.clone(),
            receipt_handle: message.receipt(),
            body: message.body.clone(),
            attributes: attributes
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.filter(|_| system(name))?)))
                .collect(),
            message_attributes: own.map(|(name, value)| (name.clone(), string(value))).collect(),
        }
    }
}
