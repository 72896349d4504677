//! What stood before an invocation, as each field was first seen in it.

use std::collections::HashMap;

use super::reading::Reading;
use super::{FieldValue, Part, Place, Target};

/// The first value of each field that AWS has told of, by what it is changed with and where that is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Before(HashMap<(Place, Target), Vec<First>>);

type First = (Option<Part>, &'static str, FieldValue);

impl Before {
    /// Keeps what a target is read to be, where that was not seen earlier: all of it, for a later request of the invocation may
    /// be about what this one is not.
    pub(crate) fn note(&mut self, reading: &Reading, place: &Place) {
        let first = self.0.entry((place.clone(), reading.target.lane())).or_default();
        reading.named_fields().for_each(|(part, name, value)| keep(first, part, name, value));
    }

    /// What was first seen of a field; `None` when it was not.
    pub(crate) fn first(&self, place: &Place, target: &Target, name: &'static str) -> Option<&FieldValue> {
        let first = self.0.get(&(place.clone(), target.lane()))?;
        first.iter().find(|(part, known, _)| *known == name && part.as_ref() == target.part()).map(|(.., value)| value)
    }

    /// Keeps what a plan starts from.
    #[cfg(test)]
    pub(crate) fn note_plan(&mut self, plan: &super::Plan, place: &Place) {
        for field in &plan.fields {
            let first = self.0.entry((place.clone(), field.target.lane())).or_default();
            keep(first, field.target.part(), field.name, &field.from);
        }
    }
}

fn keep(first: &mut Vec<First>, part: Option<&Part>, name: &'static str, value: &FieldValue) {
    if !first.iter().any(|(of, known, _)| *known == name && of.as_ref() == part) {
        first.push((part.cloned(), name, value.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::reading::{PartReading, Traffic};
    use crate::plan::{Place, Service};
    use crate::spelling::arn::Region;

    #[test]
    fn what_was_read_counts_from_the_first_time_whatever_was_asked_for_then() {
        let place = Place { region: Region::own("us-east-1"), account: None };
        let target = Target::new(Service::SageMaker, "endpoint/pair");
        let one = Part::new("variant", "one");
        let read = |fields: Vec<(&'static str, FieldValue)>| Reading {
            parts: vec![PartReading { part: one.clone(), traffic: Traffic::Shared, fields, reserved: None }],
            ..Reading::of(target.clone(), serde_json::Value::Null)
        };
        let mut before = Before::default();
        before.note(&read(vec![("DesiredWeight", FieldValue::Weight(0.9))]), &place);
        let count = |count| ("DesiredInstanceCount", FieldValue::Count(count));
        before.note(&read(vec![("DesiredWeight", FieldValue::Weight(0.3)), count(5)]), &place);
        before.note(&read(vec![count(11)]), &place);
        let first = |name| before.first(&place, &target.with(Some(one.clone())), name);
        assert_eq!(first("DesiredWeight"), Some(&FieldValue::Weight(0.9)));
        // What AWS had not told of at first is as it was told of.
        assert_eq!(first("DesiredInstanceCount"), Some(&FieldValue::Count(5)));
        assert_eq!(before.first(&place, &target, "DesiredInstanceCount"), None);
        let elsewhere = Place { region: Region::own("eu-west-1"), account: None };
        assert_eq!(before.first(&elsewhere, &target.with(Some(one.clone())), "DesiredWeight"), None);
    }
}
