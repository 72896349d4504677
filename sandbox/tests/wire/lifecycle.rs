//! How changes go over reads and over time, stale reads, and changes that fail.

use std::time::Duration;

use setpoint_sandbox::{Changes, Clock, Pace, Sandbox, Seed};

use crate::client::{
    at, bedrock, concurrency, config, endpoint_in_short, example, get, lambda, noon, put, sagemaker, with,
};

const NOW: &str = "2026-01-05T12:00:00+0000";
const SEEDED: &str = "2025-03-04T09:00:00+0000";

async fn scale(sandbox: &Sandbox, count: i32) -> bool {
    let body = format!(
        r#"{{"EndpointName":"recsys","DesiredWeightsAndCapacities":[{{"VariantName":"AllTraffic","DesiredInstanceCount":{count}}}]}}"#
    );
    sagemaker(sandbox, "UpdateEndpointWeightsAndCapacities", &body).await.starts_with("200 ")
}

fn pace(pace: Pace) -> impl FnOnce(&mut Seed) {
    move |seed| seed.changes.pace = Some(pace)
}

/// The endpoint's status, LastModifiedTime and FailureReason.
async fn described(sandbox: &Sandbox) -> String {
    let line = sagemaker(sandbox, "DescribeEndpoint", r#"{"EndpointName":"recsys"}"#).await;
    let body: serde_json::Value = serde_json::from_str(line.splitn(3, ' ').last().unwrap()).unwrap();
    format!(
        "{} {} {}",
        body["EndpointStatus"].as_str().unwrap(),
        body["LastModifiedTime"],
        body["FailureReason"].as_str().unwrap_or("-")
    )
}

#[tokio::test]
async fn with_a_pace_of_no_reads_the_first_read_shows_the_new_values() {
    let sandbox = with(pace(Pace::Reads(0))).await;
    assert!(scale(&sandbox, 6).await);
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "InService AllTraffic:1.0>1.0,6>6");
    // Also the next write is welcome at once, and Put still answers as Lambda does.
    assert!(scale(&sandbox, 7).await && scale(&sandbox, 8).await);
    assert_eq!(put(&sandbox, "checkout", "BLUE", 4).await, config(202, [4, 0, 0], "IN_PROGRESS", NOW));
    assert_eq!(get(&sandbox, "checkout", "BLUE").await, config(200, [4, 4, 4], "READY", NOW));
}

#[tokio::test]
async fn with_a_pace_of_three_reads_three_reads_see_the_change_under_way() {
    let sandbox = with(pace(Pace::Reads(3))).await;
    assert!(scale(&sandbox, 6).await);
    for _ in 0..3 {
        assert!(!scale(&sandbox, 9).await);
        assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "Updating AllTraffic:1.0>1.0,2>6");
    }
    // The third read ended it: a write needs no further one.
    assert!(scale(&sandbox, 9).await);
}

#[tokio::test]
async fn looking_at_the_state_and_listing_are_not_counted_as_reads() {
    let sandbox = example().await;
    assert!(scale(&sandbox, 6).await);
    for _ in 0..3 {
        let _ = (sandbox.state(), sandbox.endpoint("recsys"));
        sagemaker(&sandbox, "ListEndpoints", "{}").await;
        endpoint_in_short(&sandbox, "ranking").await;
    }
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "Updating AllTraffic:1.0>1.0,2>6");
}

#[tokio::test]
async fn with_a_pace_of_time_the_clock_alone_ends_the_change() {
    let clock = Clock::fixed(noon());
    let sandbox = at(clock.clone(), pace(Pace::Time(Duration::from_secs(60)))).await;
    assert!(scale(&sandbox, 6).await);
    put(&sandbox, "checkout", "BLUE", 4).await;
    clock.advance(Duration::from_millis(59_999));
    for _ in 0..3 {
        assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "Updating AllTraffic:1.0>1.0,2>6");
        assert_eq!(get(&sandbox, "checkout", "BLUE").await, config(200, [4, 0, 0], "IN_PROGRESS", NOW));
    }
    clock.advance(Duration::from_millis(1));
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "InService AllTraffic:1.0>1.0,6>6");
    assert_eq!(get(&sandbox, "checkout", "BLUE").await, config(200, [4, 4, 4], "READY", NOW));
}

