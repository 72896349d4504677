//! Patterns in which `*` stands for any run of characters and `?` for one, as in IAM.

use std::fmt;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use wildmatch::WildMatchPattern;

use crate::spelling::problem::Problems;

/// Stands for any run of characters, separators among them.
pub(crate) const ANY: char = '*';
/// Stands for exactly one character.
pub(crate) const ONE: char = '?';

/// A pattern over names, ARNs or targets; without a `*` or `?` it matches only itself.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>.
#[derive(Clone, Debug, PartialEq)]
pub struct Glob(WildMatchPattern<ANY, ONE>);

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

    /// The same where the case of letters does not count.
    pub(crate) fn matches_but_for_case(&self, text: &str) -> bool {
        WildMatchPattern::<ANY, ONE>::new_case_insensitive(&self.0.pattern()).matches(text)
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
    fn a_star_stands_for_any_run_and_a_question_mark_for_one_character() {
        assert!(Glob::new("sagemaker:endpoint/prod-*/variant/*").matches("sagemaker:endpoint/prod-a/variant/b"));
        assert!(!Glob::new("sagemaker:endpoint/prod-*").matches("sagemaker:endpoint/test-a"));
        assert!(Glob::new("a?c").matches("abc"));
        assert!(!Glob::new("a?c").matches("ac"));
        assert!(!Glob::new("a?c").matches("abbc"));
        assert!(Glob::new("*").matches(""));
        assert!(!Glob::new("?").matches(""));
    }

    /// Every pattern of up to five characters on every text of up to five, against the definition.
    #[test]
    fn every_pattern_matches_what_its_definition_says() {
        fn defined(pattern: &[u8], text: &[u8]) -> bool {
            match (pattern.first(), text.first()) {
                (None, None) => true,
                (Some(b'*'), _) => defined(&pattern[1..], text) || (!text.is_empty() && defined(pattern, &text[1..])),
                (Some(b'?'), Some(_)) => defined(&pattern[1..], &text[1..]),
                (Some(one), Some(other)) => one == other && defined(&pattern[1..], &text[1..]),
                _ => false,
            }
        }
        let all = |letters: &'static [&'static str]| {
            let mut all = vec![String::new()];
            for _ in 0..5 {
                let longer = all.iter().flat_map(|text| letters.iter().map(move |letter| format!("{text}{letter}")));
                all = longer.chain([String::new()]).collect();
            }
            all
        };
        let texts = all(&["a", "b"]);
        for pattern in all(&["a", "b", "*", "?"]) {
            let glob = Glob::new(&pattern);
            for text in &texts {
                assert_eq!(glob.matches(text), defined(pattern.as_bytes(), text.as_bytes()), "{pattern} on {text}");
            }
        }
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
