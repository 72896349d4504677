//! What is wrong with what a source declares, each thing by itself and held against the configuration.

use chrono::{DateTime, Utc};
use setpoint::config::{Config, UnboundAlarms};
use setpoint::payload::Payload;
use setpoint::spelling::glob::Glob;
use setpoint::spelling::problem::listed;
use setpoint::timetable::wrong_zone;

use crate::lint::clash::{self, Sender};
use crate::lint::declared::{Declared, Sent, Way, is_known, whole};
use crate::lint::document;
use crate::lint::expression::{self, Reader};
use crate::lint::finding::Finding;
use crate::lint::grants;
use crate::lint::json;
use crate::lint::node::{Content, Member, Node};
use crate::lint::pattern::{Foreign, Pattern};
use crate::lint::resolve::JSON;

/// Findings about what is declared.
pub(crate) fn check(declared: &Declared, now: DateTime<Utc>) -> Vec<Finding> {
    let mut checks = Checks { config: None, found: Vec::new() };
    declared.settings.iter().for_each(|setting| checks.configuration(setting));
    declared.ways.iter().for_each(|way| checks.way(way));
    declared.retries.iter().for_each(|seconds| checks.retries(seconds));
    checks.alarms(&declared.alarms, &declared.ways);
    checks.clashes(&declared.ways, now);
    checks.permissions(declared);
    checks.found
}

struct Checks {
    /// The configuration of the last function, where the source says it and it is right.
    config: Option<(Config, Node)>,
    found: Vec<Finding>,
}

impl Checks {
    fn configuration(&mut self, setting: &Node) {
        if setting.as_str().is_some_and(|text| text.starts_with("file:")) {
            return;
        }
        let Some(document) = self.document(setting) else { return };
        match document::config(&document) {
            Ok(config) => self.config = Some((config, document)),
            Err(found) => self.found.extend(found),
        }
    }

    /// The JSON that a text holds, where the source says enough of it.
    fn document(&mut self, node: &Node) -> Option<Node> {
        if node.tag.as_deref() == Some(JSON) {
            return Some(node.clone());
        }
        let Some(text) = node.text() else {
            let sentence = "is not a text; write the JSON as one, or have Fn::ToJsonString do it";
            self.found.push(Finding::error("syntax", sentence.to_owned(), node.span.clone()));
            return None;
        };
        if !node.known && text.span(0..text.as_str().len()).is_none() {
            return None;
        }
        match json::read(&text.with_values()) {
            Ok(document) => Some(document),
            // What a deployment fills in may be what is missing.
            Err(finding) => {
                self.found.extend(Some(finding).filter(|_| text.is_known()));
                None
            }
        }
    }

    fn way(&mut self, way: &Way) {
        let read = |node: &Option<Node>| node.clone().filter(|node| node.known).and_then(|node| node.scalar());
        if let (Some(expression), Some(node)) = (read(&way.expression), &way.expression)
            && let Some(why) = expression::wrong(expression.as_str(), way.reader)
        {
            let sentence = format!("{}: {why}", expression.as_str());
            self.found.push(Finding::error("schedule-expression", sentence, node.span.clone()));
        }
        if let (Some(zone), Some(node)) = (read(&way.zone), &way.zone)
            && let Some(why) = wrong_zone(zone.as_str())
        {
            self.found.push(Finding::error("time-zone", format!("{} {why}", zone.as_str()), node.span.clone()));
        }
        if let Some(seconds) = &way.retries {
            self.retries(seconds);
        }
        let pattern = way.pattern.as_ref().and_then(Pattern::read);
        self.found.extend(pattern.iter().flat_map(Pattern::check));
        match &way.sent {
            Sent::Constant(input) => self.input(input),
            Sent::Event => {
                self.bound(way);
                pattern.iter().flat_map(Pattern::foreign).for_each(|event| self.bound_event(&event));
            }
            Sent::Reshaped => {}
        }
    }

    /// Whether something is sent again when the function would refuse it as too late.
    fn retries(&mut self, node: &Node) {
        let Some((config, _)) = &self.config else { return };
        let most = config.max_event_age().as_secs();
        if let Some(seconds) = node.whole().filter(|seconds| *seconds > most) {
            let sentence = format!(
                "is sent again for {seconds} seconds, but the function refuses what is older than its maxEventAge of {most}; \
                 write {most} here, or a longer maxEventAge"
            );
            self.found.push(Finding::warning("retries-too-late", sentence, node.span.clone()));
        }
    }

