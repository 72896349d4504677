//! Runs `cargo setpoint`, and reads what it prints.
//!
//! The documents are set in one moment, and the command line lives in the present: times are moved from the one to the
//! other and back.

use std::io::Write;
use std::process::{Command, Stdio};

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::support::path;

/// The day in which the documents are set, and the second.
const DAY: &str = "2026-11-20T";
const MOMENT: &str = "2026-11-20T22:00:00";

/// How a moment is spelled in JSON, as far as the whole second.
const SPELLING: &str = "%Y-%m-%dT%H:%M:%S";

/// What a command has printed, with the documents' moment in place of the present.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs it with these arguments in the repository's root, where people do.
pub(crate) fn setpoint(arguments: &[&str]) -> Ran {
    with_input(arguments, "")
}

/// Sends a document's JSON through `invoke`, under a configuration if there is one.
pub(crate) fn invoke(event: &str, config: Option<&str>) -> Ran {
    let event = event
        .replace("<aws.scheduler.scheduled-time>", "{{now}}")
        .replace("<aws.scheduler.execution-id>", "d32c5kddcf5bb8c3");
    let event = in_the_present(&event);
    let Some(config) = config else { return with_input(&["invoke", "-"], &event) };
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(config.as_bytes()).unwrap();
    with_input(&["invoke", "-", "--config", file.path().to_str().unwrap()], &event)
}

/// Runs it so with this on its standard input.
pub(crate) fn with_input(arguments: &[&str], input: &str) -> Ran {
    let begin = present();
    let mut command = Command::new(env!("CARGO_BIN_EXE_setpoint-cli"));
    command.args(arguments).current_dir(path("")).env_remove("SETPOINT_CONFIG");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may end without having read everything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| as_documented(&String::from_utf8(bytes).unwrap(), begin);
    Ran { status: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[expect(clippy::disallowed_methods, reason = "the command line lives by the machine's clock")]
fn present() -> DateTime<Utc> {
    Utc::now()
}

/// The text with every time of the documents' day as long ago as it is for them.
fn in_the_present(text: &str) -> String {
    let age = present().naive_utc() - NaiveDateTime::parse_from_str(MOMENT, SPELLING).unwrap();
    let mut parts = text.split(DAY);
    let mut moved = parts.next().unwrap().to_owned();
    for part in parts {
        let (time, rest) = part.split_at("22:00:00".len());
        let time = NaiveDateTime::parse_from_str(&format!("{DAY}{time}"), SPELLING).unwrap();
        moved += &format!("{}{rest}", (time + age).format(SPELLING));
    }
    moved
}

/// The text with every second since `begin` as the documents' moment.
fn as_documented(text: &str, begin: DateTime<Utc>) -> String {
    (begin.timestamp()..=present().timestamp()).fold(text.to_owned(), |text, second| {
        let second = DateTime::from_timestamp(second, 0).unwrap();
        text.replace(&second.format(SPELLING).to_string(), MOMENT)
    })
}

impl Ran {
    /// What the story says under a label.
    pub(crate) fn told(&self, label: &str) -> Vec<&str> {
        let lines = self.stderr.lines().filter_map(|line| line.split_at_checked(12));
        lines.filter(|(begin, _)| begin.trim_end() == label).map(|(_, rest)| rest).collect()
    }

    /// The outcomes in order, `ignored`, or the errorType.
    pub(crate) fn how(&self) -> String {
        if self.status == 0 {
            let outcomes = self.told("outcome");
            return if outcomes.is_empty() { "ignored".to_owned() } else { outcomes.join(", ") };
        }
        let answer: Value = serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{self:?}"));
        answer["errorType"].as_str().unwrap().to_owned()
    }
}
