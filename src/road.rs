//! The one road every request takes: observe, plan, guard, submit, wait, respond.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::action::{Command, Subject};
use crate::actions::AnyAction;
use crate::aws::{Attempts, Scope, with_attempts};
use crate::clock::{Clock, Deadline, Poll};
use crate::error::{AwsAnswer, AwsFailure, ByHand, Cause, Error, Instruction, Kind, Noticed, Written};
use crate::guardrail::{Cleared, Guardrails, Outside};
use crate::outcome::{self, Answer, Because, Call, Decision, Held, Outcome};
use crate::payload::{Mode, OnBusy, Settings, WaitFor};
use crate::plan::ask::{Ask, Want};
use crate::plan::before::Before;
use crate::plan::reading::{Progress, Reading};
use crate::plan::{Place, Plan, Target};
use crate::plant::{self, Plant};
use crate::spelling::arn::RoleArn;
use crate::spelling::problem::Problems;

mod arrive;
mod bounds;
mod lane;
pub mod late;
pub(crate) mod ledger;
pub(crate) mod slots;

use bounds::{Bounds, Number};
use late::Expiry;
use ledger::{Entry, EventId, LANDS, Lane, Ledger};
use slots::Slot;

/// What a request needs on its way.
#[derive(Clone, Debug)]
pub(crate) struct Road<'a> {
    pub(crate) scope: Arc<Scope>,
    pub(crate) place: Place,
    /// Where the function itself is.
    pub(crate) home: &'a Place,
    /// The role that is assumed for it.
    pub(crate) role: Option<&'a RoleArn>,
    pub(crate) settings: &'a Settings,
    pub(crate) purpose: Purpose,
    /// The event: its id, and its own time, else the latest that it can be from.
    pub(crate) event: EventId,
    /// How long the event may be acted on.
    pub(crate) expiry: Expiry,
    pub(crate) guardrails: &'a Guardrails,
    /// What this invocation has found, in all its requests.
    pub(crate) before: &'a Mutex<Before>,
    /// With the clients for the account that the table is in.
    pub(crate) ledger: Option<(&'a Ledger, Arc<Scope>)>,
    /// By what the ledger knows this request of this invocation.
    pub(crate) holder: String,
    /// The period of a timetable that says it: what should hold for a while, and is asked for over and over.
    pub(crate) period: Option<&'a Held>,
    pub(crate) clock: &'a Clock,
    pub(crate) deadline: Deadline,
}

/// What a request goes down the road for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be done, or to be planned as it says itself.
    Done,
    /// To be judged before any of its kind is done: planned, and by what the ledger knows.
    Judged,
}

/// Takes `action` down the road, and records what was decided on the way.
pub(crate) async fn reconcile(action: &AnyAction, road: &Road<'_>, slot: &mut Slot) -> Decision {
    let about = action.about();
    let mut trip = Trip {
        action,
        road,
        slot,
        event: road.event.clone(),
        key: None,
        lane: None,
        known: None,
        asks: action.asks(),
        overtaken: Vec::new(),
        landing: None,
        plan: None,
        calls: Vec::new(),
        poll: about.poll,
        waited: Duration::ZERO,
        refused: None,
        written: Written::Nothing,
        lost: false,
        unentered: None,
        outside: Vec::new(),
        moved: Vec::new(),
        lasting: Vec::new(),
    };
    let result = trip.run().await;
    trip.leave_unfinished().await;
    let target = trip.plan.as_ref().map_or_else(|| action.target(), |plan| plan.target.clone()).to_string();
    let (place, role) = (road.place.clone(), road.role.cloned());
    let Trip { plan, calls, written, unentered, overtaken, outside, moved, .. } = trip;
    let partly = |answer: Answer| match answer.because {
        None if !overtaken.is_empty() => Answer { because: Some(Because::NewerFor(overtaken)), ..answer },
        _ => answer,
    };
    let result = result.map(partly);
    let written = written != Written::Nothing;
    let period = road.period.cloned();
    Decision {
        action: about.name,
        target,
        place,
        role,
        plan,
        calls,
        written,
        unentered,
        untold: None,
        outside,
        moved,
        period,
        result,
    }
}

