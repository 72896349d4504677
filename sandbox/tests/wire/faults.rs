//! Scripted faults, the rate limit and latency, in each service's own format.

use std::pin::pin;
use std::time::Duration;

use setpoint_sandbox::{Clock, Fault, Sandbox};

use crate::client::{
    at, authorization, bedrock, concurrency, endpoint_in_short, example, get, lambda, noon, put, sagemaker, send, sts,
};

const ARN: &str =
    "/provisioned-model-throughput/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdef123456";
const DESCRIBE: &str = r#"{"EndpointName":"recsys"}"#;

/// The next `DescribeEndpoint`: its status, or `closed` when there is no answer.
async fn describe(sandbox: &Sandbox) -> String {
    let headers = [("x-amz-target", "SageMaker.DescribeEndpoint")];
    match send(sandbox, "POST", "/", &headers, DESCRIBE).await {
        Ok(answer) => answer.status.as_u16().to_string(),
        Err(_) => "closed".to_owned(),
    }
}

#[tokio::test]
async fn throttling_is_worded_by_each_service() {
    let sandbox = example().await;
    sandbox.script("*", Fault::throttle().always());
    assert_eq!(
        sagemaker(&sandbox, "DescribeEndpoint", DESCRIBE).await,
        r#"400 application/x-amz-json-1.1 ThrottlingException {"__type":"ThrottlingException","message":"Rate exceeded"}"#
    );
    assert_eq!(
        get(&sandbox, "checkout", "live").await,
        r#"429 application/json TooManyRequestsException {"Reason":"CallerRateLimitExceeded","Type":"User","message":"Rate exceeded"}"#
    );
    assert_eq!(
        bedrock(&sandbox, "GET", "/provisioned-model-throughput/support-bot", "").await,
        r#"429 application/json ThrottlingException {"message":"Rate exceeded"}"#
    );
    assert_eq!(
        sts(&sandbox, "Action=GetCallerIdentity").await,
        "400 text/xml <ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>Throttling</Code><Message>Rate exceeded</Message></Error>\
         <RequestId>5e79017f-0000-4000-8000-000000000004</RequestId></ErrorResponse>"
    );
    let authorization = authorization("AKIAEXAMPLE", "us-east-1", "lambda");
    let headers = [("authorization", authorization.as_str())];
    let answer = send(&sandbox, "GET", &concurrency("checkout", "live"), &headers, "").await.unwrap();
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn a_failure_of_the_service_is_worded_by_each_service() {
    let sandbox = example().await;
    sandbox.script("*", Fault::server_error().always());
    let message = "The request processing has failed because of an unknown error, exception or failure.";
    assert_eq!(
        sagemaker(&sandbox, "DescribeEndpoint", DESCRIBE).await,
        format!(
            r#"500 application/x-amz-json-1.1 InternalFailure {{"__type":"InternalFailure","message":"{message}"}}"#
        )
    );
    assert_eq!(
        get(&sandbox, "checkout", "live").await,
        format!(r#"500 application/json ServiceException {{"Type":"Service","Message":"{message}"}}"#)
    );
    assert_eq!(
        bedrock(&sandbox, "GET", "/provisioned-model-throughput/support-bot", "").await,
        format!(r#"500 application/json InternalServerException {{"message":"{message}"}}"#)
    );
    assert_eq!(
        sts(&sandbox, "Action=GetCallerIdentity").await,
        format!(
            "500 text/xml <ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
             <Type>Receiver</Type><Code>InternalFailure</Code><Message>{message}</Message></Error>\
             <RequestId>5e79017f-0000-4000-8000-000000000004</RequestId></ErrorResponse>"
        )
    );
}

#[tokio::test]
async fn a_refusal_for_want_of_permission_names_user_action_and_resource() {
    let sandbox = example().await;
    sandbox.script("*", Fault::access_denied().always());
    let user = "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform";
    assert_eq!(
        sagemaker(&sandbox, "DescribeEndpoint", DESCRIBE).await,
        format!(
            "400 application/x-amz-json-1.1 AccessDeniedException {{\"__type\":\"AccessDeniedException\",\"message\":\"{user}: \
             sagemaker:DescribeEndpoint on resource: arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys\"}}"
        )
    );
    assert_eq!(
        put(&sandbox, "checkout", "live", 6).await,
        format!(
            "403 application/json AccessDeniedException {{\"Message\":\"{user}: lambda:PutProvisionedConcurrencyConfig on \
             resource: arn:aws:lambda:us-east-1:123456789012:function:checkout:live\"}}"
        )
    );
    assert_eq!(
        bedrock(&sandbox, "PATCH", ARN, "{}").await,
        format!(
            "403 application/json AccessDeniedException {{\"message\":\"{user}: bedrock:UpdateProvisionedModelThroughput \
             on resource: arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456\"}}"
        )
    );
    assert_eq!(
        sts(&sandbox, "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa").await,
        format!(
            "403 text/xml <ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>AccessDenied</Code><Message>{user}: sts:AssumeRole on resource: arn:aws:iam::1:role/a</Message></Error>\
             <RequestId>5e79017f-0000-4000-8000-000000000004</RequestId></ErrorResponse>"
        )
    );
}

#[tokio::test]
async fn any_error_a_page_of_html_and_an_empty_body_can_be_scripted() {
    let sandbox = example().await;
    sandbox.script("GetProvisionedConcurrencyConfig", Fault::error(400, "ConflictException", "as scripted"));
    sandbox.script("GetProvisionedConcurrencyConfig", Fault::html(503));
    sandbox.script("GetProvisionedConcurrencyConfig", Fault::empty(503));
    assert_eq!(
        get(&sandbox, "checkout", "live").await,
        r#"400 application/json ConflictException {"Type":"User","message":"as scripted"}"#
    );
    assert_eq!(
        get(&sandbox, "checkout", "live").await,
        "503 text/html <html>\r\n<head><title>503</title></head>\r\n<body>\r\n<center><h1>503</h1></center>\r\n</body>\r\n</html>"
    );
    assert_eq!(get(&sandbox, "checkout", "live").await, "503 -");
    assert!(get(&sandbox, "checkout", "live").await.starts_with("200 "));
}

#[tokio::test]
async fn faults_are_met_in_the_order_scripted_and_as_often_as_scripted() {
    let sandbox = example().await;
    sandbox.script("DescribeEndpoint", Fault::throttle().times(2));
    sandbox.script("DescribeEndpoint", Fault::drop_connection());
    sandbox.script("DescribeEndpoint", Fault::html(502));
    // Never for an operation that has a fault of its own.
    sandbox.script("*", Fault::empty(418).times(1));
    for expected in ["400", "400", "closed", "502", "418", "200", "200"] {
        assert_eq!(describe(&sandbox).await, expected);
    }
    sandbox.script("DescribeEndpoint", Fault::server_error().always());
    for _ in 0..3 {
        assert_eq!(describe(&sandbox).await, "500");
    }
    sandbox.clear_faults();
    assert_eq!(describe(&sandbox).await, "200");
}

#[tokio::test]
async fn a_fault_that_is_used_up_leaves_nothing_behind() {
    let sandbox = example().await;
    let before = sandbox.state();
    sandbox.script("DescribeEndpoint", Fault::throttle().times(2));
    for _ in 0..2 {
        assert_eq!(describe(&sandbox).await, "400");
    }
    assert_eq!(sandbox.state(), before);
}

#[tokio::test]
async fn a_fault_may_be_for_some_targets_alone() {
    let sandbox = example().await;
    sandbox.script("GetProvisionedConcurrencyConfig", Fault::throttle().always().containing("/search/"));
    sandbox.script("DescribeEndpoint", Fault::server_error().always().containing("\"ranking\""));
    assert!(get(&sandbox, "checkout", "live").await.starts_with("200 "));
    assert!(get(&sandbox, "search", "prod").await.starts_with("429 "));
    assert_eq!(describe(&sandbox).await, "200");
    let ranking = sagemaker(&sandbox, "DescribeEndpoint", r#"{"EndpointName":"ranking"}"#).await;
    assert!(ranking.starts_with("500 "), "{ranking}");
}

#[tokio::test]
async fn a_dropped_call_takes_no_effect_and_a_lost_answer_does() {
    let sandbox = example().await;
    let update = async |count: i32| {
        let headers = [("x-amz-target", "SageMaker.UpdateEndpointWeightsAndCapacities")];
        let body = format!(
            r#"{{"EndpointName":"recsys","DesiredWeightsAndCapacities":[{{"VariantName":"AllTraffic","DesiredInstanceCount":{count}}}]}}"#
        );
        send(&sandbox, "POST", "/", &headers, &body).await.is_ok()
    };
    sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::drop_connection());
    assert!(!update(6).await);
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "InService AllTraffic:1.0>1.0,2>2");
    sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::lose_answer());
    assert!(!update(6).await);
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "Updating AllTraffic:1.0>1.0,2>6");
    let statuses: Vec<_> = sandbox.transcript().iter().map(|exchange| exchange.status).collect();
    assert_eq!(statuses, [None, Some(200), None, Some(200)]);
}

