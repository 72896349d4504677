//! A timestamp as the protocols `awsJson1_0` and `awsJson1_1` write it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Seconds since 1970 as a number, with milliseconds behind the point.
#[derive(Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct EpochSeconds(f64);

impl From<DateTime<Utc>> for EpochSeconds {
    fn from(time: DateTime<Utc>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit an f64 for 285,000 years")]
        Self(time.timestamp_millis() as f64 / 1000.0)
    }
}
