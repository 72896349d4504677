//! What stands around `input`, and several payloads in one.

use serde_json::{Value, json};
use setpoint::payload::{Payload, Settings};

use super::{answer, check, with};

const DELETE: &str = "lambda:DeleteProvisionedConcurrencyConfig";
const ACTIONS: &str = "`lambda:DeleteProvisionedConcurrencyConfig`, `lambda:PutProvisionedConcurrencyConfig`, \
                       `sagemaker:UpdateEndpointWeightsAndCapacities`, `sagemaker:UpdateInferenceComponentRuntimeConfig`, \
                       `bedrock:UpdateProvisionedModelThroughput`, `bedrock:CreateProvisionedModelThroughput`, \
                       `bedrock:DeleteProvisionedModelThroughput`, \
                       `application-autoscaling:RegisterScalableTarget`, `bedrock:UpdateCustomModelDeployment`, \
                       `lambda:PutFunctionScalingConfig`";

fn payload() -> Value {
    json!({"action": DELETE, "input": {"FunctionName": "checkout", "Qualifier": "live"}})
}

fn answer_with(member: &str, value: impl Into<Value>) -> String {
    answer(with(payload(), &format!("/{member}"), value))
}

#[test]
fn a_region_and_a_role_are_checked_before_anything_is_sent_there() {
    let accepted = "accepted: lambda:function:checkout:live";
    check(
        ["eu-central-1", "us-gov-west-1", "us-isob-east-1", "ap-southeast-10", "eusc-de-east-1"]
            .map(|region| (answer_with("region", region), accepted)),
    );
    let no_regions = [
        "",
        "Frankfurt",
        "eu-central",
        "eu-central-1a",
        "EU-CENTRAL-1",
        "evil.example/us-east-1",
        "us-iso/-east-1",
        "x-y-z-1.evil-1",
    ];
    check(
        no_regions
            .map(|region| (answer_with("region", region), "region: is not a Region's code, such as eu-central-1")),
    );
    check(
        ["arn:aws:iam::123456789012:role/scaler", "arn:aws-cn:iam::123456789012:role/path/scaler"]
            .map(|role| (answer_with("roleArn", role), accepted)),
    );
    let no_roles = [
        "",
        "scaler",
        "arn:aws:iam::123456789012:user/scaler",
        "arn:aws:iam::12345:role/scaler",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:sts::123456789012:assumed-role/scaler/x",
    ];
    let no_role = "roleArn: is not a role's ARN, such as arn:aws:iam::123456789012:role/scaler";
    check(no_roles.map(|role| (answer_with("roleArn", role), no_role)));
    check(["scaler", "arn:aws:iam::123456789012:role/scaler"].map(|role| (answer_with("role", role), accepted)));
    let no_role = "role: is not a role's ARN, such as arn:aws:iam::123456789012:role/scaler";
    check([(answer_with("role", "arn:aws:iam::123456789012:user/scaler"), no_role)]);
}

#[test]
fn every_other_member_is_checked() {
    check([
        (answer_with("region", 1), "region: must be a string, but is an integer"),
        (answer_with("roleArn", json!({})), "roleArn: must be a string, but is an object"),
        (answer_with("onBusy", "wiat"), "onBusy: is not a known value; did you mean `wait`?"),
        (answer_with("onBusy", "retry"), "onBusy: is not a known value; valid here: `wait`, `skip`, `fail`"),
        (answer_with("waitFor", "Settled"), "waitFor: is not a known value; did you mean `settled`?"),
        (answer_with("waitFor", "done"), "waitFor: is not a known value; valid here: `accepted`, `settled`"),
        (answer_with("mode", "dry-run"), "mode: is not a known value; valid here: `apply`, `plan`"),
        (answer_with("mode", true), "mode: must be a string, but is a boolean"),
        (answer_with("issuedat", 1), "issuedat: there is no such member; did you mean `issuedAt`?"),
        (answer_with("Action", 1), "Action: there is no such member; did you mean `action`?"),
        (
            answer_with("dryRun", true),
            "dryRun: there is no such member; valid here: `action`, `input`, `actions`, `follow`, `select`, `region`, `role`, `roleArn`, `onBusy`, \
             `waitFor`, `mode`, `issuedAt`, `id`",
        ),
    ]);
}

#[test]
fn the_action_must_be_one_there_is_and_the_input_an_object() {
    let valid_here = format!("action: is not an action; valid here: {ACTIONS}");
    check([
        (answer_with("action", "sagemaker:DeleteEndpoint"), valid_here.as_str()),
        (answer_with("action", ""), &valid_here),
        (
            answer_with("action", "Lambda:putProvisionedConcurrencyConfig"),
            "action: is not an action; did you mean `lambda:PutProvisionedConcurrencyConfig`?",
        ),
        (
            answer_with("action", "put_provisioned_concurrency"),
            "action: is not an action; did you mean `put_provisioned_concurrency_config`?",
        ),
        (answer_with("action", 3), "action: must be a string, but is an integer"),
        (answer(json!({"input": {}})), "action: is required, but missing"),
        (answer(json!({"action": DELETE})), "input: is required: the request as AWS documents it"),
        (answer_with("input", Value::Null), "input: is required: the request as AWS documents it"),
        (answer_with("input", json!([])), "input: must be an object, but is a list"),
        (answer_with("input", "{}"), "input: must be an object, but is a string"),
    ]);
}

