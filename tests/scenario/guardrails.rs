//! The operator's bounds: a refusal names the rule, and makes no write.

use serde_json::{Value, json};

use crate::support::{
    World, answer, at, copies, deployment, describe, describe_component, endpoint_arn, get_provisioned, instances,
    provisioned, put_provisioned, scaling, throughput, unprovisioned, update, update_instances, weights_and_capacities,
    with,
};

async fn under(guardrails: Value) -> World {
    World::configured(json!({"guardrails": guardrails})).await
}

fn refused(message: &str) -> Value {
    json!({"errorType": "GuardrailViolation", "errorMessage": message})
}

#[tokio::test]
async fn six_hundred_instances_stop_at_the_guardrail_before_any_write() {
    let world = under(json!({"targets": [{"target": "sagemaker:endpoint/*", "max": 20}]})).await;
    let before = world.sandbox.state();
    let report = world.report(instances("recsys", "AllTraffic", 600)).await;
    assert_eq!(
        answer(&report),
        refused(
            "sagemaker:endpoint/recsys/variant/AllTraffic: DesiredInstanceCount 2 -> 600 is refused: \
             guardrails.targets[0] (sagemaker:endpoint/*) sets max 20; nothing was written"
        )
    );
    assert!(!report.answer.unwrap_err().kind().is_retryable());
    assert_eq!(world.calls(), [describe("recsys")]);
    assert_eq!(world.sandbox.state(), before);
}

#[tokio::test]
async fn each_bound_is_named_with_value_and_limit_and_holds_on_the_resolved_number() {
    let rule = json!({"target": "sagemaker:endpoint/ranking/variant/*", "min": 2, "max": 8, "maxStep": 4});
    // Of `ranking`, blue has 3 instances.
    let table = [
        (json!(1), "3 -> 1", "sets min 2"),
        (json!({"add": -2}), "3 -> 1", "sets min 2"),
        (json!(9), "3 -> 9", "sets max 8"),
        (json!({"percent": 200}), "3 -> 9", "sets max 8"),
        (json!({"atLeast": 8}), "3 -> 8", "sets maxStep 4, and this is a step of 5 from 3"),
        (json!({"add": 5}), "3 -> 8", "sets maxStep 4, and this is a step of 5 from 3"),
    ];
    for (target, change, why) in table {
        let world = under(json!({"targets": [rule]})).await;
        let event = at("2026-11-20T21:59:59Z", instances("ranking", "blue", target.clone()));
        assert_eq!(
            world.answer(event).await,
            refused(&format!(
                "sagemaker:endpoint/ranking/variant/blue: DesiredInstanceCount {change} is refused: \
                 guardrails.targets[0] (sagemaker:endpoint/ranking/variant/*) {why}; nothing was written"
            )),
            "{target}"
        );
        assert_eq!(world.calls(), [describe("ranking")], "{target}");
    }
}

#[tokio::test]
async fn a_number_at_its_bound_passes() {
    let rule = json!({"target": "sagemaker:endpoint/ranking/variant/*", "min": 2, "max": 7, "maxStep": 4});
    for count in [2, 7] {
        let world = under(json!({"targets": [rule]})).await;
        assert_eq!(world.answer(instances("ranking", "blue", count)).await, endpoint_arn("ranking"));
        assert_eq!(world.calls(), [describe("ranking"), update_instances("ranking", "blue", count)]);
    }
}

#[tokio::test]
async fn a_bound_on_the_target_itself_keeps_a_relative_one_within_it() {
    let world = under(json!({"targets": [{"target": "sagemaker:endpoint/*", "max": 4}]})).await;
    let event = at("2026-11-20T21:59:59Z", instances("recsys", "AllTraffic", json!({"percent": 1000, "max": 4})));
    assert_eq!(world.answer(event).await, endpoint_arn("recsys"));
    assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 4)]);
}

