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

/// How a rollout that starts at eight ends on its day: all that is told in JSON, and the outcome of its execution.
pub(crate) fn rolled_out(input: &str, arguments: &str) -> (Value, String) {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(input.as_bytes()).unwrap();
    let start = format!("{}@2026-03-24T08:00", file.path().to_str().unwrap());
    let day = ["simulate", "--rollout", &start, "--from", "2026-03-24", "--days", "1", "--format", "json"];
    let told = told(&setpoint(&day.into_iter().chain(arguments.split_whitespace()).collect::<Vec<_>>()));
    let events = told["events"].as_array().unwrap();
    let ends = events.iter().rfind(|event| event["target"].is_null()).unwrap();
    (told.clone(), ends["outcome"].as_str().unwrap().to_owned())
}

fn canary() -> Value {
    serde_json::from_str(&read("docs/canary.json")).unwrap()
}

/// By target, what stood one after another.
fn stood(told: &Value) -> Vec<(&str, Vec<i64>)> {
    let targets = told["targets"].as_array().unwrap().iter();
    let steps = |target: &'_ Value| -> Vec<i64> {
        target["steps"].as_array().unwrap().iter().map(|step| step["capacity"].as_i64().unwrap()).collect()
    };
    targets.map(|target| (target["target"].as_str().unwrap(), steps(target))).collect()
}

const BLUE: &str = "sagemaker:endpoint/ranking/variant/blue";
const GREEN: &str = "sagemaker:endpoint/ranking/variant/green";

#[test]
fn a_rollout_goes_from_step_to_step_and_holds_after_each() {
    let shown = read("docs/step-functions.md").contains(&read("docs/canary.json"));
    assert!(shown, "docs/canary.json is the rollout that docs/step-functions.md shows");
    let (told, ended) = rolled_out(&canary().to_string(), "");
    assert_eq!(ended, "succeeded");
    assert_eq!(stood(&told), [(BLUE, vec![90, 95, 75, 0]), (GREEN, vec![10, 5, 25, 100])]);
    assert_eq!(told["targets"][0]["unit"], "percentOfTraffic");
    let times: Vec<&str> =
        told["targets"][1]["steps"].as_array().unwrap().iter().map(|step| step["time"].as_str().unwrap()).collect();
    // With what it takes to settle.
    let hours: Vec<&str> = times.iter().map(|time| &time[..13]).collect();
    assert_eq!(hours, ["2026-03-24T00", "2026-03-24T08", "2026-03-24T10", "2026-03-24T12"]);
}

#[test]
fn a_rollout_goes_back_to_what_stood_when_an_alarm_rings_in_a_hold() {
    for (time, outcome, green) in [
        ("07:59", "AlarmRinging", vec![]),
        ("08:30", "AlarmRinging", vec![10, 5, 10]),
        ("11:00", "AlarmRinging", vec![10, 5, 25, 10]),
        ("13:00", "AlarmRinging", vec![10, 5, 25, 100, 10]),
        ("14:30", "succeeded", vec![10, 5, 25, 100]),
    ] {
        let alarm = format!("--alarm ranking-green-errors=ALARM@2026-03-24T{time}");
        let (told, ended) = rolled_out(&canary().to_string(), &alarm);
        let found = stood(&told).into_iter().find(|(target, _)| *target == GREEN);
        assert_eq!((ended.as_str(), found.map_or_else(Vec::new, |(_, steps)| steps)), (outcome, green), "{time}");
    }
    // One that has stopped ringing by the next look, and one that it does not look at.
    let alarms =
        "--alarm ranking-green-errors=ALARM@2026-03-24T08:30:30 --alarm ranking-green-errors=OK@2026-03-24T08:30:31";
    assert_eq!(rolled_out(&canary().to_string(), alarms).1, "succeeded");
}

