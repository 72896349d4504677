//! What AWS answered instead of its response, and what kind of failure that is.

use std::fmt;

use super::Kind;
use crate::plant::{self, Plant};

/// Tells the kind of an answer that AWS gave as an error. The only place where AWS's codes and texts are judged.
///
/// SageMaker sends one `ValidationException` for busy, not found and invalid alike, so its text decides. Most of
/// Lambda's 409s need a person; only those that tell of something under way pass by themselves. A code that is not known
/// here is judged by its status.
#[must_use]
pub fn classify(code: Option<&str>, message: &str, status: Option<u16>) -> Kind {
    let Some(code) = code else {
        return match status {
            Some(429) => Kind::Throttled,
            Some(401 | 403) => Kind::Denied,
            Some(400..=499) => Kind::Invalid,
            _ => Kind::Unavailable,
        };
    };
    match code {
        "ValidationException" | "ResourceConflictException" if plant::is(Plant::BusyTakenForFailed) => Kind::Invalid,
        code if is_throttling(code) => Kind::Throttled,
        "RequestTimeout" | "RequestTimeoutException" => Kind::TimedOut,
        "ValidationException" if message.starts_with("Cannot update in-progress endpoint") => Kind::Busy,
        "ValidationException" if is_component_in_progress(message) => Kind::Busy,
        "ValidationException" if message.starts_with("Could not find ") => Kind::NotFound,
        "ResourceConflictException" if tells_of_something_under_way(message) => Kind::Busy,
        // DynamoDB's words for an item that somebody else is writing, in a transaction or in another Region.
        "TransactionConflictException" | "ReplicatedWriteConflictException" => Kind::Busy,
        // Application Auto Scaling's, for another update of the same target.
        "ConcurrentUpdateException" => Kind::Busy,
        "ResourceConflictException" | "ConflictException" => Kind::Refused,
        "InvalidParameterValueException" if limits_concurrency(message) => Kind::Quota,
        "ResourceNotFoundException" | "ProvisionedConcurrencyConfigNotFoundException" => Kind::NotFound,
        "ResourceLimitExceeded" | "ServiceQuotaExceededException" => Kind::Quota,
        "AccessDeniedException"
        | "AccessDenied"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "OptInRequired" => Kind::Denied,
        "InternalFailure"
        | "InternalServerException"
        | "InternalServiceException"
        | "ServiceException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => Kind::Unavailable,
        _ => match status {
            Some(401 | 403) => Kind::Denied,
            Some(404) => Kind::NotFound,
            Some(409) => Kind::Refused,
            Some(429) => Kind::Throttled,
            Some(500..) => Kind::Unavailable,
            _ => Kind::Invalid,
        },
    }
}

/// What the SDKs take for throttling, in whichever service and under whichever status it comes.
fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "ProvisionedThroughputExceededException"
            | "TransactionInProgressException"
            | "RequestLimitExceeded"
            | "BandwidthLimitExceeded"
            | "LimitExceededException"
            | "RequestThrottled"
            | "SlowDown"
            | "PriorRequestNotComplete"
            | "EC2ThrottledException"
    )
}

/// Lambda's words for an update, a request or a creation that has not ended.
fn tells_of_something_under_way(message: &str) -> bool {
    [
        "update is in progress",
        "previous request is being processed",
        "concurrent update operation",
        "in the following state: Pending",
    ]
    .iter()
    .any(|words| message.contains(words))
}

/// `Cannot update inference component "…" while it is in state UPDATE_RC_IN_PROGRESS`; other states do not pass.
fn is_component_in_progress(message: &str) -> bool {
    message.starts_with("Cannot update inference component") && message.contains("_IN_PROGRESS")
}

/// Lambda reports an exhausted concurrency pool as an invalid parameter.
fn limits_concurrency(message: &str) -> bool {
    ["unreserved concurrency", "UnreservedConcurrentExecution", "reservedConcurrentExecution"]
        .iter()
        .any(|words| message.contains(words))
}

/// What came back from an AWS call instead of its response.
#[derive(Clone, Debug, PartialEq)]
pub struct AwsFailure {
    /// The operation, such as `DescribeEndpoint`.
    pub operation: &'static str,
    /// Who answered what.
    pub answer: AwsAnswer,
}

/// The ways a call can fail.
#[derive(Clone, Debug, PartialEq)]
pub enum AwsAnswer {
    /// AWS's own error.
    Error {
        /// The exception's name.
        code: String,
        /// AWS's sentence, which may be empty.
        message: String,
        /// The HTTP status.
        status: Option<u16>,
    },
    /// An HTTP answer that is not AWS's: a proxy's page, an empty body.
    Unrecognised {
        /// The HTTP status.
        status: u16,
    },
    /// No answer at all; the text is the innermost cause.
    Unreachable(String),
    /// No credentials, or none that could be used; the text is the innermost cause.
    Credentials(String),
    /// A server whose certificate is not trusted; the text says why.
    Untrusted(String),
    /// No answer in the time set for a call.
    TimedOut,
    /// The invocation's deadline came before the answer.
    Deadline,
    /// The SDK could not build the request.
    Unsendable(String),
}

