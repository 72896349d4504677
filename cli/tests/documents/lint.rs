//! What `cargo setpoint lint` finds, and how it says so.

mod clashes;
mod permissions;
mod patterns;

use serde_json::{Value, json};

use crate::setpoint::{setpoint, with_input};

/// What is found in a text: line, column, code and message, in order.
fn found(text: &str) -> Vec<String> {
    let ran = with_input(&["lint", "-", "--format", "json"], text);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let diagnostics = answer["diagnostics"].as_array().unwrap();
    assert_eq!(ran.status, i32::from(!diagnostics.is_empty()));
    let word = |diagnostic: &Value, member: &str| diagnostic[member].as_str().unwrap().to_owned();
    let line = |diagnostic: &Value| {
        format!(
            "{}:{} {}: {}",
            diagnostic["line"],
            diagnostic["column"],
            word(diagnostic, "code"),
            word(diagnostic, "message")
        )
    };
    diagnostics.iter().map(line).collect()
}

#[test]
fn a_mistake_in_a_payload_is_shown_where_it_stands() {
    let payload = r#"{
  "action": "lambda:PutProvisionedConcurrencyConfig",
  "input": {"FunctionName": "checkout", "Qualifer": "live", "ProvisionedConcurrentExecutions": 1}
}
"#;
    let ran = with_input(&["lint", "-"], payload);
    let expected = r#"error[payload]: input.Qualifier: is required, but missing
 --> -:3:3
  |
3 |   "input": {"FunctionName": "checkout", "Qualifer": "live", "ProvisionedConcurrentExecutions": 1}
  |   ^^^^^^^

error[payload]: input.Qualifer: there is no such member
 --> -:3:41
  |
3 |   "input": {"FunctionName": "checkout", "Qualifer": "live", "ProvisionedConcurrentExecutions": 1}
  |                                         ^^^^^^^^^^^^^^^^^^
  |
  = help: did you mean `Qualifier`?
"#;
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (1, expected, ""));
}

#[test]
fn programs_get_one_object() {
    let ran = with_input(&["lint", "-", "--format", "json"], "{\"follow\": \"*\",\n \"onBussy\": \"wait\"}");
    let diagnostic = json!({
        "severity": "error",
        "code": "payload",
        "message": "onBussy: there is no such member",
        "file": "-",
        "line": 2,
        "column": 2,
        "help": "did you mean `onBusy`?",
        "beside": null,
    });
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap(), json!({"diagnostics": [diagnostic]}));
    assert_eq!(ran.status, 1);
}

#[test]
fn nothing_is_said_of_what_is_right() {
    let ran = setpoint(&["lint", "events/setpoint.json"]);
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
    let payload = "action: sagemaker:UpdateEndpointWeightsAndCapacities
input:
  EndpointName: recsys
  DesiredWeightsAndCapacities:
  - {VariantName: AllTraffic, DesiredInstanceCount: {add: 1, max: 8}}
issuedAt: <aws.scheduler.scheduled-time>
id: <aws.scheduler.execution-id>
";
    assert_eq!(found(payload), [""; 0]);
}

#[test]
fn a_configuration_is_checked_with_its_bindings_and_timetables() {
    let config = r#"
maxEventAge: 30 years
alarms:
  recsys.load-high:
    ALARM: {follow: days}
timetables:
  recsys:
    zone: Europe/Berln
    periods:
      - name: day
        do:
          action: lambda:PutProvisionedConcurrencyConfig
          input: {FunctionName: checkout, Qualifier: live, ProvisionedConcurrentExecutions: {add: 2}}
"#;
    assert_eq!(
        found(config),
        [
            "2:1 configuration: maxEventAge: must be a duration such as \"30m\", \"1h\" or \"1h 30m\", of 1s to 14d",
            "8:5 configuration: timetables.recsys.zone: is no time zone of the IANA database",
            "13:60 configuration: timetables.recsys.periods[0].do.input.ProvisionedConcurrentExecutions: is relative (add, \
             percent), and a timetable says what holds, over and over",
        ]
    );
    assert_eq!(
        found("alarms:\n  recsys.load-high:\n    ALARM: {follow: days}\n"),
        [
            "3:13 configuration: alarms.recsys.load-high.ALARM.follow: follows a timetable, but the configuration has no \
          `timetables`"
        ]
    );
}