#[test]
fn a_rollout_that_a_guardrail_stops_goes_back() {
    let config =
        file(&json!({"guardrails": {"targets": [{"target": "sagemaker:endpoint/ranking/*", "maxShare": 0.95}]}}));
    let (told, ended) = rolled_out(&canary().to_string(), config.path().to_str().unwrap());
    assert_eq!(ended, "GuardrailViolation");
    assert_eq!(stood(&told), [(BLUE, vec![90, 95, 75, 90]), (GREEN, vec![10, 5, 25, 10])]);
}

#[test]
fn whatever_a_rollout_moves_it_sets_back() {
    let rollout = |action: &str, input: Value, steps: Value| {
        json!({"action": action, "input": input, "steps": steps, "holdSeconds": 1800, "alarms": ["a"]}).to_string()
    };
    let endpoint = "sagemaker:UpdateEndpointWeightsAndCapacities";
    let variant = |name: &str, members: Value| {
        let mut variant = json!({"VariantName": name});
        variant.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        json!({"DesiredWeightsAndCapacities": [variant]})
    };
    // Everything begins with the most that is asked of it.
    let counts = json!([
        variant("blue", json!({"DesiredInstanceCount": 4})),
        variant("green", json!({"DesiredInstanceCount": 3})),
        variant("blue", json!({"DesiredInstanceCount": 2})),
        variant("green", json!({"DesiredInstanceCount": 1, "DesiredWeight": {"share": 0.5}})),
    ]);
    let serverless = |count: u32| variant("AllTraffic", json!({"ServerlessUpdateConfig": {"MaxConcurrency": count}}));
    let serverless = json!([serverless(20), serverless(10)]);
    let copies =
        json!([{"DesiredRuntimeConfig": {"CopyCount": {"atMost": 1}}}, {"DesiredRuntimeConfig": {"CopyCount": 0}}]);
    let provisioned = json!([{"ProvisionedConcurrentExecutions": 50}, {"ProvisionedConcurrentExecutions": 20}]);
    let put = "lambda:PutProvisionedConcurrencyConfig";
    let component = "sagemaker:UpdateInferenceComponentRuntimeConfig";
    for (targets, input) in [
        (4, rollout(endpoint, json!({"EndpointName": "ranking"}), counts)),
        (1, rollout(endpoint, json!({"EndpointName": "embeddings"}), serverless)),
        (1, rollout(component, json!({"InferenceComponentName": "recsys-ranker"}), copies)),
        (1, rollout(put, json!({"FunctionName": "checkout", "Qualifier": "live"}), provisioned)),
    ] {
        assert_eq!(there_and_back(&input, "").len(), targets, "{input}");
    }
    let delete = "lambda:DeleteProvisionedConcurrencyConfig";
    let input = rollout(delete, json!({"FunctionName": "checkout", "Qualifier": "live"}), json!([{}]));
    let stood = there_and_back(&input, "--seed sandbox/seed.json");
    assert_eq!(stood, [("lambda:function:checkout:live".to_owned(), vec![5, 0, 5])]);
    // What it begins without it is without again.
    let mut seed: Value = serde_json::from_str(&read("sandbox/seed.json")).unwrap();
    let function = &mut seed["accounts"]["123456789012"]["us-east-1"]["functions"]["search"];
    function["provisionedConcurrency"].as_object_mut().unwrap().clear();
    let seed = file(&seed);
    let provisioned = json!([{"ProvisionedConcurrentExecutions": 5}, {"ProvisionedConcurrentExecutions": 9}]);
    let input = rollout(put, json!({"FunctionName": "search", "Qualifier": "prod"}), provisioned);
    let stood = there_and_back(&input, &format!("--seed {}", seed.path().to_str().unwrap()));
    assert_eq!(stood, [("lambda:function:search:prod".to_owned(), vec![0, 5, 9, 0])]);
}