impl AwsFailure {
    /// An answer under this status that lacks what every answer of AWS's has.
    pub(crate) fn unrecognised(operation: &'static str, status: u16) -> Self {
        Self { operation, answer: AwsAnswer::Unrecognised { status } }
    }

    pub(super) fn kind(&self) -> Kind {
        match &self.answer {
            AwsAnswer::Error { code, message, status } => classify(Some(code), message, *status),
            AwsAnswer::Unrecognised { status } => classify(None, "", Some(*status)),
            AwsAnswer::Unreachable(_) => Kind::Unavailable,
            AwsAnswer::Credentials(_) => Kind::Denied,
            // It is this function that turns it down, and will again.
            AwsAnswer::Untrusted(_) => Kind::Refused,
            AwsAnswer::TimedOut | AwsAnswer::Deadline => Kind::TimedOut,
            AwsAnswer::Unsendable(_) => Kind::Invalid,
        }
    }

    /// What a person does next.
    pub(super) fn remedy(&self) -> &'static str {
        match &self.answer {
            AwsAnswer::Untrusted(_) => {
                "renew that server's certificate, or name the one that signed it in AWS_CA_BUNDLE"
            }
            _ => self.kind().remedy(),
        }
    }

    /// AWS's exception name, or the common error name AWS itself uses where nothing came that has one.
    pub(super) fn error_type(&self) -> &str {
        match &self.answer {
            AwsAnswer::Error { code, .. } => code,
            AwsAnswer::Unrecognised { status } => match status {
                429 => "ThrottlingException",
                401 | 403 => "AccessDeniedException",
                500.. => "ServiceUnavailable",
                _ => "UnrecognisedResponse",
            },
            AwsAnswer::Unreachable(_) => "ServiceUnavailable",
            AwsAnswer::Credentials(_) => "UnrecognizedClientException",
            AwsAnswer::Untrusted(_) => "UntrustedServer",
            AwsAnswer::TimedOut | AwsAnswer::Deadline => "RequestTimeout",
            AwsAnswer::Unsendable(_) => "ValidationException",
        }
    }
}

