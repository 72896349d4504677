//! `sagemaker:UpdateEndpointWeightsAndCapacities` on the wire.

use serde_json::json;

use crate::support::{World, endpoint_arn, instances, weights_and_capacities};

#[tokio::test]
async fn an_instance_count_is_read_then_written_and_answered_with_the_arn() {
    let world = World::new().await;
    let payload = json!({"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "input": {
        "EndpointName": "recsys",
        "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredInstanceCount": 6}],
    }});
    assert_eq!(
        world.answer(payload).await,
        json!({"EndpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys"})
    );
    assert_eq!(
        world.calls(),
        [
            "POST / DescribeEndpoint {\"EndpointName\":\"recsys\"} -> 200",
            "POST / UpdateEndpointWeightsAndCapacities {\"EndpointName\":\"recsys\",\"DesiredWeightsAndCapacities\":\
             [{\"VariantName\":\"AllTraffic\",\"DesiredInstanceCount\":6}]} -> 200",
        ]
    );
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(6));
}

#[tokio::test]
async fn boto3s_name_of_the_action_leads_to_the_same_conversation() {
    let world = World::new().await;
    let payload = json!({"action": "update_endpoint_weights_and_capacities", "input": {
        "EndpointName": "recsys",
        "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredInstanceCount": 6}],
    }});
    assert_eq!(world.answer(payload).await, endpoint_arn("recsys"));
    assert_eq!(
        world.calls(),
        [
            "POST / DescribeEndpoint {\"EndpointName\":\"recsys\"} -> 200",
            "POST / UpdateEndpointWeightsAndCapacities {\"EndpointName\":\"recsys\",\"DesiredWeightsAndCapacities\":\
             [{\"VariantName\":\"AllTraffic\",\"DesiredInstanceCount\":6}]} -> 200",
        ]
    );
}

#[tokio::test]
async fn a_count_that_is_there_already_is_answered_from_the_read() {
    let world = World::new().await;
    let before = world.sandbox.state();
    assert_eq!(world.answer(instances("recsys", "AllTraffic", 2)).await, endpoint_arn("recsys"));
    assert_eq!(world.calls(), ["POST / DescribeEndpoint {\"EndpointName\":\"recsys\"} -> 200"]);
    assert_eq!(world.sandbox.state(), before);
}

#[tokio::test]
async fn the_weights_of_several_variants_go_in_one_call_in_their_shortest_digits() {
    let world = World::new().await;
    let payload = weights_and_capacities(
        "ranking",
        json!([{"VariantName": "blue", "DesiredWeight": 0.7}, {"VariantName": "green", "DesiredWeight": 0.3}]),
    );
    assert_eq!(world.answer(payload).await, endpoint_arn("ranking"));
    assert_eq!(
        world.calls(),
        [
            "POST / DescribeEndpoint {\"EndpointName\":\"ranking\"} -> 200",
            "POST / UpdateEndpointWeightsAndCapacities {\"EndpointName\":\"ranking\",\"DesiredWeightsAndCapacities\":\
             [{\"VariantName\":\"blue\",\"DesiredWeight\":0.7},{\"VariantName\":\"green\",\"DesiredWeight\":0.3}]} -> 200",
        ]
    );
}

#[tokio::test]
async fn only_what_differs_is_sent() {
    let world = World::new().await;
    let payload = weights_and_capacities(
        "ranking",
        json!([
            {"VariantName": "blue", "DesiredWeight": 0.9, "DesiredInstanceCount": 3},
            {"VariantName": "green", "DesiredWeight": 0.1, "DesiredInstanceCount": 2},
        ]),
    );
    assert_eq!(world.answer(payload).await, endpoint_arn("ranking"));
    assert_eq!(
        world.calls(),
        [
            "POST / DescribeEndpoint {\"EndpointName\":\"ranking\"} -> 200",
            "POST / UpdateEndpointWeightsAndCapacities {\"EndpointName\":\"ranking\",\"DesiredWeightsAndCapacities\":\
             [{\"VariantName\":\"green\",\"DesiredInstanceCount\":2}]} -> 200",
        ]
    );
}

