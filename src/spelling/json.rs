//! A JSON text as a document, in which a key that comes twice is not lost.

use std::cell::{Cell, RefCell};
use std::fmt;

use deserr::ValuePointerRef as Location;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::spelling::problem::{Problem, Problems};

/// A value with the places of the keys that came twice in the text it was read from. A `Value` keeps the last of them, so
/// that a second `"guardrails": {}` would open everything without a word.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    value: Value,
    twice: Vec<Vec<Step>>,
}

/// One step of the way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

impl Step {
    /// What it takes in memory, or less.
    fn length(&self) -> usize {
        match self {
            Self::Key(key) => key.len() + size_of::<Self>(),
            Self::Index(_) => size_of::<Self>(),
        }
    }
}

/// What was made by this function itself has each key once.
impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self { value, twice: Vec::new() }
    }
}

impl Document {
    /// Reads a JSON text.
    ///
    /// # Errors
    /// What is not JSON and where, in words that repeat nothing of the text.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let mut text = serde_json::Deserializer::from_str(text);
        let document = Self::read(&mut text)?;
        text.end()?;
        Ok(document)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (twice, left) = (RefCell::default(), Cell::new(MOST_VALUES));
        let value = Place { location: Location::Origin, twice: &twice, left: &left }.deserialize(deserializer)?;
        Ok(Self { value, twice: twice.into_inner() })
    }

    /// The value, with the last of what came twice.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    pub(crate) fn into_value(self) -> Value {
        self.value
    }

    /// The value of a member, with what came twice in it; null where there is none.
    #[must_use]
    pub(crate) fn take(mut self, member: &str) -> Self {
        let value = self.value.get_mut(member).map(Value::take).unwrap_or_default();
        let within = |mut way: Vec<Step>| match way.first() {
            Some(Step::Key(first)) if first == member && way.len() > 1 => Some(way.split_off(1)),
            _ => None,
        };
        Self { value, twice: self.twice.into_iter().filter_map(within).collect() }
    }

    /// The value of a document in which every key comes once.
    ///
    /// # Errors
    /// The path of each key that comes twice.
    pub(crate) fn once(self) -> Result<Value, Problems> {
        let problem = |way: &Vec<Step>| Problem {
            path: path(way),
            message: "comes twice; write it once, since only one of the two could count".to_owned(),
        };
        Problems::check(self.twice.iter().map(problem).collect())?;
        Ok(self.value)
    }

    /// Checks that in these objects every key comes once; in their other members it does not matter. `*` stands for any
    /// element of a list.
    pub(crate) fn once_in(&self, objects: &[&str]) -> Result<(), String> {
        let is_in = |way: &[Step], object: &str| {
            let steps = object.split('/').skip(1);
            steps.clone().count() == way.len()
                && steps.zip(way).all(|(name, step)| match step {
                    Step::Key(key) => key == name,
                    Step::Index(_) => name == "*",
                })
        };
        let read = |way: &&Vec<Step>| {
            way.split_last().is_some_and(|(_, parent)| objects.iter().any(|object| is_in(parent, object)))
        };
        self.twice.iter().find(read).map_or(Ok(()), |way| Err(format!("`{}` comes twice", path(way))))
    }
}

/// What the runtime hands over: a document, or why it is none. That is never an error in deserializing, which the runtime
/// would answer by itself, under a name of its own and without a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Received(pub(crate) Result<Document, String>);

impl<'de> Deserialize<'de> for Received {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Document::read(deserializer).map_err(|error| error.to_string())))
    }
}

impl<T: Into<Document>> From<T> for Received {
    fn from(document: T) -> Self {
        Self(Ok(document.into()))
    }
}

/// `input.Items[0].Name`
fn path(way: &[Step]) -> String {
    way.iter().fold(String::new(), |path, step| match step {
        Step::Key(key) if path.is_empty() => key.clone(),
        Step::Key(key) => format!("{path}.{key}"),
        Step::Index(index) => format!("{path}[{index}]"),
    })
}

fn way(location: Location<'_>) -> Vec<Step> {
    let (mut way, step) = match location {
        Location::Origin => return Vec::new(),
        Location::Key { key, prev } => (way(*prev), Step::Key(key.to_owned())),
        Location::Index { index, prev } => (way(*prev), Step::Index(index)),
    };
    way.push(step);
    way
}

/// Where a value stands that is being read. As serde_json reads a `Value`, but for the keys.
#[derive(Clone, Copy)]
struct Place<'a> {
    location: Location<'a>,
    twice: &'a RefCell<Vec<Vec<Step>>>,
    /// How many there may yet be.
    left: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(D::Error::custom(format!("has more than {MOST_VALUES} values")));
        };
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) =
            elements.next_element_seed(Place { location: self.location.push_index(values.len()), ..self })?
        {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let location = self.location.push_key(&key);
            let value = members.next_value_seed(Place { location, ..self })?;
            if values.contains_key(&key) {
                let mut twice = self.twice.borrow_mut();
                if twice.len() == MOST_TWICE {
                    return Err(A::Error::custom(format!("more than {MOST_TWICE} keys come twice")));
                }
                twice.push(way(location));
                if twice.iter().flatten().map(Step::length).sum::<usize>() > LONGEST_WAYS {
                    return Err(A::Error::custom("keys that come twice stand too deep"));
                }
            }
            values.insert(key, value);
        }
        Ok(Value::Object(values))
    }
}

