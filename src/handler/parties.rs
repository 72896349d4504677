//! Which messages of a batch have to be worked on together, because they may concern one target.

use super::Run;
use super::job::{Asked, Fleet, Job};
use super::lanes::Groups;
use crate::guardrail::Autoscaled;
use crate::plan::{Identity, Place, Service};

/// Messages by their positions, in the order written.
type Party = Vec<(usize, Vec<Asked>)>;

impl Run<'_> {
    /// Those that no selection has to be waited for, and every selection with those that it may concern: what is asked of one target
    /// goes in the order written, and which targets a selection finds is known late.
    pub(super) fn parties(&self, messages: Party) -> Vec<Party> {
        let mut groups = Groups::default();
        let mut jobs: Vec<(usize, &Job)> = Vec::new();
        let mut fleets: Vec<(usize, &Fleet)> = Vec::new();
        for (index, (_, asked)) in messages.iter().enumerate() {
            groups.add();
            for asked in asked {
                match asked {
                    Asked::Nothing(_) => {}
                    Asked::One(job) => jobs.push((index, job)),
                    Asked::Many(many) => jobs.extend(many.iter().map(|job| (index, job))),
                    Asked::Fleet(fleet) => fleets.push((index, fleet)),
                }
            }
        }
        if fleets.is_empty() {
            return vec![messages];
        }
        for lane in self.lanes(jobs.iter().map(|(_, job)| *job)) {
            lane.iter().for_each(|other| groups.join(jobs[lane[0]].0, jobs[*other].0));
        }
        for (position, (one, fleet)) in fleets.iter().enumerate() {
            let found = jobs.iter().filter(|(_, job)| self.may_find(fleet, job)).map(|(other, _)| other);
            let beside =
                fleets[..position].iter().filter(|(_, other)| self.may_meet(fleet, other)).map(|(other, _)| other);
            found.chain(beside).for_each(|other| groups.join(*one, *other));
        }
        let waits = |index: &usize| fleets.iter().any(|(of_fleet, _)| of_fleet == index);
        let mut party_of = vec![0; messages.len()];
        let mut parties: Vec<Party> = vec![Vec::new()];
        for group in groups.into_lanes().into_iter().filter(|group| group.iter().any(waits)) {
            group.into_iter().for_each(|index| party_of[index] = parties.len());
            parties.push(Vec::new());
        }
        for (message, party) in messages.into_iter().zip(party_of) {
            parties[party].push(message);
        }
        parties.retain(|party| !party.is_empty());
        parties
    }

    /// Whether what is asked of one target may have to wait for what is asked of those that are found. A target that is named by an
    /// id may be any of its service.
    fn may_find(&self, fleet: &Fleet, job: &Job) -> bool {
        let Fleet { select, .. } = fleet;
        let subject = job.request.action.subject();
        let service = subject.target.service();
        let by_id = subject.identity == Identity::Unknown && service == self.service(fleet);
        let bounds = self.bounds(job);
        let named = [Some(&subject.target), subject.new_name.as_ref()].into_iter().flatten().chain(&bounds);
        let is_bounds = service == Service::ApplicationAutoScaling && self.is_bounded(fleet);
        let here = self.place(job);
        (by_id || is_bounds || named.into_iter().any(|target| select.may_find(target)))
            && self.places(fleet).any(|place| place == here)
    }

    /// Whether two selections may find one target, or the bounds of one.
    fn may_meet(&self, one: &Fleet, other: &Fleet) -> bool {
        let is_bounds = |fleet| self.service(fleet) == Service::ApplicationAutoScaling;
        let bounds = (is_bounds(one) && self.is_bounded(other)) || (is_bounds(other) && self.is_bounded(one));
        (one.select.kind == other.select.kind || bounds)
            && self.places(one).any(|place| self.places(other).any(|other| other == place))
    }

    fn places<'f>(&'f self, fleet: &'f Fleet) -> impl Iterator<Item = Place> + 'f {
        fleet.places.iter().map(|place| self.place(place))
    }

    fn service(&self, fleet: &Fleet) -> Service {
        fleet.select.pattern.action.target().service()
    }

    /// Whether the bounds of what it moves count.
    fn is_bounded(&self, fleet: &Fleet) -> bool {
        let looks = self.handler.config.guardrails.autoscaled != Autoscaled::Ignore;
        looks && !fleet.select.pattern.action.about().scalable.is_empty()
    }
}
