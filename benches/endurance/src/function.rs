//! The release binary as each trial starts it.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The program with this configuration, for which AWS is at `url`; what it writes goes to `log`, or nowhere.
pub(crate) fn command(
    program: &Path,
    configuration: &Value,
    url: &str,
    stream: &str,
    log: Option<&File>,
) -> io::Result<Command> {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_LAMBDA_FUNCTION_NAME", "setpoint")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/setpoint")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", stream)
        .env("SETPOINT_CONFIG", configuration.to_string());
    match log {
        Some(log) => command.stdout(log.try_clone()?).stderr(log.try_clone()?),
        None => command.stdout(Stdio::null()).stderr(Stdio::null()),
    };
    Ok(command)
}

/// Lambda's id of an invocation.
pub(crate) fn request_id(number: u64) -> String {
    format!("8476a536-e9f4-11e8-9739-{number:012x}")
}

pub(crate) fn http(address: SocketAddr) -> String {
    format!("http://{address}")
}
