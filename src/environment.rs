//! The only reader of the environment.

use std::path::PathBuf;

/// The operator's configuration: a document, or `file:` and the path of one.
#[must_use]
pub fn config() -> Option<String> {
    variable("SETPOINT_CONFIG")
}

/// What `SSL_CERT_FILE` and `SSL_CERT_DIR` say, by which OpenSSL and others find the certificates to trust.
pub(crate) fn certificate_places() -> (Option<PathBuf>, Option<PathBuf>) {
    (variable("SSL_CERT_FILE").map(PathBuf::from), variable("SSL_CERT_DIR").map(PathBuf::from))
}

/// The level from which lines are logged, as Lambda's logging configuration sets it.
#[must_use]
pub fn log_level() -> Option<String> {
    variable("AWS_LAMBDA_LOG_LEVEL")
}

/// The function's own name, for metrics.
#[must_use]
pub fn function_name() -> Option<String> {
    variable("AWS_LAMBDA_FUNCTION_NAME")
}

/// The log group that the function writes to.
#[must_use]
pub fn log_group() -> Option<String> {
    variable("AWS_LAMBDA_LOG_GROUP_NAME")
}

/// The log stream of what the function runs in, which no other has.
#[must_use]
pub fn log_stream() -> Option<String> {
    variable("AWS_LAMBDA_LOG_STREAM_NAME")
}

/// A variable that has a value; one that is set to nothing has none.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is where the environment enters")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