#[tokio::test]
async fn paused_refuses_a_selection_before_its_targets_are_looked_for() {
    let input = json!({"DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredInstanceCount": 3}]});
    let action = "sagemaker:UpdateEndpointWeightsAndCapacities";
    let payload = json!({"select": {"names": ["recsys"]}, "action": action, "input": input});
    let world = under(json!({"paused": true, "maxTargets": 5})).await;
    assert_eq!(
        world.answer(payload.clone()).await,
        refused(&format!("a selection for {action} is refused: guardrails.paused is on; nothing was written"))
    );
    assert_eq!(world.calls(), [""; 0]);
    // A plan of it shows that nothing would be.
    let planned = world.report(with(payload, json!({"mode": "plan"}))).await;
    assert_eq!(planned.refused, []);
    assert_eq!(world.calls().len(), 2);
}

#[tokio::test]
async fn paused_refuses_every_action_before_any_call() {
    let table = [
        (instances("recsys", "AllTraffic", 3), "sagemaker:endpoint/recsys/variant/AllTraffic"),
        // What is so already as well: nobody looks.
        (instances("recsys", "AllTraffic", 2), "sagemaker:endpoint/recsys/variant/AllTraffic"),
        (
            with(instances("recsys", "AllTraffic", 3), json!({"roleArn": ROLE})),
            "sagemaker:endpoint/recsys/variant/AllTraffic",
        ),
        (copies("recsys-ranker", 3), "sagemaker:inference-component/recsys-ranker"),
        (deployment("support-chat", V2), "bedrock:custom-model-deployment/support-chat"),
        (
            scaling("thumbnails", json!({"MaxExecutionEnvironments": 12})),
            "lambda:function-scaling-config:thumbnails:$LATEST.PUBLISHED",
        ),
        (provisioned("checkout", "live", 6), "lambda:function:checkout:live"),
        (unprovisioned("search", "prod"), "lambda:function:search:prod"),
        (
            throughput(json!({"provisionedModelId": "summaries", "desiredProvisionedModelName": "digests"})),
            "bedrock:provisioned-model/summaries",
        ),
    ];
    for (payload, target) in table {
        let world = under(json!({"paused": true})).await;
        assert_eq!(
            world.answer(payload).await,
            refused(&format!("{target} is refused: guardrails.paused is on; nothing was read or written"))
        );
        assert_eq!(world.calls(), [""; 0]);
    }
}

#[tokio::test]
async fn bounds_for_provisioned_concurrency_are_none_for_execution_environments() {
    let concurrency = json!({"target": "lambda:function:thumbnails", "max": 5});
    let environments = json!({"target": "lambda:function-scaling-config:thumbnails:*", "min": 1, "max": 20});
    let world = under(json!({"targets": [concurrency.clone(), environments.clone()], "unlisted": "deny"})).await;
    let both = |min: i32, max: i32| json!({"MinExecutionEnvironments": min, "MaxExecutionEnvironments": max});
    assert_eq!(world.answer(scaling("thumbnails", both(3, 20))).await, json!({"FunctionState": "Active"}));
    let target = "lambda:function-scaling-config:thumbnails:$LATEST.PUBLISHED";
    let rule = "guardrails.targets[1] (lambda:function-scaling-config:thumbnails:*)";
    let world = under(json!({"targets": [concurrency.clone(), environments]})).await;
    for (min, max, what, why) in [
        (0, 12, "MinExecutionEnvironments 2 -> 0", "sets min 1"),
        (3, 21, "MaxExecutionEnvironments 10 -> 21", "sets max 20"),
    ] {
        assert_eq!(
            world.answer(scaling("thumbnails", both(min, max))).await,
            refused(&format!("{target}: FunctionScalingConfig.{what} is refused: {rule} {why}; nothing was written"))
        );
    }
    // A rule for the one target names no other.
    let world = under(json!({"targets": [concurrency], "unlisted": "deny"})).await;
    let answer = world.answer(scaling("thumbnails", both(3, 4))).await;
    assert_eq!(answer["errorType"], "GuardrailViolation");
    assert_eq!(world.calls(), [""; 0]);
}

