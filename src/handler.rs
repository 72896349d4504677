//! One invocation, end to end: from the event to the answer, and what of it is a Lambda error.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lambda_events::sqs::SqsBatchResponse;
use chrono::{DateTime, Utc};
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use crate::aws::{Clients, Invocation, Scope};
use crate::clock::{Clock, Deadline};
use crate::config::{self, Config};
use crate::error::{Cause, Error};
use crate::event::{self, Alarm, Content, Delivery, Event, Issued, Message};
use crate::outcome::{Decision, ignored, results};
use crate::payload::{Mode, Payload, Request, Settings};
use crate::plan::Place;
use crate::road::Road;
use crate::road::late;
use crate::road::ledger::Ledger;
use crate::spelling::problem::{Problem, Problems};

/// How many targets are worked on at the same time: a hundred in three rounds.
const WIDTH: usize = 34;

/// The function: what it was configured with, and what it keeps from one invocation to the next.
#[derive(Debug)]
pub struct Handler {
    config: Config,
    clients: Clients,
    clock: Clock,
    ledger: Option<Ledger>,
    mode: Option<Mode>,
}

/// All that one invocation came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The sources each part of the event came through, outermost first, such as `sqs > sns > alarm`.
    pub via: Vec<String>,
    /// Parts of the event that asked for nothing, and why.
    pub ignored: Vec<String>,
    /// Parts of the event that were refused before any target was read.
    pub refused: Vec<Error>,
    /// What was decided for each request.
    pub decisions: Vec<Decision>,
    /// What the function returns.
    pub answer: Result<Value, Error>,
}

/// What a delivery asks for, checked.
enum Asked {
    Nothing(String),
    One(Box<Job>),
    Many(Vec<Job>),
}

/// A request with the time of its event.
struct Job {
    request: Request,
    issued_at: Option<DateTime<Utc>>,
}

impl Handler {
    /// A function with this configuration, these clients and this clock.
    #[must_use]
    pub fn new(config: Config, clients: Clients, clock: Clock) -> Self {
        let ledger = config.ledger();
        Self { config, clients, clock, ledger, mode: None }
    }

    /// The same function, which only plans, whatever a payload says.
    #[must_use]
    pub fn planning(self) -> Self {
        Self { mode: Some(Mode::Plan), ..self }
    }

    /// Does what `event` asks for.
    pub async fn handle(&self, event: Value, invocation: &Invocation) -> Report {
        let now = self.clock.now();
        let mut report = Report::new();
        let deadline = Deadline::from_epoch_ms(invocation.deadline_ms, now);
        let run = Run { handler: self, invocation, deadline, now };
        report.answer = match event::decode(event) {
            Ok(Event::Whole(deliveries)) => run.whole(deliveries, &mut report).await,
            Ok(Event::Messages(messages)) => Ok(run.messages(messages, &mut report).await),
            Err(error) => Err(report.refuse(error)),
        };
        report
    }
}

impl Report {
    fn new() -> Self {
        let answer = Ok(Value::Null);
        Self { via: Vec::new(), ignored: Vec::new(), refused: Vec::new(), decisions: Vec::new(), answer }
    }

    fn refuse(&mut self, error: Error) -> Error {
        self.refused.push(error.clone());
        error
    }
}

struct Run<'a> {
    handler: &'a Handler,
    invocation: &'a Invocation,
    deadline: Deadline,
    now: DateTime<Utc>,
}

