//! The transcript: every request that arrived, in order, with what it was answered.

use std::fmt;

use serde::Serialize;

use crate::call::Call;

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// The HTTP method.
    pub method: String,
    /// Path and query exactly as sent.
    pub path: String,
    /// The AWS operation's name; for SageMaker it comes from `x-amz-target`, for STS from `Action`.
    pub operation: String,
    /// The account the request acted in.
    pub account: String,
    /// The Region the request acted in.
    pub region: String,
    /// The request's body.
    pub body: String,
    /// The status of the answer; `None` while it is awaited, and for good when the connection closed without one.
    pub status: Option<u16>,
    /// The body of the answer.
    pub answer: String,
}

/// `METHOD path body -> status`; a request to the bare path `/` (SageMaker) names its operation behind it.
///
/// ```text
/// POST / DescribeEndpoint {"EndpointName":"recsys"} -> 200
/// PUT /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=BLUE {"ProvisionedConcurrentExecutions":100} -> 202
/// GET /provisioned-model-throughput/support-bot -> no answer
/// ```
impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if self.path == "/" {
            write!(f, " {}", self.operation)?;
        }
        if !self.body.is_empty() {
            write!(f, " {}", self.body)?;
        }
        match self.status {
            Some(status) => write!(f, " -> {status}"),
            None => f.write_str(" -> no answer"),
        }
    }
}

impl Exchange {
    pub(crate) fn arrived(call: &Call) -> Self {
        Self {
            method: call.method.clone(),
            path: call.path.clone(),
            operation: call.operation.clone(),
            account: call.account.clone(),
            region: call.region.clone(),
            body: call.body.clone(),
            status: None,
            answer: String::new(),
        }
    }
}
