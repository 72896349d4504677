//! Which requests concern one target, whatever they call it.

use std::collections::HashMap;

use crate::action::{Naming, Subject};
use crate::plan::{Place, Service};

/// Groups requests by what AWS changes one at a time: positions in the order written, the groups by their first.
///
/// Names count without regard to the case of their letters, and a renaming concerns what bears the new name too. A target
/// that is named by an id may be any of those that others name by name, so where an event has both, all of that service in
/// one place are one group: that costs time, and a wrong order would cost more.
pub(super) fn lanes(subjects: impl Iterator<Item = (Place, Subject)>) -> Vec<Vec<usize>> {
    let mut groups = Groups::default();
    let mut by_name: HashMap<(Place, String), usize> = HashMap::new();
    let mut of_service: HashMap<(Place, Service), (Option<usize>, Option<usize>)> = HashMap::new();
    for (index, (place, subject)) in subjects.enumerate() {
        groups.add();
        for target in [Some(&subject.target), subject.new_name.as_ref()].into_iter().flatten() {
            let name = target.lane().to_string().to_lowercase();
            let first = *by_name.entry((place.clone(), name)).or_insert(index);
            groups.join(first, index);
        }
        let (named, by_id) = of_service.entry((place, subject.target.service())).or_default();
        let (same, other) = match subject.naming {
            Naming::Name => (named, by_id),
            Naming::Id => (by_id, named),
        };
        if let Some(other) = *other {
            groups.join(other, index);
            if let Some(same) = *same {
                groups.join(same, index);
            }
        }
        same.get_or_insert(index);
    }
    groups.into_lanes()
}

/// Sets of positions that are joined step by step.
#[derive(Default)]
struct Groups {
    /// An earlier member of the same set, or itself for the first.
    earlier: Vec<usize>,
}

impl Groups {
    fn add(&mut self) {
        self.earlier.push(self.earlier.len());
    }

    fn first(&mut self, mut member: usize) -> usize {
        while self.earlier[member] != member {
            self.earlier[member] = self.earlier[self.earlier[member]];
            member = self.earlier[member];
        }
        member
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.earlier[one.max(other)] = one.min(other);
    }

    fn into_lanes(mut self) -> Vec<Vec<usize>> {
        let mut lanes: Vec<Vec<usize>> = Vec::new();
        let mut lane_of: HashMap<usize, usize> = HashMap::new();
        for member in 0..self.earlier.len() {
            let first = self.first(member);
            let lane = *lane_of.entry(first).or_insert_with(|| {
                lanes.push(Vec::new());
                lanes.len() - 1
            });
            lanes[lane].push(member);
        }
        lanes
    }
}
