//! A scaling configuration: between how many environments a function scales, and how a change of that goes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::lifecycle::{Change, Changes, Changing, Stale};

/// The scaling configuration of a function on managed instances.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ScalingConfig {
    /// What is in effect.
    pub applied: ExecutionEnvironments,
    /// What it is changing to, or failed to change to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested: Option<ExecutionEnvironments>,
    /// How its changes go.
    #[serde(skip_serializing_if = "Changes::is_default")]
    pub changes: Changes,
    /// The change under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// What the next reads show instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<Stale<Box<ScalingConfig>>>,
}

/// Between how many execution environments a function scales; a bound that is left out is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ExecutionEnvironments {
    /// The fewest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i32>,
    /// The most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i32>,
}

impl ScalingConfig {
    /// What it is to be: what it is changing to, or what it is.
    #[must_use]
    pub fn wanted(&self) -> ExecutionEnvironments {
        self.requested.unwrap_or(self.applied)
    }

    /// Accepts other bounds.
    pub(crate) fn put(&mut self, bounds: ExecutionEnvironments, general: &mut Changes, now: DateTime<Utc>) {
        let before = Self { stale: None, ..self.clone() };
        let course = self.changes.begin(general, now);
        self.requested = Some(bounds);
        self.change = Some(course.change);
        self.stale = Stale::after_write(course.stale_reads, Box::new(before));
        self.settle(now);
    }
}

impl Changing for ScalingConfig {
    fn change(&mut self) -> &mut Option<Change> {
        &mut self.change
    }

    fn stale(&mut self) -> &mut Option<Stale<Box<Self>>> {
        &mut self.stale
    }

    fn settle(&mut self, now: DateTime<Utc>) {
        let Some((change, _)) = self.take_done(now) else { return };
        // That a request is not reported any more once it is in effect, and that one that fails stays, is unverified. AWS
        // has no member for the reason.
        if change.fails.is_none() {
            self.applied = self.requested.take().unwrap_or(self.applied);
        }
    }
}
