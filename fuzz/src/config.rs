//! The operator's configuration: it means the same however it is written, and what it binds can be done.

use serde_json::{Value, json};
use setpoint::config::Config;
use setpoint::error::Error;
use setpoint::payload::Payload;
use setpoint::spelling::json::Document;

use crate::limits::{in_proportion, is_one_in, within_memory};
use crate::payload::done;
use crate::rewritten;

/// Reads the bytes as `SETPOINT_CONFIG`.
///
/// # Panics
/// What is read depends on how it is written or costs too much, or a payload is bound that is none.
pub fn config(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let config = within_memory(text, || Config::parse(text));
    let Ok(document) = Document::parse(text) else { return };
    let value = document.value().clone();
    if is_one_in(16, input) {
        in_proportion(Config::parse, |copies| many(&value, copies).to_string());
    }
    if Document::from(value.clone()) != document {
        return;
    }
    let shown = |config: &Result<Config, Error>| match config {
        Ok(config) => Ok(format!("{config:?}")),
        Err(error) => Err(error.to_string()),
    };
    let [compact, pretty, reversed] = rewritten::ways(&value).map(|text| shown(&Config::parse(&text)));
    let config = shown(&config);
    assert_eq!(compact, config, "in one line");
    assert_eq!(pretty, config, "in many lines");
    assert_eq!(reversed.ok(), config.clone().ok(), "with its members the other way round");
    if config.is_ok() {
        bound(&value).into_iter().for_each(|value| match Payload::parse(value.clone()) {
            Ok(payload) => done(&payload, value),
            Err(problems) => panic!("bound, and refused: {problems}"),
        });
    }
}

/// The payloads that a configuration binds.
fn bound(config: &Value) -> Vec<Value> {
    let members =
        |value: &Value| value.as_object().into_iter().flatten().map(|(_, value)| value.clone()).collect::<Vec<_>>();
    let of_alarms = members(&config["alarms"]).into_iter().flat_map(|states| members(&states));
    let others = ["schedules", "events"].into_iter().flat_map(|kind| members(&config[kind]));
    of_alarms.chain(others).filter(|payload| !payload.is_null()).collect()
}

/// The same with every rule and every binding so many times, under other names.
fn many(config: &Value, copies: usize) -> Value {
    let mut config = config.clone();
    if let Some(Value::Array(rules)) = config.pointer_mut("/guardrails/targets") {
        *rules = rules.iter().cycle().take(rules.len() * copies).cloned().collect();
    }
    for kind in ["alarms", "schedules", "events"] {
        if let Some(Value::Object(bindings)) = config.get_mut(kind) {
            let again = |copy: usize| move |(name, value): (&String, &Value)| (format!("{name}{copy}"), value.clone());
            let all = (0..copies).flat_map(|copy| bindings.iter().map(again(copy))).collect();
            *bindings = all;
        }
    }
    if config.is_object() { config } else { json!(vec![config; copies]) }
}
