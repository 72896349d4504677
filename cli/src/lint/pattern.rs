//! Event patterns of rules: which events they bring, and those that bring none.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>

use setpoint::spelling::problem::{listed, nearest};

use crate::lint::finding::Finding;
use crate::lint::json;
use crate::lint::node::{Content, Member, Node};

/// A pattern as it is written.
pub(crate) struct Pattern(Node);

/// An event of AWS that a pattern brings.
pub(crate) struct Foreign<'a> {
    pub(crate) detail_type: &'a Node,
    pub(crate) sources: Vec<&'a str>,
}

const ALARM: &str = "CloudWatch Alarm State Change";
const CLOUDWATCH: &str = "aws.cloudwatch";
/// Nobody but AWS may send with such a source:
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>.
const OF_AWS: &str = "aws.";

/// What an event has: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>; a replay has its name.
const MEMBERS: [&str; 10] =
    ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail", "replay-name"];

/// What the `detail` of an alarm has:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>.
const OF_ALARM: [&str; 4] = ["alarmName", "configuration", "previousState", "state"];
const STATES: [&str; 3] = ["OK", "ALARM", "INSUFFICIENT_DATA"];

impl Pattern {
    /// Reads a pattern, which a text may hold; `None` for what only a deployment knows.
    pub(crate) fn read(node: &Node) -> Option<Self> {
        if let Content::Map(_) = node.content {
            return Some(Self(node.clone()));
        }
        let document = json::read(&node.text().filter(|text| text.is_known())?.with_values()).ok()?;
        matches!(document.content, Content::Map(_)).then_some(Self(document))
    }

    /// What AWS refuses of it, and why no event matches it.
    pub(crate) fn check(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        check_leaves(&self.0, "", &mut found);
        found.extend(self.0.members().iter().filter_map(unknown_member));
        found.extend(self.wrong_alarm());
        found
    }

    /// Why no alarm matches what is meant for alarms.
    fn wrong_alarm(&self) -> Vec<Finding> {
        let kinds = self.exact("detail-type").unwrap_or_default();
        let misspelt = kinds.iter().filter(|kind| same_letters(value(kind), ALARM) && value(kind) != ALARM);
        let mut found: Vec<Finding> = misspelt
            .map(|kind| {
                let sentence = format!(
                    "detail-type: {} is no event's, and so never matches; did you mean `{ALARM}`?",
                    value(kind)
                );
                Finding::warning("event-pattern", sentence, kind.span.clone())
            })
            .collect();
        if kinds.iter().any(|kind| value(kind) != ALARM) || kinds.is_empty() {
            return found;
        }
        let sources = self.exact("source").unwrap_or_default();
        if let Some(first) = sources.first()
            && sources.iter().all(|source| value(source).starts_with(OF_AWS) && value(source) != CLOUDWATCH)
        {
            let sentence = format!("source: alarms do not come from {}; write `{CLOUDWATCH}`", value(first));
            found.push(never(first, sentence));
        }
        let Some(detail) = self.0.get("detail") else { return found };
        for Member { key, key_span, .. } in detail.members().iter().filter(|member| !asks_for_absence(&member.value)) {
            let meant = OF_ALARM.iter().find(|name| same_letters(key, name) && *name != key);
            if let Some(meant) = meant {
                let sentence =
                    format!("detail.{key}: no alarm has it, and so no event matches; did you mean `{meant}`?");
                found.push(Finding::warning("event-pattern", sentence, key_span.clone()));
            }
        }
        for state in ["state", "previousState"] {
            found.extend(detail.member(state).into_iter().flat_map(wrong_state));
        }
        found
    }

    /// The names of the alarms that it brings; `None` where it does not list them.
    pub(crate) fn alarms(&self) -> Option<Vec<Node>> {
        let may_be = |name: &str, wanted: &str| {
            self.exact(name).is_none_or(|values| values.iter().any(|node| value(node) == wanted))
        };
        if !may_be("source", CLOUDWATCH) || !may_be("detail-type", ALARM) {
            return Some(Vec::new());
        }
        exact(self.0.get("detail")?.get("alarmName")?).map(|names| names.into_iter().cloned().collect())
    }

