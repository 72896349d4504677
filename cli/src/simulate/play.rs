//! Every event that is due, through the real handler to the embedded sandbox, on one virtual clock.

use std::cell::RefCell;
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
    // Of one instant the timetables come last, so that they see what the others did.
    due.sort_by_key(|due| (due.at, matches!(due.event, Event::Tick)));
    let mut telling = Telling::new(config.guardrails.clone(), from, until);
    let world = World::start(config.clone(), seed, from).await?;
    let mut resting: Option<Vec<Held>> = None;
    for (number, Due { at, event }) in due.into_iter().enumerate() {
        match event {
            Event::Tick => {
                // The same is said of the same: nothing has happened since a tick of these periods that wrote nothing.
                let held = config.held(at);
                if resting.as_ref() == Some(&held) {
                    continue;
                }
                let report = world.send(number, at, json!({"follow": "*"})).await;
                resting = wrote_nothing(&report).then_some(held);
                telling.tick(at, &report);
            }
            Event::Alarm(episode) => {
                resting = None;
                let report = world.send(number, at, episode.event(at)).await;
                telling.event(at, &episode.name(), &report);
            }
            Event::Schedule(schedule) => {
                resting = None;
                let report = world.send(number, at, schedule.event(at, number)?).await;
                telling.event(at, &schedule.name, &report);
            }
        }
    }
    Ok(Played { story: telling.story, log: world.log.into_inner() })
}

fn wrote_nothing(report: &Report) -> bool {
    let results = report.decisions.iter().map(|decision| &decision.result);
    results.filter_map(|result| result.as_ref().ok()).all(|answer| !is_change(answer.outcome))
}

/// The function and the sandbox, at one time.
struct World {
    handler: Handler,
    clock: Clock,
    sandbox_clock: SandboxClock,
    log: RefCell<Vec<String>>,
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
        Ok(Self { handler, clock, sandbox_clock, log: RefCell::default(), _sandbox: sandbox })
    }

    /// One invocation at `at`, or later where the one before took longer.
    async fn send(&self, number: usize, at: DateTime<Utc>, event: Value) -> Report {
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
