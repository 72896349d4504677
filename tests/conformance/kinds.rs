//! Every action under every kind of error, as the fault matrix has played them.

use std::collections::{BTreeMap, BTreeSet};

use setpoint::actions::ALL;

use super::tables::{Table, in_code};
use crate::docs::{Document, cells, code, texts_in};
use crate::faults::{Catalogue, FILE};

/// The kinds of error of which a service has no answer, and why.
const NONE: &[(&str, &str, &str)] = &[
    (
        "busy",
        "Bedrock",
        "it has no answer of its own that says so: its `ConflictException` is refused, and that a target is being changed is told \
         by the read",
    ),
    ("internal", "any", "it is this function that is at fault, which no answer of AWS's is"),
    (
        "quota",
        "Application Auto Scaling",
        "its `LimitExceededException` is judged as throttled, which is what others mean by that code",
    ),
];

/// The phases of which an action has calls of its own; those of the role and of the ledger are the same for all.
const PHASES: [&str; 3] = ["read", "write", "poll"];

/// What the matrix says comes of a fault.
struct Played {
    kind: String,
    phase: String,
    error_type: String,
    action: &'static str,
}

pub(super) fn tables() -> [Table; 3] {
    let played = played();
    let kinds = texts_in("src/error/kind.rs", "fn name(");
    let mut table = Table::new(["action, by kind of error"].into_iter().chain(kinds.iter().map(String::as_str)));
    for about in ALL {
        let mut row = vec![in_code(about.name)];
        for kind in &kinds {
            let of_kind = |phase: &&str| {
                let met = played.iter().filter(|it| it.action == about.name && it.kind == *kind && it.phase == **phase);
                met.map(|it| &it.error_type).collect::<BTreeSet<_>>().len()
            };
            let counts = PHASES.iter().map(|phase| (phase, of_kind(phase))).filter(|(_, count)| *count > 0);
            let counts: Vec<String> = counts.map(|(phase, count)| format!("{phase} {count}")).collect();
            let none =
                NONE.iter().find(|(of, service, _)| of == kind && [service_of(about.name), "any"].contains(service));
            match (counts.is_empty(), none) {
                (true, None) => panic!(
                    "{FILE}: no fault of {} that {} meets is {kind}; write one under \"What is met\", or say in {} why there is none",
                    service_of(about.name),
                    about.name,
                    file!()
                ),
                (false, Some(_)) => panic!("{}: {} has {kind} all the same: {counts:?}", file!(), about.name),
                (true, Some(_)) => row.push("—".to_owned()),
                (false, None) => row.push(counts.join(", ")),
            }
        }
        table.rows.push(row);
    }
    let mut none = Table::new(["no kind", "of", "why"]);
    none.rows.extend(NONE.iter().map(|(kind, service, why)| [*kind, *service, *why].map(str::to_owned).into()));
    [table, errors(&played), none]
}

/// One row for each group of errors that the same actions meet in the same phases.
fn errors(played: &[Played]) -> Table {
    let mut order: Vec<&str> = Vec::new();
    let mut met: BTreeMap<(&str, &str, usize), BTreeSet<&str>> = BTreeMap::new();
    for Played { kind, phase, error_type, action } in played {
        let phase = order.iter().position(|known| known == phase).unwrap_or_else(|| {
            order.push(phase);
            order.len() - 1
        });
        met.entry((kind, error_type, phase)).or_default().insert(action);
    }
    let mut phases: BTreeMap<_, BTreeSet<usize>> = BTreeMap::new();
    for ((kind, error_type, phase), actions) in met {
        phases.entry((kind, error_type, actions)).or_default().insert(phase);
    }
    let mut groups: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for ((kind, error_type, actions), phases) in phases {
        groups.entry((kind, phases, actions)).or_default().push(in_code(error_type));
    }
    let mut table = Table::new(["kind", "`errorType`", "phases", "actions"]);
    for ((kind, phases, actions), errors) in groups {
        let phases: Vec<&str> = phases.into_iter().map(|phase| order[phase]).collect();
        table.rows.push(vec![kind.to_owned(), errors.join(", "), phases.join("; "), named(&actions)]);
    }
    table
}

/// Actions, or their services where all of a service's are meant.
fn named(actions: &BTreeSet<&str>) -> String {
    if actions.len() == ALL.len() {
        return "all".to_owned();
    }
    let mut names = Vec::new();
    for about in ALL.iter().filter(|about| actions.contains(about.name)) {
        let service = service_of(about.name);
        let is_whole = ALL.iter().filter(|of| service_of(of.name) == service).all(|of| actions.contains(of.name));
        let name = if is_whole { format!("all of {service}") } else { in_code(about.name) };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// Every row of the matrix that ends in an error, for each action that meets it from its own service, or from what any may meet.
fn played() -> Vec<Played> {
    let document = Document::read(FILE);
    let faults: BTreeMap<String, (String, String)> =
        document.table("met").into_iter().map(|row| (row[0].clone(), (row[1].clone(), first_code(&row[2])))).collect();
    let subjects = Catalogue::read(&document).subjects;
    let mut played = Vec::new();
    let mut phase = "";
    for line in document.text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            phase = heading.strip_prefix("The ").unwrap_or_default();
        }
        if phase.is_empty() || !line.starts_with("| ") || line.starts_with("| fault |") {
            continue;
        }
        let row = cells(line);
        let [fault, labels, comes_to, kind, ..] = row.as_slice() else { panic!("{FILE}: {line}") };
        if kind == "–" {
            continue;
        }
        let (from, its_code) = &faults[fault];
        let error_type = if comes_to == "its code" { its_code } else { code(comes_to)[0] };
        for subject in &subjects {
            let is_asked_for = labels == "all" || labels.split(", ").any(|label| label == subject.label);
            let is_met = ["any", "STS", "DynamoDB", service_of(subject.about.name)].contains(&from.as_str());
            if is_asked_for && is_met {
                let (kind, phase, error_type) = (kind.clone(), phase.to_owned(), error_type.to_owned());
                played.push(Played { kind, phase, error_type, action: subject.about.name });
            }
        }
    }
    played
}

/// The code of the first answer, which is the one that all meet.
fn first_code(answers: &str) -> String {
    let first = code(answers)[0];
    let code = first.split_once(' ').map_or(first, |(_, rest)| rest);
    code.split(':').next().unwrap_or(code).to_owned()
}

/// A service as the document calls it.
fn service_of(action: &str) -> &'static str {
    match action.split(':').next().unwrap_or_default() {
        "sagemaker" => "SageMaker",
        "lambda" => "Lambda",
        "bedrock" => "Bedrock",
        "application-autoscaling" => "Application Auto Scaling",
        other => panic!("say here how {FILE} calls {other}"),
    }
}
