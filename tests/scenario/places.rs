//! Other Regions and other accounts.

use serde_json::{Value, json};
use setpoint_sandbox::{Change, Exchange, Fault, Pace, Seed};

use crate::support::{World, endpoint_arn, instances, provisioned, with};

const ROLE: &str = "arn:aws:iam::210987654321:role/scaler";

/// The example, with its endpoints and functions also in Frankfurt and in another account.
fn everywhere() -> Seed {
    let mut seed = Seed::example();
    let home = seed.home().clone();
    *seed.region("123456789012", "eu-central-1") = home.clone();
    *seed.region("210987654321", "us-east-1") = home.clone();
    *seed.region("210987654321", "eu-central-1") = home;
    seed
}

/// Each call as `operation account region`.
fn places(world: &World) -> Vec<String> {
    let place = |call: &Exchange| format!("{} {} {}", call.operation, call.account, call.region);
    let places = world.sandbox.transcript().iter().map(place).collect();
    world.sandbox.clear_transcript();
    places
}

fn arn(account: &str, region: &str) -> Value {
    json!({"EndpointArn": format!("arn:aws:sagemaker:{region}:{account}:endpoint/recsys")})
}

/// The instances of `recsys` in one place.
fn count(world: &World, account: &str, region: &str) -> Option<i32> {
    world.sandbox.edit(|seed| seed.region(account, region).endpoints["recsys"].variants[0].wanted().instance_count)
}

#[tokio::test]
async fn a_region_in_the_payload_is_where_the_target_is() {
    let world = World::today(everywhere(), json!({})).await;
    let payload = with(instances("recsys", "AllTraffic", 6), json!({"region": "eu-central-1"}));
    assert_eq!(world.answer(payload).await, arn("123456789012", "eu-central-1"));
    assert_eq!(
        places(&world),
        ["DescribeEndpoint 123456789012 eu-central-1", "UpdateEndpointWeightsAndCapacities 123456789012 eu-central-1",]
    );
    assert_eq!(count(&world, "123456789012", "eu-central-1"), Some(6));
    assert_eq!(count(&world, "123456789012", "us-east-1"), Some(2));
}

#[tokio::test]
async fn a_role_in_the_payload_is_assumed_in_the_name_of_the_request() {
    let world = World::today(everywhere(), json!({})).await;
    let payload = with(instances("recsys", "AllTraffic", 6), json!({"roleArn": ROLE}));
    assert_eq!(world.answer(payload).await, arn("210987654321", "us-east-1"));
    let calls = world.sandbox.transcript();
    let parameters: Vec<&str> = calls[0].body.split('&').collect();
    assert_eq!(
        parameters,
        [
            "Action=AssumeRole",
            "Version=2011-06-15",
            "RoleArn=arn%3Aaws%3Aiam%3A%3A210987654321%3Arole%2Fscaler",
            "RoleSessionName=setpoint-5e1f3a6c-0000-4000-8000-000000000001",
        ]
    );
    assert_eq!(
        places(&world),
        [
            "AssumeRole 123456789012 us-east-1",
            "DescribeEndpoint 210987654321 us-east-1",
            "UpdateEndpointWeightsAndCapacities 210987654321 us-east-1",
        ]
    );
    assert_eq!(count(&world, "210987654321", "us-east-1"), Some(6));
    assert_eq!(count(&world, "123456789012", "us-east-1"), Some(2));
}

#[tokio::test]
async fn clients_are_kept_for_each_region_and_role() {
    let world = World::today(everywhere(), json!({})).await;
    let ask = |count: u32| with(instances("recsys", "AllTraffic", count), json!({"roleArn": ROLE}));
    for count in [2, 2, 2] {
        world.answer(ask(count)).await;
    }
    assert_eq!(
        places(&world),
        [
            "AssumeRole 123456789012 us-east-1",
            "DescribeEndpoint 210987654321 us-east-1",
            "DescribeEndpoint 210987654321 us-east-1",
            "DescribeEndpoint 210987654321 us-east-1",
        ]
    );
}