#[tokio::test]
async fn a_throttled_write_takes_no_effect() {
    let sandbox = example().await;
    let before = sandbox.function("checkout");
    sandbox.script("PutProvisionedConcurrencyConfig", Fault::throttle());
    assert!(put(&sandbox, "checkout", "live", 6).await.starts_with("429 "));
    assert_eq!(sandbox.function("checkout"), before);
}

#[tokio::test]
async fn a_slow_answer_is_late_though_its_effect_is_not() {
    let clock = Clock::fixed(noon());
    let sandbox = at(clock.clone(), |_| {}).await;
    sandbox.script("PutProvisionedConcurrencyConfig", Fault::slow(Duration::from_secs(3600)));
    let mut answer = pin!(put(&sandbox, "checkout", "BLUE", 4));
    let taken_effect = async {
        while !sandbox.function("checkout").unwrap().provisioned_concurrency.contains_key("BLUE") {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = &mut answer => panic!("too early: {answer}"),
        () = taken_effect => {}
    }
    // A second before the hour is over, the call has long taken effect and is still without an answer.
    clock.advance(Duration::from_secs(3599));
    assert_eq!(sandbox.function("checkout").unwrap().provisioned_concurrency["BLUE"].requested, 4);
    assert_eq!(
        sandbox.transcript()[0].to_string(),
        "PUT /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=BLUE \
         {\"ProvisionedConcurrentExecutions\":4} -> no answer"
    );
    clock.advance(Duration::from_secs(1));
    let answer = answer.await;
    assert!(answer.starts_with("202 "), "{answer}");
}

#[tokio::test]
async fn latency_is_added_to_every_answer() {
    let clock = Clock::fixed(noon());
    let sandbox = at(clock.clone(), |seed| seed.traffic.latency = Duration::from_secs(50)).await;
    for calls in 1..=3 {
        let mut answer = pin!(describe(&sandbox));
        let arrived = async {
            while sandbox.transcript().len() < calls {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            answer = &mut answer => panic!("too early: {answer}"),
            () = arrived => {}
        }
        clock.advance(Duration::from_secs(50));
        assert_eq!(answer.await, "200");
    }
}

#[tokio::test]
async fn above_the_rate_limit_each_service_throttles_until_the_second_is_over() {
    let clock = Clock::fixed(noon());
    let sandbox = at(clock.clone(), |seed| seed.traffic.requests_per_second = Some(2)).await;
    assert_eq!(describe(&sandbox).await, "200");
    clock.advance(Duration::from_millis(600));
    assert_eq!(describe(&sandbox).await, "200");
    assert_eq!(describe(&sandbox).await, "400");
    // Lambda has a limit of its own, and so has another Region.
    assert!(lambda(&sandbox, "GET", &concurrency("checkout", "live"), "").await.starts_with("200 "));
    let elsewhere = authorization("AKIAEXAMPLE", "eu-west-1", "sagemaker");
    let headers = [("authorization", elsewhere.as_str()), ("x-amz-target", "SageMaker.ListEndpoints")];
    assert_eq!(send(&sandbox, "POST", "/", &headers, "{}").await.unwrap().status.as_u16(), 200);
    clock.advance(Duration::from_millis(400));
    // The first of the two is a second old, the other is not.
    assert_eq!(describe(&sandbox).await, "200");
    assert_eq!(describe(&sandbox).await, "400");
}

#[tokio::test]
#[should_panic(expected = "the sandbox serves no operation DescribeEndpiont")]
async fn a_fault_for_an_operation_that_does_not_exist_is_a_mistake() {
    example().await.script("DescribeEndpiont", Fault::throttle());
}
