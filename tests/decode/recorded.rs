//! Every recorded event, decoded: one snapshot for each folder, one block for each file.

use std::collections::BTreeSet;
use std::fmt::Write;

use chrono::SecondsFormat;
use serde_json::Value;
use setpoint::config::Config;
use setpoint::error::{Cause, Error};
use setpoint::event::{Content, Delivery, Event, Issued, decode};
use setpoint::payload::{Mode, OnBusy, Payload, Request, RoleName, WaitFor};
use setpoint::spelling::json::Document;

use crate::support;

/// The folders of recorded events; each has its own test below, and its own snapshot.
const FOLDERS: [&str; 10] = [
    "alarm-direct",
    "alarm-eventbridge",
    "alarm-sns",
    "destination",
    "direct",
    "eventbridge",
    "scheduled",
    "sns",
    "sqs",
    "unsupported",
];

#[test]
fn alarms_that_invoke_the_function_themselves() {
    check_recorded("alarm-direct");
}

#[test]
fn alarms_over_eventbridge() {
    check_recorded("alarm-eventbridge");
}

#[test]
fn alarms_over_sns() {
    check_recorded("alarm-sns");
}

#[test]
fn failure_destination_records() {
    check_recorded("destination");
}

#[test]
fn direct_invocations() {
    check_recorded("direct");
}

#[test]
fn eventbridge_events() {
    check_recorded("eventbridge");
}

#[test]
fn schedules_and_scheduled_rules() {
    check_recorded("scheduled");
}

#[test]
fn sns_notifications() {
    check_recorded("sns");
}

#[test]
fn sqs_messages() {
    check_recorded("sqs");
}

#[test]
fn events_of_other_sources() {
    check_recorded("unsupported");
}

/// The example events with the configuration that goes with them: no alarm and no rule among them is unbound.
#[test]
fn example_events() {
    let config = Config::parse(&support::events_config().to_string()).unwrap();
    let blocks = support::events().into_iter().map(|(name, event)| {
        let block = block(&name, event.clone());
        assert!(!block.contains("Invalid"), "an example event is refused: {block}");
        block + &bindings(&config, &event)
    });
    check("events", blocks.collect());
}

#[test]
fn no_folder_of_recorded_events_is_without_a_snapshot() {
    let folders: BTreeSet<String> = entries("tests/fixtures").into_iter().collect();
    assert_eq!(folders, FOLDERS.map(str::to_owned).into());
    let snapshots: BTreeSet<String> = entries("tests/decode/snapshots").into_iter().collect();
    let expected = FOLDERS.iter().chain(&["events"]).map(|folder| format!("{folder}.snap"));
    assert_eq!(snapshots, expected.collect());
}

/// Every recorded event and every example event, for tests that turn them into others.
pub(super) fn all() -> Vec<(String, Value)> {
    let recorded = FOLDERS.iter().flat_map(|folder| {
        let files = entries(&format!("tests/fixtures/{folder}")).into_iter();
        files.map(move |file| (format!("{folder}/{file}"), recorded(folder, &file)))
    });
    recorded.chain(support::events()).collect()
}

fn check_recorded(folder: &str) {
    let files = entries(&format!("tests/fixtures/{folder}"));
    check(folder, files.iter().map(|file| block(file, document(folder, file))).collect());
}

fn check(folder: &str, blocks: Vec<String>) {
    let text = format!("{} files\n\n{}", blocks.len(), blocks.concat());
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(folder, text));
}