    /// The events of AWS that it brings besides alarms and schedules.
    pub(crate) fn foreign(&self) -> Vec<Foreign<'_>> {
        let (Some(kinds), Some(sources)) = (self.exact("detail-type"), self.exact("source")) else { return Vec::new() };
        let sources: Vec<&str> = sources.into_iter().map(value).collect();
        // An alarm and what else is told of one are not looked up among the events, nor is a schedule.
        let is_other = |source: &&str| ![CLOUDWATCH, "aws.events", "aws.scheduler"].contains(source);
        if !sources.iter().all(|source| source.starts_with(OF_AWS) && is_other(source)) {
            return Vec::new();
        }
        let kinds = kinds.into_iter().filter(|kind| !same_letters(value(kind), ALARM));
        kinds.map(|detail_type| Foreign { detail_type, sources: sources.clone() }).collect()
    }

    fn exact(&self, name: &str) -> Option<Vec<&Node>> {
        exact(self.0.get(name)?)
    }
}

/// The texts that a member may have, where the pattern lists them and nothing else.
fn exact(node: &Node) -> Option<Vec<&Node>> {
    let Content::List(elements) = &node.content else { return None };
    let all: Option<Vec<&Node>> =
        elements.iter().map(|element| element.text().filter(|text| text.is_known()).map(|_| element)).collect();
    all.filter(|_| node.known)
}

fn value(node: &Node) -> &str {
    node.as_str().unwrap_or_default()
}

/// Whether two names differ in nothing but case, spaces and signs.
fn same_letters(one: &str, other: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).map(|letter| letter.to_ascii_lowercase()).collect()
    };
    letters(one) == letters(other)
}

fn never(node: &Node, sentence: String) -> Finding {
    let (what, help) = sentence.split_once("; ").unwrap_or((&sentence, ""));
    Finding::warning("event-pattern", format!("{what}, and so no event matches; {help}"), node.span.clone())
}

/// Members that are neither a list nor an object, and lists of nothing.
fn check_leaves(node: &Node, path: &str, found: &mut Vec<Finding>) {
    for Member { key, value, .. } in node.members() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match &value.content {
            Content::Map(_) => check_leaves(value, &path, found),
            Content::List(elements) if elements.is_empty() && value.known => {
                found.push(never(value, format!("{path}: lists nothing; write a value, or leave it out")));
            }
            Content::List(_) => {}
            _ if !value.known || value.scalar().is_some_and(|text| !text.is_known()) => {}
            _ => {
                let written = value.to_json();
                let sentence = format!("{path}: must be a list of values, or an object; write [{written}]");
                found.push(Finding::error("event-pattern", sentence, value.span.clone()));
            }
        }
    }
}

/// Whether an event without a member may match, as far as is known.
fn asks_for_absence(node: &Node) -> bool {
    !node.known || node.elements().iter().any(|element| element.get("exists").is_some())
}

/// A member that no event has at its top.
fn unknown_member(Member { key, key_span, value }: &Member) -> Option<Finding> {
    let is_operator = key.starts_with('$');
    if MEMBERS.contains(&key.as_str()) || is_operator || asks_for_absence(value) {
        return None;
    }
    let near = MEMBERS.into_iter().find(|name| same_letters(name, key)).or_else(|| nearest(key, &MEMBERS));
    let help = match near {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "what is told of the event itself stands in `detail`".to_owned(),
    };
    let sentence = format!("{key}: events have no such member, and so none matches; {help}");
    Some(Finding::warning("event-pattern", sentence, key_span.clone()))
}

/// Values that are no state of an alarm.
fn wrong_state(Member { key, value: state, .. }: &Member) -> Vec<Finding> {
    if let Some(values) = exact(state).filter(|values| !values.is_empty()) {
        let first = value(values[0]);
        let sentence = format!("detail.{key}: is an object in an alarm; write {{\"value\": [\"{first}\"]}}");
        return vec![never(state, sentence)];
    }
    let values = state.get("value").map(Node::elements).unwrap_or_default();
    let written = values.iter().filter(|node| node.text().is_some_and(|text| text.is_known()));
    let wrong = written.filter(|node| !STATES.contains(&value(node)));
    wrong
        .map(|node| {
            let help = match STATES.into_iter().find(|state| same_letters(state, value(node))) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("valid here: {}", listed(&STATES)),
            };
            let sentence =
                format!("detail.{key}.value: {} is no state of an alarm, and so never matches; {help}", value(node));
            Finding::warning("event-pattern", sentence, node.span.clone())
        })
        .collect()
}
