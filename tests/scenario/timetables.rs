//! Timetables: what should hold at a time is done, over and over, at the price of a read.

use std::time::Duration;

use serde_json::{Value, json};
use setpoint::telemetry::is_uneventful;
use setpoint_sandbox::{Change, Pace, Variant};

use crate::support::{
    Config, World, answer, at, copies, describe, endpoint_arn, instances, outcomes, provisioned, update_instances, with,
};

/// A scenario begins on a Friday at 23:00 in Berlin.
const NOW: &str = "2026-11-20T22:00:00Z";

fn recsys(count: Value) -> Value {
    instances("recsys", "AllTraffic", count)
}

fn timetable() -> Value {
    json!({"zone": "Europe/Berlin", "periods": [
        {"name": "night", "do": recsys(json!({"atMost": 1}))},
        {"name": "office", "days": "MON-FRI", "from": "08:00", "until": "20:00", "do": recsys(json!({"atLeast": 4}))},
        {"name": "launch", "from": "2026-11-20T22:30", "until": "2026-11-20T23:30", "do": recsys(json!({"atLeast": 8}))},
    ]})
}

fn configured(more: Value) -> Value {
    with(json!({"timetables": {"recsys": timetable()}}), more)
}

fn follow(timetable: &str) -> Value {
    at(NOW, json!({"follow": timetable}))
}

fn result(period: &str, outcome: &str) -> Value {
    json!({"results": [{
        "action": "sagemaker:UpdateEndpointWeightsAndCapacities", "target": "sagemaker:endpoint/recsys/variant/AllTraffic",
        "timetable": "recsys", "period": period, "outcome": outcome, "output": endpoint_arn("recsys"),
    }]})
}

#[tokio::test]
async fn of_the_periods_that_hold_the_last_listed_is_done_and_named_in_the_answer() {
    let world = World::configured(configured(json!({}))).await;
    assert_eq!(world.answer(follow("recsys")).await, result("launch", "accepted"));
    assert_eq!(world.calls(), [describe("recsys"), update_instances("recsys", "AllTraffic", 8)]);
    // Half an hour later nothing but the night is left.
    world.pass(Duration::from_secs(1800)).await;
    assert_eq!(world.answer(json!({"follow": "*"})).await, result("night", "accepted"));
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(1));
}

#[tokio::test]
async fn what_holds_already_costs_one_read_and_no_line_with_a_ledger_too() {
    for more in [json!({}), json!({"ledgerTable": "setpoint-ledger"})] {
        let world = World::configured(configured(more)).await;
        world.report(follow("recsys")).await;
        world.pass(Duration::from_secs(300)).await;
        world.calls();
        let report = world.report(json!({"follow": "recsys"})).await;
        assert_eq!(answer(&report), result("launch", "unchanged"));
        assert_eq!(world.calls(), [describe("recsys")]);
        assert!(is_uneventful(&report));
    }
}

#[tokio::test]
async fn a_change_failure_or_another_kind_of_event_is_worth_a_line() {
    let world = World::configured(configured(json!({}))).await;
    assert!(!is_uneventful(&world.report(follow("recsys")).await));
    assert!(!is_uneventful(&world.report(follow("recsis")).await));
    assert!(!is_uneventful(&world.report(at(NOW, recsys(json!(8)))).await));
    let nothing = World::configured(json!({"timetables": {"empty": {"zone": "UTC", "periods": [
        {"name": "once", "until": "2020-01-01", "do": recsys(json!(1))},
    ]}}}));
    assert!(!is_uneventful(&nothing.await.report(follow("empty")).await));
}

#[tokio::test]
async fn an_event_that_comes_late_does_what_holds_when_it_comes() {
    // When it was sent it was 19:55 in Berlin, and the office was open.
    let world = World::configured(configured(json!({}))).await;
    assert_eq!(
        world.answer(at("2026-11-20T18:55:00Z", json!({"follow": "recsys"}))).await,
        result("launch", "accepted")
    );
    // One from a little ahead of the clock does what holds at its own time.
    let ahead = World::configured(configured(json!({}))).await;
    ahead.pass(Duration::from_secs(1799)).await;
    assert_eq!(
        ahead.answer(at("2026-11-20T22:30:00Z", json!({"follow": "recsys"}))).await,
        result("night", "accepted")
    );
}

