//! An event from a file or standard input, and the configuration that goes with it.

use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use setpoint::config::Config;
use setpoint::environment;
use setpoint::spelling::json::Document;

use crate::{input, yaml};

/// Reads an event; `-` stands for standard input. Its placeholders are filled in as if it were sent now.
pub(crate) fn read(path: &Path, now: DateTime<Utc>) -> Result<Document, String> {
    let name = input::name(path);
    let text = input::text(path)?;
    parse(&text, now).map_err(|why| format!("{name} {why}"))
}

/// The event in a text of JSON or YAML, as if it were sent now; or what the text is or does instead.
pub(crate) fn parse(text: &str, now: DateTime<Utc>) -> Result<Document, String> {
    let text = &filled_in(text, now);
    if is_template(text) {
        return Err(TEMPLATE.to_owned());
    }
    let is_json = text.trim_start().starts_with(['{', '[', '"']) || text.trim().is_empty();
    let event = if is_json {
        Document::parse(text).map_err(|error| format!("is not JSON: {error}"))?
    } else {
        Document::from(yaml::read(text)?)
    };
    // No event can be read as a configuration, but for one without a member.
    if event.value().as_object().is_some_and(|members| !members.is_empty()) && Config::parse(text).is_ok() {
        return Err(
            "is a configuration, not an event: give it to `cargo setpoint lint`, or with --config beside an event"
                .to_owned(),
        );
    }
    Ok(event)
}

/// Whether a text is a template of CloudFormation, in JSON or YAML.
pub(crate) fn is_template(text: &str) -> bool {
    const MEMBERS: [&str; 2] = ["AWSTemplateFormatVersion", "Resources"];
    // Its tags in YAML are CloudFormation's own, which no reader of YAML knows.
    let begins =
        |line: &str| MEMBERS.iter().any(|name| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')));
    let document: Option<Value> = serde_json::from_str(text).ok();
    document.is_some_and(|document| MEMBERS.iter().any(|name| document.get(name).is_some())) || text.lines().any(begins)
}

const TEMPLATE: &str =
    "is a CloudFormation template, not an event: put what one of its schedules sends, its Input, into a file";

/// The text with the present in place of `{{now}}`, `{{now:alarm}}` and `{{now:ms}}`, in the three spellings that AWS uses,
/// and of what EventBridge Scheduler fills in when it sends a schedule's input. Like Scheduler, it knows its own by their very
/// letters: what an encoder made of them is left, and refused.
fn filled_in(text: &str, now: DateTime<Utc>) -> String {
    let seconds = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    let milliseconds = now.timestamp_millis().to_string();
    text.replace("{{now}}", &seconds)
        .replace("{{now:alarm}}", &now.format("%Y-%m-%dT%H:%M:%S%.3f%z").to_string())
        .replace("{{now:ms}}", &milliseconds)
        .replace("<aws.scheduler.scheduled-time>", &seconds)
        .replace("<aws.scheduler.execution-id>", &format!("cargo-setpoint-{milliseconds}"))
        .replace("<aws.scheduler.attempt-number>", "1")
}

/// Where a configuration was found that was not.
pub(crate) const NO_CONFIG: &str = "none";

/// The operator's configuration: the file that was named, else `SETPOINT_CONFIG`, else a `setpoint.json` beside the
/// event, else none. Gives where it was found too.
pub(crate) fn config(named: Option<PathBuf>, event: &Path) -> Result<(Config, String), String> {
    let setting = environment::config();
    let beside = event.with_file_name("setpoint.json");
    let file = match named {
        Some(file) => Some(file),
        None if setting.is_some() => None,
        None => Some(beside).filter(|file| !input::is_standard(event) && file.is_file()),
    };
    let Some(file) = file else {
        let place = if setting.is_some() { "SETPOINT_CONFIG" } else { NO_CONFIG };
        return Config::from_setting(setting.as_deref())
            .map(|config| (config, place.to_owned()))
            .map_err(|error| error.to_string());
    };
    let name = file.display().to_string();
    let document = std::fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
    let config = Config::parse(&document).map_err(|error| format!("{name}: {error}"))?;
    Ok((config, name))
}
