//! Every error the function returns: its kind, its `errorType` and its sentence.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::plan::Target;
use crate::spelling::problem::Problems;

/// What sort of failure it is, whichever service it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The target is being changed; it takes one change at a time.
    Busy,
    /// The target does not exist in that account and Region.
    NotFound,
    /// The request is wrong and stays wrong.
    Invalid,
    /// Understood and turned down, by AWS or by a guardrail.
    Refused,
    /// An account limit stands in the way.
    Quota,
    /// Too many calls at once.
    Throttled,
    /// The role or the credentials do not allow it.
    Denied,
    /// AWS did not answer, or answered that it is not well.
    Unavailable,
    /// Time ran out before an answer, or before the change had settled.
    TimedOut,
}

impl Kind {
    /// True when delivering the same event again may succeed without anybody changing anything.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Busy | Self::Throttled | Self::Unavailable | Self::TimedOut)
    }

    /// The stable name for logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::NotFound => "not found",
            Self::Invalid => "invalid",
            Self::Refused => "refused",
            Self::Quota => "quota",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
            Self::TimedOut => "timed out",
        }
    }

    /// What a person does next.
    fn remedy(self) -> &'static str {
        match self {
            Self::Busy => "another change is under way; deliver the event again when it is done",
            Self::NotFound => "check the name, the Region and the account",
            Self::Invalid => "correct the input",
            Self::Refused => "AWS turned it down as things stand; change what its sentence names",
            Self::Quota => "ask for less, or for a higher limit in Service Quotas",
            Self::Throttled => "deliver the event again later, or spread events out",
            Self::Denied => "grant the permission that AWS names to the role, or correct the credentials",
            Self::Unavailable => {
                "deliver the event again; if it persists, check the Region's health and the network path"
            }
            Self::TimedOut => "deliver the event again: what was done already is not repeated",
        }
    }
}

/// Tells the kind of an answer that AWS gave as an error. The only place where AWS's codes and texts are judged.
///
/// SageMaker sends one `ValidationException` for busy, not found and invalid alike, so its text decides. Most of
/// Lambda's 409s need a person; only "update is in progress" passes by itself.
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
        "ValidationException" if message.starts_with("Cannot update in-progress endpoint") => Kind::Busy,
        "ValidationException" if message.starts_with("Could not find ") => Kind::NotFound,
        "ResourceConflictException" if message.contains("update is in progress") => Kind::Busy,
        "ResourceConflictException" | "ConflictException" => Kind::Refused,
        "InvalidParameterValueException" if limits_concurrency(message) => Kind::Quota,
        "ResourceNotFoundException" | "ProvisionedConcurrencyConfigNotFoundException" => Kind::NotFound,
        "ResourceLimitExceeded" | "ServiceQuotaExceededException" => Kind::Quota,
        "ThrottlingException" | "Throttling" | "TooManyRequestsException" | "RequestLimitExceeded" => Kind::Throttled,
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
        | "OptInRequired" => Kind::Denied,
        "InternalFailure"
        | "InternalServerException"
        | "ServiceException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => Kind::Unavailable,
        "RequestTimeout" | "RequestTimeoutException" => Kind::TimedOut,
        _ if status.is_some_and(|status| status >= 500) => Kind::Unavailable,
        _ => Kind::Invalid,
    }
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
    /// No answer in the time set for a call.
    TimedOut,
    /// The invocation's deadline came before the answer.
    Deadline,
    /// The SDK could not build the request.
    Unsendable(String),
}

impl AwsFailure {
    fn kind(&self) -> Kind {
        match &self.answer {
            AwsAnswer::Error { code, message, status } => classify(Some(code), message, *status),
            AwsAnswer::Unrecognised { status } => classify(None, "", Some(*status)),
            AwsAnswer::Unreachable(_) => Kind::Unavailable,
            AwsAnswer::Credentials(_) => Kind::Denied,
            AwsAnswer::TimedOut | AwsAnswer::Deadline => Kind::TimedOut,
            AwsAnswer::Unsendable(_) => Kind::Invalid,
        }
    }

    /// AWS's exception name, or the common error name AWS itself uses where nothing came that has one.
    fn error_type(&self) -> &str {
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
            AwsAnswer::TimedOut => write!(f, "{operation} was not answered in time"),
            AwsAnswer::Deadline => write!(f, "{operation} was not answered before the invocation's deadline"),
            AwsAnswer::Unsendable(cause) => write!(f, "{operation} could not be built: {cause}"),
        }
    }
}

/// Why a change has not settled.
#[derive(Clone, Debug, PartialEq)]
pub enum Unsettled {
    /// The deadline came first; the text is the last state seen.
    Deadline(String),
    /// AWS reports that the change failed; the text is AWS's reason.
    Failed(String),
    /// The target came to rest with other values; the text says which.
    Reverted(String),
}

