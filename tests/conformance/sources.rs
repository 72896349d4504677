//! Every action from every event source: the same conversation with AWS, whatever carries the payload.

use serde_json::{Value, json};
use setpoint::action::About;
use setpoint::actions::ALL;

use super::registry::{SOURCES, actions_of, full_name};
use super::tables::{Table, anything, in_code, requests};
use crate::support::{World, event, events, sns, with};

pub(super) async fn table() -> Table {
    let mut table = Table::new(["action, by source"].into_iter().chain(SOURCES));
    for about in ALL {
        let mut row = vec![in_code(about.name)];
        let payload = &requests(about)[0];
        let (_, expected) = handled(about, "nothing", payload.clone(), json!({})).await;
        for source in SOURCES {
            let (carried, bound) = carried(source, payload);
            let (outcome, calls) = handled(about, source, carried, bound).await;
            assert_eq!(calls, expected, "{}, carried by {source}, says something else to AWS", about.name);
            row.push(match example(about, source) {
                Some(file) => format!("[{outcome}](../events/{file})"),
                None => outcome,
            });
        }
        table.rows.push(row);
    }
    table
}

/// The outcome, and what was said to AWS, but for the token in which a purchase has the event's own id.
async fn handled(about: &About, carrier: &str, event: Value, config: Value) -> (String, Vec<String>) {
    let world = World::configured(with(config, json!({"guardrails": {"targets": [anything()]}}))).await;
    let report = world.report(event).await;
    let told = format!("{}, carried by {carrier}, comes to {:?}", about.name, report.answer);
    let [decision] = report.decisions.as_slice() else { panic!("{told}") };
    let written = world.sandbox.transcript().iter().filter(|call| call.operation == about.write()).count();
    assert_eq!((decision.outcome_name(), written), ("accepted", 1), "{told}");
    (decision.outcome_name().to_owned(), world.calls().iter().map(|call| without_token(call)).collect())
}

fn without_token(call: &str) -> String {
    match call.split_once("\"clientRequestToken\":\"") {
        Some((before, token)) => format!("{before}{}", token.split_once("\",").unwrap().1),
        None => call.to_owned(),
    }
}

/// The event by which a source brings a payload, and the configuration in which it is bound where the event cannot hold one.
fn carried(source: &str, payload: &Value) -> (Value, Value) {
    let whole = |event: Value| (event, json!({}));
    let alarm = |file: &str| (event(file), json!({"alarms": {"support-bot-*": {"ALARM": payload}}}));
    match source {
        "schedule" | "direct" => whole(payload.clone()),
        "rule" => (event("bedrock-swap-model.rule.json"), json!({"schedules": {"support-bot-release": payload}})),
        "eventbridge" => whole(with(event("bedrock-swap-model.eventbridge.json"), json!({"detail": payload}))),
        "sns" => whole(sns("2026-11-20T22:00:00Z", payload)),
        "sqs" => {
            let mut messages = event("bedrock-swap-model.sqs.json");
            messages["Records"][0]["body"] = json!(payload.to_string());
            whole(messages)
        }
        "alarm-sns" => alarm("bedrock-swap-model.alarm-sns.json"),
        "alarm-eventbridge" => alarm("bedrock-swap-model.alarm-eventbridge.json"),
        "alarm-direct" => alarm("bedrock-swap-model.alarm-direct.json"),
        "destination" => {
            whole(with(event("lambda-provisioned-concurrency.destination.json"), json!({"requestPayload": payload})))
        }
        other => panic!("say here how {other} brings a payload"),
    }
}

/// An example event that brings the action from the source.
fn example(about: &About, source: &str) -> Option<String> {
    let is_of = |name: &String| {
        name.ends_with(&format!(".{source}.json"))
            && !name.starts_with("batch-")
            && actions_of(name).iter().any(|action| full_name(action) == about.name)
    };
    events().into_iter().map(|(name, _)| name).find(is_of)
}