#[tokio::test]
async fn a_plan_is_still_read_where_paused_and_says_what_stands_against_it() {
    let world = under(json!({"paused": true})).await;
    let plan = |count: u32| with(instances("recsys", "AllTraffic", count), json!({"mode": "plan"}));
    assert_eq!(
        world.answer(plan(3)).await,
        refused(
            "sagemaker:endpoint/recsys/variant/AllTraffic: DesiredInstanceCount 2 -> 3 is refused: guardrails.paused is \
             on; nothing was written"
        )
    );
    assert_eq!(world.report(plan(2)).await.decisions[0].outcome_name(), "planned");
    assert_eq!(world.calls(), [describe("recsys"), describe("recsys")]);
}

const ROLE: &str = "arn:aws:iam::210987654321:role/scaler";

#[tokio::test]
async fn an_unlisted_target_is_refused_where_the_operator_denies_it() {
    let rule = json!({"target": "sagemaker:endpoint/recsys/variant/*"});
    let world = under(json!({"unlisted": "deny", "targets": [rule]})).await;
    assert_eq!(world.answer(instances("recsys", "AllTraffic", 600)).await, endpoint_arn("recsys"));
    world.calls();
    assert_eq!(
        world.answer(instances("ranking", "blue", 4)).await,
        refused(
            "sagemaker:endpoint/ranking/variant/blue is refused: guardrails.unlisted is \"deny\" and no rule names this \
             target; nothing was read or written"
        )
    );
    assert_eq!(world.calls(), [""; 0]);
}

#[tokio::test]
async fn an_unlisted_target_is_not_even_planned_and_no_role_is_assumed_for_it() {
    let rules = json!([{"target": "lambda:function:checkout"}, {"target": "sagemaker:endpoint/recsys"}]);
    let table = [
        (instances("ranking", "blue", 4), "names this target"),
        (with(instances("ranking", "blue", 4), json!({"mode": "plan"})), "names this target"),
        (with(instances("ranking", "blue", 4), json!({"roleArn": ROLE})), "names this target"),
        (with(instances("recsys", "AllTraffic", 4), json!({"roleArn": ROLE})), "as it must for 210987654321"),
        (with(instances("recsys", "AllTraffic", 4), json!({"region": "eu-central-1"})), "as it must for eu-central-1"),
        (provisioned("210987654321:checkout", "live", 6), "as it must for 210987654321"),
        (provisioned("arn:aws:lambda:eu-west-1:123456789012:function:checkout", "live", 6), "as it must for eu-west-1"),
        // No rule could list any throughput, whatever its name.
        (throughput(json!({"provisionedModelId": THROUGHPUT, "desiredModelId": V2})), "names this target"),
    ];
    for (payload, why) in table {
        let world = under(json!({"unlisted": "deny", "targets": rules})).await;
        let answer = world.answer(payload.clone()).await;
        assert_eq!(answer["errorType"], "GuardrailViolation", "{payload}");
        assert!(answer["errorMessage"].as_str().unwrap().contains(why), "{answer}");
        assert_eq!(world.calls(), [""; 0], "{payload}");
    }
}

#[tokio::test]
async fn a_throughput_named_by_its_arn_is_listed_by_the_name_that_the_read_returns() {
    let payload = throughput(json!({"provisionedModelId": THROUGHPUT, "desiredModelId": V2}));
    for (name, outcome) in [("support-bot", "accepted"), ("other-*", "failed")] {
        let rule = json!({"target": format!("bedrock:provisioned-model/{name}")});
        let world = under(json!({"unlisted": "deny", "targets": [rule]})).await;
        let report = world.report(payload.clone()).await;
        assert_eq!(report.decisions[0].outcome_name(), outcome, "{name}: {report:?}");
        assert!(world.calls()[0].starts_with("GET /provisioned-model-throughput/arn"));
    }
}

const THROUGHPUT: &str = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456";

