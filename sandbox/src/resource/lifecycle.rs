//! How a change goes from accepted to done: its pace, stale reads, and changes that end in failure.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::milliseconds;

/// When a change that was accepted is done.
///
/// A read is a `DescribeEndpoint`, `DescribeInferenceComponent`, `GetProvisionedConcurrencyConfig`,
/// `GetFunctionScalingConfig`, `GetProvisionedModelThroughput` or `GetCustomModelDeployment` of the very resource; the list operations and [`crate::Sandbox::state`] look without being counted. A stale read is not counted
/// either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Pace {
    /// Exactly this many reads see the change under way, and it is done as soon as the last of them has been
    /// answered: with 1, the first read shows `Updating` and the second the new values; with 0, the first read shows the new values.
    Reads(u32),
    /// The change is done this long after it was accepted, by the sandbox's [`crate::Clock`].
    #[serde(rename = "milliseconds", with = "milliseconds")]
    Time(Duration),
}

/// How the changes of a resource go; a setting left out is taken from [`crate::Seed::changes`], then from its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Changes {
    /// When a change is done. Default: `Pace::Reads(1)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    /// How many reads after a write still describe the old, settled state. Default: 0. Writes are never stale: a busy
    /// resource refuses them also while reads still call it settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_reads: Option<u32>,
    /// The next change ends in failure, with this reason. Used up by that change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_next: Option<String>,
    /// Whether `LastModifiedTime` of anything but provisioned concurrency moves a second time when the change is done.
    /// Which of the two AWS does is unverified. Default: false, it moves on the write alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_moves_last_modified: Option<bool>,
}

/// A change that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    /// What is left of it.
    pub ends_after: Pace,
    /// When it was accepted; in a seed it may be left out and is then the start of the sandbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// The reason, if it will end in failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fails: Option<String>,
    /// How long an endpoint rolls back after a failure; `Pace::Reads(1)` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Pace>,
    /// See [`Changes::completion_moves_last_modified`].
    #[serde(default)]
    pub completion_moves_last_modified: bool,
}

/// What the next reads show instead of the truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stale<T> {
    /// How many reads it is still shown to.
    pub reads_left: u32,
    /// The resource as it was before the write.
    pub shows: T,
}

/// What one write does, once a resource's own settings and the general ones are put together.
pub(crate) struct Course {
    pub(crate) change: Change,
    pub(crate) stale_reads: u32,
}

impl Changes {
    pub(crate) fn begin(&mut self, general: &mut Changes, now: DateTime<Utc>) -> Course {
        let pace = self.pace.or(general.pace).unwrap_or(Pace::Reads(1));
        Course {
            change: Change {
                ends_after: pace,
                rollback: Some(pace),
                since: Some(now),
                fails: self.fail_next.take().or_else(|| general.fail_next.take()),
                completion_moves_last_modified: self
                    .completion_moves_last_modified
                    .or(general.completion_moves_last_modified)
                    .unwrap_or(false),
            },
            stale_reads: self.stale_reads.or(general.stale_reads).unwrap_or(0),
        }
    }

    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Change {
    /// A change that ends after `pace`, successfully.
    #[must_use]
    pub fn ending_after(pace: Pace) -> Self {
        Self { ends_after: pace, since: None, fails: None, rollback: None, completion_moves_last_modified: false }
    }

    /// When the change was done, if it is.
    pub(crate) fn done(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let since = *self.since.get_or_insert(now);
        match self.ends_after {
            Pace::Reads(left) => (left == 0).then_some(now),
            Pace::Time(length) => TimeDelta::from_std(length)
                .ok()
                .and_then(|length| since.checked_add_signed(length))
                .filter(|end| *end <= now),
        }
    }

    pub(crate) fn count_read(&mut self) {
        if let Pace::Reads(left) = &mut self.ends_after {
            *left = left.saturating_sub(1);
        }
    }
}

/// A resource that changes over time, and is read meanwhile.
pub(crate) trait Changing: Clone {
    /// The change under way.
    fn change(&mut self) -> &mut Option<Change>;

    /// What the next reads show instead.
    fn stale(&mut self) -> &mut Option<Stale<Box<Self>>>;

    /// Ends what is done by `now`.
    fn settle(&mut self, now: DateTime<Utc>);

    /// It, as one read of the service finds it.
    fn read(&mut self, now: DateTime<Utc>) -> Self {
        if let Some(stale) = Stale::next(self.stale()) {
            return *stale;
        }
        let shown = self.clone();
        if let Some(change) = self.change() {
            change.count_read();
        }
        self.settle(now);
        shown
    }

    /// The change that is done by `now`, and when that was.
    fn take_done(&mut self, now: DateTime<Utc>) -> Option<(Change, DateTime<Utc>)> {
        let done = self.change().as_mut()?.done(now)?;
        Some((self.change().take()?, done))
    }
}

impl<T: Clone> Stale<T> {
    pub(crate) fn after_write(reads: u32, before: T) -> Option<Self> {
        (reads > 0).then_some(Self { reads_left: reads, shows: before })
    }

    /// The old state for one more read, while there is one owed.
    pub(crate) fn next(stale: &mut Option<Self>) -> Option<T> {
        let left = stale.as_mut()?;
        let shows = left.shows.clone();
        left.reads_left = left.reads_left.saturating_sub(1);
        if left.reads_left == 0 {
            *stale = None;
        }
        Some(shows)
    }
}
