//! A DynamoDB table: its key, its items, and when these leave by themselves.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::attribute::{AttributeValue, Item};
use super::number::Number;

/// Items whose time passed longer ago than this stay, as DynamoDB has it.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::days(5 * 365);

/// A DynamoDB table whose partition key is a string, and which has no sort key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Table {
    /// The name of the attribute that is the partition key.
    pub partition_key: String,
    /// The attribute with the time, in seconds since 1970, from which an item is gone. DynamoDB may take days over that;
    /// here it is gone at once, or without this member never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_live: Option<String>,
    /// Whole items, by the value of their partition key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub items: BTreeMap<String, Item>,
}

impl Table {
    /// Removes the item with this key if its time has passed.
    pub(crate) fn settle(&mut self, key: &str, now: DateTime<Utc>) {
        if self.items.get(key).is_some_and(|item| self.has_expired(item, now)) {
            self.items.remove(key);
        }
    }

    /// Removes every item whose time has passed.
    pub(crate) fn settle_all(&mut self, now: DateTime<Utc>) {
        if self.time_to_live.is_none() {
            return;
        }
        let mut items = std::mem::take(&mut self.items);
        items.retain(|_, item| !self.has_expired(item, now));
        self.items = items;
    }

    fn has_expired(&self, item: &Item, now: DateTime<Utc>) -> bool {
        let Some(AttributeValue::N(end)) = self.time_to_live.as_ref().and_then(|attribute| item.get(attribute)) else {
            return false;
        };
        *end < Number::from(now.timestamp()) && *end >= Number::from((now - FORGOTTEN_AFTER).timestamp())
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        for (key, item) in &self.items {
            if item.get(&self.partition_key) != Some(&AttributeValue::S(key.clone())) {
                return Err(format!("items.{key}.{}: is the item's own key, {{\"S\": \"{key}\"}}", self.partition_key));
            }
        }
        Ok(())
    }
}
