//! What all grammars of expressions share: looking at tokens, resolving placeholders, and saying what is wrong.

use super::path::{Path, overlap};
use super::placeholders::Placeholders;
use super::reserved::is_reserved;
use super::token::{Token, tokens};
use crate::resource::AttributeValue;

/// How deep parentheses, NOT and functions may stand in each other. DynamoDB counts operators instead, up to 300.
const MAX_DEPTH: usize = 100;

/// What is wrong with an expression whose grammar is right. Of several mistakes DynamoDB reports the first of these kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mistake {
    Parentheses,
    Function,
    Reserved,
    Section,
    Placeholder,
    Overlap,
    Operand,
}

/// An expression on its way from tokens to a tree.
pub(super) struct Parser<'a, 'p> {
    source: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
    depth: usize,
    /// The indexes of the parentheses that were closed last.
    closed: Option<(usize, usize)>,
    placeholders: &'p Placeholders<'a>,
    mistake: Option<(Mistake, String)>,
}

impl<'a, 'p> Parser<'a, 'p> {
    pub(super) fn new(source: &'a str, placeholders: &'p Placeholders<'a>) -> Self {
        Self { source, tokens: tokens(source), at: 0, depth: 0, closed: None, placeholders, mistake: None }
    }

    /// Refuses what is left over, and then the gravest mistake.
    pub(super) fn end(&mut self) -> Result<(), String> {
        if self.at < self.tokens.len() {
            return Err(self.unexpected());
        }
        self.mistake.take().map_or(Ok(()), |(_, problem)| Err(problem))
    }

    /// Notes a mistake, unless a graver or an earlier one of its kind is known.
    pub(super) fn mistake(&mut self, mistake: Mistake, problem: impl FnOnce() -> String) {
        if self.mistake.as_ref().is_none_or(|(known, _)| mistake < *known) {
            self.mistake = Some((mistake, problem()));
        }
    }