    /// A scheduled event without a payload needs one in the configuration.
    fn bound(&mut self, way: &Way) {
        let (Some((config, document)), Some(_), Some(node)) = (&self.config, &way.expression, &way.name) else {
            return;
        };
        let is_known = node.known && document.get("schedules").is_none_or(|schedules| schedules.known);
        let Some(name) = node.as_str().filter(|_| is_known) else { return };
        if config.schedule(name).is_none() {
            let sentence = format!(
                "{name} has no Input, and the configuration's `schedules` does not name it; write the payload into either"
            );
            self.found.push(Finding::error("unbound-schedule", sentence, node.span.clone()));
        }
    }

    /// An event of AWS has no payload, and needs one in the configuration.
    fn bound_event(&mut self, event: &Foreign<'_>) {
        let Some((config, document)) = &self.config else { return };
        let Some(detail_type) = event.detail_type.as_str() else { return };
        let is_bound = |source: &&str| config.event_named(&format!("{source}/{detail_type}")).is_some();
        let is_known = document.get("events").is_none_or(is_known);
        if is_known && !event.sources.iter().any(is_bound) {
            let source = event.sources.first().copied().unwrap_or_default();
            let sentence = format!(
                "{detail_type} of {source} has no payload, and the configuration's `events` does not name it; bind one to \
                 `{source}/{detail_type}`, or give the target an Input or an InputTransformer"
            );
            self.found.push(Finding::error("unbound-event", sentence, event.detail_type.span.clone()));
        }
    }

    /// What the function gets as its event, to the letter.
    fn input(&mut self, input: &Node) {
        let Some(document) = self.document(input) else { return };
        let payload = match document::payload(&document) {
            Ok(payload) => payload,
            Err(found) => {
                self.found.extend(found);
                return;
            }
        };
        let table = self.config.as_ref().and_then(|(_, config)| config.get("ledgerTable"));
        let has_ledger = table.is_some_and(|table| table.content != Content::Null);
        let requests = match &payload {
            Payload::Select(select) => std::slice::from_ref(&select.pattern),
            payload => payload.requests(),
        };
        for (index, request) in requests.iter().enumerate().filter(|_| !has_ledger) {
            let Some(member) = request.action.relative_member().filter(|_| request.settings.issued_at.is_none()) else {
                continue;
            };
            let path = if let Payload::Many(_) = payload { format!("actions[{index}].{member}") } else { member };
            let sentence = format!(
                "{path}: is relative (add, percent), and a second delivery would apply it again without the event's own time; \
                 write \"issuedAt\": \"<aws.scheduler.scheduled-time>\" beside \"action\" in a schedule of EventBridge \
                 Scheduler, or configure a ledgerTable"
            );
            self.found.push(Finding::error("relative-without-time", sentence, document.place(&path).span));
        }
        if let (Payload::Select(_), Some((_, config))) = (&payload, &self.config)
            && config
                .get("guardrails")
                .is_none_or(|guardrails| guardrails.known && guardrails.get("maxTargets").is_none())
        {
            let sentence = "select: the configuration has no `guardrails.maxTargets`, which says how many targets one payload may find, \
                            and without which the function refuses a selection"
                .to_owned();
            self.found.push(Finding::error("unbounded-selection", sentence, document.place("select").span));
        }
        if let (Payload::Follow(follow), Some((_, config))) = (&payload, &self.config)
            && let Some(name) = &follow.timetable
            && let Some(timetables) = config.get("timetables").filter(|timetables| timetables.known)
            && matches!(timetables.content, Content::Map(_))
            && timetables.get(name).is_none()
        {
            let sentence = format!("follow: {name} is none of the configuration's `timetables`");
            self.found.push(Finding::error("payload", sentence, document.place("follow").span));
        }
    }

    /// What undoes what another asks for.
    fn clashes(&mut self, ways: &[Way], now: DateTime<Utc>) {
        let senders: Vec<Sender> = ways.iter().filter_map(|way| self.sender(way, now)).collect();
        self.found.extend(clash::between(&senders));
        if let Some((config, document)) = &self.config {
            self.found.extend(clash::with_timetables(&senders, config, document));
        }
    }

