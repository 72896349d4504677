//! Which requests concern one target, whatever they call it.

use std::collections::HashMap;

use crate::action::Subject;
use crate::plan::{Identity, Place, Service, Target};

/// Groups requests by what AWS changes one at a time: positions in the order written, the groups by their first.
///
/// Names count without regard to the case of their letters, and a renaming concerns what bears the new name too. A number whose
/// bounds count goes with what changes them: the last of the three says which scalable targets have such bounds. A target
/// that is named by an id may be any of those that others name by name, so where an event has both, all of that service in
/// one place are one group: that costs time, and a wrong order would cost more.
pub(super) fn lanes(subjects: impl Iterator<Item = (Place, Subject, Vec<Target>)>) -> Vec<Vec<usize>> {
    let mut groups = Groups::default();
    let mut by_name: HashMap<(Place, String), usize> = HashMap::new();
    let mut of_service: HashMap<(Place, Service), (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (index, (place, subject, bounds)) in subjects.enumerate() {
        groups.add();
        for target in [Some(&subject.target), subject.new_name.as_ref()].into_iter().flatten().chain(&bounds) {
            let name = target.lane().to_string().to_lowercase();
            let first = *by_name.entry((place.clone(), name)).or_insert(index);
            groups.join(first, index);
        }
        let (named, by_id) = of_service.entry((place, subject.target.service())).or_default();
        match subject.identity {
            Identity::Unknown => by_id.push(index),
            _ => named.push(index),
        }
    }
    for (named, by_id) in of_service.into_values().filter(|(named, by_id)| !named.is_empty() && !by_id.is_empty()) {
        named.iter().chain(&by_id).for_each(|index| groups.join(named[0], *index));
    }
    groups.into_lanes()
}

/// The same in another order: every place in turn, each in its own order. What waits for the pace of one place keeps its turn, and
/// would keep the other places from theirs.
pub(super) fn place_by_place(lanes: Vec<Vec<usize>>, place: impl Fn(usize) -> Place) -> Vec<Vec<usize>> {
    let mut begun: HashMap<Place, usize> = HashMap::new();
    let mut rounds: Vec<Vec<Vec<usize>>> = Vec::new();
    for lane in lanes {
        let before = begun.entry(place(lane[0])).or_default();
        if *before == rounds.len() {
            rounds.push(Vec::new());
        }
        rounds[*before].push(lane);
        *before += 1;
    }
    rounds.into_iter().flatten().collect()
}

/// Sets of positions that are joined step by step.
#[derive(Default)]
pub(super) struct Groups {
    /// An earlier member of the same set, or itself for the first.
    earlier: Vec<usize>,
}

impl Groups {
    pub(super) fn add(&mut self) {
        self.earlier.push(self.earlier.len());
    }

    pub(super) fn first(&mut self, mut member: usize) -> usize {
        while self.earlier[member] != member {
            self.earlier[member] = self.earlier[self.earlier[member]];
            member = self.earlier[member];
        }
        member
    }

    pub(super) fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.earlier[one.max(other)] = one.min(other);
    }

    pub(super) fn into_lanes(mut self) -> Vec<Vec<usize>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Part;
    use crate::spelling::arn::Region;

    fn place() -> Place {
        Place { region: Region::own("us-east-1"), account: None }
    }

    fn lanes_of(subjects: Vec<Subject>) -> Vec<Vec<usize>> {
        lanes(subjects.into_iter().map(|subject| (place(), subject, Vec::new())))
    }

    fn variant(endpoint: &str, variant: &str) -> Subject {
        let endpoint = Target::new(Service::SageMaker, format!("endpoint/{endpoint}"));
        Subject::named(endpoint.with(Some(Part::new("variant", variant))))
    }

    fn throughput(name: &str) -> Subject {
        Subject::named(Target::new(Service::Bedrock, format!("provisioned-model/{name}")))
    }

    fn by_id(id: &str) -> Subject {
        Subject { identity: Identity::Unknown, ..throughput(id) }
    }

    #[test]
    fn the_variants_of_one_endpoint_are_one_lane_in_any_case_of_letters() {
        assert_eq!(lanes_of(vec![variant("e", "a"), variant("f", "a"), variant("E", "b")]), [vec![0, 2], vec![1]]);
    }

    #[test]
    fn a_name_and_an_id_may_be_of_the_same_throughput() {
        assert_eq!(lanes_of(vec![throughput("a"), throughput("b")]), [[0], [1]]);
        assert_eq!(lanes_of(vec![by_id("x"), by_id("y")]), [[0], [1]]);
        assert_eq!(
            lanes_of(vec![throughput("a"), variant("e", "a"), by_id("x"), throughput("b")]),
            [vec![0, 2, 3], vec![1]]
        );
        assert_eq!(lanes_of(vec![throughput("a"), throughput("b"), by_id("x")]), [[0, 1, 2]]);
    }

    #[test]
    fn a_number_goes_with_what_changes_its_bounds() {
        let bounds = |resource: &str| {
            let resource = format!("sagemaker:variant:DesiredInstanceCount/{resource}");
            Target::new(Service::ApplicationAutoScaling, resource)
        };
        let subjects = [
            (place(), Subject::named(bounds("endpoint/e/variant/a")), Vec::new()),
            (place(), variant("f", "a"), vec![bounds("endpoint/f/variant/a")]),
            (place(), variant("e", "a"), vec![bounds("endpoint/e/variant/a"), bounds("endpoint/e/variant/b")]),
            (place(), Subject::named(bounds("endpoint/e/variant/b")), Vec::new()),
        ];
        assert_eq!(lanes(subjects.into_iter()), [vec![0, 2, 3], vec![1]]);
    }

    #[test]
    fn a_renaming_concerns_the_new_name_too() {
        let new_name = Some(throughput("b").target);
        assert_eq!(
            lanes_of(vec![Subject { new_name, ..throughput("a") }, throughput("c"), throughput("b")]),
            [vec![0, 2], vec![1]]
        );
    }

    #[test]
    fn one_target_of_each_place_is_begun_after_another() {
        let places = ["us-east-1", "us-east-1", "us-east-1", "eu-west-1", "eu-west-1", "ap-south-1"];
        let place = |index: usize| Place { region: Region::own(places[index]), ..place() };
        let lanes = (0..places.len()).map(|index| vec![index]).collect();
        let order: Vec<usize> = place_by_place(lanes, place).concat();
        assert_eq!(order, [0, 3, 5, 1, 4, 2]);
    }

    #[test]
    fn the_same_name_elsewhere_is_another_target() {
        let there = Place { region: Region::own("eu-west-1"), ..place() };
        let subjects = [(place(), variant("e", "a"), Vec::new()), (there, variant("e", "a"), Vec::new())];
        assert_eq!(lanes(subjects.into_iter()), [[0], [1]]);
    }
}