#[tokio::test]
async fn a_weight_that_differs_by_no_more_than_an_f32_loses_is_not_written() {
    let world = World::new().await;
    world.sandbox.edit_endpoint("ranking", |endpoint| {
        endpoint.variants[0].current.weight = 0.9_f32.next_up();
        endpoint.variants[1].current.weight = 0.1_f32.next_down();
    });
    let payload = weights_and_capacities(
        "ranking",
        json!([{"VariantName": "blue", "DesiredWeight": 0.9}, {"VariantName": "green", "DesiredWeight": 0.1}]),
    );
    assert_eq!(world.answer(payload).await, endpoint_arn("ranking"));
    assert_eq!(world.calls(), ["POST / DescribeEndpoint {\"EndpointName\":\"ranking\"} -> 200"]);
}

#[tokio::test]
async fn a_weight_that_differs_by_a_thousandth_is_written() {
    let world = World::new().await;
    let payload = weights_and_capacities("ranking", json!([{"VariantName": "green", "DesiredWeight": 0.1001}]));
    assert_eq!(world.answer(payload).await, endpoint_arn("ranking"));
    assert_eq!(
        world.calls(),
        [
            "POST / DescribeEndpoint {\"EndpointName\":\"ranking\"} -> 200",
            "POST / UpdateEndpointWeightsAndCapacities {\"EndpointName\":\"ranking\",\"DesiredWeightsAndCapacities\":\
             [{\"VariantName\":\"green\",\"DesiredWeight\":0.1001}]} -> 200",
        ]
    );
}

#[tokio::test]
async fn a_weight_of_zero_is_sent_as_zero() {
    let world = World::new().await;
    let payload = weights_and_capacities("ranking", json!([{"VariantName": "green", "DesiredWeight": 0}]));
    assert_eq!(world.answer(payload).await, endpoint_arn("ranking"));
    assert_eq!(
        world.calls(),
        [
            "POST / DescribeEndpoint {\"EndpointName\":\"ranking\"} -> 200",
            "POST / UpdateEndpointWeightsAndCapacities {\"EndpointName\":\"ranking\",\"DesiredWeightsAndCapacities\":\
             [{\"VariantName\":\"green\",\"DesiredWeight\":0.0}]} -> 200",
        ]
    );
}

#[tokio::test]
async fn serverless_concurrency_goes_as_a_serverless_update_config() {
    let world = World::new().await;
    let config = json!({"MaxConcurrency": 20, "ProvisionedConcurrency": 5});
    let payload =
        weights_and_capacities("embeddings", json!([{"VariantName": "AllTraffic", "ServerlessUpdateConfig": config}]));
    assert_eq!(world.answer(payload.clone()).await, endpoint_arn("embeddings"));
    assert_eq!(
        world.calls(),
        [
            "POST / DescribeEndpoint {\"EndpointName\":\"embeddings\"} -> 200",
            "POST / UpdateEndpointWeightsAndCapacities {\"EndpointName\":\"embeddings\",\"DesiredWeightsAndCapacities\":\
             [{\"VariantName\":\"AllTraffic\",\"ServerlessUpdateConfig\":\
             {\"MaxConcurrency\":20,\"ProvisionedConcurrency\":5}}]} -> 200",
        ]
    );
    assert_eq!(world.answer(payload).await, endpoint_arn("embeddings"));
    assert_eq!(world.calls(), ["POST / DescribeEndpoint {\"EndpointName\":\"embeddings\"} -> 200"]);
}

#[tokio::test]
async fn a_variant_is_told_by_the_read_to_be_serverless_or_not() {
    let world = World::new().await;
    assert_eq!(
        world.answer(instances("embeddings", "AllTraffic", 2)).await,
        json!({
            "errorType": "InvalidAction",
            "errorMessage": "input.DesiredWeightsAndCapacities[0].DesiredInstanceCount: the variant is serverless and \
                             has no instances; write ServerlessUpdateConfig instead",
        })
    );
    let config = json!([{"VariantName": "AllTraffic", "ServerlessUpdateConfig": {"MaxConcurrency": 5}}]);
    assert_eq!(
        world.answer(weights_and_capacities("recsys", config)).await,
        json!({
            "errorType": "InvalidAction",
            "errorMessage": "input.DesiredWeightsAndCapacities[0].ServerlessUpdateConfig: the variant runs on \
                             instances; write DesiredInstanceCount instead",
        })
    );
    assert_eq!(
        world.calls(),
        [
            "POST / DescribeEndpoint {\"EndpointName\":\"embeddings\"} -> 200",
            "POST / DescribeEndpoint {\"EndpointName\":\"recsys\"} -> 200",
        ]
    );
}

