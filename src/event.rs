//! What an event carries, told by its shape; the registry of all sources.
//!
//! Sources nest (an alarm in an SNS notification in an SQS message), so decoding opens one after another until it
//! comes to a payload, or to something that has a payload in the operator's configuration.

use chrono::{DateTime, Utc};
use serde_json::Value;
use serde_json::error::Category;

use crate::error::Error;
use crate::spelling::arn::Account;
use crate::spelling::json::Document;
use crate::spelling::problem::shortened;

mod alarm;
mod dead_letter;
mod destination;
mod direct;
mod eventbridge;
mod origin;
mod sns;
mod sqs;

pub use origin::Origin;

/// Every source, asked in this order; the first that recognises a value opens it. The last takes what is left.
const SOURCES: &[Source] = &[
    sns::NOTIFICATION,
    sqs::MESSAGES,
    eventbridge::EVENT,
    alarm::INVOCATION,
    destination::RECORD,
    alarm::MESSAGE,
    sns::ENVELOPE,
    direct::PAYLOAD,
];

/// A shape of event: how to tell it, and what is in it. A source never looks inside a payload.
struct Source {
    /// The stable name, for logs and people.
    name: &'static str,
    recognises: fn(&Value) -> bool,
    /// The objects whose members it reads, in which no key may come twice. What else an envelope holds is its sender's.
    reads: &'static [&'static str],
    open: fn(Document) -> Result<Opened, String>,
}

/// What was in an event.
enum Opened {
    /// The end of the way.
    Content(Content, Issued),
    /// Further events.
    Inner(Vec<Inner>),
    /// An event that this one came after, so that its time is no more than a bound.
    Older(Inner),
    /// SQS messages, which succeed and fail one by one.
    Messages(Vec<Message>),
}

/// An event inside another.
struct Inner {
    document: Document,
    issued: Issued,
}

/// What an event is from, as far as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued {
    /// From this moment.
    At(DateTime<Utc>),
    /// From some moment before this one: the time of a failure record is later than that of the event in it.
    Before(DateTime<Utc>),
    /// It does not say.
    Unknown,
}

impl Issued {
    /// The moment, where it is only a bound.
    fn bound(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Before(time) => Some(time),
            Self::At(_) | Self::Unknown => None,
        }
    }

    /// The same moment as a bound only.
    fn at_the_latest(self) -> Self {
        match self {
            Self::At(time) => Self::Before(time),
            issued => issued,
        }
    }

    /// The later of two moments, when both are known.
    fn or_later(self, other: Self) -> Self {
        match (self, other) {
            (Self::At(one), Self::At(other)) => Self::At(one.max(other)),
            _ => self.or(other),
        }
    }

    fn or(self, outer: Self) -> Self {
        if self == Self::Unknown { outer } else { self }
    }
}

/// One thing an event asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The sources it came through, outermost first.
    pub via: Vec<&'static str>,
    /// Who sent it.
    pub origin: Origin,
    /// When it was issued.
    pub issued: Issued,
    /// The earliest failure that it came before, whatever it says of itself.
    pub failed: Option<DateTime<Utc>>,
    /// What it is.
    pub content: Content,
}

/// What a delivery holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A payload, not yet looked at.
    Payload(Document),
    /// A change of an alarm's state.
    Alarm(Alarm),
    /// A schedule or rule that fired without saying what for.
    Schedule(String),
    /// An EventBridge event that carries no payload.
    Event(BareEvent),
    /// Something that asks for nothing, and why.
    Ignored(String),
}

/// A change of an alarm's state.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// The alarm's name.
    pub name: String,
    /// The new state: `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// The alarm's description, where it has one.
    pub description: Option<String>,
    /// The alarm's ARN, where the event names it.
    pub arn: Option<String>,
    /// The account the alarm belongs to, where the event says.
    pub account: Option<Account>,
}

/// An EventBridge event that carries no payload, by what tells it from others.
#[derive(Clone, Debug, PartialEq)]
pub struct BareEvent {
    /// Its `source`, such as `aws.sagemaker`.
    pub source: String,
    /// Its `detail-type`, such as `SageMaker Endpoint State Change`.
    pub detail_type: String,
    /// What its `detail` is instead of a payload, in words that repeat no value.
    pub detail: String,
}

impl BareEvent {
    /// `SOURCE/DETAIL-TYPE`, by which events are bound.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.source, self.detail_type)
    }
}

