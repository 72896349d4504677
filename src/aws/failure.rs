//! What an SDK's error says.

use std::error::Error as StdError;
use std::{io, iter};

use aws_sdk_sagemaker::config::http::HttpResponse;
use aws_sdk_sagemaker::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_async::future::timeout::TimedOutError;
use aws_smithy_runtime_api::client::result::DispatchFailure;
use aws_types::request_id::RequestId;

use crate::error::{AwsAnswer, AwsFailure, Error};

/// That it was AWS that answered a call whose response has nothing in it by which that could be told: its answers have an id,
/// and the page of a proxy has none.
pub(crate) fn answered(operation: &'static str, output: &impl RequestId) -> Result<(), Error> {
    match output.request_id() {
        Some(_) => Ok(()),
        None => Err(AwsFailure::unrecognised(operation, 200).into()),
    }
}

/// What a failed call says, without anything of the request or of the answer's body.
pub(crate) fn failure<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    judged(operation, &error).into()
}

/// The judgement itself knows of no operation: its code would be there once for each.
fn judged<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> AwsFailure
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let failed = match error {
        SdkError::ServiceError(service) => Failed::Said(service.err().meta()),
        SdkError::ResponseError(_) => Failed::Response,
        SdkError::TimeoutError(_) => Failed::Timeout,
        SdkError::DispatchFailure(dispatch) => Failed::Dispatch(dispatch),
        _ => Failed::Otherwise,
    };
    of_failed(operation, status, failed, error)
}

/// What an SDK's error is, whichever operation's.
enum Failed<'a> {
    Said(&'a ErrorMetadata),
    Response,
    Timeout,
    Dispatch(&'a DispatchFailure),
    Otherwise,
}

fn of_failed(
    operation: &'static str,
    status: Option<u16>,
    failed: Failed<'_>,
    error: &(dyn StdError + 'static),
) -> AwsFailure {
    let answer = match failed {
        Failed::Said(metadata) => match metadata.code() {
            Some(code) => AwsAnswer::Error {
                code: code.to_owned(),
                message: metadata.message().unwrap_or_default().to_owned(),
                status,
            },
            None => AwsAnswer::Unrecognised { status: status.unwrap_or_default() },
        },
        Failed::Response => AwsAnswer::Unrecognised { status: status.unwrap_or_default() },
        Failed::Timeout => AwsAnswer::TimedOut,
        Failed::Dispatch(dispatch) if dispatch.is_timeout() => AwsAnswer::TimedOut,
        // A connection that was closed before the answer is of another sort, but of one that the SDK retries.
        Failed::Dispatch(dispatch) if dispatch.is_io() || dispatch.is_user() || dispatch.as_other().is_some() => {
            AwsAnswer::Unreachable(innermost(error))
        }
        // What is left of the dispatch failures has sent nothing: the server is not trusted; or the request could not be
        // signed, for want of credentials or because of what STS answered for a role.
        Failed::Dispatch(_) => match cause::<SdkError<AssumeRoleError, HttpResponse>>(error) {
            Some(refused) => return judged("AssumeRole", refused),
            None if cause::<rustls::Error>(error).is_some_and(is_of_trust) => AwsAnswer::Untrusted(innermost(error)),
            None if cause::<TimedOutError>(error).is_some() => {
                return AwsFailure { operation: "AssumeRole", answer: AwsAnswer::TimedOut };
            }
            None => AwsAnswer::Credentials(innermost(error)),
        },
        Failed::Otherwise => AwsAnswer::Unsendable(innermost(error)),
    };
    AwsFailure { operation, answer }
}

/// Whether a server is turned down for what it is, and not for what went wrong on the way to it.
pub(super) fn is_of_trust(error: &rustls::Error) -> bool {
    use rustls::Error::{InvalidCertificate, NoCertificatesPresented, PeerIncompatible};
    matches!(error, InvalidCertificate(_) | NoCertificatesPresented | PeerIncompatible(_))
}

/// An error and what caused it, down to the innermost.
///
/// An `io::Error` made of another error names as its source what that one came from, and not that one itself.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| {
        let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        held.map(|held| held as &(dyn StdError + 'static)).or_else(|| error.source())
    })
}

/// The first error of a kind, from `error` down.
pub(super) fn cause<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// The text of the innermost cause, which is the one that says what happened.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    chain(error).last().unwrap_or(error).to_string()
}

#[cfg(test)]
mod tests {
    use aws_sdk_sagemaker::operation::describe_endpoint::DescribeEndpointError;
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::*;

    #[test]
    fn credentials_that_do_not_come_in_time_can_come_the_next_time() {
        let late = ConnectorError::other(TimedOutError.into(), None);
        let error = SdkError::<DescribeEndpointError, _>::dispatch_failure(late);
        let expected = AwsFailure { operation: "AssumeRole", answer: AwsAnswer::TimedOut };
        assert_eq!(failure("DescribeEndpoint", error), expected.into());
    }
}
