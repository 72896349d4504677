//! What has been comes out as the records in the log say it.

use std::io::Write as _;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::commands::words;
use crate::document::Document;
use crate::setpoint::{Ran, setpoint, with_input};
use crate::support::read;

fn history(log: &str, arguments: &str) -> Ran {
    with_input(&["history", "-"].into_iter().chain(arguments.split_whitespace()).collect::<Vec<_>>(), log)
}

fn told(ran: &Ran) -> Value {
    assert_eq!(ran.status, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

/// A record of one decision as the function logs it, from 2026-03-24 on.
fn record(time: &str, by: &str, (outcome, from, to): (&str, i64, i64)) -> Value {
    let write = match outcome {
        "accepted" | "applied" | "ServiceFailure" => {
            json!([{"operation": "PutProvisionedConcurrencyConfig", "requestIds": ["1"]}])
        }
        _ => json!([]),
    };
    let mut decision = json!({
        "action": "lambda:PutProvisionedConcurrencyConfig", "target": "lambda:function:f:live",
        "account": "123456789012", "region": "us-east-1", "role": null, "outcome": outcome,
        "changes": [{"field": "ProvisionedConcurrentExecutions", "from": from, "to": to}],
        "calls": write,
    });
    if outcome.starts_with(char::is_uppercase) {
        decision["outcome"] = json!("failed");
        decision["error"] = json!({"errorType": outcome, "errorMessage": "no", "kind": "k", "retryable": false});
    }
    json!({
        "timestamp": format!("2026-03-24T{time}.000Z"), "level": "INFO", "message": "a sentence", "requestId": time,
        "event": ["alarm"], "origin": [{"source": format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{by}"), "id": null}],
        "decisions": [decision], "refusedBecause": [], "durationMs": 0, "functionName": "setpoint",
    })
}

fn log(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

fn step(time: &str, capacity: i64, by: Option<&str>) -> Value {
    let mut step = json!({"time": format!("2026-03-24T{time}Z"), "capacity": capacity});
    if let Some(by) = by {
        step["by"] = json!(by);
    }
    step
}

fn steps(records: &[Value]) -> Value {
    told(&history(&log(records), "--format json"))["targets"][0]["steps"].clone()
}

/// The command that the cookbook says made the log.
fn made() -> Vec<String> {
    let cookbook = Document::read("docs/cookbook.md");
    let (_, command) = cookbook.text.split_once("made by\n\n<!-- commands -->\n```sh\ncargo setpoint ").unwrap();
    words(&command.split_once("\ngrep").unwrap().0.replace("\\\n", " "))
}

#[test]
fn the_log_of_the_cookbook_is_what_the_function_logs() {
    let file = NamedTempFile::new().unwrap();
    let mut arguments = made();
    let place = arguments.iter().position(|word| word == "--log").unwrap() + 1;
    arguments[place] = file.path().to_str().unwrap().to_owned();
    let ran = setpoint(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ran.status, 0, "{ran:?}");
    let logged = std::fs::read_to_string(file.path()).unwrap();
    // Two reads at once get their ids in either order.
    let without_ids = |line: &str| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        for decision in record["decisions"].as_array_mut().unwrap() {
            for call in decision["calls"].as_array_mut().unwrap() {
                call["requestIds"] = json!(call["requestIds"].as_array().unwrap().len());
            }
        }
        record
    };
    let of_the_function = logged.lines().filter(|line| !line.contains("\"source\":\"by-hand\"")).map(without_ids);
    assert_eq!(
        of_the_function.collect::<Vec<_>>(),
        read("docs/week.log").lines().map(without_ids).collect::<Vec<_>>(),
        "make it again as the cookbook says"
    );
}

#[test]
fn what_was_played_and_logged_is_the_history_of_it() {
    let file = NamedTempFile::new().unwrap();
    let week = ["simulate", "docs/week.json", "--from", "2026-03-23", "--days", "7", "--format", "json", "--log"];
    let played = told(&setpoint(&[&week[..], &[file.path().to_str().unwrap()]].concat()));
    let path = file.path().to_str().unwrap();
    let past = told(&setpoint(&["history", path, "--zone", "Europe/Berlin", "--format", "json"]));
    // Of one instant, what was found stands before what was made of it.
    let stood = |told: &Value| -> Vec<(String, Vec<(String, i64)>)> {
        let of = |target: &Value| {
            let mut steps: Vec<(String, i64)> = Vec::new();
            for step in target["steps"].as_array().unwrap() {
                let time = step["time"].as_str().unwrap().to_owned();
                steps.retain(|(earlier, _)| *earlier != time);
                steps.push((time, step["capacity"].as_i64().unwrap()));
            }
            (target["target"].as_str().unwrap().to_owned(), steps)
        };
        told["targets"].as_array().unwrap().iter().map(of).collect()
    };
    assert_eq!(stood(&past), stood(&played));
    assert_eq!(past["events"], played["events"]);
}

#[test]
fn a_number_that_nobody_set_is_others() {
    let records = [
        record("08:00:00", "morning", ("accepted", 2, 6)),
        record("10:00:00", "slow", ("accepted", 9, 10)),
        // What is refused says what stands too.
        record("11:00:00", "slow", ("GuardrailViolation", 4, 20)),
        record("12:00:00", "noon", ("planned", 4, 5)),
    ];
    let expected = json!([
        step("08:00:00", 2, None),
        step("08:00:00", 6, Some("morning")),
        step("10:00:00", 9, Some("others")),
        step("10:00:00", 10, Some("slow")),
        step("11:00:00", 4, Some("others")),
    ]);
    assert_eq!(steps(&records), expected);
    let changes = history(&log(&records), "--format changes").stdout;
    let expected = "\
2026-03-24 08:00:00  morning  lambda:function:f:live  accepted: ProvisionedConcurrentExecutions 2 -> 6
2026-03-24 10:00:00  others  lambda:function:f:live  changed: ProvisionedConcurrentExecutions 9 found, where 6 was set
2026-03-24 10:00:00  slow  lambda:function:f:live  accepted: ProvisionedConcurrentExecutions 9 -> 10
2026-03-24 11:00:00  others  lambda:function:f:live  changed: ProvisionedConcurrentExecutions 4 found, where 10 was set
2026-03-24 11:00:00  slow  lambda:function:f:live  GuardrailViolation: no
";
    assert_eq!(changes, expected);
    let drawn = history(&log(&records), "").stdout;
    assert!(
        drawn.ends_with("\n2 changes, 1 refused ×, 0 superseded ~, 2 by others !; times are those of UTC\n"),
        "{drawn}"
    );
}

#[test]
fn a_write_that_failed_and_took_effect_all_the_same_is_nobody_elses() {
    let failed = record("08:00:00", "morning", ("ServiceFailure", 2, 6));
    let then = |found| [failed.clone(), record("09:00:00", "slow", ("accepted", found, 8))];
    let first = step("08:00:00", 2, None);
    let set = step("09:00:00", 8, Some("slow"));
    assert_eq!(steps(&then(2)), json!([first, set]));
    assert_eq!(steps(&then(6)), json!([first, step("09:00:00", 6, Some("morning")), set]));
    assert_eq!(steps(&then(5)), json!([first, step("09:00:00", 5, Some("others")), set]));
    // What was refused was never sent.
    let refused = record("08:00:00", "morning", ("GuardrailViolation", 2, 6));
    let by_hand = [refused, record("09:00:00", "slow", ("accepted", 6, 8))];
    assert_eq!(steps(&by_hand), json!([first, step("09:00:00", 6, Some("others")), set]));
}

#[test]
fn an_invocation_counts_from_its_beginning_and_a_record_once_in_the_order_of_time() {
    let mut settled = record("08:10:00", "morning", ("applied", 2, 6));
    settled["durationMs"] = json!(600_000);
    let records = [record("08:05:00", "slow", ("accepted", 6, 8)), settled.clone(), settled];
    let expected = [step("08:00:00", 2, None), step("08:00:00", 6, Some("morning")), step("08:05:00", 8, Some("slow"))];
    assert_eq!(steps(&records), json!(expected));
    let ran = history(&log(&records), "");
    assert_eq!(ran.stderr, "2 decision records; 0 other messages skipped, 1 that came twice\n");
}

#[test]
fn the_days_that_are_asked_for_begin_with_what_stood_and_end_with_the_present() {
    let mut yesterday = record("20:00:00", "evening", ("accepted", 6, 2));
    yesterday["timestamp"] = json!("2026-03-23T20:00:00.000Z");
    let records = log(&[yesterday, record("12:00:00", "noon", ("accepted", 2, 6))]);
    let of = |arguments: &str| {
        told(&history(&records, &format!("--format json --baseline 6 {arguments}")))["targets"][0].clone()
    };
    let today = of("--from 2026-03-24 --days 1");
    let expected = json!([step("00:00:00", 2, Some("evening")), step("12:00:00", 6, Some("noon"))]);
    assert_eq!(
        (&today["steps"], &today["hours"]),
        (&expected, &json!({"stood": 96.0, "baseline": 144.0, "saved": 48.0}))
    );
    // From its first record on, until the end of the last one's day.
    assert_eq!(of("")["hours"], json!({"stood": 104.0, "baseline": 168.0, "saved": 64.0}));
    let nothing = history(&records, "--from 2026-03-26");
    let expected = "the records are from 2026-03-23 to 2026-03-24, and none lies in the days that are asked for";
    assert!(nothing.status == 1 && nothing.stderr.ends_with(&format!("error: {expected}\n")), "{nothing:?}");
}

#[test]
fn targets_of_one_name_in_two_places_are_two_and_variants_of_an_endpoint_each_their_own() {
    let mut there = record("09:00:00", "there", ("accepted", 20, 30));
    there["decisions"][0]["region"] = json!("eu-west-1");
    let mut variants = record("10:00:00", "both", ("accepted", 0, 0));
    variants["decisions"][0]["target"] = json!("sagemaker:endpoint/e");
    variants["decisions"][0]["changes"] = json!([
        {"field": "blue.DesiredInstanceCount", "from": 1, "to": 2},
        {"field": "green.DesiredInstanceCount", "from": 3, "to": 4},
        {"field": "green.DesiredWeight", "from": 1.0, "to": 2.0},
    ]);
    let told =
        told(&history(&log(&[record("08:00:00", "here", ("accepted", 2, 6)), there, variants]), "--format json"));
    let names: Vec<(&str, usize)> = told["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| (target["target"].as_str().unwrap(), target["steps"].as_array().unwrap().len()))
        .collect();
    let expected = [
        ("lambda:function:f:live in eu-west-1 of 123456789012", 2),
        ("lambda:function:f:live in us-east-1 of 123456789012", 2),
        ("sagemaker:endpoint/e/variant/blue in us-east-1 of 123456789012", 2),
        ("sagemaker:endpoint/e/variant/green in us-east-1 of 123456789012", 2),
    ];
    assert_eq!(names, expected);
}

#[test]
fn hours_and_money_are_held_against_a_baseline_where_it_says_one() {
    let arguments = "history docs/week.log --baseline docs/baseline.json --prices docs/prices.json --zone Europe/Berlin --format json";
    let week = told(&setpoint(&arguments.split(' ').collect::<Vec<_>>()));
    let endpoint = &week["targets"][1];
    // The clocks are put forward: seven days without an hour, at 12.
    assert_eq!(endpoint["hours"], json!({"stood": 727.0, "baseline": 2004.0, "saved": 1277.0}));
    assert_eq!(endpoint["money"], json!({"stood": 1025.07, "baseline": 2825.64, "saved": 1800.57}));
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(br#"{"sagemaker:*": 1}"#).unwrap();
    let ran =
        setpoint(&["history", "docs/week.log", "--zone", "Europe/Berlin", "--baseline", file.path().to_str().unwrap()]);
    let about: Vec<&str> = ran.stdout.lines().filter(|line| line.contains("-hours")).collect();
    let expected = ["5 to 40; 2305 execution-hours", "1 to 12; 727 instance-hours, 167 at the baseline: 560 more"];
    assert_eq!(about, expected, "{ran:?}");
}

#[test]
fn a_picture_has_a_diamond_where_others_changed_a_number() {
    let picture = NamedTempFile::new().unwrap();
    let ran = setpoint(&["history", "docs/week.log", "--svg", picture.path().to_str().unwrap()]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let drawn = std::fs::read_to_string(picture.path()).unwrap();
    let sentence = "Wed 25 Mar, 21:00: others changed: DesiredInstanceCount 10 found, where 6 was set</text>";
    assert_eq!((drawn.matches("<path class=\"others\"").count(), drawn.contains(sentence)), (1, true));
}

#[test]
fn a_log_in_which_records_were_cut_says_so() {
    let mut cut = record("08:00:00", "morning", ("accepted", 2, 6));
    cut["leftOut"] = json!({"decisions": 12});
    let ran = history(&log(&[cut]), "");
    let expected = "\
1 decision record; 0 other messages skipped
12 decisions are not in the log, because their records were too long for it: what is told of their targets may be wrong
";
    assert_eq!((ran.status, ran.stderr.as_str()), (0, expected));
}

#[test]
fn what_is_no_log_is_told_what_is_expected() {
    let complaint = |ran: Ran| {
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran:?}");
        ran.stderr
    };
    let expected = "expected is the function's log, as `aws logs filter-log-events` or `aws logs tail` give it, with a JSON line for \
                    each invocation that changed something\n";
    for (text, messages) in
        [("", "0 messages"), ("{\"events\": []}", "0 messages"), ("START\nEND\n", "2 messages"), ("{}", "1 message")]
    {
        let said = complaint(history(text, ""));
        assert_eq!(said, format!("error: standard input: no decision record among {messages}; {expected}"), "{text}");
    }
    assert_eq!(
        complaint(setpoint(&["history", "missing.log"])),
        "error: missing.log: No such file or directory (os error 2)\n"
    );
    assert_eq!(
        complaint(history("", "--baseline 5x")),
        "error: --baseline 5x: is neither a whole number, such as 4, nor a file\n"
    );
    let said = complaint(history("", "--baseline docs/week.json"));
    assert_eq!(said, "error: --baseline docs/week.json: guardrails: must be a whole number, such as 4\n");
    assert_eq!(setpoint(&["history"]).status, 64);
}
