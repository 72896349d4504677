//! What a plan or a state of Terraform declares of the function, as `terraform show -json` prints it.
//!
//! <https://developer.hashicorp.com/terraform/internals/json-format>

mod reference;
mod resource;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::lint::checks;
use crate::lint::declared::{Declared, Sent, Way, is_enabled, looks_like_a_payload};
use crate::lint::expression::Reader;
use crate::lint::finding::Finding;
use crate::lint::node::{Content, Node};
use crate::lint::terraform::reference::{Configuration, Key, Named};
use crate::lint::terraform::resource::{Resource, present, resources};

/// Whether a document is a plan or a state.
pub(crate) fn is_one(root: &Node) -> bool {
    let version = root.get("format_version").and_then(Node::as_str);
    version.is_some() && ["planned_values", "values", "terraform_version"].iter().any(|name| root.get(name).is_some())
}

/// What a plan or a state declares.
pub(crate) fn declared(root: &Node) -> Declared {
    Source::new(root).declared()
}

/// Findings about a plan or a state, each with the resource that it is about: the file is one line.
pub(crate) fn check(root: &Node, now: DateTime<Utc>) -> Vec<Finding> {
    let version = root.get("format_version");
    if let Some(node) = version.filter(|node| node.as_str().is_none_or(|version| !version.starts_with("1."))) {
        let sentence = "format_version: is none that is known here; let a terraform of version 1 print it";
        return vec![Finding::error("unknown-document", sentence.to_owned(), node.span.clone())];
    }
    let source = Source::new(root);
    let mut found = checks::check(&source.declared(), now);
    for finding in &mut found {
        let resource = source.resources.iter().find(|resource| resource.spans(finding.span.start));
        if let Some(resource) = resource {
            finding.message = format!("{}: {}", resource.address, finding.message);
        }
    }
    found
}

struct Source<'a> {
    resources: Vec<Resource<'a>>,
    configuration: Configuration<'a>,
    /// What the functions that are Setpoint are called.
    functions: Vec<Function>,
    /// The topics and rules that may invoke the function or whose messages go to it.
    senders: Named,
}

/// A function that is Setpoint.
struct Function {
    key: Key,
    name: Option<String>,
    arn: Option<String>,
}

/// Whether something leads to the function.
#[derive(Clone, Copy, PartialEq)]
enum Reach {
    Yes,
    No,
    /// The document does not say.
    Untold,
}

impl<'a> Source<'a> {
    fn new(root: &'a Node) -> Self {
        let resources = resources(root);
        let setpoint = resources.iter().filter(|resource| setting(resource).is_some());
        let text =
            |resource: &Resource<'_>, name| resource.get(name).filter(|node| node.known)?.as_str().map(str::to_owned);
        let functions = setpoint
            .map(|resource| Function {
                key: resource.key(),
                name: text(resource, "function_name"),
                arn: text(resource, "arn"),
            })
            .collect();
        let configuration = Configuration::of(root);
        let mut source = Self { resources, configuration, functions, senders: Named::default() };
        source.senders = source.senders();
        source
    }

    fn declared(&self) -> Declared {
        let mut declared = Declared::default();
        for resource in &self.resources {
            let get = |name: &str| resource.get(name).cloned();
            match resource.kind {
                "aws_lambda_function" => declared.settings.extend(setting(resource).cloned()),
                "aws_scheduler_schedule" => {
                    let Some(target) = resource.get("target").and_then(|blocks| blocks.elements().first()) else {
                        continue;
                    };
                    let input = present(target, "input");
                    if !self.is_ours(self.reach(resource, &["target", "arn"]), input) {
                        continue;
                    }
                    declared.ways.push(Way {
                        label: resource.address.to_owned(),
                        reader: Reader::Scheduler,
                        expression: get("schedule_expression"),
                        pattern: None,
                        zone: get("schedule_expression_timezone"),
                        from: get("start_date"),
                        until: get("end_date"),
                        is_on: is_enabled(resource.get("state")),
                        name: get("name"),
                        sent: input.map_or(Sent::Event, |input| Sent::Constant(input.clone())),
                        retries: retries(target),
                    });
                }
                "aws_cloudwatch_event_target" => declared.ways.extend(self.rule(resource)),
                "aws_lambda_function_event_invoke_config" if self.reach(resource, &["function_name"]) == Reach::Yes => {
                    declared.retries.extend(get(OLDEST));
                }
                "aws_cloudwatch_metric_alarm" | "aws_cloudwatch_composite_alarm" => match self.rings(resource) {
                    Reach::Yes => declared.alarms.extend(get("alarm_name")),
                    Reach::No => {}
                    Reach::Untold => declared.alarms.push(Node { known: false, ..resource.values.clone() }),
                },
                _ => {}
            }
        }
        declared
    }

