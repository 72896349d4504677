//! An SQS standard queue, and the messages in it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An SQS standard queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Queue {
    /// What nobody has deleted yet, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<QueueMessage>,
}

/// A message in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueueMessage {
    /// The id that SQS gave it.
    pub id: String,
    /// When it was sent.
    pub sent: DateTime<Utc>,
    /// What it says.
    pub body: String,
    /// Its message attributes, all of them strings.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The queue that it failed in, where this is a dead-letter queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letter_queue_source_arn: Option<String>,
    /// How many times it was received.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub receives: u32,
    /// Whoever received it has it until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_until: Option<DateTime<Utc>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl QueueMessage {
    /// Whether a receiver is given it.
    pub(crate) fn is_visible(&self, now: DateTime<Utc>) -> bool {
        self.hidden_until.is_none_or(|until| until <= now)
    }

    /// What names this receive of it.
    pub(crate) fn receipt(&self) -> String {
        format!("{}/{}", self.id, self.receives)
    }
}
