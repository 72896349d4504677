//! What a source declares of the function: how it is configured, and what sends something to it.

use setpoint::actions::ALL;

use crate::lint::expression::Reader;
use crate::lint::grants::Grants;
use crate::lint::json;
use crate::lint::node::Node;
use crate::lint::resolve::JSON;
use crate::lint::text::Text;

/// What is declared, each value with its place in the file.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    /// What `SETPOINT_CONFIG` reads, of each function that is Setpoint.
    pub(crate) settings: Vec<Node>,
    /// The schedules and rules that send something to the function.
    pub(crate) ways: Vec<Way>,
    /// For how many seconds Lambda itself delivers an event again.
    pub(crate) retries: Vec<Node>,
    /// The names of the alarms that ring the function; unknown where a deployment makes one up.
    pub(crate) alarms: Vec<Node>,
    /// What the role of the one function is allowed, where the source says all of it.
    pub(crate) grants: Option<Grants>,
}

impl Declared {
    /// The JSON of each configuration; `None` for one that only a deployment, or a file beside it, knows.
    pub(crate) fn configurations(&self) -> impl Iterator<Item = Option<String>> {
        self.settings.iter().map(json_of)
    }

    /// The JSON of each event that is sent as it stands here; `None` for one that only a deployment knows.
    pub(crate) fn constants(&self) -> impl Iterator<Item = Option<String>> {
        self.ways.iter().filter_map(|way| match &way.sent {
            Sent::Constant(node) => Some(json_of(node)),
            Sent::Event | Sent::Reshaped => None,
        })
    }
}

fn json_of(node: &Node) -> Option<String> {
    whole(node).map(|document| document.to_json())
}

/// The JSON that a node holds, as a text or as itself, where all of it is known.
pub(crate) fn whole(node: &Node) -> Option<Node> {
    if node.tag.as_deref() == Some(JSON) {
        return is_known(node).then(|| node.clone());
    }
    json::read(node.text().filter(|text| text.is_known())?).ok()
}

/// Whether a deployment fills in nothing of it.
pub(crate) fn is_known(node: &Node) -> bool {
    let is_known_text = node.text().is_none_or(Text::is_known);
    node.known
        && is_known_text
        && node.elements().iter().chain(node.members().iter().map(|member| &member.value)).all(is_known)
}

/// A schedule or a rule with one target that is the function.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// What the source calls it: a logical id, or an address.
    pub(crate) label: String,
    pub(crate) reader: Reader,
    pub(crate) expression: Option<Node>,
    /// Of which events a rule sends something.
    pub(crate) pattern: Option<Node>,
    pub(crate) zone: Option<Node>,
    /// The time before which it sends nothing.
    pub(crate) from: Option<Node>,
    /// The time after which it sends nothing.
    pub(crate) until: Option<Node>,
    pub(crate) is_on: bool,
    /// What it is called, where the source says so.
    pub(crate) name: Option<Node>,
    pub(crate) sent: Sent,
    /// For how many seconds AWS sends the same again.
    pub(crate) retries: Option<Node>,
}

/// What the function gets as its event.
#[derive(Clone, Debug)]
pub(crate) enum Sent {
    /// A constant, to the letter.
    Constant(Node),
    /// The event itself.
    Event,
    /// A part of the event, or what is made of it.
    Reshaped,
}

/// Whether a schedule or a rule is surely on, which it is where nothing is said.
pub(crate) fn is_enabled(state: Option<&Node>) -> bool {
    state.is_none_or(|state| state.known && state.as_str().is_some_and(|state| state.starts_with("ENABLED")))
}

/// Whether a constant is a payload by its looks, where nothing else says whom it is sent to.
pub(crate) fn looks_like_a_payload(input: &Node) -> bool {
    let Some(payload) = input.text().and_then(|text| json::read(&text.with_values()).ok()) else { return false };
    let service = payload.get("action").and_then(Node::as_str).and_then(|action| action.split_once(':'));
    let is_ours = |service: &str| ALL.iter().any(|about| about.name.split(':').next() == Some(service));
    service.is_some_and(|(service, _)| is_ours(service))
        || payload.get("actions").is_some()
        || payload.get("follow").is_some()
}