#[test]
fn of_a_key_that_comes_twice_the_second_is_shown() {
    assert_eq!(found("{\"guardrails\": {},\n \"guardrails\": {}}"), ["2:2 configuration: guardrails: comes twice"]);
    assert_eq!(found("guardrails: {}\nguardrails: {}"), ["2:1 configuration: guardrails: comes twice"]);
}

#[test]
fn what_is_neither_json_nor_yaml_is_shown_where_it_stops_being_so() {
    assert_eq!(found("{\"a\": 1,\n \"b\": }"), ["2:7 syntax: is not JSON: expected value"]);
    assert_eq!(found("a: [1\nb: 2"), ["2:2 syntax: is not YAML: illegal placement of ':' indicator"]);
    assert_eq!(
        found("a: &b 1\nc: *b"),
        ["2:4 syntax: is not read: an alias, which CloudFormation does not follow either"]
    );
    assert_eq!(found(""), ["1:1 syntax: is empty"]);
    let deep = format!("a: {}", "[".repeat(100_000));
    assert!(found(&deep)[0].contains("syntax: is not"), "{:?}", found(&deep));
}

#[test]
fn a_file_that_is_nothing_known_is_said_to_be_so() {
    assert_eq!(found("{\"foo\": 1}"), ["1:2 unknown-document: is neither a payload, a configuration nor a template"]);
    let ran = setpoint(&["lint", "no-such-file.json", "--format", "json"]);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["diagnostics"][0]["code"], "unreadable");
    assert_eq!(ran.status, 1);
}

#[test]
fn a_wrong_command_line_exits_with_64() {
    for arguments in [&["lint"][..], &["lint", "--format", "xml", "a.json"], &["invoke"], &["plam", "x"], &[]] {
        let ran = setpoint(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (64, ""), "{arguments:?}");
        assert!(ran.stderr.contains("--help") || ran.stderr.contains("Usage"), "{ran:?}");
    }
    let ran = setpoint(&["lint", "--help"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
}

#[test]
fn our_own_template_has_nothing_wrong_and_a_mistake_in_it_is_found() {
    let ran = setpoint(&["lint", "template.yaml"]);
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
    let template = crate::support::read("template.yaml");
    for (right, wrong, why) in [
        ("cron(0 8 ? * MON-FRI *)", "cron(0 8 * * MON-FRI *)", "has a day of the month and a day of the week"),
        ("Default: Europe/Berlin", "Default: Europe/Berln", "is no time zone of the IANA database"),
        ("{\"atMost\": 1}", "{\"atMots\": 1}", "there is no such member"),
        ("  source: [!Ref EventSource]", "  sources: [!Ref EventSource]", "sources: events have no such member"),
        ("{\"atLeast\": 20}", "{\"atLeast\": -20}", "is -20"),
    ] {
        let line = template.lines().position(|line| line.contains(right)).unwrap() + 1;
        let found = found(&template.replacen(right, wrong, 1));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("{line}:")) && found[0].contains(why), "{found:?}, line {line}");
    }
    let without_the_read =
        template.replacen("[sagemaker:DescribeEndpoint, sagemaker:UpdateEndpoint", "[sagemaker:UpdateEndpoint", 1);
    let lines = found(&without_the_read);
    let why = "not-permitted: action: needs `sagemaker:DescribeEndpoint` on endpoint/recsys";
    assert!(lines.len() == 1 && lines[0].contains(why), "{lines:?}");
    let both_at_once = template.replacen("Default: DISABLED", "Default: ENABLED", 1).replacen(
        "cron(0 20 ? * MON-FRI *)",
        "cron(0 8 ? * MON-FRI *)",
        1,
    );
    let found = found(&both_at_once);
    let why = "contradicting-schedules: input.DesiredWeightsAndCapacities[0].DesiredInstanceCount: asks for \
               {\"atLeast\":4}, and Evening for {\"atMost\":1}";
    assert!(found.len() == 1 && found[0].contains(why), "{found:?}");
}