/// The names in a folder, sorted; nothing in it is skipped.
fn entries(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(support::path(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn recorded(folder: &str, file: &str) -> Value {
    document(folder, file).value().clone()
}

fn document(folder: &str, file: &str) -> Document {
    let text = support::read(&format!("tests/fixtures/{folder}/{file}"));
    Document::parse(&text).unwrap_or_else(|error| panic!("{folder}/{file}: {error}"))
}

/// A file's name and what came of it, on one line where one thing came of it.
fn block(file: &str, event: impl Into<Document>) -> String {
    match decode(event) {
        Err(error) => format!("{file}: {}\n", sentence(&error)),
        Ok(Event::Whole(deliveries)) => match deliveries.as_slice() {
            [only] => format!("{file}: {}\n", line(only)),
            several => several.iter().fold(format!("{file}:\n"), |block, each| block + &format!("  {}\n", line(each))),
        },
        Ok(Event::Messages(messages)) => {
            let mut block = format!("{file}:\n");
            for message in messages {
                let queue = if message.is_fifo { " in order" } else { "" };
                let start = format!("  {}…{queue}: ", &message.id[..4]);
                match message.deliveries() {
                    Ok(deliveries) => {
                        for delivery in deliveries {
                            writeln!(block, "{start}{}", line(&delivery)).unwrap();
                        }
                    }
                    Err(error) => writeln!(block, "{start}{}", sentence(&error)).unwrap(),
                }
            }
            block
        }
    }
}

fn line(delivery: &Delivery) -> String {
    let issued = match delivery.issued {
        Issued::At(time) => format!("at {}", time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        Issued::Before(time) => format!("before {}", time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        Issued::Unknown => "undated".to_owned(),
    };
    let content = match &delivery.content {
        Content::Payload(value) => payload(value),
        Content::Alarm(alarm) => format!(
            "alarm {} of {} -> {}{}",
            alarm.name,
            alarm.account.as_ref().map_or("no account", |account| account.as_str()),
            alarm.state,
            if alarm.description.is_none() { ", no description" } else { "" }
        ),
        Content::Schedule(name) => format!("schedule {name}"),
        Content::Event(event) => format!("event {} with {}", event.name(), event.detail),
        Content::Ignored(why) => format!("ignored: {why}"),
    };
    format!("{}, {issued}, {content}", delivery.via.join(" > "))
}

fn payload(value: &Document) -> String {
    match Payload::parse(value.clone()) {
        Ok(payload) => requests(&payload),
        Err(problems) => sentence(&Cause::InvalidAction(problems).into()),
    }
}

fn requests(payload: &Payload) -> String {
    let requests: Vec<String> = payload.requests().iter().map(request).collect();
    match payload {
        Payload::One(_) => requests.concat(),
        Payload::Many(_) => format!("[{}]", requests.join("; ")),
        Payload::Select(select) => format!("select for {}", select.pattern.action.about().name),
        Payload::Follow(follow) => format!("follow {}", follow.timetable.as_deref().unwrap_or("*")),
    }
}

/// The action and its target, and everything that is not as it is when left out.
fn request(request: &Request) -> String {
    let settings = &request.settings;
    let mut text = format!("{} {}", request.action.about().name, request.action.target());
    let mut add = |name: &str, value: &str| write!(text, ", {name} {value}").unwrap();
    if let Some(member) = request.action.relative_member() {
        add("relative", &member);
    }
    if let Some(region) = &settings.region {
        add("region", region.as_str());
    }
    match &settings.role {
        Some(RoleName::Arn(arn)) => add("roleArn", arn.as_str()),
        Some(RoleName::Listed(name)) => add("role", name),
        None => (),
    }
    match settings.on_busy {
        OnBusy::Wait => (),
        OnBusy::Skip => add("onBusy", "skip"),
        OnBusy::Fail => add("onBusy", "fail"),
    }
    match settings.wait_for {
        WaitFor::Accepted => (),
        WaitFor::Settled => add("waitFor", "settled"),
    }
    match settings.mode {
        Mode::Apply => (),
        Mode::Plan => add("mode", "plan"),
    }
    if let Some(time) = settings.issued_at {
        add("issuedAt", &time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    }
    text
}

/// The whole sentence, but for the end that every event of no known shape gets; a test of its own has that.
fn sentence(error: &Error) -> String {
    format!("{}: {error}", error.error_type()).replace(super::shapes::UNDERSTOOD, "which is none of the shapes …")
}

/// What the configuration binds to the alarms and schedules of an event.
fn bindings(config: &Config, event: &Value) -> String {
    let deliveries = match decode(event.clone()).unwrap() {
        Event::Whole(deliveries) => deliveries,
        Event::Messages(messages) => messages.into_iter().flat_map(|message| message.deliveries().unwrap()).collect(),
    };
    let bound = deliveries.iter().filter_map(|delivery| match &delivery.content {
        Content::Alarm(alarm) => Some(config.alarm(alarm, None).flatten()),
        Content::Schedule(name) => Some(config.schedule(name)),
        Content::Event(event) => Some(config.event(event)),
        Content::Payload(_) => None,
        Content::Ignored(why) => panic!("an example event is ignored: {why}"),
    });
    bound.map(|payload| format!("  bound to {}\n", requests(payload.unwrap()))).collect()
}
