//! Every event that is due, through the real handler to the embedded sandbox, on one virtual clock.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use setpoint::aws::{self, Clients};
use setpoint::clock::Clock;
use setpoint::config::Config;
use setpoint::handler::{Handler, Report};
use setpoint::outcome::Held;
use setpoint::spelling::arn::Account;
use setpoint::telemetry;
use setpoint_sandbox::{Clock as SandboxClock, DEFAULT_ACCOUNT, DEFAULT_REGION, Options, Sandbox, Seed};

use super::alarm::Episode;
use super::rollout::Rollout;
use super::schedule::Schedule;
use super::telling::{Telling, is_change};
use crate::story::Story;
use crate::world::invocation;

/// An event and its time.
pub(super) struct Due {
    pub(super) at: DateTime<Utc>,
    pub(super) event: Event,
}

/// What is sent.
pub(super) enum Event {
    /// The timetables are followed.
    Tick,
    Alarm(Episode),
    Schedule(Rc<Schedule>),
    /// An execution starts, or goes on.
    Rollout(Box<Rollout>),
}

/// What came of it.
pub(crate) struct Played {
    pub(crate) story: Story,
    /// The lines that the function would have logged.
    pub(crate) log: Vec<String>,
}

/// How often the templates have the timetables followed.
const TICK: TimeDelta = TimeDelta::minutes(5);
/// What the function is called in its log.
const FUNCTION: &str = "setpoint";

/// Plays what is due, with the timetables followed meanwhile.
pub(super) async fn play(
    config: Config,
    seed: Seed,
    mut due: Vec<Due>,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Played, String> {
    if config.periods().next().is_some() {
        let ticks = std::iter::successors(Some(from), |at| Some(*at + TICK)).take_while(|at| *at < until);
        due.extend(ticks.map(|at| Due { at, event: Event::Tick }));
    }
    let alarms: Vec<(DateTime<Utc>, Episode)> = due.iter().filter_map(Due::episode).collect();
    // Nothing binds them: they are there for the rollouts that look at them.
    let watched = |alarm: &str| due.iter().any(|due| matches!(&due.event, Event::Rollout(it) if it.watches(alarm)));
    let names = alarms.iter().map(|(_, episode)| episode.name());
    let silent: BTreeSet<String> =
        names.filter(|name| !config.binds(name) && watched(name)).map(str::to_owned).collect();
    let mut telling = Telling::new(config.guardrails.clone(), from, until);
    let world = World::start(config.clone(), seed, from).await?;
    let mut resting: Option<Vec<Held>> = None;
    let mut queue = Queue::of(due);
    while let Some(Due { at, event }) = queue.next() {
        if !matches!(event, Event::Tick) {
            resting = None;
        }
        match event {
            Event::Tick => {
                // The same is said of the same: nothing has happened since a tick of these periods that wrote nothing.
                let held = config.held(at);
                if resting.as_ref() == Some(&held) {
                    continue;
                }
                let report = world.send(at, json!({"follow": "*"})).await;
                resting = wrote_nothing(&report).then_some(held);
                telling.tick(at, &report);
            }
            Event::Alarm(episode) if silent.contains(episode.name()) => {}
            Event::Alarm(episode) => {
                let report = world.send(at, episode.event(at)).await;
                telling.event(at, &episode.said(), &report);
            }
            Event::Schedule(schedule) => {
                let report = world.send(at, schedule.event(at, world.number())?).await;
                telling.event(at, &schedule.name, &report);
            }
            Event::Rollout(mut rollout) => match rollout.go_on(at, &alarms, &world, &mut telling).await {
                Some(later) if later < until => queue.add(Due { at: later, event: Event::Rollout(rollout) }),
                Some(_) => rollout.is_cut_off(until, &mut telling),
                None => {}
            },
        }
    }
    Ok(Played { story: telling.story, log: world.log.into_inner() })
}

impl Due {
    fn episode(&self) -> Option<(DateTime<Utc>, Episode)> {
        match &self.event {
            Event::Alarm(episode) => Some((self.at, episode.clone())),
            _ => None,
        }
    }
}

/// What is due, by its time; of one instant in the order of coming, but for the timetables, which are followed last, so that they
/// see what the others did.
#[derive(Default)]
struct Queue {
    due: BTreeMap<(DateTime<Utc>, bool, usize), Event>,
    added: usize,
}

impl Queue {
    fn of(due: Vec<Due>) -> Self {
        let mut queue = Self::default();
        due.into_iter().for_each(|due| queue.add(due));
        queue
    }

    fn add(&mut self, Due { at, event }: Due) {
        self.due.insert((at, matches!(event, Event::Tick), self.added), event);
        self.added += 1;
    }

    fn next(&mut self) -> Option<Due> {
        let ((at, _, _), event) = self.due.pop_first()?;
        Some(Due { at, event })
    }
}

fn wrote_nothing(report: &Report) -> bool {
    let results = report.decisions.iter().map(|decision| &decision.result);
    results.filter_map(|result| result.as_ref().ok()).all(|answer| !is_change(answer.outcome))
}

/// The function and the sandbox, at one time.
pub(super) struct World {
    handler: Handler,
    clock: Clock,
    sandbox_clock: SandboxClock,
    log: RefCell<Vec<String>>,
    /// How many invocations there were.
    sent: Cell<usize>,
    /// Kept for as long as the handler calls it.
    _sandbox: Sandbox,
}

impl World {
    async fn start(config: Config, seed: Seed, from: DateTime<Utc>) -> Result<Self, String> {
        let sandbox_clock = SandboxClock::fixed(from);
        let options = Options { clock: sandbox_clock.clone(), ..Options::default() };
        let sandbox = Sandbox::start(seed, options).await;
        let sandbox = sandbox.map_err(|error| format!("the sandbox does not start: {error}"))?;
        let clock = Clock::simulated(from);
        let clients = Clients::new(aws::for_server(&sandbox.url(), DEFAULT_REGION, &clock));
        let handler = Handler::new(config, clients, clock.clone());
        Ok(Self { handler, clock, sandbox_clock, log: RefCell::default(), sent: Cell::default(), _sandbox: sandbox })
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The number of the next invocation.
    fn number(&self) -> usize {
        self.sent.get()
    }

    /// One invocation at `at`, or later where the one before took longer.
    pub(super) async fn send(&self, at: DateTime<Utc>, event: Value) -> Report {
        let number = self.sent.replace(self.sent.get() + 1);
        let wait = (at - self.clock.now()).to_std().unwrap_or_default();
        self.clock.sleep(wait).await;
        self.keep_in_step();
        let began = self.clock.now();
        let invocation = invocation(number, Account::parse(DEFAULT_ACCOUNT.to_owned()).ok(), began);
        let report = self.handler.handle(event, &invocation).await;
        let now = self.clock.now();
        if !telemetry::is_uneventful(&report) {
            let took = (now - began).to_std().unwrap_or_default();
            let record = telemetry::decision_record(&report, &invocation, FUNCTION, now, took);
            self.log.borrow_mut().push(record.to_string());
        }
        self.keep_in_step();
        report
    }

    fn keep_in_step(&self) {
        let behind = self.clock.now() - self.sandbox_clock.now();
        self.sandbox_clock.advance(behind.to_std().unwrap_or_default());
    }
}
