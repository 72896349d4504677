//! Application Auto Scaling's answers, and what the bounds are afterwards.

use serde_json::{Value, json};
use setpoint_sandbox::Sandbox;

use crate::client::{self, example};

const WEB: &str = "ecs:service:DesiredCount/service/prod/web";

async fn call(sandbox: &Sandbox, operation: &str, body: Value) -> (u16, Value) {
    let target = format!("AnyScaleFrontendService.{operation}");
    client::call(sandbox, ("application-autoscaling", "1.1"), &target, &body).await
}

fn web(other: Value) -> Value {
    let mut body = json!({"ServiceNamespace": "ecs", "ResourceId": "service/prod/web",
        "ScalableDimension": "ecs:service:DesiredCount"});
    body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    body
}

fn state(sandbox: &Sandbox) -> Value {
    sandbox.state()["accounts"]["123456789012"]["us-east-1"]["scalableTargets"].clone()
}

#[tokio::test]
async fn a_registered_target_is_changed_in_what_is_named() {
    let sandbox = example().await;
    let (status, registered) = call(&sandbox, "RegisterScalableTarget", web(json!({"MaxCapacity": 12}))).await;
    assert_eq!(status, 200);
    let (_, described) = call(&sandbox, "DescribeScalableTargets", json!({"ServiceNamespace": "ecs"})).await;
    let expected = json!({"ScalableTargets": [{
        "ServiceNamespace": "ecs", "ResourceId": "service/prod/web", "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 2, "MaxCapacity": 12, "CreationTime": 1_740_823_200.0,
        "RoleARN": "arn:aws:iam::123456789012:role/aws-service-role/ecs.application-autoscaling.amazonaws.com",
        "SuspendedState": {"DynamicScalingInSuspended": false, "DynamicScalingOutSuspended": false,
            "ScheduledScalingSuspended": false},
        "ScalableTargetARN": registered["ScalableTargetARN"],
    }]});
    assert_eq!(described, expected);
    call(&sandbox, "RegisterScalableTarget", web(json!({"SuspendedState": {"ScheduledScalingSuspended": true}}))).await;
    assert_eq!(state(&sandbox)[WEB]["suspended"]["scheduledScaling"], true);
}

#[tokio::test]
async fn targets_are_listed_by_service_page_by_page() {
    let sandbox = example().await;
    for index in 0..3 {
        let body = json!({"ServiceNamespace": "dynamodb", "ResourceId": format!("table/t-{index}"),
            "ScalableDimension": "dynamodb:table:ReadCapacityUnits", "MinCapacity": 1, "MaxCapacity": 2});
        assert_eq!(call(&sandbox, "RegisterScalableTarget", body).await.0, 200);
    }
    let (mut names, mut token) = (Vec::new(), Value::Null);
    loop {
        let body = json!({"ServiceNamespace": "dynamodb", "MaxResults": 2, "NextToken": token});
        let (_, page) = call(&sandbox, "DescribeScalableTargets", body).await;
        let targets = page["ScalableTargets"].as_array().unwrap().clone();
        names.extend(targets.iter().map(|target| target["ResourceId"].as_str().unwrap().to_owned()));
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(names, ["table/t-0", "table/t-1", "table/t-2"]);
}

#[tokio::test]
async fn what_contradicts_itself_is_refused_and_changes_nothing() {
    let sandbox = example().await;
    let before = state(&sandbox);
    let other = json!({"ResourceId": "service/prod/other", "MinCapacity": 1});
    for body in [web(json!({"MinCapacity": 11})), web(json!({"ServiceNamespace": "lambda"})), web(other)] {
        let (status, answer) = call(&sandbox, "RegisterScalableTarget", body).await;
        assert_eq!((status, &answer["__type"]), (400, &json!("ValidationException")), "{answer}");
    }
    assert_eq!(state(&sandbox), before);
}
