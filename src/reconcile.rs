//! The one road every request takes: observe, plan, guard, submit, wait, respond.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::action::{Action, Progress};
use crate::clients::Scope;
use crate::error::{AwsAnswer, AwsFailure, Cause, Error, Kind, Unsettled};
use crate::guardrail::Guardrails;
use crate::outcome::{Answer, Decision, Outcome};
use crate::payload::{Mode, OnBusy, Settings, WaitFor};
use crate::plan::{Field, Plan, Target};
use crate::timestamp;
use crate::wait::{Clock, Deadline, Poll};

/// What a request needs on its way.
#[derive(Debug)]
pub(crate) struct Road<'a> {
    pub(crate) scope: Arc<Scope>,
    pub(crate) settings: &'a Settings,
    /// The event's own time: the payload's `issuedAt`, else the envelope's.
    pub(crate) issued_at: Option<DateTime<Utc>>,
    pub(crate) guardrails: &'a Guardrails,
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
        loop {
            let resolved = self.action.resolve(&observed).map_err(Cause::InvalidAction)?;
            let plan = self.action.plan(&resolved, &observed);
            self.plan = Some(plan.clone());
            // A wait for a busy target ends with a modification that is nobody's new wish: when the values are as
            // they were decided on before the wait, the decision stands.
            let stands = decided.as_ref() == Some(&plan.fields);
            let nothing = match plan.is_nothing() {
                true => Some(Outcome::Unchanged),
                false => (!stands && self.is_superseded(&observed)).then_some(Outcome::Superseded),
            };
            let planning = self.road.settings.mode == Mode::Plan;
            if let Some(outcome) = nothing {
                return match planning {
                    true => Ok(self.planned(&plan.target, json!([]), None)),
                    false => self.arrive(&resolved, observed, Arrival::Unwritten(outcome)).await,
                };
            }
            self.road.guardrails.check(&plan, self.road.scope.place()).map_err(Cause::GuardrailViolation)?;
            let narrowed = A::narrow(&resolved, &observed);
            if planning {
                return Ok(self.planned(&plan.target, plan.changes_json(), Some(A::write_command(&narrowed))));
            }
            let busy = match self.action.progress(&observed) {
                Progress::Busy(status) => status,
                _ => match self.submit(&narrowed).await {
                    Ok(output) => return self.arrive(&resolved, observed, Arrival::Written(output)).await,
                    Err(error) if error.kind() == Kind::Busy => error.to_string(),
                    Err(error) => return Err(error.or_by_hand(|| self.in_region(A::write_command(&narrowed)))),
                },
            };
            match self.road.settings.on_busy {
                OnBusy::Skip => return Ok(Answer { outcome: Outcome::Skipped, output: A::respond(&observed) }),
                OnBusy::Fail => return Err(self.busy(busy)),
                OnBusy::Wait => self.pause().await.ok_or_else(|| self.busy(busy))?,
            }
            decided = Some(plan.fields);
            observed = self.observe().await?;
        }
    }

    /// Answers at once, or waits until the target is at rest with what `resolved` asks for.
    ///
    /// Right after a write AWS may still describe the old, settled state: what counts is that planning again finds
    /// nothing to change, and a failure counts only when the target has moved since.
    async fn arrive(&mut self, resolved: &A::Resolved, before: A::Observed, arrival: Arrival) -> Result<Answer, Error> {
        let (written, outcome) = match arrival {
            Arrival::Unwritten(outcome) => (false, outcome),
            Arrival::Written(output) if self.road.settings.wait_for == WaitFor::Accepted => {
                return Ok(Answer { outcome: Outcome::Accepted, output });
            }
            Arrival::Written(_) => (true, Outcome::Applied),
        };
        let accepted = self.road.settings.wait_for == WaitFor::Accepted;
        if accepted {
            return Ok(Answer { outcome, output: A::respond(&before) });
        }
        self.poll = A::POLL;
        let modified_before = A::modified(&before);
        let mut observed = before;
        let mut moved = false;
        if written {
            let state = "not read since the write was accepted".to_owned();
            observed = self.look_again(&state).await?;
        }
        loop {
            let plan = self.action.plan(resolved, &observed);
            let superseded = outcome == Outcome::Superseded;
            moved |= A::modified(&observed) != modified_before;
            let state = match self.action.progress(&observed) {
                Progress::Settled if superseded || plan.is_nothing() => {
                    return Ok(Answer { outcome, output: A::respond(&observed) });
                }
                Progress::Settled if moved => return Err(self.unsettled(Unsettled::Reverted(differences(&plan)))),
                Progress::Settled => format!("AWS still describes the state before the write: {}", differences(&plan)),
                Progress::Failed(reason) if moved || !written => return Err(self.unsettled(Unsettled::Failed(reason))),
                Progress::Failed(reason) => format!("AWS still describes the state before the write: {reason}"),
                Progress::Busy(state) => {
                    moved |= written;
                    state
                }
                Progress::Moving(state) => state,
            };
            observed = self.look_again(&state).await?;
        }
    }

    /// Waits for the next poll and reads; a read that fails in a way that passes is made again.
    async fn look_again(&mut self, state: &str) -> Result<A::Observed, Error> {
        loop {
            if self.pause().await.is_none() {
                return Err(self.unsettled(Unsettled::Deadline(state.to_owned())));
            }
            match self.observe().await {
                Err(error) if error.kind().is_retryable() => {}
                answer => return answer,
            }
        }
    }

    async fn observe(&mut self) -> Result<A::Observed, Error> {
        self.calls.push(A::READ);
        let call = self.action.observe(&self.road.scope);
        let answer = self.road.clock.within(self.road.deadline, call).await;
        answer
            .unwrap_or_else(|| Err(AwsFailure { operation: A::READ, answer: AwsAnswer::Deadline }.into()))
            .map_err(|error| error.or_by_hand(|| self.in_region(self.action.read_command())))
    }

    async fn submit(&mut self, narrowed: &A::Resolved) -> Result<Value, Error> {
        self.calls.push(A::WRITE);
        let call = A::submit(&self.road.scope, narrowed);
        let answer = self.road.clock.within(self.road.deadline, call).await;
        answer.unwrap_or_else(|| Err(AwsFailure { operation: A::WRITE, answer: AwsAnswer::Deadline }.into()))
    }

    async fn pause(&mut self) -> Option<()> {
        let interval = self.road.clock.pause(&mut self.poll, self.road.deadline).await?;
        self.waited += interval;
        Some(())
    }

    /// A relative change is an If-Unmodified-Since: it does nothing to a target modified after the event.
    fn is_superseded(&self, observed: &A::Observed) -> bool {
        match (self.action.relative_member(), self.road.issued_at, A::modified(observed)) {
            (Some(_), Some(issued_at), Some(modified)) => timestamp::is_modified_since(modified, issued_at),
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

    fn busy(&self, status: String) -> Error {
        Cause::TargetBusy { target: self.action.target(), status, waited: self.waited }.into()
    }

    fn unsettled(&self, why: Unsettled) -> Error {
        Error::from(Cause::NotSettled { target: self.action.target(), why })
            .or_by_hand(|| self.in_region(self.action.read_command()))
    }
}

/// How a request got to where nothing is left to write.
enum Arrival {
    /// Without a write.
    Unwritten(Outcome),
    /// By a write that AWS accepted with this response.
    Written(Value),
}

fn differences(plan: &Plan) -> String {
    plan.changes()
        .map(|field| format!("{} is {}, asked for {}", plan.label(field), field.from, field.to))
        .collect::<Vec<_>>()
        .join(", ")
}
