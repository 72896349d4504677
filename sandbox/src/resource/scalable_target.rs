//! A scalable target of Application Auto Scaling: the bounds within which something is scaled.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A resource in one of its scalable dimensions. Its bounds are in force as soon as they are set, and nothing scales within them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScalableTarget {
    /// The least that it is scaled to.
    pub min_capacity: i32,
    /// The most that it is scaled to.
    pub max_capacity: i32,
    /// What of its scaling is suspended.
    #[serde(default, skip_serializing_if = "SuspendedState::is_none")]
    pub suspended: SuspendedState,
    /// When it was registered.
    pub creation_time: DateTime<Utc>,
}

/// What of the scaling of a target is suspended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SuspendedState {
    /// That by policies, down.
    pub dynamic_scaling_in: bool,
    /// That by policies, up.
    pub dynamic_scaling_out: bool,
    /// That by scheduled actions.
    pub scheduled_scaling: bool,
}

impl SuspendedState {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
