//! What is played comes out as the handler decides it.

use std::io::Write as _;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::commands::words;
use crate::document::Document;
use crate::setpoint::{Ran, setpoint};
use crate::support::read;

fn file(document: &Value) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(document.to_string().as_bytes()).unwrap();
    file
}

fn simulate(document: &Value, arguments: &str) -> Ran {
    let file = file(document);
    let arguments = arguments.split_whitespace();
    setpoint(&["simulate", file.path().to_str().unwrap()].into_iter().chain(arguments).collect::<Vec<_>>())
}

fn told(ran: &Ran) -> Value {
    assert_eq!(ran.status, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

fn instances(count: Value) -> Value {
    json!({"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "input": {"EndpointName": "search",
        "DesiredWeightsAndCapacities": [{"VariantName": "v", "DesiredInstanceCount": count}]}})
}

/// An endpoint that no seed has, which has a night and a day.
fn config() -> Value {
    json!({
        "guardrails": {"targets": [{"target": "sagemaker:endpoint/search", "max": 5}]},
        "timetables": {"search": {"zone": "Europe/Berlin", "periods": [
            {"name": "night", "do": instances(json!(1))},
            {"name": "day", "from": "02:30", "until": "20:00", "do": instances(json!({"atLeast": 4}))},
        ]}},
        "alarms": {"slow": {"ALARM": instances(json!({"add": 1})), "OK": {"follow": "search"}}},
    })
}

fn steps(steps: &[(&str, i64)]) -> Value {
    steps.iter().map(|(time, capacity)| json!({"time": time, "capacity": capacity})).collect()
}

fn events(events: &[(&str, &str, &str)]) -> Value {
    let target = "sagemaker:endpoint/search/variant/v";
    let event = |(time, schedule, outcome): &(&str, &str, &str)| json!({"time": time, "schedule": schedule, "target": target, "outcome": outcome});
    events.iter().map(event).collect()
}

#[test]
fn a_timetable_and_alarms_are_played_as_steps_and_events() {
    // At 02:30 Berlin's clocks are put forward, past it.
    let alarms = "--alarm slow=ALARM@2026-03-29T10:01 --alarm slow=ALARM@2026-03-29T08:02:00Z --alarm slow=ALARM@2026-03-29T11:00 \
                  --alarm slow=OK@2026-03-29T20:01";
    let ran = simulate(&config(), &format!("--from 2026-03-29 --days 1 --format json {alarms}"));
    let steps = steps(&[
        ("2026-03-28T23:00:00Z", 1),
        ("2026-03-29T01:00:00Z", 4),
        ("2026-03-29T08:01:00Z", 5),
        ("2026-03-29T18:00:00Z", 1),
    ]);
    let events = events(&[
        ("2026-03-28T23:00:00Z", "search/night", "accepted"),
        ("2026-03-29T01:00:00Z", "search/day", "accepted"),
        ("2026-03-29T08:01:00Z", "slow=ALARM", "accepted"),
        ("2026-03-29T08:02:00Z", "slow=ALARM", "GuardrailViolation"),
        ("2026-03-29T09:00:00Z", "slow=ALARM", "GuardrailViolation"),
        ("2026-03-29T18:00:00Z", "search/night", "accepted"),
        ("2026-03-29T18:01:00Z", "slow=OK", "unchanged"),
    ]);
    let targets = json!([{"target": "sagemaker:endpoint/search/variant/v", "steps": steps}]);
    assert_eq!(told(&ran), json!({"targets": targets, "events": events}));
}

#[test]
fn what_the_timetables_set_right_after_an_alarm_is_an_event_of_theirs() {
    let mut config = config();
    config["alarms"]["slow"]["ALARM"] = instances(json!(3));
    let ran = simulate(&config, "--from 2026-03-30 --days 1 --format json --alarm slow=ALARM@2026-03-30T10:01");
    let expected = events(&[
        ("2026-03-29T22:00:00Z", "search/night", "accepted"),
        ("2026-03-30T00:30:00Z", "search/day", "accepted"),
        ("2026-03-30T08:01:00Z", "slow=ALARM", "accepted"),
        ("2026-03-30T08:05:00Z", "search/day", "accepted"),
        ("2026-03-30T18:00:00Z", "search/night", "accepted"),
    ]);
    assert_eq!(told(&ran)["events"], expected);
}

#[test]
fn a_refusal_that_every_follow_would_repeat_is_told_once() {
    let mut config = config();
    config["guardrails"]["targets"][0]["max"] = json!(3);
    let ran = simulate(&config, "--from 2026-03-30 --days 1 --format json");
    let expected = events(&[
        ("2026-03-29T22:00:00Z", "search/night", "accepted"),
        ("2026-03-30T00:30:00Z", "search/day", "GuardrailViolation"),
    ]);
    assert_eq!(told(&ran)["events"], expected);
}

#[test]
fn schedules_fire_by_the_clocks_of_their_zone_beside_a_configuration() {
    let schedules = json!([
        // No clock of Berlin shows this on 29 March 2026.
        {"name": "night", "expression": "cron(30 2 * * ? *)", "timezone": "Europe/Berlin", "payload": instances(json!(2))},
        {"name": "up", "expression": "at(2026-03-29T08:00:00)", "timezone": "Europe/Berlin", "payload": {
            "issuedAt": "<aws.scheduler.scheduled-time>", "id": "<aws.scheduler.execution-id>",
            "actions": [instances(json!({"add": 2}))],
        }},
        {"name": "bound", "expression": "cron(0 20 ? * SUN *)", "timezone": "Europe/Berlin"},
    ]);
    let config = file(&json!({"schedules": {"bound": instances(json!({"atMost": 3}))}}));
    let arguments = format!("{} --from 2026-03-28 --days 2 --format json", config.path().to_str().unwrap());
    let steps = steps(&[
        ("2026-03-27T23:00:00Z", 3),
        ("2026-03-28T01:30:00Z", 2),
        ("2026-03-29T06:00:00Z", 4),
        ("2026-03-29T18:00:00Z", 3),
    ]);
    let events = events(&[
        ("2026-03-28T01:30:00Z", "night", "accepted"),
        ("2026-03-29T06:00:00Z", "up", "accepted"),
        ("2026-03-29T18:00:00Z", "bound", "accepted"),
    ]);
    let targets = json!([{"target": "sagemaker:endpoint/search/variant/v", "steps": steps}]);
    assert_eq!(told(&simulate(&schedules, &arguments)), json!({"targets": targets, "events": events}));
}

#[test]
fn every_target_that_is_named_is_there_at_the_highest_number_asked_of_it_and_so_is_the_ledger() {
    let level = |provisioned: Value, copies: Value, concurrency: Value, environments: Value| {
        json!([
            provisioned,
            {"action": "lambda:PutFunctionScalingConfig", "input": {
                "FunctionName": "fresh", "Qualifier": "2", "FunctionScalingConfig": {"MaxExecutionEnvironments": environments},
            }},
            {"action": "sagemaker:UpdateInferenceComponentRuntimeConfig", "input": {
                "InferenceComponentName": "fresh", "DesiredRuntimeConfig": {"CopyCount": copies},
            }},
            {"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "input": {"EndpointName": "fresh",
                "DesiredWeightsAndCapacities": [{"VariantName": "v", "ServerlessUpdateConfig": {"MaxConcurrency": concurrency}}]}},
        ])
    };
    let delete = json!({"action": "lambda:DeleteProvisionedConcurrencyConfig", "input": {"FunctionName": "fresh", "Qualifier": "live"}});
    let put = json!({"action": "lambda:PutProvisionedConcurrencyConfig", "input": {
        "FunctionName": "fresh", "Qualifier": "live", "ProvisionedConcurrentExecutions": 7,
    }});
    let periods = json!([
        {"name": "day", "do": level(put, json!({"atLeast": 3}), json!(20), json!(9))},
        {"name": "night", "from": "20:00", "until": "24:00", "do": level(delete, json!(0), json!(5), json!(2))},
    ]);
    let timetables = json!({"fresh": {"zone": "UTC", "periods": periods}});
    let table = "arn:aws:dynamodb:us-east-1:123456789012:table/fresh-ledger";
    let config = json!({"ledgerTable": table, "timetables": timetables});
    let told = told(&simulate(&config, "--from 2026-03-23 --days 1 --format json"));
    let steps = |before, after| steps(&[("2026-03-23T00:00:00Z", before), ("2026-03-23T20:00:00Z", after)]);
    let targets = json!([
        {"target": "lambda:function-scaling-config:fresh:2", "steps": steps(9, 2)},
        {"target": "lambda:function:fresh:live", "steps": steps(7, 0)},
        {"target": "sagemaker:endpoint/fresh/variant/v", "steps": steps(20, 5)},
        {"target": "sagemaker:inference-component/fresh", "steps": steps(3, 0)},
    ]);
    assert_eq!(told["targets"], targets);
    let outcomes: Vec<&Value> = told["events"].as_array().unwrap().iter().map(|event| &event["outcome"]).collect();
    assert_eq!(outcomes, ["accepted"; 4]);
}

