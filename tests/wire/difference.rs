//! What differs: between two states of the world, and between what a transcript says and what happens.

use std::collections::BTreeSet;

use serde_json::Value;
use similar::TextDiff;

/// Every part of `after` that is not as it was, a line for each: `path: before -> after`.
pub(super) fn changes(before: &Value, after: &Value) -> Vec<String> {
    let mut changes = Vec::new();
    collect("", Some(before), Some(after), &mut changes);
    changes
}

fn collect(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<String>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
                collect(&member(path, name), old.get(name), new.get(name), changes);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                collect(&format!("{path}[{index}]"), old.get(index), new.get(index), changes);
            }
        }
        _ => {
            let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
            changes.push(format!("{path}: {} -> {}", text(before), text(after)));
        }
    }
}

fn member(path: &str, name: &str) -> String {
    let is_word = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    match (path, is_word) {
        ("", true) => name.to_owned(),
        (path, true) => format!("{path}.{name}"),
        (path, false) => format!("{path}[{name:?}]"),
    }
}

/// Where a file differs from what it should say, as `diff -u` shows it.
pub(crate) fn unified(file: &str, text: &str, happens: &str) -> String {
    let diff = TextDiff::from_lines(text, happens);
    diff.unified_diff().context_radius(4).header(file, "what happens").to_string()
}
