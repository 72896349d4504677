//! The floor of the job: hello-world that reads and writes one endpoint, with nothing between it and the socket.
//!
//! It does less than any client of AWS must: the requests are not signed, nothing is retried, no time is limited, and
//! the answers are not looked at. One connection is opened on first use and kept; what can be prepared is prepared
//! before the first event.

use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

fn main() -> Result<(), Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let server = Server::new();
        run(service_fn(|event| two_calls(&server, event))).await
    })
}

async fn two_calls(server: &Server, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let input = &event.payload["input"];
    let endpoint = server.call("DescribeEndpoint", &json!({"EndpointName": input["EndpointName"]})).await?;
    if endpoint["EndpointArn"].is_null() {
        return Err("no endpoint".into());
    }
    server.call("UpdateEndpointWeightsAndCapacities", input).await
}

const HOST: &str = "api.sagemaker.us-east-1.amazonaws.com";

/// The control plane, and the connection to it.
struct Server {
    tls: TlsConnector,
    connection: Mutex<Option<SendRequest<Full<Bytes>>>>,
}

impl Server {
    fn new() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Self { tls: TlsConnector::from(Arc::new(config)), connection: Mutex::default() }
    }

    async fn call(&self, operation: &str, input: &Value) -> Result<Value, Error> {
        let request = Request::post("/")
            .header("host", HOST)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("SageMaker.{operation}"))
            .body(Full::new(Bytes::from(input.to_string())))?;
        let mut connection = self.connection.lock().await;
        let connection = match &mut *connection {
            Some(connection) => connection,
            none => none.insert(self.connect().await?),
        };
        connection.ready().await?;
        let response = connection.send_request(request).await?;
        if !response.status().is_success() {
            return Err(format!("{operation}: {}", response.status()).into());
        }
        Ok(serde_json::from_slice(&response.into_body().collect().await?.to_bytes())?)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Error> {
        let stream = TcpStream::connect((HOST, 443)).await?;
        stream.set_nodelay(true)?;
        let stream = self.tls.connect(ServerName::try_from(HOST)?, stream).await?;
        let (requests, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(requests)
    }
}
