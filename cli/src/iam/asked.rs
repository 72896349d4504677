//! What files ask the function for, and as which role.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde_json::Value;
use setpoint::aws::Role;
use setpoint::clock::Clock;
use setpoint::config::Config;
use setpoint::event;
use setpoint::payload::{Payload, Request, RoleName, Select, Settings};
use setpoint::spelling::arn::Region;

use crate::lint::Declared;
use crate::{event_file, input, lint, yaml};

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// The operator's document, where it is among the files.
    pub(crate) config: Config,
    /// What the other files ask for; what the configuration does is in there.
    requests: Vec<Request>,
    /// What they ask of targets that are yet to be found.
    selections: Vec<Select>,
    /// Whether one of them follows a timetable.
    follows: bool,
    /// Where the configuration stands.
    configured: Option<String>,
    /// The templates of which only a deployment knows something that is sent, or the configuration.
    untold: Vec<String>,
}

/// A place that a selection looks through.
pub(crate) struct Looked<'a> {
    pub(crate) select: &'a Select,
    pub(crate) region: Option<Region>,
    pub(crate) role: Option<Role>,
}

impl Asked {
    /// Reads the files, each by what it is.
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self, String> {
        let mut asked = Self::default();
        let now = Clock::System.now();
        for file in files {
            let (name, text) = (input::name(file), input::text(file)?);
            match (lint::declared(&name, &text), configuration(&text)) {
                (Some(declared), _) => asked.declared(&name, &declared, now)?,
                (None, Some(json)) => asked.configuration(&name, &json)?,
                (None, None) => asked.event(&name, &text, now)?,
            }
        }
        if asked.follows && asked.config.timetables().next().is_none() {
            return Err("a timetable is followed: give the configuration that has it as well".to_owned());
        }
        Ok(asked)
    }

    /// What a template or a plan of Terraform has the function configured with, and sends it.
    fn declared(&mut self, name: &str, declared: &Declared, now: DateTime<Utc>) -> Result<(), String> {
        let configurations: Vec<Option<String>> = declared.configurations().collect();
        let constants: Vec<Option<String>> = declared.constants().collect();
        if configurations.iter().chain(&constants).any(Option::is_none) {
            self.untold.push(name.to_owned());
        }
        configurations.iter().flatten().try_for_each(|json| self.configuration(name, json))?;
        constants.iter().flatten().try_for_each(|json| self.event(name, json, now))
    }

    fn configuration(&mut self, name: &str, json: &str) -> Result<(), String> {
        if let Some(first) = self.configured.replace(name.to_owned()) {
            return Err(format!("{name} has a configuration, and so has {first}: a function has one"));
        }
        self.config = Config::parse(json).map_err(|error| format!("{name}: {error}"))?;
        Ok(())
    }

    fn event(&mut self, name: &str, text: &str, now: DateTime<Utc>) -> Result<(), String> {
        let event = event_file::parse(text, now).map_err(|why| format!("{name} {why}"))?;
        let payloads = event::payloads(event).map_err(|error| format!("{name}: {error}"))?;
        for payload in payloads {
            let payload = Payload::parse(payload).map_err(|problems| format!("{name}: {problems}"))?;
            self.follows |= matches!(payload, Payload::Follow(_));
            self.requests.extend(payload.requests().iter().cloned());
            if let Payload::Select(select) = payload {
                self.selections.push(*select);
            }
        }
        Ok(())
    }

    /// Every request, with the role that it is made as.
    pub(crate) fn requests(&self) -> Result<Vec<(&Request, Option<Role>)>, String> {
        let all = self.requests.iter().chain(self.config.requests());
        let with_role = |request: &Request| request.settings.role.as_ref().map(|name| self.role(name)).transpose();
        all.map(|request| Ok((request, with_role(request)?))).collect()
    }

    /// Every selection with each Region and role that it looks through.
    pub(crate) fn selections(&self) -> Result<Vec<Looked<'_>>, String> {
        let mut looked = Vec::new();
        for select in self.selections.iter().chain(self.config.selections()) {
            for Settings { region, role, .. } in self.config.places(select).map_err(|found| found.to_string())? {
                let role = role.map(|name| self.role(&name)).transpose()?;
                looked.push(Looked { select, region, role });
            }
        }
        Ok(looked)
    }

    fn role(&self, name: &RoleName) -> Result<Role, String> {
        self.config.role(name).map_err(|why| format!("role: `{name}` {why}"))
    }

    /// The roles that are assumed, with their names in the configuration.
    pub(crate) fn roles(&self) -> Result<Vec<(Option<String>, Role)>, String> {
        let selected = self.selections()?.into_iter().filter_map(|looked| looked.role);
        let assumed = self.requests()?.into_iter().filter_map(|(_, role)| role).chain(selected);
        let assumed: BTreeMap<String, Role> = assumed.map(|role| (role.arn.as_str().to_owned(), role)).collect();
        let name = |role: &Role| {
            self.config.roles().find(|(_, listed)| listed.arn == role.arn).map(|(name, _)| name.to_owned())
        };
        Ok(assumed.into_values().map(|role| (name(&role), role)).collect())
    }

    /// What may be asked for that no file tells.
    pub(crate) fn untold(&self) -> Vec<String> {
        let descriptions = self.config.actions_in_alarm_description;
        let described = "what the descriptions of alarms ask for is not in the files, nor in the policy".to_owned();
        let deployed = self.untold.iter().map(|name| {
            format!("{name} leaves to its deployment what it sends, or the configuration: what that asks for is not in the policy")
        });
        let selects = !self.selections.is_empty() || self.config.selections().next().is_some();
        let nothing = self.requests.is_empty() && self.config.requests().next().is_none() && !selects;
        let empty = "the files ask for nothing, and so the policy lets nothing be changed".to_owned();
        descriptions.then_some(described).into_iter().chain(deployed).chain(nothing.then_some(empty)).collect()
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
const MEMBERS: [&str; 10] = [
    "guardrails",
    "regions",
    "roles",
    "alarms",
    "schedules",
    "events",
    "timetables",
    "maxEventAge",
    "ledgerTable",
    "changeEvents",
];
