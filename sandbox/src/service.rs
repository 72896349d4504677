//! The services the sandbox knows, how a request names an operation of each, and how each words an error.

use crate::call::Call;
use crate::reply::{Refusal, Reply};
use crate::{bedrock, lambda, sagemaker, sts};

/// Whose control plane a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    SageMaker,
    Lambda,
    Bedrock,
    Sts,
    /// A service the sandbox does not have.
    Other,
}

impl Service {
    /// The service with this SigV4 signing name.
    pub(crate) fn signed_as(name: &str) -> Self {
        match name {
            "sagemaker" => Self::SageMaker,
            "lambda" => Self::Lambda,
            "bedrock" => Self::Bedrock,
            "sts" => Self::Sts,
            _ => Self::Other,
        }
    }

    /// The service of an unsigned request.
    pub(crate) fn guessed(target: Option<&str>, segments: &[String], body: &str) -> Self {
        if target.is_some_and(|target| target.starts_with("SageMaker.")) {
            return Self::SageMaker;
        }
        match segments.first().map(String::as_str) {
            Some("2019-09-30" | "2015-03-31") => Self::Lambda,
            Some("provisioned-model-throughput" | "provisioned-model-throughputs") => Self::Bedrock,
            Some("") if body.contains("Action=") => Self::Sts,
            _ => Self::Other,
        }
    }

    pub(crate) fn signing_name(self) -> &'static str {
        match self {
            Self::SageMaker => "sagemaker",
            Self::Lambda => "lambda",
            Self::Bedrock => "bedrock",
            Self::Sts => "sts",
            Self::Other => "other",
        }
    }

    /// The AWS name of the operation asked for, or what was asked for instead of one.
    pub(crate) fn operation(self, call: &Call, target: Option<&str>) -> String {
        let routed = match self {
            Self::SageMaker => {
                return target.map_or(UNKNOWN, |target| target.trim_start_matches("SageMaker.")).to_owned();
            }
            Self::Sts => return sts::operation(call).unwrap_or_else(|| UNKNOWN.to_owned()),
            Self::Lambda => lambda::operation(call),
            Self::Bedrock => bedrock::operation(call),
            Self::Other => None,
        };
        routed.unwrap_or(UNKNOWN).to_owned()
    }

    /// The operations served, for refusing a script that could never be met.
    pub(crate) fn has_operation(name: &str) -> bool {
        [sagemaker::OPERATIONS, lambda::OPERATIONS, bedrock::OPERATIONS, sts::OPERATIONS].concat().contains(&name)
    }

    /// The throttling error in the service's own code and status.
    pub(crate) fn throttled(self) -> Refusal {
        // "Rate exceeded" is recorded for Lambda; SageMaker's and Bedrock's own wording is unverified.
        match self {
            Self::SageMaker | Self::Other => Refusal::new(400, "ThrottlingException", "Rate exceeded"),
            Self::Lambda => Refusal::new(429, "TooManyRequestsException", "Rate exceeded"),
            Self::Bedrock => Refusal::new(429, "ThrottlingException", "Rate exceeded"),
            Self::Sts => Refusal::new(400, "Throttling", "Rate exceeded"),
        }
    }

    /// The service's HTTP 500.
    pub(crate) fn failed(self) -> Refusal {
        let code = match self {
            Self::SageMaker | Self::Sts | Self::Other => "InternalFailure",
            Self::Lambda => "ServiceException",
            Self::Bedrock => "InternalServerException",
        };
        Refusal::new(500, code, "The request processing has failed because of an unknown error, exception or failure.")
    }

    /// The refusal of a caller whose IAM policies do not allow the operation.
    pub(crate) fn denied(self, call: &Call) -> Refusal {
        let resource = match self {
            Self::SageMaker => sagemaker::resource(call),
            Self::Lambda => lambda::resource(call),
            Self::Bedrock => bedrock::resource(call),
            Self::Sts => sts::resource(call),
            Self::Other => "*".to_owned(),
        };
        let message = format!(
            "User: {} is not authorized to perform: {}:{} on resource: {resource}",
            sts::caller_arn(call),
            self.signing_name(),
            call.operation
        );
        match self {
            // The JSON 1.1 protocol answers every client error with 400.
            Self::SageMaker => Refusal::new(400, "AccessDeniedException", message),
            Self::Sts => Refusal::new(403, "AccessDenied", message),
            Self::Lambda | Self::Bedrock | Self::Other => Refusal::new(403, "AccessDeniedException", message),
        }
    }

    /// The answer to an operation the service does not have (or the sandbox does not serve).
    pub(crate) fn unknown_operation(self, call: &Call) -> Refusal {
        // Only the query protocol's sentence is AWS's own; elsewhere the code is what clients see.
        match self {
            Self::Sts => Refusal::new(
                400,
                "InvalidAction",
                format!("Could not find operation {} for version 2011-06-15", call.operation),
            ),
            Self::SageMaker => Refusal::new(400, "UnknownOperationException", ""),
            Self::Lambda | Self::Bedrock | Self::Other => Refusal::new(404, "UnknownOperationException", ""),
        }
    }

    /// `refusal` in the service's wire format.
    pub(crate) fn error(self, refusal: &Refusal, request_id: &str) -> Reply {
        match self {
            Self::SageMaker => sagemaker::error(refusal),
            Self::Lambda => lambda::error(refusal),
            Self::Bedrock | Self::Other => bedrock::error(refusal),
            Self::Sts => sts::error(refusal, request_id),
        }
    }
}

/// Stands where the name of an operation would, when a request names none.
const UNKNOWN: &str = "UnknownOperation";
