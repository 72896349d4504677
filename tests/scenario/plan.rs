//! Plans: everything but the write.

use serde_json::{Value, json};
use setpoint_sandbox::{Change, EndpointStatus, Pace};

use crate::support::{
    World, at, copies, describe, describe_component, get_provisioned, instances, provisioned, throughput,
    unprovisioned, weights_and_capacities, with,
};

fn planned(payload: Value) -> Value {
    with(payload, json!({"mode": "plan"}))
}

const V1: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv1";
const V2: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2";

#[tokio::test]
async fn a_plan_of_each_action_names_target_changes_and_command_and_writes_nothing() {
    let read = |function, qualifier| vec![get_provisioned(function, qualifier)];
    let table = [
        (
            weights_and_capacities(
                "ranking",
                json!([
                    {"VariantName": "blue", "DesiredWeight": 0.5},
                    {"VariantName": "green", "DesiredWeight": 0.1, "DesiredInstanceCount": 2},
                ]),
            ),
            json!({
                "target": "sagemaker:endpoint/ranking",
                "changes": [
                    {"field": "blue.DesiredWeight", "from": 0.9, "to": 0.5},
                    {"field": "green.DesiredInstanceCount", "from": 1, "to": 2},
                ],
                "wouldCall": "aws sagemaker update-endpoint-weights-and-capacities --endpoint-name ranking \
                              --desired-weights-and-capacities '[{\"VariantName\":\"blue\",\"DesiredWeight\":0.5},\
                              {\"VariantName\":\"green\",\"DesiredInstanceCount\":2}]' --region us-east-1",
            }),
            vec![describe("ranking")],
        ),
        (
            weights_and_capacities(
                "embeddings",
                json!([{
                    "VariantName": "AllTraffic",
                    "ServerlessUpdateConfig": {"MaxConcurrency": {"atLeast": 20}, "ProvisionedConcurrency": 2},
                }]),
            ),
            json!({
                "target": "sagemaker:endpoint/embeddings/variant/AllTraffic",
                "changes": [{
                    "field": "ServerlessUpdateConfig.MaxConcurrency",
                    "from": 10,
                    "to": 20,
                    "asked": "{\"atLeast\":20}",
                }],
                "wouldCall": "aws sagemaker update-endpoint-weights-and-capacities --endpoint-name embeddings \
                              --desired-weights-and-capacities '[{\"VariantName\":\"AllTraffic\",\
                              \"ServerlessUpdateConfig\":{\"MaxConcurrency\":20,\"ProvisionedConcurrency\":2}}]' \
                              --region us-east-1",
            }),
            vec![describe("embeddings")],
        ),
        (
            copies("recsys-ranker", json!({"atMost": 0})),
            json!({
                "target": "sagemaker:inference-component/recsys-ranker",
                "changes": [{"field": "DesiredRuntimeConfig.CopyCount", "from": 2, "to": 0, "asked": "{\"atMost\":0}"}],
                "wouldCall": "aws sagemaker update-inference-component-runtime-config --inference-component-name \
                              recsys-ranker --desired-runtime-config CopyCount=0 --region us-east-1",
            }),
            vec![describe_component("recsys-ranker")],
        ),
        (
            provisioned("checkout", "live", 8),
            json!({
                "target": "lambda:function:checkout:live",
                "changes": [{"field": "ProvisionedConcurrentExecutions", "from": 5, "to": 8}],
                "wouldCall": "aws lambda put-provisioned-concurrency-config --function-name checkout --qualifier live \
                              --provisioned-concurrent-executions 8 --region us-east-1",
            }),
            read("checkout", "live"),
        ),
        (
            unprovisioned("search", "prod"),
            json!({
                "target": "lambda:function:search:prod",
                "changes": [{"field": "ProvisionedConcurrentExecutions", "from": 10, "to": 0}],
                "wouldCall": "aws lambda delete-provisioned-concurrency-config --function-name search --qualifier prod \
                              --region us-east-1",
            }),
            read("search", "prod"),
        ),
        (
            throughput(json!({
                "provisionedModelId": "support-bot",
                "desiredProvisionedModelName": "assistant",
                "desiredModelId": V2,
            })),
            json!({
                "target": "bedrock:provisioned-model/support-bot",
                "changes": [
                    {"field": "desiredProvisionedModelName", "from": "support-bot", "to": "assistant"},
                    {"field": "desiredModelId", "from": V1, "to": V2},
                ],
                "wouldCall": format!(
                    "aws bedrock update-provisioned-model-throughput --provisioned-model-id \
                     arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456 \
                     --desired-provisioned-model-name assistant --desired-model-id {V2} --region us-east-1"
                ),
            }),
            vec!["GET /provisioned-model-throughput/support-bot -> 200".to_owned()],
        ),
    ];
    for (payload, plan, calls) in table {
        let world = World::new().await;
        let before = world.sandbox.state();
        let report = world.report(planned(payload)).await;
        assert_eq!(report.answer, Ok(json!({"plan": plan})));
        assert_eq!(report.decisions[0].outcome_name(), "planned");
        assert_eq!(world.calls(), calls);
        assert_eq!(world.sandbox.state(), before);
    }
}

