//! Time: the clock, deadlines, and the only place that sleeps.

use std::fmt::Debug;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{self, Either};

use crate::plant::{self, Plant};

/// What time it is, and how to let it pass.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that moves only when somebody sleeps, and then at once: for the embedded sandbox, where nothing real
    /// is waited for.
    Simulated(Arc<Mutex<DateTime<Utc>>>),
    /// Somebody else's: of a simulated world, which lets time pass for everything in it.
    Driven(Arc<dyn Time>),
}

/// Time that somebody else drives.
pub trait Time: Debug + Send + Sync {
    /// What time it is for whoever asks.
    fn now(&self) -> DateTime<Utc>;

    /// Ends when so much time has passed.
    fn sleep(&self, duration: Duration) -> Pause;
}

/// A pause that ends by itself.
pub type Pause = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

impl Clock {
    /// A simulated clock that starts at `now`.
    #[must_use]
    pub fn simulated(now: DateTime<Utc>) -> Self {
        Self::Simulated(Arc::new(Mutex::new(now)))
    }

    /// The present.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is where the clock enters")]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Simulated(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
            Self::Driven(time) => time.now(),
        }
    }

    /// Lets `duration` pass.
    #[expect(clippy::disallowed_methods, reason = "this is the only sleeper")]
    pub async fn sleep(&self, duration: Duration) {
        match self {
            Self::System => tokio::time::sleep(duration).await,
            Self::Simulated(now) => {
                advance(now, duration);
                // Others of the same batch must get their turn, as they would in a real pause.
                tokio::task::yield_now().await;
            }
            Self::Driven(time) => time.sleep(duration).await,
        }
    }

    /// How long until `deadline`; zero when it has passed.
    #[must_use]
    pub fn until(&self, deadline: Deadline) -> Duration {
        (deadline.0 - self.now()).to_std().unwrap_or_default()
    }

    /// The output of `call`, or `None` when it takes until shortly before `deadline`.
    pub async fn within<T>(&self, deadline: Deadline, call: impl Future<Output = T>) -> Option<T> {
        let mut budget = self.until(deadline).saturating_sub(TO_ANSWER);
        if plant::is(Plant::DeadlineIgnored) {
            budget = WITHOUT_DEADLINE * 60;
        }
        match self {
            Self::Driven(time) => match future::select(pin!(call), time.sleep(budget)).await {
                Either::Left((output, _)) => Some(output),
                Either::Right(_) => None,
            },
            Self::System | Self::Simulated(_) => tokio::time::timeout(budget, call).await.ok(),
        }
    }

    /// Sleeps for the next interval of `poll`. `None`, without sleeping, when a read after that would be too close
    /// to `deadline`.
    pub async fn pause(&self, poll: &mut Poll, deadline: Deadline) -> Option<Duration> {
        let interval = poll.next();
        if self.until(deadline) < interval + TO_READ_AND_WRITE + TO_ANSWER && !plant::is(Plant::PauseCrossesDeadline) {
            return None;
        }
        self.sleep(interval).await;
        Some(interval)
    }
}

fn advance(now: &Mutex<DateTime<Utc>>, duration: Duration) {
    let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
    *now = later(*now, duration);
}

/// What is kept back of an invocation to answer and log, so that the caller gets a sentence and not a time-out.
const TO_ANSWER: Duration = Duration::from_millis(400);
/// What a read and a write may take together when all is well.
const TO_READ_AND_WRITE: Duration = Duration::from_secs(3);
/// The budget where the runtime gives no deadline, or one that has passed (`cargo lambda watch` sends such).
const WITHOUT_DEADLINE: Duration = Duration::from_secs(60);

/// The moment at which an invocation is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(DateTime<Utc>);

impl Deadline {
    /// From Lambda's epoch milliseconds. One in the past, or none, stands for a budget of a minute.
    #[must_use]
    pub fn from_epoch_ms(epoch_ms: u64, now: DateTime<Utc>) -> Self {
        match i64::try_from(epoch_ms).ok().and_then(DateTime::from_timestamp_millis) {
            Some(deadline) if deadline > now => Self(deadline),
            _ => Self::after(now, WITHOUT_DEADLINE),
        }
    }