/// What went wrong. The variants are causes; [`Error::error_type`] gives the name callers match on.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// The event is not one this function understands, or one it understands is broken.
    InvalidEvent(String),
    /// The payload asks for something that cannot be.
    InvalidAction(Problems),
    /// The operator's configuration is wrong.
    InvalidConfiguration(Problems),
    /// A guardrail stands against the plan; the text names rule, value and limit.
    GuardrailViolation(String),
    /// The target is being changed and did not become free.
    TargetBusy {
        /// The target.
        target: Target,
        /// The state AWS reports.
        status: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The event is older than the operator allows.
    EventExpired {
        /// The event's own time.
        issued_at: DateTime<Utc>,
        /// Its age when it arrived.
        age: Duration,
        /// The operator's limit.
        max_event_age: Duration,
    },
    /// The change was submitted, or was there already, but the target is not at rest with it.
    NotSettled {
        /// The target.
        target: Target,
        /// What stands in the way.
        why: Unsettled,
    },
    /// Some of several actions failed: position, target and error of each.
    ActionsFailed {
        /// The failed ones, in the order written.
        failed: Vec<(usize, String, Error)>,
        /// How many actions there were.
        of: usize,
    },
    /// An AWS call failed.
    Aws(AwsFailure),
}

/// An error as the function returns it: the cause, and what a person may do.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// What went wrong.
    pub cause: Cause,
    /// Where there is a command that helps.
    pub by_hand: Option<ByHand>,
}

/// An AWS CLI command for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByHand {
    /// It shows the target.
    Look(String),
    /// It does what could not be done.
    Finish(String),
}

impl Error {
    /// An event that cannot be understood; `message` says what was seen and what would have been understood.
    #[must_use]
    pub fn invalid_event(message: impl Into<String>) -> Self {
        Cause::InvalidEvent(message.into()).into()
    }

    /// Adds the command that helps, to an error that a retry does not, unless there is one already.
    #[must_use]
    pub fn or_by_hand(mut self, by_hand: impl FnOnce() -> ByHand) -> Self {
        if !self.kind().is_retryable() && self.by_hand.is_none() {
            self.by_hand = Some(by_hand());
        }
        self
    }

    /// Which sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.cause {
            Cause::InvalidEvent(_) | Cause::InvalidAction(_) | Cause::InvalidConfiguration(_) => Kind::Invalid,
            Cause::GuardrailViolation(_) | Cause::EventExpired { .. } => Kind::Refused,
            Cause::TargetBusy { .. } => Kind::Busy,
            Cause::NotSettled { why: Unsettled::Deadline(_), .. } => Kind::TimedOut,
            Cause::NotSettled { .. } => Kind::Refused,
            // One retry of the event repeats them all, so one that can be helped is worth it.
            Cause::ActionsFailed { failed, .. } => {
                let kinds = || failed.iter().map(|(_, _, error)| error.kind());
                kinds().find(|kind| kind.is_retryable()).or_else(|| kinds().next()).unwrap_or(Kind::Invalid)
            }
            Cause::Aws(failure) => failure.kind(),
        }
    }

    /// The `errorType` of the Lambda error: AWS's exception name where AWS refused, else one of this function's own.
    #[must_use]
    pub fn error_type(&self) -> &str {
        match &self.cause {
            Cause::InvalidEvent(_) => "InvalidEvent",
            Cause::InvalidAction(_) => "InvalidAction",
            Cause::InvalidConfiguration(_) => "InvalidConfiguration",
            Cause::GuardrailViolation(_) => "GuardrailViolation",
            Cause::TargetBusy { .. } => "TargetBusy",
            Cause::EventExpired { .. } => "EventExpired",
            Cause::NotSettled { .. } => "NotSettled",
            Cause::ActionsFailed { .. } => "ActionsFailed",
            Cause::Aws(failure) => failure.error_type(),
        }
    }
}

impl From<Cause> for Error {
    fn from(cause: Cause) -> Self {
        Self { cause, by_hand: None }
    }
}

impl From<AwsFailure> for Error {
    fn from(failure: AwsFailure) -> Self {
        Cause::Aws(failure).into()
    }
}

impl std::error::Error for Error {}

