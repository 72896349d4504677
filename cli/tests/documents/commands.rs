//! Every command that a document names is one.

use setpoint::actions::ALL;

use crate::aws;
use crate::document::{Document, code};
use crate::setpoint::{Ran, setpoint};
use crate::support::{path, read};

/// Checks a command line as far as it can be without its program; runs `cargo setpoint`.
pub(crate) fn check(line: &str, place: &str) -> Option<Ran> {
    let words = words(line);
    let is_setting = |word: &&String| {
        word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    };
    let words: Vec<&str> = words.iter().skip_while(is_setting).map(String::as_str).collect();
    let value = |flag: &str| words.iter().position(|word| *word == flag).map(|at| words[at + 1]);
    let files = words.iter().map(|word| word.strip_prefix("file://").unwrap_or(word));
    for file in files.filter(|file| file.contains('/') && [".json", ".yaml"].iter().any(|end| file.ends_with(end))) {
        assert!(path(file).is_file(), "{place}: {file} does not exist");
    }
    match words.as_slice() {
        ["cargo", "test", "--workspace"] | ["cargo", "build", "--release"] | ["sam", "build"] => None,
        ["cargo", "setpoint", arguments @ ..] => check_setpoint(arguments, place),
        ["cargo", "lambda", "build" | "watch" | "invoke", rest @ ..] => {
            let binary = value("--bin").unwrap_or(rest[0]);
            assert!(
                read("Cargo.toml").contains(&format!("[[bin]]\nname = \"{binary}\"")),
                "{place}: no binary {binary}"
            );
            None
        }
        ["sam", "local", "invoke", function, ..] => {
            let declared = format!("\n  {function}:\n    Type: AWS::Serverless::Function\n");
            assert!(read("template.yaml").contains(&declared), "{place}: no function {function}");
            None
        }
        ["sam", "deploy", "--template-file", template, ..] => {
            let overrides = words.iter().skip_while(|word| **word != "--parameter-overrides").skip(1);
            for (parameter, _) in overrides.filter_map(|word| word.split_once('=')) {
                let declared = format!("\n  {parameter}:\n    Description: ");
                assert!(read(template).contains(&declared), "{place}: no parameter {parameter} in {template}");
            }
            None
        }
        ["sam", "deploy", "--parameter-overrides", overrides @ ..] => {
            for (parameter, _) in overrides.iter().filter_map(|word| word.split_once('=')) {
                let declared = format!("\n  {parameter}:\n    Description: ");
                assert!(read("template.yaml").contains(&declared), "{place}: no parameter {parameter}");
            }
            None
        }
        ["aws", service, operation, rest @ ..] => {
            aws::check(&format!("{service} {operation}"), rest, place);
            None
        }
        ["cargo", "test", "-p", package, _] => {
            assert!(read("Cargo.toml").contains(&format!("name = \"{package}\"")), "{place}: no package {package}");
            None
        }
        ["cargo", "prove", arguments @ ..] => {
            assert!(read(".cargo/config.toml").contains("\nprove = "), "{place}: there is no such alias");
            check_options(arguments, &read("proving/src/command.rs"), place);
            None
        }
        ["cargo", "build", "--release", "--manifest-path", workspace, "--package", package] => {
            assert!(
                read(workspace).contains(&format!("\"{package}\"")),
                "{place}: no package {package} in {workspace}"
            );
            None
        }
        ["benches/target/release/endurance", trial, arguments @ ..] => {
            check_options(arguments, &read(&format!("benches/endurance/src/{trial}.rs")), place);
            None
        }
        ["cargo", "mutants", "--package", package, ..] => {
            assert!(read("Cargo.toml").contains(&format!("name = \"{package}\"")), "{place}: no package {package}");
            assert!(path(".cargo/mutants.toml").is_file(), "{place}: nothing says which modules");
            None
        }
        ["git", "diff", what] => {
            assert!(path(what).exists(), "{place}: there is no {what}");
            None
        }
        // Leaves out lines of a file that is made by the command before.
        ["grep", "-v", _, from, ">", to] if from.ends_with(".log") && path(to).is_file() => None,
        // Makes a payload of a list, by an action that there is.
        ["jq", filter, _, ">", _] if filter.starts_with("{actions: map(") => {
            let action = filter.split('"').nth(1).unwrap();
            assert!(ALL.iter().any(|known| known.name == action), "{place}: there is no {action}");
            None
        }
        // Takes a member out of a JSON file.
        ["jq", "-r", filter, ..] if filter.starts_with('.') => None,
        _ => panic!("{place}: nothing here knows how to check: {line}"),
    }
}

/// Every option is a member of what `source` parses them into.
fn check_options(arguments: &[&str], source: &str, place: &str) {
    for option in arguments.iter().filter_map(|argument| argument.strip_prefix("--")) {
        let member = option.replace('-', "_");
        assert!(source.contains(&format!(" {member}: ")), "{place}: there is no --{option}");
    }
}

/// Runs what comes to an end by itself and needs no account. Of anything else, the arguments are parsed: one that the
/// command line does not know is refused before its help is shown.
fn check_setpoint(arguments: &[&str], place: &str) -> Option<Ran> {
    if let ["invoke" | "plan", ..] = arguments
        && !arguments.contains(&"--aws")
    {
        let ran = setpoint(arguments);
        assert_eq!(ran.told("config").len(), 1, "{place}: {}", ran.stderr);
        return Some(ran);
    }
    if let ["simulate" | "history" | "status", ..] = arguments
        && !arguments.contains(&"--aws")
    {
        return Some(setpoint(arguments));
    }
    let ran = setpoint(&[arguments, &["--help"]].concat());
    assert_eq!(ran.status, 0, "{place}: {}", ran.stderr);
    None
}

/// The words of a command line, as a shell splits them.
pub(crate) fn words(line: &str) -> Vec<String> {
    shlex::split(line).unwrap_or_else(|| panic!("an open quote in {line}"))
}

#[test]
fn every_command_in_the_text_is_one() {
    let mut checked = 0;
    for document in Document::all() {
        let prose = document.prose();
        for span in code(&prose) {
            let runs = span.starts_with("cargo setpoint ") && span.contains('/');
            if span.starts_with("aws ") || runs {
                check(span, &document.name);
                checked += 1;
            }
        }
    }
    assert!(checked > 0);
}

#[test]
fn the_commands_in_the_table_are_those_there_are() {
    let help = setpoint(&["--help"]).stdout;
    let commands = help.split_once("\nCommands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let commands: Vec<&str> = commands.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    let readme = Document::readme();
    let rows = readme.table("command");
    let listed = rows.iter().map(|row| code(&row[0])[0].split(' ').nth(2).unwrap());
    assert_eq!(listed.chain(["help"]).collect::<Vec<_>>(), commands);
}

#[test]
fn ci_finds_its_two_commands() {
    let blocks = Document::readme().blocks();
    let commands = blocks.iter().filter_map(|block| Some((block.kind.strip_prefix("command: ")?, block.text.trim())));
    let expected =
        [("run", "cargo setpoint invoke events/sagemaker-scale-up.schedule.json"), ("test", "cargo test --workspace")];
    assert_eq!(commands.collect::<Vec<_>>(), expected);
}
