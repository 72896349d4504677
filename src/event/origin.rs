//! Who sent an event, and by what id the sender knows it, for the record.

use serde_json::Value;

use super::text;

/// Who sent an event, and its id, as far as it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The ARN of the alarm, rule, schedule, topic, queue or function; of a custom event its `source`.
    pub source: Option<String>,
    /// The sender's id of the event, which stays the same when it is delivered again.
    pub id: Option<String>,
}

impl Origin {
    /// What AWS's own envelopes say of themselves, without a look into what they carry.
    pub(crate) fn of(event: &Value) -> Self {
        let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| text(event, pointer));
        let of_aws = |source: &str| source.starts_with("aws.");
        let (source, id) = if text(event, "/detail-type").is_some() {
            let source = text(event, "/source");
            let sender = if source.is_some_and(of_aws) { first(&["/resources/0"]).or(source) } else { source };
            (sender, text(event, "/id"))
        } else if text(event, "/requestContext/condition").is_some() {
            (first(&["/requestContext/functionArn"]), first(&["/requestContext/requestId"]))
        } else if let (Some(alarm), Some(moment)) =
            (text(event, "/alarmArn"), text(event, "/alarmData/state/timestamp"))
        {
            // CloudWatch gives its invocations no id; an alarm comes to a state once in a moment.
            let state = text(event, "/alarmData/state/value").unwrap_or_default();
            return Self::new(Some(alarm), Some(&format!("{alarm}@{moment}/{state}")));
        } else {
            let source =
                ["/alarmArn", "/AlarmArn", "/TopicArn", "/Records/0/Sns/TopicArn", "/Records/0/eventSourceARN"];
            (first(&source), first(&["/MessageId", "/Records/0/Sns/MessageId"]))
        };
        Self::new(source, id)
    }

    pub(super) fn new(source: Option<&str>, id: Option<&str>) -> Self {
        let short = |text: &str| text.chars().take(LONGEST).collect();
        Self { source: source.map(short), id: id.map(short) }
    }

    /// What an event inside another does not say of itself is as the outer one says.
    pub(super) fn or(self, outer: &Self) -> Self {
        Self { source: self.source.or_else(|| outer.source.clone()), id: self.id.or_else(|| outer.id.clone()) }
    }
}

/// No ARN of a sender is longer.
const LONGEST: usize = 512;
