//! What files ask the function for, and as which role.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::Value;
use setpoint::aws::Role;
use setpoint::clock::Clock;
use setpoint::config::Config;
use setpoint::event;
use setpoint::payload::{Payload, Request};

use crate::{event_file, input, yaml};

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// The operator's document, where it is among the files.
    pub(crate) config: Config,
    /// What the other files ask for; what the configuration does is in there.
    requests: Vec<Request>,
    /// Whether one of them follows a timetable.
    follows: bool,
}

impl Asked {
    /// Reads the files, each by what it is.
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self, String> {
        let mut asked = Self::default();
        let mut configured: Option<String> = None;
        let now = Clock::System.now();
        for file in files {
            let (name, text) = (input::name(file), input::text(file)?);
            match configuration(&text) {
                Some(_) if configured.is_some() => {
                    let first = configured.unwrap_or_default();
                    return Err(format!("{name} is a configuration, and so is {first}: a function has one"));
                }
                Some(json) => {
                    asked.config = Config::parse(&json).map_err(|error| format!("{name}: {error}"))?;
                    configured = Some(name);
                }
                None => asked.event(file, &text, now)?,
            }
        }
        if asked.follows && asked.config.timetables().next().is_none() {
            return Err("a timetable is followed: give the configuration that has it as well".to_owned());
        }
        Ok(asked)
    }

    fn event(&mut self, file: &Path, text: &str, now: DateTime<Utc>) -> Result<(), String> {
        let name = input::name(file);
        let event = event_file::parse(text, now).map_err(|why| format!("{name} {why}"))?;
        let payloads = event::payloads(event).map_err(|error| format!("{name}: {error}"))?;
        for payload in payloads {
            let payload = Payload::parse(payload).map_err(|problems| format!("{name}: {problems}"))?;
            self.follows |= matches!(payload, Payload::Follow(_));
            self.requests.extend(payload.requests().iter().cloned());
        }
        Ok(())
    }

    /// Every request, with the role that it is made as.
    pub(crate) fn requests(&self) -> Result<Vec<(&Request, Option<Role>)>, String> {
        let all = self.requests.iter().chain(self.config.requests());
        let with_role = |request: &Request| {
            let Some(name) = &request.settings.role else { return Ok(None) };
            self.config.role(name).map(Some).map_err(|why| format!("role: `{name}` {why}"))
        };
        all.map(|request| Ok((request, with_role(request)?))).collect()
    }

    /// The roles that are assumed, with their names in the configuration.
    pub(crate) fn roles(&self) -> Result<Vec<(Option<String>, Role)>, String> {
        let assumed = self.requests()?.into_iter().filter_map(|(_, role)| role);
        let assumed: BTreeMap<String, Role> = assumed.map(|role| (role.arn.as_str().to_owned(), role)).collect();
        let name = |role: &Role| {
            self.config.roles().find(|(_, listed)| listed.arn == role.arn).map(|(name, _)| name.to_owned())
        };
        Ok(assumed.into_values().map(|role| (name(&role), role)).collect())
    }

    /// What may be asked for that no file tells.
    pub(crate) fn untold(&self) -> Vec<&'static str> {
        let descriptions = self.config.actions_in_alarm_description;
        let nothing = self.requests.is_empty() && self.config.requests().next().is_none();
        let described =
            descriptions.then_some("what the descriptions of alarms ask for is not in the files, nor in the policy");
        let empty = nothing.then_some("the files ask for nothing, and so the policy lets nothing be changed");
        described.into_iter().chain(empty).collect()
    }
}

/// The JSON of a configuration, where a text is one, right or wrong.
fn configuration(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok().or_else(|| yaml::read(text).ok())?;
    let is_one = MEMBERS.iter().any(|member| value.get(member).is_some());
    // The text as it is says which key comes twice.
    is_one.then(|| if text.trim_start().starts_with('{') { text.to_owned() } else { value.to_string() })
}

/// What only a configuration has.
const MEMBERS: [&str; 9] = [
    "guardrails",
    "roles",
    "alarms",
    "schedules",
    "events",
    "timetables",
    "maxEventAge",
    "ledgerTable",
    "changeEvents",
];
