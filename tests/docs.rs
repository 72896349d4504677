//! What the documents for people say about the function; what they tell people to type is run by the command line's tests.

mod document;
mod errors;
mod links;
mod local;
mod security;
mod tables;

use std::collections::BTreeSet;

pub(crate) use self::document::{Document, cells, code};
pub(crate) use self::tables::{UNKNOWN, valid_here};

use crate::support::read;

/// The texts in the source of a function.
pub(crate) fn texts_in(file: &str, function: &str) -> BTreeSet<String> {
    let source = read(file);
    let mut texts = BTreeSet::new();
    for part in source.split(function).skip(1) {
        let start = source.find(part).unwrap();
        let line = source[..start].rsplit_once('\n').unwrap().1;
        let indent = &line[..line.len() - line.trim_start().len()];
        let body = part.split_once(&format!("\n{indent}}}\n")).unwrap().0;
        texts.extend(body.split('"').skip(1).step_by(2).map(str::to_owned));
    }
    assert!(!texts.is_empty(), "{file} has no {function}");
    texts
}
