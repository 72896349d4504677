//! The rules about who may know whom, as far as the sources' own words can break them.

use std::collections::BTreeSet;
use std::path::Path;

use setpoint::action::ALL;

use crate::support::{path, read};

const AWS: [&str; 5] = ["aws_sdk_", "aws_config", "aws_smithy", "aws_types", "aws_credential"];
const RUNTIME: [&str; 2] = ["lambda_runtime", "tokio"];
const LOG: [&str; 1] = ["tracing"];
const EDGE: [&str; 6] = ["std::env", "std::net", "std::fs", "std::time::SystemTime", "Clock", "::now("];

#[test]
fn the_pure_modules_know_no_aws_no_runtime_no_clock_and_no_log() {
    let effects = ["crate::aws", "crate::config", "crate::handler", "crate::road", "crate::clock", "chrono"];
    for module in ["plan", "plan/target", "plan/capacity", "plan/weight", "guardrail", "outcome"] {
        let words = AWS.iter().chain(&RUNTIME).chain(&LOG).chain(&EDGE).chain(&effects).chain(&["aws_lambda_events"]);
        check(&format!("src/{module}.rs"), words);
    }
}

#[test]
fn event_sources_know_no_aws_no_network_and_no_clock_and_look_into_no_payload() {
    let others = ["crate::action", "crate::aws", "crate::config", "crate::payload", "crate::plan", "crate::clock"];
    for (file, _) in sources("src/event").into_iter().chain([("src/event.rs".to_owned(), String::new())]) {
        check(&file, AWS.iter().chain(&RUNTIME).chain(&LOG).chain(&EDGE).chain(&others).chain(&["\"input\""]));
    }
}

#[test]
fn an_action_knows_its_own_client_and_no_other_action() {
    for action in ALL {
        let own = action.boto3;
        let service = action.name.split(':').next().unwrap();
        let others = ALL.iter().filter(|other| other.name != action.name);
        let modules: Vec<String> =
            others.flat_map(|other| [format!("super::{}", other.boto3), struct_name(other.name)]).collect();
        let clients: Vec<String> = ["sagemaker", "lambda", "bedrock", "dynamodb"]
            .iter()
            .filter(|other| **other != service)
            .map(|other| format!("aws_sdk_{other}"))
            .collect();
        let words = modules.iter().chain(&clients).map(String::as_str);
        let forbidden = ["crate::guardrail", "crate::config", "crate::road", "crate::handler", "sleep", "std::env"];
        // The put's answer to a zero names the delete, which is a sentence and not a use.
        let sentence = "lambda:DeleteProvisionedConcurrencyConfig";
        let file = format!("src/action/{own}.rs");
        let source = code(&read(&file));
        let source = if own.starts_with("put_") { source.replace(sentence, "") } else { source };
        check_code(&file, &source, words.chain(forbidden));
    }
}

#[test]
fn the_road_knows_no_sdk_and_no_action_by_name() {
    let names: Vec<String> = ALL
        .iter()
        .flat_map(|action| [action.name.to_owned(), action.boto3.to_owned(), struct_name(action.name)])
        .chain(["Endpoint", "Variant", "Qualifier", "provisioned", "weight"].map(str::to_owned))
        .collect();
    let file = "src/road.rs";
    check_code(file, &code(&read(file)), AWS.iter().copied().chain(names.iter().map(String::as_str)));
}

#[test]
fn the_handler_knows_no_sdk_and_no_action_by_name() {
    let names: Vec<String> = ALL
        .iter()
        .flat_map(|action| [action.name.to_owned(), action.boto3.to_owned(), struct_name(action.name)])
        .collect();
    let file = "src/handler.rs";
    check_code(file, &code(&read(file)), AWS.iter().copied().chain(names.iter().map(String::as_str)));
}

#[test]
fn only_one_file_reads_the_environment() {
    for (file, source) in sources("src").into_iter().filter(|(file, _)| file != "src/environment.rs") {
        check_code(&file, &code(&source), ["std::env"]);
    }
}

