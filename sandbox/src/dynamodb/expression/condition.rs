//! Conditions: comparisons, BETWEEN, IN, `attribute_exists`, `attribute_not_exists` and `begins_with`, with AND, OR and NOT.

use std::cmp::Ordering;

use super::parser::{Mistake, Parser};
use super::path::Path;
use crate::resource::{AttributeValue, Item};

/// What an item fulfils, or does not.
#[derive(Debug)]
pub(crate) enum Condition<'a> {
    Any(Vec<Condition<'a>>),
    All(Vec<Condition<'a>>),
    Not(Box<Condition<'a>>),
    Compare(Operand<'a>, Comparator, Operand<'a>),
    Between(Operand<'a>, Operand<'a>, Operand<'a>),
    In(Operand<'a>, Vec<Operand<'a>>),
    Exists(Path<'a>),
    BeginsWith(Operand<'a>, Operand<'a>),
}

/// What is compared.
#[derive(Debug)]
pub(crate) enum Operand<'a> {
    Value(&'a AttributeValue),
    Path(Path<'a>),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition<'_> {
    /// Whether `item` fulfils it; an item that is not there is as one without attributes.
    pub(crate) fn holds(&self, item: &Item) -> bool {
        match self {
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(item)),
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(item)),
            Self::Not(condition) => !condition.holds(item),
            Self::Compare(left, comparator, right) => comparator.holds(left.of(item), right.of(item)),
            Self::Between(operand, low, high) => {
                let operand = operand.of(item);
                Comparator::GreaterOrEqual.holds(operand, low.of(item))
                    && Comparator::LessOrEqual.holds(operand, high.of(item))
            }
            Self::In(operand, values) => {
                let operand = operand.of(item);
                values.iter().any(|value| Comparator::Equal.holds(operand, value.of(item)))
            }
            Self::Exists(path) => path.of(item).is_some(),
            Self::BeginsWith(operand, start) => match (operand.of(item), start.of(item)) {
                (Some(AttributeValue::S(text)), Some(AttributeValue::S(start))) => text.starts_with(start.as_str()),
                _ => false,
            },
        }
    }
}

impl<'a> Operand<'a> {
    fn of<'i>(&'i self, item: &'i Item) -> Option<&'i AttributeValue> {
        match self {
            Self::Value(value) => Some(value),
            Self::Path(path) => path.of(item),
        }
    }

    fn value(&self) -> Option<&'a AttributeValue> {
        match self {
            Self::Value(value) => Some(value),
            Self::Path(_) => None,
        }
    }
}

impl Comparator {
    fn named(text: &str) -> Option<Self> {
        Some(match text {
            "=" => Self::Equal,
            "<>" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    /// Nothing equals what is not there, and nothing is before or behind it.
    fn holds(self, left: Option<&AttributeValue>, right: Option<&AttributeValue>) -> bool {
        let equal = left.is_some() && left == right;
        let order = left.zip(right).and_then(|(left, right)| order(left, right));
        match self {
            Self::Equal => equal,
            Self::NotEqual => !equal,
            Self::Less => order.is_some_and(Ordering::is_lt),
            Self::LessOrEqual => order.is_some_and(Ordering::is_le),
            Self::Greater => order.is_some_and(Ordering::is_gt),
            Self::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        }
    }
}

/// Strings are in the order of their bytes, numbers in that of their values; between types there is none.
fn order(left: &AttributeValue, right: &AttributeValue) -> Option<Ordering> {
    match (left, right) {
        (AttributeValue::S(left), AttributeValue::S(right)) => Some(left.cmp(right)),
        (AttributeValue::N(left), AttributeValue::N(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// OR binds least, then AND, then NOT.
pub(super) fn read<'a>(parser: &mut Parser<'a, '_>) -> Result<Condition<'a>, String> {
    let mut any = vec![all(parser)?];
    while parser.take("OR") {
        any.push(all(parser)?);
    }
    Ok(one_or(any, Condition::Any))
}

fn all<'a>(parser: &mut Parser<'a, '_>) -> Result<Condition<'a>, String> {
    let mut all = vec![negation(parser)?];
    while parser.take("AND") {
        all.push(negation(parser)?);
    }
    Ok(one_or(all, Condition::All))
}

fn one_or<'a>(mut conditions: Vec<Condition<'a>>, many: fn(Vec<Condition<'a>>) -> Condition<'a>) -> Condition<'a> {
    match (conditions.pop(), conditions.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            conditions.extend(last);
            many(conditions)
        }
    }
}

fn negation<'a>(parser: &mut Parser<'a, '_>) -> Result<Condition<'a>, String> {
    if parser.take("NOT") {
        return Ok(Condition::Not(Box::new(parser.nested(negation)?)));
    }
    if parser.take("(") {
        return parser.parenthesised(read);
    }
    if parser.ahead(1) == "(" && parser.peek().starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        return function(parser);
    }
    comparison(parser)
}

fn function<'a>(parser: &mut Parser<'a, '_>) -> Result<Condition<'a>, String> {
    let name = parser.advance();
    parser.expect("(")?;
    let operands = parser.list(operand)?;
    parser.expect(")")?;
    let given = operands.len();
    let mut operands = operands.into_iter();
    let pair = (operands.next(), operands.next());
    match name {
        "attribute_exists" | "attribute_not_exists" => {
            parser.operands(name, given, 1);
            let Some(Operand::Path(path)) = pair.0 else {
                parser.not_a_path(name);
                return Ok(Condition::Any(Vec::new()));
            };
            let exists = Condition::Exists(path);
            Ok(if name == "attribute_exists" { exists } else { Condition::Not(Box::new(exists)) })
        }
        "begins_with" => {
            parser.operands(name, given, 2);
            let (Some(text), Some(start)) = pair else { return Ok(Condition::Any(Vec::new())) };
            parser.operand_type(name, text.value(), &["S"]);
            parser.operand_type(name, start.value(), &["S"]);
            Ok(Condition::BeginsWith(text, start))
        }
        "attribute_type" | "contains" | "size" => Err(format!("the sandbox's conditions have no {name}")),
        _ => {
            parser.mistake(Mistake::Function, || format!("Invalid function name; function: {name}"));
            Ok(Condition::Any(Vec::new()))
        }
    }
}

fn comparison<'a>(parser: &mut Parser<'a, '_>) -> Result<Condition<'a>, String> {
    let left = operand(parser)?;
    if parser.take("BETWEEN") {
        let low = operand(parser)?;
        parser.expect("AND")?;
        let high = operand(parser)?;
        check_bounds(parser, &low, &high);
        return Ok(Condition::Between(left, low, high));
    }
    if parser.take("IN") {
        parser.expect("(")?;
        let values = parser.list(operand)?;
        parser.expect(")")?;
        return Ok(Condition::In(left, values));
    }
    let sign = parser.peek();
    let Some(comparator) = Comparator::named(sign) else { return Err(parser.unexpected()) };
    parser.advance();
    let right = operand(parser)?;
    if !matches!(comparator, Comparator::Equal | Comparator::NotEqual) {
        parser.operand_type(sign, left.value(), &["S", "N"]);
        parser.operand_type(sign, right.value(), &["S", "N"]);
    }
    if let (Operand::Path(one), Operand::Path(two)) = (&left, &right)
        && one == two
    {
        parser.mistake(Mistake::Operand, || {
            format!(
                "The first operand must be distinct from the remaining operands for this operator or function; \
                 operator: {sign}, first operand: {}",
                one.in_brackets()
            )
        });
    }
    Ok(Condition::Compare(left, comparator, right))
}

/// Notes bounds that no value can be between.
fn check_bounds(parser: &mut Parser<'_, '_>, low: &Operand<'_>, high: &Operand<'_>) {
    let (Some(low), Some(high)) = (low.value(), high.value()) else { return };
    let rule = match order(low, high) {
        None => "same data type for lower and upper bounds",
        Some(Ordering::Greater) => "upper bound to be greater than or equal to lower bound",
        Some(_) => return,
    };
    parser.mistake(Mistake::Operand, || {
        format!(
            "The BETWEEN operator requires {rule}; lower bound operand: {}, upper bound operand: {}",
            shown(low),
            shown(high)
        )
    });
}

/// A value as DynamoDB writes it in an error; that of anything but strings and numbers is unverified.
fn shown(value: &AttributeValue) -> String {
    let text = match value {
        AttributeValue::S(text) => text.clone(),
        AttributeValue::N(number) => number.to_string(),
        _ => String::new(),
    };
    format!("AttributeValue: {{{}:{text}}}", value.type_name())
}

fn operand<'a>(parser: &mut Parser<'a, '_>) -> Result<Operand<'a>, String> {
    match parser.value() {
        Some(value) => Ok(Operand::Value(value)),
        None => parser.path().map(Operand::Path),
    }
}
