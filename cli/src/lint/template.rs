//! What a template of CloudFormation or SAM declares of the function.

use crate::lint::declared::{Declared, Sent, Way, is_enabled, looks_like_a_payload};
use crate::lint::expression::Reader;
use crate::lint::node::{Content, Member, Node};
use crate::lint::resolve::{Template, named};

/// What a template declares.
pub(crate) fn declared(root: &Node) -> Declared {
    let template = Template::new(root);
    let functions: Vec<&str> = template.resources().filter(is_setpoint).map(|(id, ..)| id).collect();
    let source = Source { template, functions };
    let mut declared = Declared::default();
    for (id, kind, resource) in source.template.resources() {
        source.resource(id, kind, resource, &mut declared);
    }
    declared
}

/// What AWS calls the age beyond which it sends nothing again.
const OLDEST: &str = "MaximumEventAgeInSeconds";

struct Source<'a> {
    template: Template<'a>,
    /// The logical ids of the functions that are Setpoint.
    functions: Vec<&'a str>,
}

fn is_setpoint(&(_, kind, resource): &(&str, &str, &Node)) -> bool {
    let is_function = matches!(kind, "AWS::Serverless::Function" | "AWS::Lambda::Function");
    let binary = resource.get("Metadata").and_then(|metadata| metadata.get("BuildProperties")?.get("Binary")?.as_str());
    is_function && (setting(resource).is_some() || binary == Some("setpoint"))
}

fn setting(function: &Node) -> Option<&Node> {
    function.get("Properties")?.get("Environment")?.get("Variables")?.get("SETPOINT_CONFIG")
}

impl Source<'_> {
    fn resource(&self, id: &str, kind: &str, resource: &Node, declared: &mut Declared) {
        let Some(properties) = resource.get("Properties") else { return };
        let read = |name: &str| properties.get(name).and_then(|node| self.template.resolve(node));
        let is_on = || self.template.has(resource) == Some(true) && is_enabled(read("State").as_ref());
        match kind {
            "AWS::Scheduler::Schedule" => {
                let Some(target) = properties.get("Target").and_then(|target| self.reached(target)) else { return };
                declared.ways.push(Way {
                    reader: Reader::Scheduler,
                    expression: read("ScheduleExpression"),
                    zone: read("ScheduleExpressionTimezone"),
                    from: read("StartDate"),
                    until: read("EndDate"),
                    is_on: is_on(),
                    name: read("Name"),
                    ..way(id, &target)
                });
            }
            "AWS::Events::Rule" => {
                let targets = properties.get("Targets").map(Node::elements).unwrap_or_default();
                declared.ways.extend(targets.iter().filter_map(|target| self.reached(target)).map(|target| Way {
                    expression: read("ScheduleExpression"),
                    pattern: read("EventPattern"),
                    is_on: is_on(),
                    name: read("Name"),
                    ..way(id, &target)
                }));
            }
            "AWS::Lambda::EventInvokeConfig" if self.reaches(properties, 8) => declared.retries.extend(read(OLDEST)),
            "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" if self.rings(properties) => {
                // Without a name, CloudFormation makes one up.
                declared.alarms.push(read("AlarmName").unwrap_or_else(|| Node { known: false, ..resource.clone() }));
            }
            _ if self.functions.contains(&id) => {
                declared.settings.extend(setting(resource).and_then(|setting| self.template.resolve(setting)));
                declared.retries.extend(read("EventInvokeConfig").and_then(|config| config.get(OLDEST).cloned()));
                let events = properties.get("Events").map(Node::members).unwrap_or_default();
                let is_there = self.template.has(resource) == Some(true);
                let ways = events.iter().filter_map(|Member { key, value, .. }| self.event(key, value));
                declared.ways.extend(ways.map(|way| Way { is_on: way.is_on && is_there, ..way }));
            }
            _ => {}
        }
    }

    /// What SAM makes of an event of the function.
    fn event(&self, id: &str, event: &Node) -> Option<Way> {
        let properties = event.get("Properties")?;
        let (reader, expression, name) = match event.get("Type").and_then(Node::as_str) {
            Some("Schedule") => (Reader::Rule, "Schedule", "Name"),
            Some("ScheduleV2") => (Reader::Scheduler, "ScheduleExpression", "Name"),
            Some("EventBridgeRule" | "CloudWatchEvent") => (Reader::Rule, "ScheduleExpression", "RuleName"),
            _ => return None,
        };
        let read = |name: &str| properties.get(name).and_then(|node| self.template.resolve(node));
        let (expression, zone, name) = (read(expression), read("ScheduleExpressionTimezone"), read(name));
        let pattern = read("Pattern");
        let is_switched_off = read("Enabled").is_some_and(|enabled| !matches!(enabled.content, Content::Bool(true)));
        let is_on = !is_switched_off && is_enabled(read("State").as_ref());
        let (from, until) = (read("StartDate"), read("EndDate"));
        let target = self.template.resolve(properties)?;
        Some(Way { reader, expression, pattern, zone, from, until, is_on, name, ..way(id, &target) })
    }

    /// A target, worked out, if it is the function.
    fn reached(&self, target: &Node) -> Option<Node> {
        let is_ours = target.get("Arn").is_some_and(|arn| self.reaches(arn, 8));
        let target = self.template.resolve(target)?;
        let looks_like_ours = || self.functions.is_empty() && target.get("Input").is_some_and(looks_like_a_payload);
        (is_ours || looks_like_ours()).then_some(target)
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
}

/// A rule with a target, of which nothing else is said yet.
fn way(id: &str, target: &Node) -> Way {
    let is_reshaped = ["InputPath", "InputTransformer"].into_iter().any(|member| target.get(member).is_some());
    let sent = match target.get("Input") {
        Some(input) => Sent::Constant(input.clone()),
        None if is_reshaped => Sent::Reshaped,
        None => Sent::Event,
    };
    let retries = target.get("RetryPolicy").and_then(|policy| policy.get(OLDEST)).cloned();
    Way {
        label: id.to_owned(),
        reader: Reader::Rule,
        expression: None,
        pattern: None,
        zone: None,
        from: None,
        until: None,
        is_on: true,
        name: None,
        sent,
        retries,
    }
}
