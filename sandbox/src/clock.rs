//! The sandbox's clock: the machine's own, or one that a test sets and steps.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// Where the sandbox reads the time for timestamps, timed changes and the rate limit.
///
/// Clones share the same hands, so a test keeps one clone and gives the other to [`crate::Options`].
#[derive(Clone, Debug, Default)]
pub struct Clock {
    set: Option<Arc<Mutex<DateTime<Utc>>>>,
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
        Self { set: Some(Arc::new(Mutex::new(at))) }
    }

    /// Moves a fixed clock forward.
    ///
    /// # Panics
    /// On the system clock, which nobody can move.
    pub fn advance(&self, by: Duration) {
        let Some(set) = &self.set else { panic!("only a fixed clock can be advanced") };
        let mut now = set.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.set {
            Some(set) => *set.lock().unwrap_or_else(PoisonError::into_inner),
            #[expect(clippy::disallowed_methods, reason = "the system clock is read nowhere else in the sandbox")]
            None => Utc::now(),
        }
    }
}