/// What stood one after another where an alarm rings in the last hold; all of it ends as it began.
fn there_and_back(input: &str, arguments: &str) -> Vec<(String, Vec<i64>)> {
    let steps = serde_json::from_str::<Value>(input).unwrap()["steps"].as_array().unwrap().len();
    let minutes = steps * 30 - 15;
    let alarm = format!("--alarm a=ALARM@2026-03-24T{:02}:{:02} {arguments}", 8 + minutes / 60, minutes % 60);
    let (told, ended) = rolled_out(input, &alarm);
    assert_eq!(ended, "AlarmRinging", "{input}");
    let stood: Vec<(String, Vec<i64>)> =
        stood(&told).into_iter().map(|(target, steps)| (target.to_owned(), steps)).collect();
    for (target, steps) in &stood {
        assert!(steps.len() > 2 && steps.first() == steps.last(), "{target} stood at {steps:?}: {input}");
    }
    stood
}

#[test]
fn an_alarm_that_nothing_binds_rings_for_the_rollout_alone() {
    let alarm = "--alarm ranking-green-errors=ALARM@2026-03-24T20:00";
    let told = rolled_out(&canary().to_string(), alarm).0;
    assert!(told["events"].as_array().unwrap().iter().all(|event| event["schedule"] != "ranking-green-errors=ALARM"));
    let bound = json!({"alarms": {"ranking-green-errors": {"ALARM": instances(json!(2))}}});
    let bound = file(&bound);
    let told = rolled_out(&canary().to_string(), &format!("{alarm} {}", bound.path().to_str().unwrap())).0;
    assert!(told["events"].as_array().unwrap().iter().any(|event| event["schedule"] == "ranking-green-errors=ALARM"));
}

#[test]
fn a_rollout_longer_than_the_days_is_under_way_when_they_end() {
    let mut long = canary();
    long["holdSeconds"] = json!([7200, 7200, 60000]);
    assert_eq!(rolled_out(&long.to_string(), "").1, "running");
}

#[test]
fn what_the_state_machine_refuses_is_no_rollout() {
    for (member, value, why) in [
        (
            "before",
            json!("restore"),
            "`before` goes on from a rollout that was left unfinished, of which there is none here",
        ),
        ("holdSeconds", json!([60]), "`holdSeconds` has 1 for 3 steps"),
        ("holdSeconds", json!("60"), "`holdSeconds` must be a number of seconds, or a list with one for each step"),
        ("steps", json!([]), "`steps` is empty"),
        ("lookSeconds", json!(5), "`lookSeconds` is 5, and must be at least 10"),
        ("holdSeconds", json!(90000), "more than 2000 looks at the alarms; make `lookSeconds` larger"),
        ("hold", json!(1), "unknown field `hold`, expected one of"),
        ("lookSeconds", json!(10.5), "invalid type: floating point `10.5`"),
        (
            "holdSeconds",
            json!([600_000, 600_000, 0]),
            "all holds, with an hour for each step and a day for the way back, do not fit into 14 days",
        ),
        (
            "action",
            json!("lambda:PutFunctionScalingConfig"),
            "`action` is lambda:PutFunctionScalingConfig, from which there is no way back; there is from sagemaker:",
        ),
    ] {
        let mut input = canary();
        input[member] = value;
        let file = file(&input);
        let start = format!("{}@2026-03-24T08:00", file.path().to_str().unwrap());
        let ran = setpoint(&["simulate", "--rollout", &start, "--from", "2026-03-24"]);
        assert!(ran.status != 0 && ran.stderr.contains(&format!(" is no input of a rollout: {why}")), "{ran:?}");
    }
    let ran = setpoint(&["simulate", "--rollout", "docs/canary.json", "--from", "2026-03-24"]);
    assert!(ran.stderr.contains("must be FILE@TIME, such as canary.json@2026-11-24T09:30"), "{ran:?}");
}