#[tokio::test]
async fn region_and_role_go_together_and_beside_actions_hold_for_each_that_does_not_say_otherwise() {
    let world = World::today(everywhere(), json!({})).await;
    let actions = json!([
        instances("recsys", "AllTraffic", 3),
        with(instances("recsys", "AllTraffic", 4), json!({"region": "us-east-1"})),
    ]);
    let payload = json!({"region": "eu-central-1", "roleArn": ROLE, "actions": actions});
    world.report(payload).await.answer.unwrap();
    assert_eq!(count(&world, "210987654321", "eu-central-1"), Some(3));
    assert_eq!(count(&world, "210987654321", "us-east-1"), Some(4));
    assert_eq!(count(&world, "123456789012", "us-east-1"), Some(2));
    assert_eq!(count(&world, "123456789012", "eu-central-1"), Some(2));
}

#[tokio::test]
async fn the_same_name_in_two_regions_is_two_targets_and_in_one_it_is_one() {
    let world = World::today(everywhere(), json!({})).await;
    let scale = |count: u32, settings: Value| with(instances("recsys", "AllTraffic", count), settings);
    // The function's own Region, left out and written out, is one place: its actions go one after the other.
    let actions = json!([
        scale(3, json!({})),
        scale(4, json!({"region": "us-east-1"})),
        scale(5, json!({"region": "eu-central-1"})),
    ]);
    world.report(json!({"actions": actions})).await.answer.unwrap();
    let writes: Vec<(String, Option<u16>)> = world
        .sandbox
        .transcript()
        .iter()
        .filter(|call| call.operation == "UpdateEndpointWeightsAndCapacities" && call.region == "us-east-1")
        .map(|call| (call.body.clone(), call.status))
        .collect();
    let body = |count: u32| {
        format!(
            "{{\"EndpointName\":\"recsys\",\"DesiredWeightsAndCapacities\":\
             [{{\"VariantName\":\"AllTraffic\",\"DesiredInstanceCount\":{count}}}]}}"
        )
    };
    assert_eq!(writes, [(body(3), Some(200)), (body(4), Some(200))]);
    assert_eq!(count(&world, "123456789012", "eu-central-1"), Some(5));
}

#[tokio::test]
async fn a_busy_endpoint_in_one_region_does_not_hold_up_its_namesake_in_another() {
    let world = World::today(everywhere(), json!({})).await;
    world.sandbox.edit(|seed| {
        let endpoint = seed.region("123456789012", "eu-central-1").endpoints.get_mut("recsys").unwrap();
        endpoint.start_updating(Change::ending_after(Pace::Reads(2)));
    });
    let actions = [
        with(instances("recsys", "AllTraffic", 3), json!({"region": "eu-central-1"})),
        instances("recsys", "AllTraffic", 4),
    ];
    world.report(json!({"actions": actions})).await.answer.unwrap();
    let writes: Vec<String> =
        places(&world).into_iter().filter(|call| call.starts_with("UpdateEndpointWeightsAndCapacities")).collect();
    assert_eq!(
        writes,
        [
            "UpdateEndpointWeightsAndCapacities 123456789012 us-east-1",
            "UpdateEndpointWeightsAndCapacities 123456789012 eu-central-1",
        ]
    );
}

#[tokio::test]
async fn a_command_to_finish_by_hand_names_account_region_and_role() {
    let command = "aws sagemaker describe-endpoint --endpoint-name nowhere --region";
    let table = [
        (json!({"region": "eu-central-1"}), format!("in account 123456789012: {command} eu-central-1")),
        (json!({"roleArn": ROLE}), format!("in account 210987654321, as {ROLE}: {command} us-east-1")),
    ];
    for (settings, command) in table {
        let world = World::today(everywhere(), json!({})).await;
        let answer = world.answer(with(instances("nowhere", "AllTraffic", 6), settings)).await;
        let message = answer["errorMessage"].as_str().unwrap();
        assert!(message.ends_with(&format!(". To look at it {command}")), "{message}");
    }
}

#[tokio::test]
async fn a_plan_under_a_role_says_so_beside_the_command() {
    let world = World::today(everywhere(), json!({})).await;
    let plan = with(instances("recsys", "AllTraffic", 6), json!({"mode": "plan"}));
    assert_eq!(world.answer(plan.clone()).await["plan"]["role"], Value::Null);
    assert_eq!(world.answer(with(plan, json!({"roleArn": ROLE}))).await["plan"]["role"], ROLE);
}