#[tokio::test]
async fn the_case_of_an_endpoints_letters_neither_evades_a_rule_nor_meets_one_by_itself() {
    let rule = json!({"target": "sagemaker:endpoint/recsys", "max": 5});
    let world = under(json!({"unlisted": "deny", "targets": [rule]})).await;
    assert_eq!(
        world.answer(instances("RecSys", "AllTraffic", 6)).await,
        refused(
            "sagemaker:endpoint/recsys/variant/AllTraffic: DesiredInstanceCount 2 -> 6 is refused: guardrails.targets[0] \
             (sagemaker:endpoint/recsys) sets max 5; nothing was written"
        )
    );
    assert_eq!(world.answer(instances("RecSys", "AllTraffic", 5)).await, endpoint_arn("recsys"));
    // The rule goes by the name as AWS has it.
    let world = under(json!({"unlisted": "deny", "targets": [{"target": "sagemaker:endpoint/RecSys"}]})).await;
    let answer = world.answer(instances("RecSys", "AllTraffic", 5)).await;
    assert!(answer["errorMessage"].as_str().unwrap().contains("no rule names this target"), "{answer}");
    assert_eq!(world.calls().len(), 1);
}

#[tokio::test]
async fn every_variant_of_a_request_is_held_against_the_rules_and_nothing_is_half_done() {
    let rule = json!({"target": "sagemaker:endpoint/ranking/variant/green", "max": 2});
    let world = under(json!({"targets": [rule]})).await;
    let payload = weights_and_capacities(
        "ranking",
        json!([
            {"VariantName": "blue", "DesiredWeight": 0.5},
            {"VariantName": "green", "DesiredWeight": 0.5, "DesiredInstanceCount": 3},
        ]),
    );
    assert_eq!(
        world.answer(payload).await,
        refused(
            "sagemaker:endpoint/ranking/variant/green: DesiredInstanceCount 1 -> 3 is refused: guardrails.targets[0] \
             (sagemaker:endpoint/ranking/variant/green) sets max 2; nothing was written"
        )
    );
    assert_eq!(world.calls(), [describe("ranking")]);
}

#[tokio::test]
async fn all_rules_that_match_hold() {
    let rules = json!([{"target": "lambda:*", "max": 100}, {"target": "lambda:function:checkout:*", "max": 50}]);
    let world = under(json!({"targets": rules})).await;
    assert_eq!(
        world.answer(provisioned("checkout", "live", 60)).await,
        refused(
            "lambda:function:checkout:live: ProvisionedConcurrentExecutions 5 -> 60 is refused: guardrails.targets[1] \
             (lambda:function:checkout:*) sets max 50; nothing was written"
        )
    );
    assert_eq!(world.calls(), [get_provisioned("checkout", "live")]);
}

#[tokio::test]
async fn a_delete_counts_as_going_to_zero() {
    let by_minimum = json!({"target": "lambda:function:search:*", "min": 1});
    let by_step = json!({"target": "lambda:function:search:*", "maxStep": 9});
    for (rule, why) in [(by_minimum, "sets min 1"), (by_step, "sets maxStep 9, and this is a step of 10 from 10")] {
        let world = under(json!({"targets": [rule]})).await;
        assert_eq!(
            world.answer(unprovisioned("search", "prod")).await,
            refused(&format!(
                "lambda:function:search:prod: ProvisionedConcurrentExecutions 10 -> 0 is refused: guardrails.targets[0] \
                 (lambda:function:search:*) {why}; nothing was written"
            ))
        );
        assert_eq!(world.calls(), [get_provisioned("search", "prod")]);
        assert_eq!(world.provisioned("search", "prod"), Some(10));
    }
}

