//! Payloads: what is accepted is what AWS's model allows, is done once, and can be printed as a command that does the same.

use serde_json::{Map, Value, json};
use setpoint::payload::Payload;
use setpoint::spelling::json::Document;

use crate::aws::World;
use crate::command;
use crate::function::{self, Function, Way};
use crate::limits::{in_proportion, is_one_in, within_memory};
use crate::model;
use crate::rewritten;

/// Reads the bytes as a payload, and does what it asks for.
///
/// # Panics
/// What is read depends on how it is written, costs too much, is not done, or is not what AWS's model allows.
pub fn payload(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let read = |text: &str| Document::parse(text).map_err(|error| error.to_string()).map(Payload::parse);
    let Ok(requests) = within_memory(text, || read(text)) else { return };
    let Ok(document) = Document::parse(text) else { return };
    let value = document.value().clone();
    if is_one_in(16, input) && value.get("actions").is_none() {
        in_proportion(read, |copies| json!({"actions": vec![&value; copies]}).to_string());
    }
    if Document::from(value.clone()) != document {
        return;
    }
    let [compact, pretty, reversed] = rewritten::ways(&value).map(|text| read(&text));
    assert_eq!(compact.as_ref(), Ok(&requests), "in one line");
    assert_eq!(pretty.as_ref(), Ok(&requests), "in many lines");
    assert_eq!(reversed.map(|read| read.ok()), Ok(requests.clone().ok()), "with its members the other way round");
    if let Ok(payload) = requests {
        done(&payload, value);
    }
}

/// Does what an accepted payload asks for, where everything that it names exists.
///
/// # Panics
/// Something goes wrong that is no contradiction in the payload; what is sent is not what AWS's model allows; when it is
/// done there is something left to do; or the command that is printed for it does something else.
pub(crate) fn done(payload: &Payload, mut value: Value) {
    date(&mut value);
    let world = World::of(variants(&value));
    Function::with(|function| {
        function.aws.be(world.clone());
        let report = function.handle(Way::Acting, value.clone().into());
        for error in function::errors(&report) {
            assert!(CONTRADICTIONS.contains(&error.error_type()), "{}: {error}", error.error_type());
        }
        let calls = function.calls();
        let [request] = payload.requests() else { return };
        let is_done = report.answer.is_ok() && calls.iter().any(function::writes);
        if is_done && request.action.relative_member().is_none() {
            let left = function.handle(Way::Planning, value.clone().into());
            assert_eq!(changes(&left), Some(json!([])), "left when it was done: {:?}", left.answer);
        }
        function.aws.be(world);
        let planned = function.handle(Way::Planning, value.into());
        drop(function.calls());
        let plan = function::output(&planned).and_then(|answer| answer.get("plan")).cloned().unwrap_or_default();
        if let Some(line) = plan["wouldCall"].as_str() {
            let (call, region) = command::read(line).unwrap_or_else(|why| panic!("{line}: {why}"));
            model::check(&call).unwrap_or_else(|why| panic!("{line}: {why}"));
            let event =
                json!({"action": call.operation, "input": call.input, "region": region, "issuedAt": function::NOW});
            let again = function.handle(Way::Planning, event.into());
            drop(function.calls());
            let again = changes(&again).unwrap_or_else(|| panic!("{line}: {:?}", again.answer));
            let changed = plain(&plan["changes"]);
            // What goes along in one object of the request is asked for by itself in the command, and is so already.
            assert_eq!(plain(&again), changed, "by {line}");
        }
    });
}

/// What an accepted payload can still be refused for: what it contradicts in itself, or in what there is.
const CONTRADICTIONS: [&str; 3] = ["InvalidAction", "InvalidEvent", "ActionsFailed"];

fn changes(report: &setpoint::handler::Report) -> Option<Value> {
    Some(function::output(report)?.get("plan")?.get("changes")?.clone())
}

/// Without how they were asked for.
fn plain(changes: &Value) -> Value {
    let plain = |change: &Value| json!({"field": change["field"], "from": change["from"], "to": change["to"]});
    changes.as_array().into_iter().flatten().map(plain).collect()
}

/// Lets it be from now: what is too old is another matter.
fn date(payload: &mut Value) {
    let actions = payload.get_mut("actions").and_then(Value::as_array_mut);
    for action in actions.into_iter().flatten().filter_map(Value::as_object_mut) {
        action.shift_remove("issuedAt");
    }
    if let Some(members) = payload.as_object_mut() {
        members.insert("issuedAt".to_owned(), json!(function::NOW));
    }
}

/// The variants that a payload names, as what it asks of them.
fn variants(value: &Value) -> std::collections::BTreeMap<String, bool> {
    let mut found = std::collections::BTreeMap::new();
    let mut look = vec![value];
    while let Some(value) = look.pop() {
        match value {
            Value::Object(members) => {
                if let Some(name) = members.get("VariantName").and_then(Value::as_str) {
                    found.insert(name.to_owned(), is_serverless(members));
                }
                look.extend(members.values());
            }
            Value::Array(elements) => look.extend(elements),
            _ => {}
        }
    }
    found
}

fn is_serverless(variant: &Map<String, Value>) -> bool {
    variant.get("ServerlessUpdateConfig").is_some_and(|config| !config.is_null())
}