/// A template with this configuration, schedule and input.
const TEMPLATE: &str = r#"Transform: AWS::Serverless-2016-10-31
Parameters:
  Count: {Type: Number, Default: 4}
  Endpoint: {Type: String}
  Input:
    Type: String
    Default: >-
      {
        "action": "lambda:PutProvisionedConcurrencyConfig",
        "input": {"FunctionName": "checkout", "Qualifier": "live",
          "ProvisionedConcurrentExecutions": -1}
      }
Conditions:
  Twice: !Equals [!Ref Count, "4"]
Resources:
  Setpoint:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          SETPOINT_CONFIG: !Sub '{"maxEventAge": "1h", "guardrails": {"paused": "${Count}"}}'
      EventInvokeConfig: {MaximumEventAgeInSeconds: 21600}
      Events:
        Night:
          Type: Schedule
          Properties:
            Schedule: rate(1 minutes)
            Input: !Sub |
              {"action": "sagemaker:UpdateEndpointWeightsAndCapacities",
               "input": {"EndpointName": "${Endpoint}", "DesiredWeightsAndCapacities": [
                 {"VariantName": "A", "DesiredInstanceCount": ${Count}, "DesiredWeight": -1}]}}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Setpoint, FunctionVersion: "1", Name: live}
  Morning:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: cron(0 8 * * MON-FRI *)
      ScheduleExpressionTimezone: !If [Twice, Europe/Berln, UTC]
      Target:
        Arn: !Ref Live
        Input: !Ref Input
  Other:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: cron(nothing of ours)
      Target: {Arn: !GetAtt Elsewhere.Arn, Input: "{}"}
"#;

#[test]
fn what_a_template_sends_to_the_function_is_checked_where_it_is_written() {
    assert_eq!(
        found(TEMPLATE),
        [
            "11:11 payload: input.ProvisionedConcurrentExecutions: is -1, but AWS accepts 1 or more",
            "21:71 configuration: guardrails.paused: must be a boolean, but is a string",
            "27:23 schedule-expression: rate(1 minutes): a rule wants the unit in the singular",
            "31:73 payload: input.DesiredWeightsAndCapacities[0].DesiredWeight: is -1, but a weight is 0 or more and fits a \
             32-bit float",
            "38:27 schedule-expression: cron(0 8 * * MON-FRI *): has a day of the month and a day of the week",
            "39:47 time-zone: Europe/Berln is no time zone of the IANA database",
        ]
    );
}

#[test]
fn a_selection_needs_a_bound_and_a_time_like_what_names_its_target() {
    let template = r#"{"Resources": {
  "F": {"Type": "AWS::Lambda::Function", "Properties": {"Environment": {"Variables": {
    "SETPOINT_CONFIG": "{\"guardrails\": {}}"}}}},
  "S": {"Type": "AWS::Scheduler::Schedule", "Properties": {"ScheduleExpression": "rate(1 hour)", "Target": {
    "Arn": {"Fn::GetAtt": ["F", "Arn"]},
    "Input": {"Fn::ToJsonString": {"action": "lambda:PutProvisionedConcurrencyConfig",
      "select": {"names": ["reco-*"]}, "input": {"Qualifier": "live",
      "ProvisionedConcurrentExecutions": {"add": 1}}}}}}}
}}"#;
    assert_eq!(
        found(template),
        [
            "7:7 unbounded-selection: select: the configuration has no `guardrails.maxTargets`, which says how many targets one \
             payload may find, and without which the function refuses a selection",
            "8:7 relative-without-time: input.ProvisionedConcurrentExecutions: is relative (add, percent), and a second \
             delivery would apply it again without the event's own time",
        ]
    );
    let bounded = template
        .replace(r#"{\"guardrails\": {}}"#, r#"{\"guardrails\": {\"maxTargets\": 9}, \"ledgerTable\": \"ledger\"}"#);
    assert_eq!(found(&bounded), [""; 0]);
}

