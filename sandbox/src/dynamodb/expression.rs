//! DynamoDB's expressions: read once with the placeholders of a request, then held against items.
//!
//! Of the grammar there is what a ledger of small items needs. What is left out (list indexes, `size`, `contains`,
//! `attribute_type`, `list_append`) is refused in the sandbox's own words.

mod condition;
mod parser;
mod path;
mod placeholders;
mod reserved;
mod token;
mod update;

pub(super) use self::condition::Condition;
use self::parser::Parser;
pub(super) use self::path::{Path, project};
pub(super) use self::placeholders::Placeholders;
pub(super) use self::update::Update;

/// The longest expression, in bytes.
const MAX_LENGTH: usize = 4096;

/// What the request's member of this name says, if it is there.
pub(super) fn condition<'a>(
    member: &str,
    source: Option<&'a str>,
    placeholders: &Placeholders<'a>,
) -> Result<Option<Condition<'a>>, String> {
    read(member, source, placeholders, condition::read)
}

/// What `UpdateExpression` says, if it is there.
pub(super) fn update<'a>(
    source: Option<&'a str>,
    placeholders: &Placeholders<'a>,
) -> Result<Option<Update<'a>>, String> {
    read("UpdateExpression", source, placeholders, update::read)
}

/// What `ProjectionExpression` says, if it is there.
pub(super) fn projection<'a>(
    source: Option<&'a str>,
    placeholders: &Placeholders<'a>,
) -> Result<Option<Vec<Path<'a>>>, String> {
    read("ProjectionExpression", source, placeholders, Parser::paths)
}

fn read<'a, 'p, T>(
    member: &str,
    source: Option<&'a str>,
    placeholders: &'p Placeholders<'a>,
    grammar: fn(&mut Parser<'a, 'p>) -> Result<T, String>,
) -> Result<Option<T>, String> {
    let Some(source) = source else { return Ok(None) };
    let invalid = |problem: String| format!("Invalid {member}: {problem}");
    if source.is_empty() {
        return Err(invalid("The expression can not be empty;".to_owned()));
    }
    if source.len() > MAX_LENGTH {
        return Err(invalid("Expression size has exceeded the maximum allowed size;".to_owned()));
    }
    let mut parser = Parser::new(source, placeholders);
    let tree = grammar(&mut parser).and_then(|tree| parser.end().map(|()| tree));
    tree.map(Some).map_err(invalid)
}
