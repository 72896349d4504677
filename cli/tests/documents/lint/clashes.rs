//! Schedules at odds with each other, and with a timetable.

use serde_json::{Value, json};

use super::found;
use crate::setpoint::with_input;

/// Two schedules that meet at 8 on weekdays, one that is set to what a timetable says only five minutes later, and one that
/// has it followed.
const TEMPLATE: &str = r#"Transform: AWS::Serverless-2016-10-31
Parameters: {Odd: {Type: String}, Never: {Type: String, Default: "no"}}
Conditions: {Never: !Equals [!Ref Never, "yes"], Odd: !Equals [!Ref Odd, "yes"]}
Resources:
  Setpoint:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {SETPOINT_CONFIG: '{
        "schedules": {"bound": {"action": "lambda:DeleteProvisionedConcurrencyConfig",
          "input": {"FunctionName": "search", "Qualifier": "live"}}},
        "timetables": {"shop": {"zone": "UTC", "periods": [
          {"name": "night", "do": {"action": "lambda:PutProvisionedConcurrencyConfig",
            "input": {"FunctionName": "shop", "Qualifier": "live", "ProvisionedConcurrentExecutions": 1}}},
          {"name": "day", "from": "08:00", "until": "20:00", "do": {"action": "lambda:PutProvisionedConcurrencyConfig",
            "input": {"FunctionName": "shop", "Qualifier": "live", "ProvisionedConcurrentExecutions": 8}}}]}}}'}}
  Morning:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: cron(0 8 ? * MON-FRI *)
      Target:
        Arn: !GetAtt Setpoint.Arn
        Input: |
          {"action": "lambda:PutProvisionedConcurrencyConfig",
           "input": {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": 20}}
  Backup:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: cron(0 0/4 * * ? *)
      Target:
        Arn: !GetAtt Setpoint.Arn
        Input: |
          {"action": "lambda:PutProvisionedConcurrencyConfig",
           "input": {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": {"atMost": 2}}}
  Sale:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: cron(54 7 ? * * *)
      Target:
        Arn: !GetAtt Setpoint.Arn
        Input: |
          {"action": "lambda:PutProvisionedConcurrencyConfig",
           "input": {"FunctionName": "shop", "Qualifier": "live", "ProvisionedConcurrentExecutions": 8}}
  Follow:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(5 minutes)
      Target: {Arn: !GetAtt Setpoint.Arn, Input: '{"follow": "*"}'}
"#;

/// Without the days on which something comes first: they are others next week.
fn undated(text: &str) -> String {
    let is_moment =
        |word: &str| word.trim_end_matches(',').len() == "2027-01-01T08:00Z".len() && word.starts_with("20");
    let words = text.split(' ').map(|word| if is_moment(word) { &word[11..] } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// What is found, without the days.
fn told(text: &str) -> Vec<String> {
    found(text).iter().map(|line| undated(line)).collect()
}

const MEET: &str = "24:71 contradicting-schedules: input.ProvisionedConcurrentExecutions: asks for 20, and Backup for \
                    {\"atMost\":2} at the same moment, first at 08:00Z, and which of them stands is chance";
const UNDONE: &str = "42:67 undone-by-timetable: input.ProvisionedConcurrentExecutions: asks for 8, but at 07:54Z the timetable \
                      shop says 1 (night), and Follow, rate(5 minutes), brings that back";

#[test]
fn a_schedule_is_held_against_the_others_and_against_the_timetable_that_is_followed() {
    assert_eq!(told(TEMPLATE), [MEET, UNDONE]);
}

#[test]
fn both_places_are_shown() {
    let ran = with_input(&["lint", "-"], &TEMPLATE.replace("rate(5 minutes)", "cron(0 9 * * ? *)"));
    let expected = r#"warning[contradicting-schedules]: input.ProvisionedConcurrentExecutions: asks for 20, and Backup for {"atMost":2} at the same moment, first at 08:00Z, and which of them stands is chance
  --> -:24:71
   |
24 |            "input": {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": 20}}
   |                                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
...
33 |            "input": {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": {"atMost": 2}}}
   |                                                                       --------------------------------- Backup asks for {"atMost":2}
   |
   = help: leave it out of one of them, or send them at different times
"#;
    assert_eq!((ran.status, undated(&ran.stdout).as_str(), ran.stderr.as_str()), (1, expected, ""));
    let read = |format: &str| {
        let ran = with_input(&["lint", "-", "--format", format], TEMPLATE);
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    let beside = json!({"line": 12, "column": 29, "message": "night asks for 1"});
    assert_eq!(read("json")["diagnostics"][1]["beside"], beside);
    let related = &read("sarif")["runs"][0]["results"][1]["relatedLocations"][0];
    assert_eq!(related["message"]["text"], "night asks for 1");
    assert_eq!(related["physicalLocation"]["region"]["startLine"], 12);
}

#[test]
fn a_bound_payload_and_one_with_several_actions_are_held_against_each_other() {
    let morning = r#"{"action": "lambda:PutProvisionedConcurrencyConfig",
           "input": {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": 20}}"#;
    let several = r#"{"actions": [{"action": "lambda:DeleteProvisionedConcurrencyConfig", "input": {"FunctionName": "a", "Qualifier": "live"}},
            {"action": "lambda:PutProvisionedConcurrencyConfig", "input": {"FunctionName": "search", "Qualifier": "live",
              "ProvisionedConcurrentExecutions": 20}}]}"#;
    let bound = "  Bound:
    Type: AWS::Events::Rule
    Properties: {Name: bound, ScheduleExpression: cron(0 8 * * ? *), Targets: [{Id: s, Arn: !GetAtt Setpoint.Arn}]}\n";
    let template =
        format!("{}{bound}", TEMPLATE.replace(morning, several).replace("cron(54 7 ? * * *)", "cron(54 8 ? * * *)"));
    assert_eq!(
        told(&template),
        [
            "25:15 contradicting-schedules: actions[1].input.ProvisionedConcurrentExecutions: asks for 20, and Bound for 0 at the \
             same moment, first at 08:00Z, and which of them stands is chance"
        ]
    );
}

#[test]
fn nothing_is_said_of_schedules_that_do_not_meet_or_agree() {
    let morning = "      ScheduleExpression: cron(0 8 ? * MON-FRI *)";
    for with in [
        "      ScheduleExpression: cron(0 9 ? * MON-FRI *)",
        "      ScheduleExpression: cron(30 0/2 ? * MON-FRI *)",
        "      ScheduleExpression: rate(1 hour)",
        "      ScheduleExpression: at(2020-01-01T08:00:00)",
        "      ScheduleExpression: !Ref Odd",
    ] {
        assert_eq!(told(&TEMPLATE.replacen(morning, with, 1)), [UNDONE], "{with}");
    }
    for line in [
        "State: DISABLED",
        "State: !Ref Odd",
        "EndDate: 2020-01-01T00:00:00Z",
        "StartDate: 2120-01-01T00:00:00Z",
        "EndDate: !Ref Odd",
        "ScheduleExpressionTimezone: Asia/Kathmandu",
        "ScheduleExpressionTimezone: !Ref Odd",
    ] {
        let template = TEMPLATE.replacen(morning, &format!("{morning}\n      {line}"), 1);
        assert_eq!(told(&template), [UNDONE.replacen("42", "43", 1)], "{line}");
    }
    for condition in ["Never", "Odd"] {
        let template = TEMPLATE.replacen("  Morning:\n", &format!("  Morning:\n    Condition: {condition}\n"), 1);
        assert_eq!(told(&template), [UNDONE.replacen("42", "43", 1)], "{condition}");
    }
    for (from, to) in [
        ("Executions\": 20}", "Executions\": 2}"),
        ("\"checkout\"", "\"other\""),
        ("          {\"action\"", "          {\"region\": \"eu-west-1\", \"action\""),
    ] {
        let found = found(&TEMPLATE.replacen(from, to, 1));
        assert!(TEMPLATE.contains(from) && !found.iter().any(|line| line.contains("contradicting")), "{from}");
    }
    let planned = TEMPLATE.replacen(
        "ProvisionedConcurrentExecutions\": 20}}",
        "ProvisionedConcurrentExecutions\": 20}, \"mode\": \"plan\"}",
        1,
    );
    assert_eq!(found(&planned).len(), 1);
    let unknown =
        TEMPLATE.replacen("Input: |", "Input: !Sub |", 1).replacen("Executions\": 20", "Executions\": 2${Odd}", 1);
    assert_eq!(found(&unknown).len(), 1);
}

#[test]
fn nothing_is_said_of_a_schedule_that_no_timetable_surely_undoes() {
    let undone = |template: &str| found(template).iter().any(|line| line.contains("undone-by-timetable"));
    assert!(undone(TEMPLATE));
    for (from, to) in [
        // Until the timetable says the same.
        ("cron(54 7 ? * * *)", "cron(55 7 ? * * *)"),
        ("rate(5 minutes)", "rate(6 minutes)"),
        ("rate(5 minutes)", "cron(0 8,20 ? * * *)"),
        ("cron(54 7 ? * * *)", "cron(0 8 ? * * *)"),
        ("{\"follow\": \"*\"}", "{\"follow\": \"*\", \"mode\": \"plan\"}"),
        (
            "      ScheduleExpression: rate(5 minutes)",
            "      State: DISABLED\n      ScheduleExpression: rate(5 minutes)",
        ),
        (
            "\"shop\", \"Qualifier\": \"live\", \"ProvisionedConcurrentExecutions\": 1}",
            "\"mall\", \"Qualifier\": \"live\", \"ProvisionedConcurrentExecutions\": 1}",
        ),
    ] {
        assert!(TEMPLATE.contains(from), "{from}");
        assert!(!undone(&TEMPLATE.replacen(from, to, 1)), "{from} as {to}");
    }
    assert!(undone(&TEMPLATE.replacen("rate(5 minutes)", "cron(0/5 * ? * * *)", 1)));
}

#[test]
fn a_plan_of_terraform_names_the_other_by_its_address() {
    let schedule = |name: &str, count: u8, state: &str| {
        let input = json!({"action": "lambda:PutProvisionedConcurrencyConfig",
            "input": {"FunctionName": "f", "Qualifier": "live", "ProvisionedConcurrentExecutions": count}});
        let target =
            json!([{"arn": "arn:aws:lambda:us-east-1:123456789012:function:setpoint", "input": input.to_string()}]);
        json!({"address": format!("aws_scheduler_schedule.{name}"), "mode": "managed", "type": "aws_scheduler_schedule", "name": name,
            "values": {"schedule_expression": "cron(0 8 * * ? *)", "schedule_expression_timezone": "UTC", "state": state, "target": target}})
    };
    let state = |resources: Value| {
        json!({"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {"resources": resources}}})
            .to_string()
    };
    let found_in = |resources| told(&state(resources));
    let one = schedule("one", 1, "ENABLED");
    let lines = found_in(json!([one, schedule("two", 2, "ENABLED")]));
    let (_, said) = lines[0].split_once(' ').unwrap();
    assert_eq!(
        (lines.len(), said),
        (
            1,
            "contradicting-schedules: aws_scheduler_schedule.one: input.ProvisionedConcurrentExecutions: asks for 1, and \
             aws_scheduler_schedule.two for 2 at the same moment, first at 08:00Z, and which of them stands is chance"
        )
    );
    assert_eq!(found_in(json!([one, schedule("two", 2, "DISABLED")])), [""; 0]);
}
