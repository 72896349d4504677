//! One pool of HTTPS connections, as the SDKs want it.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::{AsyncSleep, TokioSleep};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::retry::ErrorKind;
use http::{Response, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{self, CaptureConnection, capture_connection};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

use super::failure::{cause, is_of_trust};

/// HTTP/1.1 over hyper's pool and rustls with ring, the parts that `aws-smithy-http-client` is made of too. That one also
/// brings HTTP/2, which no control plane needs, and decodes the trust store at four times the cost. Versions of TLS and
/// ciphers are rustls's own choice.
#[derive(Debug)]
pub(super) struct Connector<T> {
    client: Client<Opening<T>, SdkBody>,
    limits: Limits,
}

/// How long an attempt may take. The invocation's deadline bounds the call with all its attempts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// To open a connection: name, TCP and TLS.
    pub(super) connect: Duration,
    /// To the end of the answer, with the connection.
    pub(super) read: Duration,
}

/// TCP connections to where a URL says.
pub(super) fn directly() -> connect::HttpConnector {
    let mut tcp = connect::HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp
}

/// What opens connections for TLS to begin on.
pub(super) trait Tcp:
    Service<Uri, Response = Stream, Error: Into<BoxError>, Future: Send> + Clone + Send + Sync
{
}

impl<T> Tcp for T where T: Service<Uri, Response = Stream, Error: Into<BoxError>, Future: Send> + Clone + Send + Sync {}

type Stream = <connect::HttpConnector as Service<Uri>>::Response;

impl<T: Tcp + 'static> Connector<T>
where
    T::Future: 'static,
{
    pub(super) fn new(tcp: T, trusted: RootCertStore, limits: Limits) -> Self {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let Ok(tls) = tls.with_safe_default_protocol_versions() else {
            unreachable!("ring has a cipher suite for each version of TLS");
        };
        let tls = tls.with_root_certificates(trusted).with_no_client_auth();
        let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
        let opening = Opening { https: https.wrap_connector(tcp), limit: limits.connect };
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(opening);
        Self { client, limits }
    }
}

/// Opens connections, each within a limit.
#[derive(Clone, Debug)]
struct Opening<T> {
    https: HttpsConnector<T>,
    limit: Duration,
}

impl<T: Tcp + 'static> Service<Uri> for Opening<T>
where
    T::Future: 'static,
{
    type Response = <HttpsConnector<T> as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let opening = Timeout::new(self.https.call(uri), TokioSleep::new().sleep(self.limit));
        Box::pin(async move {
            let late = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "no connection was opened in time").into());
            opening.await.unwrap_or_else(late)
        })
    }
}

impl<T: Tcp + fmt::Debug + 'static> HttpConnector for Connector<T>
where
    T::Future: 'static,
{
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let captured = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || Some(metadata(&captured)));
        }
        let asked = self.client.request(request);
        let answer = async {
            let (head, body) = asked.await.map_err(judged)?.into_parts();
            let body = SdkBody::from(whole(ByteStream::new(SdkBody::from_body_1_x(body))).await?);
            HttpResponse::try_from(Response::from_parts(head, body))
                .map_err(|error| ConnectorError::other(error.into(), None))
        };
        let answer = Timeout::new(Box::pin(answer), TokioSleep::new().sleep(self.limits.read));
        HttpConnectorFuture::new(async move {
            answer.await.unwrap_or_else(|late| Err(ConnectorError::timeout(late.into())))
        })
    }
}

/// An answer in whole, which is how the SDK wants it for every operation that is called here. It is read here because
/// the SDK sets no bound, neither of time nor of length.
async fn whole(mut body: ByteStream) -> Result<Vec<u8>, ConnectorError> {
    let mut read = Vec::new();
    while let Some(part) = body.next().await {
        let part = part.map_err(|error| ConnectorError::io(error.into()))?;
        if read.len() + part.len() > LONGEST_ANSWER {
            return Err(ConnectorError::other(TOO_LONG.into(), Some(ErrorKind::TransientError)));
        }
        read.extend_from_slice(&part);
    }
    Ok(read)
}