    /// A schedule whose payload is wholly known, and right: its own, or the one that its name is bound to.
    fn sender(&self, way: &Way, now: DateTime<Utc>) -> Option<Sender> {
        let (payload, document) = match &way.sent {
            Sent::Constant(input) => {
                let document = whole(input)?;
                (document::payload(&document).ok()?, document)
            }
            Sent::Event => {
                let (config, document) = self.config.as_ref()?;
                let bindings = document.get("schedules").filter(|bindings| is_known(bindings))?;
                let name = way.name.as_ref().filter(|name| name.known)?.as_str()?;
                let patterns = || Node { content: Content::Null, ..bindings.clone() };
                (config.schedule(name)?.clone(), bindings.get(name).cloned().unwrap_or_else(patterns))
            }
            Sent::Reshaped => return None,
        };
        Sender::new(way, payload, document, now)
    }

    /// What the function's role is not allowed.
    fn permissions(&mut self, declared: &Declared) {
        let Some(grants) = &declared.grants else { return };
        let sent = declared.ways.iter().filter_map(|way| match &way.sent {
            Sent::Constant(input) => whole(input),
            Sent::Event | Sent::Reshaped => None,
        });
        let config = self.config.as_ref().map(|(_, document)| document);
        let bound = ["alarms", "schedules", "events", "timetables"].iter().filter_map(|member| config?.get(member));
        let documents = sent.chain(bound.flat_map(payloads));
        let payloads: Vec<(Payload, Node)> =
            documents.filter_map(|document| Some((document::payload(&document).ok()?, document))).collect();
        let autoscaled = self.config.as_ref().map(|(config, _)| config.guardrails.autoscaled).unwrap_or_default();
        self.found.extend(grants::check(grants, &payloads, autoscaled));
    }

    /// Alarms that the function is told of and knows nothing about, and those it waits for in vain.
    fn alarms(&mut self, alarms: &[Node], ways: &[Way]) {
        let Some((config, document)) = &self.config else { return };
        let bindings = document.get("alarms");
        if config.actions_in_alarm_description || bindings.is_some_and(|bindings| !bindings.known) {
            return;
        }
        let bound: Vec<&Member> = bindings.map(Node::members).unwrap_or_default().iter().collect();
        let is_of = |pattern: &str, name: &str| pattern.starts_with("arn:") || Glob::new(pattern).matches(name);
        let brought: Vec<Option<Vec<Node>>> = ways.iter().map(brought).collect();
        let all = || alarms.iter().chain(brought.iter().flatten().flatten());
        let known = || all().filter(|name| name.known).filter_map(|node| Some((node, node.as_str()?)));
        let mut found = Vec::new();
        for (node, name) in known().filter(|_| config.unbound_alarms() == UnboundAlarms::Error) {
            if !bound.iter().any(|member| is_of(&member.key, name)) {
                let sentence = format!(
                    "{name} rings the function, but the configuration's `alarms` does not name it; bind it, or set \
                     \"unboundAlarms\": \"ignore\""
                );
                found.push(Finding::error("unbound-alarm", sentence, node.span.clone()));
            }
        }
        // Where no alarm here rings the function, they are all elsewhere.
        let is_told = all().all(|name| name.known) && brought.iter().all(Option::is_some);
        if is_told && all().next().is_some() {
            for member in bound.into_iter().filter(|member| !known().any(|(_, name)| is_of(&member.key, name))) {
                let names: Vec<&str> = known().map(|(_, name)| name).collect();
                let sentence = format!(
                    "alarms.{}: no alarm here that rings the function has this name; valid here: {}",
                    member.key,
                    listed(&names)
                );
                found.push(Finding::warning("missing-alarm", sentence, member.key_span.clone()));
            }
        }
        self.found.extend(found);
    }
}

/// The payloads in a part of a configuration that are wholly known.
fn payloads(node: &Node) -> Vec<Node> {
    if ["action", "actions"].iter().any(|member| node.get(member).is_some()) {
        return Some(node.clone()).filter(is_known).into_iter().collect();
    }
    node.elements().iter().chain(node.members().iter().map(|member| &member.value)).flat_map(payloads).collect()
}

/// The names of the alarms that a rule brings; `None` where these may be any.
fn brought(way: &Way) -> Option<Vec<Node>> {
    let is_timed = way.reader == Reader::Scheduler || way.expression.is_some() && way.pattern.is_none();
    let names = match &way.sent {
        Sent::Constant(_) => return Some(Vec::new()),
        _ if is_timed => return Some(Vec::new()),
        Sent::Event | Sent::Reshaped => Pattern::read(way.pattern.as_ref()?)?.alarms()?,
    };
    // What is made of an alarm may be one, or none.
    (names.is_empty() || matches!(way.sent, Sent::Event)).then_some(names)
}