#[tokio::test]
async fn guardrails_bind_to_region_and_account() {
    let rules = json!([
        {"target": "sagemaker:endpoint/*", "region": "us-*", "account": "123456789012", "max": 10},
        {"target": "sagemaker:endpoint/*", "region": "eu-*", "max": 4},
        {"target": "sagemaker:endpoint/*", "account": "2109*", "max": 3},
    ]);
    let table = [
        (json!({}), 10, "guardrails.targets[0]"),
        (json!({"region": "eu-central-1"}), 4, "guardrails.targets[1]"),
        (json!({"roleArn": ROLE}), 3, "guardrails.targets[2]"),
        (json!({"roleArn": ROLE, "region": "eu-central-1"}), 3, "guardrails.targets[2]"),
    ];
    for (place, most, rule) in table {
        let world = World::today(everywhere(), json!({"guardrails": {"unlisted": "deny", "targets": rules}})).await;
        let refused = world.answer(with(instances("recsys", "AllTraffic", most + 1), place.clone())).await;
        assert_eq!(refused["errorType"], "GuardrailViolation", "{place}");
        assert!(refused["errorMessage"].as_str().unwrap().contains(rule), "{place}: {refused}");
        let passed = world.report(with(instances("recsys", "AllTraffic", most), place.clone())).await;
        assert_eq!(passed.decisions[0].outcome_name(), "accepted", "{place}");
    }
}

#[tokio::test]
async fn a_function_arn_of_another_account_is_asked_for_as_it_is_and_held_to_that_accounts_rules() {
    let rule = json!({"target": "lambda:function:checkout:*", "account": "210987654321", "max": 50});
    let world = World::today(everywhere(), json!({"guardrails": {"targets": [rule]}})).await;
    for name in ["arn:aws:lambda:us-east-1:210987654321:function:checkout", "210987654321:function:checkout"] {
        // Without a role it is for AWS to say whether a resource policy lets the call through; this one does.
        let without_a_role = world.answer(provisioned(name, "live", 500)).await;
        assert_eq!(without_a_role["errorType"], "AccessDeniedException");
        let text = "No Provisioned Concurrency Config found for this function";
        let let_through = Fault::error(404, "ProvisionedConcurrencyConfigNotFoundException", text);
        world.sandbox.script("GetProvisionedConcurrencyConfig", let_through);
        let by_a_policy = world.answer(provisioned(name, "live", 500)).await;
        assert_eq!(by_a_policy["errorType"], "GuardrailViolation");
        let in_its_account = world.answer(with(provisioned(name, "live", 500), json!({"roleArn": ROLE}))).await;
        assert_eq!(in_its_account["errorType"], "GuardrailViolation");
        assert!(world.calls().iter().all(|call| !call.starts_with("PUT ")));
    }
}

#[tokio::test]
async fn who_keeps_a_function_of_another_account_is_not_asked_in_the_own_one() {
    let world = World::today(everywhere(), json!({"guardrails": {"autoscaled": "move"}})).await;
    let text = "No Provisioned Concurrency Config found for this function";
    let let_through = Fault::error(404, "ProvisionedConcurrencyConfigNotFoundException", text);
    world.sandbox.script("GetProvisionedConcurrencyConfig", let_through);
    let name = "arn:aws:lambda:us-east-1:210987654321:function:checkout";
    let message = world.answer(provisioned(name, "live", 50)).await["errorMessage"].to_string();
    assert!(message.contains("only account 210987654321 can tell; give a role of that account"), "{message}");
    let asked = places(&world);
    assert!(!asked.iter().any(|call| call.contains("ScalableTarget") || call.starts_with("Put")), "{asked:?}");
    // As a role of that account, it is asked there.
    world.answer(with(provisioned(name, "live", 50), json!({"roleArn": ROLE}))).await;
    assert!(places(&world).contains(&"DescribeScalableTargets 210987654321 us-east-1".to_owned()));
}

#[tokio::test]
async fn a_region_in_an_arn_is_where_the_target_is() {
    let world = World::today(everywhere(), json!({})).await;
    let name = "arn:aws:lambda:eu-central-1:123456789012:function:checkout";
    world.report(provisioned(name, "live", 6)).await.answer.unwrap();
    assert_eq!(
        places(&world),
        [
            "GetProvisionedConcurrencyConfig 123456789012 eu-central-1",
            "PutProvisionedConcurrencyConfig 123456789012 eu-central-1",
        ]
    );
    let rule = json!({"target": "lambda:function:checkout", "region": "eu-*", "max": 5});
    let world = World::today(everywhere(), json!({"guardrails": {"targets": [rule]}})).await;
    assert_eq!(world.answer(provisioned(name, "live", 7)).await["errorType"], "GuardrailViolation");
}

