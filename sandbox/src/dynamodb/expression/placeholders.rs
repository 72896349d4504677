//! What the placeholders of a request stand for, and which of them its expressions have used.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::resource::{AttributeValue, Item};

/// Names and values by placeholder.
pub(crate) struct Placeholders<'a> {
    names: &'a BTreeMap<String, String>,
    values: &'a Item,
    used: RefCell<BTreeSet<&'a str>>,
}

impl<'a> Placeholders<'a> {
    pub(crate) fn new(names: &'a BTreeMap<String, String>, values: &'a Item) -> Self {
        Self { names, values, used: RefCell::default() }
    }

    pub(super) fn name(&self, placeholder: &'a str) -> Option<&'a str> {
        self.used.borrow_mut().insert(placeholder);
        self.names.get(placeholder).map(String::as_str)
    }

    pub(super) fn value(&self, placeholder: &'a str) -> Option<&'a AttributeValue> {
        self.used.borrow_mut().insert(placeholder);
        self.values.get(placeholder)
    }

    /// Refuses one that no expression has used.
    pub(crate) fn all_used(&self) -> Result<(), String> {
        let used = self.used.borrow();
        let unused = |member: &str, mut keys: Vec<&str>| {
            keys.retain(|key| !used.contains(key));
            match keys.is_empty() {
                true => Ok(()),
                false => {
                    Err(format!("Value provided in {member} unused in expressions: keys: {{{}}}", keys.join(", ")))
                }
            }
        };
        unused("ExpressionAttributeNames", self.names.keys().map(String::as_str).collect())?;
        unused("ExpressionAttributeValues", self.values.keys().map(String::as_str).collect())
    }
}