#[tokio::test]
async fn a_minimum_keeps_copies_from_zero_and_a_step_from_a_leap() {
    let by_minimum = json!({"target": "sagemaker:inference-component/recsys-*", "min": 1});
    let by_step = json!({"target": "sagemaker:inference-component/recsys-*", "maxStep": 1});
    for (rule, why) in [(by_minimum, "sets min 1"), (by_step, "sets maxStep 1, and this is a step of 2 from 2")] {
        let world = under(json!({"targets": [rule]})).await;
        assert_eq!(
            world.answer(copies("recsys-ranker", 0)).await,
            refused(&format!(
                "sagemaker:inference-component/recsys-ranker: DesiredRuntimeConfig.CopyCount 2 -> 0 is refused: \
                 guardrails.targets[0] (sagemaker:inference-component/recsys-*) {why}; nothing was written"
            ))
        );
        assert_eq!(world.calls(), [describe_component("recsys-ranker")]);
        assert_eq!(world.copies("recsys-ranker"), 2);
    }
}

const V1: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv1";
const V2: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2";

#[tokio::test]
async fn a_model_outside_the_allow_list_is_refused() {
    let rule = json!({"target": "bedrock:provisioned-model/support-bot", "allow": ["*/supportbotv1"]});
    let world = under(json!({"targets": [rule]})).await;
    assert_eq!(
        world.answer(throughput(json!({"provisionedModelId": "support-bot", "desiredModelId": V2}))).await,
        refused(&format!(
            "bedrock:provisioned-model/support-bot: desiredModelId {V1} -> {V2} is refused: guardrails.targets[0] \
             (bedrock:provisioned-model/support-bot) allows only */supportbotv1; nothing was written"
        ))
    );
    assert_eq!(world.calls(), ["GET /provisioned-model-throughput/support-bot -> 200"]);
}

#[tokio::test]
async fn a_model_inside_the_allow_list_passes() {
    let rule = json!({"target": "bedrock:provisioned-model/support-bot", "allow": ["*/supportbotv*"]});
    let world = under(json!({"unlisted": "deny", "targets": [rule]})).await;
    let payload = throughput(json!({"provisionedModelId": "support-bot", "desiredModelId": V2}));
    assert_eq!(world.answer(payload).await, json!({}));
}

#[tokio::test]
async fn an_allow_list_for_the_model_leaves_the_name_alone_and_the_other_way_round() {
    let table = [
        (json!({"desiredModelId": ["*/supportbotv1"]}), json!({"desiredModelId": V2}), Some("*/supportbotv1")),
        (json!({"desiredModelId": ["*/supportbotv1"]}), json!({"desiredProvisionedModelName": "helper"}), None),
        (
            json!({"desiredProvisionedModelName": ["support-*"]}),
            json!({"desiredProvisionedModelName": "helper"}),
            Some("support-*"),
        ),
        (json!({"desiredProvisionedModelName": ["support-*"]}), json!({"desiredModelId": V2}), None),
        // A plain list is for both.
        (json!(["*/supportbotv2"]), json!({"desiredProvisionedModelName": "helper"}), Some("*/supportbotv2")),
    ];
    for (allow, input, refused) in table {
        let rule = json!({"target": "bedrock:provisioned-model/support-bot", "allow": allow});
        let world = under(json!({"targets": [rule]})).await;
        let answer = world.answer(throughput(with(input.clone(), json!({"provisionedModelId": "support-bot"})))).await;
        match refused {
            Some(only) => {
                assert!(answer["errorMessage"].as_str().unwrap().contains(&format!("allows only {only};")), "{answer}")
            }
            None => assert_eq!(answer, json!({}), "{input}"),
        }
    }
}

#[tokio::test]
async fn a_throughput_named_by_its_arn_is_held_against_the_rules_for_its_name() {
    let rule = json!({"target": "bedrock:provisioned-model/support-bot", "allow": ["*/supportbotv1"]});
    let world = under(json!({"targets": [rule]})).await;
    let arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456";
    let answer = world.answer(throughput(json!({"provisionedModelId": arn, "desiredModelId": V2}))).await;
    assert_eq!(answer["errorType"], "GuardrailViolation");
    assert_eq!(world.calls().len(), 1);
}