#[test]
fn hours_and_money_stand_beside_those_without_what_is_played() {
    let prices = file(&json!({"sagemaker:endpoint/search/*": 0.5, "sagemaker:*": 7}));
    let arguments = |prices: &str| format!("--from 2026-03-30 --days 1 --prices {prices}");
    let ran = simulate(&config(), &arguments(prices.path().to_str().unwrap()));
    let lines: Vec<&str> = ran.stdout.lines().collect();
    // Four for 17.5 hours, else one; it begins with four.
    assert_eq!(lines[1], "1 to 4, max 5; 76 instance-hours, 96 without; 38.25, 48.00 without");
    assert_eq!(lines[lines.len() - 2], "38.25 for what has a price, 48.00 without");
    let wrong = file(&json!({"sagemaker:*": "7"}));
    let ran = simulate(&config(), &arguments(wrong.path().to_str().unwrap()));
    assert!(ran.stderr.ends_with(": sagemaker:*: must be the price of an hour, a number\n"), "{ran:?}");
}

#[test]
fn the_picture_of_the_readme_is_that_of_its_command() {
    let blocks = Document::readme().blocks();
    let command = blocks.iter().find(|block| block.text.starts_with("cargo setpoint simulate ")).unwrap();
    let words = words(&command.text.replace("\\\n", " "));
    let picture = NamedTempFile::new().unwrap();
    let drawn = ["--svg", picture.path().to_str().unwrap()];
    let ran = setpoint(&words.iter().skip(2).map(String::as_str).chain(drawn).collect::<Vec<_>>());
    assert_eq!(ran.status, 0, "{ran:?}");
    let drawn = std::fs::read_to_string(picture.path()).unwrap();
    let hint = "draw it again: the README's `cargo setpoint simulate` with `--svg` and docs/week.svg";
    assert!(drawn == read("docs/week.svg"), "{hint}");
}

