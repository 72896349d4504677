//! Every fenced block does what its document says.
//!
//! The line before a block says what it is, in an HTML comment:
//! - `command: NAME`: the one command that CI runs as `NAME`; `commands`: shell commands;
//! - `payload: HOW` or `event: HOW`: run by itself, it ends with these outcomes, with `ignored` or with this errorType;
//!   `under NAME` puts a configuration of the same document over it, else there is none;
//! - `config: NAME`: a configuration, and each payload in it succeeds under it;
//! - `description: HOW under NAME`: an alarm's description, each state of which ends so;
//! - `answer` or `plan`, `story`: what the block above writes to standard output, and to standard error;
//! - `transcript: FILE`: the beginning of that file;
//! - `execution: NAME`: what a state machine of `deploy/step-functions` is started with; `.ci/step_functions.py` starts it;
//! - `editor`: what tells an editor of a schema there is;
//! - `diagram`: a picture for readers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::block::Block;
use crate::commands;
use crate::document::{Document, set};
use crate::setpoint::{Ran, invoke};
use crate::simulate;
use crate::support::{path, read};

#[test]
fn every_block_does_what_the_document_says() {
    let mut kinds = BTreeSet::new();
    for document in Document::all() {
        let mut configs: BTreeMap<&str, &str> = BTreeMap::new();
        let mut last: Option<Ran> = None;
        let blocks = document.blocks();
        for (index, block) in blocks.iter().enumerate() {
            let Block { place, text, .. } = block;
            let (kind, rest) = block.kind.split_once(": ").unwrap_or((&block.kind, ""));
            kinds.insert(kind.to_owned());
            let (how, name) = rest.split_once(" under ").unwrap_or((rest, ""));
            let config = || match name {
                "" => None,
                name => Some(*configs.get(name).unwrap_or_else(|| panic!("{place}: no config: {name} above"))),
            };
            let before = || last.as_ref().unwrap_or_else(|| panic!("{place}: nothing above prints a {kind}"));
            let language = match kind {
                "payload" | "event" => {
                    let ran = invoke(text, config());
                    assert_eq!(ran.how(), how, "{place}: {ran:?}");
                    if kind == "payload" {
                        assert_eq!(ran.told("event"), ["payload"], "{place}");
                    }
                    if how == "InvalidAction" {
                        assert_eq!(ran.told("call"), [""; 0], "{place}");
                    }
                    last = Some(ran);
                    "json"
                }
                "config" => {
                    // What is sent asks for nothing: the configuration is read all the same.
                    let ran = invoke("{}", Some(text));
                    assert_eq!(ran.told("config").len(), 1, "{place}: {}", ran.stderr);
                    for (key, payload) in bound(&json(block)) {
                        let mut sent = payload.clone();
                        sent["issuedAt"] = json!("{{now}}");
                        let ran = invoke(&sent.to_string(), Some(text));
                        assert_eq!(ran.status, 0, "{place}: {key}: {ran:?}");
                    }
                    assert!(configs.insert(rest, text).is_none(), "{place}: a second config: {rest}");
                    "json"
                }
                "description" => {
                    for state in json(block).as_object().unwrap().keys() {
                        let ran = invoke(&described_alarm(state, text).to_string(), config());
                        assert_eq!(ran.how(), how, "{place}: {ran:?}");
                    }
                    "json"
                }
                "answer" => {
                    same(&before().stdout, block);
                    "json"
                }
                "plan" => {
                    same(&before().stdout, block);
                    "text"
                }
                "story" => {
                    same(&before().stderr, block);
                    "text"
                }
                "command" | "commands" => {
                    let lines = text.replace("\\\n", " ");
                    if kind == "command" {
                        assert_eq!(lines.lines().count(), 1, "{place}: CI runs one command line");
                    }
                    for line in lines.lines() {
                        let Some(ran) = commands::check(line, place) else { continue };
                        let next = blocks.get(index + 1).map(|next| next.kind.as_str());
                        let explained = matches!(next, Some("answer" | "plan"));
                        assert!(ran.status != 1 || explained, "{place}: {line}: {ran:?}");
                        last = Some(ran);
                    }
                    "sh"
                }
                "transcript" => {
                    assert!(read(rest).starts_with(text), "{place}: {rest} begins in another way");
                    "text"
                }
                "editor" => {
                    for name in text.split("/schema/").skip(1).map(|rest| rest.split(['"', '\n']).next().unwrap()) {
                        assert!(path("schema").join(name).is_file(), "{place}: there is no schema/{name}");
                    }
                    if text.starts_with('#') { "yaml" } else { "json" }
                }
                // The function's own tests hold it against an event that was put.
                "change event" => {
                    json(block);
                    "json"
                }
                "execution" => {
                    json(block);
                    let definition = path("deploy/step-functions").join(format!("{rest}.asl.json"));
                    assert!(definition.is_file(), "{place}: there is no {}", definition.display());
                    if rest == "rollout" {
                        assert_eq!(simulate::rolled_out(text, "").1, "succeeded", "{place}");
                    }
                    "json"
                }
                "diagram" => "mermaid",
                kind => panic!("{place}: there is no kind of block called {kind}"),
            };
            assert_eq!(block.language, language, "{place}");
        }
    }
    let all = [
        "answer",
        "change event",
        "command",
        "commands",
        "config",
        "description",
        "diagram",
        "editor",
        "event",
        "execution",
        "payload",
        "plan",
        "story",
        "transcript",
    ];
    assert_eq!(kinds, set(all), "each kind is in use somewhere");
}

#[test]
fn the_schedule_of_the_cookbook_sends_a_payload() {
    let schedule: Value = serde_json::from_str(&read("docs/lunch-schedule.json")).unwrap();
    let ran = invoke(schedule["Target"]["Input"].as_str().unwrap(), None);
    assert_eq!((ran.told("event"), ran.how()), (vec!["payload"], "accepted".to_owned()), "{ran:?}");
}

fn same(printed: &str, block: &Block) {
    assert!(printed == block.text, "{}: this is not what is printed, which is\n{printed}", block.place);
}

fn json(block: &Block) -> Value {
    serde_json::from_str(&block.text).unwrap_or_else(|error| panic!("{}: {error}", block.place))
}

/// Every payload that a configuration binds, with its key.
fn bound(config: &Value) -> Vec<(String, &Value)> {
    let members = |value: &'static str| config[value].as_object().into_iter().flatten();
    let alarms = members("alarms").flat_map(|(name, states)| {
        let states = states.as_object().unwrap().iter();
        states.map(move |(state, payload)| (format!("alarms.{name}.{state}"), payload))
    });
    alarms.chain(members("schedules").map(|(name, payload)| (format!("schedules.{name}"), payload))).collect()
}

/// An alarm that changes to this state, as it invokes the function.
fn described_alarm(state: &str, description: &str) -> Value {
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:described",
        "time": "{{now}}",
        "alarmData": {
            "alarmName": "described",
            "state": {"value": state, "timestamp": "{{now}}"},
            "previousState": {"value": "none of them"},
            "configuration": {"description": description},
        },
    })
}
