//! Events: what one asks for does not depend on how it is written, nor on what it is wrapped in.

use serde_json::{Value, json};
use setpoint::event::{self, Content, Delivery, Event, Issued, Origin};
use setpoint::payload::Payload;
use setpoint::spelling::json::Document;
use setpoint::spelling::problem::Problems;

use crate::limits::{in_proportion, is_one_in, within_memory};
use crate::rewritten;

/// Reads the bytes as Lambda's runtime hands them over.
///
/// # Panics
/// What is read depends on how it is written, or costs too much.
pub fn event(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let meaning = within_memory(text, || Meaning::read(text));
    let Ok(document) = Document::parse(text) else { return };
    let value = document.value().clone();
    // What came twice cannot be written again.
    if Document::from(value.clone()) != document {
        return;
    }
    let [compact, pretty, reversed] = rewritten::ways(&value).map(|text| Meaning::read(&text));
    assert_eq!(compact, meaning, "in one line");
    assert_eq!(pretty, meaning, "in many lines");
    match meaning.is_good() {
        true => {
            let [reversed, meaning] = [reversed.without_words(), Meaning::read(text).without_words()];
            assert_eq!(reversed, meaning, "with its members the other way round");
        }
        false => assert!(!reversed.is_good(), "good with its members the other way round: {reversed:?}"),
    }
    if let Meaning::Whole(Ok(asked)) = &meaning {
        wrapped(&value, asked);
    }
    if is_one_in(16, input) {
        let messages = |copies| json!({"Records": vec![message(text); copies]}).to_string();
        in_proportion(Meaning::read, messages);
    }
}

/// What an event came to.
#[derive(Debug, PartialEq)]
enum Meaning {
    NotRead(String),
    Whole(Result<Vec<Asked>, String>),
    Messages(Vec<Result<Vec<Asked>, String>>),
}

#[derive(Debug, PartialEq)]
struct Asked {
    via: Vec<&'static str>,
    origin: Origin,
    issued: Issued,
    what: What,
}

#[derive(Debug, PartialEq)]
enum What {
    Payload(Result<Payload, Problems>),
    Other(Content),
}

impl Meaning {
    fn read(text: &str) -> Self {
        let decoded = Document::parse(text).map_err(|_| "no JSON".to_owned());
        match decoded.and_then(|document| event::decode(document).map_err(|error| error.to_string())) {
            Err(why) => Self::NotRead(why),
            Ok(Event::Whole(deliveries)) => Self::Whole(Ok(deliveries.into_iter().map(Asked::new).collect())),
            Ok(Event::Messages(messages)) => Self::Messages(
                messages
                    .into_iter()
                    .map(|message| match message.deliveries() {
                        Ok(deliveries) => Ok(deliveries.into_iter().map(Asked::new).collect()),
                        Err(error) => Err(error.to_string()),
                    })
                    .collect(),
            ),
        }
    }

    /// The same without the words for what an event carries instead of a payload, which has its keys in their order.
    fn without_words(mut self) -> Self {
        let all = match &mut self {
            Self::NotRead(_) => Vec::new(),
            Self::Whole(asked) => vec![asked],
            Self::Messages(messages) => messages.iter_mut().collect(),
        };
        for asked in all.into_iter().flatten().flatten() {
            if let What::Other(Content::Event(event)) = &mut asked.what {
                event.detail.clear();
            }
        }
        self
    }

    /// True where everything in it is understood.
    fn is_good(&self) -> bool {
        let all =
            |asked: &Result<Vec<Asked>, String>| asked.as_ref().is_ok_and(|asked| asked.iter().all(Asked::is_good));
        match self {
            Self::NotRead(_) => false,
            Self::Whole(asked) => all(asked),
            Self::Messages(messages) => messages.iter().all(all),
        }
    }
}

impl Asked {
    fn new(Delivery { via, origin, issued, content, .. }: Delivery) -> Self {
        let what = match content {
            Content::Payload(document) => What::Payload(Payload::parse(document)),
            other => What::Other(other),
        };
        Self { via, origin, issued, what }
    }

    fn is_good(&self) -> bool {
        !matches!(self.what, What::Payload(Err(_)))
    }
}

/// The deepest that sources nest, less the two that are put around here.
const DEEPEST: usize = 6;

/// An SQS message and a failure record ask for what the event in them asks for.
fn wrapped(event: &Value, asked: &[Asked]) {
    if asked.iter().any(|asked| asked.via.len() > DEEPEST) {
        return;
    }
    let record = json!({
        "version": "1.0", "timestamp": "2026-11-20T22:00:00.000Z",
        "requestContext": {"requestId": "r", "functionArn": "f", "condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": event,
    });
    let messages = json!({"Records": [message(&event.to_string())]});
    for (around, outer) in [(record, "a failure record"), (messages, "a message")] {
        let inner = match Meaning::read(&around.to_string()) {
            Meaning::Whole(Ok(inner)) => inner,
            Meaning::Messages(mut messages) => match messages.pop() {
                Some(Ok(inner)) => inner,
                other => panic!("in {outer}: {other:?}"),
            },
            other => panic!("in {outer}: {other:?}"),
        };
        let what = |asked: &[Asked]| asked.iter().map(|asked| format!("{:?}", asked.what)).collect::<Vec<_>>();
        assert_eq!(what(&inner), what(asked), "in {outer}");
    }
}

fn message(body: &str) -> Value {
    json!({
        "messageId": "m", "receiptHandle": "h", "body": body, "attributes": {"SentTimestamp": "1795212000000"},
        "messageAttributes": {}, "md5OfBody": "b", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue", "awsRegion": "us-east-1",
    })
}
