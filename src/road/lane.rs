//! Holding a lane of the ledger while it is read, decided on and written.

use chrono::SecondsFormat;

use super::ledger::{Entry, EventId, Lane, Ledger, POLL, Standing, Taken, within_lane};
use super::{Purpose, Trip};
use crate::error::{Error, Written};
use crate::plan::ask::Want;
use crate::plan::reading::Reading;
use crate::plan::{Plan, Target};

impl Trip<'_> {
    /// The target, read while nobody else changes it by this function.
    pub(super) async fn observe_in_lane(&mut self) -> Result<Reading, Error> {
        if self.road.ledger.is_none() || self.plans_only() {
            return self.observe().await;
        }
        let target = match self.action.subject().entry() {
            Some(target) => target,
            None => entry_by(&self.observe().await?),
        };
        self.key = Some(target);
        match self.take_lane().await? {
            None => self.observe().await,
            Some(status) => Err(self.busy(&status)),
        }
    }

    /// True where the ledger may know that what a target is refused for is not asked for any more.
    pub(super) fn may_look_up(&self) -> bool {
        self.road.purpose == Purpose::Judged && self.road.ledger.is_some() && self.known.is_none()
    }

    /// Looks up what the ledger knows of a target that is only judged, as it would be known in its lane.
    pub(super) async fn look_up(&mut self, reading: &Reading) -> Result<(), Error> {
        let Some((ledger, scope)) = self.road.ledger.clone() else { return Ok(()) };
        let target = self.action.subject().entry().unwrap_or_else(|| entry_by(reading));
        let call = Box::pin(ledger.look_up(&scope, &target, &self.road.place));
        let entry = self.call(Ledger::OPERATION, call).await?;
        self.date_by(&entry);
        self.known = Some(entry);
        Ok(())
    }

    /// True where what is written has to be read and decided on in a lane that has not been asked for yet.
    pub(super) fn is_outside_lane(&self) -> bool {
        self.road.ledger.is_some() && self.key.is_none() && !self.plans_only()
    }

    /// Waits for the lane, where there is one to hold. Gives who has it when the time is up.
    pub(super) async fn take_lane(&mut self) -> Result<Option<String>, Error> {
        let Some((target, (ledger, scope))) = self.key.clone().zip(self.road.ledger.clone()) else { return Ok(None) };
        let mut poll = POLL;
        loop {
            let now = self.road.clock.now();
            let call = Box::pin(ledger.take(&scope, (&target, &self.road.place), &self.road.holder, now));
            match self.call(Ledger::OPERATION, call).await? {
                Taken::Held(lane) => {
                    self.hold(lane);
                    return Ok(None);
                }
                Taken::ByAnother(holder, until) => {
                    if !self.pause(&mut poll).await {
                        let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
                        return Ok(Some(format!("{holder} is at work on it, until {until} at the latest")));
                    }
                }
            }
        }
    }

    /// What may yet take effect of it keeps others away also when it holds the lane a second time.
    fn hold(&mut self, mut lane: Lane) {
        let now = self.road.clock.now();
        lane.keep_until(self.landing.filter(|landing| *landing > now));
        self.date_by(&lane.entry);
        self.lane = Some(lane);
    }

    /// An event that has no time of its own is as old as when it was first seen.
    fn date_by(&mut self, entry: &Entry) {
        if let Some(seen) = entry.first_seen(&self.event) {
            self.event.at = self.event.at.min(seen);
        }
    }

    /// Has only what the event may still ask for asked, by what is known of the lane; nothing, where what it asks for goes
    /// together and a newer event stands for a part of it.
    pub(super) fn restate(&mut self) {
        let Some(entry) = self.lane.as_ref().map(|lane| &lane.entry).or(self.known.as_ref()) else { return };
        self.overtaken.clear();
        self.asks = self.action.asks();
        for ask in self.asks.iter_mut().filter(|ask| ask.want != Want::Kept) {
            match (entry.standing(ask, &self.event), &mut ask.want) {
                (Standing::Open, _) => {}
                (Standing::Resolved(resolved), Want::Count(count)) => count.capacity = resolved,
                (Standing::Resolved(_), _) => unreachable!("only a count is relative"),
                (Standing::Overtaken, want) => {
                    *want = Want::Kept;
                    self.overtaken.push(within_lane(ask.part.as_ref(), ask.name));
                }
            }
        }
        if self.action.about().together && !self.overtaken.is_empty() {
            self.overtaken = self.asks.iter().map(|ask| within_lane(ask.part.as_ref(), ask.name)).collect();
            self.asks.iter_mut().for_each(|ask| ask.want = Want::Kept);
        }
    }

    /// Enters what is about to be written, before it is. `false` when the lane is another's by now; it is taken again, by
    /// whoever looks again, as one that was held.
    pub(super) async fn decide(&mut self, plan: &Plan, reading: &Reading) -> Result<bool, Error> {
        let Some(mut lane) = self.lane.take() else { return Ok(self.key.is_none()) };
        let Some((ledger, scope)) = self.road.ledger.clone() else { return Ok(true) };
        let now = self.road.clock.now();
        lane.entry.decide(&self.event, &self.action.asks(), plan, reading, now);
        let held = self.call(Ledger::OPERATION, Box::pin(ledger.keep(&scope, &mut lane, now))).await;
        self.lane = Some(lane);
        held
    }

    /// Lets others have the lane, with what became of the event. That the ledger does not answer is no reason to call what was
    /// written a failure: the lane is free when its time is up.
    pub(super) async fn leave_lane(&mut self, enter: impl FnOnce(&mut Lane, &EventId)) {
        let Some(mut lane) = self.lane.take() else { return };
        let Some((ledger, scope)) = self.road.ledger.clone() else { return };
        enter(&mut lane, &self.event);
        let now = self.road.clock.now();
        self.unentered = self.call(Ledger::OPERATION, Box::pin(ledger.leave(&scope, lane, now))).await.err();
    }

    /// Enters that nothing is left to do for an event that has waited for its target to come to rest; where another has the
    /// lane, after that one. Unentered, it would ask for its numbers once more when it is delivered again, and undo what others
    /// have done since.
    pub(super) async fn finish_settled(&mut self) {
        if !self.waits() {
            return;
        }
        match self.take_lane().await {
            Ok(None) => self.leave_lane(|lane, event| lane.entry.finish(event)).await,
            Ok(Some(holder)) => self.unentered = Some(self.busy(&holder)),
            Err(error) => self.unentered = Some(error),
        }
    }

    /// Lets others have the lane, with the event as dealt with, but for the wait for its target.
    pub(super) async fn leave_dealt_with(&mut self, enter: impl FnOnce(&mut Entry, &EventId)) {
        let waits = self.waits();
        self.leave_lane(|Lane { entry, .. }, event| {
            enter(entry, event);
            if waits { entry.accept(event) } else { entry.finish(event) }
        })
        .await;
    }

    /// Lets others have the lane, where the event is not dealt with.
    pub(super) async fn leave_unfinished(&mut self) {
        let nothing_written = self.written == Written::Nothing;
        self.leave_lane(|lane, event| {
            if nothing_written {
                lane.forget();
                lane.entry.see(event);
            }
        })
        .await;
    }
}

/// By what the ledger knows a target of which only the read tells.
fn entry_by(reading: &Reading) -> Target {
    reading.lasting.as_ref().unwrap_or(&reading.target).lane()
}
