//! Templates of CloudFormation and SAM: what sends something to the function, and how it is configured.

use setpoint::config::{Config, UnboundAlarms};
use setpoint::payload::Payload;
use setpoint::spelling::glob::Glob;
use setpoint::timetable::wrong_zone;

use crate::lint::document;
use crate::lint::expression::{self, Reader};
use crate::lint::finding::Finding;
use crate::lint::json;
use crate::lint::node::{Content, Member, Node};
use crate::lint::resolve::{JSON, Template, named};

/// Findings about a template.
pub(crate) fn check(root: &Node) -> Vec<Finding> {
    let template = Template::new(root);
    let functions: Vec<&str> = template.resources().filter(is_setpoint).map(|(id, ..)| id).collect();
    let mut checked = Checked { template, functions, config: None, found: Vec::new() };
    checked.functions();
    checked.ways_in();
    checked.alarms();
    checked.found
}

/// What AWS calls the age beyond which it sends nothing again.
const OLDEST: &str = "MaximumEventAgeInSeconds";

struct Checked<'a> {
    template: Template<'a>,
    /// The logical ids of the functions that are Setpoint.
    functions: Vec<&'a str>,
    /// The configuration of the last of them, where the template says it and it is right.
    config: Option<(Config, Node)>,
    found: Vec<Finding>,
}

fn is_setpoint(&(_, kind, resource): &(&str, &str, &Node)) -> bool {
    let is_function = matches!(kind, "AWS::Serverless::Function" | "AWS::Lambda::Function");
    let binary = resource.get("Metadata").and_then(|metadata| metadata.get("BuildProperties")?.get("Binary")?.as_str());
    is_function && (setting(resource).is_some() || binary == Some("setpoint"))
}

fn setting(function: &Node) -> Option<&Node> {
    function.get("Properties")?.get("Environment")?.get("Variables")?.get("SETPOINT_CONFIG")
}

/// What sends a constant to the function.
struct Way {
    reader: Reader,
    expression: Option<Node>,
    zone: Option<Node>,
    target: Node,
    /// What it is called, where the template says so.
    name: Option<Node>,
}

