//! One invocation, end to end: from the event to the answer, and what of it is a Lambda error.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lambda_events::sqs::SqsBatchResponse;
use chrono::{DateTime, Utc};
use futures_util::future::{FutureExt, LocalBoxFuture, join};
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use crate::aws::{Clients, Scope, Session};
use crate::change_event::{self, InLog};
use crate::clock::{Clock, Deadline, later};
use crate::config::{Bus, Config};
use crate::error::{AwsAnswer, AwsFailure, Cause, Error};
use crate::event::{self, Delivery, Event, Message, Origin};
use crate::outcome::{Decision, ignored, results};
use crate::payload::Mode;
use crate::plan::before::Before;
use crate::plan::{Place, Service, Target};
use crate::plant::{self, Plant};
use crate::road::ledger::Ledger;
use crate::road::slots::{Slot, Slots};
use crate::road::{self, Road};
use crate::spelling::arn::Account;
use crate::spelling::json::Received;

mod fleet;
mod job;
mod lanes;
mod parties;
mod report;

use job::{Asked, Job};
use lanes::{lanes, place_by_place};
use parties::Party;
pub use report::Report;
use report::failed;

/// How many targets of one service are worked on at the same time: a hundred in three rounds.
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

impl Handler {
    /// A function with this configuration, these clients and this clock.
    #[must_use]
    pub fn new(config: Config, clients: Clients, clock: Clock) -> Self {
        let ledger = config.ledger_table().map(|table| Ledger::new(table, config.max_event_age()));
        Self { config, clients, clock, ledger, mode: None }
    }

    /// The same function, which only plans, whatever a payload says.
    #[must_use]
    pub fn planning(self) -> Self {
        Self { mode: Some(Mode::Plan), ..self }
    }

    /// Does what `event` asks for.
    pub fn handle<'a>(&'a self, event: impl Into<Received>, invocation: &'a Invocation) -> LocalBoxFuture<'a, Report> {
        self.handled(event.into(), invocation)
    }

    /// In a box, so that what polls it has no code of its own for all that it is made of: the function's binary had a second copy.
    fn handled<'a>(&'a self, event: Received, invocation: &'a Invocation) -> LocalBoxFuture<'a, Report> {
        Box::pin(async move {
            let now = self.clock.now();
            let mut report = Report::new();
            let deadline = Deadline::from_epoch_ms(invocation.deadline_ms, now);
            let (before, begun, slots) = Default::default();
            let run = Run { handler: self, invocation, deadline, now, before, begun, slots };
            report.answer = match caught(run.answer(event, &mut report)).await {
                Ok(answer) => answer,
                Err(error) => Err(report.refuse(error)),
            };
            report
        })
    }
}

/// The output of `work`. A panic is an error of this function's own: the runtime would make one of it that is named after
/// a Rust type, and has no record.
async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Error> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|_| Cause::Internal.into())
}

struct Run<'a> {
    handler: &'a Handler,
    invocation: &'a Invocation,
    deadline: Deadline,
    now: DateTime<Utc>,
    /// What stood before this invocation, as far as it has been read.
    before: Mutex<Before>,
    /// How many requests have begun.
    begun: AtomicUsize,
    slots: Mutex<BTreeMap<Service, Slots>>,
}