#[test]
fn a_template_is_held_against_its_own_configuration() {
    let template = r#"{"Resources": {
  "F": {"Type": "AWS::Lambda::Function", "Properties": {"Environment": {"Variables": {
    "SETPOINT_CONFIG": "{\"maxEventAge\": \"1h\", \"timetables\": {}}"}}}},
  "S": {"Type": "AWS::Scheduler::Schedule", "Properties": {"ScheduleExpression": "rate(1 hour)", "Target": {
    "Arn": {"Fn::GetAtt": ["F", "Arn"]},
    "RetryPolicy": {"MaximumEventAgeInSeconds": 7200},
    "Input": {"Fn::ToJsonString": {"action": "lambda:PutProvisionedConcurrencyConfig", "input": {
      "FunctionName": {"Ref": "G"}, "Qualifier": "live",
      "ProvisionedConcurrentExecutions": {"add": 1}}}}}}},
  "T": {"Type": "AWS::Scheduler::Schedule", "Properties": {"ScheduleExpression": "rate(1 hour)", "Target": {
    "Arn": {"Fn::Sub": "${F.Arn}"}, "Input": "{\"follow\": \"days\"}"}}},
  "R": {"Type": "AWS::Events::Rule", "Properties": {"Name": "night", "ScheduleExpression": "rate(1 hour)", "Targets": [
    {"Id": "F", "Arn": {"Fn::GetAtt": ["F", "Arn"]}}]}},
  "I": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": {"Ref": "F"},
    "MaximumEventAgeInSeconds": 3601}}
}}"#;
    assert_eq!(
        found(template),
        [
            "6:49 retries-too-late: is sent again for 7200 seconds, but the function refuses what is older than its \
             maxEventAge of 3600",
            "9:7 relative-without-time: input.ProvisionedConcurrentExecutions: is relative (add, percent), and a second \
             delivery would apply it again without the event's own time",
            "11:48 payload: follow: days is none of the configuration's `timetables`",
            "12:61 unbound-schedule: night has no Input, and the configuration's `schedules` does not name it",
            "15:33 retries-too-late: is sent again for 3601 seconds, but the function refuses what is older than its \
             maxEventAge of 3600",
        ]
    );
    let with_ledger = template.replace(r#"\"timetables\": {}"#, r#"\"timetables\": {}, \"ledgerTable\": \"ledger\""#);
    assert!(!found(&with_ledger).iter().any(|line| line.contains("relative-without-time")));
    let without = with_ledger.replace(r#"\"ledger\""#, "null");
    assert!(found(&without).iter().any(|line| line.contains("relative-without-time")));
}

#[test]
fn nothing_is_said_of_what_only_a_deployment_knows() {
    let template = r#"
Parameters: {Guardrails: {Type: String}, Bindings: {Type: String}, Zone: {Type: String}, Age: {Type: Number}}
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties:
      Environment:
        Variables:
          SETPOINT_CONFIG: !Sub '{"guardrails": ${Guardrails}, "alarms": ${Bindings}, "maxEventAge": "${Age}s"}'
  S:
    Type: AWS::Scheduler::Schedule
    Properties:
      Name: !Sub "${AWS::StackName}-s"
      ScheduleExpression: !ImportValue when
      ScheduleExpressionTimezone: !Ref Zone
      Target:
        Arn: !GetAtt F.Arn
        RetryPolicy: {MaximumEventAgeInSeconds: !Ref Age}
        Input: !Sub '{"action": "${Zone}", "input": ${Bindings}, "role": "${F.Arn}"}'
  T:
    Type: AWS::Scheduler::Schedule
    Properties: {ScheduleExpression: rate(1 hour), Target: {Arn: !GetAtt F.Arn, Input: !ImportValue what}}
"#;
    assert_eq!(found(template), [""; 0]);
}

#[test]
fn code_hosts_get_sarif_with_every_code_that_the_readme_lists() {
    let ran = with_input(&["lint", "-", "--format", "sarif"], "{\"follow\": \"*\",\n \"onBussy\": \"wait\"}");
    let mut answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(ran.status, 1);
    let rules = answer["runs"][0]["tool"]["driver"]["rules"].take();
    let row = |rule: &Value| {
        format!("| `{}` | {} |", rule["id"].as_str().unwrap(), rule["shortDescription"]["text"].as_str().unwrap())
    };
    let rows: Vec<String> = rules.as_array().unwrap().iter().map(row).collect();
    let readme = crate::support::read("README.md");
    let table = readme.lines().skip_while(|line| *line != "| code | what it says |").skip(2);
    assert_eq!(rows, table.take_while(|line| line.starts_with('|')).collect::<Vec<_>>());
    let region = json!({"startLine": 2, "startColumn": 2, "endLine": 2, "endColumn": 19});
    let result = json!({
        "ruleId": "payload",
        "level": "error",
        "message": {"text": "onBussy: there is no such member; did you mean `onBusy`?"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "-"}, "region": region}}],
    });
    assert_eq!(answer["runs"][0]["results"], json!([result]));
    assert_eq!((&answer["version"], &answer["runs"][0]["columnKind"]), (&json!("2.1.0"), &json!("unicodeCodePoints")));
}

