//! A Provisioned Throughput: its name and model, and how an update of them goes from accepted to done.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::lifecycle::{Change, Changes, Changing, Stale};

/// A Bedrock Provisioned Throughput.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProvisionedModel {
    /// Its name, under which it is found.
    pub name: String,
    /// Its size, which no update changes.
    pub model_units: i32,
    /// The model behind it.
    pub model_arn: String,
    /// The model it is changing to, or failed to change to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_model_arn: Option<String>,
    /// The base of its model; the model itself, if it was bought for a base model.
    pub foundation_model_arn: String,
    /// AWS's word for what it is doing; only `InService` and `Failed` accept updates.
    #[serde(default)]
    pub status: ProvisionedModelStatus,
    /// Why the last update failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_message: Option<String>,
    /// `OneMonth` or `SixMonths`; none without commitment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment_duration: Option<String>,
    /// When the commitment ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment_expiration_time: Option<DateTime<Utc>>,
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
    pub stale: Option<Stale<Box<ProvisionedModel>>>,
}

/// The states of a Provisioned Throughput, in AWS's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are AWS's, and described in its API reference")]
pub enum ProvisionedModelStatus {
    Creating,
    #[default]
    InService,
    Updating,
    Failed,
}

impl ProvisionedModel {
    /// Accepts a new name, a new model, or both.
    pub(crate) fn update(
        &mut self,
        name: Option<String>,
        model_arn: Option<String>,
        general: &mut Changes,
        now: DateTime<Utc>,
    ) {
        let before = Self { stale: None, ..self.clone() };
        let course = self.changes.begin(general, now);
        self.name = name.unwrap_or_else(|| self.name.clone());
        self.desired_model_arn = model_arn;
        // That a new name alone passes through `Updating` as well is unverified.
        self.status = ProvisionedModelStatus::Updating;
        self.failure_message = None;
        self.last_modified_time = now;
        self.change = Some(course.change);
        self.stale = Stale::after_write(course.stale_reads, Box::new(before));
        self.settle(now);
    }

    /// The name that the next read knows it by.
    pub(crate) fn name_read(&self) -> &str {
        self.stale.as_ref().map_or(&self.name, |stale| &stale.shows.name)
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        match self.change.is_some() == (self.status == ProvisionedModelStatus::Updating) {
            true => Ok(()),
            false => Err("status: Updating goes with a change".to_owned()),
        }
    }
}

impl Changing for ProvisionedModel {
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
            self.status = ProvisionedModelStatus::Failed;
        } else {
            self.status = ProvisionedModelStatus::InService;
            self.model_arn = self.desired_model_arn.take().unwrap_or_else(|| self.model_arn.clone());
        }
        self.failure_message = change.fails;
    }
}