#[tokio::test]
async fn a_function_named_by_its_arn_or_with_its_qualifier_is_held_against_the_rules_for_its_name() {
    for name in ["arn:aws:lambda:us-east-1:123456789012:function:checkout", "checkout:live", "123456789012:checkout"] {
        let world = under(json!({"targets": [{"target": "lambda:function:checkout:live", "max": 50}]})).await;
        let answer = world.answer(provisioned(name, "live", 60)).await;
        assert_eq!(answer["errorType"], "GuardrailViolation", "{name}");
        assert_eq!(world.calls().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_payload_cannot_loosen_what_the_operator_set() {
    let world = under(json!({"paused": true})).await;
    let payload = with(instances("recsys", "AllTraffic", 3), json!({"guardrails": {"paused": false}}));
    let answer = world.answer(payload).await;
    assert_eq!(answer["errorType"], "InvalidAction");
    assert_eq!(world.calls(), [""; 0]);
}

#[tokio::test]
async fn a_rule_for_an_endpoint_or_function_holds_for_everything_under_it() {
    let rules =
        json!([{"target": "sagemaker:endpoint/recsys", "max": 5}, {"target": "lambda:function:checkout", "max": 9}]);
    let world = under(json!({"unlisted": "deny", "targets": rules})).await;
    for payload in [instances("recsys", "AllTraffic", 6), provisioned("checkout", "live", 10)] {
        let refused = world.answer(payload).await;
        assert!(refused["errorMessage"].as_str().unwrap().contains(" sets max "), "{refused}");
    }
    assert_eq!(world.answer(instances("recsys", "AllTraffic", 5)).await, endpoint_arn("recsys"));
}

#[tokio::test]
async fn a_failed_number_above_its_bound_is_not_sent_again() {
    use setpoint_sandbox::ProvisionedConcurrencyStatus;
    let world = under(json!({"targets": [{"target": "lambda:*", "max": 50}]})).await;
    world.sandbox.edit_function("checkout", |function| {
        let config = function.provisioned_concurrency.get_mut("live").unwrap();
        config.requested = 500;
        config.status = ProvisionedConcurrencyStatus::Failed;
    });
    assert_eq!(
        world.answer(provisioned("checkout", "live", 500)).await,
        refused(
            "lambda:function:checkout:live: ProvisionedConcurrentExecutions 500 -> 500 is refused: guardrails.targets[0] \
             (lambda:*) sets max 50; nothing was written"
        )
    );
    assert_eq!(world.calls(), [get_provisioned("checkout", "live")]);
}

#[tokio::test]
async fn a_failed_model_outside_the_allow_list_is_not_sent_again() {
    use setpoint_sandbox::ProvisionedModelStatus;
    let world = under(json!({"targets": [{"target": "bedrock:*", "allow": ["*/supportbotv1"]}]})).await;
    world.sandbox.edit_provisioned_model("support-bot", |model| {
        model.desired_model_arn = Some(V2.to_owned());
        model.status = ProvisionedModelStatus::Failed;
    });
    assert_eq!(
        world.answer(throughput(json!({"provisionedModelId": "support-bot", "desiredModelId": V2}))).await,
        refused(&format!(
            "bedrock:provisioned-model/support-bot: desiredModelId {V2} -> {V2} is refused: guardrails.targets[0] \
             (bedrock:*) allows only */supportbotv1; nothing was written"
        ))
    );
    assert_eq!(world.calls(), ["GET /provisioned-model-throughput/support-bot -> 200"]);
}

#[tokio::test]
async fn a_member_that_goes_along_unchanged_is_held_against_the_rules_too() {
    let world = under(json!({"targets": [{"target": "sagemaker:endpoint/embeddings", "max": 5}]})).await;
    // The serverless object goes whole: the 10 that is there goes with the 4.
    let config = json!({"MaxConcurrency": 10, "ProvisionedConcurrency": 4});
    let variant = json!({"VariantName": "AllTraffic", "ServerlessUpdateConfig": config});
    assert_eq!(
        world.answer(weights_and_capacities("embeddings", json!([variant]))).await,
        refused(
            "sagemaker:endpoint/embeddings/variant/AllTraffic: ServerlessUpdateConfig.MaxConcurrency 10 -> 10 is refused: \
             guardrails.targets[0] (sagemaker:endpoint/embeddings) sets max 5; nothing was written"
        )
    );
    assert_eq!(world.calls(), [describe("embeddings")]);
}

#[tokio::test]
async fn a_payload_of_small_steps_takes_no_larger_one() {
    let world = under(json!({"targets": [{"target": "sagemaker:endpoint/ranking", "maxStep": 2}]})).await;
    // Of `ranking`, blue has 3 instances.
    let steps: Vec<Value> = [5, 7, 9].map(|count| instances("ranking", "blue", count)).into();
    let report = world.report(json!({"actions": steps})).await;
    let results: Vec<String> = report
        .decisions
        .iter()
        .map(|decision| match &decision.result {
            Ok(_) => decision.outcome_name().to_owned(),
            Err(error) => error.to_string(),
        })
        .collect();
    assert_eq!(results[0], "accepted");
    assert!(results[1].contains("5 -> 7 is refused: ") && results[1].contains("a step of 4 from 3"), "{}", results[1]);
    assert_eq!(world.instances("ranking", "blue"), Some(5));
    // The next event counts from what it finds.
    world.pass(std::time::Duration::from_secs(600)).await;
    assert_eq!(world.answer(instances("ranking", "blue", 7)).await, endpoint_arn("ranking"));
}

#[tokio::test]
async fn several_messages_of_one_batch_take_no_larger_step_than_one() {
    let world = under(json!({"targets": [{"target": "lambda:function:checkout", "maxStep": 10}]})).await;
    let message = |id: &str, count: u32| {
        json!({
            "messageId": id,
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:capacity.fifo",
            "attributes": {"SentTimestamp": "1795211999000", "MessageGroupId": "g"},
            "body": provisioned("checkout", "live", count).to_string(),
        })
    };
    // `live` has 5.
    let answer = world.answer(json!({"Records": [message("a", 15), message("b", 25)]})).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "b"}]}));
    assert_eq!(world.provisioned("checkout", "live"), Some(15));
}

