//! YAML as the JSON that it stands for.

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Value};

/// The one value in a text. What JSON has no word for is refused: tags, anchors, keys that come twice.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let mut events = Events { parser: Parser::new_from_str(text), depth: 0 };
    loop {
        match events.next()? {
            Event::StreamStart | Event::DocumentStart(_) => {}
            Event::StreamEnd => return Err("is empty".to_owned()),
            first => {
                let value = events.value(first)?;
                return match events.next()? {
                    Event::DocumentEnd => Ok(value),
                    _ => Err("holds more than one value".to_owned()),
                };
            }
        }
    }
}

struct Events<'a> {
    parser: Parser<'a, StrInput<'a>>,
    depth: usize,
}

/// As deep as JSON is read.
const DEEPEST: usize = 128;

impl<'a> Events<'a> {
    fn next(&mut self) -> Result<Event<'a>, String> {
        match self.parser.next() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => Err(format!("is not YAML: {error}")),
            None => Ok(Event::StreamEnd),
        }
    }

    fn value(&mut self, first: Event<'a>) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("is deeper than {DEEPEST} levels"));
        }
        let value = match first {
            Event::Scalar(text, style, 0, None) => scalar(&text, style),
            Event::SequenceStart(0, None) => {
                let mut elements = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break Value::Array(elements),
                        element => elements.push(self.value(element)?),
                    }
                }
            }
            Event::MappingStart(0, None) => {
                let mut members = Map::new();
                loop {
                    let key = match self.next()? {
                        Event::MappingEnd => break Value::Object(members),
                        Event::Scalar(key, _, 0, None) => key.into_owned(),
                        _ => return Err("has a key that is no plain text".to_owned()),
                    };
                    let first = self.next()?;
                    let value = self.value(first)?;
                    if members.contains_key(&key) {
                        return Err(format!("has a key that comes twice: {key}"));
                    }
                    members.insert(key, value);
                }
            }
            _ => return Err("has a tag, an anchor or an alias, which no event has".to_owned()),
        };
        self.depth -= 1;
        Ok(value)
    }
}

/// YAML's core schema, as far as JSON has a word for it.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    match (style, text) {
        (ScalarStyle::Plain, "" | "~" | "null" | "Null" | "NULL") => Value::Null,
        (ScalarStyle::Plain, "true" | "True" | "TRUE") => Value::Bool(true),
        (ScalarStyle::Plain, "false" | "False" | "FALSE") => Value::Bool(false),
        (ScalarStyle::Plain, text) => match text.parse() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::String(text.to_owned()),
        },
        (_, text) => Value::String(text.to_owned()),
    }
}