#[tokio::test]
async fn the_time_of_the_last_change_moves_on_the_write_and_if_asked_again_at_its_end() {
    for (again, at_the_end) in [(false, "1767614400.0"), (true, "1767614460.0")] {
        let clock = Clock::fixed(noon());
        let sandbox = at(clock.clone(), |seed| {
            seed.changes.pace = Some(Pace::Time(Duration::from_secs(60)));
            seed.changes.completion_moves_last_modified = Some(again);
        })
        .await;
        assert_eq!(described(&sandbox).await, "InService 1740820050.25 -");
        scale(&sandbox, 6).await;
        assert_eq!(described(&sandbox).await, "Updating 1767614400.0 -");
        clock.advance(Duration::from_secs(90));
        assert_eq!(described(&sandbox).await, format!("InService {at_the_end} -"));
    }
}

#[tokio::test]
async fn a_change_that_reads_end_is_done_when_the_last_of_them_is_answered() {
    // Each in a sandbox of its own, because any call ends what is done by then.
    let start = async || {
        let clock = Clock::fixed(noon());
        (at(clock.clone(), |seed| seed.changes.completion_moves_last_modified = Some(true)).await, clock)
    };

    let (sandbox, clock) = start().await;
    scale(&sandbox, 6).await;
    clock.advance(Duration::from_secs(10));
    assert_eq!(described(&sandbox).await, "Updating 1767614400.0 -");
    clock.advance(Duration::from_secs(100));
    assert_eq!(described(&sandbox).await, "InService 1767614410.0 -");

    let (sandbox, clock) = start().await;
    let body = r#"{"desiredModelId":"supportbot-v2"}"#;
    bedrock(&sandbox, "PATCH", "/provisioned-model-throughput/support-bot", body).await;
    clock.advance(Duration::from_secs(10));
    assert_eq!(throughput(&sandbox, "support-bot").await, "support-bot Updating -");
    clock.advance(Duration::from_secs(100));
    let modified = sandbox.provisioned_model("support-bot").unwrap().last_modified_time;
    assert_eq!(modified, noon() + Duration::from_secs(10));
}

#[tokio::test]
async fn a_resource_s_own_pace_comes_before_the_general_one() {
    let sandbox = with(|seed| {
        seed.changes.pace = Some(Pace::Reads(5));
        seed.home().endpoints.get_mut("recsys").unwrap().changes.pace = Some(Pace::Reads(0));
    })
    .await;
    assert!(scale(&sandbox, 6).await && scale(&sandbox, 7).await);
    put(&sandbox, "checkout", "BLUE", 4).await;
    for _ in 0..5 {
        assert_eq!(get(&sandbox, "checkout", "BLUE").await, config(200, [4, 0, 0], "IN_PROGRESS", NOW));
    }
    assert_eq!(get(&sandbox, "checkout", "BLUE").await, config(200, [4, 4, 4], "READY", NOW));
}

#[tokio::test]
async fn stale_reads_describe_the_old_settled_endpoint_while_writes_find_it_busy() {
    let sandbox = example().await;
    sandbox.edit_endpoint("recsys", |endpoint| endpoint.changes.stale_reads = Some(2));
    assert!(scale(&sandbox, 6).await);
    for _ in 0..2 {
        assert!(!scale(&sandbox, 9).await);
        assert_eq!(described(&sandbox).await, "InService 1740820050.25 -");
    }
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "Updating AllTraffic:1.0>1.0,2>6");
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "InService AllTraffic:1.0>1.0,6>6");
}

