//! An inference component: its copies, and how a change of their number goes from accepted to done.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::lifecycle::{Change, Changes, Changing, Stale};

/// A SageMaker inference component: a model on the instances of an endpoint's variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InferenceComponent {
    /// The endpoint that hosts it.
    pub endpoint_name: String,
    /// The variant of that endpoint whose instances hold its copies.
    pub variant_name: String,
    /// AWS's word for what it is doing; only `InService` and `Failed` accept updates.
    #[serde(default)]
    pub status: InferenceComponentStatus,
    /// Why the last update failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// How many copies it has.
    pub current_copy_count: i32,
    /// How many it is changing to, or failed to change to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_copy_count: Option<i32>,
    /// When it was made.
    pub creation_time: DateTime<Utc>,
    /// When it was last changed.
    pub last_modified_time: DateTime<Utc>,
    /// How its changes go.
    #[serde(default, skip_serializing_if = "Changes::is_default")]
    pub changes: Changes,
    /// The update under way; with it, `status` is `Updating`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// What the next reads show instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<Stale<Box<InferenceComponent>>>,
}

/// The states of an inference component, in AWS's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are AWS's, and described in its API reference")]
pub enum InferenceComponentStatus {
    #[default]
    InService,
    Creating,
    Updating,
    Failed,
    Deleting,
}

impl InferenceComponent {
    /// Makes it busy with an update that changes nothing, until `change` is done.
    pub fn start_updating(&mut self, change: Change) {
        self.status = InferenceComponentStatus::Updating;
        self.change = Some(change);
    }

    /// How many copies it is to have: what it is changing to, or what it has.
    #[must_use]
    pub fn wanted_copy_count(&self) -> i32 {
        self.desired_copy_count.unwrap_or(self.current_copy_count)
    }

    /// Accepts another number of copies.
    pub(crate) fn update(&mut self, copy_count: i32, general: &mut Changes, now: DateTime<Utc>) {
        let before = Self { stale: None, ..self.clone() };
        let course = self.changes.begin(general, now);
        self.desired_copy_count = Some(copy_count);
        self.status = InferenceComponentStatus::Updating;
        self.failure_reason = None;
        self.last_modified_time = now;
        self.change = Some(course.change);
        self.stale = Stale::after_write(course.stale_reads, Box::new(before));
        self.settle(now);
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        match self.change.is_some() == (self.status == InferenceComponentStatus::Updating) {
            true => Ok(()),
            false => Err("status: Updating goes with a change".to_owned()),
        }
    }
}

impl Changing for InferenceComponent {
    fn change(&mut self) -> &mut Option<Change> {
        &mut self.change
    }

    fn stale(&mut self) -> &mut Option<Stale<Box<Self>>> {
        &mut self.stale
    }

    fn settle(&mut self, now: DateTime<Utc>) {
        let Some((change, done)) = self.take_done(now) else { return };
        if change.completion_moves_last_modified {
            self.last_modified_time = done;
        }
        if change.fails.is_some() {
            // That a failed one keeps its copies, and still says how many were wanted, is unverified.
            self.status = InferenceComponentStatus::Failed;
        } else {
            self.status = InferenceComponentStatus::InService;
            self.current_copy_count = self.desired_copy_count.take().unwrap_or(self.current_copy_count);
        }
        self.failure_reason = change.fails;
    }
}
