//! The alarms, the dashboard and the saved queries against the lines that the function writes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value, json};
use setpoint::error::{Cause, Error};
use setpoint::handler::Report;
use setpoint::outcome::Outcome;
use setpoint::spelling::glob::Glob;
use setpoint::telemetry::{decision_record, start_record};

use crate::support::{Config, invocation, now, read};

/// Members of the lines that Lambda writes itself.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>.
const OF_LAMBDA: [&str; 6] = [
    "type",
    "record.status",
    "record.requestId",
    "record.metrics.durationMs",
    "record.metrics.initDurationMs",
    "record.metrics.maxMemoryUsedMB",
];

/// What Logs Insights knows of every line.
const OF_INSIGHTS: [&str; 2] = ["@timestamp", "@message"];

/// The words of Logs Insights' language that the queries use.
const WORDS: [&str; 16] = [
    "as",
    "asc",
    "desc",
    "display",
    "fields",
    "filter",
    "in",
    "into",
    "jsonParse",
    "jsonStringify",
    "like",
    "limit",
    "or",
    "and",
    "sort",
    "unnest",
];

fn parsed(file: &str) -> Value {
    serde_json::from_str(&read(file)).unwrap()
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

/// A week of the function's log, which a test of the command line plays again.
fn week() -> Vec<Value> {
    read("docs/week.log").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every member of a line by its path, in which `*` is any place of a list.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    found.insert(path.to_owned());
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| paths(member, &below(name), found)),
        Value::Array(parts) => parts.iter().for_each(|part| paths(part, &below("*"), found)),
        _ => {}
    }
}

/// A query without its texts and remarks, as words.
fn words(query: &Value) -> Vec<String> {
    let lines = query.as_array().unwrap().iter().map(|line| line.as_str().unwrap());
    let code = lines.filter(|line| !line.starts_with('#')).flat_map(|line| line.split('\'').step_by(2));
    let is_in_a_word = |letter: char| letter.is_alphanumeric() || letter == '.' || letter == '@';
    let words = code.flat_map(|code| code.split(|letter| !is_in_a_word(letter)));
    words.filter(|word| !word.is_empty() && word.parse::<u32>().is_err()).map(str::to_owned).collect()
}

/// The fields of the log that a query names, with what it calls them by spelt out.
fn fields(query: &Value) -> BTreeSet<String> {
    let words = words(query);
    let mut called: BTreeMap<&str, String> = BTreeMap::new();
    for (index, word) in words.iter().enumerate() {
        let known = |called: &BTreeMap<&str, String>, name: &str| spelt(called, name);
        match word.as_str() {
            "as" if words[index - 2] == "jsonParse" => called.insert(&words[index + 1], String::new()),
            "as" => called.insert(&words[index + 1], known(&called, &words[index - 1])),
            "into" => called.insert(&words[index + 1], format!("{}.*", known(&called, &words[index - 1]))),
            _ => None,
        };
    }
    let named = words.iter().filter(|word| !WORDS.contains(&word.as_str()));
    named.map(|word| spelt(&called, word)).filter(|path| !OF_INSIGHTS.contains(&path.as_str())).collect()
}

/// A field by its path in the line.
fn spelt(called: &BTreeMap<&str, String>, name: &str) -> String {
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    let first = called.get(first).map_or(first, String::as_str);
    let parts = [first, rest].into_iter().flat_map(|part| part.split('.')).filter(|part| !part.is_empty());
    parts.map(|part| if part.parse::<u32>().is_ok() { "*" } else { part }).collect::<Vec<_>>().join(".")
}

#[test]
fn the_saved_queries_name_only_fields_that_lines_have() {
    let mut known: BTreeSet<String> = OF_LAMBDA.map(str::to_owned).into();
    week().iter().for_each(|line| paths(line, "", &mut known));
    let mut named = 0;
    for (name, query) in object(&parsed("deploy/queries.json")) {
        let fields = fields(query);
        let unknown: Vec<&String> = fields.difference(&known).collect();
        assert!(unknown.is_empty(), "{name} names {unknown:?}, which no line has");
        named += fields.len();
    }
    assert!(named > 25, "hardly any field was seen");
}

/// The dashboard has a query within a text of JSON, on one line.
#[test]
fn a_saved_query_can_stand_in_the_dashboard_as_it_is() {
    for (name, query) in object(&parsed("deploy/queries.json")) {
        let lines = query.as_array().unwrap().iter().map(|line| line.as_str().unwrap());
        assert!(lines.clone().all(|line| !line.contains(['"', '\\', '$', '%'])), "{name}");
        assert!(lines.skip(1).all(|line| line.starts_with("| ") || name == "target"), "{name}");
    }
}

/// Whether a filter of CloudWatch Logs takes a line: conditions on members, of which one has to hold.
fn takes(pattern: &str, line: &Value) -> bool {
    let conditions = pattern.strip_prefix("{ ").and_then(|rest| rest.strip_suffix(" }")).unwrap().split(" || ");
    conditions.into_iter().any(|condition| {
        let (member, wanted) = condition.trim_matches(['(', ')']).split_once(" = ").unwrap();
        let pointer = member.strip_prefix('$').unwrap().replace('.', "/");
        let wanted = Glob::new(wanted.trim_matches('"'));
        line.pointer(&pointer).and_then(Value::as_str).is_some_and(|text| wanted.matches(text))
    })
}

