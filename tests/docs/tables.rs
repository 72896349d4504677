//! The README's tables say what there is.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use setpoint::actions::ALL;
use setpoint::outcome::Decision;
use setpoint::payload::{Payload, Settings};
use setpoint_sandbox::Seed;

use super::document::{Document, code, set};
use super::texts_in;
use crate::support::{CLOCK_SKEW, Config, World, event, events, events_config, now, path};

/// The names in the sentence that answers an unknown one.
pub(crate) fn valid_here(message: &str) -> BTreeSet<String> {
    let (_, names) = message.split_once("valid here: ").unwrap_or_else(|| panic!("{message}"));
    set(code(names))
}

/// Nothing is near this name.
pub(crate) const UNKNOWN: &str = "qqqqqqqqqqqqqqqqqqqqqqqq";

#[test]
fn the_table_of_members_is_what_a_payload_has() {
    let payload = |member: &str, value: &str| {
        let mut payload = json!({"action": "lambda:DeleteProvisionedConcurrencyConfig",
            "input": {"FunctionName": "checkout", "Qualifier": "live"}});
        payload[member] = json!(value);
        Payload::parse(payload).unwrap_err().to_string()
    };
    let readme = Document::readme();
    let rows = readme.table("member");
    assert_eq!(set(rows.iter().map(|row| code(&row[0])[0])), valid_here(&payload(UNKNOWN, "")));
    let settings = Settings::default();
    let defaults = [
        ("onBusy", format!("{:?}", settings.on_busy)),
        ("waitFor", format!("{:?}", settings.wait_for)),
        ("mode", format!("{:?}", settings.mode)),
    ];
    for (member, default) in defaults {
        let row = rows.iter().find(|row| code(&row[0]) == [member]).unwrap();
        assert_eq!(set(code(&row[1])), valid_here(&payload(member, UNKNOWN)), "{member}");
        assert_eq!(code(&row[2]), [default.to_lowercase()], "{member}");
    }
}

#[tokio::test]
async fn the_table_of_actions_is_the_registry() {
    let readme = Document::readme();
    let rows = readme.table("action");
    let listed: Vec<[String; 2]> = rows.iter().map(|row| [0, 1].map(|cell| code(&row[cell])[0].to_owned())).collect();
    let (listed, registered): (BTreeSet<_>, BTreeSet<_>) =
        (listed.into_iter().collect(), ALL.iter().map(|action| [action.name.to_owned(), action.boto3()]).collect());
    assert_eq!(listed, registered);
    let mut decisions = Vec::new();
    for (_, event) in events() {
        decisions.extend(World::configured(events_config()).await.report(event).await.decisions);
    }
    for row in rows {
        let action = code(&row[0])[0];
        let about = ALL.iter().find(|about| about.name == action).unwrap();
        assert_eq!(code(&row[3]), [about.target.to_string()], "{action}");
        let mut of_action = decisions.iter().filter(|decision| decision.action == action).peekable();
        let is_so = |decision: &&Decision| about.target.meets(&decision.target);
        assert!(of_action.peek().is_some_and(is_so), "{action}");
        for decision in of_action {
            let output = &decision.result.as_ref().unwrap().output;
            if output.get("plan").is_some() {
                continue;
            }
            let members = set(output.as_object().unwrap().keys().map(String::as_str));
            let mut listed = set(code(&row[4]));
            listed.remove("{}");
            listed.remove("StatusReason");
            assert_eq!(members, listed, "{action}");
        }
    }
}

