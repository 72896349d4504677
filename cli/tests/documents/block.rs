//! The fenced blocks of a document.

use crate::document::Document;

/// A fenced block, whose kind stands in an HTML comment in the line before.
pub(crate) struct Block {
    pub(crate) place: String,
    pub(crate) language: String,
    pub(crate) kind: String,
    pub(crate) text: String,
}

impl Document {
    /// The fenced blocks, each with its kind.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let (mut before, mut open) = ("", false);
        for (index, line) in self.text.lines().enumerate() {
            match line.strip_prefix("```") {
                None if open => {
                    let block = blocks.last_mut().unwrap();
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                None => assert!(!line.trim_start().starts_with("```"), "{}: an indented fence", self.name),
                Some(_) if open => open = false,
                Some(language) => {
                    let place = format!("{}:{}", self.name, index + 1);
                    let kind = before.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
                    let kind =
                        kind.unwrap_or_else(|| panic!("{place}: the line before does not say what this block is"));
                    let (language, kind) = (language.to_owned(), kind.to_owned());
                    blocks.push(Block { place, language, kind, text: String::new() });
                    open = true;
                }
            }
            before = line;
        }
        blocks
    }
}