#[tokio::test]
async fn where_no_period_holds_nothing_is_done_and_that_is_said() {
    let periods = json!([{"name": "office", "from": "08:00", "until": "20:00", "do": recsys(json!(4))}]);
    let config = json!({"timetables": {"recsys": {"zone": "Europe/Berlin", "periods": periods}}});
    let world = World::configured(config).await;
    let ignored = json!({"ignored": "no period of `recsys` holds at 2026-11-20T22:00:00Z"});
    assert_eq!(world.answer(follow("recsys")).await, ignored);
    assert_eq!(world.calls(), [""; 0]);
}

#[tokio::test]
async fn all_timetables_are_followed_side_by_side_and_several_targets_in_one_period() {
    let checkout = json!({"zone": "America/New_York", "periods": [
        {"name": "day", "do": [provisioned("checkout", "live", 3), recsys(json!({"atLeast": 2}))]},
    ]});
    let ranker = json!({"zone": "UTC", "periods": [{"name": "always", "do": copies("recsys-ranker", 3)}]});
    let world = World::configured(json!({"timetables": {"a": checkout, "b": ranker}})).await;
    let report = world.report(follow("*")).await;
    let said = [
        "lambda:function:checkout:live: accepted",
        "sagemaker:endpoint/recsys/variant/AllTraffic: unchanged",
        "sagemaker:inference-component/recsys-ranker: accepted",
    ];
    assert_eq!(outcomes(&report), said);
    let periods: Vec<_> = report.decisions.iter().map(|decision| decision.period.clone().unwrap()).collect();
    let periods: Vec<_> = periods.iter().map(|held| (held.timetable.as_str(), held.period.as_str())).collect();
    assert_eq!(periods, [("a", "day"), ("a", "day"), ("b", "always")]);
}

#[tokio::test]
async fn an_alarm_that_is_over_goes_back_to_what_the_time_of_day_says() {
    let alarms = json!({"api-p99-high": {"ALARM": recsys(json!(12)), "OK": {"follow": "recsys"}}});
    let world = World::configured(configured(json!({"alarms": alarms}))).await;
    let alarm = |state: &str, time: &str| {
        json!({"AlarmName": "api-p99-high", "NewStateValue": state, "OldStateValue": "OK", "StateChangeTime": time,
            "AWSAccountId": "123456789012", "Region": "US East (N. Virginia)",
            "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:api-p99-high",
            "Trigger": {"MetricName": "p99"}, "NewStateReason": "…"})
    };
    world.answer(alarm("ALARM", "2026-11-20T21:59:50.000+0000")).await;
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(12));
    world.pass(Duration::from_secs(3600)).await;
    let over = alarm("OK", "2026-11-20T22:59:50.000+0000");
    assert_eq!(world.answer(over).await, result("night", "accepted"));
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(1));
}

#[tokio::test]
async fn the_guardrails_hold_for_timetables_too() {
    let guardrails = json!({"targets": [{"target": "sagemaker:endpoint/*/variant/*", "max": 6}]});
    let world = World::configured(configured(json!({"guardrails": guardrails}))).await;
    let report = world.report(follow("recsys")).await;
    assert_eq!(report.decisions[0].result.as_ref().unwrap_err().error_type(), "GuardrailViolation");
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(2));
}

#[tokio::test]
async fn a_plan_of_what_a_timetable_says_writes_nothing() {
    let world = World::configured(configured(json!({}))).await;
    let report = world.report(at(NOW, json!({"follow": "recsys", "mode": "plan"}))).await;
    assert_eq!(outcomes(&report), ["sagemaker:endpoint/recsys/variant/AllTraffic: planned"]);
    assert_eq!(world.calls(), [describe("recsys")]);
}

