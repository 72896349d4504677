//! The example events, run.

use serde_json::{Value, json};
use setpoint_sandbox::Seed;

use crate::support::{World, answer, endpoint_arn, events, events_config};

#[tokio::test]
async fn every_example_event_is_answered_as_documented_one_after_another_in_one_process() {
    let world = World::configured(events_config()).await;
    let mut expected: Vec<(&str, Value, &[&str])> = expected();
    expected.sort_by_key(|(name, ..)| *name);
    let events = events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.trim_end_matches(".json")).collect();
    assert_eq!(names, expected.iter().map(|(name, ..)| *name).collect::<Vec<_>>());
    for ((_, event), (name, documented, writes)) in events.into_iter().zip(expected) {
        world.sandbox.edit(|seed| *seed = Seed::example());
        assert_eq!(answer(&world.report(event).await), documented, "{name}");
        let mut written: Vec<String> =
            world.sandbox.transcript().into_iter().map(|call| call.operation).filter(|name| is_write(name)).collect();
        written.sort();
        assert_eq!(written, writes, "{name}");
        world.calls();
    }
}

fn is_write(operation: &str) -> bool {
    ["Update", "Put", "Delete"].iter().any(|verb| operation.starts_with(verb))
}

const UPDATE: &[&str] = &["UpdateEndpointWeightsAndCapacities"];
const PUT: &[&str] = &["PutProvisionedConcurrencyConfig"];
const DELETE: &[&str] = &["DeleteProvisionedConcurrencyConfig"];
const THROUGHPUT: &[&str] = &["UpdateProvisionedModelThroughput"];

