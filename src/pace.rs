//! How fast a control plane is called: as fast as it takes, and no faster than it has shown to allow.
//!
//! AWS publishes few of these limits (Lambda's 15 control-plane requests a second in a Region is one) and shares them with
//! every other caller in the account, so the pace is learned: free until a call is throttled, then what got through in
//! the last second, and from there slowly up again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// The pace of every control plane this process has called.
#[derive(Debug, Default)]
pub(crate) struct Pacer {
    paces: Mutex<HashMap<String, Pace>>,
}

impl Pacer {
    /// Takes the next turn to call `plane`; gives how long to wait for it.
    pub(crate) fn turn(&self, plane: &str, now: DateTime<Utc>) -> Duration {
        self.with(plane, |pace| pace.turn(now))
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
    /// The calls let through in the last second.
    passed: VecDeque<DateTime<Utc>>,
    /// The last time the limit was lowered.
    lowered: Option<DateTime<Utc>>,
}

const SECOND: TimeDelta = TimeDelta::seconds(1);
/// A little under what got through, so that the next second stays under the limit.
const UNDER: f64 = 0.97;
/// No slower than a call every two seconds: below that, waiting learns nothing.
const SLOWEST: f64 = 0.5;
/// Calls a second won back with every call that passes: about two in a hundred each second at any pace.
const WON_BACK: f64 = 0.02;

impl Pace {
    fn turn(&mut self, now: DateTime<Utc>) -> Duration {
        let Some(limit) = self.limit else {
            return Duration::ZERO;
        };
        let turn = self.next.map_or(now, |next| next.max(now));
        let apart = Duration::from_secs_f64(1.0 / limit);
        self.next = Some(turn + TimeDelta::from_std(apart).unwrap_or(SECOND));
        (turn - now).to_std().unwrap_or_default()
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
        self.limit = Some((self.passed.len() as f64 * UNDER).max(SLOWEST));
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

    #[test]
    fn until_something_is_throttled_nothing_waits() {
        let pacer = Pacer::default();
        for _ in 0..1000 {
            assert_eq!(pacer.turn("us-east-1/lambda", at(0)), Duration::ZERO);
        }
    }

    #[test]
    fn a_throttled_call_sets_the_pace_to_what_passed_in_the_last_second() {
        let pacer = Pacer::default();
        for call in 0..10 {
            pacer.learn("us-east-1/lambda", Heard::Passed, at(call * 10));
        }
        pacer.learn("us-east-1/lambda", Heard::Throttled, at(100));
        pacer.learn("us-east-1/lambda", Heard::Throttled, at(110));
        assert_eq!(pacer.turn("us-east-1/lambda", at(200)), Duration::ZERO);
        assert_eq!(pacer.turn("us-east-1/lambda", at(200)).as_millis(), 103);
        assert_eq!(pacer.turn("us-east-1/lambda", at(200)).as_millis(), 206);
        assert_eq!(pacer.turn("eu-west-1/lambda", at(200)), Duration::ZERO);
    }

    /// What a width of 32 and the SDK's retries make of a control plane that lets 15 calls a second through, in
    /// simulated time: how long 400 calls take, and the most often any one of them was throttled.
    fn run(per_second: f64, calls: usize) -> (f64, usize) {
        let pacer = Pacer::default();
        let mut events = BinaryHeap::new();
        let (mut tokens, mut refilled, mut worst, mut waiting, mut end) = (per_second, 0, 0, calls, 0);
        let start = |events: &mut BinaryHeap<_>, now: i64, attempt: usize| {
            let wait = i64::try_from(pacer.turn("plane", at(now)).as_millis()).unwrap();
            events.push(Reverse((now + wait + 5, attempt)));
        };
        for _ in 0..32.min(calls) {
            waiting -= 1;
            start(&mut events, 0, 1);
        }
        let mut retries: BinaryHeap<Reverse<(i64, usize)>> = BinaryHeap::new();
        loop {
            let retry_is_next = match (events.peek(), retries.peek()) {
                (None, None) => break,
                (Some(Reverse(arrival)), Some(Reverse(retry))) => retry.0 <= arrival.0,
                (None, Some(_)) => true,
                (Some(_), None) => false,
            };
            if retry_is_next {
                let Some(Reverse((now, attempt))) = retries.pop() else { break };
                start(&mut events, now, attempt);
                continue;
            }
            let Some(Reverse((now, attempt))) = events.pop() else { break };
            tokens = (tokens + (now - refilled) as f64 / 1000.0 * per_second).min(per_second);
            refilled = now;
            end = now;
            if tokens >= 1.0 {
                tokens -= 1.0;
                pacer.learn("plane", Heard::Passed, at(now));
                if waiting > 0 {
                    waiting -= 1;
                    start(&mut events, now, 1);
                }
            } else {
                pacer.learn("plane", Heard::Throttled, at(now));
                worst = worst.max(attempt);
                retries.push(Reverse((now + 500 * (1 << attempt.min(4)), attempt + 1)));
            }
        }
        (end as f64 / 1000.0, worst)
    }

    #[test]
    fn a_limit_nobody_told_is_found_and_used_nearly_in_full() {
        for (per_second, calls) in [(15.0, 400), (15.0, 1000), (5.0, 100), (50.0, 2000)] {
            let (took, worst) = run(per_second, calls);
            let least = (calls as f64 - per_second) / per_second;
            assert!(took <= least * 1.15, "{calls} calls at {per_second} a second took {took} s, at least {least} s");
            assert!(worst <= 4, "a call was throttled {worst} times");
        }
    }
}
