//! Payloads and configurations: what the function itself would say of them, with its place in the file.

use chrono::{DateTime, Utc};
use serde_json::Value;
use setpoint::config::Config;
use setpoint::error::Cause;
use setpoint::payload::Payload;
use setpoint::spelling::json::Document;
use setpoint::spelling::problem::{Problem, Problems};

use crate::lint::checks;
use crate::lint::declared::Declared;
use crate::lint::finding::Finding;
use crate::lint::node::{Content, Node};
use crate::lint::{template, terraform};

/// What a template, a plan or a state declares; `None` for any other file.
pub(crate) fn declared(root: &Node) -> Option<Declared> {
    match is_template(root) {
        true => Some(template::declared(root)),
        false => terraform::is_one(root).then(|| terraform::declared(root)),
    }
}

fn is_template(root: &Node) -> bool {
    root.get("Resources").is_some_and(|resources| matches!(resources.content, Content::Map(_)))
}

/// Findings about a file, by what it is; schedules are looked at from `now` on.
pub(crate) fn check(root: &Node, now: DateTime<Utc>) -> Vec<Finding> {
    if is_template(root) {
        return checks::check(&template::declared(root), now);
    }
    if terraform::is_one(root) {
        return terraform::check(root, now);
    }
    let is_payload = ["action", "input", "actions", "follow"].iter().any(|member| root.get(member).is_some());
    if is_payload {
        return payload(root).err().unwrap_or_default();
    }
    let Err(problems) = read_config(root) else { return Vec::new() };
    let is_foreign = |problem: &Problem| {
        problem.message.starts_with("there is no such member") && root.member(&problem.path).is_some()
    };
    let foreign = problems.as_slice().iter().filter(|problem| is_foreign(problem)).count();
    match root.members() {
        [first, ..] if foreign == root.members().len() => {
            let sentence = "is neither a payload, a configuration nor a template; a payload has `action` and `input`, `actions` or \
                            `follow`, and what an event would do is shown by `cargo setpoint plan`";
            vec![Finding::error("unknown-document", sentence.to_owned(), first.key_span.clone())]
        }
        _ => findings("configuration", root, &problems),
    }
}

/// A payload, or what is wrong with it.
pub(crate) fn payload(node: &Node) -> Result<Payload, Vec<Finding>> {
    let document = Document::parse(&node.to_json()).unwrap_or_else(|_| Value::Null.into());
    Payload::parse(document).map_err(|problems| findings("payload", node, &problems))
}

/// A configuration, or what is wrong with it.
pub(crate) fn config(node: &Node) -> Result<Config, Vec<Finding>> {
    read_config(node).map_err(|problems| findings("configuration", node, &problems))
}

fn read_config(node: &Node) -> Result<Config, Problems> {
    Config::parse(&node.to_json()).map_err(|error| match *error.cause {
        Cause::InvalidConfiguration(problems) => problems,
        _ => unreachable!("a configuration is refused as one"),
    })
}

fn findings(code: &'static str, node: &Node, problems: &Problems) -> Vec<Finding> {
    let located = problems.as_slice().iter().filter_map(|Problem { path, message }| {
        let place = node.place(path);
        let sentence = if path.is_empty() { message.clone() } else { format!("{path}: {message}") };
        // What stands in for what only a deployment knows is not what will be there.
        place.known.then(|| Finding::error(code, sentence, place.span))
    });
    located.collect()
}
