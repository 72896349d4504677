//! That the sandbox's README names what there is, and that what it shows is a seed.

use serde_json::{Value, json};
use setpoint_sandbox::Seed;

use crate::client::{example, send};

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

/// What stands in backticks.
fn code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The first cells of the rows under a heading, as they are.
fn first_cells<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let rows = lines.take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.split('|').nth(1).unwrap()).collect()
}

#[test]
fn each_table_names_the_members_there_are_in_their_order() {
    let text = readme();
    let mut tables = 0;
    for (index, line) in text.lines().enumerate() {
        let Some(place) = line.strip_prefix("<!-- members of ").and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        let cells = first_cells(text.lines().skip(index + 1));
        let listed: Vec<&str> = cells.into_iter().flat_map(code).collect();
        // A member that is none is refused with a list of those that are.
        let wrong = if place.ends_with(".effect") || place.ends_with(".calls") { json!("?") } else { json!({"?": 1}) };
        let patch = place.split('.').filter(|name| *name != "the seed").rev().fold(wrong, |value, name| match name {
            "[]" => json!([value]),
            name => Value::Object([(name.to_owned(), value)].into_iter().collect()),
        });
        let problem = Seed::default().patched(&patch).unwrap_err().to_string();
        assert_eq!(code(&problem).split_first(), Some((&"?", listed.as_slice())), "{place}: {problem}");
        tables += 1;
    }
    assert_eq!(tables, text.matches("\n| member |").count(), "every table of members says whose they are");
}

#[test]
fn each_block_of_json_is_a_patch_of_the_example() {
    let text = readme();
    let blocks: Vec<&str> = text.split("\n```json\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 1);
    for block in blocks {
        let seed = Seed::example().patched(&serde_json::from_str(block).unwrap()).unwrap();
        assert_ne!(seed, Seed::example());
    }
}

#[test]
fn its_operations_are_those_served() {
    let text = readme();
    let rows: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("| service |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    let listed: Vec<&str> = rows.into_iter().flat_map(code).collect();
    assert_eq!(listed.len(), 43);
    let fault = json!([{"effect": "throttle"}]);
    for operation in listed {
        Seed::default().patched(&json!({"faults": {operation: fault}})).unwrap();
    }
}

#[tokio::test]
async fn its_list_of_paths_is_the_sandbox_s_own() {
    let sandbox = example().await;
    let paths = send(&sandbox, "GET", "/_sandbox/", &[], "").await.unwrap().body;
    assert!(readme().contains(&format!("```text\n{paths}```")));
}
