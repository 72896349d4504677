//! The values of a DynamoDB item, as its JSON writes them down.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::number::Number;

/// A DynamoDB item: its attributes by name.
pub type Item = BTreeMap<String, AttributeValue>;

/// How deep lists and maps may stand in each other.
const MAX_DEPTH: usize = 32;

/// One attribute's value. There are no binary ones, which nothing here needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub enum AttributeValue {
    /// A string.
    S(String),
    /// A number.
    N(Number),
    /// True or false.
    #[serde(rename = "BOOL")]
    Bool(bool),
    /// Nothing, which is written `true`.
    #[serde(rename = "NULL")]
    Null(bool),
    /// Strings, each once and at least one.
    #[serde(rename = "SS")]
    StringSet(BTreeSet<String>),
    /// Numbers, each once and at least one.
    #[serde(rename = "NS")]
    NumberSet(BTreeSet<Number>),
    /// Values in their order.
    L(Vec<AttributeValue>),
    /// Values by name.
    M(Item),
}

/// A value as somebody wrote it, before it is known to be one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Written {
    #[serde(rename = "S")]
    string: Option<String>,
    #[serde(rename = "N")]
    number: Option<String>,
    #[serde(rename = "BOOL")]
    boolean: Option<bool>,
    #[serde(rename = "NULL")]
    null: Option<bool>,
    #[serde(rename = "SS")]
    string_set: Option<Vec<String>>,
    #[serde(rename = "NS")]
    number_set: Option<Vec<String>>,
    #[serde(rename = "L")]
    list: Option<Vec<Written>>,
    #[serde(rename = "M")]
    map: Option<BTreeMap<String, Written>>,
    #[serde(rename = "B")]
    binary: Option<IgnoredAny>,
    #[serde(rename = "BS")]
    binary_set: Option<IgnoredAny>,
}

impl TryFrom<Written> for AttributeValue {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        written.read(1)
    }
}

impl Written {
    fn read(self, depth: usize) -> Result<AttributeValue, String> {
        let invalid = |what: &str| Err(format!("One or more parameter values were invalid: {what}"));
        if depth > MAX_DEPTH {
            // AWS's own wording is unverified.
            return Err("Nesting Levels have exceeded supported limits".to_owned());
        }
        let mut values = Vec::new();
        values.extend(self.string.map(AttributeValue::S));
        if let Some(number) = self.number {
            values.push(AttributeValue::N(number.parse()?));
        }
        values.extend(self.boolean.map(AttributeValue::Bool));
        // `false` is read as `true` since 2026.
        values.extend(self.null.map(|_| AttributeValue::Null(true)));
        if let Some(strings) = self.string_set {
            let set: BTreeSet<String> = strings.iter().cloned().collect();
            if set.is_empty() {
                return invalid("An string set  may not be empty");
            }
            if set.len() != strings.len() {
                return invalid(&format!("Input collection [\"{}\"] contains duplicates.", strings.join("\", \"")));
            }
            values.push(AttributeValue::StringSet(set));
        }
        if let Some(numbers) = self.number_set {
            let set: BTreeSet<Number> = numbers.iter().map(|number| number.parse()).collect::<Result<_, _>>()?;
            if set.is_empty() {
                return invalid("An number set  may not be empty");
            }
            if set.len() != numbers.len() {
                return Err("Input collection contains duplicates".to_owned());
            }
            values.push(AttributeValue::NumberSet(set));
        }
        if let Some(list) = self.list {
            let list: Result<_, String> = list.into_iter().map(|value| value.read(depth + 1)).collect();
            values.push(AttributeValue::L(list?));
        }
        if let Some(map) = self.map {
            let map: Result<_, String> =
                map.into_iter().map(|(name, value)| Ok((name, value.read(depth + 1)?))).collect();
            values.push(AttributeValue::M(map?));
        }
        if self.binary.is_some() || self.binary_set.is_some() {
            return Err("the sandbox has no binary values".to_owned());
        }
        let more = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";
        let none = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
        match (values.pop(), values.is_empty()) {
            (Some(value), true) => Ok(value),
            (Some(_), false) => Err(more.to_owned()),
            (None, _) => Err(none.to_owned()),
        }
    }
}

impl AttributeValue {
    /// The type as DynamoDB's JSON names it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::Bool(_) => "BOOL",
            Self::Null(_) => "NULL",
            Self::StringSet(_) => "SS",
            Self::NumberSet(_) => "NS",
            Self::L(_) => "L",
            Self::M(_) => "M",
        }
    }

    /// The bytes it counts for in its item's size, as DynamoDB's guide counts them.
    fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number.size(),
            Self::Bool(_) | Self::Null(_) => 1,
            Self::StringSet(set) => set.iter().map(String::len).sum(),
            Self::NumberSet(set) => set.iter().map(|number| number.size()).sum(),
            Self::L(list) => 3 + list.iter().map(|value| 1 + value.size()).sum::<usize>(),
            Self::M(map) => 3 + map.len() + size(map),
        }
    }
}

/// The bytes of an item: those of its attributes' names and values.
pub(crate) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value.size()).sum()
}
