//! A document, its text and its tables.

use std::collections::BTreeSet;

use crate::support::{path, read};

/// A Markdown file by its path from the root.
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Document {
    pub(crate) fn read(name: impl Into<String>) -> Self {
        let name = name.into();
        let text = read(&name);
        Self { name, text }
    }

    pub(crate) fn readme() -> Self {
        Self::read("README.md")
    }

    /// Every document for people outside `events/` and `deploy/`.
    pub(crate) fn all() -> Vec<Self> {
        let guides =
            std::fs::read_dir(path("docs")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> =
            guides.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
        let others = [
            "README.md",
            "ARCHITECTURE.md",
            "CHANGELOG.md",
            "CONTRIBUTING.md",
            "SECURITY.md",
            "tests/transcripts/README.md",
        ];
        names.extend(others.map(str::to_owned));
        names.sort();
        names.into_iter().map(Self::read).collect()
    }

    /// The text outside fenced blocks.
    pub(crate) fn prose(&self) -> String {
        let mut open = false;
        let prose = self.text.lines().filter(|line| {
            let fence = line.starts_with("```");
            open ^= fence;
            !open && !fence
        });
        prose.collect::<Vec<_>>().join("\n")
    }

    /// The rows of the table whose first heading is this.
    pub(crate) fn table(&self, first: &str) -> Vec<Vec<String>> {
        let lines = self.text.lines().skip_while(|line| !line.starts_with(&format!("| {first} |")));
        let rows: Vec<_> = lines.take_while(|line| line.starts_with('|')).skip(2).map(cells).collect();
        assert!(!rows.is_empty(), "{}: no table begins with {first}", self.name);
        rows
    }
}

/// The cells of a row of a table.
pub(crate) fn cells(line: &str) -> Vec<String> {
    let line =
        line.strip_prefix('|').and_then(|line| line.strip_suffix('|')).unwrap_or_else(|| panic!("no row: {line}"));
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// What stands in backticks.
pub(crate) fn code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

pub(crate) fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}
