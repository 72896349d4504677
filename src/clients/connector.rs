//! One pool of HTTPS connections, as the SDKs want it.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::{AsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{self, CaptureConnection, capture_connection};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an attempt may wait for its answer. The invocation's deadline bounds the call with all its attempts.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// HTTP/1.1 over hyper's pool and rustls with ring, the parts that `aws-smithy-http-client` is made of too. That one
/// also brings HTTP/2, which no control plane needs, and decodes the trust store at ten times the cost.
#[derive(Debug)]
pub(super) struct Connector {
    client: Client<HttpsConnector<connect::HttpConnector>, SdkBody>,
}

impl Connector {
    pub(super) fn new(trusted: RootCertStore) -> Self {
        let mut tcp = connect::HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let Ok(tls) = tls.with_safe_default_protocol_versions() else {
            unreachable!("ring has a cipher suite for each version of TLS");
        };
        let tls = tls.with_root_certificates(trusted).with_no_client_auth();
        let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
        let client =
            Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(https.wrap_connector(tcp));
        Self { client }
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let captured = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || Some(metadata(&captured)));
        }
        let answer = Timeout::new(self.client.request(request), TokioSleep::new().sleep(READ_TIMEOUT));
        HttpConnectorFuture::new(async move {
            match answer.await {
                Ok(Ok(response)) => HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                    .map_err(|error| ConnectorError::other(error.into(), None)),
                Ok(Err(error)) => Err(judged(error)),
                Err(late) => Err(ConnectorError::timeout(late.into())),
            }
        })
    }
}

/// By this the SDK takes a connection out of the pool when AWS answered on it that it is not well.
fn metadata(captured: &CaptureConnection) -> ConnectionMetadata {
    let captured = captured.clone();
    let poison = move || {
        if let Some(connection) = captured.connection_metadata().as_ref() {
            connection.poison();
        }
    };
    ConnectionMetadata::builder().proxied(false).poison_fn(poison).build()
}

/// Whether the request can be sent again, as the SDK's retries understand it.
fn judged(error: Error) -> ConnectorError {
    match cause::<io::Error>(&error) {
        Some(cause) if cause.kind() == io::ErrorKind::TimedOut => ConnectorError::timeout(error.into()),
        Some(_) => ConnectorError::io(error.into()),
        None if error.is_connect() => ConnectorError::io(error.into()),
        // Such as a connection that was closed before its answer was whole.
        None => ConnectorError::other(error.into(), Some(ErrorKind::TransientError)),
    }
}

fn cause<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
