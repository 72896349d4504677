//! What is written by hand: what is asked for, and what is met.

use chrono::TimeDelta;
use serde_json::Value;
use setpoint::action::About;
use setpoint::actions::ALL;
use setpoint_sandbox::Effect;

use crate::docs::Document;

/// The first two tables of the document.
pub(crate) struct Catalogue {
    pub(crate) subjects: Vec<Subject>,
    pub(super) faults: Vec<Fault>,
}

/// An action with a request that changes something in the example world.
pub(crate) struct Subject {
    /// As the tables call it.
    pub(crate) label: String,
    pub(crate) about: About,
    /// How long the invocation may take.
    pub(super) time: TimeDelta,
    pub(crate) input: Value,
}

/// What a call is met by.
pub(super) struct Fault {
    pub(super) name: String,
    pub(super) from: From,
    pub(super) answers: Vec<Answered>,
}

/// Whose answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// Any service's, or of something on the way to it.
    Any,
    /// That of a service whose capacity is moved.
    ControlPlane,
    Sts,
    DynamoDb,
}

/// An answer, or none.
pub(super) struct Answered {
    pub(super) effect: Effect,
    /// Code and message.
    pub(super) error: Option<(String, String)>,
}

impl Catalogue {
    pub(crate) fn read(document: &Document) -> Self {
        let subjects = document.table("asked for").iter().map(|row| Subject::read(row)).collect();
        let faults = document.table("met").iter().map(|row| Fault::read(row)).collect();
        Self { subjects, faults }
    }

    pub(super) fn fault(&self, name: &str) -> usize {
        let found = self.faults.iter().position(|fault| fault.name == name);
        found.unwrap_or_else(|| panic!("nothing is met that is called {name}"))
    }
}

impl Subject {
    fn read(row: &[String]) -> Self {
        let [label, action, read, write, time, input] = row else { panic!("{row:?} has not six cells") };
        let about =
            ALL.iter().find(|about| about.name == bare(action)).unwrap_or_else(|| panic!("there is no {action}"));
        assert_eq!([bare(read), bare(write)], [about.read, about.write()], "{label}");
        let input = serde_json::from_str(bare(input)).unwrap_or_else(|error| panic!("{label}: {error}"));
        let time = TimeDelta::from_std(humantime::parse_duration(time).unwrap()).unwrap();
        Self { label: label.clone(), about: *about, time, input }
    }
}

impl Fault {
    fn read(row: &[String]) -> Self {
        let [name, from, answers] = row else { panic!("{row:?} has not three cells") };
        let from = match from.as_str() {
            "any" => From::Any,
            "SageMaker" | "Lambda" | "Bedrock" | "Application Auto Scaling" => From::ControlPlane,
            "STS" => From::Sts,
            "DynamoDB" => From::DynamoDb,
            other => panic!("{name} comes from {other}, which is none of those called here"),
        };
        let answers = answers.split('`').skip(1).step_by(2).map(Answered::read).collect();
        Self { name: name.clone(), from, answers }
    }
}

impl Answered {
    /// `closed`, `lost`, `502 html`, `502 empty`, `400 CODE` or `400 CODE: message`.
    fn read(text: &str) -> Self {
        let effect = |effect| Self { effect, error: None };
        match text.split_once(' ') {
            None if text == "closed" => effect(Effect::DropConnection),
            None if text == "lost" => effect(Effect::LoseAnswer),
            None => panic!("{text} is no answer"),
            Some((status, rest)) => {
                let status = status.parse().unwrap_or_else(|_| panic!("{text} has no status"));
                match rest {
                    "html" => effect(Effect::Html { status }),
                    "empty" => effect(Effect::Empty { status }),
                    _ => {
                        let (code, message) = rest.split_once(": ").unwrap_or((rest, ""));
                        let (code, message) = (code.to_owned(), message.to_owned());
                        let error = Some((code.clone(), message.clone()));
                        Self { effect: Effect::Error { status, code, message }, error }
                    }
                }
            }
        }
    }
}

fn bare(cell: &str) -> &str {
    cell.trim_matches('`')
}
