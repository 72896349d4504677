//! A document as a tree whose values know where they are written.

use std::ops::Range;

use serde_json::{Number, Value};

use crate::lint::text::Text;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    /// Whether all of it is written, rather than known to a deployment only.
    pub(crate) known: bool,
    /// YAML's tag, such as `Ref` for `!Ref`.
    pub(crate) tag: Option<String>,
    pub(crate) content: Content,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Number(Number),
    Text(Text),
    List(Vec<Node>),
    Map(Vec<Member>),
}

/// A member of an object; of one that comes twice there are two.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) key_span: Range<usize>,
    pub(crate) value: Node,
}

/// Where a path leads.
pub(crate) struct Place {
    /// What to show of it: a value with its name where it is short, else the name.
    pub(crate) span: Range<usize>,
    /// Whether the file says what stands there.
    pub(crate) known: bool,
}

impl Node {
    pub(crate) fn members(&self) -> &[Member] {
        if let Content::Map(members) = &self.content { members } else { &[] }
    }

    pub(crate) fn elements(&self) -> &[Node] {
        if let Content::List(elements) = &self.content { elements } else { &[] }
    }

    /// The member that counts.
    pub(crate) fn member(&self, key: &str) -> Option<&Member> {
        self.members().iter().rfind(|member| member.key == key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.member(key).map(|member| &member.value)
    }

    pub(crate) fn text(&self) -> Option<&Text> {
        if let Content::Text(text) = &self.content { Some(text) } else { None }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        self.text().map(Text::as_str)
    }

    /// What a scalar reads where a text is built from it.
    pub(crate) fn scalar(&self) -> Option<Text> {
        match &self.content {
            Content::Text(text) => Some(text.clone()),
            Content::Number(number) => Some(Text::at(number.to_string(), self.span.start)),
            Content::Bool(value) => Some(Text::at(value.to_string(), self.span.start)),
            Content::Null | Content::List(_) | Content::Map(_) => None,
        }
    }

    /// A whole number, also written as a text.
    pub(crate) fn whole(&self) -> Option<u64> {
        self.scalar().filter(Text::is_known).and_then(|text| text.as_str().parse().ok())
    }

    /// The tree as JSON, with what comes twice in it. What EventBridge Scheduler fills in is filled in.
    pub(crate) fn to_json(&self) -> String {
        match &self.content {
            Content::Null => "null".to_owned(),
            Content::Bool(value) => value.to_string(),
            Content::Number(value) => value.to_string(),
            Content::Text(text) => quoted(filled_in(text.as_str())),
            Content::List(elements) => {
                let elements: Vec<String> = elements.iter().map(Self::to_json).collect();
                format!("[{}]", elements.join(","))
            }
            Content::Map(members) => {
                let member = |member: &Member| format!("{}:{}", quoted(&member.key), member.value.to_json());
                let members: Vec<String> = members.iter().map(member).collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    /// Where a problem's path leads, or what it leads to as far as it goes.
    pub(crate) fn place(&self, path: &str) -> Place {
        if let Some(place) = self.walk(path, None) {
            return place;
        }
        // What is missing is shown by what it is missing in.
        let mut parent = path;
        while let Some(end) = parent.rfind(['.', '[']) {
            parent = &parent[..end];
            if let Some(place) = self.walk(parent, None) {
                return Place { known: true, ..place };
            }
        }
        Place { span: self.span.clone(), known: true }
    }

    fn walk(&self, path: &str, key: Option<&Range<usize>>) -> Option<Place> {
        if path.is_empty() {
            return Some(Place { span: self.shown(key), known: self.known });
        }
        if let Some(rest) = path.strip_prefix('[') {
            let (index, rest) = rest.split_once(']')?;
            return self.elements().get(index.parse::<usize>().ok()?)?.walk(rest, None);
        }
        let path = path.strip_prefix('.').unwrap_or(path);
        let mut ways: Vec<(&Member, &str)> =
            self.members().iter().rev().filter_map(|member| way(member, path)).collect();
        // Names have dots too.
        ways.sort_by_key(|(member, _)| std::cmp::Reverse(member.key.len()));
        ways.into_iter().find_map(|(member, rest)| member.value.walk(rest, Some(&member.key_span)))
    }

    fn shown(&self, key: Option<&Range<usize>>) -> Range<usize> {
        match (&self.content, key) {
            (Content::List(_) | Content::Map(_), Some(key)) => key.clone(),
            (_, Some(key)) if key.end <= self.span.start => key.start..self.span.end,
            (_, Some(key)) => key.clone(),
            (_, None) => self.span.clone(),
        }
    }
}

/// What is left of a path behind a member, where it leads through it.
fn way<'a, 'b>(member: &'a Member, path: &'b str) -> Option<(&'a Member, &'b str)> {
    let rest = path.strip_prefix(member.key.as_str())?;
    (rest.is_empty() || rest.starts_with(['.', '['])).then_some((member, rest))
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Scheduler replaces these before it sends a payload:
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>.
fn filled_in(text: &str) -> &str {
    match text {
        "<aws.scheduler.scheduled-time>" => "2026-01-01T00:00:00Z",
        "<aws.scheduler.execution-id>" => "d32c5kddcf5bb8c3",
        "<aws.scheduler.schedule-arn>" => "arn:aws:scheduler:us-east-1:123456789012:schedule/default/name",
        "<aws.scheduler.attempt-number>" => "1",
        text => text,
    }
}