/// A document with more is not read: each takes 72 bytes and more, and may take two in the text. The largest event that
/// Lambda takes, full of the shortest actions, has no more.
const MOST_VALUES: usize = 100_000;

/// A document with more is not read: those that count may be among the others.
const MOST_TWICE: usize = 100;

/// How long the ways to them may be together: each has the keys on it anew, and a key may be as long as an event.
const LONGEST_WAYS: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> String {
        Document::parse(text).unwrap().once().unwrap_err().to_string()
    }

    #[test]
    fn a_text_is_read_as_serde_json_reads_it() {
        for text in [
            "null",
            "true",
            "-1",
            "18446744073709551615",
            "1.5e300",
            "\"\\u00e9\\n\"",
            "[]",
            "{}",
            " [1, {\"b\": [], \"a\": null}] ",
            "",
            "{",
            "1 2",
            "1e999",
            "\"\\ud800\"",
            "[1,]",
            "nul",
            &"[".repeat(127),
            &format!("{}1{}", "[".repeat(126), "]".repeat(126)),
        ] {
            let (ours, theirs) = (Document::parse(text), serde_json::from_str::<Value>(text));
            match (ours, theirs) {
                (Ok(document), Ok(value)) => assert_eq!(document.once().unwrap().to_string(), value.to_string()),
                (Err(ours), Err(theirs)) => assert_eq!(ours.to_string(), theirs.to_string()),
                (ours, theirs) => panic!("{text}: {ours:?}, but {theirs:?}"),
            }
        }
    }

    #[test]
    fn a_key_that_comes_twice_is_named_with_its_path() {
        let comes_twice = "comes twice; write it once, since only one of the two could count";
        assert_eq!(problems(r#"{"a": 1, "a": 1}"#), format!("a: {comes_twice}"));
        assert_eq!(problems(r#"{"a": [0, {"b": {"c": 1, "c": {}}}]}"#), format!("a[1].b.c: {comes_twice}"));
        assert_eq!(problems(r#"{"a": 1, "\u0061": 1}"#), format!("a: {comes_twice}"));
        assert!(Document::parse(r#"{"a": {"b": 1}, "b": {"a": 1}, "A": 1}"#).unwrap().once().is_ok());
    }

    #[test]
    fn a_part_has_what_comes_twice_in_it_and_nothing_else() {
        let document =
            || Document::parse(r#"{"a": {"x": 1, "x": 2}, "b": {"y": {"z": 1, "z": 2}}, "b": {"y": 1}}"#).unwrap();
        assert!(document().take("a").once().is_err());
        assert!(document().take("c").once().is_ok());
        assert_eq!(document().once_in(&["", "/a/x"]), Err("`b` comes twice".to_owned()));
        assert_eq!(document().once_in(&["/a", "/b"]), Err("`a.x` comes twice".to_owned()));
        assert_eq!(document().once_in(&["/b", "/c"]), Ok(()));
        assert!(Document::parse(r#"{"a": 1, "a": 2}"#).unwrap().take("a").once().is_ok());
        let list = Document::parse(r#"{"a": [{}, {"x": 1, "x": 2}]}"#).unwrap();
        assert_eq!(list.once_in(&["/a/*"]), Err("`a[1].x` comes twice".to_owned()));
    }

    #[test]
    fn a_hundred_thousand_values_are_read_and_no_more() {
        let list = |elements: usize| Document::parse(&serde_json::json!(vec![0; elements]).to_string());
        assert!(list(MOST_VALUES - 1).is_ok());
        assert!(list(MOST_VALUES).unwrap_err().to_string().starts_with("has more than 100000 values"));
    }

    #[test]
    fn a_document_in_which_very_many_keys_come_twice_is_not_read() {
        let text = format!("{{{}\"a\": 1}}", "\"a\": 1, ".repeat(200));
        assert!(Document::parse(&text).unwrap_err().to_string().starts_with("more than 100 keys come twice"));
    }

    /// A hundred times a key of a hundred kilobytes is ten megabytes.
    #[test]
    fn a_document_in_which_keys_come_twice_under_long_names_is_not_read() {
        let twice = |name: &str| format!("{{\"{name}\": {{{}\"a\": 1}}}}", "\"a\": 1, ".repeat(50));
        let refused = Document::parse(&twice(&"n".repeat(10_000))).unwrap_err().to_string();
        assert!(refused.starts_with("keys that come twice stand too deep"), "{refused}");
        assert!(Document::parse(&twice(&"n".repeat(1000))).is_ok());
    }
}
