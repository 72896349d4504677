//! What `cargo setpoint iam` lets be done, against what the templates' policy does.

use serde_json::{Value, json};

use crate::setpoint::setpoint;
use crate::support::{path, read};

fn policy(arguments: &[&str]) -> (Value, String) {
    let ran = setpoint(&[&["iam", "--region", "eu-central-1", "--account", "123456789012"], arguments].concat());
    assert_eq!(ran.status, 0, "{ran:?}");
    (serde_json::from_str(&ran.stdout).unwrap(), ran.stderr)
}

/// A file of its own for each test.
fn file(name: &str, document: &Value) -> String {
    let folder = tempfile::tempdir().unwrap().keep();
    let file = folder.join(name);
    std::fs::write(&file, document.to_string()).unwrap();
    file.display().to_string()
}

fn statements(policy: &Value) -> Vec<(String, Vec<String>, Vec<String>)> {
    let texts =
        |value: &Value| value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect();
    let all = policy["Statement"].as_array().unwrap().iter();
    all.map(|one| (one["Sid"].as_str().unwrap().to_owned(), texts(&one["Action"]), texts(&one["Resource"]))).collect()
}

fn capacity(role: Option<&str>) -> Value {
    let mut payload = json!({"action": "lambda:PutProvisionedConcurrencyConfig",
        "input": {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": 5}});
    if let Some(role) = role {
        payload["role"] = json!(role);
    }
    payload
}

#[test]
fn every_example_is_let_do_what_the_templates_let_it_and_no_more() {
    let names = std::fs::read_dir(path("events")).unwrap().map(|entry| entry.unwrap().path().display().to_string());
    let files: Vec<String> = names.filter(|name| name.ends_with(".json") && !name.contains("seed")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let (policy, _) = policy(&files);
    let templates: Value = serde_json::from_str(&read("deploy/policy.json")).unwrap();
    let whole = templates["actions"].as_object().unwrap().values().flat_map(|all| all.as_array().unwrap());
    let mut allowed: Vec<String> =
        whole.flat_map(|one| one["Action"].as_array().unwrap()).map(Value::to_string).collect();
    allowed.sort();
    allowed.dedup();
    // What finds targets is a part of its own.
    let beside = |action: &&String| {
        let own = ["\"logs:", "\"sts:", "\"dynamodb:"];
        !own.iter().any(|service| action.starts_with(service)) && !action.contains(":List")
    };
    let mut asked: Vec<String> = statements(&policy)
        .into_iter()
        .flat_map(|(_, actions, _)| actions)
        .map(|action| format!("{action:?}"))
        .collect();
    asked.sort();
    let asked: Vec<&String> = asked.iter().filter(beside).collect();
    assert_eq!(
        asked,
        allowed
            .iter()
            .filter(|action| !action.contains("GetCustomModel") || asked.contains(action))
            .collect::<Vec<_>>()
    );
}

#[test]
fn the_policy_names_what_is_asked_for_and_nothing_else() {
    let payload = file("payload.json", &capacity(None));
    let config = file(
        "setpoint.json",
        &json!({"ledgerTable": "ledger", "changeEvents": "arn:aws:events:us-east-1:210987654321:event-bus/audit",
        "alarms": {"busy": {"ALARM": {"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "mode": "plan", "region": "us-gov-west-1",
            "input": {"EndpointName": "Recsys", "DesiredWeightsAndCapacities": [{"VariantName": "a", "DesiredInstanceCount": 2}]}}}}}),
    );
    let (policy, told) = policy(&[&payload, &config]);
    let owned = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let expected = [
        ("UpdateItem", &["dynamodb:UpdateItem"][..], &["arn:aws:dynamodb:eu-central-1:123456789012:table/ledger"][..]),
        ("PutEvents", &["events:PutEvents"], &["arn:aws:events:us-east-1:210987654321:event-bus/audit"]),
        (
            "PutProvisionedConcurrencyConfig",
            &["lambda:GetProvisionedConcurrencyConfig", "lambda:PutProvisionedConcurrencyConfig"],
            &["arn:aws:lambda:eu-central-1:123456789012:function:checkout:live"],
        ),
        (
            "PutLogEvents",
            &["logs:CreateLogStream", "logs:PutLogEvents"],
            &["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/setpoint:*"],
        ),
        // What is only planned is read; in either spelling of its name.
        (
            "DescribeEndpoint",
            &["sagemaker:DescribeEndpoint"],
            &[
                "arn:aws-us-gov:sagemaker:us-gov-west-1:123456789012:endpoint/Recsys",
                "arn:aws-us-gov:sagemaker:us-gov-west-1:123456789012:endpoint/recsys",
            ],
        ),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(sid, actions, resources)| ((*sid).to_owned(), owned(actions), owned(resources)))
        .collect();
    assert_eq!(statements(&policy), expected);
    assert_eq!(
        told,
        "note: queues for failures and intake, a KMS key, a VPC and tracing are not in it: the files do not name them\n"
    );
}

#[test]
fn a_model_is_named_and_what_only_aws_knows_is_not() {
    let update = |input: Value| {
        file("payload.json", &json!({"action": "bedrock:UpdateProvisionedModelThroughput", "input": input}))
    };
    let arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456";
    let model = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/abcdef123456";
    let by_arn = policy(&[&update(json!({"provisionedModelId": arn, "desiredModelId": model}))]).0;
    let any = "arn:aws:bedrock:us-east-1::foundation-model/*";
    let [(_, _, read), (_, _, written), _] = statements(&by_arn).try_into().unwrap();
    assert_eq!((read, written), (vec![arn.to_owned()], vec![model.to_owned(), arn.to_owned(), any.to_owned()]));
    let by_name = policy(&[&update(json!({"provisionedModelId": "bot", "desiredModelId": "support"}))]).0;
    let [(_, actions, read), ..] = &statements(&by_name)[..] else { panic!("{by_name}") };
    assert_eq!(
        (actions[0].as_str(), read[0].as_str()),
        ("bedrock:GetCustomModel", "arn:aws:bedrock:eu-central-1:123456789012:custom-model/*")
    );
}

#[test]
fn a_role_has_a_policy_of_its_own_and_trusts_the_function_with_its_external_id() {
    let payload = file("payload.json", &capacity(Some("prod")));
    let arn = "arn:aws:iam::210987654321:role/capacity";
    let config = file(
        "setpoint.json",
        &json!({"roles": {"prod": {"arn": arn, "externalId": "a-secret", "sourceIdentity": true}}}),
    );
    let (own, told) = policy(&[&payload, &config]);
    let assumed = statements(&own).into_iter().find(|(sid, ..)| sid == "SetSourceIdentity").unwrap();
    assert_eq!(
        (assumed.1, assumed.2),
        (vec!["sts:AssumeRole".into(), "sts:SetSourceIdentity".into()], vec![arn.to_owned()])
    );
    assert!(
        !own.to_string().contains("lambda:Put")
            && told.starts_with("note: prod needs a policy in account 210987654321:"),
        "{own}\n{told}"
    );
    let (theirs, told) = policy(&[&payload, &config, "--role", "prod"]);
    assert_eq!(theirs["Statement"].as_array().unwrap().len(), 1);
    assert_eq!(
        theirs["Statement"][0]["Resource"],
        json!(["arn:aws:lambda:eu-central-1:210987654321:function:checkout:live"])
    );
    assert_eq!(told, "");
    let principal = "arn:aws:iam::123456789012:role/setpoint";
    let (trust, _) = policy(&[&payload, &config, "--role", "prod", "--trust", "--principal", principal]);
    let statement = |sid: &str, action: &str| json!({"Sid": sid, "Effect": "Allow", "Principal": {"AWS": principal}, "Action": action});
    let mut assume = statement("AssumeRole", "sts:AssumeRole");
    assume["Condition"] = json!({"StringEquals": {"sts:ExternalId": "a-secret"}});
    assert_eq!(trust["Statement"], json!([assume, statement("SetSourceIdentity", "sts:SetSourceIdentity")]));
}

#[test]
fn what_cannot_be_told_is_said_and_what_is_wrong_is_refused() {
    let config = |document: Value| file("setpoint.json", &document);
    let (_, told) = policy(&[&config(json!({"actionsInAlarmDescription": true, "guardrails": {"unlisted": "deny"}}))]);
    assert!(
        told.contains("what the descriptions of alarms ask for is not in the files")
            && told.contains("the files ask for nothing"),
        "{told}"
    );
    let refused = |arguments: &[&str]| {
        let ran = setpoint(&[&["iam"], arguments].concat());
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran:?}");
        ran.stderr
    };
    let payload = file("payload.json", &capacity(Some("prd")));
    let roles = config(json!({"roles": {"prod": {"arn": "arn:aws:iam::210987654321:role/capacity"}}}));
    assert_eq!(
        refused(&[&payload, &roles]),
        "error: role: `prd` is none of the configuration's `roles`; did you mean `prod`?\n"
    );
    assert!(refused(&[&roles, &roles]).ends_with(": a function has one\n"));
    let template = |input: Value| {
        let config = json!({"ledgerTable": "ledger"}).to_string();
        file(
            "template.json",
            &json!({"Resources": {
                "F": {"Type": "AWS::Lambda::Function", "Properties": {"Environment": {"Variables": {"SETPOINT_CONFIG": config}}}},
                "S": {"Type": "AWS::Scheduler::Schedule", "Properties": {"ScheduleExpression": "rate(1 hour)",
                    "Target": {"Arn": {"Fn::GetAtt": ["F", "Arn"]}, "Input": input}}},
            }}),
        )
    };
    let (known, told) = policy(&[&template(json!(capacity(None).to_string()))]);
    assert_eq!((statements(&known).len(), told.lines().count()), (3, 1), "{known}\n{told}");
    let (unknown, told) = policy(&[&template(json!({"Ref": "Payload"}))]);
    assert_eq!(statements(&unknown).len(), 2, "{unknown}");
    assert!(told.contains("template.json leaves to its deployment what it sends"), "{told}");
    let follows = file("payload.json", &json!({"follow": "*"}));
    assert_eq!(refused(&[&follows]), "error: a timetable is followed: give the configuration that has it as well\n");
    let plain = file("payload.json", &capacity(Some("arn:aws:iam::210987654321:role/capacity")));
    assert!(
        refused(&[&plain, "--role", "arn:aws:iam::210987654321:role/capacity", "--trust"])
            .starts_with("error: --principal is missing")
    );
    assert!(
        refused(&[&plain, "--role", "arn:aws:iam::210987654321:role/capacit"])
            .contains("did you mean arn:aws:iam::210987654321:role/capacity?")
    );
    assert!(refused(&[&plain, "--account", "12"]).starts_with("error: --account 12 "));
}

#[test]
fn a_selection_is_let_list_what_there_is_and_change_what_its_patterns_mean() {
    let payload = file(
        "payload.json",
        &json!({
            "select": {"names": ["reco-*", "rank-?"], "tags": {"sleeps": "yes"}, "roles": ["prod"], "regions": "*"},
            "action": "lambda:PutProvisionedConcurrencyConfig",
            "input": {"Qualifier": "live", "ProvisionedConcurrentExecutions": 1},
        }),
    );
    let role = "arn:aws:iam::210987654321:role/scaler";
    let config = file("setpoint.json", &json!({"regions": ["eu-west-1"], "roles": {"prod": {"arn": role}}}));
    let (of_function, _) = policy(&[&payload, &config]);
    let assumes = statements(&of_function).into_iter().find(|(_, actions, _)| actions[0].starts_with("sts:"));
    assert_eq!(assumes.map(|(_, _, on)| on), Some(vec![role.to_owned()]));
    let (of_role, _) = policy(&[&payload, &config, "--role", "prod"]);
    let arn = |name: &str| format!("arn:aws:lambda:eu-west-1:210987654321:function:{name}");
    let mut granted: Vec<_> = statements(&of_role).into_iter().map(|(_, actions, on)| (actions, on)).collect();
    granted.sort();
    let owned = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let expected = [
        (
            owned(&["lambda:GetProvisionedConcurrencyConfig", "lambda:PutProvisionedConcurrencyConfig"]),
            vec![arn("rank-?:live"), arn("reco-*:live")],
        ),
        (owned(&["lambda:ListFunctions"]), owned(&["*"])),
        (owned(&["lambda:ListTags"]), vec![arn("*")]),
    ];
    assert_eq!(granted, expected);
}

#[test]
fn where_autoscaling_is_looked_at_the_look_is_allowed() {
    let payload = file("payload.json", &capacity(None));
    let granted = |autoscaled: &str| {
        let config = file(&format!("{autoscaled}.json"), &json!({"guardrails": {"autoscaled": autoscaled}}));
        let (policy, _) = policy(&[&payload, &config]);
        let of_bounds = statements(&policy)
            .into_iter()
            .filter(|(_, actions, _)| actions[0].starts_with("application-autoscaling:"));
        of_bounds.map(|(_, actions, on)| (actions, on)).collect::<Vec<_>>()
    };
    let owned = |text: &str| vec![text.to_owned()];
    let looks = (owned("application-autoscaling:DescribeScalableTargets"), owned("*"));
    let moves = (
        owned("application-autoscaling:RegisterScalableTarget"),
        owned("arn:aws:application-autoscaling:eu-central-1:123456789012:scalable-target/*"),
    );
    assert_eq!(granted("ignore"), []);
    assert_eq!(granted("warn"), std::slice::from_ref(&looks));
    assert_eq!(granted("move"), [looks, moves]);
}
