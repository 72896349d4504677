//! What the function's binary says when it starts.

use std::process::Command;

use serde_json::{Value, json};

/// The lines that a start writes where there is no Lambda to serve.
fn start(config: Option<Value>) -> Vec<Value> {
    let mut function = Command::new(env!("CARGO_BIN_EXE_setpoint"));
    function
        .env_clear()
        .env("AWS_REGION", "us-east-1")
        .envs(config.map(|config| ("SETPOINT_CONFIG", config.to_string())));
    // Nothing listens at the port for discarded data.
    let runtime = [
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9"),
        ("AWS_LAMBDA_FUNCTION_NAME", "setpoint"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "g"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "s"),
    ];
    let output = function.envs(runtime).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn a_start_without_guardrails_says_so_in_one_line_and_one_with_any_does_not() {
    let warnings = |config| start(config).into_iter().filter(|line| line["level"] == "WARN").collect::<Vec<_>>();
    let none = "there are no guardrails: a payload may change every target that the function's role reaches, to any \
                number; write some into SETPOINT_CONFIG";
    for config in [None, Some(json!({})), Some(json!({"guardrails": {"unlisted": "allow"}}))] {
        let warnings = warnings(config);
        assert_eq!(warnings.iter().map(|line| line["message"].clone()).collect::<Vec<_>>(), [none]);
        assert!(warnings[0]["timestamp"].is_string());
    }
    for guardrails in
        [json!({"unlisted": "deny"}), json!({"targets": [{"target": "*", "max": 5}]}), json!({"paused": true})]
    {
        assert_eq!(warnings(Some(json!({"guardrails": guardrails}))), [json!(null); 0]);
    }
}