#[tokio::test]
async fn the_table_of_targets_is_what_they_come_to() {
    for row in Document::readme().table("count") {
        for (cell, at) in row[2..].iter().zip([2, 5, 8]) {
            let mut seed = Seed::example();
            seed.home().endpoints.get_mut("recsys").unwrap().variants[0].current.instance_count = Some(at);
            let count: Value = serde_json::from_str(code(&row[0])[0]).unwrap();
            let payload = json!({"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "mode": "plan",
                "issuedAt": now(), "input": {"EndpointName": "recsys",
                    "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]}});
            let plan = World::with(seed, json!({})).await.answer(payload).await;
            let to = plan["plan"]["changes"][0]["to"].as_i64().unwrap_or(at.into());
            assert_eq!(cell, &to.to_string(), "{} at {at}", row[0]);
        }
    }
}

#[test]
fn the_text_says_how_far_clocks_may_lie_apart() {
    let prose = Document::readme().prose();
    let seconds = format!("{} seconds", CLOCK_SKEW.num_seconds());
    assert_eq!(prose.replace('\n', " ").matches(&seconds).count(), 2);
}

#[tokio::test]
async fn the_table_of_events_says_how_each_is_recognised() {
    let mut sources = BTreeSet::new();
    for row in Document::readme().table("event") {
        let via = code(&row[1])[0];
        let name = code(&row[2])[0];
        let report = World::configured(events_config()).await.report(event(name)).await;
        assert_eq!(report.via, [via], "{name}");
        assert!(report.answer.is_ok(), "{name}: {:?}", report.answer);
        sources.extend(via.split(" > ").map(str::to_owned));
    }
    let mut registered = BTreeSet::new();
    for file in std::fs::read_dir(path("src/event")).unwrap() {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let sources = source.split("Source = Source {").skip(1).map(|rest| rest.split_once("name: \"").unwrap().1);
        let names = sources.map(|rest| rest.split_once('"').unwrap().0.to_owned());
        registered.extend(names);
    }
    assert_eq!(sources, registered);
}

#[test]
fn the_table_of_outcomes_has_every_one() {
    let readme = Document::readme();
    let listed = set(readme.table("outcome").iter().map(|row| code(&row[0])[0]));
    let mut named = texts_in("src/outcome.rs", "fn name(");
    named.extend(["failed", "ignored"].map(str::to_owned));
    assert_eq!(listed, named);
}

#[test]
fn the_table_of_the_configuration_has_every_key() {
    let keys = |document: &str| valid_here(&Config::parse(document).unwrap_err().to_string());
    let mut expected = BTreeSet::new();
    for key in keys(&format!(r#"{{"{UNKNOWN}": 1}}"#)) {
        match key.as_str() {
            "guardrails" | "alarms" | "roles" | "timetables" => {}
            "schedules" | "events" => drop(expected.insert(format!("{key}.NAME"))),
            _ => drop(expected.insert(key)),
        }
    }
    for key in keys(&format!(r#"{{"guardrails": {{"{UNKNOWN}": 1}}}}"#)) {
        if key != "targets" {
            expected.insert(format!("guardrails.{key}"));
        }
    }
    for key in keys(&format!(r#"{{"guardrails": {{"targets": [{{"target": "*", "{UNKNOWN}": 1}}]}}}}"#)) {
        expected.insert(format!("guardrails.targets[].{key}"));
    }
    for key in keys(&format!(r#"{{"alarms": {{"a": {{"{UNKNOWN}": {{}}}}}}}}"#)) {
        expected.insert(format!("alarms.NAME.{key}"));
    }
    for key in keys(&format!(r#"{{"roles": {{"r": {{"arn": "arn:aws:iam::123456789012:role/r", "{UNKNOWN}": 1}}}}}}"#))
    {
        expected.insert(format!("roles.NAME.{key}"));
    }
    for key in keys(&format!(r#"{{"timetables": {{"t": {{"zone": "UTC", "periods": [], "{UNKNOWN}": 1}}}}}}"#)) {
        if key != "periods" {
            expected.insert(format!("timetables.NAME.{key}"));
        }
    }
    let removal =
        r#"{"action": "lambda:DeleteProvisionedConcurrencyConfig", "input": {"FunctionName": "f", "Qualifier": "1"}}"#;
    let period = format!(r#"{{"name": "p", "do": {removal}, "{UNKNOWN}": 1}}"#);
    for key in keys(&format!(r#"{{"timetables": {{"t": {{"zone": "UTC", "periods": [{period}]}}}}}}"#)) {
        expected.insert(format!("timetables.NAME.periods[].{key}"));
    }
    let readme = Document::readme();
    let rows = readme.table("key");
    assert_eq!(set(rows.iter().map(|row| code(&row[0])[0])), expected);

    let row = |key: &str| rows.iter().find(|row| code(&row[0]) == [key]).unwrap();
    let default = format!(r#"{{"maxEventAge": "{}"}}"#, code(&row("maxEventAge")[2])[0]);
    assert_eq!(Config::default().max_event_age(), Config::parse(&default).unwrap().max_event_age());
}
