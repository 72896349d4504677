//! Connections by way of a proxy, for the command line; the function reaches AWS directly.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aws_smithy_runtime_api::box_error::BoxError;
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use tower_service::Service;

/// The proxies that `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` name, and what `NO_PROXY` leaves out; each name counts in
/// small letters too.
#[derive(Clone, Debug)]
pub struct Proxies(Arc<Matcher>);

impl Proxies {
    /// Reads them from what `variable` says of each name.
    #[must_use]
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let either = |name: &str| variable(name).or_else(|| variable(&name.to_ascii_lowercase())).unwrap_or_default();
        let matcher = Matcher::builder().all(either("ALL_PROXY")).http(either("HTTP_PROXY"));
        Self(Arc::new(matcher.https(either("HTTPS_PROXY")).no(either("NO_PROXY")).build()))
    }

    /// Opens connections by way of them.
    pub(super) fn way(self, tcp: HttpConnector) -> Way {
        Way { tcp, proxies: self }
    }
}

/// Opens a connection to a server, or through a proxy to it. TLS begins at its end, so that no proxy sees what is said.
#[derive(Clone, Debug)]
pub(super) struct Way {
    tcp: HttpConnector,
    proxies: Proxies,
}

impl Service<Uri> for Way {
    type Response = <HttpConnector as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Some(proxy) = self.proxies.0.intercept(&uri) else {
            let direct = self.tcp.call(uri);
            return Box::pin(async move { Ok(direct.await?) });
        };
        if proxy.uri().scheme_str() != Some("http") {
            let what = "the proxy that the environment names is not an http:// one, and no other can be used";
            return Box::pin(async move { Err(io::Error::new(io::ErrorKind::Unsupported, what).into()) });
        }
        let tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
        let mut tunnel = match proxy.basic_auth() {
            Some(auth) => tunnel.with_auth(auth.clone()),
            None => tunnel,
        };
        let through = tunnel.call(uri);
        Box::pin(async move { Ok(through.await?) })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::Mutex;
    use std::thread;

    use super::super::{failure, for_server, https_through};
    use super::*;
    use crate::clock::Clock;

    /// A proxy that lets everybody through to one and the same server, which refuses what it is asked; gives its address
    /// and what it is asked for.
    fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let asked = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, mut head) = (stream.unwrap(), [0; 8192]);
                let read = stream.read(&mut head).unwrap();
                asked.lock().unwrap().push(String::from_utf8_lossy(&head[..read]).into_owned());
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                let answer = b"HTTP/1.1 400 X\r\ncontent-length: 25\r\n\r\n{\"__type\":\"SomethingNew\"}";
                let _ = stream.read(&mut head).and_then(|_| stream.write_all(answer));
            }
        });
        (address, seen)
    }

    /// The errorType of a call to a server far away, under these variables.
    async fn error_type(variables: &[(&str, String)]) -> String {
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let clock = Clock::simulated("2026-11-20T22:00:00Z".parse().unwrap());
        let config = for_server("http://api.sagemaker.invalid:8443", "us-east-1", &clock).to_builder();
        let client = https_through(Proxies::read(variable), clock, None);
        let client = aws_sdk_sagemaker::Client::new(&config.http_client(client).build());
        let call = client.describe_endpoint().endpoint_name("e").send();
        failure("DescribeEndpoint", call.await.unwrap_err()).error_type().to_owned()
    }

    #[tokio::test]
    async fn calls_go_through_the_proxy_that_the_environment_names() {
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            let (address, seen) = proxy();
            assert_eq!(error_type(&[(name, format!("http://me:secret@{address}"))]).await, "SomethingNew", "{name}");
            let seen = seen.lock().unwrap();
            let expected = "CONNECT api.sagemaker.invalid:8443 HTTP/1.1\r\n";
            assert!(seen[0].starts_with(expected), "{}", seen[0]);
            assert!(seen[0].to_lowercase().contains("proxy-authorization: basic bwu6c2vjcmv0"), "{}", seen[0]);
        }
    }

    #[tokio::test]
    async fn what_is_left_out_goes_directly() {
        for (name, hosts) in [("NO_PROXY", "localhost,.sagemaker.invalid"), ("no_proxy", "*")] {
            let (address, seen) = proxy();
            let variables = [("ALL_PROXY", format!("http://{address}")), (name, hosts.to_owned())];
            assert_eq!(error_type(&variables).await, "ServiceUnavailable");
            assert_eq!(*seen.lock().unwrap(), [""; 0]);
        }
    }
}