#[tokio::test]
async fn with_a_ledger_a_change_takes_the_lane_and_an_older_event_gives_way_to_it() {
    let world = World::configured(configured(json!({"ledgerTable": "setpoint-ledger"}))).await;
    assert_eq!(world.answer(with(follow("recsys"), json!({"id": "tick"}))).await, result("launch", "accepted"));
    let old = with(at("2026-11-20T21:59:00Z", recsys(json!(1))), json!({"id": "old"}));
    let said =
        ["sagemaker:endpoint/recsys/variant/AllTraffic: superseded (the ledger has a newer event for the target)"];
    assert_eq!(outcomes(&world.report(old).await), said);
    assert_eq!(world.instances("recsys", "AllTraffic"), Some(8));
}

/// Before the update under way brings the variant there seems to be nothing to change.
#[tokio::test]
async fn with_a_ledger_nothing_is_written_without_the_lane_where_the_variant_was_not_there_yet() {
    let periods = json!([{"name": "night", "do": instances("recsys", "canary", json!({"atMost": 1}))}]);
    let timetables = json!({"recsys": {"zone": "UTC", "periods": periods}});
    let world = World::configured(json!({"ledgerTable": "setpoint-ledger", "timetables": timetables})).await;
    world.sandbox.edit_endpoint("recsys", |endpoint| {
        endpoint.start_updating(Change::ending_after(Pace::Reads(2)));
    });
    let brings = async {
        while world.sandbox.transcript().iter().filter(|call| call.to_string().contains("DescribeEndpoint")).count() < 2
        {
            tokio::task::yield_now().await;
        }
        world.sandbox.edit_endpoint("recsys", |endpoint| {
            let canary = Variant { variant_name: "canary".to_owned(), ..endpoint.variants[0].clone() };
            endpoint.variants.push(canary);
        });
    };
    let (report, ()) = futures_util::future::join(world.report(follow("recsys")), brings).await;
    assert_eq!(outcomes(&report), ["sagemaker:endpoint/recsys/variant/canary: accepted"]);
    let calls = world.calls();
    let writes = |operation: &str| calls.iter().position(|call| call.contains(operation)).unwrap();
    assert!(writes("decisions") < writes("UpdateEndpointWeightsAndCapacities"), "{calls:#?}");
}

#[tokio::test]
async fn a_payload_that_follows_nothing_there_is_or_says_more_is_refused() {
    let table = [
        (json!({"follow": "recsis"}), "follow: is none of the configuration's `timetables`; did you mean `recsys`?"),
        (
            json!({"follow": "zzz"}),
            "follow: is none of the configuration's `timetables`; valid here: `recsys`, or * for all",
        ),
        (json!({"follow": 1}), "follow: must be a string, but is an integer"),
        (
            json!({"follow": "recsys", "role": "ops", "waitFor": "settled"}),
            "role: cannot stand beside `follow`; it belongs to what the timetable says; waitFor: cannot stand beside \
             `follow`; it belongs to what the timetable says",
        ),
        (with(recsys(json!(1)), json!({"follow": "recsys"})), "action: stands beside `follow`; write one or the other"),
        (
            json!({"actions": [{"follow": "recsys"}]}),
            "actions[0].follow: cannot stand inside `actions`; a payload that follows a timetable is one",
        ),
    ];
    let world = World::configured(configured(json!({}))).await;
    for (payload, message) in table {
        let answer = world.answer(at(NOW, payload)).await;
        assert_eq!(answer["errorType"], "InvalidAction");
        assert!(answer["errorMessage"].as_str().unwrap().starts_with(message), "{answer}");
    }
    assert_eq!(world.calls(), [""; 0]);
    let without = World::new().await.answer(follow("*")).await;
    let message = "follow: follows a timetable, but the configuration has no `timetables`";
    assert_eq!(without, json!({"errorType": "InvalidAction", "errorMessage": message}));
}

