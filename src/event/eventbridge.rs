//! EventBridge events: schedules, alarms, invocation records, and custom events with a payload in `detail`.
//!
//! Decoded from `Value`: aws_lambda_events' `EventBridgeEvent` refuses an event without `detail` (an input transformer
//! makes such) or with an empty `time`, and both deserve a better answer than a decoding error.

use serde_json::Value;

use super::{Content, Document, Inner, Opened, Source, alarm, destination, moment, parse_text, text};

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
        _ => Ok(Opened::Inner(vec![Inner { document: detail(document)?, issued }])),
    }
}

/// The payload's place in a custom event; some senders put it there as text.
fn detail(event: Document) -> Result<Document, String> {
    let detail = event.take("detail");
    match detail.value() {
        Value::String(text) => parse_text("`detail`", text),
        Value::Object(members) if !members.is_empty() => Ok(detail),
        _ => Err("the event has no payload in `detail`".to_owned()),
    }
}

/// The name at the end of `…:rule/NAME`, `…:rule/BUS/NAME` or `…:schedule/GROUP/NAME`.
fn schedule_name(event: &Value) -> Option<String> {
    let arn = text(event, "/resources/0")?;
    arn.rsplit('/').next().filter(|name| !name.is_empty() && *name != arn).map(str::to_owned)
}