impl Checked<'_> {
    fn functions(&mut self) {
        let own = self.template.resources().filter(|(id, ..)| self.functions.contains(id));
        let settings: Vec<Node> =
            own.filter_map(|(_, _, function)| self.template.resolve(setting(function)?)).collect();
        for setting in settings {
            let is_file = setting.as_str().is_some_and(|text| text.starts_with("file:"));
            let Some(document) = Some(setting).filter(|_| !is_file).and_then(|setting| self.document(&setting)) else {
                continue;
            };
            match document::config(&document) {
                Ok(config) => self.config = Some((config, document)),
                Err(found) => self.found.extend(found),
            }
        }
    }

    /// The JSON that a text holds, where the template says enough of it.
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

    fn ways_in(&mut self) {
        let resources: Vec<(&str, &str, &Node)> = self.template.resources().collect();
        for (id, kind, resource) in resources {
            let Some(properties) = resource.get("Properties") else { continue };
            let read = |name: &str| properties.get(name).and_then(|node| self.template.resolve(node));
            match kind {
                "AWS::Scheduler::Schedule" => {
                    let Some(target) = properties.get("Target") else { continue };
                    let way = Way {
                        reader: Reader::Scheduler,
                        expression: read("ScheduleExpression"),
                        zone: read("ScheduleExpressionTimezone"),
                        name: read("Name"),
                        target: target.clone(),
                    };
                    self.way(way);
                }
                "AWS::Events::Rule" => {
                    let (expression, name) = (read("ScheduleExpression"), read("Name"));
                    for target in properties.get("Targets").map(Node::elements).unwrap_or_default() {
                        let (expression, name) = (expression.clone(), name.clone());
                        self.way(Way { reader: Reader::Rule, expression, zone: None, target: target.clone(), name });
                    }
                }
                "AWS::Lambda::EventInvokeConfig" if self.reaches(properties, 8) => {
                    let seconds = read(OLDEST);
                    self.retries(seconds.as_ref());
                }
                _ if self.functions.contains(&id) => {
                    let seconds = read("EventInvokeConfig").and_then(|config| config.get(OLDEST).cloned());
                    self.retries(seconds.as_ref());
                    for event in properties.get("Events").map(Node::members).unwrap_or_default() {
                        self.event(&event.value);
                    }
                }
                _ => {}
            }
        }
    }

    /// What SAM makes of an event of the function.
    fn event(&mut self, event: &Node) {
        let Some(properties) = event.get("Properties") else { return };
        let (reader, expression) = match event.get("Type").and_then(Node::as_str) {
            Some("Schedule") => (Reader::Rule, "Schedule"),
            Some("ScheduleV2") => (Reader::Scheduler, "ScheduleExpression"),
            _ => return,
        };
        let read = |name: &str| properties.get(name).and_then(|node| self.template.resolve(node));
        let (expression, zone, name) = (read(expression), read("ScheduleExpressionTimezone"), read("Name"));
        let Some(target) = self.template.resolve(properties) else { return };
        self.sent(Way { reader, expression, zone, target, name });
    }

    fn way(&mut self, way: Way) {
        let is_ours = way.target.get("Arn").is_some_and(|arn| self.reaches(arn, 8));
        let Some(target) = self.template.resolve(&way.target) else { return };
        let looks_like_ours = || {
            let text = target.get("Input").and_then(Node::text)?;
            let payload = json::read(&text.with_values()).ok()?;
            let has_action = payload.get("action").and_then(Node::as_str).is_some_and(|action| action.contains(':'));
            (has_action || payload.get("actions").is_some() || payload.get("follow").is_some()).then_some(())
        };
        if is_ours || self.functions.is_empty() && looks_like_ours().is_some() {
            self.sent(Way { target, ..way });
        }
    }

    /// Alarms that the function is told of and knows nothing about, and those it waits for in vain.
    fn alarms(&mut self) {
        let Some((config, document)) = &self.config else { return };
        let bindings = document.get("alarms");
        if config.actions_in_alarm_description || bindings.is_some_and(|bindings| !bindings.known) {
            return;
        }
        let bound: Vec<&Member> = bindings.map(Node::members).unwrap_or_default().iter().collect();
        let ringing = self.template.resources().filter(|(_, kind, alarm)| {
            let is_alarm = matches!(*kind, "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm");
            is_alarm && alarm.get("Properties").is_some_and(|properties| self.rings(properties))
        });
        let names: Vec<Node> = ringing
            .map(|(_, _, alarm)| {
                let name = alarm.get("Properties").and_then(|properties| properties.get("AlarmName"));
                // Without one, CloudFormation makes one up.
                name.and_then(|name| self.template.resolve(name))
                    .unwrap_or_else(|| Node { known: false, ..alarm.clone() })
            })
            .collect();
        let is_of = |pattern: &str, name: &str| pattern.starts_with("arn:") || Glob::new(pattern).matches(name);
        let known = || names.iter().filter(|name| name.known).filter_map(|node| Some((node, node.as_str()?)));
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
        if !names.is_empty() && names.iter().all(|name| name.known) {
            for member in bound.into_iter().filter(|member| !known().any(|(_, name)| is_of(&member.key, name))) {
                let sentence = format!(
                    "alarms.{}: no alarm of the template that rings the function has this name; valid here: {}",
                    member.key,
                    known().map(|(_, name)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                );
                found.push(Finding::warning("missing-alarm", sentence, member.key_span.clone()));
            }
        }
        self.found.extend(found);
    }

    /// Whether one of an alarm's actions is the function, or a topic of the template that it is subscribed to.
    fn rings(&self, alarm: &Node) -> bool {
        let actions = ["AlarmActions", "OKActions", "InsufficientDataActions"].into_iter();
        actions.filter_map(|name| alarm.get(name)).any(|actions| {
            self.reaches(actions, 8)
                || named(actions).iter().any(|topic| {
                    self.template.resources().any(|(id, kind, resource)| {
                        let Some(properties) = resource.get("Properties") else { return false };
                        let subscribed = || match kind {
                            "AWS::SNS::Topic" if id == topic => properties.get("Subscription"),
                            "AWS::SNS::Subscription" => {
                                let own = properties.get("TopicArn").is_some_and(|arn| named(arn).contains(topic));
                                properties.get("Endpoint").filter(|_| own)
                            }
                            _ => None,
                        };
                        subscribed().is_some_and(|endpoint| self.reaches(endpoint, 8))
                    })
                })
        })
    }

    /// Whether a reference is to the function, or to an alias or a version of it.
    fn reaches(&self, node: &Node, steps: usize) -> bool {
        let Some(steps) = steps.checked_sub(1) else { return false };
        named(node).iter().any(|name| {
            let published = || {
                let mut resources = self.template.resources();
                let found = resources
                    .find(|(id, kind, _)| id == name && matches!(*kind, "AWS::Lambda::Alias" | "AWS::Lambda::Version"));
                let function = found.and_then(|(_, _, resource)| resource.get("Properties")?.get("FunctionName"));
                function.is_some_and(|function| self.reaches(function, steps))
            };
            self.functions.contains(&name.as_str()) || published()
        })
    }

    fn sent(&mut self, way: Way) {
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
        let retries = way.target.get("RetryPolicy").and_then(|policy| policy.get(OLDEST));
        self.retries(retries);
        match way.target.get("Input") {
            Some(input) => self.input(input),
            None => self.bound(&way),
        }
    }

    /// Whether something is sent again when the function would refuse it as too late.
    fn retries(&mut self, seconds: Option<&Node>) {
        let (Some((config, _)), Some(node)) = (&self.config, seconds) else { return };
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
        let changes_it = ["InputPath", "InputTransformer"].into_iter().any(|member| way.target.get(member).is_some());
        let (Some((config, document)), Some(_), Some(node)) = (&self.config, &way.expression, &way.name) else {
            return;
        };
        let is_known = node.known && document.get("schedules").is_none_or(|schedules| schedules.known);
        let Some(name) = node.as_str().filter(|_| is_known && !changes_it) else { return };
        if config.schedule(name).is_none() {
            let sentence = format!(
                "{name} has no Input, and the configuration's `schedules` does not name it; write the payload into either"
            );
            self.found.push(Finding::error("unbound-schedule", sentence, node.span.clone()));
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
        for (index, request) in payload.requests().iter().enumerate().filter(|_| !has_ledger) {
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
}