struct Trip<'a> {
    action: &'a AnyAction,
    road: &'a Road<'a>,
    /// Held while it is worked on, and left while it only waits.
    slot: &'a mut Slot,
    event: EventId,
    /// By what the ledger knows the target.
    key: Option<Target>,
    /// What the ledger knows of the target, while nobody else may change it.
    lane: Option<Lane>,
    /// What the ledger knows of a target that is only judged, as far as it was looked up.
    known: Option<Entry>,
    /// What it still asks for.
    asks: Vec<Ask>,
    /// The fields that a newer event stands for.
    overtaken: Vec<String>,
    /// Until when a write of this one may yet take effect, where the answer to an attempt was not seen.
    landing: Option<DateTime<Utc>>,
    /// What was last decided on.
    plan: Option<Plan>,
    calls: Vec<Call>,
    poll: Poll,
    waited: Duration,
    /// AWS's word that the target was busy when a write was refused.
    refused: Option<String>,
    /// What is known of a write.
    written: Written,
    /// Whether a write has found the target gone.
    lost: bool,
    /// Why the ledger was not told how it ended.
    unentered: Option<Error>,
    /// The numbers that would not last.
    outside: Vec<Outside>,
    /// What was decided on the bounds that were moved for it.
    moved: Vec<Decision>,
    /// The numbers that they were just moved for.
    lasting: Vec<Number>,
}

/// What a target is found to be after a write that failed.
enum After {
    /// As asked for: AWS took the write after all.
    Written(Reading),
    /// The same, but AWS would have turned the write away: others have done it.
    Done(Reading),
    /// Something to plan for again.
    Again(Reading),
}

const STALE: &str = "AWS still describes what was before the last write";

/// What is next for a target as it was read.
enum Next {
    /// Nothing more: this is the answer.
    Answer(Answer),
    /// To look at it as it is by now.
    Look(Box<Reading>),
    /// To write what was cleared.
    Write(Cleared),
}

