//! Runs `cargo setpoint`, and reads what it prints.
//!
//! The documents are set in one moment, and the command line lives in the present: times are moved from the one to the
//! other and back.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

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
    let event = in_the_present(event);
    let Some(config) = config else { return with_input(&["invoke", "-"], &event) };
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(config.as_bytes()).unwrap();
    with_input(&["invoke", "-", "--config", file.path().to_str().unwrap()], &event)
}

/// Runs it so with this on its standard input.
pub(crate) fn with_input(arguments: &[&str], input: &str) -> Ran {
    ran(command(arguments), input)
}

/// Runs it against a server in place of AWS, with these variables beside those that it needs; an empty one is not set.
pub(crate) fn on_aws(url: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    ran(on_account(url, variables, arguments), "")
}

/// The same, not yet run.
pub(crate) fn on_account(url: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = command(arguments);
    let surroundings = [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/nowhere"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere"),
    ];
    for name in
        ["AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"]
    {
        command.env_remove(name);
    }
    for (name, value) in surroundings.iter().chain(variables) {
        if value.is_empty() {
            command.env_remove(name)
        } else {
            command.env(name, value)
        };
    }
    command
}

/// A sandbox that serves until it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    /// What it printed.
    pub(crate) said: String,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = command(&[&["sandbox"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        for _ in 0..3 {
            out.read_line(&mut said).unwrap();
        }
        let url = said.split_once("http://").unwrap().1.split(|c: char| c == ';' || c.is_whitespace()).next().unwrap();
        Self { child, url: format!("http://{url}"), said }
    }

    /// The next line on its standard error.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_setpoint-cli"));
    command.args(arguments).current_dir(path("")).env_remove("SETPOINT_CONFIG");
    command
}

fn ran(mut command: Command, input: &str) -> Ran {
    let begin = present();
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
pub(crate) fn in_the_present(text: &str) -> String {
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