#[tokio::test]
async fn provisioned_concurrency_above_the_present_maximum_is_refused_after_the_read() {
    let world = World::new().await;
    let config = json!([{"VariantName": "AllTraffic", "ServerlessUpdateConfig": {"ProvisionedConcurrency": 11}}]);
    assert_eq!(
        world.answer(weights_and_capacities("embeddings", config)).await,
        json!({
            "errorType": "InvalidAction",
            "errorMessage": "input.DesiredWeightsAndCapacities[0].ServerlessUpdateConfig.ProvisionedConcurrency: is \
                             11, above MaxConcurrency, which is 10",
        })
    );
    assert_eq!(world.calls(), ["POST / DescribeEndpoint {\"EndpointName\":\"embeddings\"} -> 200"]);
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_aws_answer_and_no_write() {
    let world = World::new().await;
    assert_eq!(
        world.answer(instances("nowhere", "AllTraffic", 6)).await,
        json!({
            "errorType": "ValidationException",
            "errorMessage": "DescribeEndpoint was refused: ValidationException: Could not find endpoint \
                             \"arn:aws:sagemaker:us-east-1:123456789012:endpoint/nowhere\". Check the name, the Region \
                             and the account. To look at it: aws sagemaker describe-endpoint --endpoint-name \
                             nowhere --region us-east-1",
        })
    );
    assert_eq!(world.calls(), ["POST / DescribeEndpoint {\"EndpointName\":\"nowhere\"} -> 400"]);
}

#[tokio::test]
async fn a_variant_that_is_not_there_is_refused_with_those_that_are() {
    let world = World::new().await;
    assert_eq!(
        world.answer(instances("ranking", "red", 6)).await,
        json!({
            "errorType": "InvalidAction",
            "errorMessage": "input.DesiredWeightsAndCapacities[0].VariantName: the endpoint has no such variant; it \
                             has `blue`, `green`",
        })
    );
    assert_eq!(world.calls(), ["POST / DescribeEndpoint {\"EndpointName\":\"ranking\"} -> 200"]);
}

#[tokio::test]
async fn a_quota_is_answered_with_aws_sentence_and_the_command_that_finishes_the_job() {
    let world = World::new().await;
    world.sandbox.edit(|seed| seed.home().limits.endpoint_instances.insert("ml.g5.xlarge".to_owned(), 7));
    assert_eq!(
        world.answer(instances("recsys", "AllTraffic", 6)).await,
        json!({
            "errorType": "ResourceLimitExceeded",
            "errorMessage": "UpdateEndpointWeightsAndCapacities was refused: ResourceLimitExceeded: The account-level \
                             service limit 'ml.g5.xlarge for endpoint usage' is 7 Instances, with current utilization \
                             of 6 Instances and a request delta of 4 Instances. Please use AWS Service Quotas to \
                             request an increase for this quota. Ask for less, or for a higher limit in Service \
                             Quotas. To finish by hand: aws sagemaker update-endpoint-weights-and-capacities \
                             --endpoint-name recsys --desired-weights-and-capacities \
                             '[{\"VariantName\":\"AllTraffic\",\"DesiredInstanceCount\":6}]' --region us-east-1",
        })
    );
    assert_eq!(
        world.calls(),
        [
            "POST / DescribeEndpoint {\"EndpointName\":\"recsys\"} -> 200",
            "POST / UpdateEndpointWeightsAndCapacities {\"EndpointName\":\"recsys\",\"DesiredWeightsAndCapacities\":\
             [{\"VariantName\":\"AllTraffic\",\"DesiredInstanceCount\":6}]} -> 400",
        ]
    );
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(2));
}

#[tokio::test]
async fn zero_instances_are_for_aws_to_judge() {
    let world = World::new().await;
    let answer = world.answer(instances("recsys", "AllTraffic", 0)).await;
    assert_eq!(answer["errorType"], "ValidationException");
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.variants[0].can_scale_to_zero = true);
    assert_eq!(world.answer(instances("recsys", "AllTraffic", 0)).await, endpoint_arn("recsys"));
    let zero = "POST / UpdateEndpointWeightsAndCapacities {\"EndpointName\":\"recsys\",\"DesiredWeightsAndCapacities\":\
                [{\"VariantName\":\"AllTraffic\",\"DesiredInstanceCount\":0}]}";
    assert_eq!(
        world.calls(),
        [
            "POST / DescribeEndpoint {\"EndpointName\":\"recsys\"} -> 200".to_owned(),
            format!("{zero} -> 400"),
            "POST / DescribeEndpoint {\"EndpointName\":\"recsys\"} -> 200".to_owned(),
            format!("{zero} -> 200"),
        ]
    );
}
