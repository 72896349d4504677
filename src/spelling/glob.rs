//! Patterns in which `*` stands for any run of characters.

use std::fmt;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use wildmatch::WildMatchPattern;

use crate::spelling::problem::Problems;

/// A pattern over names, ARNs or targets; without a `*` it matches only itself.
#[derive(Clone, Debug, PartialEq)]
// The second parameter is wildmatch's single-character wildcard: a character no name contains switches it off.
pub struct Glob(WildMatchPattern<'*', '\0'>);

impl Glob {
    /// Any text is a pattern.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(WildMatchPattern::new(pattern))
    }

    /// True when all of `text` matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.matches(text)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Deserr<Problems> for Glob {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        String::deserialize_from_value(value, location).map(|pattern| Self::new(&pattern))
    }
}

/// The value of the most specific pattern that matches `name`: the name itself first, then the longest pattern.
#[must_use]
pub fn most_specific<'a, T>(bindings: impl IntoIterator<Item = (&'a String, &'a T)>, name: &str) -> Option<&'a T> {
    bindings
        .into_iter()
        .filter(|(pattern, _)| Glob::new(pattern).matches(name))
        .max_by_key(|(pattern, _)| (*pattern == name, pattern.len()))
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_star_stands_for_any_run_and_nothing_else_is_special() {
        assert!(Glob::new("sagemaker:endpoint/prod-*/variant/*").matches("sagemaker:endpoint/prod-a/variant/b"));
        assert!(!Glob::new("sagemaker:endpoint/prod-*").matches("sagemaker:endpoint/test-a"));
        assert!(!Glob::new("a?c").matches("abc"));
        assert!(Glob::new("*").matches(""));
    }

    #[test]
    fn the_exact_name_wins_over_the_longest_pattern_over_shorter_ones() {
        let bindings: BTreeMap<String, u8> =
            [("api-*", 1), ("api-p99-*", 2), ("api-p99-x", 3)].map(|(name, value)| (name.to_owned(), value)).into();
        assert_eq!(most_specific(&bindings, "api-p99-x"), Some(&3));
        assert_eq!(most_specific(&bindings, "api-p99-high"), Some(&2));
        assert_eq!(most_specific(&bindings, "api-errors"), Some(&1));
        assert_eq!(most_specific(&bindings, "web"), None);
    }
}