impl Run<'_> {
    async fn answer(&self, Received(event): Received, report: &mut Report) -> Result<Value, Error> {
        let event = event
            .map_err(|why| Error::invalid_event(format!("the event is not JSON that this function can read: {why}")));
        let origin = event.as_ref().map(|event| Origin::of(event.value())).unwrap_or_default();
        match event.and_then(event::decode) {
            Ok(Event::Whole(deliveries)) => self.whole(deliveries, report).await,
            Ok(Event::Messages(messages)) => Ok(self.messages(messages, report).await),
            Err(error) => {
                report.origins.push(origin);
                Err(report.refuse(error))
            }
        }
    }

    /// Everything is checked before the first write; then it succeeds or fails as one.
    async fn whole(&self, deliveries: Vec<Delivery>, report: &mut Report) -> Result<Value, Error> {
        let asked = self.all_asked(deliveries, report).map_err(|error| report.refuse(error))?;
        let alone = matches!(asked.as_slice(), [Asked::One(_)]);
        let jobs = self.asked_for(asked, report).await?;
        if jobs.is_empty() {
            return Ok(ignored(&report.ignored.join("; ")));
        }
        let decisions = self.reconcile(&jobs).await;
        let answer = match decisions.as_slice() {
            [only] if alone => only.result.clone().map(|answer| answer.output),
            decisions => match failed(decisions) {
                Some(error) => Err(error),
                None => Ok(results(decisions)),
            },
        };
        report.decided(decisions);
        answer
    }

    /// All that is asked for, of every target that is found too. An error is in the report already.
    async fn asked_for(&self, asked: Vec<Asked>, report: &mut Report) -> Result<Vec<Job>, Error> {
        let mut jobs = Vec::new();
        for asked in asked {
            match asked {
                Asked::Nothing(why) => report.ignored.push(why),
                Asked::One(job) => jobs.push(*job),
                Asked::Many(many) => jobs.extend(many),
                Asked::Fleet(fleet) => jobs.extend(Box::pin(self.found(*fleet, report)).await?),
            }
        }
        Ok(jobs)
    }

    fn all_asked(&self, deliveries: Vec<Delivery>, report: &mut Report) -> Result<Vec<Asked>, Error> {
        report.via.extend(deliveries.iter().map(|delivery| delivery.via.join(" > ")));
        report.origins.extend(deliveries.iter().map(|delivery| delivery.origin.clone()));
        let numbered = deliveries.into_iter().enumerate();
        numbered.map(|(position, delivery)| self.asked(delivery, position)).collect()
    }

    /// Each message stands for itself: a broken or failed one is reported as such and takes no other down. In a FIFO
    /// queue the order counts within a message group, so nothing in it after a failure is tried.
    async fn messages(&self, messages: Vec<Message>, report: &mut Report) -> Value {
        let mut response = SqsBatchResponse::default();
        if messages.iter().any(|message| message.is_fifo) {
            let mut stopped = HashSet::new();
            for message in messages {
                let (id, group) = (message.id.clone(), message.group.clone());
                if stopped.contains(&group) || !self.independent(vec![message], report).await.is_empty() {
                    stopped.insert(group);
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
        let mut ids = Vec::with_capacity(messages.len());
        let mut failed = BTreeSet::new();
        let mut all = Vec::with_capacity(messages.len());
        for (position, message) in messages.into_iter().enumerate() {
            let origin = message.origin.clone();
            ids.push(message.id.clone());
            let deliveries = message.deliveries();
            if deliveries.is_err() {
                report.origins.push(origin);
            }
            match deliveries.and_then(|deliveries| self.all_asked(deliveries, report)) {
                Ok(asked) => all.push((position, asked)),
                Err(error) => {
                    report.refuse(error);
                    failed.insert(position);
                }
            }
        }
        let (others, waiting) = self.parties(all);
        let (others, waiting) = join(Box::pin(self.party(others)), Box::pin(self.party(waiting))).await;
        for (of_party, failed_of_it) in [others, waiting] {
            report.add(of_party);
            failed.extend(failed_of_it);
        }
        let most = if plant::is(Plant::OneFailureReported) { 1 } else { usize::MAX };
        failed.into_iter().take(most).map(|position| ids[position].clone()).collect()
    }

    /// Messages that may concern one target, by position. Gives those that failed.
    async fn party(&self, messages: Party) -> (Report, BTreeSet<usize>) {
        let (mut report, mut failed) = (Report::new(), BTreeSet::new());
        let mut jobs = Vec::new();
        for (position, asked) in messages {
            match Box::pin(self.asked_for(asked, &mut report)).await {
                Ok(found) => jobs.extend(found.into_iter().map(|job| Job { payload: position, ..job })),
                Err(_) => {
                    failed.insert(position);
                }
            }
        }
        let decisions = self.reconcile(&jobs).await;
        let decided = decisions.iter().zip(&jobs).filter(|(decision, _)| decision.result.is_err());
        // What one message asks for stands together.
        failed.extend(decided.map(|(_, job)| job.payload));
        report.decided(decisions);
        (report, failed)
    }

    /// Different targets side by side, of every place in turn; what concerns one target in the order written. A target that only
    /// waits keeps no other from its turn, and what waits for the pace of one service none of another.
    async fn reconcile(&self, jobs: &[Job]) -> Vec<Decision> {
        let mut of_service: BTreeMap<Service, Vec<Vec<usize>>> = BTreeMap::new();
        for lane in self.lanes(jobs) {
            of_service.entry(jobs[lane[0]].request.action.target().service()).or_default().push(lane);
        }
        let at_work = of_service.into_iter().map(|(service, lanes)| {
            let lanes = place_by_place(lanes, |index| self.place(&jobs[index]));
            let slots = self.slots(service);
            let with_slot = move |lane| {
                let slots = slots.clone();
                async move { (lane, slots.take().await) }
            };
            let begun = stream::iter(lanes).then(with_slot).map(|(lane, slot)| self.walk(jobs, lane, slot));
            Box::pin(begun.buffer_unordered(usize::MAX))
        });
        let mut decisions = vec![None; jobs.len()];
        for (index, decision) in stream::select_all(at_work).concat().await {
            decisions[index] = Some(decision);
        }
        decisions.into_iter().flatten().collect()
    }

    /// The jobs by what AWS changes one at a time, each in the order written.
    fn lanes<'j>(&self, jobs: impl IntoIterator<Item = &'j Job>) -> Vec<Vec<usize>> {
        lanes(jobs.into_iter().map(|job| (self.place(job), job.request.action.subject(), self.bounds(job))))
    }

    /// What bounds its numbers, where that counts: what they hold is another matter after they were changed.
    fn bounds(&self, job: &Job) -> Vec<Target> {
        match self.handler.config.guardrails.autoscaled.looks() {
            true => job.request.action.scalable_targets(),
            false => Vec::new(),
        }
    }

    /// Everything that concerns one target: after an action of a payload has failed, what follows in it is not tried, since it
    /// was written for a target that is not there.
    async fn walk(&self, jobs: &[Job], lane: Vec<usize>, mut slot: Slot) -> Vec<(usize, Decision)> {
        let mut decisions: Vec<(usize, Decision)> = Vec::with_capacity(lane.len());
        for index in lane {
            let job = &jobs[index];
            let planned = job.request.settings.mode == Mode::Plan;
            let failed = decisions.iter().filter(|(earlier, _)| jobs[*earlier].payload == job.payload);
            let failed = failed.filter_map(|(_, decision)| decision.result.as_ref().err()).next_back();
            let decision = match failed {
                Some(before) if !planned => not_tried(job, self.place(job), before),
                _ => decided(job, self.place(job), Box::pin(self.done_and_told(job, &mut slot))).await,
            };
            decisions.push((index, decision));
        }
        decisions
    }

    /// Those for the targets of a service, of all that goes on in this invocation.
    fn slots(&self, service: Service) -> Slots {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(service).or_insert_with(|| Slots::new(WIDTH)).clone()
    }

    /// Where the function is.
    fn home(&self) -> Place {
        Place { region: self.handler.clients.region().clone(), account: self.invocation.account.clone() }
    }

    /// Where the target of a request lives: what its ARN says, else what the payload says, else the function's own place.
    fn place(&self, job: &Job) -> Place {
        let region = &job.request.settings.region;
        let subject = job.request.action.subject();
        let of_role = job.role.as_ref().map(|role| role.arn.account());
        Place {
            region: subject.region.or_else(|| region.clone()).unwrap_or_else(|| self.handler.clients.region().clone()),
            account: subject.account.or_else(|| of_role.or(self.invocation.account.as_ref()).cloned()),
        }
    }

    /// The clients for where the target of a request lives, in the role that it asks for.
    fn scope(&self, job: &Job) -> Arc<Scope> {
        let session = job.role.clone().map(|role| Session::new(role, &self.invocation.request_id, &job.source));
        self.handler.clients.scope(&self.place(job).region, session.as_ref())
    }

    /// Does it, and tells others of the change, where they are to be told. That they could not be is no failure of it.
    async fn done_and_told(&self, job: &Job, slot: &mut Slot) -> Decision {
        let mut decision = self.go(job, slot).await;
        if let Some(bus) = self.handler.config.change_events() {
            for moved in decision.moved.iter_mut().filter(|moved| moved.written) {
                moved.untold = self.tell(bus, moved, job).await.err();
            }
            if decision.written {
                decision.untold = self.tell(bus, &decision, job).await.err();
            }
        }
        decision
    }

    async fn tell(&self, bus: &Bus, decision: &Decision, job: &Job) -> Result<(), Error> {
        let Handler { clients, clock, .. } = self.handler;
        let Invocation { log_group, environment, request_id, .. } = self.invocation;
        let log = InLog { group: log_group, stream: environment, request_id };
        let detail = change_event::detail(decision, &job.sender, job.issued_at, log);
        let scope = clients.scope(bus.region().unwrap_or(clients.region()), None);
        let now = clock.now();
        let deadline = self.deadline.or(later(now, change_event::PATIENCE));
        let put = change_event::put(&scope, bus.as_str(), &detail, now);
        let out_of_time = || AwsFailure { operation: change_event::OPERATION, answer: AwsAnswer::TimedOut }.into();
        clock.within(deadline, put).await.unwrap_or_else(|| Err(out_of_time()))
    }

    async fn go(&self, job: &Job, slot: &mut Slot) -> Decision {
        let place = self.place(job);
        let Handler { config, clients, clock, ledger, .. } = self.handler;
        let settings = &job.request.settings;
        let scope = self.scope(job);
        // The table is the function's own, wherever the target is.
        let ledger = ledger.as_ref().map(|ledger| (ledger, clients.scope(clients.region(), None)));
        let (event, expiry) = (job.event.clone(), job.expiry);
        let Invocation { environment, request_id, .. } = self.invocation;
        // With the moment, because Lambda may deliver again to the same environment, when a write of before may yet land; and by
        // its number in the invocation, of which the messages of a FIFO queue are worked on one after another.
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let holder = format!("{environment}/{request_id}/{}#{number}", self.now.timestamp_millis());
        let (guardrails, before, home, deadline) = (&config.guardrails, &self.before, &self.home(), self.deadline);
        let role = job.role.as_ref().map(|role| &role.arn);
        let road = Road {
            scope,
            place,
            home,
            role,
            settings,
            purpose: job.purpose,
            event,
            expiry,
            guardrails,
            before,
            ledger,
            holder,
            period: job.period.as_ref(),
            clock,
            deadline,
        };
        road::reconcile(&job.request.action, &road, slot).await
    }
}

/// The decision of an action; a panic is its failure, and nothing to its neighbours.
async fn decided(job: &Job, place: Place, action: impl Future<Output = Decision>) -> Decision {
    caught(action).await.unwrap_or_else(|error| undone(job, place, error))
}

fn not_tried(job: &Job, place: Place, before: &Error) -> Decision {
    let (target, after, kind) = (job.request.action.target(), before.error_type().to_owned(), before.kind());
    undone(job, place, Cause::NotTried { target, after, kind }.into())
}

/// The decision of an action that says nothing itself.
fn undone(job: &Job, place: Place, error: Error) -> Decision {
    let action = &job.request.action;
    Decision {
        action: action.about().name,
        target: action.target().to_string(),
        place,
        role: job.role.as_ref().map(|role| role.arn.clone()),
        plan: None,
        calls: Vec::new(),
        written: false,
        unentered: None,
        outside: Vec::new(),
        moved: Vec::new(),
        untold: None,
        period: job.period.clone(),
        result: Err(error),
    }
}

/// What an invocation says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// The request id, which stays the same over Lambda's retries.
    pub request_id: String,
    /// The account of the function, where it is known.
    pub account: Option<Account>,
    /// The deadline in milliseconds since 1970; 0 when there is none.
    pub deadline_ms: u64,
    /// What the function runs in, by its log stream: one of many, which takes one invocation after another.
    pub environment: String,
    /// The group that the stream is of.
    pub log_group: String,
}

