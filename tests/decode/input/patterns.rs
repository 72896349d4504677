//! Names and ids against the patterns of AWS's own service models, by examples that were tried on those.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{answer_to, with};
use crate::support::read;

/// Where this function knows better than the pattern, and what it says.
const STRICTER: [(&str, &str); 4] = [
    // Required, and a name of no letters is none.
    ("sagemaker EndpointName", ""),
    ("sagemaker VariantName", ""),
    // Provisioned concurrency is of what is published.
    ("lambda Qualifier", "$LATEST"),
    // A name has 64 letters at most.
    ("lambda FunctionName", "140 letters"),
];

fn payload(member: &str, text: &str) -> (&'static str, Value) {
    let endpoint = |name: &str, variant: &str| json!({"EndpointName": name, "DesiredWeightsAndCapacities": [{"VariantName": variant, "DesiredWeight": 1}]});
    let function = |name: &str, qualifier: &str| json!({"FunctionName": name, "Qualifier": qualifier});
    let throughput = json!({"provisionedModelId": "p", "desiredProvisionedModelName": "n"});
    match member {
        "sagemaker EndpointName" => ("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint(text, "v")),
        "sagemaker VariantName" => ("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint("e", text)),
        "lambda FunctionName" => ("lambda:DeleteProvisionedConcurrencyConfig", function(text, "live")),
        "lambda Qualifier" => ("lambda:DeleteProvisionedConcurrencyConfig", function("checkout", text)),
        "bedrock customModelDeploymentIdentifier" | "bedrock modelArn" => {
            // The two are in one Region.
            let region = text.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or("us-east-1");
            let model = format!("arn:aws:bedrock:{region}:123456789012:custom-model/imported/abcdef123456");
            let deployment = json!({"customModelDeploymentIdentifier": "d", "modelArn": model});
            let path = format!("/{}", member.trim_start_matches("bedrock "));
            ("bedrock:UpdateCustomModelDeployment", with(deployment, &path, text))
        }
        member => {
            let path = format!("/{}", member.trim_start_matches("bedrock "));
            ("bedrock:UpdateProvisionedModelThroughput", with(throughput, &path, text))
        }
    }
}

#[test]
fn what_aws_patterns_take_is_taken_and_what_they_refuse_is_refused() {
    let table: Value = serde_json::from_str(&read("tests/decode/patterns.json")).unwrap();
    let members: BTreeMap<String, Value> = serde_json::from_value(table["members"].clone()).unwrap();
    let mut wrong = String::new();
    for (member, rows) in &members {
        for example in rows["examples"].as_array().unwrap() {
            let (text, fits) = (example[0].as_str().unwrap(), example[1].as_bool().unwrap());
            let shown = if text.len() == 140 { "140 letters" } else { text };
            let (action, input) = payload(member, text);
            let answer = answer_to(action, input);
            let expected = fits && !STRICTER.contains(&(member, shown));
            if answer.starts_with("accepted") != expected {
                wrong += &format!(
                    "\n{member} {shown:?}, which the pattern {}: {answer}",
                    if fits { "takes" } else { "refuses" }
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