#[test]
fn a_timetable_that_cannot_be_meant_stops_the_start() {
    let of = |timetable: Value| json!({"timetables": {"recsys": timetable}});
    let periods = |periods: Value| of(json!({"zone": "Europe/Berlin", "periods": periods}));
    let one = |members: Value| periods(json!([with(json!({"name": "one", "do": recsys(json!(1))}), members)]));
    let table = [
        (
            of(json!({"zone": "Europe/Berln", "periods": []})),
            "timetables.recsys.zone: is no time zone of the IANA database; did you mean \"Europe/Berlin\"?",
        ),
        (periods(json!([])), "timetables.recsys.periods: is empty; write at least one period"),
        (
            one(json!({"days": "MONDAY"})),
            "timetables.recsys.periods[0].days: must be days of the week, such as \"MON-FRI\" or \"SAT,SUN\"; the names are \
             MON, TUE, WED, THU, FRI, SAT, SUN",
        ),
        (
            one(json!({"from": "8:00", "until": "20:00"})),
            "timetables.recsys.periods[0].from: must be a time of day such as \"08:00\", a date such as \"2026-12-24\", or both \
             as \"2026-12-24T08:00\", by the clocks of the zone and without an offset",
        ),
        (
            one(json!({"from": "08:00"})),
            "timetables.recsys.periods[0].until: is missing: the time of day at which the period ends",
        ),
        (
            one(json!({"do": recsys(json!({"add": 1}))})),
            "timetables.recsys.periods[0].do.input.DesiredWeightsAndCapacities[0].DesiredInstanceCount: is relative (add, \
             percent), and a timetable says what holds, over and over; write a number, atLeast, atMost or a share",
        ),
        (
            one(json!({"do": [recsys(json!(1)), with(recsys(json!(1)), json!({"issuedAt": NOW}))]})),
            "timetables.recsys.periods[0].do[1].issuedAt: cannot stand in a timetable: the event that follows it brings its own \
             time",
        ),
        (
            one(json!({"do": {"select": {"names": ["*"]}, "action": "lambda:DeleteProvisionedConcurrencyConfig",
                "input": {"Qualifier": "live"}}})),
            "timetables.recsys.periods[0].do: cannot select its targets; name each",
        ),
        (
            one(json!({"do": {"follow": "other"}})),
            "timetables.recsys.periods[0].do: cannot follow a timetable in turn; write what should hold",
        ),
        (
            one(json!({"do": [{"action": "sagemaker:UpdateEndpointWeightsAndCapacitys", "input": {}}]})),
            "timetables.recsys.periods[0].do[0].action: is not an action; did you mean \
             `sagemaker:UpdateEndpointWeightsAndCapacities`?",
        ),
        (
            periods(json!([{"name": "a", "do": recsys(json!(1))}, {"name": "a", "do": recsys(json!(2))}])),
            "timetables.recsys.periods[1].name: is the name of an earlier period; answers and records tell periods apart by it",
        ),
        (
            json!({"timetables": {"*": timetable()}}),
            "timetables.*: is no name for a timetable; \"follow\": \"*\" means all of them",
        ),
        (
            json!({"timetables": {"a": timetable(), "b": timetable()}}),
            "timetables.b: sets DesiredInstanceCount of sagemaker:endpoint/recsys/variant/AllTraffic, which `a` sets too: each \
             would undo what the other says; put both into one, whose last period counts",
        ),
        (
            configured(json!({"alarms": {"x": {"OK": {"follow": "recsis"}}}})),
            "alarms.x.OK.follow: is none of the configuration's `timetables`; did you mean `recsys`?",
        ),
        (
            configured(json!({"schedules": {"tick": {"follow": "recsys", "issuedAt": NOW}}})),
            "schedules.tick: has an issuedAt; leave it out: the event brings its own time",
        ),
    ];
    for (config, message) in table {
        let error = Config::parse(&config.to_string()).unwrap_err();
        assert_eq!((error.error_type(), error.to_string().as_str()), ("InvalidConfiguration", message));
    }
}
