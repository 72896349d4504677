//! STS's answers, and whose state each credential acts on.

use setpoint_sandbox::Seed;

use crate::client::{authorization, example, send, sts, with};

const ASSUME: &str = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A210987654321%3Arole%2Fops%2FScaler&RoleSessionName=setpoint-1";

fn refused(status: u16, code: &str, message: &str) -> String {
    format!(
        "{status} text/xml <ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>5e79017f-0000-4000-8000-000000000001</RequestId></ErrorResponse>"
    )
}

#[tokio::test]
async fn an_assumed_role_gets_credentials_that_name_its_account_and_expire() {
    let sandbox = example().await;
    let answer = |expiration: &str| {
        format!(
            "200 text/xml <AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
             <AssumedRoleUser><AssumedRoleId>AROASANDBOX210987654321:setpoint-1</AssumedRoleId>\
             <Arn>arn:aws:sts::210987654321:assumed-role/Scaler/setpoint-1</Arn></AssumedRoleUser>\
             <Credentials><AccessKeyId>ASIA2109876543210000</AccessKeyId>\
             <SecretAccessKey>sandbox-does-not-verify-signatures-00000</SecretAccessKey>\
             <SessionToken>sandbox/Scaler/setpoint-1</SessionToken><Expiration>{expiration}</Expiration></Credentials>\
             </AssumeRoleResult><ResponseMetadata><RequestId>"
        )
    };
    let without_id = |line: String| line.split_inclusive("<RequestId>").next().unwrap().to_owned();
    assert_eq!(without_id(sts(&sandbox, ASSUME).await), answer("2026-01-05T13:00:00Z"));
    let quarter = format!("{ASSUME}&DurationSeconds=900");
    assert_eq!(without_id(sts(&sandbox, &quarter).await), answer("2026-01-05T12:15:00Z"));
}

#[tokio::test]
async fn a_role_that_could_not_be_is_refused() {
    for (body, message) in [
        (
            "Action=AssumeRole&RoleSessionName=s%20",
            "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; \
             Value 's ' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression \
             pattern: [\\w+=,.@-]*",
        ),
        (
            "Action=AssumeRole&RoleSessionName=s&RoleArn=arn&DurationSeconds=899",
            "2 validation errors detected: Value 's' at 'roleSessionName' failed to satisfy constraint: Member must have \
             length greater than or equal to 2; Value '899' at 'durationSeconds' failed to satisfy constraint: Member \
             must have value greater than or equal to 900",
        ),
        ("Action=AssumeRole&RoleSessionName=ss&RoleArn=%3Crole%3E", "&lt;role&gt; is invalid"),
        (
            "Action=AssumeRole&RoleSessionName=ss&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa",
            "arn:aws:iam::1:role/a is invalid",
        ),
    ] {
        let sandbox = example().await;
        assert_eq!(sts(&sandbox, body).await, refused(400, "ValidationError", message));
    }
}

#[tokio::test]
async fn an_action_it_does_not_serve_is_invalid() {
    let sandbox = example().await;
    assert_eq!(
        sts(&sandbox, "Action=GetSessionToken&Version=2011-06-15").await,
        refused(400, "InvalidAction", "Could not find operation GetSessionToken for version 2011-06-15")
    );
}

#[tokio::test]
async fn the_caller_is_the_assumed_role_or_else_the_default_account() {
    let sandbox = example().await;
    let caller = async |key: &str, token: &str| {
        let authorization = authorization(key, "us-east-1", "sts");
        let headers = [("authorization", authorization.as_str()), ("x-amz-security-token", token)];
        let answer = send(&sandbox, "POST", "/", &headers, "Action=GetCallerIdentity").await.unwrap();
        let (_, body) = answer.body.split_once("<GetCallerIdentityResult>").unwrap();
        body.split_once("</GetCallerIdentityResult>").unwrap().0.to_owned()
    };
    assert_eq!(
        caller("ASIA2109876543210000", "sandbox/Scaler/setpoint-1").await,
        "<Arn>arn:aws:sts::210987654321:assumed-role/Scaler/setpoint-1</Arn>\
         <UserId>AROASANDBOX210987654321:setpoint-1</UserId><Account>210987654321</Account>"
    );
    // A real temporary key has letters where ours has the account.
    assert_eq!(
        caller("ASIAIOSFODNN7EXAMPLE", "real").await,
        "<Arn>arn:aws:iam::123456789012:user/sandbox</Arn>\
         <UserId>AIDASANDBOX123456789012</UserId><Account>123456789012</Account>"
    );
}