#[tokio::test]
async fn a_stale_read_of_provisioned_concurrency_shows_the_old_configuration_or_none() {
    let sandbox = with(|seed| seed.changes.stale_reads = Some(1)).await;
    let missing = "404 application/json ProvisionedConcurrencyConfigNotFoundException {\"Type\":\"User\",\
                   \"message\":\"No Provisioned Concurrency Config found for this function\"}";
    put(&sandbox, "checkout", "live", 8).await;
    assert_eq!(get(&sandbox, "checkout", "live").await, config(200, [5, 5, 5], "READY", SEEDED));
    assert_eq!(get(&sandbox, "checkout", "live").await, config(200, [8, 5, 5], "IN_PROGRESS", NOW));
    put(&sandbox, "checkout", "BLUE", 4).await;
    assert_eq!(get(&sandbox, "checkout", "BLUE").await, missing);
    assert_eq!(get(&sandbox, "checkout", "BLUE").await, config(200, [4, 0, 0], "IN_PROGRESS", NOW));
    lambda(&sandbox, "DELETE", &concurrency("checkout", "live"), "").await;
    assert_eq!(get(&sandbox, "checkout", "live").await, config(200, [8, 8, 8], "READY", NOW));
    assert_eq!(get(&sandbox, "checkout", "live").await, missing);
}

#[tokio::test]
async fn a_write_that_owes_no_stale_reads_ends_those_of_the_one_before() {
    let sandbox = with(|seed| seed.changes.stale_reads = Some(2)).await;
    put(&sandbox, "checkout", "live", 8).await;
    sandbox.edit(|seed| seed.changes.stale_reads = None);
    put(&sandbox, "checkout", "live", 9).await;
    assert_eq!(get(&sandbox, "checkout", "live").await, config(200, [9, 5, 5], "IN_PROGRESS", NOW));
}

/// Name and status of a Provisioned Throughput, or the status of the refusal.
async fn throughput(sandbox: &Sandbox, name: &str) -> String {
    let line = bedrock(sandbox, "GET", &format!("/provisioned-model-throughput/{name}"), "").await;
    let Some(body) = line.strip_prefix("200 application/json ") else { return line[..3].to_owned() };
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let word = |member: &str| body[member].as_str().unwrap_or("-").to_owned();
    format!("{} {} {}", word("provisionedModelName"), word("status"), word("failureMessage"))
}

#[tokio::test]
async fn a_stale_read_of_a_renamed_throughput_knows_only_the_old_name() {
    let sandbox = with(|seed| seed.changes.stale_reads = Some(2)).await;
    let body = r#"{"desiredProvisionedModelName":"help-desk"}"#;
    bedrock(&sandbox, "PATCH", "/provisioned-model-throughput/support-bot", body).await;
    assert_eq!(throughput(&sandbox, "support-bot").await, "support-bot InService -");
    assert_eq!(throughput(&sandbox, "help-desk").await, "404");
    assert_eq!(throughput(&sandbox, "help-desk").await, "help-desk Updating -");
    assert_eq!(throughput(&sandbox, "support-bot").await, "404");
    assert_eq!(throughput(&sandbox, "help-desk").await, "help-desk InService -");
}

#[tokio::test]
async fn an_endpoint_update_that_fails_is_rolled_back_with_its_reason() {
    let sandbox = example().await;
    sandbox.edit_endpoint("recsys", |endpoint| {
        endpoint.changes.fail_next = Some("The ml.g5.xlarge capacity is not available.".to_owned());
    });
    assert!(scale(&sandbox, 6).await);
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "Updating AllTraffic:1.0>1.0,2>6");
    assert!(!scale(&sandbox, 6).await);
    assert_eq!(described(&sandbox).await, "RollingBack 1767614400.0 The ml.g5.xlarge capacity is not available.");
    assert_eq!(described(&sandbox).await, "InService 1767614400.0 The ml.g5.xlarge capacity is not available.");
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "InService AllTraffic:1.0>1.0,2>2");
    // The next one goes well, and takes the reason with it.
    assert!(scale(&sandbox, 6).await);
    assert_eq!(described(&sandbox).await, "Updating 1767614400.0 -");
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "InService AllTraffic:1.0>1.0,6>6");
}

