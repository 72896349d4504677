//! What the ledger promises: the newest event stands, a repeat asks for its numbers, and nobody is between a read and a write.

use std::time::Duration;

use serde_json::{Value, json};
use setpoint_sandbox::{Fault, Item, Pace, Seed};

use crate::support::{
    World, answer, at, describe, endpoint_arn, instances, now, outcomes, provisioned, update_instances,
    weights_and_capacities, with,
};

const FIELD: &str = "variant/AllTraffic/DesiredInstanceCount";

fn config() -> Value {
    json!({"ledgerTable": "setpoint-ledger"})
}

async fn world() -> World {
    World::configured(config()).await
}

const KEY: &str = "123456789012/us-east-1/sagemaker:endpoint/recsys";

/// A world whose ledger has this in the item of the endpoint.
async fn with_item(config: Value, members: Value) -> World {
    let items = json!({KEY: with(members, json!({"target": {"S": KEY}}))});
    let tables = json!({"setpoint-ledger": {"items": items}});
    let seed = Seed::example().patched(&json!({"accounts": {"123456789012": {"us-east-1": {"tables": tables}}}}));
    World::with(seed.unwrap(), config).await
}

/// A world in which another holds the endpoint for the next 20 seconds.
async fn held(by: &str) -> World {
    with_item(config(), json!({"leaseHolder": {"S": by}, "leaseUntil": {"N": "1795212020000"}})).await
}

/// An event of its own, from so many seconds before the scenario begins.
fn event(id: &str, seconds_ago: u32, payload: Value) -> Value {
    let time = format!("2026-11-20T21:{:02}:{:02}Z", 59 - seconds_ago / 60, 59 - seconds_ago % 60);
    with(at(&time, payload), json!({"id": id}))
}

fn add(count: i32) -> Value {
    instances("recsys", "AllTraffic", json!({"add": count}))
}

fn exactly(count: i32) -> Value {
    instances("recsys", "AllTraffic", count)
}

/// The operations called since the last look.
fn operations(world: &World) -> Vec<String> {
    let calls = world.calls();
    calls.iter().map(|call| call.split(' ').nth(2).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_change_is_decided_on_between_taking_the_lane_and_leaving_it() {
    let world = world().await;
    assert_eq!(world.answer(event("one", 0, exactly(4))).await, endpoint_arn("recsys"));
    let calls = ["UpdateItem", "DescribeEndpoint", "UpdateItem", "UpdateEndpointWeightsAndCapacities", "UpdateItem"];
    assert_eq!(operations(&world), calls);
    assert_eq!(world.answer(event("two", 0, exactly(4))).await, endpoint_arn("recsys"));
    assert_eq!(operations(&world), ["UpdateItem", "DescribeEndpoint", "UpdateItem"]);
}

#[tokio::test]
async fn the_newest_event_stands_whichever_comes_first_and_whether_it_changes_anything() {
    for newest in [4, 2] {
        let world = world().await;
        world.answer(event("new", 0, exactly(newest))).await;
        let report = world.report(event("old", 30, exactly(7))).await;
        let said =
            ["sagemaker:endpoint/recsys/variant/AllTraffic: superseded (the ledger has a newer event for the target)"];
        assert_eq!(outcomes(&report), said);
        assert_eq!(world.instances("recsys", "AllTraffic"), Some(newest));
    }
}

#[tokio::test]
async fn an_old_and_a_new_event_at_the_same_moment_end_with_the_new_one() {
    for _ in 0..5 {
        let world = world().await;
        let old = event("old", 30, exactly(7));
        let new = event("new", 0, exactly(4));
        let (_, _) = futures_util::future::join(world.report(old), world.report_elsewhere(new)).await;
        assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
    }
}

#[tokio::test]
async fn two_events_that_add_both_count_at_the_same_moment_too() {
    let world = world().await;
    let reports = futures_util::future::join(
        world.report(event("one", 0, add(1))),
        world.report_elsewhere(event("two", 0, add(2))),
    )
    .await;
    assert_eq!([reports.0.answer, reports.1.answer], [Ok(endpoint_arn("recsys")), Ok(endpoint_arn("recsys"))]);
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(5));
}

#[tokio::test]
async fn a_repeat_of_an_event_that_adds_changes_nothing_whatever_the_times_of_modification_say() {
    let world = world().await;
    for _ in 0..3 {
        // AWS's clock is an hour behind.
        world.answer(event("one", 0, add(2))).await;
        world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.last_modified_time -= chrono::TimeDelta::hours(1));
        assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
        world.pass(Duration::from_secs(40)).await;
    }
}

