//! The threat model rests on tests that there are.

use super::document::{Document, code};
use crate::support::{path, read};

#[test]
fn every_row_of_the_threat_model_names_tests_that_exist() {
    for row in Document::read("SECURITY.md").table("who") {
        let [who, .., shown_by] = row.as_slice() else { unreachable!("a table has cells") };
        let mut file = None;
        let mut tests = 0;
        for span in code(shown_by) {
            if path(span).is_file() {
                file = Some(span);
            } else {
                let file = file.unwrap_or_else(|| panic!("{who}: `{span}` stands behind no file"));
                assert!(has_test(file, span), "{who}: {file} has no test `{span}`");
                tests += 1;
            }
        }
        assert!(tests > 0, "{who}: no test is named");
    }
}

/// Whether a file has a test of this name: a function in Rust, the first line of a transcript, else a quoted name.
fn has_test(file: &str, name: &str) -> bool {
    let text = read(file);
    match file.rsplit_once('.') {
        Some((_, "rs")) => ["async fn", "fn"].iter().any(|keyword| {
            let test = format!("test]\n{keyword} {name}() {{");
            text.replace("\n    ", "\n").contains(&test)
        }),
        Some((_, "txt")) => text.lines().next() == Some(name),
        _ => text.contains(&format!("\"{name}\"")),
    }
}