impl Trip<'_> {
    async fn run(&mut self) -> Result<Answer, Error> {
        self.admit()?;
        // What should hold, and does, needs no lane: was it read too early, or is it moved by an older event, the next follow
        // repairs it.
        let mut reading = match self.road.period {
            Some(_) => self.observe().await?,
            None => self.observe_in_lane().await?,
        };
        loop {
            let next = match self.next(&reading).await {
                // What it is refused for may be done already, or another's by now.
                Err(violation) if violation.is_violation() && self.may_look_up() => {
                    self.look_up(&reading).await.map_err(|_| violation)?;
                    self.moved.clear();
                    continue;
                }
                next => next?,
            };
            let cleared = match next {
                Next::Answer(answer) => return Ok(answer),
                Next::Look(later) => {
                    reading = *later;
                    continue;
                }
                Next::Write(cleared) => cleared,
            };
            // However long it took to come here: an event that has grown too old meanwhile is not written.
            if !plant::is(Plant::ExpiryOnlyAtTheDoor) {
                self.road.expiry.check(self.road.clock.now(), Noticed::BeforeTheWrite)?;
            }
            let error = match self.submit(&cleared).await {
                Ok(output) => return self.arrive_written(cleared.plan(), &reading, output).await,
                Err(error) => error,
            };
            let plan = cleared.plan();
            reading = match self.look_after(error, &cleared).await? {
                After::Written(later) => return self.arrive_written(plan, &reading, later.response).await,
                After::Done(later) => return self.write_nothing(plan, &later, Answer::unchanged()).await,
                After::Again(later) => later,
            };
        }
    }

    /// Judges what needs no call: not even credentials are asked for a target that may not be touched.
    fn admit(&self) -> Result<(), Error> {
        let Road { guardrails, place, home, .. } = self.road;
        let Subject { target, identity, .. } = self.action.subject();
        if !self.plans_only() {
            guardrails.running(&target).map_err(Cause::GuardrailViolation)?;
        }
        let shape = self.action.about().target;
        for ask in &self.asks {
            let target = target.lane().with(ask.part.clone());
            guardrails.admit(&target, identity, shape, place.from(home)).map_err(Cause::GuardrailViolation)?;
        }
        Ok(())
    }

    /// Plans, and holds the plan against everything that may stand in its way.
    async fn next(&mut self, reading: &Reading) -> Result<Next, Error> {
        if self.lane.as_ref().is_some_and(|lane| lane.entry.is_stale(reading, self.road.clock.now())) {
            return self.look_later(STALE).await;
        }
        self.restate();
        let nothing_stands = !self.overtaken.is_empty() && self.asks.iter().all(|ask| ask.want == Want::Kept);
        let busy = match (&reading.progress, self.refused.take()) {
            (Progress::Busy(status), _) => Some(status.clone()),
            (_, refused) => refused,
        };
        self.check_renaming(reading)?;
        let (plan, problems) = Plan::of(&self.asks, reading);
        self.before().note(reading, &self.road.place);
        let objections = self.action.object(&plan, reading, self.road.clock.now());
        let problems = Problems::of(if objections.is_empty() { problems } else { objections });
        // What is done is asked for no more, so that nothing can stand against it.
        let is_repeat = self.is_done() && (problems.is_some() || !plan.is_nothing());
        if let Some(problems) = problems.filter(|_| !is_repeat) {
            return match busy {
                // The change under way may bring what is missing: an endpoint that is being created has no variants.
                Some(status) if !self.plans_only() => self.when_busy(reading, &status).await,
                _ => Err(Cause::InvalidAction(problems).into()),
            };
        }
        // A wait for a busy target ends with a modification that is nobody's new wish: when the values are as they were
        // decided on before the wait, the decision stands.
        let stands = self.plan.replace(plan.clone()).is_some_and(|decided| decided.fields == plan.fields);
        let predates = self.predates(reading);
        let nothing = match plan.is_nothing() {
            _ if nothing_stands => Some(Answer::superseded(Because::Newer)),
            _ if is_repeat => Some(Answer::superseded(Because::Repeated)),
            true => Some(Answer::unchanged()),
            false if predates.is_some() => predates.map(Answer::superseded),
            false if stands => None,
            false => self.superseded(reading).map(Answer::superseded),
        };
        if let Some(answer) = nothing {
            return self.write_nothing(&plan, reading, answer).await.map(Next::Answer);
        }
        if self.is_outside_lane() {
            return self.observe_in_lane().await.map(Box::new).map(Next::Look);
        }
        let cleared = self.clear(plan)?;
        // While it is busy nothing is written; it is looked at again.
        if busy.is_none() || self.plans_only() {
            match self.look_for_autoscaling(cleared.plan()).await? {
                Bounds::Stand => {}
                // However long that took, others may have moved the target meanwhile.
                Bounds::Moved => return self.observe().await.map(Box::new).map(Next::Look),
                Bounds::Skipped => {
                    return Ok(Next::Answer(Answer::new(Outcome::Skipped, reading.response.clone())));
                }
            }
        }
        if self.plans_only() {
            let (plan, command) = (cleared.plan(), self.action.command(Command::Write(&cleared)));
            return Ok(Next::Answer(self.planned(&plan.target, plan.changes_json(), Some(command))));
        }
        if let Some(status) = busy {
            return self.when_busy(reading, &status).await;
        }
        match self.decide(cleared.plan(), reading).await? {
            true => Ok(Next::Write(cleared)),
            false => self.look_later("another invocation works on it").await,
        }
    }

    /// Nothing is to be written: enters that, where there is a ledger, and answers.
    async fn write_nothing(&mut self, plan: &Plan, reading: &Reading, answer: Answer) -> Result<Answer, Error> {
        if self.plans_only() {
            return Ok(self.planned(&plan.target, json!([]), None));
        }
        if answer.outcome == Outcome::Unchanged {
            let action = self.action;
            self.leave_dealt_with(|entry, event| entry.leave(event, &action.asks(), plan, reading)).await;
            // What was written is entered already; that nothing had to be is known nowhere else.
            if let Some(error) = self.unentered.take() {
                return Err(error);
            }
        } else {
            self.leave_lane(|_, _| ()).await;
        }
        self.arrive_unwritten(plan, reading, answer).await
    }

    /// Waits, and looks again; what is planned from what was read would be planned from what is no more.
    async fn look_later(&mut self, status: &str) -> Result<Next, Error> {
        self.look_again().await?.map(Box::new).map(Next::Look).ok_or_else(|| self.busy(status))
    }

    /// What is found under the name that the target is to get is the same target only when it was modified since the
    /// event: else somebody has mistyped the old name.
    fn check_renaming(&self, reading: &Reading) -> Result<(), Error> {
        let Some(asked) = &reading.renamed_from else { return Ok(()) };
        let since = reading.modified.is_some_and(|modified| late::is_modified_since(modified, self.event.at));
        match since || self.written == Written::Perhaps {
            true => Ok(()),
            false => {
                let (target, found) = (asked.clone(), reading.target.clone());
                Err(Error::from(Cause::NotRenamed { target, found }).or_by_hand(|| self.look()))
            }
        }
    }

    fn before(&self) -> MutexGuard<'_, Before> {
        self.road.before.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clear(&self, plan: Plan) -> Result<Cleared, Error> {
        let Road { guardrails, place, home, .. } = self.road;
        let before = self.before();
        guardrails
            .clear(plan, place.from(home), &before)
            .map(|cleared| cleared.of_event(&self.event.id))
            .map_err(|violation| Cause::GuardrailViolation(violation).into())
    }

    /// The target is being changed: ends here, or goes on with what it is found to be after a while, as the payload says.
    async fn when_busy(&mut self, reading: &Reading, status: &str) -> Result<Next, Error> {
        match self.road.settings.on_busy {
            OnBusy::Skip => Ok(Next::Answer(Answer::new(Outcome::Skipped, reading.response.clone()))),
            OnBusy::Fail => Err(self.busy(status)),
            OnBusy::Wait => self.look_later(status).await,
        }
    }

    /// The target after a write that failed. Whatever AWS said, it may have taken an attempt before, whose answer was lost
    /// and which the SDK has sent again: to an endpoint that is busy with it by then, or to a name that it has changed. So
    /// nothing is final before the target was read again and is not as asked for.
    async fn look_after(&mut self, error: Error, cleared: &Cleared) -> Result<After, Error> {
        let kind = error.kind();
        if error.is_out_of_time() {
            return Err(error);
        }
        let reading = match self.observe().await {
            Ok(reading) => reading,
            Err(again) if kind == Kind::NotFound => return Err(again),
            Err(_) => return Err(self.finish_by_hand(error, cleared)),
        };
        match kind {
            Kind::Busy => self.refused = Some(error.to_string()),
            Kind::Denied | Kind::Invalid if cleared.plan().is_done_in(&reading) => return Ok(After::Done(reading)),
            _ if cleared.plan().is_done_in(&reading) => return Ok(After::Written(reading)),
            // The read before the write was stale.
            Kind::NotFound if !mem::replace(&mut self.lost, true) => {}
            _ => return Err(self.finish_by_hand(error, cleared)),
        }
        Ok(After::Again(reading))
    }

    fn is_done(&self) -> bool {
        let entry = self.lane.as_ref().map(|lane| &lane.entry).or(self.known.as_ref());
        entry.is_some_and(|entry| entry.is_done(&self.event))
    }

    fn finish_by_hand(&self, error: Error, cleared: &Cleared) -> Error {
        error.or_by_hand(|| ByHand::Finish(self.instruction(Command::Write(cleared))))
    }

    async fn observe(&mut self) -> Result<Reading, Error> {
        let call = self.action.observe(&self.road.scope);
        let answer = self.call(self.action.about().read, call).await;
        answer.map_err(|error| error.or_by_hand(|| self.look()))
    }

    async fn submit(&mut self, cleared: &Cleared) -> Result<Value, Error> {
        let before = self.written;
        self.written = Written::Perhaps;
        // Later than that it might take effect when another holds the lane.
        let deadline = self.lane.as_ref().map_or(self.road.deadline, |lane| self.road.deadline.or(lane.write_until()));
        let call = self.action.submit(&self.road.scope, cleared);
        let (answer, attempts) = self.call_until(deadline, self.action.about().write(), call).await;
        if let Some(lane) = self.lane.as_mut().filter(|_| attempts.leave_doubt()) {
            self.landing = Some(self.road.clock.now() + LANDS);
            lane.keep_until(self.landing);
        }
        if answer.is_err() && attempts.are_all_turned_away() {
            self.written = before;
            if let Some(lane) = self.lane.as_mut().filter(|_| before == Written::Nothing) {
                lane.forget();
            }
        }
        answer
    }

    /// The answer to a call that has to come before the deadline; the record tells of it.
    async fn call<T>(&mut self, operation: &'static str, call: BoxFuture<'_, Result<T, Error>>) -> Result<T, Error> {
        self.call_until(self.road.deadline, operation, call).await.0
    }

    async fn call_until<T>(
        &mut self,
        deadline: Deadline,
        operation: &'static str,
        call: BoxFuture<'_, Result<T, Error>>,
    ) -> (Result<T, Error>, Attempts) {
        let (answer, attempts) = with_attempts(self.road.clock.within(deadline, call)).await;
        self.calls.push(Call { operation, request_ids: attempts.request_ids.clone() });
        let answer = answer.unwrap_or_else(|| Err(AwsFailure { operation, answer: AwsAnswer::Deadline }.into()));
        (answer, attempts)
    }

    /// Where no ledger tells which events were applied, what was made after one under the same name is another. With a ledger an
    /// event may come after a newer one, and means what that has left.
    fn predates(&self, reading: &Reading) -> Option<Because> {
        let EventId { at: issued_at, is_dated, .. } = self.event;
        let created = reading.created.filter(|_| self.road.ledger.is_none())?;
        // An event that has no time of its own is dated by this function, which may see what was made in the same second.
        let is_since = if is_dated { late::is_modified_since(created, issued_at) } else { created > issued_at };
        is_since.then_some(Because::Created { created, issued_at })
    }

    /// Where no ledger tells which events were applied, a relative change is an If-Unmodified-Since: it does nothing to a
    /// target modified after the event, nor to one of which AWS does not say when it was modified.
    fn superseded(&self, reading: &Reading) -> Option<Because> {
        if self.road.ledger.is_some() || !self.asks.iter().any(Ask::is_relative) {
            return None;
        }
        let issued_at = self.event.at;
        match reading.modified {
            Some(modified) if late::is_modified_since(modified, issued_at) => {
                Some(Because::Modified { modified, issued_at })
            }
            Some(_) => None,
            None => Some(Because::Untold),
        }
    }

    fn plans_only(&self) -> bool {
        self.road.settings.mode == Mode::Plan
    }

    fn waits(&self) -> bool {
        self.road.settings.wait_for == WaitFor::Settled
    }

    fn planned(&self, target: &Target, changes: Value, command: Option<String>) -> Answer {
        let would_call = command.map(|command| self.in_region(command));
        let mut plan = json!({"target": target.to_string(), "changes": changes, "wouldCall": would_call});
        outcome::put_outside(&self.outside, &mut plan);
        if !self.moved.is_empty() {
            let plans = self.moved.iter().filter_map(|decision| decision.result.as_ref().ok());
            plan["moved"] = plans.map(|answer| answer.output["plan"].clone()).collect();
        }
        if let Some(role) = self.road.role {
            plan["role"] = json!(role.as_str());
        }
        Answer::new(Outcome::Planned, json!({"plan": plan}))
    }

    fn in_region(&self, command: String) -> String {
        format!("{command} --region {}", self.road.place.region)
    }

    fn busy(&self, status: &str) -> Error {
        let (target, status) = (self.action.target(), status.to_owned());
        Cause::TargetBusy { target, status, waited: self.waited, written: self.written }.into()
    }

    fn look(&self) -> ByHand {
        ByHand::Look(self.instruction(Command::Read))
    }

    fn instruction(&self, of: Command<'_>) -> Instruction {
        Instruction {
            command: self.in_region(self.action.command(of)),
            account: self.road.place.account.clone(),
            role: self.road.role.cloned(),
        }
    }
}
