//! What an operation sees and may change: the caller's Region, the general settings, the time.

use chrono::{DateTime, Utc};

use crate::resource::Changes;
use crate::seed::Region;

/// The surroundings of one operation.
pub(crate) struct World<'a> {
    pub(crate) region: &'a mut Region,
    pub(crate) general: &'a mut Changes,
    pub(crate) now: DateTime<Utc>,
    pub(crate) request_id: &'a str,
}
