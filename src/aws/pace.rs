//! How fast a control plane is called: as fast as it takes, and no faster than it has shown to allow.
//!
//! AWS publishes few of these limits (Lambda's 15 control-plane requests a second in a Region is one) and shares them with
//! every other caller in the account, so the pace is learned: free until a call is throttled, then what got through in
//! the last second, and from there slowly up again.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// The pace of every control plane this process has called.
#[derive(Debug, Default)]
pub(crate) struct Pacer {
    paces: Mutex<HashMap<String, Pace>>,
}

impl Pacer {
    /// Takes the next turn to call `plane`.
    pub(crate) fn turn(self: &Arc<Self>, plane: &str, now: DateTime<Utc>) -> Turn {
        let at = self.with(plane, |pace| pace.turn(now));
        let wait = at.map_or(Duration::ZERO, |at| (at - now).to_std().unwrap_or_default());
        Turn { pacer: Arc::clone(self), plane: plane.to_owned(), at, wait }
    }

    /// Learns from an answer of `plane`.
    pub(crate) fn learn(&self, plane: &str, answer: Heard, now: DateTime<Utc>) {
        self.with(plane, |pace| match answer {
            Heard::Passed => pace.passed(now),
            Heard::Throttled => pace.throttled(now),
        });
    }

    fn with<T>(&self, plane: &str, change: impl FnOnce(&mut Pace) -> T) -> T {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        match paces.get_mut(plane) {
            Some(pace) => change(pace),
            None => change(paces.entry(plane.to_owned()).or_default()),
        }
    }
}

/// A turn to call a control plane. One that is dropped before it was used goes to the next caller: an invocation that
/// ends while its calls wait must not make later ones wait for nobody.
#[derive(Debug)]
pub(crate) struct Turn {
    pacer: Arc<Pacer>,
    plane: String,
    at: Option<DateTime<Utc>>,
    /// How long it is until then.
    pub(crate) wait: Duration,
}

impl Turn {
    /// The call is made now.
    pub(crate) fn used(mut self) {
        self.at = None;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(at) = self.at.take() {
            self.pacer.with(&self.plane, |pace| pace.given_back.insert(at));
        }
    }
}

/// What an answer says about the pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The call was let through, whatever came of it.
    Passed,
    /// It was one too many.
    Throttled,
}

/// The pace of one control plane.
#[derive(Debug, Default)]
struct Pace {
    /// Calls a second; none as long as nothing was throttled.
    limit: Option<f64>,
    /// The next free turn under the limit.
    next: Option<DateTime<Utc>>,
    /// Turns before that which nobody used.
    given_back: BTreeSet<DateTime<Utc>>,
    /// The calls let through in the last second.
    passed: VecDeque<DateTime<Utc>>,
    /// The last time the limit was lowered.
    lowered: Option<DateTime<Utc>>,
}

const SECOND: TimeDelta = TimeDelta::seconds(1);
/// A little under what got through, so that the next second stays under the limit.
const UNDER: f64 = 0.97;
/// Calls a second that are tried first after a throttled call, whose news comes sooner than the answers to those that
/// passed: just under Lambda's limit, the one of its kind that AWS publishes.
const FIRST_TRY: f64 = 14.0;
/// How much of the limit one piece of news leaves at the least.
const KEPT: f64 = 0.5;
/// No slower than a call every two seconds: below that, waiting learns nothing.
const SLOWEST: f64 = 0.5;
/// A limit that has held nobody up for so long is forgotten: it was shared with callers who may be gone.
const REMEMBERED: TimeDelta = TimeDelta::seconds(60);
/// Calls a second won back with every call that passes: about four in a hundred each second at any pace.
const WON_BACK: f64 = 0.04;