impl Run<'_> {
    /// Everything is checked before the first write; then it succeeds or fails as one.
    async fn whole(&self, deliveries: Vec<Delivery>, report: &mut Report) -> Result<Value, Error> {
        let asked = self.all_asked(deliveries, report).map_err(|error| report.refuse(error))?;
        let alone = matches!(asked.as_slice(), [Asked::One(_)]);
        let mut jobs = Vec::new();
        for asked in asked {
            match asked {
                Asked::Nothing(why) => report.ignored.push(why),
                Asked::One(job) => jobs.push(*job),
                Asked::Many(many) => jobs.extend(many),
            }
        }
        if jobs.is_empty() {
            return Ok(ignored(&report.ignored.join("; ")));
        }
        report.decisions = self.reconcile(&jobs).await;
        match report.decisions.as_slice() {
            [only] if alone => only.result.clone().map(|answer| answer.output),
            decisions => match failed(decisions) {
                Some(error) => Err(error),
                None => Ok(results(decisions)),
            },
        }
    }

    fn all_asked(&self, deliveries: Vec<Delivery>, report: &mut Report) -> Result<Vec<Asked>, Error> {
        report.via.extend(deliveries.iter().map(|delivery| delivery.via.join(" > ")));
        deliveries.into_iter().map(|delivery| self.asked(delivery)).collect()
    }

    /// Each message stands for itself: a broken or failed one is reported as such and takes no other down. In a FIFO
    /// queue the order counts, so nothing after a failure is tried.
    async fn messages(&self, messages: Vec<Message>, report: &mut Report) -> Value {
        let mut response = SqsBatchResponse::default();
        if messages.iter().any(|message| message.is_fifo) {
            let mut stopped = false;
            for message in messages {
                let id = message.id.clone();
                if stopped || !self.independent(vec![message], report).await.is_empty() {
                    stopped = true;
                    response.add_failure(id);
                }
            }
        } else {
            response.set_failures(self.independent(messages, report).await);
        }
        json!(response)
    }

    /// Gives the ids of the messages that failed.
    async fn independent(&self, messages: Vec<Message>, report: &mut Report) -> Vec<String> {
        let mut failures = Vec::new();
        let mut jobs = Vec::new();
        let mut owners = Vec::new();
        for Message { id, deliveries, .. } in messages {
            match deliveries.and_then(|deliveries| self.all_asked(deliveries, report)) {
                Err(error) => {
                    report.refuse(error);
                    failures.push(id);
                }
                Ok(asked) => {
                    for asked in asked {
                        let before = jobs.len();
                        match asked {
                            Asked::Nothing(why) => report.ignored.push(why),
                            Asked::One(job) => jobs.push(*job),
                            Asked::Many(many) => jobs.extend(many),
                        }
                        owners.extend(std::iter::repeat_n(id.clone(), jobs.len() - before));
                    }
                }
            }
        }
        let decisions = self.reconcile(&jobs).await;
        for (decision, owner) in decisions.iter().zip(owners) {
            if decision.result.is_err() && !failures.contains(&owner) {
                failures.push(owner);
            }
        }
        report.decisions.extend(decisions);
        failures
    }

    /// Finds the payload of a delivery and checks it.
    fn asked(&self, delivery: Delivery) -> Result<Asked, Error> {
        let payload = match delivery.content {
            Content::Ignored(why) => return Ok(Asked::Nothing(why)),
            Content::Payload(value) => Payload::parse(value).map_err(Cause::InvalidAction)?,
            Content::Schedule(name) => self.handler.config.schedule(&name).cloned().ok_or_else(|| unbound(&name))?,
            Content::Alarm(alarm) => match self.bound_to(&alarm)? {
                Some(payload) => payload,
                None => return Ok(Asked::Nothing(unbound_state(&alarm))),
            },
        };
        let mut jobs: Vec<Job> = Vec::with_capacity(payload.requests().len());
        let mut found = Vec::new();
        for (index, request) in payload.requests().iter().enumerate() {
            let job = self.job(request, delivery.issued)?;
            let path = match payload {
                Payload::One(_) => String::new(),
                Payload::Many(_) => format!("actions[{index}]."),
            };
            let problem = job.problem(self.now).or_else(|| job.problem_after(&jobs));
            found.extend(problem.map(|problem| Problem { path: path + &problem.path, ..problem }));
            jobs.push(job);
        }
        Problems::check(found).map_err(Cause::InvalidAction)?;
        match (&payload, jobs.pop()) {
            (Payload::One(_), Some(job)) => Ok(Asked::One(Box::new(job))),
            (_, last) => Ok(Asked::Many(jobs.into_iter().chain(last).collect())),
        }
    }

    /// What the operator bound to an alarm's state; or, where the operator allows it, what its description says.
    fn bound_to(&self, alarm: &Alarm) -> Result<Option<Payload>, Error> {
        let config = &self.handler.config;
        if let Some(payload) = config.alarm(&alarm.name, &alarm.state) {
            return Ok(Some(payload.clone()));
        }
        match &alarm.description {
            Some(description) if config.actions_in_alarm_description => {
                config::payload_in_description(description, &alarm.state).map_err(|found| {
                    let path = format!("the description of alarm {}", alarm.name);
                    Cause::InvalidAction(found.under(&path)).into()
                })
            }
            _ => Ok(None),
        }
    }

    /// Dates a request, and refuses it when its event is too old.
    fn job(&self, request: &Request, issued: Issued) -> Result<Job, Error> {
        let (issued_at, latest) = match (request.settings.issued_at, issued) {
            (Some(time), _) | (None, Issued::At(time)) => (Some(time), Some(time)),
            (None, Issued::Before(time)) => (None, Some(time)),
            (None, Issued::Unknown) => (None, None),
        };
        let max_event_age = self.handler.config.max_event_age();
        match latest {
            Some(latest) if late::age(latest, self.now) > max_event_age => {
                let age = late::age(latest, self.now);
                Err(Cause::EventExpired { issued_at: latest, age, max_event_age }.into())
            }
            _ => {
                let mut request = request.clone();
                request.settings.mode = self.handler.mode.unwrap_or(request.settings.mode);
                Ok(Job { request, issued_at })
            }
        }
    }

    /// Different targets side by side; what concerns one target in the order written.
    async fn reconcile(&self, jobs: &[Job]) -> Vec<Decision> {
        let mut lanes: BTreeMap<_, Vec<(usize, Arc<Scope>)>> = BTreeMap::new();
        for (index, Job { request, .. }) in jobs.iter().enumerate() {
            let scope = self.handler.clients.scope(&request.settings, self.invocation);
            let Place { region, account } = scope.place().clone();
            lanes.entry((request.action.target().lane(), region, account)).or_default().push((index, scope));
        }
        let lanes = lanes.into_values().map(|lane| async move {
            let mut decisions = Vec::with_capacity(lane.len());
            for (index, scope) in lane {
                decisions.push((index, self.take(&jobs[index], scope).await));
            }
            decisions
        });
        let mut decisions: Vec<_> = stream::iter(lanes).buffer_unordered(WIDTH).concat().await;
        decisions.sort_by_key(|(index, _)| *index);
        decisions.into_iter().map(|(_, decision)| decision).collect()
    }

    async fn take(&self, job: &Job, scope: Arc<Scope>) -> Decision {
        let Handler { config, clients, clock, ledger, .. } = self.handler;
        let settings = &job.request.settings;
        // The table is the function's own, wherever the target is.
        let ledger = ledger.as_ref().map(|ledger| (ledger, clients.scope(&Settings::default(), self.invocation)));
        let (issued_at, deadline) = (job.issued_at, self.deadline);
        let road = Road { scope, settings, issued_at, guardrails: &config.guardrails, ledger, clock, deadline };
        job.request.action.reconcile(&road).await
    }
}