impl Alarm {
    /// True unless the alarm is known to belong to another account than `own`.
    #[must_use]
    pub fn is_of(&self, own: Option<&Account>) -> bool {
        match (&self.account, own) {
            (Some(account), Some(own)) => account == own,
            _ => true,
        }
    }
}

/// An event, decoded.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Everything in it succeeds or fails together.
    Whole(Vec<Delivery>),
    /// SQS messages, which succeed and fail one by one.
    Messages(Vec<Message>),
}

/// One SQS message, decoded by itself when its turn comes, so that a batch need not be in memory as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its `messageId`.
    pub id: String,
    /// True in a FIFO queue, where a failure stops the messages of its group after it.
    pub is_fifo: bool,
    /// Its message group, where it has one.
    pub group: Option<String>,
    /// The queue, and the message's own id.
    pub origin: Origin,
    body: String,
    issued: Issued,
}

impl Message {
    /// What the message asks for; a broken one is its own error and nobody else's.
    ///
    /// # Errors
    /// As [`decode`].
    pub fn deliveries(self) -> Result<Vec<Delivery>, Error> {
        let origin = self.origin.clone();
        let Inner { document, issued } = self.into_inner()?;
        let (source, inner, opened) = open(document)?;
        deliveries(source, opened, vec![sqs::MESSAGES.name], &inner.or(&origin), issued, None)
    }

    fn into_inner(self) -> Result<Inner, Error> {
        let document =
            parse_text("the message's body", &self.body).map_err(|why| Error::invalid_event(format!("sqs: {why}")))?;
        Ok(Inner { document, issued: self.issued })
    }
}

/// How deep sources may nest; the deepest real one is four.
const DEEPEST: usize = 8;

/// The ways that what an event carries came, such as `sns > alarm`; none where it carries nothing that can be read.
#[must_use]
pub fn ways(event: Document) -> Vec<String> {
    let readable = carried(event).unwrap_or_default().into_iter().filter_map(Result::ok);
    readable.flatten().map(|delivery| delivery.via.join(" > ")).collect()
}

/// The payloads that an event carries, however deep; none of those that are bound to it.
///
/// # Errors
/// As [`decode`].
pub fn payloads(event: Document) -> Result<Vec<Document>, Error> {
    let carried: Vec<Vec<Delivery>> = carried(event)?.into_iter().collect::<Result<_, _>>()?;
    let payload = |delivery: Delivery| match delivery.content {
        Content::Payload(payload) => Some(payload),
        _ => None,
    };
    Ok(carried.into_iter().flatten().filter_map(payload).collect())
}

/// What an event carries, and each message of it by itself.
fn carried(event: Document) -> Result<Vec<Result<Vec<Delivery>, Error>>, Error> {
    Ok(match decode(event)? {
        Event::Whole(deliveries) => vec![Ok(deliveries)],
        Event::Messages(messages) => messages.into_iter().map(Message::deliveries).collect(),
    })
}

/// Finds out what an event asks for.
///
/// # Errors
/// `InvalidEvent` for anything that is no known source, or is a broken one.
pub fn decode(event: impl Into<Document>) -> Result<Event, Error> {
    let (source, origin, opened) = open(event.into())?;
    match opened {
        Opened::Messages(messages) => Ok(Event::Messages(messages)),
        opened => deliveries(source, opened, Vec::new(), &origin, Issued::Unknown, None).map(Event::Whole),
    }
}

/// The source of a value, if it is of any.
fn source_of(value: &Value) -> Option<&'static Source> {
    SOURCES.iter().find(|source| (source.recognises)(value))
}

fn open(document: Document) -> Result<(&'static str, Origin, Opened), Error> {
    let Some(source) = source_of(document.value()) else {
        return Err(Error::invalid_event(not_understood(document.value())));
    };
    let origin = Origin::of(document.value());
    let opened = document.once_in(source.reads).and_then(|()| (source.open)(document));
    let opened = opened.map_err(|why| Error::invalid_event(format!("{}: {why}", source.name)))?;
    Ok((source.name, origin, opened))
}