fn refused(error: Error) -> Value {
    let report = Report {
        via: Vec::new(),
        origins: Vec::new(),
        ignored: Vec::new(),
        refused: vec![error.clone()],
        decisions: Vec::new(),
        answer: Err(error),
    };
    decision_record(&report, &invocation(0), "setpoint", now(), Duration::ZERO)
}

#[test]
fn the_filters_take_the_lines_that_they_are_for() {
    let filters = parsed("deploy/alarms.json")["filters"].clone();
    let takers = |line: &Value| -> Vec<String> {
        let filters = object(&filters).iter();
        filters.filter(|(_, pattern)| takes(pattern.as_str().unwrap(), line)).map(|(name, _)| name.clone()).collect()
    };
    let mut seen = 0;
    for line in week() {
        let decisions = line["decisions"].as_array().unwrap();
        let is_refused = decisions.iter().any(|decision| decision["error"]["errorType"] == "GuardrailViolation");
        assert_eq!(takers(&line), if is_refused { vec!["refused"] } else { vec![] }, "{line}");
        seen += usize::from(is_refused);
    }
    assert!(seen > 0, "the week has no violation of a guardrail");
    let start = Config::parse(r#"{"maxEventAge": "soon"}"#).unwrap_err();
    let of_lambda = |status: &str| json!({"type": "platform.report", "record": {"status": status}});
    let nothing: [&str; 0] = [];
    assert_eq!(takers(&refused(Cause::Internal.into())), ["broken"]);
    assert_eq!(takers(&refused(Error::invalid_event("no"))), nothing);
    assert_eq!(takers(&start_record(&start, now())), ["broken"]);
    assert_eq!(takers(&of_lambda("success")), nothing);
    for status in ["error", "failure", "timeout"] {
        assert_eq!(takers(&of_lambda(status)), ["broken"]);
    }
}

/// What the function counts: how a request ends, and what asked for nothing.
fn counted() -> BTreeSet<String> {
    let outcomes = [
        Outcome::Applied,
        Outcome::Accepted,
        Outcome::Unchanged,
        Outcome::Planned,
        Outcome::Superseded,
        Outcome::Skipped,
    ];
    outcomes.map(Outcome::name).into_iter().chain(["ignored", "failed"]).map(str::to_owned).collect()
}

#[test]
fn the_dashboard_draws_everything_that_is_counted() {
    let dashboard = parsed("deploy/dashboard.json");
    let metrics =
        dashboard["widgets"].as_array().unwrap().iter().filter_map(|it| it["properties"]["metrics"].as_array());
    let ours = metrics.flatten().filter(|metric| metric[0] == "Setpoint");
    let drawn: BTreeSet<String> = ours
        .map(|metric| {
            assert_eq!([&metric[2], &metric[3]], ["functionName", "${FunctionName}"]);
            metric[1].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(drawn, counted());
}

#[test]
fn the_widgets_of_the_dashboard_lie_side_by_side() {
    let dashboard = parsed("deploy/dashboard.json");
    let widgets: Vec<&Value> =
        ["widgets", "intake"].iter().flat_map(|part| dashboard[*part].as_array().unwrap()).collect();
    let mut taken = BTreeSet::new();
    for widget in &widgets {
        let number = |member: &str| widget[member].as_u64().unwrap();
        let (x, y, width, height) = (number("x"), number("y"), number("width"), number("height"));
        assert!(x + width <= 24, "{widget}");
        for place in (x..x + width).flat_map(|column| (y..y + height).map(move |row| (column, row))) {
            assert!(taken.insert(place), "something lies under {widget}");
        }
    }
    let rows = taken.iter().map(|(_, row)| row + 1).max().unwrap();
    assert_eq!(taken.len() as u64, 24 * rows, "a place is empty");
}

#[test]
fn the_alarms_are_about_what_is_counted_and_say_what_to_do() {
    let file = parsed("deploy/alarms.json");
    let filters: BTreeSet<&String> = object(&file["filters"]).keys().collect();
    let operations = read("docs/operations.md");
    let mut watched = BTreeSet::new();
    for (name, alarm) in ["alarms", "intake"].iter().flat_map(|part| object(&file[*part])) {
        assert_eq!(alarm["TreatMissingData"], "notBreaching", "{name}");
        let description = alarm["AlarmDescription"].as_str().unwrap();
        assert!(description.ends_with(&format!("Next: {name} in docs/operations.md, Alarms.")), "{name}");
        assert!(
            operations.contains(&format!("\n| `{name}` | ")),
            "docs/operations.md does not say what to do about {name}"
        );
        let metric = alarm["MetricName"].as_str().unwrap_or_default().to_owned();
        match alarm["Namespace"].as_str() {
            Some("Setpoint") => {
                assert!(counted().contains(&metric), "nothing counts {metric}");
                assert_eq!(
                    alarm["Dimensions"],
                    json!([{"Name": "functionName", "Value": "${FunctionName}"}]),
                    "{name}"
                );
            }
            Some("Setpoint/${FunctionName}") => {
                assert!(filters.contains(&metric), "no filter counts {metric}");
                watched.insert(metric);
            }
            _ => {}
        }
    }
    assert_eq!(watched.iter().collect::<BTreeSet<_>>(), filters);
}
