//! Event patterns of rules that bring nothing, or what nothing is bound to.

use serde_json::{Value, json};

use super::found;
use crate::setpoint::with_input;

/// A template with a rule of this pattern and target, whose configuration binds two alarms and an event.
fn template(pattern: &str, target: &str) -> String {
    format!(
        r#"Transform: AWS::Serverless-2016-10-31
Parameters: {{Odd: {{Type: String}}}}
Resources:
  Setpoint:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {{Variables: {{SETPOINT_CONFIG: '{{
        "alarms": {{"load-high": {{"OK": null}}, "night-*": {{"OK": null}}}},
        "events": {{"aws.sagemaker/SageMaker Endpoint State Change": {{"follow": "*"}}}},
        "timetables": {{"t": {{"zone": "UTC", "periods": [{{"name": "p", "do": {{"action": "lambda:DeleteProvisionedConcurrencyConfig",
          "input": {{"FunctionName": "f", "Qualifier": "live"}}}}}}]}}}}}}'}}}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern:
{pattern}
      Targets: [{{Id: f, Arn: !GetAtt Setpoint.Arn{target}}}]
"#
    )
}

/// A template with a rule that has these lines for a pattern, and the function as its target.
fn rule(pattern: &str) -> String {
    let indented: Vec<String> = pattern.lines().map(|line| format!("        {line}")).collect();
    template(&indented.join("\n"), "")
}

/// What is found, with the help behind it.
fn told(text: &str) -> Vec<String> {
    let ran = with_input(&["lint", "-", "--format", "json"], text);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    let diagnostics = answer["diagnostics"].as_array().unwrap();
    let helps = diagnostics.iter().map(|diagnostic| diagnostic["help"].as_str().unwrap_or_default().to_owned());
    found(text).into_iter().zip(helps).map(|(line, help)| format!("{line}; {help}")).collect()
}

const ALARMS: &str = "source: [aws.cloudwatch]\ndetail-type: [CloudWatch Alarm State Change]\n";

#[test]
fn a_pattern_that_no_event_matches_is_shown_with_what_was_meant() {
    for (pattern, why) in [
        (
            "source: [aws.cloudwatch]\ndetailtype: [CloudWatch Alarm State Change]",
            "17:9 event-pattern: detailtype: events have no such member, and so none matches; did you mean `detail-type`?",
        ),
        (
            "source: [my.app]\nalarmName: [load-high]",
            "17:9 event-pattern: alarmName: events have no such member, and so none matches; what is told of the event itself stands \
             in `detail`",
        ),
        (
            "source: [my.app]\ndetail: {kind: []}",
            "17:24 event-pattern: detail.kind: lists nothing, and so no event matches; write a value, or leave it out",
        ),
        (
            "source: [aws.cloudwatch]\ndetail-type: [CloudWatch Alarm State-Change]",
            "17:23 event-pattern: detail-type: CloudWatch Alarm State-Change is no event's, and so never matches; did you \
             mean `CloudWatch Alarm State Change`?",
        ),
        (
            "source: [aws.alarms]\ndetail-type: [CloudWatch Alarm State Change]",
            "16:18 event-pattern: source: alarms do not come from aws.alarms, and so no event matches; write `aws.cloudwatch`",
        ),
    ] {
        assert_eq!(told(&rule(pattern)), [why], "{pattern}");
    }
    for (detail, why) in [
        (
            "detail: {state: {value: [alarm]}}",
            "18:34 event-pattern: detail.state.value: alarm is no state of an alarm, and so never matches; did you mean `ALARM`?",
        ),
        (
            "detail: {previousState: {value: [OK, FIRING]}}",
            "18:46 event-pattern: detail.previousState.value: FIRING is no state of an alarm, and so never matches; valid here: `OK`, \
             `ALARM`, `INSUFFICIENT_DATA`",
        ),
        (
            "detail: {state: [ALARM]}",
            "18:25 event-pattern: detail.state: is an object in an alarm, and so no event matches; write {\"value\": [\"ALARM\"]}",
        ),
        (
            "detail: {AlarmName: [load-high]}",
            "18:18 event-pattern: detail.AlarmName: no alarm has it, and so no event matches; did you mean `alarmName`?",
        ),
    ] {
        assert_eq!(told(&rule(&format!("{ALARMS}{detail}"))), [why], "{detail}");
    }
}

#[test]
fn a_value_that_is_no_list_is_refused_by_aws() {
    let ran = with_input(&["lint", "-"], &template("        source: aws.cloudwatch", ""));
    let expected = r#"error[event-pattern]: source: must be a list of values, or an object
  --> -:16:17
   |
16 |         source: aws.cloudwatch
   |                 ^^^^^^^^^^^^^^
   |
   = help: write ["aws.cloudwatch"]
"#;
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (1, expected, ""));
}

#[test]
fn an_alarm_that_a_rule_brings_and_a_binding_are_held_against_each_other() {
    assert_eq!(
        found(&rule(&format!("{ALARMS}detail: {{alarmName: [load-hihg, night-idle]}}"))),
        [
            "8:20 missing-alarm: alarms.load-high: no alarm here that rings the function has this name",
            "18:30 unbound-alarm: load-hihg rings the function, but the configuration's `alarms` does not name it",
        ]
    );
    let one = format!("{ALARMS}detail: {{alarmName: [load-high, night-idle]}}");
    assert_eq!(found(&rule(&one)), [""; 0]);
    // An alarm that the template rings the function by is not all there is.
    let alarm = "  Night: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: night-idle, OKActions: [!GetAtt Setpoint.Arn]}}\n";
    for (pattern, missing) in [
        (format!("{ALARMS}detail: {{alarmName: [load-high]}}"), 0),
        (format!("{ALARMS}detail: {{alarmName: [{{prefix: load-}}]}}"), 0),
        ("source: [aws.cloudwatch]".to_owned(), 0),
        ("source: [!Ref Odd]".to_owned(), 0),
        ("source: [my.app]".to_owned(), 1),
        ("source: [aws.cloudwatch]\ndetail-type: [CloudWatch Alarm Configuration Change]".to_owned(), 1),
    ] {
        let found = found(&(rule(&pattern) + alarm));
        assert_eq!(found.iter().filter(|line| line.contains("missing-alarm")).count(), missing, "{pattern}: {found:?}");
        assert_eq!(found.len(), missing, "{pattern}: {found:?}");
    }
}

#[test]
fn an_event_of_aws_needs_a_binding() {
    let pattern = "        source: [aws.sagemaker]\n        detail-type: [SageMaker Endpoint State Change, SageMaker Model State Change]";
    let expected = "17:56 unbound-event: SageMaker Model State Change of aws.sagemaker has no payload, and the configuration's `events` does \
                    not name it";
    assert_eq!(found(&template(pattern, "")), [expected]);
    for target in
        [", InputTransformer: {InputTemplate: '{}'}", ", Input: '{\"follow\": \"*\"}'", ", InputPath: $.detail"]
    {
        assert_eq!(found(&template(pattern, target)), [""; 0], "{target}");
    }
    let ours = "        source: [my.app]\n        detail-type: [Change Capacity]";
    assert_eq!(found(&template(ours, "")), [""; 0]);
    let some = "        source: [{prefix: aws.}]\n        detail-type: [SageMaker Model State Change]";
    assert_eq!(found(&template(some, "")), [""; 0]);
}

#[test]
fn nothing_is_said_of_a_pattern_that_some_event_matches() {
    for pattern in [
        "source: [my.app]",
        "source: [{prefix: my.}]\nreplay-name: [{exists: false}]\nregion: [us-east-1]\naccount: ['123456789012']",
        "source: [my.app]\nforeign: [{exists: false}]",
        "source: [aws.cloudwatch]\ndetail-type: [CloudWatch Alarm State Change]\ndetail: {AlarmName: [{exists: false}], alarmName: [load-high, night-x]}",
        "$or: [{source: [a]}, {detail-type: [b]}]",
        "source: [!Ref Odd]\ndetail: {kind: !Ref Odd}",
        "source: !If [Odd, [a], [b]]",
        "source: [aws.cloudwatch]\ndetail-type: [CloudWatch Alarm Contributor State Change]\ndetail: {state: {value: [NEW]}}",
        "source: [aws.cloudwatch, my.app]\ndetail-type: [CloudWatch Alarm State Change]\ndetail: {alarmName: [{wildcard: '*'}], state: \
         {value: [{anything-but: OK}]}, previousState: {value: [INSUFFICIENT_DATA]}, muteDetail: [{exists: false}]}",
    ] {
        assert_eq!(found(&rule(pattern)), [""; 0], "{pattern}");
    }
}

#[test]
fn rules_of_sam_and_of_terraform_are_read_too() {
    let sam = r"Transform: AWS::Serverless-2016-10-31
Resources:
  Setpoint:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {SETPOINT_CONFIG: '{}'}}
      Events:
        Alarm:
          Type: EventBridgeRule
          Properties: {Pattern: {source: [aws.cloudwatch], detail-type: [CloudWatch Alarm State Change], detail: {alarmName: [a]}}}
";
    assert_eq!(
        found(sam),
        ["10:127 unbound-alarm: a rings the function, but the configuration's `alarms` does not name it"]
    );
    let function = "arn:aws:lambda:us-east-1:123456789012:function:setpoint";
    let resource = |kind: &str, values: serde_json::Value| json!({"address": format!("{kind}.this"), "mode": "managed", "type": kind, "name": "this", "values": values});
    let pattern =
        json!({"source": ["aws.bedrock"], "detail-type": ["Model Customization Job State Change"], "Detail": {}})
            .to_string();
    let state = json!({"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {"resources": [
        resource("aws_lambda_function", json!({"arn": function, "function_name": "setpoint",
            "environment": [{"variables": {"SETPOINT_CONFIG": "{}"}}]})),
        resource("aws_cloudwatch_event_rule", json!({"name": "jobs", "event_pattern": pattern})),
        resource("aws_cloudwatch_event_target", json!({"rule": "jobs", "arn": function})),
    ]}}});
    let found: Vec<String> =
        found(&state.to_string()).iter().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(
        found,
        [
            "unbound-event: aws_cloudwatch_event_rule.this: Model Customization Job State Change of aws.bedrock has no payload, and the \
             configuration's `events` does not name it",
            "event-pattern: aws_cloudwatch_event_rule.this: Detail: events have no such member, and so none matches",
        ]
    );
}
