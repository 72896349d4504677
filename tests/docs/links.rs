//! What documents point to is there.

use std::collections::BTreeSet;

use super::document::{Document, code};
use crate::support::path;

#[test]
fn every_link_leads_somewhere() {
    for document in Document::all() {
        let prose = document.prose();
        for target in prose.split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0) {
            if target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let folder = document.name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let file = match file {
                "" => path(&document.name),
                file => path(folder).join(file),
            };
            assert!(file.exists(), "{}: {target} does not exist", document.name);
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&file).unwrap();
                let document = Document { name: target.to_owned(), text };
                assert!(anchors(&document).contains(anchor), "{}: {target} has no such heading", document.name);
            }
        }
    }
}

#[test]
fn every_path_in_the_text_exists() {
    let extensions = [".rs", ".md", ".yaml", ".toml", ".json", ".tf", ".ts", ".py"];
    for document in Document::all() {
        let prose = document.prose();
        for span in code(&prose) {
            let is_word = span.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-/".contains(letter));
            let folder = span.split_once('/').map(|(folder, _)| folder).filter(|folder| !folder.is_empty());
            let in_repository = folder.is_some_and(|folder| path(folder).is_dir());
            let is_file = extensions.iter().any(|extension| span.ends_with(extension)) && !span.starts_with('.');
            if is_word && (in_repository || is_file) {
                let found = ["", "src", "events", "docs"].iter().any(|folder| path(folder).join(span).exists());
                assert!(found, "{}: `{span}` does not exist", document.name);
            }
        }
    }
}

/// The anchors of its headings, as GitHub makes them.
fn anchors(document: &Document) -> BTreeSet<String> {
    let prose = document.prose();
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
            kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
        })
        .collect()
}
