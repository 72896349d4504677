//! Virtual time, and the tasks that live in it: one thread, no sockets, and a generator that decides who goes first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use setpoint::clock::{Pause, Time};

/// Microseconds since the week began.
pub(crate) type Moment = u64;

/// A second of a [`Moment`].
pub(crate) const SECOND: Moment = 1_000_000;

/// When every week begins: a Monday.
pub(crate) fn date(moment: Moment) -> DateTime<Utc> {
    const MONDAY: i64 = 1_795_392_000;
    let micros = i64::try_from(moment).unwrap_or(i64::MAX - MONDAY * 1_000_000);
    DateTime::from_timestamp_micros(MONDAY * 1_000_000 + micros).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The time of a world whose happenings are of type `H`, shared with everything that waits in it.
pub(crate) struct Hub<H> {
    time: Mutex<Line<H>>,
}

/// What is still to come, in order.
struct Line<H> {
    now: Moment,
    sequence: u64,
    coming: BinaryHeap<Reverse<Entry<H>>>,
    sleepers: Vec<Option<Waker>>,
    free: Vec<usize>,
}

struct Entry<H> {
    at: Moment,
    sequence: u64,
    what: What<H>,
}

enum What<H> {
    Wake(usize),
    Happen(H),
}

impl<H> PartialEq for Entry<H> {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.sequence) == (other.at, other.sequence)
    }
}

impl<H> Eq for Entry<H> {}

impl<H> PartialOrd for Entry<H> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<H> Ord for Entry<H> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

impl<H> fmt::Debug for Hub<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hub")
    }
}

impl<H> Hub<H> {
    pub(crate) fn new() -> Arc<Self> {
        let line = Line { now: 0, sequence: 0, coming: BinaryHeap::new(), sleepers: Vec::new(), free: Vec::new() };
        Arc::new(Self { time: Mutex::new(line) })
    }

    fn line(&self) -> MutexGuard<'_, Line<H>> {
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Moment {
        self.line().now
    }

    /// Lets something happen so much later.
    pub(crate) fn later(&self, by: Moment, what: H) {
        let mut line = self.line();
        let at = line.now.saturating_add(by);
        line.put(at, What::Happen(what));
    }

    /// Goes on to what comes next, which may be that somebody wakes up (`Some(None)`); `None` when nothing is left.
    pub(crate) fn step(&self) -> Option<Option<H>> {
        let mut line = self.line();
        loop {
            let Reverse(entry) = line.coming.pop()?;
            match entry.what {
                // Somebody who has stopped waiting does not let time pass.
                What::Wake(place) if line.sleepers[place].is_none() => line.free.push(place),
                What::Wake(place) => {
                    line.now = entry.at;
                    let waker = line.sleepers[place].take();
                    line.free.push(place);
                    drop(line);
                    waker.into_iter().for_each(Waker::wake);
                    return Some(None);
                }
                What::Happen(what) => {
                    line.now = entry.at;
                    return Some(Some(what));
                }
            }
        }
    }
}

impl<H> Line<H> {
    fn put(&mut self, at: Moment, what: What<H>) {
        self.sequence += 1;
        let sequence = self.sequence;
        self.coming.push(Reverse(Entry { at, sequence, what }));
    }
}

/// A clock of the world that is always so much ahead, or behind when negative.
pub(crate) struct Hands<H> {
    pub(crate) hub: Arc<Hub<H>>,
    pub(crate) ahead: TimeDelta,
}

impl<H> fmt::Debug for Hands<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hands").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

impl<H: Send + 'static> Time for Hands<H> {
    fn now(&self) -> DateTime<Utc> {
        date(self.hub.now()) + self.ahead
    }

    fn sleep(&self, duration: Duration) -> Pause {
        let micros = Moment::try_from(duration.as_micros()).unwrap_or(Moment::MAX);
        let until = self.hub.now().saturating_add(micros);
        Box::pin(Nap { hub: Arc::clone(&self.hub), until, place: None })
    }
}

struct Nap<H> {
    hub: Arc<Hub<H>>,
    until: Moment,
    place: Option<usize>,
}

impl<H> Future for Nap<H> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut line = this.hub.line();
        if line.now >= this.until {
            return Poll::Ready(());
        }
        let waker = Some(context.waker().clone());
        if let Some(place) = this.place {
            line.sleepers[place] = waker;
            return Poll::Pending;
        }
        let place = line.free.pop().unwrap_or_else(|| {
            line.sleepers.push(None);
            line.sleepers.len() - 1
        });
        line.sleepers[place] = waker;
        line.put(this.until, What::Wake(place));
        drop(line);
        this.place = Some(place);
        Poll::Pending
    }
}

