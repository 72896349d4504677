//! Numbers that Application Auto Scaling moves as well: held against its bounds, which are widened for them where that is wanted.

use std::mem;

use futures_util::future::BoxFuture;

use super::ledger::EventId;
use super::slots::Slot;
use super::{Road, Trip, reconcile};
use crate::actions::{self, AnyAction};
use crate::error::{Cause, Error};
use crate::guardrail::{Autoscaled, Outside, Violation};
use crate::outcome::{Answer, Decision, Outcome};
use crate::plan::{Field, Plan, Target};
use crate::spelling::arn::RoleArn;

/// What became of the bounds of the numbers that are to be written.
pub(super) enum Bounds {
    /// They are as they were found.
    Stand,
    /// They had to be moved, and have been.
    Moved,
    /// They had to be moved, were being changed, and were left alone, as the payload says of what is busy.
    Skipped,
}

/// A member of a target, and the number that it is to be.
pub(super) type Number = (Target, &'static str, i64);

impl Trip<'_> {
    /// Asks within what Application Auto Scaling keeps the counts that are to be written, where the operator wants to know.
    pub(super) async fn look_for_autoscaling(&mut self, plan: &Plan) -> Result<Bounds, Error> {
        let lasting = mem::take(&mut self.lasting);
        if !self.road.guardrails.autoscaled.looks() {
            return Ok(Bounds::Stand);
        }
        self.outside.clear();
        let mut bounds = Bounds::Stand;
        for &(member, dimension) in self.action.about().scalable {
            let counts: Vec<(&Field, i64)> = plan
                .sent()
                .filter(|field| field.name == member)
                .filter_map(|field| field.to.count().map(|to| (field, to.into())))
                // AWS may still describe the bounds of before.
                .filter(|(field, to)| !lasting.contains(&(field.target.clone(), field.name, *to)))
                .collect();
            if counts.is_empty() {
                continue;
            }
            self.can_ask_for_bounds(counts[0].0)?;
            let resources = counts.iter().map(|(field, _)| field.target.whole_id()).collect();
            let call = Box::pin(actions::bounds(&self.road.scope, dimension, resources));
            let known = self.call(actions::READ_BOUNDS, call).await?;
            for (field, to) in counts {
                let id = field.target.whole_id();
                let of_it = known.iter().find(|(known, _)| *known == id).map(|(_, bounds)| *bounds);
                let Some(of_it) = of_it.filter(|bounds| !bounds.hold(to)) else { continue };
                let (target, name) = (field.target.clone(), field.name);
                match self.outlast(Outside { target, name, to, dimension, bounds: of_it }).await? {
                    Bounds::Stand => {}
                    Bounds::Moved => bounds = Bounds::Moved,
                    Bounds::Skipped => return Ok(Bounds::Skipped),
                }
            }
        }
        Ok(bounds)
    }

    /// Application Auto Scaling is asked as the role, or the function, is itself: of a function of another account, which that
    /// account lets this one change, it would tell what it knows of one that is called the same here.
    fn can_ask_for_bounds(&self, field: &Field) -> Result<(), Error> {
        let Road { place, home, role, .. } = self.road;
        let own = role.map(RoleArn::account).or(home.account.as_ref());
        match (&place.account, own) {
            (Some(account), Some(own)) if account != own => {
                Err(Cause::GuardrailViolation(Violation::bounds_elsewhere(field.clone(), account.clone())).into())
            }
            _ => Ok(()),
        }
    }

    /// Does with a number that would not last what the operator wants.
    async fn outlast(&mut self, outside: Outside) -> Result<Bounds, Error> {
        match self.road.guardrails.autoscaled {
            Autoscaled::Refuse => Err(Cause::GuardrailViolation(Violation::would_not_last(outside)).into()),
            Autoscaled::Move => self.widen(outside).await,
            Autoscaled::Ignore | Autoscaled::Warn => {
                self.outside.push(outside);
                Ok(Bounds::Stand)
            }
        }
    }

    /// Takes the bounds of a number down the same road, so that it lasts: for the same event, since in another lane, and under the
    /// same guardrails.
    ///
    /// They are only ever widened here. If the number is not written after all, nothing has moved but the bounds, and what
    /// was decided on them is told for itself.
    async fn widen(&mut self, outside: Outside) -> Result<Bounds, Error> {
        let action = AnyAction::widening(&outside);
        let event = EventId { in_passing: true, ..self.event.clone() };
        let road = Road { event, ..self.road.clone() };
        let decision = beneath(&action, &road, self.slot).await;
        let ended = decision.result.clone();
        self.moved.push(decision);
        match ended {
            Ok(Answer { outcome: Outcome::Superseded, .. }) => {
                Err(Cause::GuardrailViolation(Violation::newer_bounds(outside)).into())
            }
            Ok(Answer { outcome: Outcome::Skipped, .. }) => Ok(Bounds::Skipped),
            Ok(Answer { outcome: Outcome::Planned, .. }) => Ok(Bounds::Stand),
            Ok(_) => {
                self.lasting.push((outside.target, outside.name, outside.to));
                Ok(Bounds::Moved)
            }
            Err(error) => Err(Cause::BoundsNotMoved(Box::new(outside), Box::new(error)).into()),
        }
    }
}

/// The same for what is changed on the way of another; of a known type, because that other one's contains it.
fn beneath<'a>(action: &'a AnyAction, road: &'a Road<'a>, slot: &'a mut Slot) -> BoxFuture<'a, Decision> {
    Box::pin(reconcile(action, road, slot))
}