impl Pace {
    /// The next turn; `None` where there is no limit.
    fn turn(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.recover(now);
        let limit = self.limit?;
        self.given_back = self.given_back.split_off(&now);
        if let Some(turn) = self.given_back.pop_first() {
            return Some(turn);
        }
        let turn = self.next.map_or(now, |next| next.max(now));
        let apart = Duration::from_secs_f64(1.0 / limit);
        self.next = Some(turn + TimeDelta::from_std(apart).unwrap_or(SECOND));
        Some(turn)
    }

    /// Forgets a limit that nothing was throttled by, and nobody waits under, for a while.
    fn recover(&mut self, now: DateTime<Utc>) {
        let old = |time: DateTime<Utc>| now - time >= REMEMBERED;
        if self.lowered.is_some_and(old) && self.next.is_none_or(|next| next <= now) {
            *self = Self::default();
        }
    }

    fn passed(&mut self, now: DateTime<Utc>) {
        self.forget(now);
        self.passed.push_back(now);
        self.limit = self.limit.map(|limit| limit + WON_BACK);
    }

    /// The calls throttled together are one piece of news: only the first within a second lowers the limit.
    fn throttled(&mut self, now: DateTime<Utc>) {
        if self.lowered.is_some_and(|lowered| now - lowered < SECOND) {
            return;
        }
        self.forget(now);
        self.lowered = Some(now);
        let least = self.limit.map_or(FIRST_TRY, |limit| (limit * KEPT).max(SLOWEST));
        self.limit = Some((self.passed.len() as f64 * UNDER).max(least));
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        while self.passed.front().is_some_and(|passed| now - *passed >= SECOND) {
            self.passed.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_780_000_000_000 + milliseconds).unwrap()
    }

    /// How long the next caller waits, who then calls.
    fn waits(pacer: &Arc<Pacer>, plane: &str, now: DateTime<Utc>) -> Duration {
        let turn = pacer.turn(plane, now);
        let wait = turn.wait;
        turn.used();
        wait
    }

    #[test]
    fn a_turn_that_nobody_used_goes_to_the_next_caller() {
        let pacer = Arc::new(Pacer::default());
        pacer.learn("plane", Heard::Throttled, at(0));
        let burst: Vec<Turn> = (0..1000).map(|_| pacer.turn("plane", at(0))).collect();
        assert!(burst.last().unwrap().wait > Duration::from_secs(60));
        drop(burst);
        assert_eq!(waits(&pacer, "plane", at(100)).as_millis(), 42);
        assert_eq!(waits(&pacer, "plane", at(100)).as_millis(), 114);
    }

    #[test]
    fn a_limit_is_forgotten_when_nothing_was_throttled_for_a_minute() {
        let pacer = Arc::new(Pacer::default());
        pacer.learn("plane", Heard::Throttled, at(0));
        pacer.learn("plane", Heard::Throttled, at(2000));
        for _ in 0..3 {
            waits(&pacer, "plane", at(3000));
        }
        assert!(waits(&pacer, "plane", at(3000)) > Duration::ZERO);
        assert!(pacer.with("plane", |pace| pace.limit).is_some());
        assert_eq!(waits(&pacer, "plane", at(62_000)), Duration::ZERO);
        assert_eq!(waits(&pacer, "plane", at(62_000)), Duration::ZERO);
        assert_eq!(pacer.with("plane", |pace| pace.limit), None);
    }

    #[test]
    fn until_something_is_throttled_nothing_waits() {
        let pacer = Arc::new(Pacer::default());
        for _ in 0..1000 {
            assert_eq!(waits(&pacer, "us-east-1/lambda", at(0)), Duration::ZERO);
        }
    }

    #[test]
    fn a_throttled_call_sets_the_pace_to_what_passed_in_the_last_second() {
        let pacer = Arc::new(Pacer::default());
        for call in 0..20 {
            pacer.learn("us-east-1/lambda", Heard::Passed, at(call * 10));
        }
        pacer.learn("us-east-1/lambda", Heard::Throttled, at(200));
        pacer.learn("us-east-1/lambda", Heard::Throttled, at(210));
        assert_eq!(waits(&pacer, "us-east-1/lambda", at(300)), Duration::ZERO);
        assert_eq!(waits(&pacer, "us-east-1/lambda", at(300)).as_millis(), 51);
        assert_eq!(waits(&pacer, "us-east-1/lambda", at(300)).as_millis(), 103);
        assert_eq!(waits(&pacer, "eu-west-1/lambda", at(300)), Duration::ZERO);
    }