#[test]
fn every_spelling_of_a_time_that_aws_uses_is_read() {
    for time in [
        "2026-11-20T22:00:00Z",
        "2026-11-20T22:00:00.123Z",
        "2026-11-20T22:00:00+0000",
        "2026-11-20T22:00:00.123+0000",
        "2026-11-20T23:00:00+01:00",
    ] {
        let payload = Payload::parse(with(payload(), "/issuedAt", time)).unwrap();
        assert_eq!(payload.requests()[0].settings.issued_at.unwrap().timestamp(), 1_795_212_000, "{time}");
    }
    let no_time = "issuedAt: is not a time with an offset, such as 2026-11-20T22:00:00Z";
    check(
        ["", "tonight", "2026-11-20", "2026-11-20T22:00:00", "2026-13-20T22:00:00Z"]
            .map(|time| (answer_with("issuedAt", time), no_time)),
    );
    check([
        (answer_with("issuedAt", 1_795_212_000), "issuedAt: must be a string, but is an integer"),
        (
            answer_with("issuedAt", "<aws.scheduler.scheduled-time>"),
            "issuedAt: still holds Scheduler's placeholder: only EventBridge Scheduler fills it in, and not where an encoder \
             wrote < as \\u003c; send a time such as 2026-11-20T22:00:00Z",
        ),
    ]);
}

#[test]
fn a_batch_is_checked_as_a_whole() {
    let put = json!({"action": "lambda:PutProvisionedConcurrencyConfig",
                     "input": {"FunctionName": "f", "Qualifier": "7", "ProvisionedConcurrentExecutions": -1}});
    let lacks_qualifier = json!({"action": DELETE, "input": {"FunctionName": "f"}});
    let mistaken = json!({"actions": [payload(), lacks_qualifier, payload(), {"action": "x", "input": {}}, put]});
    let mistakes = [
        "actions[1].input.Qualifier: is required, but missing",
        &format!("actions[3].action: is not an action; valid here: {ACTIONS}"),
        "actions[4].input.ProvisionedConcurrentExecutions: is -1, but AWS accepts 1 or more",
    ];
    let both = "has both `actions` and `action` or `input`; write one or the other";
    check([
        (answer(json!({"actions": []})), "actions: is empty; write at least one action"),
        (answer(json!({"actions": {}})), "actions: must be a list, but is an object"),
        (answer(json!({"actions": [7]})), "actions[0]: must be an object, but is an integer"),
        (answer(json!({"actions": [{"input": {}}]})), "actions[0].action: is required, but missing"),
        (answer(json!({"actions": [{"actions": []}]})), "actions[0].actions: cannot stand inside another `actions`"),
        (answer(json!({"actions": [payload()], "action": DELETE})), both),
        (answer(json!({"actions": [payload()], "input": {}})), both),
        (answer(mistaken), &mistakes.join("; ")),
    ]);
}

#[test]
fn what_stands_beside_actions_holds_for_each_that_does_not_say_otherwise() {
    let around = json!({"region": "us-west-2", "roleArn": "arn:aws:iam::111122223333:role/a", "onBusy": "skip",
                        "waitFor": "settled", "mode": "plan", "issuedAt": "2026-11-20T22:00:00Z"});
    let own = json!({"region": "eu-west-1", "roleArn": "arn:aws:iam::444455556666:role/b", "onBusy": "fail",
                     "waitFor": "accepted", "mode": "apply", "issuedAt": "2026-11-20T23:00:00Z"});
    let beside = |payload: Value, members: &Value| {
        let members = members.as_object().unwrap().iter();
        members.fold(payload, |payload, (name, value)| with(payload, &format!("/{name}"), value.clone()))
    };
    let settings = |payload: Value| {
        let requests = Payload::parse(payload).unwrap().requests().to_vec();
        requests.into_iter().map(|request| request.settings).collect::<Vec<Settings>>()
    };
    let alone = |members: &Value| settings(beside(payload(), members)).remove(0);
    let batch = json!({"actions": [payload(), beside(payload(), &own)]});
    assert_eq!(settings(batch.clone()), [Settings::default(), alone(&own)]);
    assert_eq!(settings(beside(batch, &around)), [alone(&around), alone(&own)]);
    assert_ne!(alone(&around), alone(&own));
}

/// A mistake around the input does not hide those in it.
#[test]
fn all_problems_of_a_payload_are_reported_together() {
    let paths = |payload: Value| {
        let found = Payload::parse(payload).unwrap_err();
        let mut paths: Vec<String> = found.as_slice().iter().map(|problem| problem.path.clone()).collect();
        paths.sort_unstable();
        paths
    };
    let mistaken = json!({"action": DELETE, "input": {"FunctionName": "f", "Qualifier": "$LATEST"}, "onBusy": "retry", "dryrun": 1});
    assert_eq!(paths(mistaken.clone()), ["dryrun", "input.Qualifier", "onBusy"]);
    assert_eq!(
        paths(json!({"actions": [mistaken], "mode": "x"})),
        ["actions[0].dryrun", "actions[0].input.Qualifier", "actions[0].onBusy", "mode"]
    );
}

/// A failure record holds the event and the error: one that is too large is lost.
#[test]
fn a_payload_full_of_mistakes_is_answered_with_the_first_of_them() {
    let members = (0..10_000).map(|index| (format!("member{index}"), json!(0)));
    let sentence = answer(json!({"action": DELETE, "input": Value::Object(members.collect())}));
    assert!(sentence.starts_with("input.member0: there is no such member; "), "{}", &sentence[..100]);
    assert!(sentence.len() < 10_000, "the sentence has {} bytes", sentence.len());
}
