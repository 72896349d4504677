//! Waiting until a target has come to rest.

use serde_json::Value;

use super::Trip;
use crate::clock::Poll;
use crate::error::{Cause, Error, Unsettled};
use crate::outcome::{Answer, Outcome};
use crate::plan::Plan;
use crate::plan::ask::Ask;
use crate::plan::reading::{Progress, Reading};
use crate::plant::{self, Plant};

impl Trip<'_> {
    /// Nothing is left to write: answers at once, or when the target has come to rest.
    pub(super) async fn arrive_unwritten(
        &mut self,
        plan: &Plan,
        reading: &Reading,
        answer: Answer,
    ) -> Result<Answer, Error> {
        let mut state = String::new();
        let mut later: Option<Reading> = None;
        loop {
            let reading = later.as_ref().unwrap_or(reading);
            let plan = self.seen_from(plan, reading);
            state = match &reading.progress {
                Progress::Failed(reason) => return Err(self.unsettled(Unsettled::Failed(reason.clone()))),
                Progress::Settled if answer.outcome == Outcome::Unchanged && !plan.is_nothing() => {
                    return Err(self.unsettled(Unsettled::Reverted(reverted(&plan, &state, reading))));
                }
                Progress::Busy(state) | Progress::Moving(state) if self.waits() => state.clone(),
                _ => {
                    let output = reading.response.clone();
                    if answer.outcome == Outcome::Unchanged {
                        self.finish_settled().await;
                    }
                    return Ok(Answer { output, ..answer });
                }
            };
            match self.look_again().await? {
                Some(reading) => later = Some(reading),
                None => return Err(self.unsettled(Unsettled::Deadline(state))),
            }
        }
    }

    /// The plan seen from a later reading. A share is one of the weights as they are by then: that its own stands is not enough,
    /// where a change of another's has been undone.
    fn seen_from(&self, plan: &Plan, reading: &Reading) -> Plan {
        let mut seen = plan.against(reading);
        if self.asks.iter().any(Ask::is_share) {
            let (again, _) = Plan::of(&self.asks, reading);
            // A field for each ask, in both.
            let fields = seen.fields.iter_mut().zip(again.fields).zip(&self.asks);
            fields.filter(|(_, ask)| ask.is_share()).for_each(|((field, again), _)| field.to = again.to);
        }
        seen
    }

    /// AWS has accepted the write: answers at once, or when the target has come to rest with it.
    ///
    /// Right after a write AWS may still describe the old, settled state. So what counts is that planning again finds
    /// nothing to change; and that the target failed, or has other values, counts only when it has moved since.
    pub(super) async fn arrive_written(
        &mut self,
        plan: &Plan,
        before: &Reading,
        output: Value,
    ) -> Result<Answer, Error> {
        self.leave_dealt_with(|_, _| ()).await;
        if !self.waits() {
            return Ok(Answer::new(Outcome::Accepted, output));
        }
        self.poll = self.action.about().poll;
        let mut state = "not read since the write was accepted".to_owned();
        let was_moving = matches!(before.progress, Progress::Moving(_));
        let mut moved = false;
        while let Some(reading) = self.look_again().await? {
            let plan = plan.against(&reading);
            moved |= reading.modified != before.modified;
            state = match reading.progress {
                Progress::Settled if plan.is_nothing() || plant::is(Plant::StatusAloneTrusted) => {
                    self.finish_settled().await;
                    return Ok(Answer::new(Outcome::Applied, reading.response));
                }
                Progress::Settled if moved => {
                    return Err(self.unsettled(Unsettled::Reverted(reverted(&plan, &state, &reading))));
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

    /// Waits for the next poll and reads; a read that fails in a way that passes is made again. `None` when the time is
    /// up.
    pub(super) async fn look_again(&mut self) -> Result<Option<Reading>, Error> {
        loop {
            let in_lane = self.lane.is_some();
            self.leave_unfinished().await;
            let mut poll = self.poll;
            let is_time = self.pause(&mut poll).await;
            self.poll = poll;
            if !is_time || (in_lane && self.take_lane().await?.is_some()) {
                return Ok(None);
            }
            match self.observe().await {
                Err(error) if error.kind().is_retryable() => {}
                answer => return answer.map(Some),
            }
        }
    }

    /// Lets others have the slot for the next interval. `false` when the time is up.
    pub(super) async fn pause(&mut self, poll: &mut Poll) -> bool {
        self.slot.leave();
        let Some(interval) = self.road.clock.pause(poll, self.road.deadline).await else { return false };
        self.waited += interval;
        self.road.clock.within(self.road.deadline, self.slot.enter()).await.is_some()
    }

    fn unsettled(&self, why: Unsettled) -> Error {
        Error::from(Cause::NotSettled { target: self.action.target(), why }).or_by_hand(|| self.look())
    }
}

/// The differences, the last state on the way back, and why: an endpoint may say so while it rolls back, and when it is in
/// service again.
fn reverted(plan: &Plan, state: &str, reading: &Reading) -> String {
    let said = reading.failure.as_deref().map(|reason| reason.trim_end_matches('.'));
    let why = said
        .filter(|reason| !state.contains(reason))
        .map_or_else(String::new, |reason| format!("; AWS says: {reason}"));
    format!("{} (before that: {state}{why})", differences(plan))
}

fn differences(plan: &Plan) -> String {
    plan.changes()
        .map(|field| format!("{} is {}, asked for {}", plan.label(field), field.from, field.to))
        .collect::<Vec<_>>()
        .join(", ")
}