#[tokio::test]
async fn a_rollback_over_time_takes_as_long_as_the_update_did() {
    let clock = Clock::fixed(noon());
    let sandbox = at(clock.clone(), |seed| {
        seed.changes = Changes {
            pace: Some(Pace::Time(Duration::from_secs(60))),
            fail_next: Some("no capacity".to_owned()),
            ..Changes::default()
        };
    })
    .await;
    scale(&sandbox, 6).await;
    // It failed after a minute, whenever somebody looks.
    clock.advance(Duration::from_secs(90));
    for _ in 0..2 {
        assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "RollingBack AllTraffic:1.0>1.0,2>2");
    }
    clock.advance(Duration::from_secs(30));
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "InService AllTraffic:1.0>1.0,2>2");
}

#[tokio::test]
async fn provisioned_concurrency_that_fails_says_why_and_may_be_asked_for_again() {
    let sandbox = example().await;
    sandbox.edit_function("checkout", |function| {
        function.changes.fail_next = Some("FUNCTION_ERROR_INIT_FAILURE".to_owned());
    });
    assert_eq!(put(&sandbox, "checkout", "live", 8).await, config(202, [8, 5, 5], "IN_PROGRESS", NOW));
    assert_eq!(get(&sandbox, "checkout", "live").await, config(200, [8, 5, 5], "IN_PROGRESS", NOW));
    assert_eq!(
        get(&sandbox, "checkout", "live").await,
        "200 application/json {\"RequestedProvisionedConcurrentExecutions\":8,\
         \"AvailableProvisionedConcurrentExecutions\":0,\"AllocatedProvisionedConcurrentExecutions\":0,\
         \"Status\":\"FAILED\",\"StatusReason\":\"FUNCTION_ERROR_INIT_FAILURE\",\
         \"LastModified\":\"2026-01-05T12:00:00+0000\"}"
    );
    assert_eq!(put(&sandbox, "checkout", "live", 8).await, config(202, [8, 0, 0], "IN_PROGRESS", NOW));
    get(&sandbox, "checkout", "live").await;
    assert_eq!(get(&sandbox, "checkout", "live").await, config(200, [8, 8, 8], "READY", NOW));
}

#[tokio::test]
async fn a_throughput_update_that_fails_keeps_the_old_model_and_says_why() {
    let sandbox = with(|seed| seed.changes.fail_next = Some("the model could not be loaded".to_owned())).await;
    let before = sandbox.provisioned_model("support-bot").unwrap().model_arn;
    let body = r#"{"desiredModelId":"supportbot-v2"}"#;
    bedrock(&sandbox, "PATCH", "/provisioned-model-throughput/support-bot", body).await;
    assert_eq!(throughput(&sandbox, "support-bot").await, "support-bot Updating -");
    assert_eq!(throughput(&sandbox, "support-bot").await, "support-bot Failed the model could not be loaded");
    let after = sandbox.provisioned_model("support-bot").unwrap();
    assert_eq!(after.model_arn, before);
    assert!(after.desired_model_arn.unwrap().ends_with("/supportbotv2"));
    // The next one goes well, and takes the message with it.
    bedrock(&sandbox, "PATCH", "/provisioned-model-throughput/support-bot", body).await;
    assert_eq!(throughput(&sandbox, "support-bot").await, "support-bot Updating -");
    assert_eq!(throughput(&sandbox, "support-bot").await, "support-bot InService -");
}

#[tokio::test]
async fn a_change_that_a_seed_begins_with_runs_from_the_start_of_the_sandbox() {
    let clock = Clock::fixed(noon());
    let sandbox = at(clock.clone(), |seed| {
        let change = setpoint_sandbox::Change::ending_after(Pace::Time(Duration::from_secs(30)));
        seed.home().endpoints.get_mut("recsys").unwrap().start_updating(change);
    })
    .await;
    clock.advance(Duration::from_secs(29));
    assert!(!scale(&sandbox, 6).await);
    clock.advance(Duration::from_secs(1));
    assert!(scale(&sandbox, 6).await);
}