impl From<Error> for lambda_runtime::Diagnostic {
    fn from(error: Error) -> Self {
        Self { error_type: error.error_type().to_owned(), error_message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::payload::Payload;
    use crate::road::late::Expiry;
    use crate::road::ledger::EventId;

    fn job() -> Job {
        let payload = json!({"action": "lambda:DeleteProvisionedConcurrencyConfig",
            "input": {"FunctionName": "checkout", "Qualifier": "live"}});
        let request = Payload::parse(payload).unwrap().requests()[0].clone();
        let expiry = Expiry { from: DateTime::UNIX_EPOCH, max_event_age: Config::default().max_event_age() };
        let event = EventId { id: "e".to_owned(), at: DateTime::UNIX_EPOCH, is_dated: false, in_passing: false };
        Job {
            request,
            purpose: road::Purpose::Done,
            issued_at: None,
            event,
            expiry,
            payload: 0,
            role: None,
            source: String::new(),
            sender: Arc::default(),
            period: None,
        }
    }

    fn place() -> Place {
        Place { region: crate::spelling::arn::Region::own("us-east-1"), account: None }
    }

    #[tokio::test]
    async fn a_panic_in_one_action_is_its_failure_with_a_decision() {
        let job = job();
        let decision = decided(&job, place(), async { panic!("a text of the event") }).await;
        let error = decision.result.clone().unwrap_err();
        assert_eq!((error.error_type(), error.kind().name()), ("InternalError", "internal"));
        assert!(!error.to_string().contains("a text of the event"));
        assert_eq!(
            (decision.action, decision.target.as_str()),
            ("lambda:DeleteProvisionedConcurrencyConfig", "lambda:function:checkout:live",)
        );
    }

    #[tokio::test]
    async fn a_panic_takes_no_neighbour_down() {
        let job = job();
        let good = async { decided(&job, place(), async { panic!("no") }).await.target };
        let (bad, good) = futures_util::future::join(decided(&job, place(), async { panic!("no") }), good).await;
        assert_eq!(bad.outcome_name(), "failed");
        assert_eq!(good, "lambda:function:checkout:live");
    }

    #[tokio::test]
    async fn a_panic_outside_the_actions_has_a_type_of_ours_too() {
        assert_eq!(caught(async { panic!("no") }).await.unwrap_err().error_type(), "InternalError");
        assert_eq!(caught(async { 1 }).await, Ok(1));
    }
}
