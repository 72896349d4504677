//! AWS's answers, whatever they say: what is made of them is recorded, and is no request that AWS's model does not allow.

use serde_json::Value;
use setpoint::handler::Report;
use setpoint::spelling::json::Document;

use crate::aws::Answer;
use crate::function::{self, Function, Way};
use crate::limits::within_memory;
use crate::model::{self, Call};
use crate::rewritten;

/// The first line says which request, and then each answer has a line of its own, `=== STATUS ERROR`, and its body.
///
/// # Panics
/// Something is made of the answers that none of them says.
pub fn answers(input: &[u8]) {
    let Some((event, answers)) = std::str::from_utf8(input).ok().and_then(read) else { return };
    let (report, calls) = told(event, &answers);
    for error in function::errors(&report) {
        assert_ne!(error.error_type(), "InternalError", "{error}");
    }
    assert!(calls.len() <= MOST_CALLS, "{} calls", calls.len());
    let seen = answers.iter().any(|answer| (200..300).contains(&answer.status) || answer.status == 404);
    if let Some(write) = calls.iter().find(|call| function::writes(call)) {
        assert!(seen && !function::writes(&calls[0]), "{} without a read", write.operation);
    }
    documented(&report);
    let plain = answers.iter().all(|answer| answer.status == 200);
    let Some(again) = plain.then(|| rewritten(&answers)).flatten() else { return };
    for answers in again {
        assert_eq!(told(event, &answers), (report.clone(), calls.clone()), "written otherwise: {answers:?}");
    }
}

/// What a minute has room for, with every retry.
const MOST_CALLS: usize = 200;

const REQUESTS: [&str; 16] = [
    r#"{"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "input": {"EndpointName": "e", "DesiredWeightsAndCapacities": [{"VariantName": "a", "DesiredInstanceCount": 4, "DesiredWeight": 1.5}]}}"#,
    r#"{"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "waitFor": "settled", "input": {"EndpointName": "e", "DesiredWeightsAndCapacities": [{"VariantName": "a", "DesiredWeight": {"share": 0.25}}, {"VariantName": "b", "DesiredInstanceCount": {"percent": 50, "max": 20}}]}}"#,
    r#"{"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "input": {"EndpointName": "e", "DesiredWeightsAndCapacities": [{"VariantName": "a", "ServerlessUpdateConfig": {"MaxConcurrency": {"atMost": 10}, "ProvisionedConcurrency": 2}}]}}"#,
    r#"{"action": "sagemaker:UpdateInferenceComponentRuntimeConfig", "waitFor": "settled", "input": {"InferenceComponentName": "c", "DesiredRuntimeConfig": {"CopyCount": {"add": -1, "min": 0}}}}"#,
    r#"{"action": "sagemaker:UpdateInferenceComponentRuntimeConfig", "input": {"InferenceComponentName": "c", "DesiredRuntimeConfig": {"CopyCount": {"atLeast": 3}}}}"#,
    r#"{"action": "lambda:PutProvisionedConcurrencyConfig", "waitFor": "settled", "input": {"FunctionName": "f", "Qualifier": "live", "ProvisionedConcurrentExecutions": 7}}"#,
    r#"{"action": "lambda:PutProvisionedConcurrencyConfig", "input": {"FunctionName": "f", "Qualifier": "live", "ProvisionedConcurrentExecutions": {"add": 3}}}"#,
    r#"{"action": "lambda:DeleteProvisionedConcurrencyConfig", "waitFor": "settled", "input": {"FunctionName": "f", "Qualifier": "live"}}"#,
    r#"{"action": "bedrock:UpdateProvisionedModelThroughput", "waitFor": "settled", "input": {"provisionedModelId": "p", "desiredProvisionedModelName": "q"}}"#,
    r#"{"action": "bedrock:UpdateProvisionedModelThroughput", "input": {"provisionedModelId": "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456", "desiredModelId": "my-model"}}"#,
    r#"{"action": "bedrock:UpdateProvisionedModelThroughput", "onBusy": "fail", "input": {"provisionedModelId": "p", "desiredModelId": "amazon.titan-text-express-v1:0:8k"}}"#,
    r#"{"action": "bedrock:UpdateCustomModelDeployment", "waitFor": "settled", "input": {"customModelDeploymentIdentifier": "d", "modelArn": "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdef123456"}}"#,
    r#"{"action": "lambda:PutFunctionScalingConfig", "waitFor": "settled", "input": {"FunctionName": "f", "Qualifier": "$LATEST.PUBLISHED", "FunctionScalingConfig": {"MinExecutionEnvironments": {"atLeast": 3}, "MaxExecutionEnvironments": 20}}}"#,
    r#"{"action": "application-autoscaling:RegisterScalableTarget", "waitFor": "settled", "input": {"ServiceNamespace": "ecs", "ResourceId": "service/c/s", "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": {"atLeast": 3}, "MaxCapacity": 20}}"#,
    r#"{"action": "bedrock:CreateProvisionedModelThroughput", "waitFor": "settled", "input": {"provisionedModelName": "p", "modelId": "my-model", "modelUnits": 2}}"#,
    r#"{"action": "bedrock:DeleteProvisionedModelThroughput", "waitFor": "settled", "input": {"provisionedModelId": "p"}}"#,
];

