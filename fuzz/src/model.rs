//! What AWS's own service models say of the requests that the function sends.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::Regex;
use serde_json::{Map, Value};

/// A request as it went out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    /// `GET`, `PUT` …
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// The `x-amz-target` of a JSON protocol.
    pub(crate) target: Option<String>,
    /// The body.
    pub(crate) body: String,
}

/// An operation called, and its input as a document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    /// Such as `sagemaker:DescribeEndpoint`.
    pub(crate) operation: &'static str,
    /// Every member that was sent, wherever in the request.
    pub(crate) input: Value,
}

/// By `service:Operation`.
fn operations() -> &'static Map<String, Value> {
    static MODEL: OnceLock<Value> = OnceLock::new();
    let model = MODEL.get_or_init(|| match serde_json::from_str(include_str!("../model.json")) {
        Ok(model) => model,
        Err(error) => unreachable!("model.json is written by model.py: {error}"),
    });
    object(&model["operations"])
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap_or_else(|| unreachable!("the model has an object here"))
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// What is called by a request. Whatever was sent that no operation has is an error.
///
/// # Errors
/// What is no call of any operation of the model.
pub(crate) fn read(sent: &Sent) -> Result<Call, String> {
    let (path, query) = sent.path.split_once('?').unwrap_or((&sent.path, ""));
    if let Some(target) = &sent.target {
        let name = target.rsplit('.').next().unwrap_or_default();
        let service = if target.starts_with("AnyScale") { "application-autoscaling" } else { "sagemaker" };
        let operation = named(&format!("{service}:{name}")).ok_or_else(|| format!("{target} is not in the model"))?;
        let input = serde_json::from_str(&sent.body).map_err(|error| format!("{target}: {error}"))?;
        return Ok(Call { operation, input });
    }
    if sent.method == "POST" && path == "/" {
        let form = pairs(&sent.body);
        let operation = form.get("Action").and_then(|action| named(&format!("sts:{action}")));
        let operation = operation.ok_or_else(|| format!("no action in {}", sent.body))?;
        let members = form.into_iter().filter(|(name, _)| name != "Action" && name != "Version");
        let number = |name: &str, value: String| match (name, value.parse::<i64>()) {
            ("DurationSeconds", Ok(number)) => Value::from(number),
            _ => Value::from(value),
        };
        return Ok(Call {
            operation,
            input: members.map(|(name, value)| (name.clone(), number(&name, value))).collect(),
        });
    }
    for (operation, model) in operations() {
        let Some(labels) = matched(text(model, "uri"), path).filter(|_| text(model, "method") == sent.method) else {
            continue;
        };
        let mut input = match sent.body.as_str() {
            "" => Map::new(),
            body => match serde_json::from_str(body) {
                Ok(Value::Object(members)) => members,
                _ => return Err(format!("{operation}: the body is no object: {body}")),
            },
        };
        input.extend(labels.into_iter().map(|(name, value)| (name, Value::from(value))));
        input.extend(pairs(query).into_iter().map(|(name, value)| (name, Value::from(value))));
        return Ok(Call { operation, input: Value::Object(input) });
    }
    Err(format!("{} {} is no operation of the model", sent.method, sent.path))
}

fn named(operation: &str) -> Option<&'static str> {
    operations().get_key_value(operation).map(|(name, _)| name.as_str())
}

/// The labels of a path that a template such as `/functions/{FunctionName}/x` matches.
fn matched(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    (template.len() == path.len()).then_some(())?;
    let mut labels = Vec::new();
    for (piece, part) in template.into_iter().zip(path) {
        match piece.strip_prefix('{').and_then(|piece| piece.strip_suffix('}')) {
            Some(label) => labels.push((label.to_owned(), decoded(part))),
            None if piece == part => {}
            None => return None,
        }
    }
    Some(labels)
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// Without its percent signs.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(if first == b'+' { b' ' } else { first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Holds a call's input against the model.
///
/// # Errors
/// The first member that the model does not allow, and why.
pub(crate) fn check(call: &Call) -> Result<(), String> {
    let model = &operations()[call.operation];
    fits(&model["input"], &call.input, "input").map_err(|why| format!("{}: {why}", call.operation))
}

/// The members that an operation answers with.
#[must_use]
pub(crate) fn answered_by(operation: &str) -> Vec<&'static str> {
    let members = operations().get(operation).and_then(|model| model["output"].as_array());
    members.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The members of an operation's input, with their shapes.
#[must_use]
pub(crate) fn members_of(operation: &str) -> Option<&'static Map<String, Value>> {
    operations().get(operation).and_then(|model| model["input"]["members"].as_object())
}

fn fits(shape: &Value, value: &Value, path: &str) -> Result<(), String> {
    let within = |size: f64, what: &str| {
        let (min, max) = (shape["min"].as_f64(), shape["max"].as_f64());
        match (min, max) {
            (Some(min), _) if size < min => Err(format!("{path} has {what} {size}, below {min}")),
            (_, Some(max)) if size > max => Err(format!("{path} has {what} {size}, above {max}")),
            _ => Ok(()),
        }
    };
    match (text(shape, "type"), value) {
        ("structure", Value::Object(members)) => {
            let known = object(&shape["members"]);
            for required in shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !members.contains_key(required) {
                    return Err(format!("{path} lacks {required}"));
                }
            }
            for (name, value) in members {
                let shape = known.iter().find(|(own, shape)| *own == name || text(shape, "name") == name);
                let (_, shape) = shape.ok_or_else(|| format!("{path} has no {name}"))?;
                fits(shape, value, &format!("{path}.{name}"))?;
            }
            Ok(())
        }
        ("list", Value::Array(elements)) => {
            within(elements.len() as f64, "length")?;
            elements.iter().try_for_each(|element| fits(&shape["member"], element, &format!("{path}[]")))
        }
        ("string", Value::String(written)) => {
            within(written.chars().count() as f64, "length")?;
            if let Some(pattern) = shape["pattern"].as_str().filter(|pattern| !is_match(pattern, written)) {
                return Err(format!("{path} is {written:?}, which {pattern} does not match"));
            }
            match shape["enum"].as_array() {
                Some(known) if !known.contains(value) => Err(format!("{path} is {written:?}, which is not known")),
                _ => Ok(()),
            }
        }
        ("integer", Value::Number(number)) => {
            let number = number.as_i64().filter(|number| i32::try_from(*number).is_ok());
            number.ok_or_else(|| format!("{path} is {value}")).and_then(|number| within(number as f64, "value"))
        }
        ("float", Value::Number(number)) => {
            let number = number.as_f64().filter(|number| (*number as f32).is_finite());
            number.ok_or_else(|| format!("{path} is {value}")).and_then(|number| within(number, "value"))
        }
        (kind, value) => Err(format!("{path} is {value}, and not a {kind}")),
    }
}

/// All of the text, as the services hold it against their patterns.
fn is_match(pattern: &str, text: &str) -> bool {
    thread_local! {
        static KNOWN: std::cell::RefCell<BTreeMap<String, Regex>> = const { std::cell::RefCell::new(BTreeMap::new()) };
    }
    KNOWN.with_borrow_mut(|known| {
        let compiled = || match Regex::new(&format!(r"\A(?:{pattern})\z")) {
            Ok(regex) => regex,
            Err(error) => unreachable!("{error}"),
        };
        known.entry(pattern.to_owned()).or_insert_with(compiled).is_match(text)
    })
}

/// The first operation whose name is so.
pub(crate) fn operation(is: impl Fn(&str) -> bool) -> Option<&'static str> {
    operations().keys().map(String::as_str).find(|name| is(name))
}