    /// The same, or `time` where that is earlier.
    #[must_use]
    pub fn or(self, time: DateTime<Utc>) -> Self {
        Self(self.0.min(time))
    }

    /// So long from `now`.
    #[must_use]
    pub fn after(now: DateTime<Utc>, budget: Duration) -> Self {
        Self(later(now, budget))
    }
}

/// How often a target is read while it is waited for: the first interval, growing by half up to the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    next: Duration,
    longest: Duration,
}

impl Poll {
    /// A schedule from `first` up to `longest`.
    #[must_use]
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    fn next(&mut self) -> Duration {
        let interval = self.next.min(self.longest);
        self.next = interval.mul_f32(1.5).min(self.longest);
        interval
    }
}

/// So long after `time`; the end of time when there is no such moment.
pub(crate) fn later(time: DateTime<Utc>, duration: Duration) -> DateTime<Utc> {
    let moment = TimeDelta::from_std(duration).ok().and_then(|duration| time.checked_add_signed(duration));
    moment.unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000, 0).unwrap()
    }

    #[test]
    fn a_deadline_in_the_past_stands_for_a_minute() {
        let minute = Deadline::after(now(), Duration::from_secs(60));
        assert_eq!(Deadline::from_epoch_ms(600_000, now()), minute);
        assert_eq!(Deadline::from_epoch_ms(0, now()), minute);
        assert_eq!(Deadline::from_epoch_ms(u64::MAX, now()), minute);
        assert_eq!(Deadline::from_epoch_ms(1_780_000_005_000, now()), Deadline::after(now(), Duration::from_secs(5)));
    }

    #[test]
    fn a_deadline_beyond_the_end_of_time_is_the_end_of_time() {
        let end = Deadline(DateTime::<Utc>::MAX_UTC);
        assert_eq!(Deadline::after(now(), Duration::MAX), end);
        assert_eq!(Deadline::after(DateTime::<Utc>::MAX_UTC, Duration::from_secs(1)), end);
    }

    #[test]
    fn the_intervals_grow_to_the_longest() {
        let mut poll = Poll::new(Duration::from_secs(4), Duration::from_secs(10));
        let intervals: Vec<u64> = std::iter::repeat_with(|| poll.next().as_secs()).take(5).collect();
        assert_eq!(intervals, [4, 6, 9, 10, 10]);
    }

    /// A minute on from `now()`, whose sleeps end at once, except those of the time that has run out.
    #[derive(Debug)]
    struct Minute;

    impl Time for Minute {
        fn now(&self) -> DateTime<Utc> {
            now() + TimeDelta::seconds(60)
        }

        fn sleep(&self, duration: Duration) -> Pause {
            match duration.is_zero() {
                true => Box::pin(future::ready(())),
                false => Box::pin(future::pending()),
            }
        }
    }

    /// Not a tokio test: there is no runtime, and so no timer of one.
    #[test]
    fn a_driven_clock_needs_no_runtime() {
        use futures_util::FutureExt;
        let clock = Clock::Driven(Arc::new(Minute));
        assert_eq!(clock.now(), now() + TimeDelta::seconds(60));
        assert_eq!(clock.sleep(Duration::ZERO).now_or_never(), Some(()));
        assert_eq!(clock.sleep(Duration::from_secs(1)).now_or_never(), None);
        let in_time = Deadline::after(now(), Duration::from_secs(90));
        assert_eq!(clock.within(in_time, future::ready(1)).now_or_never(), Some(Some(1)));
        assert_eq!(clock.within(in_time, future::pending::<()>()).now_or_never(), None);
        let passed = Deadline::after(now(), Duration::from_secs(60));
        assert_eq!(clock.within(passed, future::pending::<()>()).now_or_never(), Some(None));
    }

    #[tokio::test]
    async fn a_pause_ends_before_the_deadline_instead_of_crossing_it() {
        let clock = Clock::simulated(now());
        let deadline = Deadline::after(now(), Duration::from_secs(12));
        let mut poll = Poll::new(Duration::from_secs(5), Duration::from_secs(5));
        assert_eq!(clock.pause(&mut poll, deadline).await, Some(Duration::from_secs(5)));
        assert_eq!(clock.pause(&mut poll, deadline).await, None);
        assert_eq!(clock.now(), now() + TimeDelta::seconds(5));
    }
}
