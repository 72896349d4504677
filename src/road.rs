//! The one road every request takes: observe, plan, guard, submit, wait, respond.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::action::{Action, Progress};
use crate::aws::Scope;
use crate::clock::{Clock, Deadline, Poll};
use crate::error::{AwsAnswer, AwsFailure, ByHand, Cause, Error, Kind, Unsettled};
use crate::guardrail::Guardrails;
use crate::outcome::{Answer, Decision, Outcome};
use crate::payload::{Mode, OnBusy, Settings, WaitFor};
use crate::plan::{Field, Place, Plan, Target};

pub mod late;
pub(crate) mod ledger;

use ledger::{Claim, Ledger};

/// What a request needs on its way.
#[derive(Debug)]
pub(crate) struct Road<'a> {
    pub(crate) scope: Arc<Scope>,
    pub(crate) settings: &'a Settings,
    /// The event's own time: the payload's `issuedAt`, else the envelope's.
    pub(crate) issued_at: Option<DateTime<Utc>>,
    pub(crate) guardrails: &'a Guardrails,
    /// With the clients for the account that the table is in.
    pub(crate) ledger: Option<(&'a Ledger, Arc<Scope>)>,
    pub(crate) clock: &'a Clock,
    pub(crate) deadline: Deadline,
}

/// Takes `action` down the road, and records what was decided on the way.
pub(crate) async fn reconcile<A: Action>(action: &A, road: &Road<'_>) -> Decision {
    let mut trip = Trip { action, road, plan: None, calls: Vec::new(), poll: A::POLL, waited: Duration::ZERO };
    let result = trip.run().await;
    let target = trip.plan.as_ref().map_or_else(|| action.target(), |plan| plan.target.clone()).to_string();
    Decision { action: A::NAME, target, plan: trip.plan, calls: trip.calls, result }
}

struct Trip<'a, A: Action> {
    action: &'a A,
    road: &'a Road<'a>,
    plan: Option<Plan>,
    calls: Vec<&'static str>,
    poll: Poll,
    waited: Duration,
}

