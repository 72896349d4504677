//! The format of a transcript: a sentence, then sections that begin with a line `-- name --`.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::support::{filled, read};

/// Every section there is, as `tests/transcripts/README.md` explains them.
pub(super) const SECTIONS: [&str; 13] = [
    "event",
    "world",
    "configuration",
    "deadline",
    "later",
    "time",
    "region",
    "answers",
    "conversation",
    "waited",
    "changed",
    "outcome",
    "answer",
];

/// A file under `tests/transcripts`.
pub(super) struct Transcript {
    /// What the scenario shows, in a sentence, and whatever else its readers should know.
    pub(super) title: String,
    pub(super) sections: Vec<Section>,
}

/// A line `-- name --` and what stands under it, without the empty lines around that.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) text: String,
}

/// What a section says about the scenario.
pub(super) enum Given {
    /// The function's Region, in which the example world is then.
    Region(String),
    /// When the scenario begins.
    Time(DateTime<Utc>),
    /// The operator's configuration.
    Configuration(Value),
    /// In place of a world: what each call is answered, whatever it is, by status and body.
    Answers(Vec<(u16, String)>),
    /// A JSON merge patch of the example world, and between events of the world as it is.
    World(Value),
    /// So much time passes between two events.
    Later(Duration),
    /// How long the next invocation may take.
    Deadline(Duration),
    /// An invocation.
    Event(Value),
    /// What came of the event above when the file was written, of which nothing is believed.
    Recorded,
}

impl Transcript {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut title = String::new();
        let mut sections: Vec<Section> = Vec::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
                sections.push(Section::new(name, ""));
                continue;
            }
            let text = sections.last_mut().map_or(&mut title, |section| &mut section.text);
            text.push_str(line);
            text.push('\n');
        }
        let title = title.trim().to_owned();
        if title.is_empty() {
            return Err("the first line must say what the scenario shows".to_owned());
        }
        let sections = sections.iter().map(|section| Section::new(&section.name, section.text.trim()));
        Ok(Self { title, sections: sections.collect() })
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        self.sections.iter().try_for_each(|Section { name, text }| write!(f, "\n-- {name} --\n{text}\n"))
    }
}

impl Section {
    pub(super) fn new(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into() }
    }

    /// Reads it in a scenario that begins at `time`.
    pub(super) fn given(&self, time: DateTime<Utc>) -> Result<Given, String> {
        let text = self.text.as_str();
        let given = match self.name.as_str() {
            "region" => Ok(Given::Region(text.to_owned())),
            "time" => text.parse().map(Given::Time).map_err(|error| error.to_string()),
            "configuration" => document(text, time).map(Given::Configuration),
            "answers" => answers(text).map(Given::Answers),
            "world" => document(text, time).map(Given::World),
            "later" => humantime::parse_duration(text).map(Given::Later).map_err(|error| error.to_string()),
            "deadline" => humantime::parse_duration(text).map(Given::Deadline).map_err(|error| error.to_string()),
            "event" => document(text, time).map(Given::Event),
            "conversation" | "waited" | "changed" | "outcome" | "answer" => Ok(Given::Recorded),
            _ => Err(format!("there is no such section; there are {}", SECTIONS.join(", "))),
        };
        given.map_err(|why| format!("-- {} --: {why}", self.name))
    }
}

/// JSON, or the path of a file under `events`.
fn document(text: &str, time: DateTime<Utc>) -> Result<Value, String> {
    let text = if text.starts_with("events/") { read(text) } else { text.to_owned() };
    serde_json::from_str(&filled(&text, time)).map_err(|error| error.to_string())
}

/// Each begins with a line that begins with its status.
fn answers(text: &str) -> Result<Vec<(u16, String)>, String> {
    let mut answers: Vec<(u16, String)> = Vec::new();
    for line in text.lines() {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (first.parse(), answers.last_mut()) {
            (Ok(status), _) => answers.push((status, rest.to_owned())),
            (Err(_), Some((_, body))) => *body += line,
            (Err(_), None) => return Err(format!("begins with no status: {line}")),
        }
    }
    if answers.is_empty() { Err("has no answer".to_owned()) } else { Ok(answers) }
}
