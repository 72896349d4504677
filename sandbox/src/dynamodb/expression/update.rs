//! Updates: SET with values, paths, `if_not_exists`, `+` and `-`; REMOVE; ADD to numbers and sets; DELETE from sets.

use super::parser::{Mistake, Parser};
use super::path::{Path, project};
use crate::resource::{AttributeValue, Item, Number};

/// What is to be done to an item.
#[derive(Debug)]
pub(crate) struct Update<'a> {
    actions: Vec<(Path<'a>, Action<'a>)>,
}

/// What is to be done at one path.
#[derive(Debug)]
enum Action<'a> {
    Set(Source<'a>),
    Remove,
    Add(&'a AttributeValue),
    Delete(&'a AttributeValue),
}

/// What an attribute is set to.
#[derive(Debug)]
enum Source<'a> {
    Term(Term<'a>),
    Sum(Term<'a>, Term<'a>),
    Difference(Term<'a>, Term<'a>),
}

#[derive(Debug)]
enum Term<'a> {
    Value(&'a AttributeValue),
    Path(Path<'a>),
    IfNotExists(Path<'a>, Box<Term<'a>>),
}

const NO_PATH: &str = "The document path provided in the update expression is invalid for update";
const NO_ATTRIBUTE: &str = "The provided expression refers to an attribute that does not exist in the item";
const WRONG_TYPE: &str = "An operand in the update expression has an incorrect data type";

impl<'a> Update<'a> {
    /// The paths that it changes.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path<'a>> {
        self.actions.iter().map(|(path, _)| path)
    }

    /// Whether it only takes away, so that it makes no item where there is none.
    pub(crate) fn only_removes(&self) -> bool {
        self.actions.iter().all(|(_, action)| matches!(action, Action::Remove | Action::Delete(_)))
    }

    /// What of an item it changes, or has changed.
    pub(crate) fn part(&self, item: &Item) -> Item {
        project(item, self.paths())
    }

    /// Does it to `item`. Everything that is read is read before anything is written.
    pub(crate) fn apply(&self, item: &mut Item) -> Result<(), String> {
        let mut values = Vec::with_capacity(self.actions.len());
        for (path, action) in &self.actions {
            values.push(action.result(path, item)?);
        }
        for ((path, _), value) in self.actions.iter().zip(values) {
            let (map, name) = path.holder(item).ok_or(NO_PATH)?;
            match value {
                Some(value) => drop(map.insert(name.to_owned(), value)),
                None => drop(map.remove(name)),
            }
        }
        Ok(())
    }
}

impl Action<'_> {
    /// What stands at the path afterwards.
    fn result(&self, path: &Path<'_>, item: &Item) -> Result<Option<AttributeValue>, String> {
        let before = path.of(item);
        Ok(match self {
            Self::Set(source) => Some(source.result(item)?),
            Self::Remove => None,
            Self::Add(operand) => Some(match (before, operand) {
                (None, operand) => (*operand).clone(),
                (Some(AttributeValue::N(one)), AttributeValue::N(two)) => AttributeValue::N(one.plus(*two)?),
                (Some(AttributeValue::StringSet(one)), AttributeValue::StringSet(two)) => {
                    AttributeValue::StringSet(one | two)
                }
                (Some(AttributeValue::NumberSet(one)), AttributeValue::NumberSet(two)) => {
                    AttributeValue::NumberSet(one | two)
                }
                _ => return Err(WRONG_TYPE.to_owned()),
            }),
            // A set without members is not there any more.
            Self::Delete(operand) => match (before, operand) {
                (None, _) => None,
                (Some(AttributeValue::StringSet(one)), AttributeValue::StringSet(two)) => {
                    Some(one - two).filter(|set| !set.is_empty()).map(AttributeValue::StringSet)
                }
                (Some(AttributeValue::NumberSet(one)), AttributeValue::NumberSet(two)) => {
                    Some(one - two).filter(|set| !set.is_empty()).map(AttributeValue::NumberSet)
                }
                _ => return Err(WRONG_TYPE.to_owned()),
            },
        })
    }
}

impl Source<'_> {
    fn result(&self, item: &Item) -> Result<AttributeValue, String> {
        let number = |term: &Term<'_>| match term.of(item) {
            Some(AttributeValue::N(number)) => Ok(*number),
            Some(_) => Err(WRONG_TYPE),
            None => Err(NO_ATTRIBUTE),
        };
        let sum: Number = match self {
            Self::Term(term) => return term.of(item).cloned().ok_or_else(|| NO_ATTRIBUTE.to_owned()),
            Self::Sum(one, two) => number(one)?.plus(number(two)?)?,
            Self::Difference(one, two) => number(one)?.plus(number(two)?.negated())?,
        };
        Ok(AttributeValue::N(sum))
    }
}

impl<'a> Term<'a> {
    fn of<'i>(&'i self, item: &'i Item) -> Option<&'i AttributeValue> {
        match self {
            Self::Value(value) => Some(value),
            Self::Path(path) => path.of(item),
            Self::IfNotExists(path, otherwise) => path.of(item).or_else(|| otherwise.of(item)),
        }
    }

