//! CloudWatch alarms in the three forms they arrive in: as an EventBridge event, as a direct invocation, and as the
//! message of an SNS notification.
//!
//! Decoded from `Value`: the alarm types of aws_lambda_events refuse real alarms (metric math, anomaly detection,
//! composite alarms without a suppressor, a null description, a period of a day, a state without a reason).

use serde_json::Value;

use super::{Account, Alarm, Content, Document, Issued, Opened, Source, moment, text};
use crate::spelling::arn::Arn;

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

/// Sent only when CloudWatch executes the alarm's action: then it is meant, whatever the previous state was.
fn open_invocation(event: Document) -> Result<Opened, String> {
    let event = event.value();
    let issued = issued(event, "/alarmData").or_later(moment(event, "/time"));
    let alarm = alarm_data(event, "/alarmData", (text(event, "/alarmArn"), text(event, "/accountId")))?;
    Ok(Opened::Content(unless_of_one_contributor(event.pointer("/alarmData/alarmContributor"), alarm), issued))
}

/// When the state changed.
pub(super) fn issued(event: &Value, at: &str) -> Issued {
    moment(event, &format!("{at}/state/timestamp"))
}

/// A change of state in the `detail` of an EventBridge event. These come for every change, whether or not an action is
/// executed.
pub(super) fn state_change(event: &Value) -> Result<Content, String> {
    let alarm = alarm_data(event, "/detail", (text(event, "/resources/0"), text(event, "/account")))?;
    let (name, state) = (&alarm.name, &alarm.state);
    if let Some(by) = text(event, "/detail/state/actionsSuppressedBy") {
        return Ok(Content::Ignored(format!("the actions of alarm {name} are suppressed by {by}")));
    }
    if let Some(Value::Object(_)) = event.pointer("/detail/muteDetail") {
        return Ok(Content::Ignored(format!("alarm {name} is muted")));
    }
    // When a suppression ends, the state stays and its actions are due now.
    let was_suppressed = text(event, "/detail/previousState/actionsSuppressedBy").is_some();
    if text(event, "/detail/previousState/value") == Some(state) && !was_suppressed {
        return Ok(Content::Ignored(format!("alarm {name} was in state {state} already")));
    }
    Ok(unless_of_one_contributor(event.pointer("/detail/alarmContributor"), alarm))
}

/// The alarm data at `at`, which EventBridge and a direct invocation share; ARN and account stand beside them.
fn alarm_data(event: &Value, at: &str, (arn, account): (Option<&str>, Option<&str>)) -> Result<Alarm, String> {
    let member = |path: &str| text(event, &format!("{at}/{path}"));
    Ok(Alarm {
        name: member("alarmName").ok_or("an alarm without `alarmName`")?.to_owned(),
        state: member("state/value").ok_or("an alarm without `state.value`")?.to_owned(),
        description: member("configuration/description").map(str::to_owned),
        arn: arn.map(str::to_owned),
        account: account_of(arn, account),
    })
}

fn is_message(value: &Value) -> bool {
    text(value, "/AlarmName").is_some() && text(value, "/NewStateValue").is_some()
}

/// Sent only when CloudWatch executes the alarm's action, as a direct invocation is.
fn open_message(message: Document) -> Result<Opened, String> {
    let message = message.value();
    let arn = text(message, "/AlarmArn");
    let alarm = Alarm {
        name: text(message, "/AlarmName").unwrap_or_default().to_owned(),
        state: text(message, "/NewStateValue").unwrap_or_default().to_owned(),
        description: text(message, "/AlarmDescription").map(str::to_owned),
        arn: arn.map(str::to_owned),
        account: account_of(arn, text(message, "/AWSAccountId")),
    };
    let content = unless_of_one_contributor(message.get("AlarmContributorId"), alarm);
    Ok(Opened::Content(content, moment(message, "/StateChangeTime")))
}

fn account_of(arn: Option<&str>, account: Option<&str>) -> Option<Account> {
    let in_arn = arn.and_then(Arn::parse).and_then(|arn| arn.account().cloned());
    in_arn.or_else(|| Account::parse(account?.to_owned()).ok())
}

fn unless_of_one_contributor(contributor: Option<&Value>, alarm: Alarm) -> Content {
    match contributor {
        Some(_) => Content::Ignored(format!(
            "the state of one contributor to alarm {}, which is not the alarm's own",
            alarm.name
        )),
        None => Content::Alarm(alarm),
    }
}
