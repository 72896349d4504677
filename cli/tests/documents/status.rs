//! What stands, and what should, is told as the handler reads it.

use std::io::Write as _;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::setpoint::{Ran, Server, on_aws, setpoint, with_input};

fn put(name: &str, count: Value) -> Value {
    json!({"action": "lambda:PutProvisionedConcurrencyConfig", "input": {
        "FunctionName": name, "Qualifier": "live", "ProvisionedConcurrentExecutions": count,
    }})
}

/// Five for checkout by day, which the example has, and ten at night; and two more timetables.
fn config(other: Value) -> NamedTempFile {
    let timetables = json!({
        "checkout": {"zone": "Europe/Berlin", "periods": [
            {"name": "night", "do": put("checkout", json!(10))},
            {"name": "day", "from": "08:00", "until": "20:00", "do": put("checkout", json!({"atLeast": 5}))},
        ]},
        "launch": {"zone": "UTC", "periods": [{"name": "doors", "from": "2026-04-01T18:00", "until": "2026-04-02", "do": other}]},
    });
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(json!({"timetables": timetables}).to_string().as_bytes()).unwrap();
    file
}

fn status(config: &NamedTempFile, arguments: &str) -> Ran {
    let begin = ["status", "--config", config.path().to_str().unwrap()];
    setpoint(&begin.into_iter().chain(arguments.split_whitespace()).collect::<Vec<_>>())
}

