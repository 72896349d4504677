//! A custom model deployment: the model it serves, and how an update of that goes from accepted to done.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::lifecycle::{Change, Changes, Changing, Stale};

/// A Bedrock deployment of a custom model for on-demand inference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomModelDeployment {
    /// Its name, under which it is found.
    pub name: String,
    /// What somebody wrote about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The model it serves.
    pub model_arn: String,
    /// AWS's word for how it is; an update does not change it.
    #[serde(default)]
    pub status: CustomModelDeploymentStatus,
    /// The last update, until the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_details: Option<CustomModelDeploymentUpdate>,
    /// Why it, or its last update, failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_message: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last updated; none when it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_updated_at: Option<DateTime<Utc>>,
    /// How its changes go.
    #[serde(default, skip_serializing_if = "Changes::is_default")]
    pub changes: Changes,
    /// The update under way; with it, `updateStatus` is `Updating`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// What the next reads show instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<Stale<Box<CustomModelDeployment>>>,
}

/// The states of a deployment, in AWS's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are AWS's, and described in its API reference")]
pub enum CustomModelDeploymentStatus {
    Creating,
    #[default]
    Active,
    Failed,
}

/// An update of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomModelDeploymentUpdate {
    /// The model it is about.
    pub model_arn: String,
    /// AWS's word for how it goes.
    pub update_status: CustomModelDeploymentUpdateStatus,
}

/// The states of an update, in AWS's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are AWS's, and described in its API reference")]
pub enum CustomModelDeploymentUpdateStatus {
    Updating,
    UpdateCompleted,
    UpdateFailed,
}

impl CustomModelDeployment {
    /// Makes it busy with an update to the model that it serves, until `change` is done.
    pub fn start_updating(&mut self, change: Change) {
        self.begin(self.model_arn.clone(), change);
    }

    /// The model that it is to serve: that of the last update, or what it serves.
    #[must_use]
    pub fn wanted_model(&self) -> &str {
        self.update_details.as_ref().map_or(&self.model_arn, |update| &update.model_arn)
    }

    /// Whether an update is under way.
    pub(crate) fn is_updating(&self) -> bool {
        let status = self.update_details.as_ref().map(|update| update.update_status);
        status == Some(CustomModelDeploymentUpdateStatus::Updating)
    }

    /// Accepts another model.
    pub(crate) fn update(&mut self, model_arn: String, general: &mut Changes, now: DateTime<Utc>) {
        let before = Self { stale: None, ..self.clone() };
        let course = self.changes.begin(general, now);
        self.begin(model_arn, course.change);
        self.failure_message = None;
        self.last_updated_at = Some(now);
        self.stale = Stale::after_write(course.stale_reads, Box::new(before));
        self.settle(now);
    }

    fn begin(&mut self, model_arn: String, change: Change) {
        let update_status = CustomModelDeploymentUpdateStatus::Updating;
        self.update_details = Some(CustomModelDeploymentUpdate { model_arn, update_status });
        self.change = Some(change);
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        match self.change.is_some() == self.is_updating() {
            true => Ok(()),
            false => Err("updateDetails.updateStatus: Updating goes with a change".to_owned()),
        }
    }
}

impl Changing for CustomModelDeployment {
    fn change(&mut self) -> &mut Option<Change> {
        &mut self.change
    }

    fn stale(&mut self) -> &mut Option<Stale<Box<Self>>> {
        &mut self.stale
    }

    fn settle(&mut self, now: DateTime<Utc>) {
        let Some((change, done)) = self.take_done(now) else { return };
        let Some(update) = &mut self.update_details else { return };
        if change.completion_moves_last_modified {
            self.last_updated_at = Some(done);
        }
        if change.fails.is_some() {
            // That it is still `Active` with the model it had, and that AWS says why, is unverified.
            update.update_status = CustomModelDeploymentUpdateStatus::UpdateFailed;
        } else {
            // That a failed deployment is `Active` after it, and that the details stay, is unverified.
            self.status = CustomModelDeploymentStatus::Active;
            self.model_arn.clone_from(&update.model_arn);
            update.update_status = CustomModelDeploymentUpdateStatus::UpdateCompleted;
        }
        self.failure_message = change.fails;
    }
}
