//! What differs between two versions is what the handler makes of each.

use std::io::Write as _;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::setpoint::{Ran, setpoint, with_input};
use crate::support::read;

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn diff(before: &str, after: &str, arguments: &str) -> Ran {
    let (before, after) = (file(before), file(after));
    let names = [&before, &after].map(|file| file.path().to_str().unwrap().to_owned());
    let words = ["diff", &names[0], &names[1]].into_iter().chain(arguments.split_whitespace()).collect::<Vec<_>>();
    let ran = setpoint(&words);
    let stdout = ran.stdout.replace(&names[0], "a.json").replace(&names[1], "b.json");
    Ran { stdout, ..ran }
}

fn week() -> String {
    read("docs/week.json")
}

/// The week with more instances in the office's hours, and a shorter evening.
fn changed() -> String {
    week().replace("\"atLeast\": 6 }", "\"atLeast\": 8 }").replace("\"until\": \"23:00\"", "\"until\": \"22:00\"")
}

/// The week without one of its timetables, under a lower bound.
fn lower() -> String {
    let mut week: Value = serde_json::from_str(&week()).unwrap();
    week["timetables"].as_object_mut().unwrap().remove("checkout");
    week["guardrails"]["targets"][0]["max"] = json!(7);
    week.to_string()
}

#[test]
fn a_pull_request_is_told_when_each_capacity_differs_and_what_that_comes_to() {
    let ran = diff(&week(), &changed(), "--from 2026-03-28 --days 3 --prices docs/prices.json");
    let expected = "\
Before is `a.json`, after is `b.json`, from Sat 28 Mar 2026 until Tue 31 Mar 2026, by the clocks of Europe/Berlin.

### `lambda:function:checkout:live`

985 execution-hours before, 880 after: 105 less; 14.77 before, 13.20 after: 1.57 less

| from | until | before | after |
|---|---|---:|---:|
| Sat 28 Mar 22:00 | Sat 28 Mar 23:00 | 40 | 5 |
| Sun 29 Mar 22:00 | Sun 29 Mar 23:00 | 40 | 5 |
| Mon 30 Mar 22:00 | Mon 30 Mar 23:00 | 40 | 5 |

### `sagemaker:endpoint/recsys/variant/AllTraffic`

203 instance-hours before, 231 after: 28 more; 286.23 before, 325.71 after: 39.48 more

| from | until | before | after |
|---|---|---:|---:|
| Mon 30 Mar 08:00 | Mon 30 Mar 22:00 | 6 | 8 |
";
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (1, expected, ""));
}

#[test]
fn where_nothing_differs_it_says_so_over_a_week_from_today() {
    let same = diff(&week(), &week(), "--from 2026-03-28");
    let expected = "No capacity differs between `a.json` and `b.json`, from Sat 28 Mar 2026 until Sat 4 Apr 2026, by the clocks \
                    of Europe/Berlin.\n";
    assert_eq!((same.status, same.stdout.as_str()), (0, expected));
    // A change of what does not hold in these days is none.
    let weekend = diff(&week(), &week().replace("\"atLeast\": 6 }", "\"atLeast\": 8 }"), "--from 2026-03-28 --days 2");
    assert_eq!(weekend.status, 0, "{weekend:?}");
    let today = diff(&week(), &changed(), "--format json");
    let told: Value = serde_json::from_str(&today.stdout).unwrap();
    let instant = |member: &str| told[member].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let hours = (instant("until") - instant("from")).num_hours();
    assert!((167..=169).contains(&hours), "{hours}");
}

