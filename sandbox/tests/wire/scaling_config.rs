//! Lambda's answers about scaling configurations, whole, and how a change of one goes.

use std::time::Duration;

use setpoint_sandbox::{Change, Clock, Fault, Pace, Sandbox};

use crate::client::{at, example, lambda, noon, with};

const LATEST: &str = "$LATEST.PUBLISHED";

fn path(function: &str, qualifier: &str) -> String {
    let qualifier = qualifier.replace('$', "%24");
    format!("/2025-11-30/functions/{function}/function-scaling-config?Qualifier={qualifier}")
}

async fn put(sandbox: &Sandbox, bounds: &str) -> String {
    let body = format!(r#"{{"FunctionScalingConfig":{{{bounds}}}}}"#);
    lambda(sandbox, "PUT", &path("thumbnails", LATEST), &body).await
}

async fn get(sandbox: &Sandbox) -> String {
    lambda(sandbox, "GET", &path("thumbnails", LATEST), "").await
}

fn bounds(min: i32, max: i32) -> String {
    format!("\"MinExecutionEnvironments\":{min},\"MaxExecutionEnvironments\":{max}")
}

/// The answer of Get, with what was requested where it is not in effect.
fn shown((min, max): (i32, i32), requested: Option<(i32, i32)>) -> String {
    let requested = requested
        .map_or_else(String::new, |(min, max)| format!(",\"RequestedFunctionScalingConfig\":{{{}}}", bounds(min, max)));
    format!(
        "200 application/json {{\"FunctionArn\":\"arn:aws:lambda:us-east-1:123456789012:function:thumbnails:{LATEST}\",\
         \"AppliedFunctionScalingConfig\":{{{}}}{requested}}}",
        bounds(min, max)
    )
}

fn refused(status: u16, code: &str, body: &str) -> String {
    format!("{status} application/json {code} {body}")
}

const ACCEPTED: &str = "202 application/json {\"FunctionState\":\"Active\"}";

#[tokio::test]
async fn bounds_are_requested_and_then_applied() {
    let sandbox = example().await;
    assert_eq!(get(&sandbox).await, shown((2, 10), None));
    assert_eq!(put(&sandbox, &bounds(5, 50)).await, ACCEPTED);
    let under_way = r#"{"Type":"User","message":"A previous request is being processed. Please try again shortly"}"#;
    assert_eq!(put(&sandbox, &bounds(6, 60)).await, refused(409, "ResourceConflictException", under_way));
    assert_eq!(get(&sandbox).await, shown((2, 10), Some((5, 50))));
    assert_eq!(get(&sandbox).await, shown((5, 50), None));
    // A version has bounds of its own.
    let version = lambda(&sandbox, "GET", &path("thumbnails", "4"), "").await;
    assert!(version.contains(&bounds(1, 5)), "{version}");
}

#[tokio::test]
async fn a_bound_that_is_left_out_stays() {
    let sandbox = with(|seed| seed.changes.pace = Some(Pace::Reads(0))).await;
    assert_eq!(put(&sandbox, "\"MaxExecutionEnvironments\":50").await, ACCEPTED);
    assert_eq!(get(&sandbox).await, shown((2, 50), None));
    assert_eq!(put(&sandbox, "\"MinExecutionEnvironments\":0").await, ACCEPTED);
    assert_eq!(get(&sandbox).await, shown((0, 50), None));
}

#[tokio::test]
async fn reads_may_lag_behind_time_may_be_the_pace_and_a_failure_leaves_the_request() {
    let clock = Clock::fixed(noon());
    let sandbox = at(clock.clone(), |seed| {
        seed.changes.stale_reads = Some(1);
        seed.changes.pace = Some(Pace::Time(Duration::from_secs(60)));
        seed.changes.fail_next = Some("No capacity.".to_owned());
    })
    .await;
    assert_eq!(put(&sandbox, &bounds(5, 50)).await, ACCEPTED);
    assert_eq!(get(&sandbox).await, shown((2, 10), None));
    assert_eq!(get(&sandbox).await, shown((2, 10), Some((5, 50))));
    clock.advance(Duration::from_secs(60));
    assert_eq!(get(&sandbox).await, shown((2, 10), Some((5, 50))));
    assert_eq!(put(&sandbox, &bounds(5, 50)).await, ACCEPTED);
    clock.advance(Duration::from_secs(60));
    assert_eq!(get(&sandbox).await, shown((2, 10), Some((5, 50))));
    assert_eq!(get(&sandbox).await, shown((5, 50), None));
}

#[tokio::test]
async fn a_function_that_is_being_updated_refuses_the_request() {
    let sandbox = example().await;
    sandbox.edit_function("thumbnails", |it| it.updating = Some(Change::ending_after(Pace::Reads(1))));
    let message = "{\"Type\":\"User\",\"message\":\"The operation cannot be performed at this time. An update is in progress \
                   for resource: arn:aws:lambda:us-east-1:123456789012:function:thumbnails\"}";
    assert_eq!(put(&sandbox, &bounds(5, 50)).await, refused(409, "ResourceConflictException", message));
    get(&sandbox).await;
    get(&sandbox).await;
    assert_eq!(put(&sandbox, &bounds(5, 50)).await, ACCEPTED);
}

#[tokio::test]
async fn what_a_request_may_not_say_is_refused_and_changes_nothing() {
    let sandbox = example().await;
    let before = sandbox.state();
    let user = |message: &str| format!("{{\"Type\":\"User\",\"message\":\"{message}\"}}");
    let front = |message: &str| format!("{{\"message\":{}}}", serde_json::to_string(message).unwrap());
    let at = "failed to satisfy constraint: Member must";
    for (function, qualifier, asked, status, code, body) in [
        (
            "thumbnails",
            LATEST,
            bounds(5, 4),
            400,
            "InvalidParameterValueException",
            user("MinExecutionEnvironments must be less than or equal to MaxExecutionEnvironments."),
        ),
        (
            "thumbnails",
            LATEST,
            bounds(-1, 15_001),
            400,
            "ValidationException",
            front(&format!(
                "2 validation errors detected: Value '-1' at 'functionScalingConfig.minExecutionEnvironments' {at} have value \
                 greater than or equal to 0; Value '15001' at 'functionScalingConfig.maxExecutionEnvironments' {at} have value \
                 less than or equal to 15000"
            )),
        ),
        (
            "thumbnails",
            "live",
            bounds(1, 2),
            400,
            "ValidationException",
            front(&format!(
                "1 validation error detected: Value 'live' at 'qualifier' {at} satisfy regular expression pattern: \
                 (\\$LATEST\\.PUBLISHED|[0-9]+)"
            )),
        ),
        (
            "thumbnails",
            "5",
            bounds(1, 2),
            404,
            "ResourceNotFoundException",
            "{\"Type\":\"User\",\"Message\":\"Function not found: \
             arn:aws:lambda:us-east-1:123456789012:function:thumbnails:5\"}"
                .to_owned(),
        ),
        (
            "checkout",
            LATEST,
            bounds(1, 2),
            400,
            "InvalidParameterValueException",
            user("The function does not run on managed instances."),
        ),
    ] {
        let body_sent = format!(r#"{{"FunctionScalingConfig":{{{asked}}}}}"#);
        let answer = lambda(&sandbox, "PUT", &path(function, qualifier), &body_sent).await;
        assert_eq!(answer, refused(status, code, &body), "{function} {qualifier}");
    }
    assert_eq!(sandbox.state(), before);
}

#[tokio::test]
async fn a_refusal_for_want_of_permission_names_what_is_published() {
    let sandbox = example().await;
    sandbox.script("GetFunctionScalingConfig", Fault::access_denied());
    let answer = get(&sandbox).await;
    assert!(answer.contains("lambda:GetFunctionScalingConfig on resource: "), "{answer}");
    assert!(answer.contains(&format!("function:thumbnails:{LATEST}")), "{answer}");
}
