//! The sandbox's clock: the machine's own, or one that a test sets and steps.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

/// Where the sandbox reads the time for timestamps, timed changes, delays and the rate limit.
///
/// Clones share the same hands, so a test keeps one clone and gives the other to [`crate::Options`].
#[derive(Clone, Debug, Default)]
pub struct Clock {
    set: Option<watch::Sender<DateTime<Utc>>>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `at` until [`Clock::advance`] moves it.
    #[must_use]
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self { set: Some(watch::Sender::new(at)) }
    }

    /// Moves a fixed clock forward.
    ///
    /// # Panics
    /// On the system clock, which nobody can move.
    pub fn advance(&self, by: Duration) {
        let Some(set) = &self.set else { panic!("only a fixed clock can be advanced") };
        set.send_modify(|now| *now += by);
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.set {
            Some(set) => *set.borrow(),
            #[expect(clippy::disallowed_methods, reason = "the system clock is read nowhere else in the sandbox")]
            None => Utc::now(),
        }
    }

    /// Waits until so much time has passed; on a fixed clock, until somebody has advanced it by that.
    pub(crate) async fn sleep(&self, duration: Duration) {
        match &self.set {
            Some(set) => {
                let end = *set.borrow() + duration;
                // An error means that every clock is gone, and with them whoever waits here.
                let _ = set.subscribe().wait_for(|now| *now >= end).await;
            }
            #[expect(clippy::disallowed_methods, reason = "being slow is what was scripted")]
            None => tokio::time::sleep(duration).await,
        }
    }
}
