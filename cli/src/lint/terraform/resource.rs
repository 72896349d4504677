//! The resources of a plan or a state, with what a plan does not know yet.

use std::collections::BTreeMap;

use super::reference::{Key, steps};
use crate::lint::node::{Content, Member, Node};
use crate::lint::text::Text;

/// A resource as it is or will be.
pub(super) struct Resource<'a> {
    pub(super) address: &'a str,
    pub(super) kind: &'a str,
    name: &'a str,
    /// The names of the modules that it is in.
    modules: Vec<String>,
    /// Its attributes; what only the apply knows is an unknown text.
    pub(super) values: Node,
}

impl Resource<'_> {
    pub(super) fn key(&self) -> Key {
        Key { modules: self.modules.clone(), kind: self.kind.to_owned(), name: self.name.to_owned() }
    }

    /// An attribute that is there: null is as good as none.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        present(&self.values, name)
    }

    /// Whether a place of the file is in its attributes.
    pub(super) fn spans(&self, byte: usize) -> bool {
        self.values.span.contains(&byte)
    }
}

/// A member that is there: null is as good as none.
pub(super) fn present<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    node.get(name).filter(|member| member.content != Content::Null)
}

/// Every resource that is managed, of all modules.
pub(super) fn resources(root: &Node) -> Vec<Resource<'_>> {
    let unknown: BTreeMap<&str, &Node> = root
        .get("resource_changes")
        .map(Node::elements)
        .unwrap_or_default()
        .iter()
        .filter_map(|change| Some((change.get("address")?.as_str()?, change.get("change")?.get("after_unknown")?)))
        .collect();
    let mut found = Vec::new();
    let values = root.get("planned_values").or_else(|| root.get("values"));
    if let Some(module) = values.and_then(|values| values.get("root_module")) {
        of_module(module, &unknown, &mut found);
    }
    found
}

fn of_module<'a>(module: &'a Node, unknown: &BTreeMap<&str, &Node>, found: &mut Vec<Resource<'a>>) {
    // module.NAME["KEY"].module.NAME, of which the root has none.
    let address = module.get("address").and_then(Node::as_str).unwrap_or_default();
    let modules: Vec<String> = steps(address).into_iter().filter(|step| step != "module").collect();
    let elements = |name: &str| module.get(name).map(Node::elements).unwrap_or_default();
    let resource = |resource: &'a Node| {
        let text = |name: &str| resource.get(name).and_then(Node::as_str);
        let values = resource.get("values").filter(|_| text("mode") != Some("data"))?;
        let address = text("address")?;
        let values = unknown.get(address).map_or_else(|| values.clone(), |unknown| merged(values, unknown));
        Some(Resource { address, kind: text("type")?, name: text("name")?, modules: modules.clone(), values })
    };
    found.extend(elements("resources").iter().filter_map(resource));
    elements("child_modules").iter().for_each(|child| of_module(child, unknown, found));
}

/// Values with what is unknown of them: `true` stands for a value that is not there yet.
fn merged(values: &Node, unknown: &Node) -> Node {
    match (&values.content, &unknown.content) {
        (_, Content::Bool(true)) => to_come(values),
        (Content::List(elements), Content::List(others)) => {
            let pair = |(index, element): (usize, &Node)| {
                others.get(index).map_or_else(|| element.clone(), |other| merged(element, other))
            };
            let mut elements: Vec<Node> = elements.iter().enumerate().map(pair).collect();
            elements.extend(others.iter().skip(elements.len()).map(|_| to_come(values)));
            with(values, Content::List(elements))
        }
        (Content::Map(members), Content::Map(others)) => {
            let other = |key: &str| others.iter().find(|other| other.key == key);
            let pair = |member: &Member| {
                let value = other(&member.key)
                    .map_or_else(|| member.value.clone(), |other| merged(&member.value, &other.value));
                Member { value, ..member.clone() }
            };
            let mut members: Vec<Member> = members.iter().map(pair).collect();
            for other in others.iter().filter(|other| other.value.content == Content::Bool(true)) {
                if members.iter().all(|member| member.key != other.key) {
                    let (key, key_span) = (other.key.clone(), values.span.clone());
                    members.push(Member { key, key_span, value: to_come(values) });
                }
            }
            with(values, Content::Map(members))
        }
        _ => values.clone(),
    }
}

fn with(node: &Node, content: Content) -> Node {
    let known = match &content {
        Content::List(elements) => elements.iter().all(|element| element.known),
        Content::Map(members) => members.iter().all(|member| member.value.known),
        _ => node.known,
    };
    Node { content, known, ..node.clone() }
}

fn to_come(near: &Node) -> Node {
    Node { span: near.span.clone(), known: false, tag: None, content: Content::Text(Text::unknown("unknown")) }
}
