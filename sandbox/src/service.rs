//! The services the sandbox knows: what their requests are signed and called, and their codes for what any call may meet.

use crate::reply::Refusal;

/// Whose control plane a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    SageMaker,
    Lambda,
    Bedrock,
    AutoScaling,
    DynamoDb,
    EventBridge,
    Sqs,
    Sts,
    /// A service the sandbox does not have.
    Other,
}

/// Stands where the name of an operation would, when a request names none.
pub(crate) const UNNAMED: &str = "UnknownOperation";

/// An operation's name, with method and URI as AWS's model writes them.
type Operation = (&'static str, &'static str, &'static str);

impl Service {
    const ALL: [Self; 8] = [
        Self::SageMaker,
        Self::Lambda,
        Self::Bedrock,
        Self::AutoScaling,
        Self::DynamoDb,
        Self::EventBridge,
        Self::Sqs,
        Self::Sts,
    ];

    /// The operations served. Of two that a request fits, the first is meant.
    fn operations(self) -> &'static [Operation] {
        match self {
            Self::SageMaker => &[
                ("UpdateEndpointWeightsAndCapacities", "POST", "/"),
                ("DescribeEndpoint", "POST", "/"),
                ("ListEndpoints", "POST", "/"),
                ("UpdateInferenceComponentRuntimeConfig", "POST", "/"),
                ("DescribeInferenceComponent", "POST", "/"),
                ("ListInferenceComponents", "POST", "/"),
                ("ListTags", "POST", "/"),
            ],
            Self::Lambda => &[
                (
                    "PutProvisionedConcurrencyConfig",
                    "PUT",
                    "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
                ),
                (
                    "DeleteProvisionedConcurrencyConfig",
                    "DELETE",
                    "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
                ),
                (
                    "ListProvisionedConcurrencyConfigs",
                    "GET",
                    "/2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL",
                ),
                (
                    "GetProvisionedConcurrencyConfig",
                    "GET",
                    "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
                ),
                ("GetAlias", "GET", "/2015-03-31/functions/{FunctionName}/aliases/{Name}"),
                ("ListAliases", "GET", "/2015-03-31/functions/{FunctionName}/aliases"),
                ("GetAccountSettings", "GET", "/2016-08-19/account-settings"),
                ("ListFunctions", "GET", "/2015-03-31/functions"),
                ("ListTags", "GET", "/2017-03-31/tags/{Resource}"),
                ("PutFunctionScalingConfig", "PUT", "/2025-11-30/functions/{FunctionName}/function-scaling-config"),
                ("GetFunctionScalingConfig", "GET", "/2025-11-30/functions/{FunctionName}/function-scaling-config"),
            ],
            Self::Bedrock => &[
                ("UpdateProvisionedModelThroughput", "PATCH", "/provisioned-model-throughput/{provisionedModelId}"),
                ("GetProvisionedModelThroughput", "GET", "/provisioned-model-throughput/{provisionedModelId}"),
                ("CreateProvisionedModelThroughput", "POST", "/provisioned-model-throughput"),
                ("DeleteProvisionedModelThroughput", "DELETE", "/provisioned-model-throughput/{provisionedModelId}"),
                ("ListProvisionedModelThroughputs", "GET", "/provisioned-model-throughputs"),
                ("GetCustomModel", "GET", "/custom-models/{modelIdentifier}"),
                (
                    "UpdateCustomModelDeployment",
                    "PATCH",
                    "/model-customization/custom-model-deployments/{customModelDeploymentIdentifier}",
                ),
                (
                    "GetCustomModelDeployment",
                    "GET",
                    "/model-customization/custom-model-deployments/{customModelDeploymentIdentifier}",
                ),
                ("ListCustomModelDeployments", "GET", "/model-customization/custom-model-deployments"),
                ("ListTagsForResource", "POST", "/listTagsForResource"),
            ],
            Self::AutoScaling => &[("RegisterScalableTarget", "POST", "/"), ("DescribeScalableTargets", "POST", "/")],
            Self::DynamoDb => &[
                ("GetItem", "POST", "/"),
                ("PutItem", "POST", "/"),
                ("UpdateItem", "POST", "/"),
                ("DeleteItem", "POST", "/"),
                ("Scan", "POST", "/"),
                ("DescribeTable", "POST", "/"),
            ],
            Self::EventBridge => &[("PutEvents", "POST", "/")],
            Self::Sqs => &[
                ("SendMessage", "POST", "/"),
                ("ReceiveMessage", "POST", "/"),
                ("DeleteMessage", "POST", "/"),
                ("ChangeMessageVisibility", "POST", "/"),
            ],
            Self::Sts => &[("AssumeRole", "POST", "/"), ("GetCallerIdentity", "POST", "/")],
            Self::Other => &[],
        }
    }

    /// The operations served, for refusing a script that could never be met.
    pub(crate) fn has_operation(name: &str) -> bool {
        Self::ALL.iter().flat_map(|service| service.operations()).any(|(operation, ..)| *operation == name)
    }

    /// The operation that method, path and query name, as they do in the REST protocol.
    pub(crate) fn routed(self, method: &str, segments: &[String], query: &[(String, String)]) -> Option<&'static str> {
        let fits = |(_, with, uri): &&Operation| *with == method && is_at(uri, segments, query);
        self.operations().iter().find(fits).map(|(operation, ..)| *operation)
    }

    /// The service with this SigV4 signing name.
    pub(crate) fn signed_as(name: &str) -> Self {
        Self::ALL.into_iter().find(|service| service.signing_name() == name).unwrap_or(Self::Other)
    }

    /// The operation that the header `x-amz-target` names, where it is one of this service.
    pub(crate) fn named_in(self, target: &str) -> Option<&str> {
        let prefix = match self {
            Self::SageMaker => "SageMaker.",
            Self::AutoScaling => "AnyScaleFrontendService.",
            Self::DynamoDb => "DynamoDB_20120810.",
            Self::EventBridge => "AWSEvents.",
            Self::Sqs => "AmazonSQS.",
            Self::Lambda | Self::Bedrock | Self::Sts | Self::Other => return None,
        };
        target.strip_prefix(prefix)
    }

    /// The service of an unsigned request.
    pub(crate) fn guessed(target: Option<&str>, segments: &[String], body: &str) -> Self {
        let named = |service: &Self| target.and_then(|target| service.named_in(target)).is_some();
        if let Some(service) = Self::ALL.into_iter().find(named) {
            return service;
        }
        let first = segments.first().map_or("", String::as_str);
        if first.is_empty() {
            return if body.contains("Action=") { Self::Sts } else { Self::Other };
        }
        let begins = |(_, _, uri): &Operation| uri.split('/').nth(1) == Some(first);
        Self::ALL.into_iter().find(|service| service.operations().iter().any(begins)).unwrap_or(Self::Other)
    }

    pub(crate) fn signing_name(self) -> &'static str {
        match self {
            Self::SageMaker => "sagemaker",
            Self::Lambda => "lambda",
            Self::Bedrock => "bedrock",
            Self::AutoScaling => "application-autoscaling",
            Self::DynamoDb => "dynamodb",
            Self::EventBridge => "events",
            Self::Sqs => "sqs",
            Self::Sts => "sts",
            Self::Other => "other",
        }
    }

    /// The throttling error in the service's own code and status.
    pub(crate) fn throttled(self) -> Refusal {
        // "Rate exceeded" is recorded for Lambda; SageMaker's and Bedrock's own wording is unverified.
        match self {
            Self::SageMaker | Self::AutoScaling | Self::EventBridge | Self::Other => {
                Refusal::new(400, "ThrottlingException", "Rate exceeded")
            }
            Self::Lambda => Refusal::new(429, "TooManyRequestsException", "Rate exceeded"),
            Self::Bedrock => Refusal::new(429, "ThrottlingException", "Rate exceeded"),
            Self::DynamoDb => Refusal::new(
                400,
                "ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for the table was exceeded. \
                 Consider increasing your provisioning level with the UpdateTable API.",
            ),
            Self::Sqs => Refusal::new(400, "RequestThrottled", "Rate exceeded"),
            Self::Sts => Refusal::new(400, "Throttling", "Rate exceeded"),
        }
    }

    /// The service's HTTP 500.
    pub(crate) fn failed(self) -> Refusal {
        // The sentence for DynamoDB is unverified.
        let code = match self {
            Self::SageMaker | Self::EventBridge | Self::Sqs | Self::Sts | Self::Other => "InternalFailure",
            Self::Lambda => "ServiceException",
            Self::Bedrock => "InternalServerException",
            Self::AutoScaling => "InternalServiceException",
            Self::DynamoDb => "InternalServerError",
        };
        Refusal::new(500, code, "The request processing has failed because of an unknown error, exception or failure.")
    }

    /// The refusal of a caller whose IAM policies do not allow the operation, as `message` says.
    pub(crate) fn denied(self, message: String) -> Refusal {
        match self {
            // The JSON protocols answer every client error with 400.
            Self::SageMaker | Self::AutoScaling | Self::DynamoDb | Self::EventBridge | Self::Sqs => {
                Refusal::new(400, "AccessDeniedException", message)
            }
            Self::Sts => Refusal::new(403, "AccessDenied", message),
            Self::Lambda | Self::Bedrock | Self::Other => Refusal::new(403, "AccessDeniedException", message),
        }
    }

    /// The answer to an operation the service does not have (or the sandbox does not serve).
    pub(crate) fn unknown_operation(self, operation: &str) -> Refusal {
        // Only the query protocol's sentence is AWS's own; elsewhere the code is what clients see, and AWS says nothing.
        let message = match operation {
            UNNAMED => "the sandbox serves no operation at this path; its README lists those that it does".to_owned(),
            operation => format!("the sandbox does not serve {operation}; its README lists what it does"),
        };
        match self {
            Self::Sts => Refusal::new(
                400,
                "InvalidAction",
                format!("Could not find operation {operation} for version 2011-06-15"),
            ),
            Self::SageMaker | Self::AutoScaling | Self::DynamoDb | Self::EventBridge | Self::Sqs => {
                Refusal::new(400, "UnknownOperationException", message)
            }
            Self::Lambda | Self::Bedrock | Self::Other => Refusal::new(404, "UnknownOperationException", message),
        }
    }
}

/// Whether path and query are those of `uri`, in which a label in braces stands for one segment.
fn is_at(uri: &str, segments: &[String], query: &[(String, String)]) -> bool {
    let (path, parameter) = uri.split_once('?').unwrap_or((uri, ""));
    let labels: Vec<&str> = path.trim_matches('/').split('/').collect();
    let same = |(label, segment): (&&str, &String)| label.starts_with('{') || label == segment;
    let parameter = parameter.split_once('=');
    labels.len() == segments.len()
        && labels.iter().zip(segments).all(same)
        && parameter.is_none_or(|(name, value)| query.iter().any(|(key, is)| key == name && is == value))
}
