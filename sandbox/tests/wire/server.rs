//! The server around the services: transcript, request ids, start and end.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use setpoint_sandbox::{Options, Sandbox, Seed};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{bedrock, example, get, put, sagemaker, send, sts};

#[tokio::test]
async fn the_transcript_shows_method_path_operation_body_and_status() {
    let sandbox = example().await;
    sagemaker(&sandbox, "DescribeEndpoint", r#"{"EndpointName":"nowhere"}"#).await;
    put(&sandbox, "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Acheckout", "live", 6).await;
    get(&sandbox, "checkout", "%24LATEST").await;
    bedrock(&sandbox, "GET", "/provisioned-model-throughput/support-bot", "").await;
    sts(&sandbox, "Action=GetCallerIdentity&Version=2011-06-15").await;
    let transcript: Vec<_> = sandbox.transcript().iter().map(ToString::to_string).collect();
    assert_eq!(
        transcript,
        [
            "POST / DescribeEndpoint {\"EndpointName\":\"nowhere\"} -> 400",
            "PUT /2019-09-30/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Acheckout/provisioned-concurrency\
             ?Qualifier=live {\"ProvisionedConcurrentExecutions\":6} -> 202",
            "GET /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=%24LATEST -> 400",
            "GET /provisioned-model-throughput/support-bot -> 200",
            "POST / GetCallerIdentity Action=GetCallerIdentity&Version=2011-06-15 -> 200",
        ]
    );
    let operations: Vec<_> = sandbox.transcript().into_iter().map(|exchange| exchange.operation).collect();
    assert_eq!(
        operations,
        [
            "DescribeEndpoint",
            "PutProvisionedConcurrencyConfig",
            "GetProvisionedConcurrencyConfig",
            "GetProvisionedModelThroughput",
            "GetCallerIdentity"
        ]
    );
    assert_eq!(
        sandbox.transcript()[0].answer,
        "{\"__type\":\"ValidationException\",\"message\":\"Could not find endpoint \
         \\\"arn:aws:sagemaker:us-east-1:123456789012:endpoint/nowhere\\\".\"}"
    );
    sandbox.clear_transcript();
    assert_eq!(sandbox.transcript(), []);
}

#[tokio::test]
async fn every_answer_carries_a_request_id_of_its_own() {
    let sandbox = example().await;
    let id = async || {
        let answer = send(&sandbox, "GET", "/nothing", &[], "").await.unwrap();
        answer.header("x-amzn-requestid").unwrap().to_owned()
    };
    assert_eq!(id().await, "5e79017f-0000-4000-8000-000000000001");
    assert_eq!(id().await, "5e79017f-0000-4000-8000-000000000002");
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let sandbox = example().await;
    let stream = TcpStream::connect(sandbox.address()).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for _ in 0..3 {
        let path = "/2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=live";
        let request = Request::get(path).header("host", "localhost").body(Full::<Bytes>::default()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        response.into_body().collect().await.unwrap();
    }
    assert_eq!(sandbox.transcript().len(), 3);
}

#[tokio::test]
async fn a_dropped_sandbox_refuses_connections_and_closes_those_it_had() {
    let sandbox = example().await;
    let address = sandbox.address();
    assert_eq!(sandbox.url(), format!("http://{address}"));
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = || Request::get("/nothing").header("host", "localhost").body(Full::default()).unwrap();
    sender.send_request(request()).await.unwrap().into_body().collect().await.unwrap();
    drop(sandbox);
    timeout(Duration::from_secs(10), connection).await.expect("the connection is closed").unwrap().unwrap();
    assert!(sender.send_request(request()).await.is_err());
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn two_sandboxes_live_side_by_side() {
    let (one, other) = (example().await, example().await);
    put(&one, "checkout", "BLUE", 4).await;
    assert_eq!(other.transcript(), []);
    assert_eq!(other.function("checkout"), example().await.function("checkout"));
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error() {
    let sandbox = example().await;
    let options = Options { listen: sandbox.address(), ..Options::default() };
    let error = Sandbox::start(Seed::default(), options).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}