#[test]
fn alarms_of_a_template_and_bindings_are_held_against_each_other() {
    let template = r#"
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: {Environment: {Variables: {SETPOINT_CONFIG: '{"alarms": {
      "load-hihg": {"OK": null}, "night-*": {"OK": null}}}'}}}
  Topic: {Type: AWS::SNS::Topic}
  Subscription: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Endpoint: !GetAtt F.Arn}}
  High: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: load-high, AlarmActions: [!Ref Topic]}}
  Night: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: night-idle, OKActions: [!GetAtt F.Arn]}}
  Other: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: other, OKActions: [!Ref Elsewhere]}}
"#;
    assert_eq!(
        found(template),
        [
            "6:7 missing-alarm: alarms.load-hihg: no alarm here that rings the function has this name",
            "9:64 unbound-alarm: load-high rings the function, but the configuration's `alarms` does not name it",
        ]
    );
    assert_eq!(found(&template.replace("load-hihg", "load-high")), [""; 0]);
    let elsewhere = template.replace("AlarmActions", "Actions").replace("OKActions", "Actions");
    assert_eq!(found(&elsewhere), [""; 0]);
}

/// A plan of Terraform as `terraform show -json` prints it, by <https://developer.hashicorp.com/terraform/internals/json-format>
/// and cut down from what Terraform 1.11 made of our own module and of schedules beside it: nothing in it has an ARN yet.
const PLAN: &str = r#"{"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {"root_module": {"resources": [
  {"address": "aws_cloudwatch_metric_alarm.high", "mode": "managed", "type": "aws_cloudwatch_metric_alarm", "name": "high", "values": {
    "alarm_name": "load-high", "insufficient_data_actions": null}},
  {"address": "aws_scheduler_schedule.night", "mode": "managed", "type": "aws_scheduler_schedule", "name": "night", "values": {
    "name": "night", "schedule_expression": "cron(0 20 * * MON-FRI *)", "schedule_expression_timezone": "Europe/Berln",
    "target": [{"input": "{\"follow\": \"days\"}", "retry_policy": [{"maximum_event_age_in_seconds": 7200}]}]}},
  {"address": "aws_scheduler_schedule.other", "mode": "managed", "type": "aws_scheduler_schedule", "name": "other", "values": {
    "name": "other", "schedule_expression": "cron(nothing of ours)", "target": [{"input": "{\"action\": \"a:b\"}"}]}},
  {"address": "aws_lambda_function.other", "mode": "managed", "type": "aws_lambda_function", "name": "other", "values": {
    "environment": [], "function_name": "other"}}],
  "child_modules": [{"address": "module.setpoint", "resources": [
  {"address": "module.setpoint.aws_lambda_function.this", "mode": "managed", "type": "aws_lambda_function", "name": "this", "values": {
    "environment": [{"variables": {"SETPOINT_CONFIG": "{\"alarms\": {\"load-hihg\": {}}, \"maxEventAge\": \"1h\", \"timetables\": {}}"}}],
    "function_name": "setpoint"}},
  {"address": "module.setpoint.aws_lambda_function_event_invoke_config.this", "mode": "managed",
    "type": "aws_lambda_function_event_invoke_config", "name": "this", "values": {
    "function_name": "setpoint", "maximum_event_age_in_seconds": 3601}},
  {"address": "module.setpoint.aws_lambda_permission.topic", "mode": "managed", "type": "aws_lambda_permission", "name": "topic", "values": {
    "function_name": "setpoint", "principal": "sns.amazonaws.com"}},
  {"address": "module.setpoint.aws_scheduler_schedule.this[\"up.[1\"]", "mode": "managed", "type": "aws_scheduler_schedule", "name": "this",
    "index": "up.[1", "values": {"name": "up.[1", "schedule_expression": "rate(1 day)",
    "target": [{"input": "{\"action\": \"lambda:PutProvisionedConcurrencyConfig\", \"input\": {\"FunctionName\": \"checkout\"}}"}]}}]}]}},
 "resource_changes": [
  {"address": "aws_cloudwatch_metric_alarm.high", "change": {"after_unknown": {"alarm_actions": true, "arn": true}}},
  {"address": "aws_scheduler_schedule.night", "change": {"after_unknown": {"arn": true, "target": [{"arn": true, "retry_policy": [{}]}]}}},
  {"address": "aws_scheduler_schedule.other", "change": {"after_unknown": {"target": [{"arn": true}]}}},
  {"address": "module.setpoint.aws_lambda_function.this", "change": {"after_unknown": {"arn": true, "environment": [{"variables": {}}]}}},
  {"address": "module.setpoint.aws_lambda_permission.topic", "change": {"after_unknown": {"source_arn": true}}},
  {"address": "module.setpoint.aws_scheduler_schedule.this[\"up.[1\"]", "change": {"after_unknown": {"target": [{"arn": true}]}}}],
 "configuration": {"root_module": {
  "resources": [
   {"type": "aws_cloudwatch_metric_alarm", "name": "high", "mode": "managed", "expressions": {
     "alarm_actions": {"references": ["module.setpoint.alarm_topic_arn", "module.setpoint"]}}},
   {"type": "aws_scheduler_schedule", "name": "night", "mode": "managed", "expressions": {
     "target": [{"arn": {"references": ["module.setpoint.invoke_arn", "module.setpoint"]}}]}},
   {"type": "aws_scheduler_schedule", "name": "other", "mode": "managed", "expressions": {
     "target": [{"arn": {"references": ["aws_lambda_function.other.arn", "aws_lambda_function.other"]}}]}}],
  "module_calls": {"setpoint": {"expressions": {}, "module": {
   "outputs": {
    "alarm_topic_arn": {"expression": {"references": ["aws_sns_topic.alarms.arn", "aws_sns_topic.alarms"]}},
    "invoke_arn": {"expression": {"references": ["aws_lambda_function.this.arn", "aws_lambda_function.this"]}}},
   "resources": [
    {"type": "aws_lambda_permission", "name": "topic", "mode": "managed", "expressions": {
      "source_arn": {"references": ["aws_sns_topic.alarms.arn", "aws_sns_topic.alarms"]}}},
    {"type": "aws_scheduler_schedule", "name": "this", "mode": "managed", "expressions": {
      "target": [{"arn": {"references": ["local.invoke_arn"]}}]}}]}}}}}}"#;