#[tokio::test]
async fn a_repeat_does_not_move_back_what_others_have_moved_on() {
    let world = world().await;
    world.answer(event("one", 0, add(2))).await;
    world.pass(Duration::from_secs(40)).await;
    world.answer(event("two", 0, exactly(3))).await;
    world.pass(Duration::from_secs(40)).await;
    world.calls();
    let report = world.report(event("one", 0, add(2))).await;
    assert_eq!(
        outcomes(&report),
        [
            "sagemaker:endpoint/recsys/variant/AllTraffic: superseded (the ledger has this event as applied, and the target was \
          changed since)"
        ]
    );
    assert_eq!(operations(&world), ["UpdateItem", "DescribeEndpoint", "UpdateItem"]);
}

#[tokio::test]
async fn a_write_that_was_taken_and_whose_answer_was_lost_is_found_by_the_next_delivery() {
    let world = world().await;
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::lose_answer().always());
    world.sandbox.script("DescribeEndpoint", Fault::server_error().always());
    world.sandbox.clear_faults();
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::lose_answer().times(5));
    world.answer(event("one", 0, add(2))).await;
    world.pass(Duration::from_secs(120)).await;
    world.answer(event("one", 0, add(2))).await;
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
}

#[tokio::test]
async fn a_write_that_was_taken_before_its_repetition_was_turned_away_is_done() {
    let world = world().await;
    let denied = Fault::error(400, "AccessDeniedException", "User is not authorized");
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::lose_answer());
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", denied);
    let answer = world.answer(event("one", 0, add(2))).await;
    assert!(answer.get("EndpointArn").is_some(), "{answer}");
    world.pass(Duration::from_secs(120)).await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.variants[0].current.instance_count = Some(1));
    world.answer(event("one", 0, add(2))).await;
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(1));
}

#[tokio::test]
async fn a_write_that_failed_shuts_nobody_out() {
    let world = world().await;
    let refusal = Fault::error(400, "ResourceLimitExceeded", "The account-level service limit is 10 Instances");
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", refusal);
    let failed = world.answer(event("new", 0, exactly(40))).await;
    assert_eq!(failed["errorType"], "ResourceLimitExceeded");
    let state = world.sandbox.state();
    let tables = &state["accounts"]["123456789012"]["us-east-1"]["tables"];
    assert_eq!(tables["setpoint-ledger"]["items"][KEY]["decisions"], json!({"S": "{}"}));
    world.answer(event("old", 30, exactly(7))).await;
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(7));
}

#[tokio::test]
async fn two_alarms_on_two_variants_of_one_endpoint_both_count() {
    let world = world().await;
    let variant = |name: &str| {
        weights_and_capacities("ranking", json!([{"VariantName": name, "DesiredInstanceCount": {"add": 1}}]))
    };
    let before = [world.instances("ranking", "blue"), world.instances("ranking", "green")];
    world.answer(event("one", 1, variant("blue"))).await;
    world.answer(event("two", 0, variant("green"))).await;
    let after = [world.instances("ranking", "blue"), world.instances("ranking", "green")];
    assert_eq!(after, before.map(|count| count.map(|count| count + 1)));
}

#[tokio::test]
async fn an_older_event_for_two_variants_still_counts_for_the_one_that_no_newer_event_names() {
    let world = world().await;
    let both = json!([
        {"VariantName": "blue", "DesiredInstanceCount": 7},
        {"VariantName": "green", "DesiredInstanceCount": 8},
    ]);
    let blue = json!([{"VariantName": "blue", "DesiredInstanceCount": 2}]);
    world.answer(event("new", 0, weights_and_capacities("ranking", blue))).await;
    world.pass(Duration::from_secs(40)).await;
    let report = world.report(event("old", 30, weights_and_capacities("ranking", both))).await;
    assert_eq!(
        outcomes(&report),
        ["sagemaker:endpoint/ranking: accepted (the ledger has a newer event for variant/blue/DesiredInstanceCount)"]
    );
    assert_eq!([world.instances("ranking", "blue"), world.instances("ranking", "green")], [Some(2), Some(8)]);
}