    fn value(&self) -> Option<&'a AttributeValue> {
        match self {
            Self::Value(value) => Some(value),
            Self::Path(_) | Self::IfNotExists(..) => None,
        }
    }
}

/// `SET path = …, … REMOVE path, … ADD path :value, … DELETE path :value, …`, each section at most once.
pub(super) fn read<'a>(parser: &mut Parser<'a, '_>) -> Result<Update<'a>, String> {
    let mut actions = Vec::new();
    let mut sections = Vec::new();
    while sections.is_empty() || !parser.peek().is_empty() {
        let (section, action): (_, fn(&mut Parser<'a, '_>) -> _) = match parser.peek() {
            word if word.eq_ignore_ascii_case("SET") => ("SET", set),
            word if word.eq_ignore_ascii_case("REMOVE") => ("REMOVE", remove),
            word if word.eq_ignore_ascii_case("ADD") => ("ADD", add),
            word if word.eq_ignore_ascii_case("DELETE") => ("DELETE", delete),
            _ => return Err(parser.unexpected()),
        };
        parser.advance();
        if sections.contains(&section) {
            parser.mistake(Mistake::Section, || {
                format!("The \"{section}\" section can only be used once in an update expression;")
            });
        }
        sections.push(section);
        actions.extend(parser.list(action)?);
    }
    parser.distinct(&actions.iter().map(|(path, _)| path).collect::<Vec<_>>());
    Ok(Update { actions })
}

fn set<'a>(parser: &mut Parser<'a, '_>) -> Result<(Path<'a>, Action<'a>), String> {
    let path = parser.path()?;
    parser.expect("=")?;
    let first = term(parser)?;
    let sign = parser.peek();
    let combined: fn(Term<'a>, Term<'a>) -> Source<'a> = match sign {
        "+" => Source::Sum,
        "-" => Source::Difference,
        _ => return Ok((path, Action::Set(Source::Term(first)))),
    };
    parser.advance();
    let second = term(parser)?;
    parser.operand_type(sign, first.value(), &["N"]);
    parser.operand_type(sign, second.value(), &["N"]);
    Ok((path, Action::Set(combined(first, second))))
}

fn remove<'a>(parser: &mut Parser<'a, '_>) -> Result<(Path<'a>, Action<'a>), String> {
    Ok((parser.path()?, Action::Remove))
}

fn add<'a>(parser: &mut Parser<'a, '_>) -> Result<(Path<'a>, Action<'a>), String> {
    let (path, value) = path_and_value(parser, "ADD", &["N", "SS", "NS"])?;
    Ok((path, Action::Add(value)))
}

fn delete<'a>(parser: &mut Parser<'a, '_>) -> Result<(Path<'a>, Action<'a>), String> {
    let (path, value) = path_and_value(parser, "DELETE", &["SS", "NS"])?;
    Ok((path, Action::Delete(value)))
}

fn path_and_value<'a>(
    parser: &mut Parser<'a, '_>,
    section: &str,
    types: &[&str],
) -> Result<(Path<'a>, &'a AttributeValue), String> {
    let path = parser.path()?;
    let Some(value) = parser.value() else { return Err(parser.unexpected()) };
    if !types.contains(&value.type_name()) {
        let name = match value {
            AttributeValue::S(_) => "STRING",
            AttributeValue::N(_) => "NUMBER",
            AttributeValue::Bool(_) => "BOOLEAN",
            AttributeValue::Null(_) => "NULL",
            AttributeValue::L(_) => "LIST",
            AttributeValue::M(_) => "MAP",
            AttributeValue::StringSet(_) | AttributeValue::NumberSet(_) => "SET",
        };
        parser.mistake(Mistake::Operand, || {
            format!("Incorrect operand type for operator or function; operator: {section}, operand type: {name}")
        });
    }
    Ok((path, value))
}

fn term<'a>(parser: &mut Parser<'a, '_>) -> Result<Term<'a>, String> {
    if let Some(value) = parser.value() {
        return Ok(Term::Value(value));
    }
    if parser.take("(") {
        return parser.parenthesised(term);
    }
    if parser.ahead(1) != "(" {
        return parser.path().map(Term::Path);
    }
    let name = parser.advance();
    parser.expect("(")?;
    let operands = parser.nested(|parser| parser.list(term))?;
    parser.expect(")")?;
    if name == "list_append" {
        return Err("the sandbox's updates have no list_append".to_owned());
    }
    if name != "if_not_exists" {
        parser.mistake(Mistake::Function, || format!("Invalid function name; function: {name}"));
    }
    parser.operands(name, operands.len(), 2);
    let mut operands = operands.into_iter();
    match (operands.next(), operands.next()) {
        (Some(Term::Path(path)), Some(otherwise)) => Ok(Term::IfNotExists(path, Box::new(otherwise))),
        (first, _) => {
            parser.not_a_path(name);
            // The expression is refused for it.
            Ok(first.unwrap_or(Term::Path(Path(Vec::new()))))
        }
    }
}