    /// A rule that has the function as this target.
    fn rule(&self, target: &Resource<'_>) -> Option<Way> {
        let named = self.named(target, &["rule"]);
        let is_named = |rule: &&Resource<'_>| {
            let name = rule.get("name").filter(|name| name.known).and_then(Node::as_str);
            rule.kind == "aws_cloudwatch_event_rule"
                && (named.keys.contains(&rule.key()) || name.is_some_and(|name| named.texts.contains(name)))
        };
        let rule = self.resources.iter().find(is_named);
        let input = present(&target.values, "input");
        let reach = match self.reach(target, &["arn"]) {
            Reach::Untold if named.meets(&self.senders) => Reach::Yes,
            reach => reach,
        };
        let is_reshaped = target.get("input_path").is_some()
            || target.get("input_transformer").is_some_and(|blocks| !blocks.known || !blocks.elements().is_empty());
        let is_on = |rule: &Resource<'_>| {
            let is_switched_off =
                rule.get("is_enabled").is_some_and(|node| !matches!(node.content, Content::Bool(true)));
            !is_switched_off && is_enabled(rule.get("state"))
        };
        self.is_ours(reach, input).then(|| Way {
            label: rule.unwrap_or(target).address.to_owned(),
            reader: Reader::Rule,
            expression: rule.and_then(|rule| rule.get("schedule_expression").cloned()),
            pattern: rule.and_then(|rule| rule.get("event_pattern").cloned()),
            zone: None,
            from: None,
            until: None,
            is_on: rule.is_some_and(is_on),
            name: rule.and_then(|rule| rule.get("name").cloned()),
            sent: match input {
                Some(input) => Sent::Constant(input.clone()),
                None if is_reshaped => Sent::Reshaped,
                None => Sent::Event,
            },
            retries: retries(&target.values),
        })
    }

    /// Whether something is sent to the function; where nothing says so, a payload is meant for it by its looks.
    fn is_ours(&self, reach: Reach, input: Option<&Node>) -> bool {
        match reach {
            Reach::Yes => true,
            Reach::No if !self.functions.is_empty() => false,
            Reach::No | Reach::Untold => input.is_some_and(looks_like_a_payload),
        }
    }

    /// The topics that the function is subscribed to, and the topics and rules that are permitted to invoke it.
    fn senders(&self) -> Named {
        let mut senders = Named::default();
        for resource in &self.resources {
            let (ours, sender) = match resource.kind {
                "aws_sns_topic_subscription" => ("endpoint", "topic_arn"),
                "aws_lambda_permission" => ("function_name", "source_arn"),
                _ => continue,
            };
            let named = self.named(resource, &[sender]);
            match self.reach(resource, &[ours]) {
                Reach::Yes => senders.add(named),
                Reach::No => {}
                Reach::Untold => senders.untold |= !named.is_empty() || named.untold,
            }
        }
        senders
    }

    /// Whether one of an alarm's actions is the function, or a topic that it is subscribed to.
    fn rings(&self, alarm: &Resource<'_>) -> Reach {
        let mut reach = Reach::No;
        for list in ["alarm_actions", "ok_actions", "insufficient_data_actions"] {
            let named = self.named(alarm, &[list]);
            if named.meets(&self.senders) {
                return Reach::Yes;
            }
            match self.leads(&named) {
                Reach::Yes => return Reach::Yes,
                Reach::No if named.is_empty() || !self.senders.untold => {}
                Reach::No | Reach::Untold => reach = Reach::Untold,
            }
        }
        reach
    }

    fn reach(&self, resource: &Resource<'_>, path: &[&str]) -> Reach {
        self.leads(&self.named(resource, path))
    }

    /// Whether what is named is the function, or an alias of it.
    fn leads(&self, named: &Named) -> Reach {
        let is_function = |text: &String| self.functions.iter().any(|function| function.is_called(text));
        let is_key = |key: &Key| self.functions.iter().any(|function| function.key == *key) || self.is_alias(key);
        if named.texts.iter().any(is_function) || named.keys.iter().any(is_key) {
            return Reach::Yes;
        }
        if named.untold { Reach::Untold } else { Reach::No }
    }

    fn is_alias(&self, key: &Key) -> bool {
        let of_function = |alias: &Resource<'_>| {
            let named = self.named(alias, &["function_name"]);
            let is_function = |text: &String| self.functions.iter().any(|function| function.is_called(text));
            named.texts.iter().any(is_function)
                || named.keys.iter().any(|key| self.functions.iter().any(|function| function.key == *key))
        };
        key.kind == "aws_lambda_alias"
            && self.resources.iter().filter(|resource| resource.key() == *key).any(of_function)
    }

    /// What a member of a resource names: its values where they are known, else what its expression refers to.
    fn named(&self, resource: &Resource<'_>, path: &[&str]) -> Named {
        let mut value = Some(&resource.values);
        for step in path {
            value = value.and_then(|value| present(value.elements().first().unwrap_or(value), step));
        }
        match value {
            Some(value) if value.known => Named { texts: texts(value), ..Named::default() },
            Some(_) => self.configuration.named(&resource.key(), path),
            None => Named::default(),
        }
    }
}

impl Function {
    /// Whether a name or an ARN is of the function, whatever its qualifier.
    fn is_called(&self, text: &str) -> bool {
        let parts: Vec<&str> = text.splitn(8, ':').collect();
        match (parts.as_slice(), &self.arn) {
            ([_], _) => self.name.as_deref() == Some(text),
            ([head @ .., _], Some(arn)) if head.len() == 7 => head.join(":") == *arn,
            ([_, _, "lambda", _, _, "function", name, ..], None) => self.name.as_deref() == Some(*name),
            (_, arn) => arn.as_deref() == Some(text),
        }
    }
}

/// What Terraform calls the age beyond which nothing is sent again.
const OLDEST: &str = "maximum_event_age_in_seconds";

fn retries(target: &Node) -> Option<Node> {
    present(present(target, "retry_policy")?.elements().first()?, OLDEST).cloned()
}

fn setting<'a>(resource: &'a Resource<'_>) -> Option<&'a Node> {
    let is_function = resource.kind == "aws_lambda_function";
    let block = resource.get("environment").filter(|_| is_function)?.elements().first()?;
    present(present(block, "variables")?, "SETPOINT_CONFIG")
}

fn texts(node: &Node) -> BTreeSet<String> {
    let own = node.as_str().map(str::to_owned);
    own.into_iter().chain(node.elements().iter().filter_map(Node::as_str).map(str::to_owned)).collect()
}
