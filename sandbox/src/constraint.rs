//! The sentence AWS answers when members of a request break the constraints of its model.

use std::fmt::Display;

use crate::reply::Refusal;

/// Collects broken constraints, to be refused together.
#[derive(Default)]
pub(crate) struct Constraints {
    broken: Vec<String>,
}

impl Constraints {
    /// `value` at `path` is there, or that is the broken constraint.
    pub(crate) fn required<T>(&mut self, path: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.broken.push(format!("Value null at '{path}' failed to satisfy constraint: Member must not be null"));
        }
        value
    }

    /// `value` at `path` satisfies `rule` (what the member must), or that is a broken constraint.
    pub(crate) fn check(&mut self, path: &str, value: impl Display, satisfied: bool, rule: impl Display) {
        if !satisfied {
            self.broken.push(format!("Value '{value}' at '{path}' failed to satisfy constraint: Member must {rule}"));
        }
    }

    /// A whole number at `path` lies within the model's range.
    pub(crate) fn range(&mut self, path: &str, value: Option<i32>, min: i32, max: Option<i32>) {
        let Some(value) = value else { return };
        self.check(path, value, value >= min, format_args!("have value greater than or equal to {min}"));
        if let Some(max) = max {
            self.check(path, value, value <= max, format_args!("have value less than or equal to {max}"));
        }
    }

    /// Refuses the request if anything was broken.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        match self.broken.len() {
            0 => Ok(()),
            1 => Err(Refusal::validation(format!("1 validation error detected: {}", self.broken.concat()))),
            many => Err(Refusal::validation(format!("{many} validation errors detected: {}", self.broken.join("; ")))),
        }
    }
}