    /// The next token, or nothing at the end.
    pub(super) fn peek(&self) -> &'a str {
        self.ahead(0)
    }

    pub(super) fn ahead(&self, by: usize) -> &'a str {
        self.tokens.get(self.at + by).map_or("", |token| token.text)
    }

    pub(super) fn advance(&mut self) -> &'a str {
        let text = self.peek();
        self.at += 1;
        text
    }

    /// Takes the next token if it is this sign, or this word in capitals or not.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.peek().eq_ignore_ascii_case(text);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.take(text) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Goes one level down, as far as the stack of whoever called allows.
    pub(super) fn nested<T>(&mut self, read: fn(&mut Self) -> Result<T, String>) -> Result<T, String> {
        if self.depth == MAX_DEPTH {
            return Err(format!("the sandbox reads no expression that is more than {MAX_DEPTH} levels deep"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Reads what stands behind an opening parenthesis, with the closing one; other parentheses around all of it are too many.
    pub(super) fn parenthesised<T>(&mut self, read: fn(&mut Self) -> Result<T, String>) -> Result<T, String> {
        let first = self.at;
        let inner = self.nested(read)?;
        if self.closed.is_some_and(|(opening, closing)| opening == first && closing + 1 == self.at) {
            self.mistake(Mistake::Parentheses, || "The expression has redundant parentheses;".to_owned());
        }
        self.expect(")")?;
        self.closed = Some((first - 1, self.at - 1));
        Ok(inner)
    }

    /// The mistake of whatever comes next, with the tokens before and behind it.
    pub(super) fn unexpected(&self) -> String {
        let token = self.tokens.get(self.at);
        let before = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
        let last = self.tokens.get(self.at + 1).or(token).or(before);
        let start = before.or(token).map_or(0, |token| token.start);
        let end = last.map_or(0, Token::end);
        let near = self.source.get(start..end).unwrap_or_default();
        format!("Syntax error; token: \"{}\", near: \"{near}\"", token.map_or("<EOF>", |token| token.text))
    }

    /// The arguments of a function whose name and opening parenthesis are behind us.
    pub(super) fn list<T>(&mut self, read: fn(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut list = vec![read(self)?];
        while self.take(",") {
            list.push(read(self)?);
        }
        Ok(list)
    }

    /// `a`, `a.b`, `#a.#b`.
    pub(super) fn path(&mut self) -> Result<Path<'a>, String> {
        let mut path = vec![self.name()?];
        while self.take(".") {
            path.push(self.name()?);
        }
        if self.peek() == "[" {
            return Err("the sandbox's expressions have no list indexes".to_owned());
        }
        Ok(Path(path))
    }

    /// `path, path …`.
    pub(super) fn paths(&mut self) -> Result<Vec<Path<'a>>, String> {
        let paths = self.list(Self::path)?;
        self.distinct(&paths.iter().collect::<Vec<_>>());
        Ok(paths)
    }

    /// Notes that one of the paths leads to, or through, what another one leads to.
    pub(super) fn distinct(&mut self, paths: &[&Path<'_>]) {
        let Some((one, two)) = overlap(paths) else { return };
        self.mistake(Mistake::Overlap, || {
            format!(
                "Two document paths overlap with each other; must remove or rewrite one of these paths; \
                 path one: {one}, path two: {two}"
            )
        });
    }

    fn name(&mut self) -> Result<&'a str, String> {
        let text = self.peek();
        if text.len() > 1 && text.starts_with('#') {
            self.at += 1;
            return Ok(self.placeholder_name(text));
        }
        if !text.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            return Err(self.unexpected());
        }
        self.at += 1;
        if is_reserved(text) {
            self.mistake(Mistake::Reserved, || {
                format!("Attribute name is a reserved keyword; reserved keyword: {text}")
            });
        }
        Ok(text)
    }

    fn placeholder_name(&mut self, text: &'a str) -> &'a str {
        if let Some(name) = self.placeholders.name(text) {
            return name;
        }
        self.mistake(Mistake::Placeholder, || {
            format!("An expression attribute name used in the document path is not defined; attribute name: {text}")
        });
        text
    }

    /// The value that the next token stands for, or nothing if it is no placeholder of one.
    pub(super) fn value(&mut self) -> Option<&'a AttributeValue> {
        // It stands for a value that is not defined, in an expression that is refused for that.
        const UNDEFINED: &AttributeValue = &AttributeValue::Null(true);
        let text = self.peek();
        if text.len() < 2 || !text.starts_with(':') {
            return None;
        }
        self.at += 1;
        let value = self.placeholders.value(text);
        if value.is_none() {
            self.mistake(Mistake::Placeholder, || {
                format!("An expression attribute value used in expression is not defined; attribute value: {text}")
            });
        }
        Some(value.unwrap_or(UNDEFINED))
    }

    /// Notes that a function's operands are not as many as it has.
    pub(super) fn operands(&mut self, function: &str, is: usize, wanted: usize) {
        if is != wanted {
            self.mistake(Mistake::Operand, || {
                format!(
                    "Incorrect number of operands for operator or function; operator or function: {function}, \
                     number of operands: {is}"
                )
            });
        }
    }

    /// Notes that an operand is a value of a type that a function does not take.
    pub(super) fn operand_type(&mut self, function: &str, value: Option<&AttributeValue>, types: &[&str]) {
        if let Some(name) = value.map(AttributeValue::type_name).filter(|name| !types.contains(name)) {
            self.mistake(Mistake::Operand, || {
                format!(
                    "Incorrect operand type for operator or function; operator or function: {function}, \
                     operand type: {name}"
                )
            });
        }
    }

    /// Notes that an operand had to be a path.
    pub(super) fn not_a_path(&mut self, function: &str) {
        self.mistake(Mistake::Operand, || {
            format!("Operator or function requires a document path; operator or function: {function}")
        });
    }
}