#[tokio::test]
async fn a_plan_of_nothing_has_no_changes_and_no_command() {
    let table = [
        (instances("recsys", "AllTraffic", 2), "sagemaker:endpoint/recsys/variant/AllTraffic"),
        (provisioned("checkout", "live", json!({"atLeast": 4})), "lambda:function:checkout:live"),
        (unprovisioned("checkout", "BLUE"), "lambda:function:checkout:BLUE"),
        (
            throughput(json!({"provisionedModelId": "support-bot", "desiredModelId": V1})),
            "bedrock:provisioned-model/support-bot",
        ),
    ];
    for (payload, target) in table {
        let world = World::new().await;
        assert_eq!(
            world.answer(planned(payload)).await,
            json!({"plan": {"target": target, "changes": [], "wouldCall": null}})
        );
    }
}

#[tokio::test]
async fn a_plan_that_a_guardrail_stands_against_is_refused_as_the_write_would_be() {
    for payload in [instances("recsys", "AllTraffic", 600), planned(instances("recsys", "AllTraffic", 600))] {
        let rule = json!({"target": "sagemaker:endpoint/*", "max": 20});
        let world = World::configured(json!({"guardrails": {"targets": [rule]}})).await;
        assert_eq!(
            world.answer(payload).await,
            json!({
                "errorType": "GuardrailViolation",
                "errorMessage": "sagemaker:endpoint/recsys/variant/AllTraffic: DesiredInstanceCount 2 -> 600 is refused: \
                                 guardrails.targets[0] (sagemaker:endpoint/*) sets max 20; nothing was written",
            })
        );
        assert_eq!(world.calls(), [describe("recsys")]);
    }
}

#[tokio::test]
async fn a_plan_refuses_what_the_read_shows_to_be_wrong() {
    let world = World::new().await;
    let variant = world.answer(planned(instances("recsys", "blue", 3))).await;
    assert_eq!(variant["errorType"], "InvalidAction");
    let endpoint = world.answer(planned(instances("nowhere", "AllTraffic", 3))).await;
    assert_eq!(endpoint["errorType"], "ValidationException");
    assert_eq!(world.calls(), [describe("recsys"), describe("nowhere").replace("200", "400")]);
}

#[tokio::test]
async fn a_plan_of_a_late_event_is_refused() {
    let world = World::new().await;
    let answer = world.answer(at("2026-11-20T10:00:00Z", planned(instances("recsys", "AllTraffic", 3)))).await;
    assert_eq!(answer["errorType"], "EventExpired");
    assert_eq!(world.calls(), [""; 0]);
}

#[tokio::test]
async fn a_plan_does_not_wait_for_a_busy_target_nor_for_anything() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.start_updating(Change::ending_after(Pace::Reads(9))));
    let settings = json!({"mode": "plan", "waitFor": "settled"});
    for (count, changes) in [(6, 1), (2, 0)] {
        let answer = world.answer(with(instances("recsys", "AllTraffic", count), settings.clone())).await;
        assert_eq!(answer["plan"]["changes"].as_array().unwrap().len(), changes);
        assert_eq!(world.calls(), [describe("recsys")]);
    }
    assert!(world.waited().is_zero());
}

#[tokio::test]
async fn a_plan_for_an_endpoint_without_variants_yet_says_so() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.status = EndpointStatus::Creating);
    assert_eq!(
        world.answer(planned(instances("recsys", "AllTraffic", 3))).await,
        json!({
            "errorType": "InvalidAction",
            "errorMessage": "input.DesiredWeightsAndCapacities[0].VariantName: the endpoint (Creating) has no variants yet",
        })
    );
    assert_eq!(world.calls(), [describe("recsys")]);
}

#[tokio::test]
async fn a_plan_of_a_superseded_event_has_no_changes() {
    let world = World::new().await;
    let event = at("2026-11-20T21:59:59Z", instances("recsys", "AllTraffic", json!({"add": 2})));
    world.report(event.clone()).await;
    world.calls();
    let event = with(event, json!({"detail": planned(instances("recsys", "AllTraffic", json!({"add": 2})))}));
    assert_eq!(
        world.answer(event).await,
        json!({"plan": {
            "target": "sagemaker:endpoint/recsys/variant/AllTraffic",
            "changes": [],
            "wouldCall": null,
        }})
    );
    assert_eq!(world.calls(), [describe("recsys")]);
}

#[tokio::test]
async fn a_batch_is_planned_action_by_action() {
    let world = World::new().await;
    let before = world.sandbox.state();
    let actions = json!([instances("recsys", "AllTraffic", 3), provisioned("checkout", "live", 5)]);
    let answer = world.answer(json!({"mode": "plan", "actions": actions})).await;
    assert_eq!(
        answer,
        json!({"results": [
            {
                "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
                "target": "sagemaker:endpoint/recsys/variant/AllTraffic",
                "outcome": "planned",
                "output": {"plan": {
                    "target": "sagemaker:endpoint/recsys/variant/AllTraffic",
                    "changes": [{"field": "DesiredInstanceCount", "from": 2, "to": 3}],
                    "wouldCall": "aws sagemaker update-endpoint-weights-and-capacities --endpoint-name recsys \
                                  --desired-weights-and-capacities \
                                  '[{\"VariantName\":\"AllTraffic\",\"DesiredInstanceCount\":3}]' --region us-east-1",
                }},
            },
            {
                "action": "lambda:PutProvisionedConcurrencyConfig",
                "target": "lambda:function:checkout:live",
                "outcome": "planned",
                "output": {"plan": {"target": "lambda:function:checkout:live", "changes": [], "wouldCall": null}},
            },
        ]})
    );
    assert_eq!(world.sorted_calls(), [get_provisioned("checkout", "live"), describe("recsys")]);
    assert_eq!(world.sandbox.state(), before);
}
