//! The tables of `docs/conformance.md`, each found by the file beside this one that is named for it.

use serde_json::{Value, json};
use setpoint::action::About;

use super::{guardrails, kinds, sources, templates};
use crate::docs::Document;
use crate::faults::{self, Catalogue, Subject};
use crate::support::read;
use crate::wire::check_document;

pub(super) const FILE: &str = "docs/conformance.md";

/// Rewrites the tables.
const UPDATE: &str = "INSTA_UPDATE=always cargo test -p setpoint conformance::tables::";

/// A table of the document, known by its first heading.
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

#[tokio::test]
async fn every_pair_is_what_the_document_says() {
    let text = read(FILE);
    let sources = sources::table().await;
    let [kinds, errors, none] = kinds::tables();
    let tables = [sources, kinds, errors, none, guardrails::table().await, templates::table().await];
    let found = tables.iter().fold(text.clone(), |text, table| table.put_into(&text));
    check_document(FILE, &text, &found, UPDATE);
}

#[test]
fn the_command_that_rewrites_the_tables_is_told() {
    assert!(read(FILE).contains(&format!("\n{UPDATE}\n")));
}

impl Table {
    pub(super) fn new<'a>(head: impl IntoIterator<Item = &'a str>) -> Self {
        Self { head: head.into_iter().map(str::to_owned).collect(), rows: Vec::new() }
    }

    /// The document with the table in place of the one of that name.
    fn put_into(&self, text: &str) -> String {
        let begins = format!("| {} |", self.head[0]);
        let (mut written, mut is_inside, mut times) = (String::new(), false, 0);
        for line in text.lines() {
            let is_first = line.starts_with(&begins);
            if is_first {
                times += 1;
                written.push_str(&self.to_string());
            }
            is_inside = is_first || (is_inside && line.starts_with('|'));
            if !is_inside {
                written.push_str(line);
                written.push('\n');
            }
        }
        assert_eq!(times, 1, "{FILE}: so many tables begin with {begins}");
        written
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "| {} |\n|{}", self.head.join(" | "), "---|".repeat(self.head.len()))?;
        self.rows.iter().try_for_each(|row| {
            assert_eq!(row.len(), self.head.len(), "{row:?}");
            writeln!(f, "| {} |", row.join(" | "))
        })
    }
}

/// What the fault matrix asks for with an action: each changes something in the example world.
pub(super) fn requests(about: &About) -> Vec<Value> {
    let Catalogue { subjects, .. } = Catalogue::read(&Document::read(faults::FILE));
    let of_action = subjects.iter().filter(|subject| subject.about.name == about.name);
    let requests: Vec<Value> =
        of_action.map(|Subject { input, .. }| json!({"action": about.name, "input": input})).collect();
    assert!(!requests.is_empty(), "{} asks for nothing in {}; write what it asks for there", about.name, faults::FILE);
    requests
}

pub(super) fn in_code(text: &str) -> String {
    format!("`{text}`")
}

/// Without a rule nothing is bought.
pub(super) fn anything() -> Value {
    json!({"target": "*", "modelUnits": 1000, "commitmentDuration": ["OneMonth", "SixMonths"]})
}