impl<H> Drop for Nap<H> {
    fn drop(&mut self) {
        let Some(place) = self.place else { return };
        let mut line = self.hub.line();
        // From then on the place may be somebody else's.
        if line.now < self.until {
            line.sleepers[place] = None;
        }
    }
}

/// Everything that runs, polled one at a time.
pub(crate) struct Tasks {
    ready: Arc<Mutex<Vec<usize>>>,
    tasks: Vec<Option<Task>>,
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
    alarm: Arc<Alarm>,
}

/// What a poll came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    Waits,
    Ended,
    Panicked,
}

struct Alarm {
    task: usize,
    rung: AtomicBool,
    ready: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::Relaxed) {
            self.ready.lock().unwrap_or_else(PoisonError::into_inner).push(self.task);
        }
    }
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self { ready: Arc::default(), tasks: Vec::new() }
    }

    /// A task that is ready at once; its number counts up from 0.
    pub(crate) fn spawn(&mut self, future: impl Future<Output = ()> + 'static) -> usize {
        let task = self.tasks.len();
        let alarm = Arc::new(Alarm { task, rung: AtomicBool::new(false), ready: Arc::clone(&self.ready) });
        let waker = Waker::from(Arc::clone(&alarm));
        waker.wake_by_ref();
        self.tasks.push(Some(Task { future: Box::pin(future), waker, alarm }));
        task
    }

    /// Takes one of those that are ready, whichever `choose` picks of so many.
    pub(crate) fn next(&mut self, choose: impl FnOnce(usize) -> usize) -> Option<usize> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match ready.len() {
            0 => return None,
            1 => 0,
            several => choose(several),
        };
        Some(ready.swap_remove(place))
    }

    /// Polls a task once. One that has ended or was dropped only waits.
    pub(crate) fn poll(&mut self, number: usize) -> Polled {
        let Some(task) = self.tasks.get_mut(number).and_then(Option::as_mut) else { return Polled::Waits };
        task.alarm.rung.store(false, Ordering::Relaxed);
        let mut context = Context::from_waker(&task.waker);
        let polled = catch_unwind(AssertUnwindSafe(|| task.future.as_mut().poll(&mut context)));
        match polled {
            Ok(Poll::Pending) => Polled::Waits,
            Ok(Poll::Ready(())) => {
                self.tasks[number] = None;
                Polled::Ended
            }
            Err(_) => {
                self.tasks[number] = None;
                Polled::Panicked
            }
        }
    }

    /// Drops a task where it is: nothing after that happens.
    pub(crate) fn kill(&mut self, number: usize) {
        if let Some(task) = self.tasks.get_mut(number) {
            *task = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hands(hub: &Arc<Hub<&'static str>>) -> Hands<&'static str> {
        Hands { hub: Arc::clone(hub), ahead: TimeDelta::seconds(2) }
    }

    #[test]
    fn time_passes_from_one_thing_to_the_next_and_not_for_who_has_stopped_waiting() {
        let hub = Hub::new();
        let clock = hands(&hub);
        let mut tasks = Tasks::new();
        let (long, short) = (clock.sleep(Duration::from_secs(9)), clock.sleep(Duration::from_secs(3)));
        let waits = tasks.spawn(async move {
            let mut long = long;
            let _ = futures_util::poll!(&mut long);
            short.await;
        });
        hub.later(5 * SECOND, "something");
        assert_eq!(tasks.next(|_| 0), Some(waits));
        assert_eq!(tasks.poll(waits), Polled::Waits);
        assert_eq!((tasks.next(|_| 0), hub.step(), hub.now()), (None, Some(None), 3 * SECOND));
        assert_eq!(tasks.next(|_| 0), Some(waits));
        assert_eq!(tasks.poll(waits), Polled::Ended);
        assert_eq!((hub.step(), hub.now()), (Some(Some("something")), 5 * SECOND));
        assert_eq!((hub.step(), hub.now()), (None, 5 * SECOND));
        assert_eq!(clock.now(), date(7 * SECOND));
    }

    #[test]
    fn a_panic_ends_its_task_and_no_other() {
        let mut tasks = Tasks::new();
        let bad = tasks.spawn(async { panic!("meant") });
        let good = tasks.spawn(async {});
        assert_eq!((tasks.poll(bad), tasks.poll(good)), (Polled::Panicked, Polled::Ended));
    }
}
