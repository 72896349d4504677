//! What Lambda refuses, in its own codes.

use crate::call::Call;
use crate::reply::Refusal;

/// The refusal of a write while the function itself is being updated.
pub(super) fn updating(call: &Call, name: &str) -> Refusal {
    // Recorded for updates of the function itself; that other operations answer the same is unverified.
    let arn = call.arn(&format!("function:{name}"));
    conflict(format!("The operation cannot be performed at this time. An update is in progress for resource: {arn}"))
}

pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidParameterValueException", message)
}

pub(super) fn conflict(message: impl Into<String>) -> Refusal {
    Refusal::new(409, "ResourceConflictException", message)
}

pub(super) fn not_found(message: impl Into<String>) -> Refusal {
    Refusal::new(404, "ResourceNotFoundException", message)
}