    #[test]
    fn the_news_of_a_throttled_call_does_not_stop_everything_because_it_comes_first() {
        let pacer = Arc::new(Pacer::default());
        pacer.learn("us-east-1/lambda", Heard::Throttled, at(0));
        assert_eq!(waits(&pacer, "us-east-1/lambda", at(1)), Duration::ZERO);
        assert_eq!(waits(&pacer, "us-east-1/lambda", at(1)).as_millis(), 71);
        pacer.learn("us-east-1/lambda", Heard::Throttled, at(1000));
        assert_eq!(pacer.with("us-east-1/lambda", |pace| pace.limit), Some(14.0 * KEPT));
    }

    /// What a width of 32 and the SDK's retries make of a control plane that lets so many calls through in any second, in
    /// simulated time: how long the calls take, and the most often any one of them was throttled. A call takes 50 ms,
    /// a refusal 5.
    fn run(per_second: usize, calls: usize) -> (f64, usize) {
        let pacer = Arc::new(Pacer::default());
        let mut events = BinaryHeap::new();
        let mut let_through: VecDeque<i64> = VecDeque::new();
        let (mut worst, mut waiting, mut end) = (0, calls, 0);
        for _ in 0..32.min(calls) {
            waiting -= 1;
            events.push(Reverse((0, Event::Start { attempt: 1 })));
        }
        while let Some(Reverse((now, event))) = events.pop() {
            end = now;
            match event {
                Event::Start { attempt } => {
                    let wait = i64::try_from(waits(&pacer, "plane", at(now)).as_millis()).unwrap();
                    events.push(Reverse((now + wait, Event::Arrive { attempt })));
                }
                Event::Arrive { attempt } => {
                    while let_through.front().is_some_and(|then| now - then >= 1000) {
                        let_through.pop_front();
                    }
                    if let_through.len() < per_second {
                        let_through.push_back(now);
                        events.push(Reverse((now + 50, Event::Passed)));
                    } else {
                        worst = worst.max(attempt);
                        events.push(Reverse((now + 5, Event::Throttled { attempt })));
                    }
                }
                Event::Passed => {
                    pacer.learn("plane", Heard::Passed, at(now));
                    if waiting > 0 {
                        waiting -= 1;
                        events.push(Reverse((now, Event::Start { attempt: 1 })));
                    }
                }
                Event::Throttled { attempt } => {
                    pacer.learn("plane", Heard::Throttled, at(now));
                    let backoff = 500 * (1 << attempt.min(5));
                    events.push(Reverse((now + backoff, Event::Start { attempt: attempt + 1 })));
                }
            }
        }
        (end as f64 / 1000.0, worst)
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Event {
        Start { attempt: usize },
        Arrive { attempt: usize },
        Passed,
        Throttled { attempt: usize },
    }

    #[test]
    fn a_limit_nobody_told_is_found_and_used_nearly_in_full() {
        // Where few calls pass in a second, to find the limit takes more of the time.
        let fast = [(15, 400, 1.15), (15, 1000, 1.15), (50, 2000, 1.15)];
        for (per_second, calls, share) in fast.into_iter().chain([(5, 100, 1.15), (3, 120, 1.2), (2, 60, 1.3)]) {
            let (took, worst) = run(per_second, calls);
            let least = calls as f64 / per_second as f64;
            assert!(took <= least * share, "{calls} calls at {per_second} a second took {took} s, at least {least} s");
            assert!(worst <= 4, "a call was throttled {worst} times");
        }
    }
}