#[test]
fn a_picture_marks_what_was_refused_and_numbers_the_first() {
    let alarms: String = (10..30).map(|minute| format!(" --alarm slow=ALARM@2026-03-30T10:{minute}")).collect();
    let picture = NamedTempFile::new().unwrap();
    let path = picture.path().to_str().unwrap();
    let ran = simulate(&config(), &format!("--from 2026-03-30 --days 1 --svg {path} {alarms}"));
    assert_eq!(ran.status, 0, "{ran:?}");
    let drawn = std::fs::read_to_string(path).unwrap();
    let count = |what: &str| drawn.matches(what).count();
    // The first goes through, to the most that is allowed.
    assert_eq!((count("<path class=\"refused\""), count("is refused: GuardrailViolation</text>")), (19, 12));
    assert_eq!(
        (count(">and 7 more</text>"), count("<path class=\"bound\""), count("<rect class=\"night\"")),
        (1, 1, 2)
    );
}

#[test]
fn what_cannot_be_played_is_said() {
    let complaint = |document: &Value, arguments: &str| {
        let ran = simulate(document, arguments);
        assert_ne!(ran.status, 0, "{ran:?}");
        ran.stderr
    };
    let day = "--from 2026-03-30 --days 1";
    let late = complaint(&config(), &format!("{day} --alarm slow=OK@2026-03-31T00:00"));
    assert_eq!(late, "error: --alarm slow=OK@2026-03-31T00:00: is not within the days that are played\n");
    let zone = complaint(&config(), &format!("{day} --zone Berlin"));
    assert_eq!(zone, "error: Berlin is no time zone of the IANA database, such as Europe/Berlin\n");
    assert!(complaint(&json!({"timetable": {}}), day).contains("timetable: there is no such member"));
    let schedule = json!([{"name": "s", "expression": "cron(0 8 * * * *)"}]);
    let problem = "[0].expression: must have a ? for the day of month or for the day of week\n";
    assert!(complaint(&schedule, day).ends_with(problem));
    let second = file(&config());
    let several = complaint(&config(), &format!("{} {day}", second.path().to_str().unwrap()));
    assert_eq!(several, "error: several of the files are a configuration, and the function has one\n");
}