/// Many times what AWS's longest answer to these operations has.
const LONGEST_ANSWER: usize = 10 * 1024 * 1024;
const TOO_LONG: &str = "an answer of more than 10 MB, which is none of AWS's";

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
    // Sent again it would find the same certificate.
    if cause::<rustls::Error>(&error).is_some_and(is_of_trust) {
        return ConnectorError::other(error.into(), None);
    }
    match cause::<io::Error>(&error) {
        Some(cause) if cause.kind() == io::ErrorKind::TimedOut => ConnectorError::timeout(error.into()),
        Some(_) => ConnectorError::io(error.into()),
        None if error.is_connect() => ConnectorError::io(error.into()),
        // Such as an answer that was cut off or is not HTTP. Sent again, a write asks for what the first one did.
        None => ConnectorError::other(error.into(), Some(ErrorKind::TransientError)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use super::super::{failure, for_server, https, trust};
    use super::*;
    use crate::clock::Clock;

    /// How a request to a server that accepts connections and says nothing ends.
    async fn silence(scheme: &str, limits: Limits) -> ConnectorError {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
        let connector = Connector::new(directly(), RootCertStore::empty(), limits);
        connector.call(HttpRequest::get(url).unwrap()).await.unwrap_err()
    }

    const SOON: Duration = Duration::from_millis(20);
    const NEVER: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_given_up() {
        assert!(silence("http", Limits { connect: NEVER, read: SOON }).await.is_timeout());
    }

    #[tokio::test]
    async fn a_connection_on_which_tls_does_not_begin_is_given_up() {
        assert!(silence("https", Limits { connect: SOON, read: NEVER }).await.is_timeout());
    }

    /// Both for `localhost` and signed by themselves with one key.
    const EXPIRED: &str = include_str!("../../tests/tls/expired.pem");
    const VALID: &str = include_str!("../../tests/tls/valid.pem");

    /// A server that shows `certificate` and answers whatever it is asked with an error; gives its port and how
    /// many connections it has seen.
    fn server(certificate: &str) -> (u16, Arc<AtomicUsize>) {
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../tests/tls/key.pem")).unwrap();
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let config = Arc::new(config.with_single_cert(vec![certificate], key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::Relaxed);
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                let answer = b"HTTP/1.1 400 X\r\ncontent-length: 25\r\n\r\n{\"__type\":\"SomethingNew\"}";
                // A client that does not trust this server leaves.
                let _ = stream.read(&mut [0; 8192]).and_then(|_| stream.write_all(answer));
            }
        });
        (port, seen)
    }

    /// How a call ends at a server that shows `certificate` under `name`, for who trusts `trusted`.
    async fn answer(certificate: &str, name: &str, trusted: &str) -> (String, &'static str, String, usize) {
        let (port, seen) = server(certificate);
        let clock = Clock::simulated("2026-11-20T22:00:00Z".parse().unwrap());
        let trusted = trust::bundle(trusted.as_bytes()).unwrap();
        let config = for_server(&format!("https://{name}:{port}"), "us-east-1", &clock);
        let config = config.to_builder().http_client(https(clock, Some(trusted))).build();
        let call = aws_sdk_sagemaker::Client::new(&config).describe_endpoint().endpoint_name("e").send();
        let error = failure("DescribeEndpoint", call.await.unwrap_err());
        (error.error_type().to_owned(), error.kind().name(), error.to_string(), seen.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_server_whose_certificate_is_not_trusted_is_called_that_at_once_and_for_good() {
        let other = super::super::trust::tests::ROOT;
        let untrusted = [
            (EXPIRED, "localhost", EXPIRED, "certificate expired"),
            (VALID, "localhost", other, "UnknownIssuer"),
            (VALID, "127.0.0.1", VALID, "certificate not valid for name \"127.0.0.1\""),
        ];
        for (certificate, name, trusted, why) in untrusted {
            let (error_type, kind, sentence, connections) = answer(certificate, name, trusted).await;
            assert_eq!((error_type.as_str(), kind, connections), ("UntrustedServer", "refused", 1), "{sentence}");
            assert!(
                sentence.starts_with("DescribeEndpoint found a server that it does not trust: invalid peer"),
                "{sentence}"
            );
            assert!(sentence.contains(why), "{sentence}");
            let remedy = "Renew that server's certificate, or name the one that signed it in AWS_CA_BUNDLE";
            assert!(sentence.ends_with(remedy), "{sentence}");
        }
        let (error_type, kind, ..) = answer(VALID, "localhost", VALID).await;
        assert_eq!((error_type.as_str(), kind), ("SomethingNew", "invalid"));
    }

    /// How a request ends whose answer begins with `head` and goes on with `part` again and again, each after `pause`.
    async fn endless(head: &'static str, part: &'static [u8], pause: Duration, limits: Limits) -> ConnectorError {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 8192]);
            let mut sent = stream.write_all(head.as_bytes());
            while sent.is_ok() {
                sent = stream.write_all(part);
                thread::park_timeout(pause);
            }
        });
        let connector = Connector::new(directly(), RootCertStore::empty(), limits);
        let answer = connector.call(HttpRequest::get(url).unwrap());
        let answer = tokio::time::timeout(Duration::from_secs(30), async {
            let mut response = answer.await?;
            let body = std::mem::replace(response.body_mut(), SdkBody::taken());
            ByteStream::new(body).collect().await.map_err(|error| ConnectorError::user(error.into()))
        });
        answer.await.unwrap_or_else(|late| Err(ConnectorError::user(late.into()))).unwrap_err()
    }

    #[tokio::test]
    async fn an_answer_that_trickles_is_given_up_like_one_that_does_not_begin() {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
        let limits = Limits { connect: NEVER, read: Duration::from_millis(200) };
        assert!(endless(head, b"x", SOON, limits).await.is_timeout());
    }

    #[tokio::test]
    async fn an_answer_without_end_is_read_up_to_a_bound() {
        const PART: &[u8] = &[b'x'; 65_536];
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
        let error = endless(head, PART, Duration::ZERO, Limits { connect: NEVER, read: NEVER }).await;
        assert_eq!(error.as_other(), Some(ErrorKind::TransientError), "{error:?}");
        assert!(format!("{error:?}").contains("an answer of more than 10 MB"), "{error:?}");
    }
}
