//! A template's functions worked out as far as the template says, with the defaults of its parameters.

use crate::lint::node::{Content, Member, Node};
use crate::lint::text::Text;

/// A template of CloudFormation or SAM.
pub(crate) struct Template<'a> {
    root: &'a Node,
}

/// Functions inside functions, and parameters of conditions: a template that says more goes in circles.
const DEEPEST: usize = 64;

impl<'a> Template<'a> {
    pub(crate) fn new(root: &'a Node) -> Self {
        Self { root }
    }

    /// What a part of it reads; `None` for what is left out, and an unknown text for what only a deployment knows.
    pub(crate) fn resolve(&self, node: &Node) -> Option<Node> {
        self.at(node, DEEPEST)
    }

    fn at(&self, node: &Node, depth: usize) -> Option<Node> {
        let Some(depth) = depth.checked_sub(1) else { return Some(unknown(node)) };
        if let Some((name, argument)) = function(node) {
            return self.call(node, &name, &argument, depth);
        }
        let content = match &node.content {
            Content::List(elements) => {
                Content::List(elements.iter().filter_map(|element| self.at(element, depth)).collect())
            }
            Content::Map(members) => {
                let member =
                    |member: &Member| self.at(&member.value, depth).map(|value| Member { value, ..member.clone() });
                Content::Map(members.iter().filter_map(member).collect())
            }
            scalar => scalar.clone(),
        };
        let known = match &content {
            Content::List(elements) => elements.iter().all(|element| element.known),
            Content::Map(members) => members.iter().all(|member| member.value.known),
            _ => node.known,
        };
        Some(Node { content, known, ..node.clone() })
    }

    fn call(&self, node: &Node, name: &str, argument: &Node, depth: usize) -> Option<Node> {
        match name {
            "Ref" if argument.as_str() == Some("AWS::NoValue") => None,
            "Ref" => Some(argument.as_str().and_then(|name| self.parameter(name)).unwrap_or_else(|| unknown(node))),
            "If" => match argument.elements() {
                [condition, yes, no] => match condition.as_str().and_then(|name| self.condition(name, depth)) {
                    Some(true) => self.at(yes, depth),
                    Some(false) => self.at(no, depth),
                    None => Some(unknown(node)),
                },
                _ => Some(unknown(node)),
            },
            "Sub" => Some(self.substituted(node, argument, depth).unwrap_or_else(|| unknown(node))),
            "Join" => Some(self.joined(node, argument, depth).unwrap_or_else(|| unknown(node))),
            "FindInMap" => Some(self.mapped(argument, depth).unwrap_or_else(|| unknown(node))),
            "ToJsonString" => self.at(argument, depth).map(|value| Node { tag: Some(JSON.to_owned()), ..value }),
            _ => Some(unknown(node)),
        }
    }

    /// The default of a parameter.
    fn parameter(&self, name: &str) -> Option<Node> {
        let parameter = self.root.get("Parameters")?.get(name)?;
        let default = parameter.get("Default")?;
        if !parameter.get("Type").and_then(Node::as_str).is_some_and(|kind| kind.contains("List")) {
            return Some(default.clone());
        }
        let text = default.scalar()?;
        let mut start = 0;
        let element = |part: &str| {
            let range = start..start + part.len();
            start = range.end + 1;
            Node { content: Content::Text(text.part(range)), ..default.clone() }
        };
        Some(Node { content: Content::List(text.as_str().split(',').map(element).collect()), ..default.clone() })
    }

    fn substituted(&self, node: &Node, argument: &Node, depth: usize) -> Option<Node> {
        let (text, variables) = match argument.elements() {
            [text, variables] => (text.text()?, variables.members()),
            _ => (argument.text()?, &[][..]),
        };
        let mut read = Text::default();
        let mut rest = 0;
        while let Some(start) = text.as_str()[rest..].find("${").map(|found| rest + found) {
            let Some(end) = text.as_str()[start..].find('}').map(|found| start + found) else { break };
            read.push(&text.part(rest..start));
            rest = end + 1;
            let name = &text.as_str()[start + 2..end];
            if name.starts_with('!') {
                read.push(&text.part(start..start + 2));
                read.push(&text.part(start + 3..rest));
                continue;
            }
            let variable = variables.iter().find(|variable| variable.key == name);
            let value = match variable {
                Some(variable) => self.at(&variable.value, depth),
                None => self.parameter(name),
            };
            read.push(&value.and_then(|value| value.scalar()).unwrap_or_else(|| Text::unknown(STAND_IN)));
        }
        read.push(&text.part(rest..text.as_str().len()));
        Some(of_text(node, read))
    }

