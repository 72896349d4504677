//! The commands of the AWS CLI that documents name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::commands::words;
use crate::document::set;
use crate::setpoint::invoke;

/// AWS CLI commands that no action makes, with the options used of each.
const OTHER_AWS_COMMANDS: &[(&str, &[&str])] = &[
    ("application-autoscaling describe-scalable-targets", &["--service-namespace"]),
    (
        "application-autoscaling register-scalable-target",
        &["--service-namespace", "--resource-id", "--scalable-dimension", "--min-capacity", "--max-capacity"],
    ),
    ("bedrock list-provisioned-model-throughputs", &[]),
    ("cloudformation deploy", &["--template-file", "--stack-name", "--capabilities"]),
    ("cloudformation describe-stacks", &["--stack-name"]),
    (
        "cloudwatch put-metric-alarm",
        &[
            "--alarm-name",
            "--namespace",
            "--metric-name",
            "--statistic",
            "--period",
            "--evaluation-periods",
            "--dimensions",
            "--comparison-operator",
            "--threshold",
            "--alarm-actions",
            "--ok-actions",
            "--insufficient-data-actions",
        ],
    ),
    ("cloudwatch set-alarm-state", &["--alarm-name", "--state-value", "--state-reason"]),
    ("lambda delete-function-concurrency", &["--function-name"]),
    ("lambda get-account-settings", &[]),
    ("lambda get-alias", &["--function-name", "--name"]),
    ("lambda invoke", &["--function-name", "--cli-binary-format", "--payload"]),
    ("lambda list-aliases", &["--function-name"]),
    ("lambda list-provisioned-concurrency-configs", &["--function-name"]),
    ("lambda list-versions-by-function", &["--function-name"]),
    ("lambda put-function-concurrency", &["--function-name", "--reserved-concurrent-executions"]),
    ("lambda update-alias", &["--function-name", "--name", "--function-version"]),
    (
        "logs filter-log-events",
        &["--log-group-name", "--log-stream-names", "--filter-pattern", "--start-time", "--end-time"],
    ),
    ("logs tail", &[]),
    ("sagemaker list-endpoints", &["--status-equals"]),
    ("sagemaker list-inference-components", &[]),
    ("scheduler create-schedule", &["--cli-input-json"]),
    ("service-quotas list-service-quotas", &["--service-code"]),
    ("sqs delete-message", &["--queue-url", "--receipt-handle"]),
    ("sqs get-queue-attributes", &["--queue-url", "--attribute-names"]),
    ("sqs receive-message", &["--queue-url"]),
    ("sqs start-message-move-task", &["--source-arn"]),
    ("stepfunctions start-execution", &["--state-machine-arn", "--input"]),
    ("stepfunctions stop-execution", &["--execution-arn"]),
];

/// The AWS CLI commands that the function itself names, with all their options: from its plans and its errors.
fn named_aws_commands() -> BTreeMap<String, BTreeSet<String>> {
    let endpoint = |name: &str| {
        json!({"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "input": {"EndpointName": name,
            "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredInstanceCount": 3}]}})
    };
    let put = |name: &str| {
        json!({"action": "lambda:PutProvisionedConcurrencyConfig",
            "input": {"FunctionName": name, "Qualifier": "live", "ProvisionedConcurrentExecutions": 6}})
    };
    let delete = json!({"action": "lambda:DeleteProvisionedConcurrencyConfig",
        "input": {"FunctionName": "checkout", "Qualifier": "live"}});
    let update = |name: &str| {
        json!({"action": "bedrock:UpdateProvisionedModelThroughput", "input": {"provisionedModelId": name,
            "desiredProvisionedModelName": "new", "desiredModelId":
            "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2"}})
    };
    let copies = |name: &str| {
        json!({"action": "sagemaker:UpdateInferenceComponentRuntimeConfig",
            "input": {"InferenceComponentName": name, "DesiredRuntimeConfig": {"CopyCount": 0}}})
    };
    let deploy = |name: &str| {
        json!({"action": "bedrock:UpdateCustomModelDeployment", "input": {"customModelDeploymentIdentifier": name,
            "modelArn":
            "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2"}})
    };
    let scale = |name: &str| {
        json!({"action": "lambda:PutFunctionScalingConfig", "input": {"FunctionName": name,
            "Qualifier": "$LATEST.PUBLISHED", "FunctionScalingConfig": {"MaxExecutionEnvironments": 20}}})
    };
    let mut commands = BTreeMap::new();
    let mut add = |command: &str| {
        let words = words(command);
        let options = words.iter().filter(|word| word.starts_with("--")).cloned().collect();
        commands.insert(format!("{} {}", words[1], words[2]), options);
    };
    let planned = [
        endpoint("recsys"),
        copies("recsys-ranker"),
        put("checkout"),
        delete,
        update("support-bot"),
        deploy("support-chat"),
        scale("thumbnails"),
        json!({"action": "bedrock:DeleteProvisionedModelThroughput", "input": {"provisionedModelId": "support-bot"}}),
    ];
    for mut payload in planned {
        payload["mode"] = json!("plan");
        let answer: Value = serde_json::from_str(&invoke(&payload.to_string(), None).stdout).unwrap();
        add(answer["plan"]["wouldCall"].as_str().unwrap());
    }
    for payload in
        [endpoint("missing"), copies("missing"), put("missing"), update("missing"), deploy("missing"), scale("missing")]
    {
        let answer: Value = serde_json::from_str(&invoke(&payload.to_string(), None).stdout).unwrap();
        add(answer["errorMessage"]
            .as_str()
            .unwrap()
            .split_once("To look at it")
            .unwrap()
            .1
            .split_once(": ")
            .unwrap()
            .1);
    }
    commands
}

/// Checks an AWS CLI command by its service and operation, such as `lambda invoke`.
pub(crate) fn check(name: &str, rest: &[&str], place: &str) {
    let used = set(rest.iter().copied().filter(|word| word.starts_with("--")));
    let known: BTreeSet<String> = match named_aws_commands().remove(name) {
        Some(options) => options,
        None => {
            let other = OTHER_AWS_COMMANDS.iter().find(|(other, _)| *other == name);
            let (_, options) = other.unwrap_or_else(|| panic!("{place}: nothing here knows aws {name}"));
            set(options.iter().copied())
        }
    };
    let known = known.into_iter().chain(["--region", "--query", "--output"].map(str::to_owned)).collect();
    assert!(used.is_subset(&known), "{place}: aws {name} has not all of {used:?}");
}