#[tokio::test]
async fn an_arn_may_stand_with_its_own_region() {
    let arn = provisioned("arn:aws:lambda:us-east-1:123456789012:function:checkout", "BLUE", 6);
    let world = World::new().await;
    assert!(world.report(with(arn, json!({"region": "us-east-1"}))).await.answer.is_ok());
    assert_eq!(world.provisioned("checkout", "BLUE"), Some(6));
}

#[tokio::test]
async fn an_arn_that_contradicts_the_region_or_the_role_is_a_mistake() {
    let arn = provisioned("arn:aws:lambda:eu-central-1:123456789012:function:checkout", "live", 6);
    let table = [
        (
            json!({"region": "us-east-1"}),
            "region: is us-east-1, but the ARN in the input is of eu-central-1; leave one of them out",
        ),
        (
            json!({"roleArn": ROLE}),
            "role: is a role of account 210987654321, but the ARN in the input is of account 123456789012; name a role of \
             that account",
        ),
    ];
    for (place, message) in table {
        let world = World::new().await;
        let answer = world.answer(with(arn.clone(), place)).await;
        assert_eq!(answer, json!({"errorType": "InvalidAction", "errorMessage": message}));
        assert_eq!(world.calls(), [""; 0]);
    }
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_denied_and_nothing_else_is_called() {
    let world = World::today(everywhere(), json!({})).await;
    world.sandbox.script("AssumeRole", Fault::access_denied().always());
    let report = world.report(with(instances("recsys", "AllTraffic", 6), json!({"roleArn": ROLE}))).await;
    let error = report.answer.unwrap_err();
    assert_eq!(error.kind().name(), "denied");
    assert!(!error.kind().is_retryable());
    assert!(error.to_string().contains("is not authorized to perform: sts:AssumeRole on resource:"), "{error}");
    assert_eq!(places(&world), ["AssumeRole 123456789012 us-east-1"]);
    assert_eq!(count(&world, "210987654321", "us-east-1"), Some(2));
}

fn listed() -> Value {
    json!({"roles": {
        "prod": {"arn": ROLE, "externalId": "7f:Setpoint", "sourceIdentity": true},
        "test": {"arn": "arn:aws:iam::123456789012:role/scaler"},
    }})
}

#[tokio::test]
async fn a_payload_names_one_of_the_listed_roles_and_no_other() {
    for named in [json!({"role": "prod"}), json!({"role": ROLE}), json!({"roleArn": ROLE})] {
        let world = World::today(everywhere(), listed()).await;
        let payload = with(instances("recsys", "AllTraffic", 6), named);
        assert_eq!(world.answer(payload).await, arn("210987654321", "us-east-1"));
    }
    let unlisted = "arn:aws:iam::210987654321:role/admin";
    let valid = "is none of the configuration's `roles`; valid here: `prod`, `test`";
    let table = [
        (json!({"role": "prd"}), "role: is none of the configuration's `roles`; did you mean `prod`?".to_owned()),
        (json!({"role": unlisted}), format!("role: {valid}")),
        (json!({"roleArn": unlisted}), format!("role: {valid}")),
        (json!({"role": "prod", "roleArn": ROLE}), "roleArn: stands beside `role`; write one of them".to_owned()),
    ];
    for (named, message) in table {
        let world = World::today(everywhere(), listed()).await;
        let answer = world.answer(with(instances("recsys", "AllTraffic", 6), named)).await;
        assert_eq!(answer, json!({"errorType": "InvalidAction", "errorMessage": message}));
        assert_eq!(world.calls(), [""; 0]);
    }
    let world = World::new().await;
    let answer = world.answer(with(instances("recsys", "AllTraffic", 6), json!({"role": "prod"}))).await;
    let message = "role: is none of the configuration's `roles`, which lists none; write its ARN, or list it";
    assert_eq!(answer["errorMessage"], message);
}

#[tokio::test]
async fn a_session_says_whose_request_and_what_event_it_is_for() {
    let alarm = json!({
        "source": "aws.cloudwatch",
        "alarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:recsys high",
        "time": "2026-11-20T22:00:00Z",
        "alarmData": {"alarmName": "recsys high", "state": {"value": "ALARM"}, "previousState": {"value": "OK"}},
    });
    let mut config = listed();
    config["alarms"] =
        json!({"recsys *": {"ALARM": with(instances("recsys", "AllTraffic", 6), json!({"role": "prod"}))}});
    let world = World::today(everywhere(), config).await;
    world.report_as("first", alarm.clone()).await.answer.unwrap();
    world.report_as("second", alarm).await.answer.unwrap();
    let plain = with(instances("recsys", "AllTraffic", 6), json!({"role": "test"}));
    world.report_as("third", plain).await;
    let transcript = world.sandbox.transcript();
    let assumed = transcript.iter().filter(|call| call.operation == "AssumeRole");
    let parameters: Vec<Vec<&str>> = assumed.map(|call| call.body.split('&').skip(2).collect()).collect();
    let of = |session| {
        vec![
            "RoleArn=arn%3Aaws%3Aiam%3A%3A210987654321%3Arole%2Fscaler",
            session,
            "ExternalId=7f%3ASetpoint",
            "SourceIdentity=alarm%3Drecsys-high",
        ]
    };
    let plain = vec!["RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fscaler", "RoleSessionName=setpoint-third"];
    assert_eq!(parameters, [of("RoleSessionName=setpoint-first"), of("RoleSessionName=setpoint-second"), plain]);
}

#[tokio::test]
async fn one_request_assumes_a_role_once_for_all_its_regions() {
    let world = World::today(everywhere(), json!({})).await;
    let scale = |region: &str| with(instances("recsys", "AllTraffic", 6), json!({"region": region}));
    let actions = json!({"actions": [scale("us-east-1"), scale("eu-central-1")], "roleArn": ROLE});
    world.report(actions).await.answer.unwrap();
    let assumed = places(&world).into_iter().filter(|place| place.starts_with("AssumeRole ")).count();
    assert_eq!(assumed, 1);
}

#[tokio::test]
async fn a_malformed_region_or_role_is_refused_before_any_call() {
    let world = World::new().await;
    let payload = with(instances("recsys", "AllTraffic", 6), json!({"region": "frankfurt", "roleArn": "scaler"}));
    assert_eq!(
        world.answer(payload).await,
        json!({
            "errorType": "InvalidAction",
            "errorMessage": "region: is not a Region's code, such as eu-central-1; roleArn: is not a role's ARN, such \
                             as arn:aws:iam::123456789012:role/scaler",
        })
    );
    assert_eq!(world.calls(), [""; 0]);
}

#[tokio::test]
async fn a_region_without_the_target_is_not_found_there() {
    let world = World::new().await;
    let payload = with(instances("recsys", "AllTraffic", 6), json!({"region": "eu-central-1"}));
    let answer = world.answer(payload).await;
    assert_eq!(answer["errorType"], "ValidationException");
    assert_eq!(places(&world), ["DescribeEndpoint 123456789012 eu-central-1"]);
    assert_eq!(world.answer(instances("recsys", "AllTraffic", 2)).await, endpoint_arn("recsys"));
}

#[tokio::test]
async fn what_sts_answers_for_a_role_is_told_as_what_any_service_answers() {
    let table = [
        (Fault::access_denied(), "AccessDenied", "denied"),
        (Fault::throttle(), "Throttling", "throttled"),
        (Fault::server_error(), "InternalFailure", "unavailable"),
        (Fault::html(503), "ServiceUnavailable", "unavailable"),
        (Fault::drop_connection(), "ServiceUnavailable", "unavailable"),
        (Fault::empty(403), "AccessDeniedException", "denied"),
    ];
    for (fault, error_type, kind) in table {
        let world = World::today(Seed::example(), json!({})).await;
        world.sandbox.script("AssumeRole", fault.always());
        let role = json!({"roleArn": "arn:aws:iam::123456789012:role/scaler"});
        let payload = with(instances("recsys", "AllTraffic", 6), role);
        let error = world.report(payload).await.answer.unwrap_err();
        assert_eq!((error.error_type(), error.kind().name()), (error_type, kind), "{error}");
        assert!(error.to_string().starts_with("AssumeRole "), "{error}");
    }
}

#[tokio::test]
async fn a_role_is_assumed_once_for_all_services() {
    let world = World::today(everywhere(), json!({})).await;
    let actions = json!([instances("recsys", "AllTraffic", 6), provisioned("checkout", "live", 6)]);
    world.answer(json!({"actions": actions, "roleArn": ROLE})).await;
    let assumed = places(&world).into_iter().filter(|place| place.starts_with("AssumeRole ")).count();
    assert_eq!(assumed, 1);
    assert_eq!(count(&world, "210987654321", "us-east-1"), Some(6));
}
