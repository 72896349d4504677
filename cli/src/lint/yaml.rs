//! YAML as a tree: one document, with the short forms of a template's functions as tags.

use std::borrow::Cow;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::Number;

use crate::lint::finding::Finding;
use crate::lint::node::{Content, Member, Node};
use crate::lint::text::{Quoting, Text};

/// Reads a file.
pub(crate) fn read(source: &str) -> Result<Node, Finding> {
    let text = Text::whole(source);
    let mut starts: Vec<usize> = source.char_indices().map(|(byte, _)| byte).collect();
    starts.push(source.len());
    let mut reader = Reader { text, starts, events: Parser::new_from_str(source), depth: 0 };
    loop {
        match reader.next()? {
            (Event::StreamStart | Event::DocumentStart(_), _) => {}
            (Event::StreamEnd, _) => return Err(Finding::error("syntax", "is empty".to_owned(), 0..0)),
            (event, span) => {
                let node = reader.node(event, span)?;
                return match reader.next()? {
                    (Event::DocumentEnd, _) => Ok(node),
                    (_, span) => Err(reader.wrong(span, "more than one value")),
                };
            }
        }
    }
}

struct Reader<'a> {
    text: Text,
    /// Where each letter starts, and the last ends.
    starts: Vec<usize>,
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    depth: usize,
}

/// As deep as JSON is read.
const DEEPEST: usize = 128;

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Range<usize>), Finding> {
        match self.events.next() {
            Some(Ok((event, span))) => Ok((event, self.bytes(span))),
            Some(Err(error)) => Err(self.refused(&error)),
            None => Ok((Event::StreamEnd, 0..0)),
        }
    }

    fn refused(&self, error: &ScanError) -> Finding {
        let start = self.byte(error.marker().index());
        Finding::error("syntax", format!("is not YAML: {}", error.info()), start..start + 1)
    }

    fn wrong(&self, span: Range<usize>, why: &str) -> Finding {
        Finding::error("syntax", format!("is not read: {why}"), span)
    }

    fn byte(&self, index: usize) -> usize {
        self.starts.get(index).or(self.starts.last()).copied().unwrap_or_default()
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        self.byte(span.start.index())..self.byte(span.end.index())
    }

    fn node(&mut self, event: Event<'a>, span: Range<usize>) -> Result<Node, Finding> {
        if self.depth == DEEPEST {
            return Err(self.wrong(span, "it nests too deeply"));
        }
        self.depth += 1;
        let node = match event {
            Event::Scalar(value, style, _, tag) => self.scalar(&value, style, tag, span),
            Event::SequenceStart(_, tag) => {
                let mut elements = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, span) => elements.push(self.node(event, span)?),
                    }
                }
                node(span, tag, Content::List(elements))
            }
            Event::MappingStart(_, tag) => {
                let mut members = Vec::new();
                loop {
                    let key = match self.next()? {
                        (Event::MappingEnd, _) => break,
                        (event, span) => self.node(event, span)?,
                    };
                    let (event, span) = self.next()?;
                    let value = self.node(event, span)?;
                    members.push(Member { key: name(&key), key_span: key.span, value });
                }
                node(span, tag, Content::Map(members))
            }
            Event::Alias(_) => return Err(self.wrong(span, "an alias, which CloudFormation does not follow either")),
            _ => return Err(self.wrong(span, "no value")),
        };
        self.depth -= 1;
        Ok(node)
    }

    fn scalar(&self, value: &str, style: ScalarStyle, tag: Option<Cow<'_, Tag>>, span: Range<usize>) -> Node {
        let mut inside = span.clone();
        let quoting = match style {
            ScalarStyle::DoubleQuoted => Quoting::Escapes,
            ScalarStyle::SingleQuoted => Quoting::Single,
            ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => Quoting::Plain,
        };
        if tag.is_some() && self.text.as_str()[inside.clone()].starts_with('!') {
            let value = self.text.as_str()[inside.clone()].split_once(char::is_whitespace);
            inside.start = value.map_or(inside.end, |(_, value)| inside.end - value.trim_start().len());
        }
        let written = &self.text.as_str()[inside.clone()];
        let heading = match style {
            ScalarStyle::DoubleQuoted | ScalarStyle::SingleQuoted => 1,
            // The line with the | or the > itself.
            ScalarStyle::Literal | ScalarStyle::Folded if written.starts_with(['|', '>']) => {
                written.find('\n').unwrap_or_default()
            }
            _ => 0,
        };
        inside.start = (inside.start + heading).min(inside.end);
        let text = self.text.part(inside).read_as(value, quoting);
        let plain = style == ScalarStyle::Plain && tag.is_none();
        let content = if plain { plain_scalar(value) } else { None };
        node(span, tag, content.unwrap_or(Content::Text(text)))
    }
}

fn node(span: Range<usize>, tag: Option<Cow<'_, Tag>>, content: Content) -> Node {
    let tag = tag.filter(|tag| tag.handle == "!").map(|tag| tag.suffix.clone());
    Node { span, known: true, tag, content }
}

/// The key of a member, as JSON has it.
fn name(key: &Node) -> String {
    key.as_str().map_or_else(|| key.to_json(), str::to_owned)
}

/// What an unquoted scalar is besides a text, by YAML's core schema.
fn plain_scalar(value: &str) -> Option<Content> {
    match value {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Content::Null),
        "true" | "True" | "TRUE" => return Some(Content::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Content::Bool(false)),
        _ => {}
    }
    if let Ok(whole) = value.parse::<i64>() {
        return Some(Content::Number(whole.into()));
    }
    let is_numeric = value.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    let number = value.parse::<f64>().ok().filter(|_| is_numeric && value.contains(|c: char| c.is_ascii_digit()));
    number.and_then(Number::from_f64).map(Content::Number)
}
