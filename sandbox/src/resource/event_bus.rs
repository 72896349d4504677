//! An EventBridge event bus, and what was put on it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An EventBridge event bus. It has no rules: what is put on it stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventBus {
    /// What was put on it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<BusEvent>,
}

/// An event on a bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BusEvent {
    /// The id that EventBridge gave it.
    pub id: String,
    /// When it happened, as its sender says, else when it was put.
    pub time: DateTime<Utc>,
    /// Who sent it.
    pub source: String,
    /// What it is.
    pub detail_type: String,
    /// The ARNs that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What it says.
    pub detail: Value,
}