impl Job {
    /// A relative target needs the event's own time, and one that its own effect will be newer than.
    fn problem(&self, now: DateTime<Utc>) -> Option<Problem> {
        let member = self.request.action.relative_member()?;
        match self.issued_at {
            None => Some(Problem {
                path: member,
                message:
                    "is relative (add, percent) and needs the event's own time, so that a second delivery does not \
                          apply it twice, but this event has none; in a schedule's input write \"issuedAt\": \
                          \"<aws.scheduler.scheduled-time>\" beside \"action\""
                        .to_owned(),
            }),
            Some(time) if late::is_in_the_future(time, now) => Some(Problem {
                path: "issuedAt".to_owned(),
                message: "lies in the future, where a relative target (add, percent) could be applied again and again \
                          until then"
                    .to_owned(),
            }),
            Some(_) => None,
        }
    }

    /// A relative target would take the write of an action before it for a modification since the event.
    fn problem_after(&self, earlier: &[Self]) -> Option<Problem> {
        let place = |job: &Self| {
            let Settings { region, role_arn, .. } = job.request.settings.clone();
            (job.request.action.target().lane(), region, role_arn)
        };
        let member = self.request.action.relative_member()?;
        earlier.iter().any(|job| place(job) == place(self)).then(|| Problem {
            path: member,
            message: "is relative (add, percent) and comes after another action on the same target, whose write would \
                      make this one look applied already; put it first, or both into one action"
                .to_owned(),
        })
    }
}

/// The one error for several actions, when any failed.
fn failed(decisions: &[Decision]) -> Option<Error> {
    let failed: Vec<_> = decisions
        .iter()
        .enumerate()
        .filter_map(|(index, decision)| Some((index, decision.target.clone(), decision.result.as_ref().err()?.clone())))
        .collect();
    (!failed.is_empty()).then(|| Cause::ActionsFailed { failed, of: decisions.len() }.into())
}

fn unbound(name: &str) -> Error {
    Error::invalid_event(format!(
        "the schedule or rule {name} fired without a payload, and nothing is bound to it; give it a constant input such as \
         {{\"action\": …, \"input\": {{…}}}}, or bind one in the configuration under schedules.{name}"
    ))
}

fn unbound_state(alarm: &Alarm) -> String {
    format!("alarm {} changed to {}, and no action is bound to that", alarm.name, alarm.state)
}

impl From<Error> for lambda_runtime::Diagnostic {
    fn from(error: Error) -> Self {
        Self { error_type: error.error_type().to_owned(), error_message: error.to_string() }
    }
}

impl Report {
    /// How many requests ended in each way, by outcome; refused parts of the event count as failed.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        let decided = self.decisions.iter().map(Decision::outcome_name);
        let ignored = self.ignored.iter().map(|_| "ignored");
        let refused = self.refused.iter().map(|_| "failed");
        for name in decided.chain(ignored).chain(refused) {
            *counts.entry(name).or_default() += 1;
        }
        counts
    }
}
