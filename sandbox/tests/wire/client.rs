//! The bare HTTP client: one request, and the whole answer as one line of text.

use std::io;

use chrono::{DateTime, Utc};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use setpoint_sandbox::{Clock, Options, Sandbox, Seed};
use tokio::net::TcpStream;

/// Noon on a day after everything in the example seed.
pub(crate) fn noon() -> DateTime<Utc> {
    "2026-01-05T12:00:00Z".parse().unwrap()
}

/// A sandbox with the example seed, at noon.
pub(crate) async fn example() -> Sandbox {
    with(|_| {}).await
}

/// The same, once `change` has been at the seed.
pub(crate) async fn with(change: impl FnOnce(&mut Seed)) -> Sandbox {
    at(Clock::fixed(noon()), change).await
}

/// The same, with a clock that the test holds.
pub(crate) async fn at(clock: Clock, change: impl FnOnce(&mut Seed)) -> Sandbox {
    let mut seed = Seed::example();
    change(&mut seed);
    Sandbox::start(seed, Options { clock, ..Options::default() }).await.unwrap()
}

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// `STATUS CONTENT-TYPE [ERROR-CODE] BODY`.
    fn line(&self) -> String {
        let content_type = self.header("content-type").unwrap_or("-");
        let code = self.header("x-amzn-errortype").map(|code| format!(" {code}")).unwrap_or_default();
        format!("{} {content_type}{code} {}", self.status.as_u16(), self.body).trim_end().to_owned()
    }
}

/// The `Authorization` header of a request signed for `service`, in the Region, with the access key.
pub(crate) fn authorization(access_key: &str, region: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={access_key}/20260105/{region}/{service}/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=0000"
    )
}

/// Calls an operation of a protocol that names it in a header, as `PREFIX.Operation`, from us-east-1; gives status and body.
pub(crate) async fn call(
    sandbox: &Sandbox,
    (service, version): (&str, &str),
    operation: &str,
    body: &Value,
) -> (u16, Value) {
    let authorization = authorization("AKIAEXAMPLE", "us-east-1", service);
    let content_type = format!("application/x-amz-json-{version}");
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", content_type.as_str()),
        ("x-amz-target", operation),
    ];
    let answer = send(sandbox, "POST", "/", &headers, &body.to_string()).await.unwrap();
    assert_eq!(answer.header("content-type"), Some(content_type.as_str()));
    (answer.status.as_u16(), serde_json::from_str(&answer.body).unwrap())
}

/// Sends one request on a connection of its own.
pub(crate) async fn send(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Answer> {
    let stream = TcpStream::connect(sandbox.address()).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::<Bytes>::from(body.to_owned())).unwrap();
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    Ok(Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() })
}

/// A SageMaker operation, signed in `us-east-1`.
pub(crate) async fn sagemaker(sandbox: &Sandbox, operation: &str, body: &str) -> String {
    let authorization = authorization("AKIAEXAMPLE", "us-east-1", "sagemaker");
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", &format!("SageMaker.{operation}")),
    ];
    send(sandbox, "POST", "/", &headers, body).await.unwrap().line()
}

/// `DescribeEndpoint`, of which only status, weights and counts are of interest:
/// `Updating variant:CURRENT_WEIGHT>DESIRED_WEIGHT,CURRENT_COUNT>DESIRED_COUNT …`.
pub(crate) async fn endpoint_in_short(sandbox: &Sandbox, name: &str) -> String {
    let line = sagemaker(sandbox, "DescribeEndpoint", &format!(r#"{{"EndpointName":"{name}"}}"#)).await;
    let body = line.strip_prefix("200 application/x-amz-json-1.1 ").unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let mut short = body["EndpointStatus"].as_str().unwrap().to_owned();
    for variant in body["ProductionVariants"].as_array().unwrap() {
        let at = |member: &str| variant[member].to_string();
        short += &format!(
            " {}:{}>{},{}>{}",
            variant["VariantName"].as_str().unwrap(),
            at("CurrentWeight"),
            at("DesiredWeight"),
            at("CurrentInstanceCount"),
            at("DesiredInstanceCount")
        );
    }
    short
}

/// A Lambda request, signed in `us-east-1`.
pub(crate) async fn lambda(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> String {
    let authorization = authorization("AKIAEXAMPLE", "us-east-1", "lambda");
    send(sandbox, method, path, &[("authorization", &authorization)], body).await.unwrap().line()
}

/// The path of the provisioned concurrency of a function and qualifier.
pub(crate) fn concurrency(function: &str, qualifier: &str) -> String {
    format!("/2019-09-30/functions/{function}/provisioned-concurrency?Qualifier={qualifier}")
}

/// `PutProvisionedConcurrencyConfig`.
pub(crate) async fn put(sandbox: &Sandbox, function: &str, qualifier: &str, requested: i64) -> String {
    let body = format!(r#"{{"ProvisionedConcurrentExecutions":{requested}}}"#);
    lambda(sandbox, "PUT", &concurrency(function, qualifier), &body).await
}

/// `GetProvisionedConcurrencyConfig`.
pub(crate) async fn get(sandbox: &Sandbox, function: &str, qualifier: &str) -> String {
    lambda(sandbox, "GET", &concurrency(function, qualifier), "").await
}

/// The answer to Put or Get: requested, available and allocated, with status and time.
pub(crate) fn config(status: u16, numbers: [i32; 3], state: &str, modified: &str) -> String {
    let [requested, available, allocated] = numbers;
    format!(
        "{status} application/json {{\"RequestedProvisionedConcurrentExecutions\":{requested},\
         \"AvailableProvisionedConcurrentExecutions\":{available},\
         \"AllocatedProvisionedConcurrentExecutions\":{allocated},\"Status\":\"{state}\",\"LastModified\":\"{modified}\"}}"
    )
}

/// A Bedrock request, signed in `us-east-1`.
pub(crate) async fn bedrock(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> String {
    let authorization = authorization("AKIAEXAMPLE", "us-east-1", "bedrock");
    send(sandbox, method, path, &[("authorization", &authorization)], body).await.unwrap().line()
}

/// A DynamoDB operation, signed in `us-east-1`.
pub(crate) async fn dynamodb(sandbox: &Sandbox, operation: &str, body: &str) -> String {
    let authorization = authorization("AKIAEXAMPLE", "us-east-1", "dynamodb");
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", &format!("DynamoDB_20120810.{operation}")),
    ];
    send(sandbox, "POST", "/", &headers, body).await.unwrap().line()
}

/// An STS request, signed in `us-east-1`.
pub(crate) async fn sts(sandbox: &Sandbox, body: &str) -> String {
    let authorization = authorization("AKIAEXAMPLE", "us-east-1", "sts");
    send(sandbox, "POST", "/", &[("authorization", &authorization)], body).await.unwrap().line()
}
