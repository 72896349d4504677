//! JSON as a tree, from a file or from a text inside one.

use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};
use serde_json::Number;
use setpoint::spelling::json::Document;

use crate::lint::finding::Finding;
use crate::lint::node::{Content, Member, Node};
use crate::lint::text::{Quoting, Text};

/// Reads a text as the function does.
pub(crate) fn read(text: &Text) -> Result<Node, Finding> {
    if let Err(error) = Document::parse(text.as_str()) {
        let place = offset(text.as_str(), error.line(), error.column());
        let end = text.as_str().len();
        let span = text.span(place..end).or_else(|| text.span(0..end)).unwrap_or_default();
        let why = error.to_string();
        let why = why.rsplit_once(" at line ").map_or(why.as_str(), |(why, _)| why);
        return Err(Finding::error("syntax", format!("is not JSON: {why}"), span.start..span.start + 1));
    }
    let comments = CommentCollectionStrategy::Off;
    let read = parse_to_ast(text.as_str(), &CollectOptions { comments, tokens: false }, &STRICT);
    match read.map(|read| read.value) {
        Ok(Some(value)) => Ok(node(&value, text)),
        Ok(None) => Err(Finding::error("syntax", "is empty".to_owned(), 0..0)),
        Err(error) => {
            let range = error.range();
            let span = text.span(range.start..range.end).unwrap_or_default();
            Err(Finding::error("syntax", format!("is not JSON: {}", error.kind()), span))
        }
    }
}

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Where a line and a column are, both counted from 1, columns in bytes.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column.saturating_sub(1)).min(text.len().saturating_sub(1))
}

fn node(value: &Value<'_>, text: &Text) -> Node {
    let range = value.range();
    let content = match value {
        Value::NullKeyword(_) => Content::Null,
        Value::BooleanLit(literal) => Content::Bool(literal.value),
        Value::NumberLit(literal) => {
            // It has been read as a number before.
            Content::Number(literal.value.parse::<Number>().unwrap_or_else(|_| Number::from(0)))
        }
        Value::StringLit(literal) => {
            let written = text.part(range.start + 1..range.end - 1);
            Content::Text(written.read_as(&literal.value, Quoting::Escapes))
        }
        Value::Array(array) => Content::List(array.elements.iter().map(|element| node(element, text)).collect()),
        Value::Object(object) => {
            let member = |property: &jsonc_parser::ast::ObjectProp<'_>| {
                let key_range = match &property.name {
                    ObjectPropName::String(literal) => literal.range,
                    ObjectPropName::Word(literal) => literal.range,
                };
                let key = property.name.as_str().to_owned();
                Member { key, key_span: span(text, key_range), value: node(&property.value, text) }
            };
            Content::Map(object.properties.iter().map(member).collect())
        }
    };
    let known = text.part(range.start..range.end).is_known();
    Node { span: span(text, range), known, tag: None, content }
}

fn span(text: &Text, range: Range) -> std::ops::Range<usize> {
    text.span(range.start..range.end).unwrap_or_default()
}
