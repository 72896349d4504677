//! What a payload must be, member by member, and the whole sentence for each way in which it is not.

mod around_the_input;
mod create_provisioned_model_throughput;
mod delete_provisioned_concurrency_config;
mod delete_provisioned_model_throughput;
mod patterns;
mod put_function_scaling_config;
mod put_provisioned_concurrency_config;
mod register_scalable_target;
mod update_custom_model_deployment;
mod update_endpoint_weights_and_capacities;
mod update_inference_component_runtime_config;
mod update_provisioned_model_throughput;

use serde_json::{Value, json};
use setpoint::payload::Payload;

/// How the sentence for a count that is neither a number nor a target begins.
const COUNT: &str = "must be an integer or one target: {\"exactly\": n}, {\"atLeast\": n}, {\"atMost\": n}, {\"add\": n} or \
                     {\"percent\": p}, the last two with optional \"min\" and \"max\"";

/// What the function says to a payload: its refusal, or the target it would take on.
fn answer(payload: Value) -> String {
    match Payload::parse(payload) {
        Err(problems) => problems.to_string(),
        Ok(payload) => format!("accepted: {}", payload.requests()[0].action.target()),
    }
}

fn answer_to(action: &str, input: Value) -> String {
    answer(json!({"action": action, "input": input}))
}

/// The value with the member at `path` set.
fn with(mut value: Value, path: &str, member: impl Into<Value>) -> Value {
    let (parent, name) = path.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap()[name] = member.into();
    value
}

/// Compares answers with what they should be, and shows every one that is not so.
#[track_caller]
fn check(rows: impl IntoIterator<Item = (String, impl Into<String>)>) {
    let rows = rows.into_iter().map(|(answer, expected)| (answer, expected.into()));
    let wrong = rows.filter(|(answer, expected)| answer != expected);
    let shown: String = wrong.map(|(answer, expected)| format!("\n    {answer}\nand not {expected}")).collect();
    assert!(shown.is_empty(), "answered{shown}");
}
