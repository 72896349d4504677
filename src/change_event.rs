//! Telling others of a change: one EventBridge event for each write.

use std::time::Duration;

use aws_sdk_eventbridge::primitives::DateTime as SdkDateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::aws::{self, Scope};
use crate::error::{AwsAnswer, AwsFailure, Error};
use crate::event::Origin;
use crate::outcome::Decision;
use crate::plan::Plan;

/// The operation that puts it on the bus.
pub(crate) const OPERATION: &str = "PutEvents";

/// How long a change may wait for others to be told: it is made already, and the next may be waiting.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// As the events' `source`.
const SOURCE: &str = "setpoint";

/// As the events' `detail-type`.
const DETAIL_TYPE: &str = "Setpoint Capacity Change";

/// What made a change: an event, as far as it says of itself by which way it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sender {
    /// The sources it came through, outermost first.
    pub(crate) via: Vec<&'static str>,
    /// Who sent it, and its id.
    pub(crate) origin: Origin,
}

/// Where the function's log has the record of a change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InLog<'a> {
    pub(crate) group: &'a str,
    pub(crate) stream: &'a str,
    pub(crate) request_id: &'a str,
}

/// What an event says of a change: of each field before and after, how it ended, what made it and from when that is, and where
/// the record of it is.
pub(crate) fn detail(
    decision: &Decision,
    Sender { via, origin }: &Sender,
    issued_at: Option<DateTime<Utc>>,
    log: InLog<'_>,
) -> Value {
    let mut cause = json!({
        "via": via.join(" > "),
        "source": origin.source,
        "id": origin.id,
        "issuedAt": issued_at.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true)),
    });
    if let Some(held) = &decision.period {
        held.put_into(&mut cause);
    }
    let mut detail = decision.facts();
    detail["summary"] = json!(summary(decision));
    detail["cause"] = cause;
    detail["record"] = json!({"logGroup": log.group, "logStream": log.stream, "requestId": log.request_id});
    if let Err(error) = &decision.result {
        detail["error"] = json!({"errorType": error.error_type(), "errorMessage": error.to_string()});
    }
    detail
}

/// One sentence for a person, such as a chat channel has room for.
fn summary(decision: &Decision) -> String {
    let ended = match &decision.result {
        Ok(answer) => answer.outcome.name(),
        Err(error) => error.error_type(),
    };
    let changes = decision.plan.as_ref().map(Plan::sentence).unwrap_or_default();
    format!("{}: {changes} ({ended})", decision.target)
}

/// Puts an event on a bus, by the bus's name or ARN.
pub(crate) async fn put(scope: &Scope, bus: &str, detail: &Value, at: DateTime<Utc>) -> Result<(), Error> {
    let entry = PutEventsRequestEntry::builder()
        .event_bus_name(bus)
        .source(SOURCE)
        .detail_type(DETAIL_TYPE)
        .detail(detail.to_string())
        .time(SdkDateTime::from_millis(at.timestamp_millis()))
        .build();
    let output = scope.eventbridge().put_events().entries(entry).send().await;
    let output = output.map_err(|error| aws::failure(OPERATION, error))?;
    aws::answered(OPERATION, &output)?;
    // The call is taken, and the entry may not be.
    let failed = output.entries().iter().find_map(|entry| Some((entry.error_code()?, entry.error_message())));
    match failed {
        Some((code, message)) => {
            let message = message.unwrap_or_default().to_owned();
            let answer = AwsAnswer::Error { code: code.to_owned(), message, status: None };
            Err(AwsFailure { operation: OPERATION, answer }.into())
        }
        None => Ok(()),
    }
}