impl fmt::Display for AwsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation;
        match &self.answer {
            AwsAnswer::Error { code, message, status } if message.is_empty() => match status {
                Some(status) => write!(f, "{operation} was refused: {code} (HTTP {status}, without a message)"),
                None => write!(f, "{operation} was refused: {code} (without a message)"),
            },
            AwsAnswer::Error { code, message, .. } => {
                write!(f, "{operation} was refused: {code}: {}", message.trim_end_matches('.'))
            }
            AwsAnswer::Unrecognised { status } => write!(
                f,
                "{operation} was answered with HTTP {status} and no AWS error: something between this function and \
                 AWS answered, or AWS_ENDPOINT_URL names a server that does not know the operation"
            ),
            AwsAnswer::Unreachable(cause) => write!(f, "{operation} could not reach AWS: {cause}"),
            AwsAnswer::Credentials(cause) => write!(f, "{operation} could not be signed: {cause}"),
            AwsAnswer::Untrusted(why) => write!(f, "{operation} found a server that it does not trust: {why}"),
            AwsAnswer::TimedOut => write!(f, "{operation} was not answered in time"),
            AwsAnswer::Deadline => write!(f, "{operation} was not answered before the invocation's deadline"),
            AwsAnswer::Unsendable(cause) => write!(f, "{operation} could not be built: {cause}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_which_only_the_status_is_known_has_the_name_that_aws_uses() {
        let name = |status| {
            let failure = AwsFailure { operation: "PutX", answer: AwsAnswer::Unrecognised { status } };
            failure.error_type().to_owned()
        };
        let names = [200, 401, 403, 429, 499, 500, 503].map(name);
        assert_eq!(
            names,
            [
                "UnrecognisedResponse",
                "AccessDeniedException",
                "AccessDeniedException",
                "ThrottlingException",
                "UnrecognisedResponse",
                "ServiceUnavailable",
                "ServiceUnavailable"
            ]
        );
    }

    #[test]
    fn every_answer_of_aws_has_its_kind() {
        let busy = "Cannot update in-progress endpoint \"arn:aws:sagemaker:us-east-1:1:endpoint/e\".";
        let copies = "Cannot update inference component \"c\" while it is in state UPDATE_RC_IN_PROGRESS.";
        let never = "Cannot update inference component \"c\" while it is in state CREATE_FAILED.";
        let missing = "Could not find endpoint \"arn:aws:sagemaker:us-east-1:1:endpoint/e\".";
        let pool =
            "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000].";
        let small = "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below \
                     its minimum value of [100].";
        let reserved = "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for \
                        function";
        let updating = "The operation cannot be performed at this time. An update is in progress for resource: arn";
        let table = [
            (Some("ValidationException"), busy, Some(400), Kind::Busy),
            (Some("ValidationException"), copies, Some(400), Kind::Busy),
            (Some("ValidationException"), never, Some(400), Kind::Invalid),
            (Some("ValidationException"), missing, Some(400), Kind::NotFound),
            (Some("ValidationException"), "1 validation error detected", Some(400), Kind::Invalid),
            (Some("ResourceConflictException"), updating, Some(409), Kind::Busy),
            (Some("ResourceConflictException"), "A previous request is being processed", Some(409), Kind::Busy),
            (Some("ResourceConflictException"), "due to a concurrent update operation", Some(409), Kind::Busy),
            (Some("ResourceConflictException"), "in the following state: Pending", Some(409), Kind::Busy),
            (Some("ResourceConflictException"), "in the following state: Failed", Some(409), Kind::Refused),
            (
                Some("ResourceConflictException"),
                "Version is pointed by a Provisioned Concurrency alias",
                Some(409),
                Kind::Refused,
            ),
            (Some("ConflictException"), "conflict", Some(400), Kind::Refused),
            (Some("TransactionConflictException"), "Transaction is ongoing for the item", Some(400), Kind::Busy),
            (Some("ReplicatedWriteConflictException"), "x", Some(400), Kind::Busy),
            (Some("IncompleteSignatureException"), "x", Some(400), Kind::Denied),
            (Some("InvalidParameterValueException"), pool, Some(400), Kind::Quota),
            (Some("InvalidParameterValueException"), small, Some(400), Kind::Quota),
            (Some("InvalidParameterValueException"), reserved, Some(400), Kind::Quota),
            (Some("InvalidParameterValueException"), "Alias with weights can not be used", Some(400), Kind::Invalid),
            (Some("ResourceNotFoundException"), "Cannot find alias arn: a", Some(404), Kind::NotFound),
            (Some("ResourceLimitExceeded"), "The account-level service limit", Some(400), Kind::Quota),
            (Some("ThrottlingException"), "Rate exceeded", Some(400), Kind::Throttled),
            (Some("TooManyRequestsException"), "Rate exceeded", Some(429), Kind::Throttled),
            (Some("AccessDeniedException"), "User: x is not authorized", Some(400), Kind::Denied),
            (Some("ExpiredTokenException"), "expired", Some(403), Kind::Denied),
            (Some("ServiceException"), "x", Some(500), Kind::Unavailable),
            (Some("InternalFailure"), "x", None, Kind::Unavailable),
            (Some("ProvisionedThroughputExceededException"), "x", Some(400), Kind::Throttled),
            (Some("SlowDown"), "x", Some(503), Kind::Throttled),
            (Some("RequestTimeout"), "x", Some(400), Kind::TimedOut),
            (Some("SomethingNew"), "x", Some(503), Kind::Unavailable),
            (Some("SomethingNew"), "x", Some(429), Kind::Throttled),
            (Some("SomethingNew"), "x", Some(401), Kind::Denied),
            (Some("SomethingNew"), "x", Some(403), Kind::Denied),
            (Some("SomethingNew"), "x", Some(404), Kind::NotFound),
            (Some("SomethingNew"), "x", Some(409), Kind::Refused),
            (Some("SomethingNew"), "x", Some(400), Kind::Invalid),
            (Some("SomethingNew"), "x", None, Kind::Invalid),
            (Some("ValidationException"), "x", Some(500), Kind::Unavailable),
            (None, "", Some(403), Kind::Denied),
            (None, "", Some(404), Kind::Invalid),
            (None, "", Some(429), Kind::Throttled),
            (None, "", Some(502), Kind::Unavailable),
            (None, "", None, Kind::Unavailable),
        ];
        for (code, message, status, kind) in table {
            assert_eq!(classify(code, message, status), kind, "{code:?} {message}");
        }
    }

    #[test]
    fn what_the_sdk_takes_for_throttling_or_a_time_out_is_that_whatever_the_status() {
        use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
        for status in [None, Some(400), Some(403), Some(404), Some(409), Some(429), Some(503)] {
            for code in THROTTLING_ERRORS {
                assert_eq!(classify(Some(code), "", status), Kind::Throttled, "{code} {status:?}");
            }
            for code in TRANSIENT_ERRORS {
                assert_eq!(classify(Some(code), "", status), Kind::TimedOut, "{code} {status:?}");
            }
        }
    }
}