#[test]
fn a_plan_of_terraform_is_checked_by_what_its_expressions_refer_to() {
    let expected = [
        "3:19 unbound-alarm: aws_cloudwatch_metric_alarm.high: load-high rings the function, but the configuration's `alarms` \
         does not name it",
        "5:45 schedule-expression: aws_scheduler_schedule.night: cron(0 20 * * MON-FRI *): has a day of the month and a day of \
         the week",
        "5:105 time-zone: aws_scheduler_schedule.night: Europe/Berln is no time zone of the IANA database",
        "6:28 payload: aws_scheduler_schedule.night: follow: days is none of the configuration's `timetables`",
        "6:102 retries-too-late: aws_scheduler_schedule.night: is sent again for 7200 seconds, but the function refuses what is \
         older than its maxEventAge of 3600",
        "13:70 missing-alarm: module.setpoint.aws_lambda_function.this: alarms.load-hihg: no alarm here that rings the \
         function has this name",
        "17:66 retries-too-late: module.setpoint.aws_lambda_function_event_invoke_config.this: is sent again for 3601 seconds, \
         but the function refuses what is older than its maxEventAge of 3600",
        "22:84 payload: module.setpoint.aws_scheduler_schedule.this[\"up.[1\"]: input.Qualifier: is required, but missing",
        "22:84 payload: module.setpoint.aws_scheduler_schedule.this[\"up.[1\"]: input.ProvisionedConcurrentExecutions: is \
         required, but missing",
    ];
    assert_eq!(found(PLAN), expected);
    let without_references = PLAN.replace("references", "referred");
    let left = ["retries-too-late", "payload"].map(|code| {
        let found = found(&without_references);
        found.iter().filter(|line| line.contains(code)).count()
    });
    // What is sent looks like a payload; who else is told of what, only the references say.
    assert_eq!((left, found(&without_references).len()), ([2, 3], 7));
}

