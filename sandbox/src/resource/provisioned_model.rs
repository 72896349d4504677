//! A Provisioned Throughput: its name and model, and how it goes from bought to serving, and from one model to another.

use chrono::{DateTime, Months, Utc};
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
    /// Why the last change failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_message: Option<String>,
    /// `OneMonth` or `SixMonths`; none without commitment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment_duration: Option<String>,
    /// When the commitment ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment_expiration_time: Option<DateTime<Utc>>,
    /// What the request that made it was marked with, so that a repeat of it makes no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_request_token: Option<String>,
    /// When it was made.
    pub creation_time: DateTime<Utc>,
    /// When it was last changed.
    pub last_modified_time: DateTime<Utc>,
    /// How its changes go.
    #[serde(default, skip_serializing_if = "Changes::is_default")]
    pub changes: Changes,
    /// The creation or update under way; with it, `status` is `Creating` or `Updating`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// What the next reads show instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<Stale<Box<ProvisionedModel>>>,
    /// How many reads do not find it yet.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unseen_reads: u32,
}

fn is_none(reads: &u32) -> bool {
    *reads == 0
}

/// What is bought.
pub(crate) struct NewProvisionedModel {
    pub(crate) name: String,
    pub(crate) model_units: i32,
    pub(crate) model_arn: String,
    pub(crate) foundation_model_arn: String,
    pub(crate) commitment_duration: Option<String>,
    pub(crate) client_request_token: Option<String>,
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
    /// Accepts a purchase. A commitment begins with it.
    pub(crate) fn create(new: NewProvisionedModel, general: &mut Changes, now: DateTime<Utc>) -> Self {
        let mut changes = Changes::default();
        let course = changes.begin(general, now);
        let months = match new.commitment_duration.as_deref() {
            Some("SixMonths") => Some(6),
            Some(_) => Some(1),
            None => None,
        };
        let mut model = Self {
            name: new.name,
            model_units: new.model_units,
            model_arn: new.model_arn,
            desired_model_arn: None,
            foundation_model_arn: new.foundation_model_arn,
            status: ProvisionedModelStatus::Creating,
            failure_message: None,
            commitment_duration: new.commitment_duration,
            commitment_expiration_time: months.and_then(|months| now.checked_add_months(Months::new(months))),
            client_request_token: new.client_request_token,
            creation_time: now,
            last_modified_time: now,
            changes,
            change: Some(course.change),
            stale: None,
            unseen_reads: course.stale_reads,
        };
        model.settle(now);
        model
    }

    /// Whether the read that asks does not find it yet.
    pub(crate) fn is_unseen(&mut self) -> bool {
        let is_unseen = self.unseen_reads > 0;
        self.unseen_reads = self.unseen_reads.saturating_sub(1);
        is_unseen
    }

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
        match (self.status, &self.change) {
            (ProvisionedModelStatus::Updating, None) => Err("status: Updating goes with a change".to_owned()),
            (ProvisionedModelStatus::InService | ProvisionedModelStatus::Failed, Some(_)) => {
                Err("status: a change goes with Creating or Updating".to_owned())
            }
            _ => Ok(()),
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