#[test]
fn machines_get_what_differs_and_what_only_one_refuses() {
    let ran = diff(&week(), &lower(), "--from 2026-03-27 --days 1 --format json");
    let stretch = |from: &str, until: &str, before: i64, after: Value| json!({"from": from, "until": until, "before": before, "after": after});
    let target = |target: &str, differences: Value, hours: Value| json!({"target": target, "differences": differences, "hours": hours});
    let recsys = "sagemaker:endpoint/recsys/variant/AllTraffic";
    let expected = json!({
        "from": "2026-03-26T23:00:00Z",
        "until": "2026-03-27T23:00:00Z",
        "targets": [
            target("lambda:function:checkout:live", json!([
                stretch("2026-03-26T23:00:00Z", "2026-03-27T16:00:00Z", 5, Value::Null),
                stretch("2026-03-27T16:00:00Z", "2026-03-27T22:00:00Z", 40, Value::Null),
                stretch("2026-03-27T22:00:00Z", "2026-03-27T23:00:00Z", 5, Value::Null),
            ]), json!({"before": 330.0, "after": null, "more": null})),
            target(recsys, json!([
                stretch("2026-03-27T05:00:00Z", "2026-03-27T23:00:00Z", 12, json!(1)),
            ]), json!({"before": 222.0, "after": 24.0, "more": -198.0})),
        ],
        "refused": {"before": [], "after": [{
            "time": "2026-03-27T05:00:00Z", "schedule": "recsys/campaign", "target": recsys, "outcome": "GuardrailViolation",
        }]},
    });
    assert_eq!((ran.status, serde_json::from_str::<Value>(&ran.stdout).unwrap()), (1, expected));
    let ran = diff(&lower(), &week(), "--from 2026-03-27 --days 1");
    let said = "330 execution-hours after; before, nothing moves it\n";
    let refused = "\n### Refused only before\n\n- Fri 27 Mar 06:00, recsys/campaign: GuardrailViolation: ";
    assert!(ran.stdout.contains(said) && ran.stdout.contains(refused), "{}", ran.stdout);
}

#[test]
fn schedules_and_alarms_are_played_too() {
    let schedule = |hour: u8| {
        let payload = json!({"action": "lambda:PutProvisionedConcurrencyConfig", "input": {
            "FunctionName": "f", "Qualifier": "live", "ProvisionedConcurrentExecutions": 3}});
        let down = json!({"action": "lambda:DeleteProvisionedConcurrencyConfig", "input": {"FunctionName": "f", "Qualifier": "live"}});
        json!([
            {"name": "up", "expression": format!("cron(0 {hour} * * ? *)"), "payload": payload},
            {"name": "down", "expression": "cron(0 20 * * ? *)", "payload": down},
        ])
        .to_string()
    };
    let ran = diff(&schedule(8), &schedule(9), "--from 2026-03-28 --days 2");
    // At first it stands as high as it is asked for.
    assert!(ran.stdout.contains("| Sun 29 Mar 08:00 | Sun 29 Mar 09:00 | 3 | 0 |\n"), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("| 3 | 0 |").count(), 1);
    let bound = week().replace("\"max\": 12", "\"max\": 11");
    let alarm = "--from 2026-03-24 --days 1 --alarm recsys-latency-high=ALARM@2026-03-24T10:30";
    assert_eq!(diff(&week(), &week().replace("\"add\": 4", "\"add\": 5"), alarm).status, 1);
    assert_eq!(diff(&week(), &bound, alarm).status, 0);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let complaint = |arguments: &[&str]| {
        let ran = setpoint(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran:?}");
        ran.stderr
    };
    let said = complaint(&["diff", "template.yaml", "docs/week.json"]);
    let expected = "error: template.yaml is a CloudFormation template, which is not played: put its SETPOINT_CONFIG, as JSON, \
                    into a file\n";
    assert_eq!(said, expected);
    let said = complaint(&["diff", "docs/week.json", "missing.json"]);
    assert_eq!(said, "error: missing.json: No such file or directory (os error 2)\n");
    let said = complaint(&["diff", "docs/week.json", "events/sagemaker-scale-up.schedule.json"]);
    assert!(said.starts_with("error: events/sagemaker-scale-up.schedule.json: "), "{said}");
    assert_eq!(setpoint(&["diff", "docs/week.json"]).status, 64);
    assert_eq!(complaint(&["diff", "-", "-"]), "error: both are standard input, which can be read once\n");
}

#[test]
fn one_of_them_may_come_from_git() {
    let ran = with_input(&["diff", "-", "docs/week.json", "--from", "2026-03-28", "--days", "1"], &changed());
    let begin = "Before is `standard input`, after is `docs/week.json`, from Sat 28 Mar 2026 until Sun 29 Mar 2026";
    assert!(ran.status == 1 && ran.stdout.starts_with(begin), "{ran:?}");
}
