//! What stood before an invocation, as each field was first seen in it.

use std::collections::HashMap;

use super::{FieldValue, Place, Plan, Target};

/// The first value of each field, by whose it is and where.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Before(HashMap<(Place, Target, &'static str), FieldValue>);

impl Before {
    /// Keeps what a plan starts from, where that was not seen earlier.
    pub(crate) fn note(&mut self, plan: &Plan, place: &Place) {
        for field in &plan.fields {
            let key = (place.clone(), field.target.clone(), field.name);
            self.0.entry(key).or_insert_with(|| field.from.clone());
        }
    }

    /// What was first seen of a field; `None` when it was not.
    pub(crate) fn first(&self, place: &Place, target: &Target, name: &'static str) -> Option<&FieldValue> {
        self.0.get(&(place.clone(), target.clone(), name))
    }
}