impl<A: Action> Trip<'_, A> {
    async fn run(&mut self) -> Result<Answer, Error> {
        let mut observed = self.observe().await?;
        let mut decided: Option<Vec<Field>> = None;
        let mut refused: Option<String> = None;
        let mut lost = false;
        let planning = self.road.settings.mode == Mode::Plan;
        loop {
            let busy = match (self.action.progress(&observed), refused.take()) {
                (Progress::Busy(status), _) => Some(status),
                (_, refused) => refused,
            };
            let resolved = match (self.action.resolve(&observed), &busy) {
                (Ok(resolved), _) => resolved,
                // The change under way may bring what is missing: an endpoint that is being created has no variants.
                (Err(_), Some(status)) if !planning => match self.when_busy(observed, status).await? {
                    ControlFlow::Break(answer) => return Ok(answer),
                    ControlFlow::Continue(next) => {
                        observed = next;
                        continue;
                    }
                },
                (Err(problems), _) => return Err(Cause::InvalidAction(problems).into()),
            };
            let plan = self.action.plan(&resolved, &observed);
            self.plan = Some(plan.clone());
            // A wait for a busy target ends with a modification that is nobody's new wish: when the values are as
            // they were decided on before the wait, the decision stands.
            let stands = decided.as_ref() == Some(&plan.fields);
            let nothing = match plan.is_nothing() {
                true => Some(Outcome::Unchanged),
                false => (!stands && self.is_superseded(&observed)).then_some(Outcome::Superseded),
            };
            if let Some(outcome) = nothing {
                return match planning {
                    true => Ok(self.planned(&plan.target, json!([]), None)),
                    false => self.arrive_unwritten(&resolved, observed, outcome).await,
                };
            }
            self.road.guardrails.check(&plan, &self.place()).map_err(Cause::GuardrailViolation)?;
            let narrowed = A::narrow(&resolved, &observed);
            if planning {
                return Ok(self.planned(&plan.target, plan.changes_json(), Some(A::write_command(&narrowed))));
            }
            decided = Some(plan.fields);
            if let Some(status) = busy {
                match self.when_busy(observed, &status).await? {
                    ControlFlow::Break(answer) => return Ok(answer),
                    ControlFlow::Continue(next) => observed = next,
                }
                continue;
            }
            if self.claim(&plan.target).await? == Claim::Superseded {
                return self.arrive_unwritten(&resolved, observed, Outcome::Superseded).await;
            }
            match self.submit(&narrowed).await {
                Ok(output) => return self.arrive_written(&resolved, &observed, output).await,
                // The read was stale; or AWS took the write, its answer was lost, and the SDK has sent it again: to an
                // endpoint that is busy with it by now, or to a name that it has changed.
                Err(error) if error.kind() == Kind::Busy => {
                    refused = Some(error.to_string());
                    observed = self.observe().await?;
                }
                Err(error) if error.kind() == Kind::NotFound && !std::mem::replace(&mut lost, true) => {
                    observed = self.observe().await?;
                }
                Err(error) => {
                    return Err(error.or_by_hand(|| ByHand::Finish(self.in_region(A::write_command(&narrowed)))));
                }
            }
        }
    }

    /// The target is being changed: ends here, or goes on with what it is found to be after a while, as the payload says.
    async fn when_busy(
        &mut self,
        observed: A::Observed,
        status: &str,
    ) -> Result<ControlFlow<Answer, A::Observed>, Error> {
        match self.road.settings.on_busy {
            OnBusy::Skip => Ok(ControlFlow::Break(Answer { outcome: Outcome::Skipped, output: A::respond(&observed) })),
            OnBusy::Fail => Err(self.busy(status)),
            OnBusy::Wait => self.look_again().await?.map(ControlFlow::Continue).ok_or_else(|| self.busy(status)),
        }
    }

    /// Nothing is left to write: answers at once, or when the target has come to rest.
    async fn arrive_unwritten(
        &mut self,
        resolved: &A::Resolved,
        mut observed: A::Observed,
        outcome: Outcome,
    ) -> Result<Answer, Error> {
        let mut state = String::new();
        loop {
            let plan = self.action.plan(resolved, &observed);
            state = match self.action.progress(&observed) {
                Progress::Failed(reason) => return Err(self.unsettled(Unsettled::Failed(reason))),
                Progress::Settled if outcome == Outcome::Unchanged && !plan.is_nothing() => {
                    return Err(self.unsettled(Unsettled::Reverted(reverted(&plan, &state))));
                }
                Progress::Busy(state) | Progress::Moving(state) if self.waits() => state,
                _ => return Ok(Answer { outcome, output: A::respond(&observed) }),
            };
            observed = match self.look_again().await? {
                Some(observed) => observed,
                None => return Err(self.unsettled(Unsettled::Deadline(state))),
            };
        }
    }

    /// AWS has accepted the write: answers at once, or when the target has come to rest with it.
    ///
    /// Right after a write AWS may still describe the old, settled state. So what counts is that planning again finds
    /// nothing to change; and that the target failed, or has other values, counts only when it has moved since.
    async fn arrive_written(
        &mut self,
        resolved: &A::Resolved,
        before: &A::Observed,
        output: Value,
    ) -> Result<Answer, Error> {
        if !self.waits() {
            return Ok(Answer { outcome: Outcome::Accepted, output });
        }
        self.poll = A::POLL;
        let mut state = "not read since the write was accepted".to_owned();
        let was_moving = matches!(self.action.progress(before), Progress::Moving(_));
        let mut moved = false;
        while let Some(observed) = self.look_again().await? {
            let plan = self.action.plan(resolved, &observed);
            moved |= A::modified(&observed) != A::modified(before);
            state = match self.action.progress(&observed) {
                Progress::Settled if plan.is_nothing() => {
                    return Ok(Answer { outcome: Outcome::Applied, output: A::respond(&observed) });
                }
                Progress::Settled if moved => {
                    return Err(self.unsettled(Unsettled::Reverted(reverted(&plan, &state))));
                }
                Progress::Failed(reason) if moved => return Err(self.unsettled(Unsettled::Failed(reason))),
                Progress::Settled | Progress::Failed(_) => {
                    format!("AWS still describes the state before the write: {}", differences(&plan))
                }
                Progress::Busy(state) => {
                    moved = true;
                    state
                }
                Progress::Moving(state) => {
                    moved |= !was_moving;
                    state
                }
            };
        }
        Err(self.unsettled(Unsettled::Deadline(state)))
    }

    fn waits(&self) -> bool {
        self.road.settings.wait_for == WaitFor::Settled
    }

    /// Waits for the next poll and reads; a read that fails in a way that passes is made again. `None` when the time is
    /// up.
    async fn look_again(&mut self) -> Result<Option<A::Observed>, Error> {
        while let Some(interval) = self.road.clock.pause(&mut self.poll, self.road.deadline).await {
            self.waited += interval;
            match self.observe().await {
                Err(error) if error.kind().is_retryable() => {}
                answer => return answer.map(Some),
            }
        }
        Ok(None)
    }

    async fn observe(&mut self) -> Result<A::Observed, Error> {
        self.calls.push(A::READ);
        let call = self.action.observe(&self.road.scope);
        let answer = self.road.clock.within(self.road.deadline, call).await;
        let answer =
            answer.unwrap_or_else(|| Err(AwsFailure { operation: A::READ, answer: AwsAnswer::Deadline }.into()));
        answer.map_err(|error| error.or_by_hand(|| self.look()))
    }

    /// Where there is a ledger, an event may write only while no newer one has.
    async fn claim(&mut self, target: &Target) -> Result<Claim, Error> {
        let Some((ledger, scope)) = &self.road.ledger else {
            return Ok(Claim::Granted);
        };
        self.calls.push(Ledger::OPERATION);
        let issued_at = self.road.issued_at.unwrap_or_else(|| self.road.clock.now());
        let place = self.place();
        let call = ledger.claim(scope, target, &place, issued_at);
        let answer = self.road.clock.within(self.road.deadline, call).await;
        answer.unwrap_or_else(|| Err(AwsFailure { operation: Ledger::OPERATION, answer: AwsAnswer::Deadline }.into()))
    }

    /// Where the target lives: the account of its ARN, where the payload gives one.
    fn place(&self) -> Place {
        let place = self.road.scope.place().clone();
        match self.action.account() {
            Some(account) => Place { account: account.to_owned(), ..place },
            None => place,
        }
    }

    async fn submit(&mut self, narrowed: &A::Resolved) -> Result<Value, Error> {
        self.calls.push(A::WRITE);
        let call = A::submit(&self.road.scope, narrowed);
        let answer = self.road.clock.within(self.road.deadline, call).await;
        answer.unwrap_or_else(|| Err(AwsFailure { operation: A::WRITE, answer: AwsAnswer::Deadline }.into()))
    }

    /// A relative change is an If-Unmodified-Since: it does nothing to a target modified after the event.
    fn is_superseded(&self, observed: &A::Observed) -> bool {
        match (self.action.relative_member(), self.road.issued_at, A::modified(observed)) {
            (Some(_), Some(issued_at), Some(modified)) => late::is_modified_since(modified, issued_at),
            _ => false,
        }
    }

    fn planned(&self, target: &Target, changes: Value, command: Option<String>) -> Answer {
        let would_call = command.map(|command| self.in_region(command));
        let output = json!({"plan": {"target": target.to_string(), "changes": changes, "wouldCall": would_call}});
        Answer { outcome: Outcome::Planned, output }
    }

    fn in_region(&self, command: String) -> String {
        format!("{command} --region {}", self.road.scope.place().region)
    }

    fn busy(&self, status: &str) -> Error {
        Cause::TargetBusy { target: self.action.target(), status: status.to_owned(), waited: self.waited }.into()
    }

    fn unsettled(&self, why: Unsettled) -> Error {
        Error::from(Cause::NotSettled { target: self.action.target(), why }).or_by_hand(|| self.look())
    }

    fn look(&self) -> ByHand {
        ByHand::Look(self.in_region(self.action.read_command()))
    }
}

/// The differences, and the last state on the way back, in which an endpoint says why it rolls back.
fn reverted(plan: &Plan, state: &str) -> String {
    format!("{} (before that: {state})", differences(plan))
}

fn differences(plan: &Plan) -> String {
    plan.changes()
        .map(|field| format!("{} is {}, asked for {}", plan.label(field), field.from, field.to))
        .collect::<Vec<_>>()
        .join(", ")
}