#[test]
fn nothing_is_said_of_what_only_an_apply_of_terraform_knows() {
    let unknown = PLAN
        .replace(r#""environment": [{"variables": {"SETPOINT_CONFIG": "#, r#""layers": [{"variables": {"SETPOINT_CONFIG": "#)
        .replace(r#""environment": [{"variables": {}}]"#, r#""environment": [{"variables": {"SETPOINT_CONFIG": true}}]"#)
        .replace(r#""schedule_expression": "cron(0 20 * * MON-FRI *)", "schedule_expression_timezone": "Europe/Berln","#, "")
        .replace(r#"{"arn": true, "target""#, r#"{"schedule_expression": true, "schedule_expression_timezone": true, "target""#)
        .replace(r#""input": "{\"action\": \"lambda:PutProvisionedConcurrencyConfig\", \"input\": {\"FunctionName\": \"checkout\"}}""#, "");
    assert_eq!(found(&unknown), [""; 0]);
}

#[test]
fn a_state_of_terraform_is_checked_by_the_arns_in_it() {
    let state = r#"{"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {"resources": [
  {"address": "aws_lambda_function.this", "mode": "managed", "type": "aws_lambda_function", "name": "this", "values": {
    "arn": "arn:aws:lambda:us-east-1:123456789012:function:setpoint", "function_name": "setpoint",
    "environment": [{"variables": {"SETPOINT_CONFIG": "{\"schedules\": {\"day\": {\"follow\": \"*\"}}, \"timetables\": {\"a\": {\"zone\": \"UTC\", \"periods\": [{\"name\": \"day\", \"do\": {\"action\": \"lambda:PutProvisionedConcurrencyConfig\", \"input\": {\"FunctionName\": \"f\", \"Qualifier\": \"live\", \"ProvisionedConcurrentExecutions\": 2}}}]}}}"}}]}},
  {"address": "aws_scheduler_schedule.night", "mode": "managed", "type": "aws_scheduler_schedule", "name": "night", "values": {
    "name": "night", "schedule_expression": "rate(1 day)", "target": [
      {"arn": "arn:aws:lambda:us-east-1:123456789012:function:setpoint:live", "input": null}]}},
  {"address": "aws_scheduler_schedule.elsewhere", "mode": "managed", "type": "aws_scheduler_schedule", "name": "elsewhere", "values": {
    "name": "elsewhere", "schedule_expression": "rate(1 days", "target": [
      {"arn": "arn:aws:lambda:eu-west-1:123456789012:function:setpoint:live", "input": "{\"action\": \"a:b\"}"}]}},
  {"address": "aws_cloudwatch_event_rule.weekly", "mode": "managed", "type": "aws_cloudwatch_event_rule", "name": "weekly", "values": {
    "name": "weekly", "schedule_expression": "rate(1 weeks)"}},
  {"address": "aws_cloudwatch_event_target.weekly", "mode": "managed", "type": "aws_cloudwatch_event_target", "name": "weekly", "values": {
    "rule": "weekly", "arn": "arn:aws:lambda:us-east-1:123456789012:function:setpoint", "input": "{\"action\": \"a:b\", \"input\": {}}"}}
]}}}"#;
    assert_eq!(
        found(state),
        [
            "6:13 unbound-schedule: aws_scheduler_schedule.night: night has no Input, and the configuration's `schedules` does \
             not name it",
            "12:46 schedule-expression: aws_cloudwatch_event_rule.weekly: rate(1 weeks): `weeks` is no unit of a rate",
            "14:100 payload: aws_cloudwatch_event_target.weekly: action: is not an action",
        ]
    );
}

#[test]
fn a_format_of_terraform_that_is_not_known_is_said_to_be_so() {
    let later = r#"{"format_version": "2.0", "terraform_version": "3.0.0"}"#;
    assert_eq!(found(later), ["1:20 unknown-document: format_version: is none that is known here"]);
    assert_eq!(found(r#"{"format_version": "1.0", "terraform_version": "1.11.4"}"#), [""; 0]);
}