/// Puts an endpoint into another account and another Region, each with another number of instances.
fn elsewhere(seed: &mut Seed) {
    let recsys = seed.home().endpoints["recsys"].clone();
    for (account, region, count) in [("123456789012", "eu-west-1", 4), ("210987654321", "us-east-1", 6)] {
        let mut recsys = recsys.clone();
        recsys.variants[0].current.instance_count = Some(count);
        seed.region(account, region).endpoints.insert("recsys".to_owned(), recsys);
    }
}

#[tokio::test]
async fn each_account_and_region_has_a_state_of_its_own() {
    let sandbox = with(elsewhere).await;
    let count = async |authorization: Option<String>| {
        let mut headers = vec![("x-amz-target", "SageMaker.DescribeEndpoint")];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        let answer = send(&sandbox, "POST", "/", &headers, r#"{"EndpointName":"recsys"}"#).await.unwrap();
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        match body["ProductionVariants"][0]["CurrentInstanceCount"].as_i64() {
            Some(count) => format!("{count} in {}", body["EndpointArn"].as_str().unwrap()),
            None => body["message"].as_str().unwrap().to_owned(),
        }
    };
    let arn = |place: &str| format!("arn:aws:sagemaker:{place}:endpoint/recsys");
    let signed = |key: &str, region: &str| Some(authorization(key, region, "sagemaker"));
    let home = format!("2 in {}", arn("us-east-1:123456789012"));
    assert_eq!(count(signed("AKIAEXAMPLE", "us-east-1")).await, home);
    assert_eq!(count(None).await, home);
    assert_eq!(count(signed("AKIAEXAMPLE", "eu-west-1")).await, format!("4 in {}", arn("eu-west-1:123456789012")));
    assert_eq!(
        count(signed("ASIA2109876543210000", "us-east-1")).await,
        format!("6 in {}", arn("us-east-1:210987654321"))
    );
    assert_eq!(
        count(signed("ASIA2109876543210000", "ap-southeast-2")).await,
        format!("Could not find endpoint \"{}\".", arn("ap-southeast-2:210987654321"))
    );
    assert_eq!(
        count(signed("AKIAEXAMPLE", "cn-north-1")).await,
        "Could not find endpoint \"arn:aws-cn:sagemaker:cn-north-1:123456789012:endpoint/recsys\"."
    );
    assert_eq!(
        count(signed("AKIAEXAMPLE", "us-gov-west-1")).await,
        "Could not find endpoint \"arn:aws-us-gov:sagemaker:us-gov-west-1:123456789012:endpoint/recsys\"."
    );
    let places: Vec<_> =
        sandbox.transcript().into_iter().map(|exchange| format!("{}/{}", exchange.account, exchange.region)).collect();
    assert_eq!(
        places,
        [
            "123456789012/us-east-1",
            "123456789012/us-east-1",
            "123456789012/eu-west-1",
            "210987654321/us-east-1",
            "210987654321/ap-southeast-2",
            "123456789012/cn-north-1",
            "123456789012/us-gov-west-1"
        ]
    );
}

#[tokio::test]
async fn an_unsigned_request_is_told_by_target_path_or_action() {
    let sandbox = example().await;
    let ask = async |method: &str, path: &str, body: &str| {
        send(&sandbox, method, path, &[], body).await.unwrap();
        sandbox.transcript().pop().unwrap().operation
    };
    let concurrency = "/2019-09-30/functions/checkout/provisioned-concurrency";
    assert_eq!(ask("GET", concurrency, "").await, "GetProvisionedConcurrencyConfig");
    assert_eq!(ask("GET", "/provisioned-model-throughput/support-bot", "").await, "GetProvisionedModelThroughput");
    assert_eq!(ask("POST", "/", "Action=GetCallerIdentity").await, "GetCallerIdentity");
    assert_eq!(ask("GET", "/favicon.ico", "").await, "UnknownOperation");
    assert_eq!(sandbox.transcript().pop().unwrap().status, Some(404));
}