fn read(text: &str) -> Option<(&'static str, Vec<Answer>)> {
    let mut parts = text.split("\n=== ");
    let number: usize = parts.next()?.trim().parse().ok()?;
    let answers: Vec<Answer> = parts.take(8).filter_map(answer).collect();
    (!answers.is_empty()).then_some((REQUESTS[number % REQUESTS.len()], answers))
}

fn answer(part: &str) -> Option<Answer> {
    let (head, body) = part.split_once('\n').unwrap_or((part, ""));
    let (status, error) = head.split_once(' ').unwrap_or((head, ""));
    let status = status.parse().ok().filter(|status| (100..600).contains(status))?;
    Some(Answer { status, error: Some(error.to_owned()).filter(|error| !error.is_empty()), body: body.to_owned() })
}

fn told(event: &str, answers: &[Answer]) -> (Report, Vec<Call>) {
    let event = Document::parse(event).map(|document| {
        let mut value = document.value().clone();
        value["issuedAt"] = Value::from(function::NOW);
        Document::from(value)
    });
    let Ok(event) = event else { unreachable!("the requests are JSON") };
    // One of its own: the pace of the next invocation depends on how the last one was answered.
    Function::fresh(|function| {
        function.aws.say(answers.to_vec());
        let said: String = answers.iter().map(|answer| answer.body.as_str()).chain([CALLS]).collect();
        let report = within_memory(&said, || function.handle(Way::Acting, event));
        // What AWS says that a model is called goes back to it as it came.
        let texts: Vec<String> = answers.iter().flat_map(|answer| texts(&answer.body)).collect();
        let calls = function.calls_but_for(|call| {
            let members = call.input.as_object().into_iter().flatten();
            members.filter_map(|(_, value)| value.as_str()).any(|sent| texts.iter().any(|text| text == sent))
        });
        (report, calls)
    })
}

/// What calls take by themselves, thirty times as little.
const CALLS: &str = match std::str::from_utf8(&[b' '; 16 * 1024]) {
    Ok(spaces) => spaces,
    Err(_) => "",
};

/// The members of a body that are texts.
fn texts(body: &str) -> Vec<String> {
    let Ok(Value::Object(members)) = serde_json::from_str(body) else { return Vec::new() };
    members.into_iter().filter_map(|(_, value)| value.as_str().map(str::to_owned)).collect()
}

/// What is answered has the members that the operation answers with, and no others.
fn documented(report: &Report) {
    let (Some(Value::Object(members)), [decision]) = (function::output(report), report.decisions.as_slice()) else {
        return;
    };
    let known = model::answered_by(decision.action);
    for name in members.keys() {
        assert!(known.contains(&name.as_str()), "{} answers with {name}", decision.action);
    }
}

/// The same answers, written otherwise; `None` where one is not JSON, or cannot be written again.
fn rewritten(answers: &[Answer]) -> Option<[Vec<Answer>; 3]> {
    let mut again = [const { Vec::new() }; 3];
    for answer in answers {
        let document = Document::parse(&answer.body).ok()?;
        if Document::from(document.value().clone()) != document {
            return None;
        }
        for (answers, body) in again.iter_mut().zip(rewritten::ways(document.value())) {
            answers.push(Answer { body, ..answer.clone() });
        }
    }
    Some(again)
}
