//! SageMaker's answers about inference components, whole, and how a change of their copies goes.

use std::time::Duration;

use setpoint_sandbox::{Change, Clock, Fault, InferenceComponentStatus, Pace, Sandbox};

use crate::client::{at, example, noon, sagemaker, with};

const UPDATE: &str = "UpdateInferenceComponentRuntimeConfig";
const DESCRIBE: &str = "DescribeInferenceComponent";
const UPDATED: &str = "200 application/x-amz-json-1.1 \
     {\"InferenceComponentArn\":\"arn:aws:sagemaker:us-east-1:123456789012:inference-component/recsys-ranker\"}";

fn copies(name: &str, count: &str) -> String {
    format!(r#"{{"InferenceComponentName":"{name}","DesiredRuntimeConfig":{{"CopyCount":{count}}}}}"#)
}

async fn scale(sandbox: &Sandbox, count: i32) -> String {
    sagemaker(sandbox, UPDATE, &copies("recsys-ranker", &count.to_string())).await
}

fn refused(code: &str, message: &str) -> String {
    let message = serde_json::to_string(message).unwrap();
    let key = if code == "ResourceLimitExceeded" { "Message" } else { "message" };
    format!(r#"400 application/x-amz-json-1.1 {code} {{"__type":"{code}","{key}":{message}}}"#)
}

fn busy(state: &str) -> String {
    let message = format!(
        "Cannot update inference component \
         \"arn:aws:sagemaker:us-east-1:123456789012:inference-component/recsys-ranker\" while it is in state {state}."
    );
    refused("ValidationException", &message)
}

const UPDATING: &str = "UPDATE_RC_IN_PROGRESS";

/// Status, current and desired copies, LastModifiedTime and FailureReason of `recsys-ranker`.
async fn in_short(sandbox: &Sandbox) -> String {
    let line = sagemaker(sandbox, DESCRIBE, r#"{"InferenceComponentName":"recsys-ranker"}"#).await;
    let body: serde_json::Value =
        serde_json::from_str(line.strip_prefix("200 application/x-amz-json-1.1 ").unwrap()).unwrap();
    format!(
        "{} {}>{} {} {}",
        body["InferenceComponentStatus"].as_str().unwrap(),
        body["RuntimeConfig"]["CurrentCopyCount"],
        body["RuntimeConfig"]["DesiredCopyCount"],
        body["LastModifiedTime"],
        body["FailureReason"].as_str().unwrap_or("-")
    )
}

const SEEDED: &str = "1740823460.5";
const NOW: &str = "1767614400.0";

#[tokio::test]
async fn a_component_is_described_with_its_endpoint_and_both_counts() {
    let sandbox = example().await;
    assert_eq!(
        sagemaker(&sandbox, DESCRIBE, r#"{"InferenceComponentName":"recsys-ranker"}"#).await,
        "200 application/x-amz-json-1.1 {\"InferenceComponentName\":\"recsys-ranker\",\
         \"InferenceComponentArn\":\"arn:aws:sagemaker:us-east-1:123456789012:inference-component/recsys-ranker\",\
         \"EndpointName\":\"recsys\",\"EndpointArn\":\"arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys\",\
         \"VariantName\":\"AllTraffic\",\"RuntimeConfig\":{\"DesiredCopyCount\":2,\"CurrentCopyCount\":2},\
         \"CreationTime\":1740823200.0,\"LastModifiedTime\":1740823460.5,\"InferenceComponentStatus\":\"InService\"}"
    );
}

#[tokio::test]
async fn copies_change_by_way_of_updating_and_one_update_at_a_time() {
    let sandbox = example().await;
    assert_eq!(scale(&sandbox, 5).await, UPDATED);
    assert_eq!(scale(&sandbox, 6).await, busy(UPDATING));
    assert_eq!(in_short(&sandbox).await, format!("Updating 2>5 {NOW} -"));
    assert_eq!(in_short(&sandbox).await, format!("InService 5>5 {NOW} -"));
    let component = sandbox.inference_component("recsys-ranker").unwrap();
    assert_eq!((component.current_copy_count, component.desired_copy_count), (5, None));
    // The endpoint is another resource and has not moved.
    assert_eq!(sandbox.endpoint("recsys").unwrap().last_modified_time.timestamp_millis(), 1_740_820_050_250);
}

#[tokio::test]
async fn a_component_scales_to_zero_and_back() {
    let sandbox = with(|seed| seed.changes.pace = Some(Pace::Reads(0))).await;
    assert_eq!(scale(&sandbox, 0).await, UPDATED);
    assert_eq!(in_short(&sandbox).await, format!("InService 0>0 {NOW} -"));
    assert_eq!(scale(&sandbox, 1).await, UPDATED);
    assert_eq!(in_short(&sandbox).await, format!("InService 1>1 {NOW} -"));
}

#[tokio::test]
async fn in_service_and_failed_accept_an_update_and_every_other_state_refuses_it() {
    use InferenceComponentStatus::{Creating, Deleting, Failed, InService};
    for (status, answer) in [
        (InService, UPDATED.to_owned()),
        (Failed, UPDATED.to_owned()),
        (Creating, busy("CREATE_IN_PROGRESS")),
        (Deleting, busy("DELETE_IN_PROGRESS")),
    ] {
        let sandbox = example().await;
        sandbox.edit_inference_component("recsys-ranker", |component| component.status = status);
        assert_eq!(scale(&sandbox, 3).await, answer, "{status:?}");
    }
    let sandbox = example().await;
    let change = Change::ending_after(Pace::Reads(1));
    sandbox.edit_inference_component("recsys-ranker", |component| component.start_updating(change));
    assert_eq!(scale(&sandbox, 3).await, busy(UPDATING));
    assert_eq!(in_short(&sandbox).await, format!("Updating 2>2 {SEEDED} -"));
    assert_eq!(scale(&sandbox, 3).await, UPDATED);
}

#[tokio::test]
async fn an_update_that_fails_keeps_the_copies_and_says_why() {
    let sandbox = example().await;
    let reason = "Insufficient capacity.".to_owned();
    sandbox.edit_inference_component("recsys-ranker", |component| component.changes.fail_next = Some(reason));
    assert_eq!(scale(&sandbox, 5).await, UPDATED);
    assert_eq!(in_short(&sandbox).await, format!("Updating 2>5 {NOW} -"));
    assert_eq!(in_short(&sandbox).await, format!("Failed 2>5 {NOW} Insufficient capacity."));
    // The next one goes well, and takes the reason with it.
    assert_eq!(scale(&sandbox, 4).await, UPDATED);
    assert_eq!(in_short(&sandbox).await, format!("Updating 2>4 {NOW} -"));
    assert_eq!(in_short(&sandbox).await, format!("InService 4>4 {NOW} -"));
}

#[tokio::test]
async fn stale_reads_show_the_old_copies_while_writes_find_it_busy() {
    let sandbox = example().await;
    sandbox.edit_inference_component("recsys-ranker", |component| component.changes.stale_reads = Some(2));
    assert_eq!(scale(&sandbox, 5).await, UPDATED);
    for _ in 0..2 {
        assert_eq!(scale(&sandbox, 6).await, busy(UPDATING));
        assert_eq!(in_short(&sandbox).await, format!("InService 2>2 {SEEDED} -"));
    }
    assert_eq!(in_short(&sandbox).await, format!("Updating 2>5 {NOW} -"));
    assert_eq!(in_short(&sandbox).await, format!("InService 5>5 {NOW} -"));
}

#[tokio::test]
async fn with_a_pace_of_time_the_clock_ends_the_change_and_may_move_the_time_again() {
    for (again, at_the_end) in [(false, NOW), (true, "1767614460.0")] {
        let clock = Clock::fixed(noon());
        let sandbox = at(clock.clone(), |seed| {
            seed.changes.pace = Some(Pace::Time(Duration::from_secs(60)));
            seed.changes.completion_moves_last_modified = Some(again);
        })
        .await;
        assert_eq!(scale(&sandbox, 5).await, UPDATED);
        clock.advance(Duration::from_secs(59));
        assert_eq!(in_short(&sandbox).await, format!("Updating 2>5 {NOW} -"));
        clock.advance(Duration::from_secs(30));
        assert_eq!(in_short(&sandbox).await, format!("InService 5>5 {at_the_end} -"));
    }
}

#[tokio::test]
async fn the_quota_of_copies_refuses_more_and_lets_fewer_through() {
    let sandbox = with(|seed| seed.home().limits.inference_component_copies = Some(4)).await;
    assert_eq!(
        scale(&sandbox, 5).await,
        refused(
            "ResourceLimitExceeded",
            "The account-level service limit 'Copies per inference component' is 4 Copies, with current utilization of 2 \
             Copies and a request delta of 3 Copies. Please use AWS Service Quotas to request an increase for this quota.",
        )
    );
    assert_eq!(scale(&sandbox, 4).await, UPDATED);
    let sandbox = with(|seed| seed.home().limits.inference_component_copies = Some(0)).await;
    assert_eq!(scale(&sandbox, 1).await, UPDATED);
}

#[tokio::test]
async fn what_a_request_may_not_say_is_refused_and_changes_nothing() {
    let sandbox = example().await;
    let before = sandbox.state();
    let missing = "Could not find inference component \
                   \"arn:aws:sagemaker:us-east-1:123456789012:inference-component/nowhere\".";
    let null = |path: &str| format!("Value null at '{path}' failed to satisfy constraint: Member must not be null");
    for (operation, body, message) in [
        (UPDATE, copies("nowhere", "1"), missing.to_owned()),
        (DESCRIBE, r#"{"InferenceComponentName":"nowhere"}"#.to_owned(), missing.to_owned()),
        (
            UPDATE,
            copies("recsys-ranker", "-1"),
            "1 validation error detected: Value '-1' at 'desiredRuntimeConfig.copyCount' failed to satisfy constraint: \
             Member must have value greater than or equal to 0"
                .to_owned(),
        ),
        (
            UPDATE,
            copies("recsys-ranker", "null"),
            format!("1 validation error detected: {}", null("desiredRuntimeConfig.copyCount")),
        ),
        (
            UPDATE,
            "{}".to_owned(),
            format!(
                "2 validation errors detected: {}; {}",
                null("inferenceComponentName"),
                null("desiredRuntimeConfig")
            ),
        ),
        (DESCRIBE, "{}".to_owned(), format!("1 validation error detected: {}", null("inferenceComponentName"))),
        (
            DESCRIBE,
            r#"{"InferenceComponentName":"a.b"}"#.to_owned(),
            "1 validation error detected: Value 'a.b' at 'inferenceComponentName' failed to satisfy constraint: Member \
             must satisfy regular expression pattern: ^[a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?"
                .to_owned(),
        ),
    ] {
        assert_eq!(sagemaker(&sandbox, operation, &body).await, refused("ValidationException", &message), "{body}");
    }
    assert_eq!(
        sagemaker(&sandbox, UPDATE, &copies("recsys-ranker", "1.5")).await,
        refused("SerializationException", "invalid type: floating point `1.5`, expected i32 at line 1 column 81")
    );
    assert_eq!(sandbox.state(), before);
}

#[tokio::test]
async fn faults_are_met_by_operation_and_a_denial_names_the_component() {
    let sandbox = example().await;
    sandbox.script(DESCRIBE, Fault::throttle());
    sandbox.script(UPDATE, Fault::access_denied());
    assert_eq!(
        sagemaker(&sandbox, DESCRIBE, r#"{"InferenceComponentName":"recsys-ranker"}"#).await,
        refused("ThrottlingException", "Rate exceeded")
    );
    assert_eq!(
        scale(&sandbox, 3).await,
        refused(
            "AccessDeniedException",
            "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: \
             sagemaker:UpdateInferenceComponentRuntimeConfig on resource: \
             arn:aws:sagemaker:us-east-1:123456789012:inference-component/recsys-ranker",
        )
    );
    let transcript: Vec<_> = sandbox.transcript().iter().map(ToString::to_string).collect();
    assert_eq!(
        transcript,
        [
            "POST / DescribeInferenceComponent {\"InferenceComponentName\":\"recsys-ranker\"} -> 400",
            "POST / UpdateInferenceComponentRuntimeConfig {\"InferenceComponentName\":\"recsys-ranker\",\
             \"DesiredRuntimeConfig\":{\"CopyCount\":3}} -> 400",
        ]
    );
}

#[tokio::test]
async fn a_snapshot_in_the_middle_of_an_update_goes_on_from_there() {
    let sandbox = with(|seed| seed.changes.stale_reads = Some(1)).await;
    assert_eq!(scale(&sandbox, 5).await, UPDATED);
    let snapshot = sandbox.state();
    let seed = setpoint_sandbox::Seed::from_json(&snapshot.to_string()).unwrap();
    let again = Sandbox::start(seed, setpoint_sandbox::Options::default()).await.unwrap();
    assert_eq!(again.state(), snapshot);
    assert_eq!(in_short(&again).await, format!("InService 2>2 {SEEDED} -"));
    assert_eq!(in_short(&again).await, format!("Updating 2>5 {NOW} -"));
}
