//! Which messages of a batch have to be worked on together, because they may concern one target.

use super::Run;
use super::job::{Asked, Fleet, Job};
use super::lanes::Groups;
use crate::plan::{Identity, Place, Service};

/// Messages by their positions, in the order written.
pub(super) type Party = Vec<(usize, Vec<Asked>)>;

impl Run<'_> {
    /// Those that no selection has to be waited for, and the selections with all that they may concern: what is asked of one target
    /// goes in the order written, and which targets a selection finds is known late.
    pub(super) fn parties(&self, messages: Party) -> (Party, Party) {
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
        let Some(first) = fleets.first().map(|(index, _)| *index) else { return (messages, Vec::new()) };
        for lane in self.lanes(jobs.iter().map(|(_, job)| *job)) {
            lane.iter().for_each(|other| groups.join(jobs[lane[0]].0, jobs[*other].0));
        }
        for (index, fleet) in &fleets {
            let found = jobs.iter().filter(|(_, job)| self.may_find(fleet, job)).map(|(other, _)| other);
            found.chain([index]).for_each(|other| groups.join(first, *other));
        }
        let (waiting, others): (Vec<_>, Vec<_>) =
            messages.into_iter().enumerate().partition(|(index, _)| groups.first(*index) == groups.first(first));
        let messages = |of: Vec<(usize, _)>| of.into_iter().map(|(_, message)| message).collect();
        (messages(others), messages(waiting))
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

    fn places<'f>(&'f self, fleet: &'f Fleet) -> impl Iterator<Item = Place> + 'f {
        fleet.places.iter().map(|place| self.place(place))
    }

    fn service(&self, fleet: &Fleet) -> Service {
        fleet.select.pattern.action.target().service()
    }

    /// Whether the bounds of what it moves count.
    fn is_bounded(&self, fleet: &Fleet) -> bool {
        self.handler.config.guardrails.autoscaled.looks() && !fleet.select.pattern.action.about().scalable.is_empty()
    }
}