#[tokio::test]
async fn a_share_of_the_traffic_is_bound_as_it_comes_out() {
    // Of `ranking`, blue has the weight 0.9 and green 0.1.
    let rules = json!([
        {"target": "sagemaker:endpoint/ranking/variant/green", "maxShare": 0.5},
        {"target": "sagemaker:endpoint/ranking/variant/blue", "minShare": 0.4},
    ]);
    let green = |weight: Value| json!([{"VariantName": "green", "DesiredWeight": weight}]);
    let blue = |weight: Value| json!([{"VariantName": "blue", "DesiredWeight": weight}]);
    let green_rule = "guardrails.targets[0] (sagemaker:endpoint/ranking/variant/green) sets maxShare 0.5";
    let blue_rule = "guardrails.targets[1] (sagemaker:endpoint/ranking/variant/blue) sets minShare 0.4";
    let table = [
        (green(json!(1)), "green: share of the traffic 0.1 -> 0.5263158", green_rule),
        (green(json!(90)), "blue: share of the traffic 0.9 -> 0.00990099", blue_rule),
        (green(json!({"share": 0.51})), "green: share of the traffic 0.1 -> 0.51", green_rule),
        // The one that the request does not name is bound as well.
        (blue(json!(0.08)), "green: share of the traffic 0.1 -> 0.5555556", green_rule),
        (blue(json!(0)), "blue: share of the traffic 0.9 -> 0", blue_rule),
    ];
    for (variants, change, rule) in table {
        let world = under(json!({"targets": rules})).await;
        let message = world.answer(weights_and_capacities("ranking", variants.clone())).await;
        let message = message["errorMessage"].as_str().unwrap().to_owned();
        assert!(message.contains(change) && message.contains(rule), "{variants}: {message}");
        assert!(message.ends_with("; nothing was written"), "{message}");
        assert_eq!(world.calls(), [describe("ranking")]);
    }
    for variants in [green(json!({"share": 0.5})), green(json!(0.9)), blue(json!(0.1)), green(json!(0))] {
        let world = under(json!({"targets": rules})).await;
        assert_eq!(world.answer(weights_and_capacities("ranking", variants)).await, endpoint_arn("ranking"));
    }
}