#[tokio::test]
async fn an_addition_counts_once_where_aws_gives_no_time_of_modification() {
    let world = world().await;
    let payload = || provisioned("checkout", "BLUE", json!({"add": 3}));
    for _ in 0..2 {
        world.report_as("one", with(payload(), json!({"id": "a"}))).await;
    }
    assert_eq!(world.provisioned("checkout", "BLUE"), Some(3));
}

#[tokio::test]
async fn two_additions_in_one_invocation_are_two_events_by_their_own_ids() {
    let world = world().await;
    for id in ["a", "b"] {
        world.report_as("one", with(provisioned("checkout", "BLUE", json!({"add": 3})), json!({"id": id}))).await;
        world.pass(Duration::from_secs(300)).await;
    }
    assert_eq!(world.provisioned("checkout", "BLUE"), Some(6));
}

#[tokio::test]
async fn a_ledger_that_cannot_be_asked_is_a_retryable_error_and_nothing_is_read_or_written() {
    let world = world().await;
    world.sandbox.script("UpdateItem", Fault::server_error().always());
    let report = world.report(event("one", 0, exactly(4))).await;
    let error = report.answer.unwrap_err();
    assert_eq!((error.error_type(), error.kind().is_retryable()), ("InternalServerError", true));
    assert!(operations(&world).iter().all(|operation| operation == "UpdateItem"));
}

#[tokio::test]
async fn a_ledger_that_is_gone_before_the_write_stops_it() {
    let world = world().await;
    world.sandbox.script("UpdateItem", Fault::server_error().always().containing("decisions"));
    let report = world.report(event("one", 0, exactly(4))).await;
    assert!(report.answer.unwrap_err().kind().is_retryable());
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(2));
}

#[tokio::test]
async fn a_lane_that_another_has_by_the_time_of_the_decision_is_taken_again_before_anything_is_written() {
    let world = world().await;
    let lost = Fault::error(400, "ConditionalCheckFailedException", "The conditional request failed");
    world.sandbox.script("UpdateItem", lost.clone().containing("SET decisions"));
    assert_eq!(world.answer(event("one", 0, exactly(4))).await, endpoint_arn("recsys"));
    let decided = ["UpdateItem", "DescribeEndpoint", "UpdateItem"];
    let written = ["UpdateEndpointWeightsAndCapacities", "UpdateItem"];
    assert_eq!(operations(&world), [&decided[..], &["UpdateItem"], &decided, &written].concat());
    world.sandbox.script("UpdateItem", lost.always().containing("SET decisions"));
    let report = world.report(event("two", 0, exactly(5))).await;
    assert_eq!(report.answer.unwrap_err().error_type(), "TargetBusy");
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
}

#[tokio::test]
async fn an_answer_that_is_not_the_ledgers_gives_no_lane_and_enters_nothing() {
    for (containing, calls) in [("SET leaseHolder", 1), ("SET decisions", 4)] {
        for fault in [Fault::empty(200), Fault::html(200)] {
            let world = world().await;
            world.sandbox.script("UpdateItem", fault.containing(containing));
            let error = world.report(event("one", 0, exactly(4))).await.answer.unwrap_err();
            assert_eq!((error.error_type(), error.kind().is_retryable()), ("UnrecognisedResponse", true));
            assert_eq!(operations(&world).len(), calls);
            assert_eq!(world.instances("recsys", "AllTraffic"), Some(2));
        }
    }
}

#[tokio::test]
async fn a_lane_is_left_with_what_was_known_before_a_decision_that_was_perhaps_entered() {
    let world = world().await;
    // It is entered, and nobody hears of it.
    world.sandbox.script("UpdateItem", Fault::lose_answer().times(5).containing("SET decisions"));
    let error = world.report(event("new", 0, exactly(9))).await.answer.unwrap_err();
    assert!(error.kind().is_retryable());
    let waited = world.waited();
    assert_eq!(world.answer(event("old", 30, exactly(4))).await, endpoint_arn("recsys"));
    assert_eq!((world.instances("recsys", "AllTraffic"), world.waited()), (Some(4), waited));
}

