//! The sandbox's own paths, for processes that cannot call its functions.

use serde_json::json;

use crate::client::{example, get, put, send};

#[tokio::test]
async fn state_is_read_and_replaced() {
    let sandbox = example().await;
    let before = send(&sandbox, "GET", "/_sandbox/state", &[], "").await.unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&before.body).unwrap(), sandbox.state());
    put(&sandbox, "checkout", "live", 8).await;
    let changed = sandbox.state();
    let replaced = send(&sandbox, "PUT", "/_sandbox/state", &[], &before.body).await.unwrap();
    assert_eq!((replaced.status.as_u16(), replaced.body.as_str()), (204, ""));
    assert_ne!(sandbox.state(), changed);
    assert_eq!(
        sandbox.state().to_string(),
        serde_json::from_str::<serde_json::Value>(&before.body).unwrap().to_string()
    );
}

#[tokio::test]
async fn a_state_that_is_not_a_seed_is_refused_and_changes_nothing() {
    let sandbox = example().await;
    let before = sandbox.state();
    let refused = send(&sandbox, "PUT", "/_sandbox/state", &[], r#"{"account": 1}"#).await.unwrap();
    assert_eq!(
        (refused.status.as_u16(), refused.body.as_str()),
        (
            400,
            "not a seed: unknown field `account`, expected one of `changes`, `traffic`, `faults`, `accounts` at line 1 \
             column 10"
        )
    );
    assert_eq!(sandbox.state(), before);
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_one_that_is_wrong_changes_nothing() {
    let sandbox = example().await;
    put(&sandbox, "checkout", "BLUE", 4).await;
    let home = |region: &str| format!(r#"{{"accounts":{{"123456789012":{{"us-east-1":{region}}}}}}}"#);
    let mut expected = sandbox.state();
    let region = &mut expected["accounts"]["123456789012"]["us-east-1"];
    region["endpoints"]["recsys"]["status"] = json!("Deleting");
    region["functions"].as_object_mut().unwrap().remove("search");
    region["limits"]["minimumUnreserved"] = json!(0);
    let patch = home(
        r#"{"endpoints": {"recsys": {"status": "Deleting"}}, "functions": {"search": null},
            "limits": {"minimumUnreserved": 0}}"#,
    );
    let patched = send(&sandbox, "PATCH", "/_sandbox/state", &[], &patch).await.unwrap();
    assert_eq!((patched.status.as_u16(), patched.body.as_str()), (204, ""));
    assert_eq!(sandbox.state(), expected);
    for (patch, problem) in [
        ("{", "not a patch: EOF while parsing an object at line 1 column 1"),
        ("3", "not a seed: invalid type: integer `3`, expected struct Seed"),
        (
            r#"{"traffic": {"latency": 3}}"#,
            "not a seed: unknown field `latency`, expected `latencyMilliseconds` or `requestsPerSecond`",
        ),
        (
            &home(r#"{"endpoints": {"recsys": null}}"#),
            "the seed contradicts itself: accounts.123456789012.us-east-1.inferenceComponents.recsys-candidates.\
             endpointName: there is no endpoint recsys",
        ),
    ] {
        let refused = send(&sandbox, "PATCH", "/_sandbox/state", &[], patch).await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.body.as_str()), (400, problem));
    }
    assert_eq!(sandbox.state(), expected);
}

#[tokio::test]
async fn faults_are_scripted_and_forgotten() {
    let sandbox = example().await;
    let fault = r#"{"effect": "throttle", "calls": "all"}"#;
    let path = "/_sandbox/faults/GetProvisionedConcurrencyConfig";
    assert_eq!(send(&sandbox, "POST", path, &[], fault).await.unwrap().status.as_u16(), 204);
    assert!(get(&sandbox, "checkout", "live").await.starts_with("429 "));
    assert_eq!(send(&sandbox, "DELETE", "/_sandbox/faults", &[], "").await.unwrap().status.as_u16(), 204);
    assert!(get(&sandbox, "checkout", "live").await.starts_with("200 "));
    for (path, fault, problem) in [
        ("/_sandbox/faults/DescribeEndpiont", fault, "the sandbox serves no operation DescribeEndpiont"),
        (
            path,
            r#"{"effect": "throttel"}"#,
            "not a fault: unknown variant `throttel`, expected one of `throttle`, `serverError`, `accessDenied`, `error`, \
             `html`, `empty`, `slowMilliseconds`, `dropConnection`, `loseAnswer` at line 1 column 21",
        ),
    ] {
        let refused = send(&sandbox, "POST", path, &[], fault).await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.body.as_str()), (400, problem));
    }
}

#[tokio::test]
async fn the_transcript_is_read_and_forgotten_and_does_not_hold_these_requests() {
    let sandbox = example().await;
    get(&sandbox, "checkout", "green").await;
    let transcript = send(&sandbox, "GET", "/_sandbox/transcript", &[], "").await.unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&transcript.body).unwrap(),
        json!([{
            "method": "GET",
            "path": "/2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=green",
            "operation": "GetProvisionedConcurrencyConfig",
            "account": "123456789012",
            "region": "us-east-1",
            "body": "",
            "status": 404,
            "answer": "{\"Type\":\"User\",\"Message\":\"Cannot find alias arn: \
                       arn:aws:lambda:us-east-1:123456789012:function:checkout:green\"}",
        }])
    );
    assert_eq!(send(&sandbox, "DELETE", "/_sandbox/transcript", &[], "").await.unwrap().status.as_u16(), 204);
    assert_eq!(sandbox.transcript(), []);
}

#[tokio::test]
async fn any_other_path_of_its_own_lists_those_there_are() {
    let sandbox = example().await;
    let answer = send(&sandbox, "GET", "/_sandbox/", &[], "").await.unwrap();
    assert_eq!(answer.status.as_u16(), 404);
    let first: Vec<_> = answer.body.lines().map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(first, ["GET", "PUT", "PATCH", "GET", "DELETE /_sandbox/transcript", "POST", "DELETE /_sandbox/faults"]);
}
