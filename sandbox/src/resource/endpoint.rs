//! An endpoint: its variants, and how an update of them goes from accepted to done.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::lifecycle::{Change, Changes, Changing, Pace, Stale};

/// A SageMaker endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endpoint {
    /// The endpoint configuration it was made from.
    pub endpoint_config_name: String,
    /// AWS's word for what it is doing; anything but `InService` refuses updates.
    #[serde(default)]
    pub status: EndpointStatus,
    /// Why the last update failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// When it was made.
    pub creation_time: DateTime<Utc>,
    /// When it was last changed.
    pub last_modified_time: DateTime<Utc>,
    /// Its production variants.
    pub variants: Vec<Variant>,
    /// How its changes go.
    #[serde(default, skip_serializing_if = "Changes::is_default")]
    pub changes: Changes,
    /// The update or rollback under way; with it, `status` is `Updating` or `RollingBack`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// What the next reads show instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<Stale<Box<Endpoint>>>,
}

/// The states of an endpoint, in AWS's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are AWS's, and described in its API reference")]
pub enum EndpointStatus {
    OutOfService,
    Creating,
    Updating,
    SystemUpdating,
    RollingBack,
    #[default]
    InService,
    Deleting,
    Failed,
    UpdateRollbackFailed,
}

/// A production variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variant {
    /// Its name within the endpoint.
    pub variant_name: String,
    /// The type of its instances, which the account's quota is kept by; none for a serverless variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    /// Whether it may have no instance at all, as variants that host inference components may.
    #[serde(default)]
    pub can_scale_to_zero: bool,
    /// The instances of a training plan that it runs on, those in use among them; none where it runs on no such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_instances: Option<i32>,
    /// What it has.
    pub current: Capacity,
    /// What it is changing to, while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<Capacity>,
}

/// The weight and capacity of a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Capacity {
    /// Its share of the traffic is this, divided by the sum of all weights.
    pub weight: f32,
    /// How many instances; none for a serverless variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_count: Option<i32>,
    /// A serverless variant's memory and concurrency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serverless: Option<ServerlessConfig>,
}

/// Memory and concurrency of a serverless variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServerlessConfig {
    /// 1024 to 6144, which no update changes.
    #[serde(rename = "memorySizeInMB")]
    pub memory_size_in_mb: i32,
    /// 1 to 200.
    pub max_concurrency: i32,
    /// At most `max_concurrency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioned_concurrency: Option<i32>,
}

impl Endpoint {
    /// Makes it busy with an update that changes nothing, until `change` is done.
    pub fn start_updating(&mut self, change: Change) {
        self.status = EndpointStatus::Updating;
        self.change = Some(change);
    }

    /// Accepts new capacities (one for each variant, in order).
    pub(crate) fn update(&mut self, desired: Vec<Capacity>, general: &mut Changes, now: DateTime<Utc>) {
        let before = Self { stale: None, ..self.clone() };
        let course = self.changes.begin(general, now);
        for (variant, desired) in self.variants.iter_mut().zip(desired) {
            variant.desired = Some(desired);
        }
        self.status = EndpointStatus::Updating;
        self.failure_reason = None;
        self.last_modified_time = now;
        self.change = Some(course.change);
        self.stale = Stale::after_write(course.stale_reads, Box::new(before));
        self.settle(now);
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        use EndpointStatus::{RollingBack, Updating};
        if self.change.is_some() && !matches!(self.status, Updating | RollingBack) {
            return Err("status: an endpoint with a change under way is Updating or RollingBack".to_owned());
        }
        for variant in &self.variants {
            let Capacity { instance_count, serverless, .. } = &variant.current;
            if instance_count.is_some() == serverless.is_some() {
                let name = &variant.variant_name;
                return Err(format!("variants.{name}.current: either instanceCount or serverless"));
            }
        }
        Ok(())
    }
}

impl Changing for Endpoint {
    fn change(&mut self) -> &mut Option<Change> {
        &mut self.change
    }

    fn stale(&mut self) -> &mut Option<Stale<Box<Self>>> {
        &mut self.stale
    }

    /// Ends what is done by `now`: an update, or an update's failure, which is followed by a rollback at the same pace.
    fn settle(&mut self, now: DateTime<Utc>) {
        let Some((change, done)) = self.take_done(now) else { return };
        if change.completion_moves_last_modified {
            self.last_modified_time = done;
        }
        for variant in &mut self.variants {
            let desired = variant.desired.take();
            if change.fails.is_none() {
                variant.current = desired.unwrap_or_else(|| variant.current.clone());
            }
        }
        self.status = EndpointStatus::InService;
        if let Some(reason) = change.fails {
            self.failure_reason = Some(reason);
            self.status = EndpointStatus::RollingBack;
            self.change = Some(Change {
                ends_after: change.rollback.unwrap_or(Pace::Reads(1)),
                since: Some(done),
                fails: None,
                ..change
            });
            self.settle(now);
        }
    }
}

impl Variant {
    /// What it is to have: the capacity it is changing to, or the one it has.
    #[must_use]
    pub fn wanted(&self) -> &Capacity {
        self.desired.as_ref().unwrap_or(&self.current)
    }
}
