//! The rules about who may know whom, as far as the sources' own words can break them.

use std::collections::BTreeSet;
use std::path::Path;

use setpoint::actions::ALL;

use crate::support::{path, read};

/// The floors of the function, from the top one down: `main`, then the modules as `lib.rs` lists them.
fn floors() -> Vec<String> {
    let list = read("src/lib.rs");
    let declared = list.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
    let modules = declared.filter_map(|rest| rest.strip_suffix(';')).map(str::to_owned);
    ["main".to_owned()].into_iter().chain(modules).collect()
}

/// The module of the first floor that a file belongs to.
fn module_of(file: &str) -> &str {
    file.trim_start_matches("src/").trim_end_matches(".rs").split('/').next().unwrap()
}

#[test]
fn imports_run_down_the_floors() {
    let floors = floors();
    let floor_of = |module: &str| floors.iter().position(|floor| floor == module);
    let mut checked = 0;
    for (file, source) in sources("src").into_iter().filter(|(file, _)| file != "src/lib.rs") {
        let own = module_of(&file);
        let own_floor = floor_of(own).unwrap_or_else(|| panic!("src/lib.rs does not list {own}"));
        for module in code(&source).split("crate::").skip(1).flat_map(first_names) {
            let floor = floor_of(&module).unwrap_or_else(|| panic!("{file} names crate::{module}, which is no module"));
            assert!(module == own || floor > own_floor, "{file} imports from {module}, which stands on a higher floor");
            checked += 1;
        }
    }
    assert!(checked > 100, "hardly any import was seen");
}

/// The first name of a path, or each of those in braces.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    match path.strip_prefix('{') {
        Some(list) => list.split_once('}').unwrap().0.split(',').map(|part| name(part.trim())).collect(),
        None => vec![name(path)],
    }
}

/// Within a module its children may be known to it or it to them, and siblings one way only.
#[test]
fn the_files_of_one_module_import_each_other_one_way() {
    let sources = sources("src");
    let files: Vec<&str> = sources.iter().map(|(file, _)| file.as_str()).collect();
    for (file, source) in &sources {
        let Some((folder, name)) = file.trim_end_matches(".rs").rsplit_once('/') else { continue };
        let siblings = files.iter().filter(|other| other.rsplit_once('/').unwrap().0 == folder && *other != file);
        for sibling in siblings {
            let other = sibling.trim_end_matches(".rs").rsplit_once('/').unwrap().1;
            let knows = |source: &str, name: &str| code(source).contains(&format!("super::{name}::"));
            let (_, other_source) = sources.iter().find(|(file, _)| file == sibling).unwrap();
            assert!(!(knows(source, other) && knows(other_source, name)), "{file} and {sibling} import each other");
        }
    }
}

/// What only some floors may name, with the folders or files that may.
const ONLY: &[(&str, &[&str])] = &[
    ("aws_sdk_", &["src/aws", "src/actions", "src/road/ledger.rs", "src/change_event.rs"]),
    ("aws_config", &["src/aws"]),
    ("aws_smithy", &["src/aws"]),
    ("aws_types", &["src/aws"]),
    ("aws_credential", &["src/aws"]),
    ("aws_lambda_events", &["src/event", "src/handler.rs"]),
    ("lambda_runtime", &["src/main.rs", "src/handler.rs", "src/telemetry.rs"]),
    ("tokio", &["src/main.rs", "src/clock.rs", "src/aws/attempts.rs", "src/road/slots.rs"]),
    ("tracing", &["src/main.rs", "src/telemetry.rs", "src/aws"]),
    ("std::env", &["src/environment.rs"]),
    ("crate::environment", &["src/aws/http.rs"]),
    ("std::fs", &["src/config.rs", "src/aws"]),
    ("std::net", &["src/aws/settings.rs"]),
    ("SystemTime", &["src/aws"]),
    ("Utc::now", &["src/clock.rs"]),
    ("Clock::", &["src/main.rs"]),
    ("\"input\"", &["src/payload", "src/actions.rs"]),
];

#[test]
fn only_who_may_names_the_sdks_the_runtime_the_log_the_clock_and_the_environment() {
    for (file, source) in sources("src") {
        let code = code(&source);
        for (word, may) in ONLY.iter().filter(|(_, may)| !may.iter().any(|place| is_in(&file, place))) {
            let line = code.lines().find(|line| line.contains(word));
            assert_eq!(line, None, "{file} may not name {word}; these may: {may:?}");
        }
    }
    let sources = sources("src");
    for (word, place) in ONLY.iter().flat_map(|(word, may)| may.iter().map(move |place| (word, place))) {
        let used = sources.iter().any(|(file, source)| is_in(file, place) && code(source).contains(word));
        assert!(used, "{place} may name {word} and does not");
    }
}

fn is_in(file: &str, place: &str) -> bool {
    file.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
}

/// The road, the handler and everything below the actions serve every action alike.
#[test]
fn only_the_actions_know_an_action_by_name() {
    let names: Vec<String> =
        ALL.iter().flat_map(|action| [action.name.to_owned(), action.boto3(), struct_name(action.name)]).collect();
    for (file, source) in sources("src").into_iter().filter(|(file, _)| !is_in(file, "src/actions")) {
        check_code(&file, &code(&source), names.iter().map(String::as_str));
    }
}

#[test]
fn an_action_knows_the_client_of_its_own_service_and_no_other_action() {
    let services = ["sagemaker", "lambda", "bedrock", "applicationautoscaling", "dynamodb"];
    for (file, source) in sources("src/actions") {
        let own = services.into_iter().find(|service| is_in(&file, &format!("src/actions/{service}")));
        // What lists the targets of all services has the client of none.
        assert!(own.is_some() || ["src/actions/listing.rs", "src/actions/page.rs"].contains(&file.as_str()), "{file}");
        let others = services.into_iter().filter(|service| Some(*service) != own);
        let clients = others.flat_map(|other| [format!("aws_sdk_{other}"), format!("actions::{other}")]);
        let actions = ALL.iter().filter(|action| !file.ends_with(&format!("/{}.rs", action.boto3())));
        let actions = actions.map(|action| format!("super::{}", action.boto3()));
        let words: Vec<String> = clients.chain(actions).collect();
        check_code(&file, &code(&source), words.iter().map(String::as_str));
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

/// But for what only people need: whose credentials they have, and the queue of what failed.
#[test]
fn the_command_line_leaves_aws_to_the_library() {
    let own = [("cli/src/world.rs", "aws_sdk_sts"), ("cli/src/replay/queue.rs", "aws_sdk_sqs")];
    for (file, source) in sources("cli/src") {
        let mut code = code(&source);
        for (_, client) in own.iter().filter(|(own, _)| file == *own) {
            assert!(code.contains(client), "{file} may name {client} and does not");
            code = code.replace(client, "");
        }
        check_code(&file, &code, ["aws_sdk_", "setpoint::road", "setpoint::event::"]);
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