    fn joined(&self, node: &Node, argument: &Node, depth: usize) -> Option<Node> {
        let [separator, parts] = argument.elements() else { return None };
        let parts = self.at(parts, depth)?;
        let Content::List(parts) = &parts.content else { return None };
        let mut read = Text::default();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                read.push(separator.text()?);
            }
            read.push(&part.scalar()?);
        }
        Some(of_text(node, read))
    }

    fn mapped(&self, argument: &Node, depth: usize) -> Option<Node> {
        let mut found = self.root.get("Mappings")?;
        for key in argument.elements().iter().take(3) {
            found = found.get(self.at(key, depth)?.scalar()?.as_str())?;
        }
        Some(found.clone())
    }

    /// Whether a resource is there, with the defaults; `None` where only a deployment knows.
    pub(crate) fn has(&self, resource: &Node) -> Option<bool> {
        resource.get("Condition").map_or(Some(true), |condition| self.condition(condition.as_str()?, DEEPEST))
    }

    /// Whether a condition holds, with the defaults.
    fn condition(&self, name: &str, depth: usize) -> Option<bool> {
        self.holds(self.root.get("Conditions")?.get(name)?, depth)
    }

    fn holds(&self, node: &Node, depth: usize) -> Option<bool> {
        let depth = depth.checked_sub(1)?;
        let (name, argument) = function(node)?;
        let mut each = argument.elements().iter().map(|element| self.holds(element, depth));
        match name.as_str() {
            "Condition" => self.condition(argument.as_str()?, depth),
            "Not" => each.next()?.map(|holds| !holds),
            "And" => each.try_fold(true, |all, holds| holds.map(|holds| all && holds)),
            "Or" => each.try_fold(false, |any, holds| holds.map(|holds| any || holds)),
            "Equals" => match argument.elements() {
                [one, other] => {
                    let read = |node| self.at(node, depth).and_then(|node| node.scalar()).filter(Text::is_known);
                    Some(read(one)?.as_str() == read(other)?.as_str())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The resources with what they are, each by its logical id.
    pub(crate) fn resources(&self) -> impl Iterator<Item = (&'a str, &'a str, &'a Node)> {
        let resources = self.root.get("Resources").map(Node::members).unwrap_or_default();
        resources
            .iter()
            .filter_map(|Member { key, value, .. }| Some((key.as_str(), value.get("Type")?.as_str()?, value)))
    }
}

/// The tag of what is written as a tree, and sent as JSON.
pub(crate) const JSON: &str = "ToJsonString";

/// Stands where a deployment puts a text.
const STAND_IN: &str = "unknown";

fn unknown(node: &Node) -> Node {
    Node { known: false, ..of_text(node, Text::unknown(STAND_IN)) }
}

fn of_text(node: &Node, text: Text) -> Node {
    Node { span: node.span.clone(), known: text.is_known(), tag: None, content: Content::Text(text) }
}

/// The function that a part of a template calls, in the short form or the long one.
fn function(node: &Node) -> Option<(String, Node)> {
    if let Some(tag) = node.tag.as_ref().filter(|tag| *tag != JSON) {
        return Some((tag.clone(), Node { tag: None, ..node.clone() }));
    }
    match node.members() {
        [Member { key, value, .. }] if key == "Ref" || key == "Condition" && value.as_str().is_some() => {
            Some((key.clone(), value.clone()))
        }
        [Member { key, value, .. }] => key.strip_prefix("Fn::").map(|name| (name.to_owned(), value.clone())),
        _ => None,
    }
}

/// The resources and parameters that a part of a template names.
pub(crate) fn named(node: &Node) -> Vec<String> {
    let first = |text: &str| text.split('.').next().unwrap_or_default().to_owned();
    match function(node) {
        Some((name, argument)) if name == "Ref" || name == "GetAtt" => {
            let subject = argument.elements().first().unwrap_or(&argument);
            subject.as_str().map(first).into_iter().collect()
        }
        Some((name, argument)) if name == "Sub" => {
            let text = argument.elements().first().unwrap_or(&argument).as_str().unwrap_or_default().to_owned();
            let names = text.split("${").skip(1).filter_map(|rest| rest.split('}').next()).map(first);
            names.chain(argument.elements().iter().skip(1).flat_map(named)).collect()
        }
        Some((_, argument)) => inside(&argument),
        None => inside(node),
    }
}

fn inside(node: &Node) -> Vec<String> {
    let members = node.members().iter().map(|member| &member.value);
    node.elements().iter().chain(members).flat_map(named).collect()
}
