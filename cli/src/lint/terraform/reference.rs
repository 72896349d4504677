//! What the expressions of a configuration refer to, followed through variables and outputs of modules.

use std::collections::BTreeSet;

use crate::lint::node::Node;

/// A resource whatever its instance: the modules that it is in, its type and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) modules: Vec<String>,
    pub(super) kind: String,
    pub(super) name: String,
}

/// What is named, by text or by resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    pub(super) texts: BTreeSet<String>,
    pub(super) keys: BTreeSet<Key>,
    /// Whether more may be named than the document says: it has no expressions of locals.
    pub(super) untold: bool,
}

impl Named {
    pub(super) fn add(&mut self, other: Self) {
        self.texts.extend(other.texts);
        self.keys.extend(other.keys);
        self.untold |= other.untold;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.keys.is_empty()
    }

    /// Whether both name the same.
    pub(super) fn meets(&self, other: &Self) -> bool {
        !self.texts.is_disjoint(&other.texts) || !self.keys.is_disjoint(&other.keys)
    }
}

/// The configuration that a plan was made of; a state has none.
pub(super) struct Configuration<'a> {
    root: Option<&'a Node>,
}

/// Variables of modules in outputs of modules: one that goes further goes in circles.
const DEEPEST: usize = 32;

impl<'a> Configuration<'a> {
    pub(super) fn of(document: &'a Node) -> Self {
        Self { root: document.get("configuration").and_then(|configuration| configuration.get("root_module")) }
    }

    /// What an argument of a resource refers to.
    pub(super) fn named(&self, key: &Key, path: &[&str]) -> Named {
        let untold = || Named { untold: true, ..Named::default() };
        let is_it = |resource: &&Node| {
            let is = |name: &str, value: &str| resource.get(name).and_then(Node::as_str) == Some(value);
            is("type", &key.kind) && is("name", &key.name) && !is("mode", "data")
        };
        let module = self.module(&key.modules);
        let resources = module.and_then(|module| module.get("resources")).map(Node::elements).unwrap_or_default();
        let mut expression = resources.iter().find(is_it).and_then(|resource| resource.get("expressions"));
        for step in path {
            expression = expression.and_then(|node| node.elements().first().unwrap_or(node).get(step));
        }
        let named = expression.map(|expression| self.referred(expression, &key.modules, DEEPEST));
        // What is not known comes from somewhere.
        named.filter(|named| !named.is_empty()).unwrap_or_else(untold)
    }

    fn module(&self, modules: &[String]) -> Option<&'a Node> {
        modules.iter().try_fold(self.root?, |module, name| module.get("module_calls")?.get(name)?.get("module"))
    }

    fn referred(&self, expression: &Node, modules: &[String], depth: usize) -> Named {
        let mut named = Named::default();
        let references = references(expression);
        for reference in &references {
            // Each comes with what it is a part of as well.
            let is_part =
                |other: &&&str| other.strip_prefix(reference).is_some_and(|rest| rest.starts_with(['.', '[']));
            if !references.iter().any(|other| is_part(&other)) {
                named.add(self.followed(reference, modules, depth));
            }
        }
        named
    }

    fn followed(&self, reference: &str, modules: &[String], depth: usize) -> Named {
        let steps = steps(reference);
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let untold = Named { untold: true, ..Named::default() };
        let Some(depth) = depth.checked_sub(1) else { return untold };
        match steps.as_slice() {
            ["count" | "path" | "terraform", ..] => Named::default(),
            ["local" | "each" | "self" | "data", ..] => untold,
            ["module", name, output, ..] => {
                let inside: Vec<String> = modules.iter().cloned().chain([(*name).to_owned()]).collect();
                let output =
                    self.module(&inside).and_then(|module| module.get("outputs")?.get(output)?.get("expression"));
                output.map_or(untold, |expression| self.referred(expression, &inside, depth))
            }
            ["var", name, ..] => {
                let Some((own, outside)) = modules.split_last() else { return untold };
                let call = self.module(outside).and_then(|module| module.get("module_calls")?.get(own));
                let argument = call.and_then(|call| call.get("expressions")?.get(name));
                argument.map_or(untold, |expression| self.referred(expression, outside, depth))
            }
            [kind, name, ..] => {
                let key = Key { modules: modules.to_vec(), kind: (*kind).to_owned(), name: (*name).to_owned() };
                Named { keys: [key].into(), ..Named::default() }
            }
            _ => untold,
        }
    }
}

/// Every reference in an expression, which may be a block or a list of such.
fn references(expression: &Node) -> Vec<&str> {
    let own = expression.get("references").map(Node::elements).unwrap_or_default().iter().filter_map(Node::as_str);
    let members = expression.members().iter().filter(|member| member.key != "references").map(|member| &member.value);
    own.chain(expression.elements().iter().chain(members).flat_map(references)).collect()
}

/// The names in an address or a reference, without its indices.
pub(super) fn steps(address: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for letter in address.chars() {
        match letter {
            _ if quoted => {
                quoted = letter != '"' || escaped;
                escaped = letter == '\\' && !escaped;
            }
            '"' => quoted = true,
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '.' => steps.push(String::new()),
            _ => {
                if let Some(step) = steps.last_mut() {
                    step.push(letter);
                }
            }
        }
    }
    steps.retain(|step| !step.is_empty());
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_without_its_indices() {
        assert_eq!(steps(r#"module.a["x.y]\"."].module.b[0]"#), ["module", "a", "module", "b"]);
        assert_eq!(steps("aws_sns_topic.alarms.arn"), ["aws_sns_topic", "alarms", "arn"]);
        assert_eq!(steps(""), [""; 0]);
    }
}