fn instances(count: i64) -> Value {
    json!({"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "input": {"EndpointName": "recsys",
        "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]}})
}

#[test]
fn all_stands_by_day_and_at_night_it_does_not() {
    let config = config(instances(9));
    let day = status(&config, "--at 2026-03-24T10:00");
    let expected = "\
TARGET                         BY                 WANTED     NOW  NEXT
lambda:function:checkout:live  checkout/day       atLeast 5  5    Tue 24 Mar 20:00 night
-                              launch: no period                  Wed 01 Apr 20:00 doors

1 of 1 as wanted at Tue 24 Mar 10:00, Europe/Berlin
";
    assert_eq!((day.status, day.stdout.as_str()), (0, expected), "{day:?}");
    assert_eq!(
        day.stderr,
        "world       the sandbox, account 123456789012 in us-east-1; --aws looks at a real account\n"
    );
    let night = status(&config, "--at 2026-04-01T20:00");
    let expected = "\
TARGET                                        BY              WANTED  NOW           NEXT
lambda:function:checkout:live                 checkout/night  10      5    differs  Thu 02 Apr 08:00 day
sagemaker:endpoint/recsys/variant/AllTraffic  launch/doors    9       2    differs  Thu 02 Apr 02:00 (no period)

0 of 2 as wanted at Wed 01 Apr 20:00, Europe/Berlin
";
    assert_eq!((night.status, night.stdout.as_str()), (1, expected), "{night:?}");
}

#[test]
fn machines_get_every_number_with_its_period_and_the_next() {
    let ran = status(&config(put("nope", json!(1))), "--at 2026-04-01T18:30:00Z --format json");
    assert_eq!(ran.status, 1, "{ran:?}");
    let mut told: Value = serde_json::from_str(&ran.stdout).unwrap();
    let sentence = told["targets"][1]["error"]["errorMessage"].take();
    assert!(sentence.as_str().unwrap().contains("function:nope:live"), "{sentence}");
    let home = |mut row: Value| {
        row["region"] = json!("us-east-1");
        row["account"] = json!("123456789012");
        row
    };
    let expected = [
        home(json!({"target": "lambda:function:checkout:live", "by": "checkout/night", "timetable": "checkout",
            "period": "night", "member": "ProvisionedConcurrentExecutions", "wanted": 10, "asked": null, "now": 5,
            "stands": false, "next": {"time": "2026-04-02T06:00:00Z", "period": "day"}, "error": null})),
        home(
            json!({"target": "lambda:function:nope:live", "by": "launch/doors", "timetable": "launch", "period": "doors",
            "member": null, "wanted": null, "asked": null, "now": null, "stands": false,
            "next": {"time": "2026-04-02T00:00:00Z", "period": null},
            "error": {"errorType": "ResourceNotFoundException", "errorMessage": null}}),
        ),
    ];
    assert_eq!(told, json!({"time": "2026-04-01T18:30:00Z", "targets": expected}));
}

#[test]
fn what_cannot_be_read_or_is_refused_is_said_below_the_table() {
    let mut config: Value =
        serde_json::from_str(&std::fs::read_to_string(config(instances(9)).path()).unwrap()).unwrap();
    config["guardrails"] = json!({"targets": [{"target": "sagemaker:endpoint/recsys", "max": 4}]});
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(config.to_string().as_bytes()).unwrap();
    let ran = status(&file, "--at 2026-04-01T20:00");
    let row = "sagemaker:endpoint/recsys/variant/AllTraffic  launch/doors    9       2    GuardrailViolation  Thu 02 Apr 02:00 (no period)\n";
    let said = "\nsagemaker:endpoint/recsys/variant/AllTraffic: GuardrailViolation: sagemaker:endpoint/recsys/variant/AllTraffic: \
                DesiredInstanceCount 2 -> 9 is refused: ";
    assert!(ran.status == 1 && ran.stdout.contains(row) && ran.stdout.contains(said), "{}", ran.stdout);
}

#[test]
fn events_have_rows_of_their_own_and_nothing_is_written() {
    let config = config(instances(9));
    let server = Server::start(&[]);
    let path = config.path().to_str().unwrap();
    let arguments =
        ["status", "--aws", "--config", path, "--at", "2026-03-24T10:00", "events/bedrock-swap-model.schedule.json"];
    for _ in 0..2 {
        let ran = on_aws(&server.url, &[], &arguments);
        let rows: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with("bedrock")).collect();
        let [row] = rows.as_slice() else { panic!("{ran:?}") };
        let begin = "bedrock:provisioned-model/support-bot desiredModelId  events/bedrock-swap-model.schedule.json  …";
        assert!(
            row.starts_with(begin) && row.contains("supportbotv2  …") && row.ends_with("supportbotv1  differs"),
            "{row}"
        );
        let world = "world       account 123456789012 in us-east-1, as arn:aws:iam::123456789012:user/sandbox\n";
        assert_eq!((ran.status, ran.stderr.as_str()), (1, world));
    }
}

#[test]
fn what_says_nothing_of_what_should_stand_is_a_mistake() {
    let complaint = |arguments: &[&str]| {
        let ran = setpoint(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran:?}");
        ran.stderr
    };
    let guardrails = "deploy/guardrails.json";
    assert_eq!(
        complaint(&["status", "--config", "missing.json"]),
        "error: missing.json: No such file or directory (os error 2)\n"
    );
    assert!(
        complaint(&["status", "--config", guardrails]).starts_with("error: deploy/guardrails.json: "),
        "no configuration"
    );
    let said = complaint(&["status", "--config", "template.yaml"]);
    assert_eq!(
        said,
        "error: template.yaml is a CloudFormation template: put its SETPOINT_CONFIG, as JSON, into a file\n"
    );
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(b"{}").unwrap();
    let path = file.path().to_str().unwrap();
    let said = complaint(&["status", "--config", path]);
    assert_eq!(
        said,
        format!("error: {path} has no timetables, and no event is named: nothing says what should stand\n")
    );
    let said = complaint(&["status", "--config", "docs/week.json", "--at", "noon"]);
    assert_eq!(said, "error: --at noon is no time such as 2026-11-24T09:30 or 2026-11-24T08:30:00Z\n");
    assert_eq!(setpoint(&["status"]).status, 64);
    let refused = with_input(&["status", "--config", path, "-"], "{\"action\": \"nope\", \"input\": {}}");
    assert!(refused.status == 1 && refused.stdout.contains("InvalidAction"), "{refused:?}");
}
