//! CloudWatch alarms in the three forms they arrive in: as an EventBridge event, as a direct invocation, and as the
//! message of an SNS notification.
//!
//! Decoded from `Value`: the alarm types of aws_lambda_events refuse real alarms (metric math, anomaly detection,
//! composite alarms without a suppressor, a null description, a period of a day, a state without a reason).

use serde_json::Value;

use super::{Alarm, Content, Document, Issued, Opened, Source, moment, text};

pub(super) const INVOCATION: Source = Source {
    name: "alarm",
    recognises: is_invocation,
    reads: &["", "/alarmData", "/alarmData/state", "/alarmData/previousState", "/alarmData/configuration"],
    open: open_invocation,
};
pub(super) const MESSAGE: Source = Source { name: "alarm", recognises: is_message, reads: &[""], open: open_message };

/// What is read of an alarm in an EventBridge event.
pub(super) const READ_IN_DETAIL: &[&str] =
    &["/detail", "/detail/state", "/detail/previousState", "/detail/configuration"];

fn is_invocation(value: &Value) -> bool {
    text(value, "/source") == Some("aws.cloudwatch") && value.get("alarmData").is_some()
}

fn open_invocation(event: Document) -> Result<Opened, String> {
    let event = event.value();
    let issued = issued(event, "/alarmData").or(moment(event, "/time"));
    Ok(Opened::Content(state_change(event, "/alarmData")?, issued))
}

/// When the state changed.
pub(super) fn issued(event: &Value, at: &str) -> Issued {
    moment(event, &format!("{at}/state/timestamp"))
}

/// The alarm data at `at`, which EventBridge and a direct invocation share.
pub(super) fn state_change(event: &Value, at: &str) -> Result<Content, String> {
    let member = |path: &str| text(event, &format!("{at}/{path}"));
    let name = member("alarmName").ok_or("an alarm without `alarmName`")?;
    let state = member("state/value").ok_or("an alarm without `state.value`")?;
    if event.pointer(&format!("{at}/alarmContributor")).is_some() {
        return Ok(Content::Ignored(one_contributor(name)));
    }
    if let Some(by) = member("state/actionsSuppressedBy") {
        return Ok(Content::Ignored(format!("the actions of alarm {name} are suppressed by {by}")));
    }
    if let Some(Value::Object(_)) = event.pointer(&format!("{at}/muteDetail")) {
        return Ok(Content::Ignored(format!("alarm {name} is muted")));
    }
    // When a suppression ends, the state stays and its actions are due now.
    let was_suppressed = member("previousState/actionsSuppressedBy").is_some();
    if member("previousState/value") == Some(state) && !was_suppressed {
        return Ok(Content::Ignored(same_state(name, state)));
    }
    let description = member("configuration/description").map(str::to_owned);
    Ok(Content::Alarm(Alarm { name: name.to_owned(), state: state.to_owned(), description }))
}

fn is_message(value: &Value) -> bool {
    text(value, "/AlarmName").is_some() && text(value, "/NewStateValue").is_some()
}

fn open_message(message: Document) -> Result<Opened, String> {
    let message = message.value();
    let name = text(message, "/AlarmName").unwrap_or_default();
    let state = text(message, "/NewStateValue").unwrap_or_default();
    let content = if message.get("AlarmContributorId").is_some() {
        Content::Ignored(one_contributor(name))
    } else if text(message, "/OldStateValue") == Some(state) {
        Content::Ignored(same_state(name, state))
    } else {
        let description = text(message, "/AlarmDescription").map(str::to_owned);
        Content::Alarm(Alarm { name: name.to_owned(), state: state.to_owned(), description })
    };
    Ok(Opened::Content(content, moment(message, "/StateChangeTime")))
}

fn one_contributor(name: &str) -> String {
    format!("the state of one contributor to alarm {name}, which is not the alarm's own")
}

fn same_state(name: &str, state: &str) -> String {
    format!("alarm {name} was in state {state} already")
}