#[test]
fn what_is_a_rollout_is_one_of_the_state_machine_too() {
    let listed: Value = serde_json::from_str(&read("cli/tests/documents/rollouts.json")).unwrap();
    for (kind, is_taken) in [("taken", true), ("refused", false)] {
        for members in listed[kind].as_array().unwrap() {
            let mut input = listed["rollout"].clone();
            input.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            let file = file(&input);
            let start = format!("{}@2026-03-24T08:00", file.path().to_str().unwrap());
            let ran = setpoint(&["simulate", "--rollout", &start, "--from", "2026-03-24", "--days", "1"]);
            assert_eq!(ran.stderr.contains(" is no input of a rollout: "), !is_taken, "{members}: {ran:?}");
        }
    }
}

#[test]
fn the_way_back_raises_counts_then_moves_the_traffic_and_then_lowers_counts() {
    let mut input = canary();
    let variant = |name: &str, count: u32| json!({"DesiredWeightsAndCapacities": [{"VariantName": name, "DesiredInstanceCount": count}]});
    input["steps"] = json!([variant("green", 4), input["steps"][1], variant("blue", 1)]);
    let arguments = "--seed sandbox/seed.json --alarm ranking-green-errors=ALARM@2026-03-24T13:00";
    let (told, ended) = rolled_out(&input.to_string(), arguments);
    assert_eq!(ended, "AlarmRinging");
    let events = told["events"].as_array().unwrap().iter();
    let back: Value = events
        .filter(|event| event["schedule"].as_str().unwrap().ends_with(" back") && event["outcome"] == "applied")
        .map(|event| event["target"].clone())
        .collect();
    assert_eq!(back, json!([BLUE, GREEN, GREEN]));
}

#[test]
fn guardrails_that_let_every_step_through_and_not_the_way_back_show_when_it_is_played() {
    let mut input = canary();
    let variant =
        |count: u32| json!({"DesiredWeightsAndCapacities": [{"VariantName": "green", "DesiredInstanceCount": count}]});
    input["steps"] = json!([variant(3), variant(5)]);
    input["holdSeconds"] = json!(3600);
    let arguments = "--seed sandbox/seed.json --alarm ranking-green-errors=ALARM@2026-03-24T09:45";
    for (step, outcome) in [(2, "RollbackFailed"), (4, "AlarmRinging")] {
        let config = file(&json!({"guardrails": {"targets": [{"target": "sagemaker:endpoint/*/*", "maxStep": step}]}}));
        let arguments = format!("{} {arguments}", config.path().to_str().unwrap());
        assert_eq!(rolled_out(&input.to_string(), &arguments).1, outcome);
    }
}

#[test]
fn a_rollout_that_gives_way_to_something_newer_ends_as_its_state_machine_does() {
    // The way back is older than it, too.
    let newer = json!({"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "issuedAt": "2026-03-24T08:05:00Z",
        "input": {"EndpointName": "ranking", "DesiredWeightsAndCapacities": [{"VariantName": "green", "DesiredWeight": 3}]}});
    let schedules = json!([{"name": "newer", "expression": "at(2026-03-24T08:01:00)", "payload": newer}]);
    let config = file(&json!({"ledgerTable": "setpoint"}));
    let mut input = canary();
    input["holdSeconds"] = json!(120);
    let schedules = file(&schedules);
    let files = [&schedules, &config].map(|it| it.path().to_str().unwrap().to_owned()).join(" ");
    let input = file(&input);
    let start = format!("{}@2026-03-24T08:00", input.path().to_str().unwrap());
    let day = ["simulate", "--rollout", &start, "--from", "2026-03-24", "--days", "1"];
    let ran = setpoint(&day.into_iter().chain(files.split_whitespace()).collect::<Vec<_>>());
    let ended = ran.stdout.lines().find(|line| line.contains("RollbackFailed")).unwrap_or_default();
    assert!(ended.contains("step 2 of 3 was superseded: the ledger has a newer event"), "{ran:?}");
    assert!(ended.contains(" (Superseded). The way back failed: superseded: the ledger has a newer event"), "{ran:?}");
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