#[tokio::test]
async fn a_ledger_that_cannot_be_told_how_it_ended_makes_no_failure_of_it() {
    let world = world().await;
    world.sandbox.script("UpdateItem", Fault::server_error().always().containing("REMOVE"));
    let report = world.report(event("one", 0, add(2))).await;
    assert_eq!(answer(&report), endpoint_arn("recsys"));
    assert_eq!(report.decisions[0].unentered.as_ref().unwrap().error_type(), "InternalServerError");
    world.sandbox.clear_faults();
    world.pass(Duration::from_secs(120)).await;
    world.answer(event("one", 0, add(2))).await;
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
}

#[tokio::test]
async fn an_event_that_changes_nothing_and_cannot_be_entered_has_failed() {
    let world = world().await;
    world.sandbox.script("UpdateItem", Fault::access_denied().containing("SET decisions"));
    let report = world.report(event("one", 0, exactly(2))).await;
    assert_eq!(report.answer.unwrap_err().error_type(), "AccessDeniedException");
    assert_eq!(world.answer(event("one", 0, exactly(2))).await, endpoint_arn("recsys"));
}

#[tokio::test]
async fn the_lane_of_a_holder_that_crashed_is_waited_for_until_its_time_is_up() {
    let world = held("crashed").await;
    assert_eq!(world.answer(event("one", 0, exactly(4))).await, endpoint_arn("recsys"));
    assert!((20..30).contains(&world.waited().as_secs()), "{:?}", world.waited());
    let world = held("crashed").await;
    let report = world.report_within(event("one", 0, exactly(4)), Duration::from_secs(10)).await;
    let error = report.answer.unwrap_err();
    assert_eq!((error.error_type(), error.kind().is_retryable()), ("TargetBusy", true));
    assert_eq!(
        error.to_string(),
        "sagemaker:endpoint/recsys/variant/AllTraffic is busy (crashed is at work on it, until 2026-11-20T22:00:20Z at the \
         latest) and did not become free in 4 s; nothing was written. Another change is under way; deliver the event again \
         when it is done"
    );
}

#[tokio::test]
async fn an_item_that_is_not_the_ledgers_is_named_and_nothing_is_written() {
    let world = with_item(config(), json!({"decisions": {"S": "{\"fields\": 1}"}})).await;
    assert_eq!(
        world.answer(event("one", 0, exactly(4))).await,
        json!({
            "errorType": "InvalidLedger",
            "errorMessage": "`decisions` of the item 123456789012/us-east-1/sagemaker:endpoint/recsys in the table \
                             setpoint-ledger is not what this function writes there; nothing was written. Look at the item, \
                             and delete it: events that come again after that count as new",
        })
    );
    assert_eq!(operations(&world), ["UpdateItem"]);
}

#[tokio::test]
async fn the_lane_is_free_while_a_busy_target_is_waited_for() {
    let world = world().await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.changes.pace = Some(Pace::Reads(1000)));
    world.answer(event("one", 2, exactly(4))).await;
    world.calls();
    let report = world.report_within(event("two", 1, exactly(5)), Duration::from_secs(15)).await;
    assert_eq!(report.answer.unwrap_err().error_type(), "TargetBusy");
    let calls = operations(&world);
    let taken = calls.iter().filter(|operation| *operation == "UpdateItem").count();
    assert_eq!(taken % 2, 0, "{calls:?}");
    let state = world.sandbox.state();
    let item = &state["accounts"]["123456789012"]["us-east-1"]["tables"]["setpoint-ledger"]["items"][KEY];
    assert_eq!(item.get("leaseHolder"), None, "{item}");
}

#[tokio::test]
async fn a_plan_asks_nobody_but_the_target() {
    let world = world().await;
    world.answer(with(add(2), json!({"mode": "plan", "issuedAt": "2026-11-20T21:59:00Z"}))).await;
    assert_eq!(world.calls(), [describe("recsys")]);
}