#[test]
fn the_sandbox_does_not_know_the_function() {
    assert!(!dependencies("sandbox/Cargo.toml").contains("setpoint"));
    for (file, source) in sources("sandbox") {
        assert!(!code(&source).contains("setpoint::"), "{file} names the function's crate");
    }
}

#[test]
fn the_function_does_not_ship_the_sandbox_or_what_only_people_need() {
    let own = dependencies("Cargo.toml");
    for tool in ["setpoint-sandbox", "setpoint-cli", "hyper", "clap", "insta"] {
        assert!(!own.contains(tool), "the function depends on {tool}");
    }
}

#[test]
fn the_command_line_leaves_aws_to_the_library() {
    for (file, source) in sources("cli/src") {
        check_code(&file, &code(&source), ["aws_sdk_", "setpoint::road", "setpoint::event::"]);
    }
}

#[test]
fn every_file_begins_with_one_sentence_that_says_what_it_is_for() {
    let files = ["src", "sandbox", "cli", "tests"].into_iter().flat_map(sources);
    for (file, source) in files {
        let header = source.lines().map_while(|line| line.strip_prefix("//!"));
        let first: Vec<&str> = header.map(str::trim).take_while(|line| !line.is_empty()).collect();
        let sentence = first.join(" ");
        assert!(sentence.ends_with('.') || sentence.ends_with(".`"), "{file} begins with no sentence: {sentence:?}");
        assert_eq!(sentence.matches(". ").count(), 0, "{file} begins with more than one sentence: {sentence:?}");
    }
}

#[test]
fn every_module_is_on_the_map() {
    let map = read("ARCHITECTURE.md");
    let words: BTreeSet<&str> = map.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').collect();
    for (file, _) in sources("src").into_iter().filter(|(file, _)| file.matches('/').count() == 1) {
        let module = file.trim_start_matches("src/").trim_end_matches(".rs");
        assert!(words.contains(module), "ARCHITECTURE.md does not say what {module} is for");
    }
}

#[test]
fn the_list_of_modules_names_every_file() {
    let list = read("src/lib.rs");
    let declared = list.lines().filter_map(|line| {
        line.strip_prefix("pub mod ").or_else(|| line.strip_prefix("mod ")).and_then(|rest| rest.strip_suffix(';'))
    });
    let files = sources("src").into_iter().map(|(file, _)| file).filter(|file| file.matches('/').count() == 1);
    let files = files.map(|file| file.trim_start_matches("src/").trim_end_matches(".rs").to_owned());
    let modules: BTreeSet<String> = files.filter(|module| module != "lib" && module != "main").collect();
    assert_eq!(declared.map(str::to_owned).collect::<BTreeSet<_>>(), modules);
}

/// Every Rust file under a folder, by its path from the root, with its text.
pub(super) fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(&path(folder), &mut found);
    let root = path("");
    let mut sources: Vec<(String, String)> = found
        .into_iter()
        .map(|file| {
            let file = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let text = read(&file);
            (file, text)
        })
        .collect();
    assert!(!sources.is_empty(), "{folder} has no Rust files");
    sources.sort();
    sources
}

fn walk(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap().path();
        if entry.is_dir() {
            walk(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

fn check<'a>(file: &str, words: impl IntoIterator<Item = &'a &'a str>) {
    check_code(file, &code(&read(file)), words.into_iter().copied());
}

fn check_code<'a>(file: &str, code: &str, words: impl IntoIterator<Item = &'a str>) {
    for word in words {
        let line = code.lines().find(|line| line.contains(word));
        assert_eq!(line, None, "{file} may not know {word}");
    }
}

/// A source without its comments and its unit tests.
fn code(source: &str) -> String {
    let shipped = source.split("#[cfg(test)]").next().unwrap();
    shipped.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// The names in the `[dependencies]` of a manifest.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = read(manifest);
    let table = text.split("\n[dependencies]\n").nth(1).unwrap();
    let lines = table.lines().take_while(|line| !line.starts_with('['));
    lines
        .filter_map(|line| line.split([' ', '.', '=']).next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// `PutX` of `lambda:PutX`, which is also the name of the action's type.
fn struct_name(name: &str) -> String {
    name.split_once(':').unwrap().1.to_owned()
}
