//! The attributes that AWS adds to what it puts into a dead-letter queue or topic.

use super::Issued;
use crate::spelling::timestamp;

/// What a message `sent` then says of when its event was issued. A dead letter was sent when its event failed, and the
/// event is older; only EventBridge Scheduler says how old. `attribute` gives the text of an attribute that is there.
///
/// Sources: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>,
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>,
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html>.
pub(super) fn issued<'a>(attribute: impl Fn(&str) -> Option<&'a str>, sent: Issued) -> Issued {
    if let Some(due) = attribute("SCHEDULED_TIME").and_then(timestamp::parse) {
        return Issued::At(due);
    }
    let has_all = |names: &[&str]| names.iter().all(|name| attribute(name).is_some());
    if SIGNS.iter().any(|names| has_all(names)) { sent.at_the_latest() } else { sent }
}

/// Attributes that tell a dead letter: of a function, a schedule and a rule. Others may use one of these names too.
const SIGNS: [&[&str]; 5] =
    [&["RequestID", "ErrorCode"], &["SCHEDULED_TIME"], &["SCHEDULE_ARN"], &["RULE_ARN"], &["TARGET_ARN", "ERROR_CODE"]];
