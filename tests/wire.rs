//! Whole conversations with AWS, each a file under `tests/transcripts`, which says how to add one.

mod difference;
mod format;
mod script;
mod stage;

use std::fs;

use setpoint_sandbox::Seed;

use self::difference::unified;
use self::format::{SECTIONS, Transcript};
use crate::support::{World, events, events_config, path, read};

/// Rewrites what transcripts have recorded.
const UPDATE: &str = "INSTA_UPDATE=always cargo test -p setpoint wire::";

#[tokio::test]
async fn autoscaling() {
    check("autoscaling").await;
}

#[tokio::test]
async fn bedrock() {
    check("bedrock").await;
}

#[tokio::test]
async fn connections() {
    check("connections").await;
}

#[tokio::test]
async fn examples() {
    check("examples").await;
}

#[tokio::test]
async fn faults() {
    check("faults").await;
}

#[tokio::test]
async fn lambda() {
    check("lambda").await;
}

#[tokio::test]
async fn ledger() {
    check("ledger").await;
}

#[tokio::test]
async fn sagemaker() {
    check("sagemaker").await;
}

#[test]
fn every_folder_of_transcripts_is_checked() {
    let folders =
        ["README.md", "autoscaling", "bedrock", "connections", "examples", "faults", "lambda", "ledger", "sagemaker"];
    assert_eq!(names("tests/transcripts"), folders);
}

#[test]
fn every_example_event_has_a_transcript_of_its_name() {
    let expected: Vec<String> = events().into_iter().map(|(name, _)| name.replace(".json", ".txt")).collect();
    assert_eq!(names("tests/transcripts/examples"), expected);
    for name in expected {
        let event = format!("\n-- event --\nevents/{}\n", name.replace(".txt", ".json"));
        let text = read(&format!("tests/transcripts/examples/{name}"));
        assert!(text.contains(&event), "{name} is not about the example of its name");
    }
}

#[test]
fn the_update_command_and_every_section_are_explained() {
    let readme = read("tests/transcripts/README.md");
    assert!(readme.contains(&format!("\n{UPDATE}\n")));
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    assert_eq!(rows.map(|(name, _)| name).collect::<Vec<_>>(), SECTIONS);
}

#[tokio::test]
async fn one_process_says_and_answers_for_one_example_after_another_what_it_does_for_each_alone() {
    // How often a role is assumed depends on the machine's clock, by which its credentials expire.
    let said = |calls: &mut dyn Iterator<Item = &str>| {
        let mut said: Vec<String> = calls.filter(|call| !call.contains(" AssumeRole ")).map(str::to_owned).collect();
        said.sort();
        said
    };
    let world = World::configured(events_config()).await;
    for (name, event) in events() {
        world.sandbox.edit(|seed| *seed = Seed::example());
        let answer = world.answer(event).await;
        let alone = Transcript::parse(&read(&format!("tests/transcripts/examples/{}", name.replace(".json", ".txt"))));
        let sections = alone.unwrap().sections;
        let recorded = |name: &str| &sections.iter().find(|section| section.name == name).unwrap().text;
        assert_eq!(format!("{answer:#}"), *recorded("answer"), "{name}");
        let calls = world.calls();
        let conversation = recorded("conversation").lines().filter(|line| !line.is_empty());
        assert_eq!(said(&mut calls.iter().map(String::as_str)), said(&mut { conversation }), "{name}");
    }
}

/// Plays every transcript of a folder, and shows each that says something else than what happens.
async fn check(folder: &str) {
    let mut wrong = Vec::new();
    let folder = format!("tests/transcripts/{folder}");
    let names = names(&folder);
    assert!(!names.is_empty(), "{folder} has no transcripts");
    for name in names {
        let file = format!("{folder}/{name}");
        if !name.ends_with(".txt") {
            wrong.push(format!("{file}: a transcript's name ends in .txt"));
            continue;
        }
        let text = read(&file);
        match stage::play(&text).await {
            Err(why) => wrong.push(format!("{file}: {why}")),
            Ok(happens) if happens == text => {}
            Ok(happens) if is_updating() => fs::write(path(&file), happens).unwrap(),
            Ok(happens) => wrong.push(unified(&file, &text, &happens)),
        }
    }
    assert!(wrong.is_empty(), "\n{}\nIf what happens is right: {UPDATE}\n", wrong.join("\n"));
}

/// The names in a folder, sorted; nothing in it is skipped.
fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(path(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Holds a document that a test makes against what is made now, or rewrites it; `update` is the command that does.
pub(crate) fn check_document(file: &str, text: &str, made: &str, update: &str) {
    if is_updating() {
        fs::write(path(file), made).unwrap();
    } else if made != text {
        panic!("\n{}\nIf what happens is right: {update}\n", unified(file, text, made));
    }
}

#[expect(clippy::disallowed_methods, reason = "the setting of the snapshots, so that one command updates both")]
fn is_updating() -> bool {
    std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always")
}