#[tokio::test]
async fn an_invocation_without_a_time_may_add_where_the_ledger_tells_it_from_others() {
    let world = world().await;
    for request_id in ["one", "one", "two"] {
        world.report_as(request_id, add(1)).await;
        world.pass(Duration::from_secs(40)).await;
        world.sandbox.edit_endpoint("recsys", |_| {});
    }
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
    assert!(world.calls().contains(&update_instances("recsys", "AllTraffic", 4)));
}

#[tokio::test]
async fn an_event_that_waited_until_its_target_had_settled_is_done_then_and_not_before() {
    let world = world().await;
    let settled = || event("one", 0, with(add(2), json!({"waitFor": "settled"})));
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.changes.fail_next = Some("No capacity.".to_owned()));
    assert_eq!(world.answer(settled()).await["errorType"], "NotSettled");
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(2));
    world.pass(Duration::from_secs(40)).await;
    assert_eq!(world.answer(settled()).await, endpoint_arn("recsys"));
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(4));
    world.pass(Duration::from_secs(40)).await;
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.variants[0].current.instance_count = Some(3));
    let report = world.report(settled()).await;
    assert_eq!(report.decisions[0].outcome_name(), "superseded");
}

#[tokio::test]
async fn a_lane_stays_held_while_a_write_may_yet_land_also_after_its_event_has_settled() {
    for wait in ["accepted", "settled"] {
        let world = world().await;
        world.sandbox.script("UpdateEndpointWeightsAndCapacities", Fault::lose_answer());
        let payload = with(exactly(4), json!({"waitFor": wait}));
        assert_eq!(world.answer(event("one", 0, payload)).await, endpoint_arn("recsys"));
        let item = world.sandbox.edit(|seed| seed.home().tables["setpoint-ledger"].items[KEY].clone());
        let until = (now() + chrono::TimeDelta::seconds(30)).timestamp_millis().to_string();
        assert_eq!(json!(item["leaseUntil"]), json!({"N": until}), "{wait}");
        assert!(item.contains_key("leaseHolder"), "{wait}");
    }
}

#[tokio::test]
async fn an_event_that_has_settled_is_entered_as_done_after_another_that_has_the_lane() {
    let world = world().await;
    let settled = || event("one", 0, with(add(2), json!({"waitFor": "settled"})));
    // After its write, and before it sees that the target has settled, another takes the lane and crashes.
    let another = async {
        let until = (now() + chrono::TimeDelta::seconds(40)).timestamp_millis().to_string();
        let takes = |seed: &mut Seed| {
            let table = seed.home().tables.get_mut("setpoint-ledger").unwrap();
            let free = |item: &Item| item.contains_key("decisions") && !item.contains_key("leaseHolder");
            let Some(item) = table.items.get_mut(KEY).filter(|item| free(item)) else { return false };
            for (name, value) in [("leaseHolder", json!({"S": "another"})), ("leaseUntil", json!({"N": until}))] {
                item.insert(name.to_owned(), serde_json::from_value(value).unwrap());
            }
            true
        };
        while !world.sandbox.edit(takes) {
            tokio::task::yield_now().await;
        }
    };
    let (report, ()) = futures_util::future::join(world.report(settled()), another).await;
    assert_eq!((answer(&report), &report.decisions[0].unentered), (endpoint_arn("recsys"), &None));
    assert!(world.waited() >= Duration::from_secs(40));
    world.sandbox.edit_endpoint("recsys", |endpoint| endpoint.variants[0].current.instance_count = Some(3));
    assert_eq!(world.report(settled()).await.decisions[0].outcome_name(), "superseded");
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(3));
}

#[tokio::test]
async fn a_number_in_the_ledger_is_held_to_the_guardrails() {
    let change = json!({"from": {"count": 2}, "to": {"count": 500}});
    let record = json!({"at": 1_795_211_999_000_i64, "stage": "decided", "changes": {FIELD: change}});
    let decisions = json!({"events": {"one": record}}).to_string();
    let rule = json!({"target": "sagemaker:endpoint/recsys", "max": 20});
    let config = json!({"ledgerTable": "setpoint-ledger", "guardrails": {"targets": [rule]}});
    let world = with_item(config, json!({"decisions": {"S": decisions}})).await;
    assert_eq!(world.answer(event("one", 0, add(2))).await["errorType"], "GuardrailViolation");
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(2));
}
