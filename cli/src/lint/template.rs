//! What a template of CloudFormation or SAM declares of the function.

use std::ops::Range;

use crate::lint::declared::{Declared, Sent, Way, is_enabled, looks_like_a_payload};
use crate::lint::expression::Reader;
use crate::lint::grants::{self, Grants};
use crate::lint::node::{Content, Member, Node};
use crate::lint::resolve::{Template, named};

/// What a template declares.
pub(crate) fn declared(root: &Node) -> Declared {
    let template = Template::new(root);
    let functions: Vec<&str> = template.resources().filter(is_setpoint).map(|(id, ..)| id).collect();
    let source = Source { template, functions };
    let mut declared = Declared { grants: source.grants(root), ..Declared::default() };
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

    /// What the role of the one function is allowed, where all of that is in the template.
    fn grants(&self, root: &Node) -> Option<Grants> {
        let [function] = self.functions.as_slice() else { return None };
        let (_, kind, resource) = self.template.resources().find(|(id, ..)| id == function)?;
        let properties = resource.get("Properties")?;
        let globals = root.get("Globals").and_then(|globals| globals.get("Function"));
        let is_global =
            globals.is_some_and(|globals| ["Role", "Policies"].iter().any(|name| globals.get(name).is_some()));
        let mut resources = self.template.resources();
        let is_connected = resources
            .any(|(_, kind, resource)| kind == "AWS::Serverless::Connector" || resource.get("Connectors").is_some());
        // A loop of the language extensions makes resources that nobody sees here.
        let is_looped = root.get("Resources")?.members().iter().any(|member| member.key.starts_with("Fn::"));
        if is_global || is_connected || is_looped {
            return None;
        }
        let (span, mut documents) = match properties.get("Role") {
            Some(role) => self.of_role(role)?,
            None if kind == "AWS::Serverless::Function" => self.of_sam(resource)?,
            None => return None,
        };
        for (_, kind, resource) in self.template.resources() {
            if matches!(kind, "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" | "AWS::IAM::RolePolicy") {
                // Whoever it is for: that may be this role.
                documents.push(self.template.resolve(resource.get("Properties")?.get("PolicyDocument")?)?);
            }
        }
        // What is nowhere written is left to somebody else.
        if documents.is_empty() { None } else { Grants::read(span, &documents) }
    }

    /// Where a role of the template is, and its own policies.
    fn of_role(&self, role: &Node) -> Option<(Range<usize>, Vec<Node>)> {
        let names = named(role);
        let [name] = names.as_slice() else { return None };
        let (_, _, resource) =
            self.template.resources().find(|(id, kind, _)| id == name && *kind == "AWS::IAM::Role")?;
        let properties = resource.get("Properties")?;
        let is_list = |node: &Node| node.tag.is_none() && matches!(node.content, Content::List(_));
        let are_harmless = |list: &Node| is_list(list) && list.elements().iter().all(|policy| self.is_harmless(policy));
        if !properties.get("ManagedPolicyArns").is_none_or(are_harmless) {
            return None;
        }
        let Some(Member { key_span, value, .. }) = properties.member("Policies") else {
            return Some((resource.get("Type")?.span.clone(), Vec::new()));
        };
        let read = self.template.resolve(value).filter(is_list)?;
        let documents: Option<Vec<Node>> =
            read.elements().iter().map(|policy| policy.get("PolicyDocument").cloned()).collect();
        Some((key_span.clone(), documents?))
    }

    /// Where the policies of a function of SAM are, and those that are written out.
    fn of_sam(&self, function: &Node) -> Option<(Range<usize>, Vec<Node>)> {
        let Some(Member { key_span, value, .. }) = function.get("Properties")?.member("Policies") else {
            return Some((function.get("Type")?.span.clone(), Vec::new()));
        };
        let read = self.template.resolve(value)?;
        let policies = if let Content::List(_) = read.content { read.elements() } else { std::slice::from_ref(&read) };
        let written = policies.iter().filter(|policy| !self.is_harmless(policy));
        let documents: Option<Vec<Node>> =
            written.map(|policy| policy.get("Statement").is_some().then(|| policy.clone())).collect();
        Some((key_span.clone(), documents?))
    }

    /// Whether a managed policy is one for running functions, or of the template, whose policies are all read.
    fn is_harmless(&self, policy: &Node) -> bool {
        let names = named(policy);
        let is_ours = |name: &String| {
            self.template.resources().any(|(id, kind, _)| id == name && kind == "AWS::IAM::ManagedPolicy")
        };
        let text = self.template.resolve(policy).and_then(|policy| policy.as_str().map(str::to_owned));
        !names.is_empty() && names.iter().all(is_ours) || text.is_some_and(|text| grants::is_of_running(&text))
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
