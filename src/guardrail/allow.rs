//! The texts that a rule lets through.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};

use crate::spelling::glob::Glob;
use crate::spelling::problem::{Members, Problems, unknown_member};

/// Patterns of texts, such as names and model ARNs.
#[derive(Clone, Debug, PartialEq)]
pub enum Allow {
    /// For every member that is a text.
    Every(Vec<Glob>),
    /// For these members, by AWS's names of them; any other may have any text.
    Members(Members<Vec<Glob>>),
}

impl Allow {
    /// The patterns of which a text in this member must match one; `None` where it may be any.
    pub(super) fn patterns(&self, member: &str) -> Option<&[Glob]> {
        match self {
            Self::Every(patterns) => Some(patterns),
            Self::Members(members) => members.get(member).map(Vec::as_slice),
        }
    }

    /// The members that no action has, each with what is wrong about it.
    pub(super) fn unknown<'a>(&'a self, members: &[&str]) -> impl Iterator<Item = (&'a str, String)> {
        let own = match self {
            Self::Every(_) => None,
            Self::Members(own) => Some(own.keys()),
        };
        let unknown = own.into_iter().flatten().filter(|name| !members.contains(&name.as_str()));
        unknown.map(|name| (name.as_str(), unknown_member(name, members)))
    }
}

impl Deserr<Problems> for Allow {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        match value {
            members @ Value::Map(_) => Members::deserialize_from_value(members, location).map(Self::Members),
            list => Vec::deserialize_from_value(list, location).map(Self::Every),
        }
    }
}
