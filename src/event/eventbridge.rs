//! EventBridge events: schedules, alarms, invocation records, and custom events with a payload in `detail`.
//!
//! Decoded from `Value`: aws_lambda_events' `EventBridgeEvent` refuses an event without `detail` (an input transformer
//! makes such) or with an empty `time`, and both deserve a better answer than a decoding error.

use serde_json::Value;

use super::{BareEvent, Content, Document, Inner, Opened, Source, alarm, destination, moment, seen, source_of, text};

pub(super) const EVENT: Source = Source { name: "eventbridge", recognises, reads: &[""], open };

fn recognises(value: &Value) -> bool {
    text(value, "/detail-type").is_some() && text(value, "/source").is_some()
}

fn open(document: Document) -> Result<Opened, String> {
    let event = document.value();
    let issued = moment(event, "/time");
    match (text(event, "/source"), text(event, "/detail-type")) {
        (Some("aws.events" | "aws.scheduler"), Some("Scheduled Event")) => {
            let name = schedule_name(event).ok_or("a scheduled event without the ARN of its rule in `resources`")?;
            Ok(Opened::Content(Content::Schedule(name), issued))
        }
        (Some("aws.cloudwatch"), Some("CloudWatch Alarm State Change")) => {
            document.once_in(alarm::READ_IN_DETAIL)?;
            Ok(Opened::Content(alarm::state_change(event)?, alarm::issued(event, "/detail").or(issued)))
        }
        (Some("aws.cloudwatch"), Some(kind)) => {
            Ok(Opened::Content(Content::Ignored(format!("a {kind} event")), issued))
        }
        (Some("lambda"), Some(_)) if destination::recognises(&event["detail"]) => {
            // This event is from when an invocation ended; the one it tells of is older.
            Ok(Opened::Older(Inner { document: document.take("detail"), issued: issued.at_the_latest() }))
        }
        (source, detail_type) => {
            let [source, detail_type] = [source, detail_type].map(|name| name.unwrap_or_default().to_owned());
            Ok(match detail(document) {
                Ok(document) => Opened::Inner(vec![Inner { document, issued }]),
                Err(detail) => Opened::Content(Content::Event(BareEvent { source, detail_type, detail }), issued),
            })
        }
    }
}

/// The payload's place in a custom event; some senders put it there as text. What is there instead is told in words.
fn detail(event: Document) -> Result<Document, String> {
    let detail = event.take("detail");
    match detail.value() {
        Value::String(text) => Document::parse(text)
            .ok()
            .filter(|held| source_of(held.value()).is_some())
            .ok_or_else(|| "a text".to_owned()),
        held if source_of(held).is_some() => Ok(detail),
        held => Err(seen(held)),
    }
}

/// The name at the end of `…:rule/NAME`, `…:rule/BUS/NAME` or `…:schedule/GROUP/NAME`.
fn schedule_name(event: &Value) -> Option<String> {
    let arn = text(event, "/resources/0")?;
    arn.rsplit('/').next().filter(|name| !name.is_empty() && *name != arn).map(str::to_owned)
}