#[tokio::test]
async fn weights_are_not_counts_and_pass_the_counts_bounds() {
    let world = under(json!({"targets": [{"target": "sagemaker:endpoint/*", "min": 1, "max": 5, "maxStep": 1}]})).await;
    let payload = weights_and_capacities("ranking", json!([{"VariantName": "green", "DesiredWeight": 90}]));
    assert_eq!(world.answer(payload).await, endpoint_arn("ranking"));
    assert_eq!(
        world.calls(),
        [describe("ranking"), update("ranking", "[{\"VariantName\":\"green\",\"DesiredWeight\":90.0}]")]
    );
}

#[tokio::test]
async fn a_first_configuration_counts_from_zero() {
    let world = under(json!({"targets": [{"target": "lambda:*", "maxStep": 10}]})).await;
    assert_eq!(world.answer(provisioned("checkout", "BLUE", 11)).await["errorType"], "GuardrailViolation");
    world.calls();
    world.answer(provisioned("checkout", "BLUE", 10)).await;
    assert_eq!(
        world.calls(),
        [get_provisioned("checkout", "BLUE").replace("200", "404"), put_provisioned("checkout", "BLUE", 10)]
    );
}

#[tokio::test]
async fn what_the_target_became_during_the_wait_is_held_against_the_rules() {
    use setpoint_sandbox::{Capacity, Change, Pace};
    let world = under(json!({"targets": [{"target": "sagemaker:endpoint/*", "maxStep": 4}]})).await;
    world.sandbox.edit_endpoint("recsys", |endpoint| {
        endpoint.start_updating(Change::ending_after(Pace::Reads(1)));
        endpoint.stale = None;
    });
    // While the function waits, somebody else's update goes from 2 down to 1.
    let payload = instances("recsys", "AllTraffic", 6);
    world.sandbox.edit_endpoint("recsys", |endpoint| {
        let desired = Capacity { instance_count: Some(1), ..endpoint.variants[0].current.clone() };
        endpoint.variants[0].desired = Some(desired);
    });
    let answer = world.answer(payload).await;
    assert_eq!(answer["errorType"], "GuardrailViolation");
    assert_eq!(world.calls(), [describe("recsys")]);
}

#[tokio::test]
async fn what_was_found_when_nothing_could_be_planned_yet_counts_as_what_was_before() {
    use setpoint_sandbox::{Capacity, Change, Pace, ServerlessConfig};
    let world = under(json!({"targets": [{"target": "sagemaker:endpoint/*", "maxStep": 3}]})).await;
    let capacity = |max_concurrency, provisioned_concurrency| Capacity {
        weight: 1.0,
        instance_count: None,
        serverless: Some(ServerlessConfig { memory_size_in_mb: 2048, max_concurrency, provisioned_concurrency }),
    };
    // An update to what has no room for 5 is under way when the event comes, and undone while it waits.
    world.sandbox.edit_endpoint("embeddings", |endpoint| {
        let fails = Some("The instances failed.".to_owned());
        endpoint.variants[0].current = capacity(7, Some(3));
        endpoint.variants[0].desired = Some(capacity(4, Some(1)));
        endpoint.start_updating(Change { fails, ..Change::ending_after(Pace::Reads(1)) });
        endpoint.stale = None;
    });
    let config = json!({"ProvisionedConcurrency": 5});
    let variant = json!({"VariantName": "AllTraffic", "ServerlessUpdateConfig": config});
    let answer = world.answer(weights_and_capacities("embeddings", json!([variant]))).await;
    let message = answer["errorMessage"].as_str().unwrap();
    assert!(message.contains("a step of 4 from 1"), "{message}");
    let calls = world.calls();
    assert!(calls.len() > 1 && calls.iter().all(|call| *call == describe("embeddings")), "{calls:?}");
}
