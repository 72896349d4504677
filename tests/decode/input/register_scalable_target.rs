//! `application-autoscaling:RegisterScalableTarget`: its documented constraints.

use serde_json::{Value, json};

use super::{COUNT, answer_to, check, with};

const TARGET: &str = "accepted: application-autoscaling:ecs:service:DesiredCount/service/prod/web";

fn input() -> Value {
    json!({"ServiceNamespace": "ecs", "ResourceId": "service/prod/web", "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 2})
}

fn answer(input: Value) -> String {
    answer_to("application-autoscaling:RegisterScalableTarget", input)
}

fn answer_with(path: &str, member: impl Into<Value>) -> String {
    answer(with(input(), path, member))
}

#[test]
fn a_target_is_a_resource_in_one_of_its_dimensions() {
    check([(answer(input()), TARGET)]);
    let of = |namespace: &str, resource: &str, dimension: &str| json!({"ServiceNamespace": namespace, "ResourceId": resource, "ScalableDimension": dimension, "MaxCapacity": 9});
    let comprehend = "arn:aws:comprehend:us-west-2:123456789012:document-classifier-endpoint/EXAMPLE";
    let classifier = "comprehend:document-classifier-endpoint:DesiredInferenceUnits";
    for (namespace, resource, dimension) in [
        ("dynamodb", "table/orders/index/by-day", "dynamodb:index:ReadCapacityUnits"),
        ("lambda", "function:checkout:live", "lambda:function:ProvisionedConcurrency"),
        ("comprehend", comprehend, classifier),
        // One that AWS may have by then.
        ("quantum", "processor/q-1", "quantum:processor:Qubits"),
    ] {
        let accepted = format!("accepted: application-autoscaling:{dimension}/{resource}");
        check([(answer(of(namespace, resource, dimension)), accepted)]);
    }
    check([
        (
            answer(of("ecs", "service/prod/web", "ecs:service:desiredCount")),
            "input.ScalableDimension: is not a scalable dimension; did you mean `ecs:service:DesiredCount`?",
        ),
        (
            answer(of("ecs", "service/prod/web", "tasks")),
            "input.ScalableDimension: must be NAMESPACE:TYPE:PROPERTY, such as `ecs:service:DesiredCount`",
        ),
        (
            answer(of("lambda", "service/prod/web", "ecs:service:DesiredCount")),
            "input.ScalableDimension: is of `ecs`, and ServiceNamespace is `lambda`",
        ),
        (
            answer_with("/ServiceNamespace", "ECS"),
            "input.ServiceNamespace: must be a service's namespace in lower case, such as `ecs`",
        ),
        (
            answer_with("/ResourceId", "service/prod web"),
            "input.ResourceId: must be 1 to 1600 letters, digits and -_./:$%+=@~,#, such as `service/prod/web`",
        ),
    ]);
}

#[test]
fn bounds_are_zero_or_more_or_targets() {
    let counts = [json!(0), json!({"atLeast": 4}), json!({"add": 2, "max": 20}), json!({"percent": -50})];
    check(counts.map(|count| (answer_with("/MaxCapacity", count), TARGET)));
    let table = [
        (json!(-1), ": is -1, but AWS accepts 0 or more".to_owned()),
        (json!(2_147_483_648_u32), ": is 2147483648, but AWS accepts 2147483647 at most".to_owned()),
        (json!("2"), format!(": {COUNT}, but is a string")),
    ];
    check(table.map(|(count, expected)| (answer_with("/MinCapacity", count), format!("input.MinCapacity{expected}"))));
}

#[test]
fn something_is_asked_for_and_nothing_of_the_first_registration() {
    check([
        (
            answer_with("/MinCapacity", Value::Null),
            "input: asks for nothing; give MinCapacity, MaxCapacity or SuspendedState",
        ),
        (answer_with("/SuspendedState", json!({"ScheduledScalingSuspended": true})), TARGET),
        (
            answer_with("/SuspendedState", json!({})),
            "input.SuspendedState: asks for nothing; give DynamicScalingInSuspended, DynamicScalingOutSuspended or \
             ScheduledScalingSuspended",
        ),
        (
            answer_with("/SuspendedState", json!({"ScheduledScalingSuspended": "yes"})),
            "input.SuspendedState.ScheduledScalingSuspended: must be a boolean, but is a string",
        ),
        (
            answer_with("/RoleARN", "arn:aws:iam::123456789012:role/r"),
            "input.RoleARN: is set where a target is registered first, which this does not do; remove it",
        ),
        (
            answer_with("/DesiredCapacity", 3),
            "input.DesiredCapacity: there is no such member; valid here: `ServiceNamespace`, `ResourceId`, `ScalableDimension`, \
             `MinCapacity`, `MaxCapacity`, `SuspendedState`",
        ),
    ]);
}