/// Follows everything in `opened` to its end.
fn deliveries(
    source: &'static str,
    opened: Opened,
    mut via: Vec<&'static str>,
    origin: &Origin,
    outer: Issued,
    failed: Option<DateTime<Utc>>,
) -> Result<Vec<Delivery>, Error> {
    let failed = earlier(failed, outer.bound());
    via.push(source);
    if via.len() > DEEPEST {
        return Err(Error::invalid_event(format!(
            "the event nests deeper than {DEEPEST} sources; send the payload itself"
        )));
    }
    let (inner, outer) = match opened {
        // CloudWatch notifies when it executes the action, which is long after the state changed where a mute window or a
        // suppression had to end first.
        Opened::Content(content @ Content::Alarm(_), issued)
            if via.ends_with(&[sns::NOTIFICATION.name, alarm::MESSAGE.name]) =>
        {
            return Ok(vec![Delivery { via, origin: origin.clone(), issued: issued.or_later(outer), failed, content }]);
        }
        Opened::Content(content, issued) => {
            return Ok(vec![Delivery { via, origin: origin.clone(), issued: issued.or(outer), failed, content }]);
        }
        Opened::Inner(inner) => (inner, outer),
        Opened::Older(inner) => (vec![inner], outer.at_the_latest()),
        Opened::Messages(messages) => (messages.into_iter().map(Message::into_inner).collect::<Result<_, _>>()?, outer),
    };
    let mut found = Vec::with_capacity(inner.len());
    for Inner { document, issued } in inner {
        let (source, inner, opened) = open(document)?;
        let failed = earlier(failed, issued.bound());
        found.extend(deliveries(source, opened, via.clone(), &inner.or(origin), issued.or(outer), failed)?);
    }
    Ok(found)
}

fn earlier(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    one.into_iter().chain(other).min()
}

/// A JSON text inside an event; `what` names it in the error, which never repeats it.
fn parse_text(what: &str, text: &str) -> Result<Document, String> {
    Document::parse(text).map_err(|error| match error.classify() {
        // A limit of this function's own.
        Category::Data => format!("{what} {}", error.to_string().split(" at line").next().unwrap_or_default()),
        _ => format!("{what} is text, not JSON; it must be a payload such as {{\"action\": …, \"input\": {{…}}}}, or an event that carries one")
    })
}

/// What was seen, by its top-level keys and never by its values, and what would have been understood.
fn not_understood(value: &Value) -> String {
    let seen = seen(value);
    format!(
        "the event is {seen}, which is none of the shapes this function understands: a payload {{\"action\": …, \"input\": \
         {{…}}}} or {{\"actions\": [ … ]}} by itself or from EventBridge Scheduler, an EventBridge event, an SNS \
         notification, SQS messages (from EventBridge Pipes too), a CloudWatch alarm, or a Lambda failure-destination record \
         that carries one of these"
    )
}

fn seen(value: &Value) -> String {
    match value {
        Value::Object(members) if members.is_empty() => "an empty object".to_owned(),
        Value::Object(members) => {
            if let Some(service) = members.get("Records").and_then(service_of) {
                return format!("an object with `Records` of `{service}`");
            }
            let keys: Vec<String> = members.keys().take(12).map(|key| format!("`{}`", shortened(key))).collect();
            let more = if members.len() > 12 { " and more" } else { "" };
            format!("an object with {}{more}", keys.join(", "))
        }
        Value::Array(elements) => match (service_of(value), elements.first()) {
            (Some(name), _) => format!("a list of records of `{name}`"),
            (None, Some(Value::Object(first))) if first.contains_key("action") => {
                "a list of payloads, which go into {\"actions\": [ … ]}".to_owned()
            }
            _ => "a list".to_owned(),
        },
        Value::String(_) => "a text that is not JSON".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Null => "null".to_owned(),
    }
}

/// The service that records are of, such as `aws:s3`.
fn service_of(records: &Value) -> Option<&str> {
    let name = text(records, "/0/eventSource").or_else(|| text(records, "/0/EventSource"))?;
    plain(name).filter(|name| name.starts_with("aws:"))
}

/// A name of a kind of events, such as `aws:s3` or `SageMaker Endpoint State Change`, where it looks like one.
pub(crate) fn plain(name: &str) -> Option<&str> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || " ._:/()-".contains(letter);
    (name.len() <= 256 && name.chars().all(is_plain)).then_some(name)
}

/// A member that is a text with something in it.
fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The moment in a member, where there is one that can be read.
fn moment(value: &Value, pointer: &str) -> Issued {
    text(value, pointer).and_then(crate::spelling::timestamp::parse).map_or(Issued::Unknown, Issued::At)
}