/// How many failed actions are explained in full. A sentence of more would be too long for the failure record that
/// carries it; the others are named with their `errorType`, and the log has them all.
const MOST_EXPLAINED: usize = 50;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::InvalidEvent(message) | Cause::GuardrailViolation(message) => f.write_str(message)?,
            Cause::InvalidAction(problems) | Cause::InvalidConfiguration(problems) => problems.fmt(f)?,
            Cause::TargetBusy { target, status, waited } => {
                write!(f, "{target} is busy ({status})")?;
                if !waited.is_zero() {
                    write!(f, " and did not become free in {} s", waited.as_secs())?;
                }
                write!(f, "; nothing was written. {}", sentence(Kind::Busy.remedy()))?;
            }
            Cause::EventExpired { issued_at, age, max_event_age } => write!(
                f,
                "the event is from {} and {} s old, older than maxEventAge ({} s); nothing was read or written. Send \
                 a new event if this should still happen",
                issued_at.to_rfc3339_opts(SecondsFormat::Secs, true),
                age.as_secs(),
                max_event_age.as_secs()
            )?,
            Cause::NotSettled { target, why } => match why {
                Unsettled::Deadline(state) => write!(
                    f,
                    "{target} had not settled when the time was up ({state}). {}",
                    sentence(Kind::TimedOut.remedy())
                )?,
                Unsettled::Failed(reason) => write!(f, "AWS reports that the change of {target} failed: {reason}")?,
                Unsettled::Reverted(state) => {
                    write!(f, "{target} took the change and then came to rest without it: {state}")?;
                }
            },
            Cause::ActionsFailed { failed, of } => {
                write!(f, "{} of {of} actions failed; the others are done and will not be repeated.", failed.len())?;
                for (place, (index, target, error)) in failed.iter().enumerate() {
                    let why = if place < MOST_EXPLAINED { format!(": {error}") } else { String::new() };
                    let error_type = error.error_type();
                    write!(f, " actions[{index}] {target}: {error_type}{}.", why.trim_end_matches('.'))?;
                }
            }
            Cause::Aws(failure) => write!(f, "{failure}. {}", sentence(failure.kind().remedy()))?,
        }
        match &self.by_hand {
            Some(ByHand::Look(command)) => write!(f, ". To look at it: {command}"),
            Some(ByHand::Finish(command)) => write!(f, ". To finish by hand: {command}"),
            None => Ok(()),
        }
    }
}

/// A fragment with its first letter raised.
fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_of_aws_has_its_kind() {
        let busy = "Cannot update in-progress endpoint \"arn:aws:sagemaker:us-east-1:1:endpoint/e\".";
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
            (Some("ValidationException"), missing, Some(400), Kind::NotFound),
            (Some("ValidationException"), "1 validation error detected", Some(400), Kind::Invalid),
            (Some("ResourceConflictException"), updating, Some(409), Kind::Busy),
            (
                Some("ResourceConflictException"),
                "Version is pointed by a Provisioned Concurrency alias",
                Some(409),
                Kind::Refused,
            ),
            (Some("ConflictException"), "conflict", Some(400), Kind::Refused),
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
            (Some("SomethingNew"), "x", Some(503), Kind::Unavailable),
            (Some("SomethingNew"), "x", Some(400), Kind::Invalid),
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
    fn a_thousand_failures_are_all_named_in_a_sentence_that_a_failure_record_can_carry() {
        let failed =
            (0..1000).map(|index| (index, "sagemaker:endpoint/e".to_owned(), Error::invalid_event("x".repeat(300))));
        let sentence = Error::from(Cause::ActionsFailed { failed: failed.collect(), of: 1000 }).to_string();
        assert!(
            (0..1000).all(|index| sentence.contains(&format!(" actions[{index}] sagemaker:endpoint/e: InvalidEvent")))
        );
        assert!(sentence.len() < 100_000, "{} bytes", sentence.len());
    }

    #[test]
    fn only_what_passes_by_itself_is_retryable() {
        let retryable = [Kind::Busy, Kind::Throttled, Kind::Unavailable, Kind::TimedOut];
        let last = [Kind::NotFound, Kind::Invalid, Kind::Refused, Kind::Quota, Kind::Denied];
        assert!(retryable.iter().all(|kind| kind.is_retryable()));
        assert!(last.iter().all(|kind| !kind.is_retryable()));
    }

    #[test]
    fn a_final_error_carries_the_command_and_a_retryable_one_does_not() {
        let failure = |code: &str| {
            let answer = AwsAnswer::Error { code: code.to_owned(), message: "no".to_owned(), status: Some(400) };
            Error::from(AwsFailure { operation: "PutX", answer })
                .or_by_hand(|| ByHand::Finish("aws x put-x".to_owned()))
        };
        assert_eq!(
            failure("AccessDeniedException").to_string(),
            "PutX was refused: AccessDeniedException: no. Grant the permission that AWS names to the role, or correct \
             the credentials. To finish by hand: aws x put-x"
        );
        assert_eq!(
            failure("ThrottlingException").to_string(),
            "PutX was refused: ThrottlingException: no. Deliver the event again later, or spread events out"
        );
    }
}