/// Every example event with its answer and the writes it leads to.
fn expected() -> Vec<(&'static str, Value, &'static [&'static str])> {
    let arn = endpoint_arn;
    let nothing = || json!({});
    let done = || json!({"batchItemFailures": []});
    vec![
        ("batch-fifo-queue.sqs", done(), &["PutProvisionedConcurrencyConfig", "UpdateEndpointWeightsAndCapacities"]),
        (
            "batch-launch-day.eventbridge",
            json!({"results": [
                result("sagemaker:UpdateEndpointWeightsAndCapacities", "sagemaker:endpoint/ranking/variant/blue", "accepted", arn("ranking")),
                result("sagemaker:UpdateEndpointWeightsAndCapacities", "sagemaker:endpoint/ranking/variant/green", "accepted", arn("ranking")),
                result("lambda:PutProvisionedConcurrencyConfig", "lambda:function:checkout:BLUE", "applied", ready(50, "2026-11-20T22:00:00+0000")),
                result("lambda:DeleteProvisionedConcurrencyConfig", "lambda:function:search:prod", "accepted", nothing()),
            ]}),
            &[
                "DeleteProvisionedConcurrencyConfig",
                "PutProvisionedConcurrencyConfig",
                "UpdateEndpointWeightsAndCapacities",
                "UpdateEndpointWeightsAndCapacities",
            ],
        ),
        (
            "batch-morning.schedule",
            json!({"results": [
                result("sagemaker:UpdateEndpointWeightsAndCapacities", "sagemaker:endpoint/recsys/variant/AllTraffic", "accepted", arn("recsys")),
                result("sagemaker:UpdateEndpointWeightsAndCapacities", "sagemaker:endpoint/ranking", "accepted", arn("ranking")),
                result("lambda:PutProvisionedConcurrencyConfig", "lambda:function:checkout:live", "accepted", allocating(20, 5)),
                result("lambda:PutProvisionedConcurrencyConfig", "lambda:function:search:prod", "accepted", allocating(15, 10)),
                result("bedrock:UpdateProvisionedModelThroughput", "bedrock:provisioned-model/support-bot", "accepted", nothing()),
            ]}),
            &[
                "PutProvisionedConcurrencyConfig",
                "PutProvisionedConcurrencyConfig",
                "UpdateEndpointWeightsAndCapacities",
                "UpdateEndpointWeightsAndCapacities",
                "UpdateProvisionedModelThroughput",
            ],
        ),
        (
            "batch-several-records.sqs",
            done(),
            &[
                "PutProvisionedConcurrencyConfig",
                "UpdateEndpointWeightsAndCapacities",
                "UpdateEndpointWeightsAndCapacities",
                "UpdateProvisionedModelThroughput",
            ],
        ),
        ("bedrock-rename.direct", nothing(), THROUGHPUT),
        ("bedrock-rename.sns", nothing(), THROUGHPUT),
        ("bedrock-swap-model.alarm-direct", nothing(), THROUGHPUT),
        ("bedrock-swap-model.alarm-eventbridge", nothing(), THROUGHPUT),
        ("bedrock-swap-model.alarm-sns", nothing(), THROUGHPUT),
        ("bedrock-swap-model.eventbridge", nothing(), THROUGHPUT),
        ("bedrock-swap-model.rule", nothing(), THROUGHPUT),
        ("bedrock-swap-model.schedule", nothing(), THROUGHPUT),
        ("bedrock-swap-model.sqs", done(), THROUGHPUT),
        ("lambda-add.schedule", allocating(10, 5), PUT),
        ("lambda-provisioned-concurrency-down.alarm-direct", allocating(4, 4), PUT),
        ("lambda-provisioned-concurrency-off.eventbridge", nothing(), DELETE),
        ("lambda-provisioned-concurrency-off.rule", nothing(), DELETE),
        ("lambda-provisioned-concurrency-off.schedule", nothing(), DELETE),
        ("lambda-provisioned-concurrency-recovered.alarm-sns", ready(5, "2025-03-04T09:00:00+0000"), &[]),
        ("lambda-provisioned-concurrency.alarm-eventbridge", allocating(10, 5), PUT),
        ("lambda-provisioned-concurrency.alarm-sns", allocating(10, 5), PUT),
        ("lambda-provisioned-concurrency.destination", allocating(8, 5), PUT),
        ("lambda-provisioned-concurrency.direct", allocating(3, 0), PUT),
        ("lambda-provisioned-concurrency.eventbridge", allocating(20, 5), PUT),
        ("lambda-provisioned-concurrency.schedule", allocating(100, 0), PUT),
        ("lambda-provisioned-concurrency.sns", allocating(15, 10), PUT),
        ("lambda-raw-sns-message.sqs", done(), PUT),
        ("lambda-skip-when-busy.eventbridge", allocating(8, 5), PUT),
        ("lambda-sns-message.sqs", done(), PUT),
        ("lambda-wait-until-settled.direct", ready(20, "2026-11-20T22:00:00+0000"), PUT),
        ("sagemaker-alarm-through-sns.sqs", done(), UPDATE),
        ("sagemaker-at-least.schedule", arn("recsys"), UPDATE),
        ("sagemaker-at-most.schedule", arn("ranking"), UPDATE),
        ("sagemaker-canary-share.eventbridge", arn("ranking"), UPDATE),
        ("sagemaker-eventbridge-event.sqs", done(), UPDATE),
        ("sagemaker-payload-as-text.direct", arn("recsys"), UPDATE),
        ("sagemaker-percent.eventbridge", arn("ranking"), UPDATE),
        (
            "sagemaker-plan.direct",
            json!({"plan": {
                "target": "sagemaker:endpoint/recsys/variant/AllTraffic",
                "changes": [{"field": "DesiredInstanceCount", "from": 2, "to": 8}],
                "wouldCall": "aws sagemaker update-endpoint-weights-and-capacities --endpoint-name recsys \
                              --desired-weights-and-capacities \
                              '[{\"VariantName\":\"AllTraffic\",\"DesiredInstanceCount\":8}]' --region us-east-1",
            }}),
            &[],
        ),
        ("sagemaker-region-and-role.schedule", arn("recsys"), UPDATE),
        ("sagemaker-scale-down.rule", arn("recsys"), UPDATE),
        ("sagemaker-scale-up.alarm-eventbridge", arn("recsys"), UPDATE),
        ("sagemaker-scale-up.alarm-sns", arn("recsys"), UPDATE),
        ("sagemaker-scale-up.destination", arn("recsys"), UPDATE),
        ("sagemaker-scale-up.direct", arn("recsys"), UPDATE),
        ("sagemaker-scale-up.schedule", arn("recsys"), UPDATE),
        ("sagemaker-scale-up.sqs", done(), UPDATE),
        ("sagemaker-serverless-concurrency.sns", arn("embeddings"), UPDATE),
        ("sagemaker-serverless-targets.direct", arn("embeddings"), UPDATE),
        ("sagemaker-shift-weights.eventbridge", arn("ranking"), UPDATE),
        ("sagemaker-stop-canary.alarm-direct", arn("ranking"), UPDATE),
    ]
}

fn result(action: &str, target: &str, outcome: &str, output: Value) -> Value {
    json!({"action": action, "target": target, "outcome": outcome, "output": output})
}

fn allocating(requested: u32, allocated: u32) -> Value {
    json!({
        "RequestedProvisionedConcurrentExecutions": requested,
        "AvailableProvisionedConcurrentExecutions": allocated,
        "AllocatedProvisionedConcurrentExecutions": allocated,
        "Status": "IN_PROGRESS",
        "LastModified": "2026-11-20T22:00:00+0000",
    })
}

fn ready(count: u32, last_modified: &str) -> Value {
    json!({
        "RequestedProvisionedConcurrentExecutions": count,
        "AvailableProvisionedConcurrentExecutions": count,
        "AllocatedProvisionedConcurrentExecutions": count,
        "Status": "READY",
        "LastModified": last_modified,
    })
}
