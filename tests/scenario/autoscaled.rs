//! Numbers that Application Auto Scaling moves as well: said, refused, or lasting because their bounds are moved with them.

use std::time::Duration;

use serde_json::{Value, json};
use setpoint_sandbox::{Fault, ScalableTarget, SuspendedState};

use crate::support::{
    World, answer, at, describe, endpoint_arn, instances, outcomes, provisioned, update_instances,
    weights_and_capacities, with,
};

async fn under(guardrails: Value) -> World {
    World::configured(json!({"guardrails": guardrails})).await
}

fn refused(message: &str) -> Value {
    json!({"errorType": "GuardrailViolation", "errorMessage": message})
}

/// Of `ranking`, Application Auto Scaling keeps blue from 2 to 8 instances.
fn asked_for(resource: &str) -> String {
    format!(
        "POST / DescribeScalableTargets {{\"ServiceNamespace\":\"sagemaker\",\"ResourceIds\":[\"{resource}\"],\
         \"ScalableDimension\":\"sagemaker:variant:DesiredInstanceCount\"}} -> 200"
    )
}

const KEPT: &str = "sagemaker:endpoint/ranking/variant/blue: DesiredInstanceCount 9 would not last: Application Auto Scaling keeps \
                    it from 2 to 8";

#[tokio::test]
async fn a_number_that_would_not_last_is_refused_before_the_write() {
    let world = under(json!({"autoscaled": "refuse"})).await;
    let before = world.sandbox.state();
    let why = format!(
        "{KEPT}, and guardrails.autoscaled is \"refuse\"; nothing was written. Move its bounds first \
         (application-autoscaling:RegisterScalableTarget)"
    );
    assert_eq!(world.answer(instances("ranking", "blue", 9)).await, refused(&why));
    assert_eq!(world.calls(), [describe("ranking"), asked_for("endpoint/ranking/variant/blue")]);
    assert_eq!(world.sandbox.state(), before);
    // Within the bounds, and where nothing is registered, it is written.
    for (variant, count) in [("blue", 8), ("green", 9)] {
        let world = under(json!({"autoscaled": "refuse"})).await;
        assert_eq!(world.answer(instances("ranking", variant, count)).await, endpoint_arn("ranking"), "{variant}");
    }
}

#[tokio::test]
async fn a_number_that_would_not_last_is_written_and_said_where_that_is_wanted() {
    let world = under(json!({"autoscaled": "warn"})).await;
    let report = world.report(instances("ranking", "blue", 9)).await;
    assert_eq!(answer(&report), endpoint_arn("ranking"));
    let outside: Vec<String> = report.decisions[0].outside.iter().map(ToString::to_string).collect();
    assert_eq!(outside, [KEPT]);
    assert_eq!(report.decisions[0].to_json()["autoscaled"], json!([KEPT]));
    let planned = under(json!({"autoscaled": "warn"})).await;
    let plan = planned.answer(with(instances("ranking", "blue", 9), json!({"mode": "plan"}))).await;
    assert_eq!(plan["plan"]["autoscaled"], json!([KEPT]));
    // Nobody looks where nobody asked, nor where nothing is to be written.
    let silent = World::new().await;
    silent.answer(instances("ranking", "blue", 9)).await;
    assert_eq!(silent.calls().len(), 2);
    let unchanged = under(json!({"autoscaled": "warn"})).await;
    unchanged.answer(instances("ranking", "blue", 3)).await;
    assert_eq!(unchanged.calls(), [describe("ranking")]);
}

#[tokio::test]
async fn bounds_that_cannot_be_read_are_no_bounds_to_go_by() {
    for autoscaled in ["warn", "refuse"] {
        let world = under(json!({"autoscaled": autoscaled})).await;
        world.sandbox.script("DescribeScalableTargets", Fault::access_denied());
        let report = world.report(instances("ranking", "blue", 9)).await;
        let error = report.answer.unwrap_err();
        assert_eq!(error.error_type(), "AccessDeniedException", "{autoscaled}");
        assert_eq!(world.calls().len(), 2, "{autoscaled}");
    }
}

#[tokio::test]
async fn a_function_is_kept_by_its_own_dimension() {
    let world = under(json!({"autoscaled": "refuse"})).await;
    let name = "lambda:function:ProvisionedConcurrency/function:checkout:live".to_owned();
    world.sandbox.edit(|seed| {
        let target = ScalableTarget {
            min_capacity: 2,
            max_capacity: 6,
            suspended: SuspendedState::default(),
            creation_time: "2025-03-01T10:00:00Z".parse().unwrap(),
        };
        seed.home().scalable_targets.insert(name, target);
    });
    let message = world.answer(provisioned("checkout", "live", 7)).await["errorMessage"].to_string();
    assert!(message.contains("ProvisionedConcurrentExecutions 7 would not last"), "{message}");
}

/// What is read of blue's bounds, and what makes them these.
fn read() -> String {
    asked_for("endpoint/ranking/variant/blue")
}

fn moved(bound: &str, to: u32) -> String {
    format!(
        "POST / RegisterScalableTarget {{\"ServiceNamespace\":\"sagemaker\",\"ResourceId\":\"endpoint/ranking/variant/blue\",\
         \"ScalableDimension\":\"sagemaker:variant:DesiredInstanceCount\",\"{bound}\":{to}}} -> 200"
    )
}

const BOUNDS: &str = "application-autoscaling:sagemaker:variant:DesiredInstanceCount/endpoint/ranking/variant/blue";

/// From how many to how many instances blue is kept.
fn bounds(world: &World) -> (i32, i32) {
    let state = serde_json::to_value(world.sandbox.state()).unwrap();
    let name = BOUNDS.split_once(':').unwrap().1;
    let target = &state["accounts"]["123456789012"]["us-east-1"]["scalableTargets"][name];
    let bound = |name: &str| target[name].as_i64().unwrap().try_into().unwrap();
    (bound("minCapacity"), bound("maxCapacity"))
}

#[tokio::test]
async fn bounds_are_widened_as_far_as_the_number_needs_and_no_further() {
    for (count, bound, expected) in [(9, "MaxCapacity", (2, 9)), (1, "MinCapacity", (1, 8))] {
        let world = under(json!({"autoscaled": "move"})).await;
        let report = world.report(instances("ranking", "blue", count)).await;
        assert_eq!(answer(&report), endpoint_arn("ranking"));
        let calls = [
            describe("ranking"),
            read(),
            read(),
            moved(bound, count),
            // Others may have moved the endpoint meanwhile.
            describe("ranking"),
            update_instances("ranking", "blue", count),
        ];
        assert_eq!(world.calls(), calls);
        assert_eq!((bounds(&world), world.instances("ranking", "blue")), (expected, Some(count.try_into().unwrap())));
        // Each is a change of its own, in the order of the writes.
        let told = [format!("{BOUNDS}: accepted"), "sagemaker:endpoint/ranking/variant/blue: accepted".to_owned()];
        assert_eq!(outcomes(&report), told);
    }
    for (variant, count) in [("blue", 8), ("green", 9)] {
        let world = under(json!({"autoscaled": "move"})).await;
        let report = world.report(instances("ranking", variant, count)).await;
        assert_eq!((report.decisions.len(), bounds(&world)), (1, (2, 8)), "{variant}");
    }
}

#[tokio::test]
async fn an_answer_for_several_says_at_its_place_which_bounds_were_moved() {
    let world = under(json!({"autoscaled": "move"})).await;
    let both = json!({"actions": [instances("recsys", "AllTraffic", 3), instances("ranking", "blue", 9)]});
    let answer = world.answer(both).await;
    let results = answer["results"].as_array().unwrap();
    assert_eq!((results.len(), results[0].get("moved")), (2, None));
    assert_eq!(
        (&results[1]["moved"][0]["target"], &results[1]["moved"][0]["outcome"]),
        (&json!(BOUNDS), &json!("accepted"))
    );
}

#[tokio::test]
async fn a_plan_shows_the_bounds_that_would_be_moved_and_moves_none() {
    let world = under(json!({"autoscaled": "move"})).await;
    let before = world.sandbox.state();
    let plan = world.answer(with(instances("ranking", "blue", 9), json!({"mode": "plan"}))).await;
    let command = "aws application-autoscaling register-scalable-target --service-namespace sagemaker --resource-id \
                   endpoint/ranking/variant/blue --scalable-dimension sagemaker:variant:DesiredInstanceCount --max-capacity 9 \
                   --region us-east-1";
    let change = json!({"field": "MaxCapacity", "from": 8, "to": 9, "asked": "{\"atLeast\":9}"});
    assert_eq!(plan["plan"]["moved"], json!([{"target": BOUNDS, "changes": [change], "wouldCall": command}]));
    assert_eq!(plan["plan"]["changes"][0]["to"], 9);
    assert_eq!(world.sandbox.state(), before);
}

#[tokio::test]
async fn bounds_are_moved_under_the_same_guardrails() {
    let endpoints = json!({"target": "sagemaker:endpoint/*"});
    let most = json!({"target": "application-autoscaling:*", "max": 8});
    for (rules, why) in [
        (
            json!([endpoints]),
            "guardrails.unlisted is \"deny\" and no rule names this target; nothing was read or written",
        ),
        (json!([endpoints, most]), "guardrails.targets[1] (application-autoscaling:*) sets max 8; nothing was written"),
    ] {
        for mode in ["apply", "plan"] {
            let world = under(json!({"autoscaled": "move", "unlisted": "deny", "targets": rules})).await;
            let before = world.sandbox.state();
            let error = world.answer(with(instances("ranking", "blue", 9), json!({"mode": mode}))).await;
            let message = error["errorMessage"].as_str().unwrap();
            assert_eq!(error["errorType"], "GuardrailViolation");
            let begins = format!("{KEPT}, and was not written, because these bounds could not be moved: {BOUNDS}");
            assert!(message.starts_with(&begins) && message.ends_with(why), "{message}");
            assert_eq!(world.sandbox.state(), before);
        }
    }
}

#[tokio::test]
async fn a_number_whose_bounds_stay_is_not_written() {
    let world = under(json!({"autoscaled": "move"})).await;
    world.sandbox.script("RegisterScalableTarget", Fault::access_denied());
    let report = world.report(instances("ranking", "blue", 9)).await;
    assert_eq!(report.answer.as_ref().unwrap_err().error_type(), "AccessDeniedException");
    assert_eq!((world.instances("ranking", "blue"), bounds(&world)), (Some(3), (2, 8)));
    let failed = [BOUNDS, "sagemaker:endpoint/ranking/variant/blue"]
        .map(|target| format!("{target}: failed: AccessDeniedException (denied; a retry does not help)"));
    assert_eq!(outcomes(&report), failed);
}

#[tokio::test]
async fn bounds_that_a_newer_event_has_set_stay() {
    let config = json!({"guardrails": {"autoscaled": "move"}, "ledgerTable": "setpoint-ledger"});
    let world = World::configured(config).await;
    let newer = json!({"action": "application-autoscaling:RegisterScalableTarget", "input": {
        "ServiceNamespace": "sagemaker", "ResourceId": "endpoint/ranking/variant/blue",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount", "MaxCapacity": 5,
    }});
    world.answer(at("2026-11-20T21:59:59Z", newer)).await;
    let report = world.report(at("2026-11-20T21:59:30Z", instances("ranking", "blue", 7))).await;
    let why = "sagemaker:endpoint/ranking/variant/blue: DesiredInstanceCount 7 would not last: Application Auto Scaling keeps it from \
               2 to 5, and a newer event than this one has set these bounds; nothing was written. Move its bounds first \
               (application-autoscaling:RegisterScalableTarget)";
    assert_eq!(answer(&report), refused(why));
    assert_eq!((world.instances("ranking", "blue"), bounds(&world)), (Some(3), (2, 5)));
}

#[tokio::test]
async fn a_relative_number_counts_once_whatever_became_of_its_bounds_before() {
    let config = json!({"guardrails": {"autoscaled": "move"}, "ledgerTable": "setpoint-ledger"});
    for operation in ["RegisterScalableTarget", "UpdateEndpointWeightsAndCapacities"] {
        let world = World::configured(config.clone()).await;
        let event = || at("2026-11-20T21:59:30Z", instances("ranking", "blue", json!({"add": 6})));
        world.sandbox.script(operation, Fault::access_denied());
        assert_eq!(world.answer(event()).await["errorType"], "AccessDeniedException", "{operation}");
        for _ in 0..2 {
            assert_eq!(world.answer(event()).await, endpoint_arn("ranking"), "{operation}");
            assert_eq!((world.instances("ranking", "blue"), bounds(&world)), (Some(9), (2, 9)), "{operation}");
        }
    }
}

/// With a ledger, and bounds that are moved.
async fn moving() -> World {
    World::configured(json!({"guardrails": {"autoscaled": "move"}, "ledgerTable": "setpoint-ledger"})).await
}

/// What the autoscaler makes of blue.
fn scale(world: &World, count: i32) {
    world.sandbox.edit_endpoint("ranking", |endpoint| {
        let blue = endpoint.variants.iter_mut().find(|variant| variant.variant_name == "blue").unwrap();
        blue.current.instance_count = Some(count);
        blue.desired = None;
    });
}

/// Somebody changes what is registered of blue.
fn register<T>(world: &World, change: impl FnOnce(&mut ScalableTarget) -> T) -> T {
    let name = BOUNDS.split_once(':').unwrap().1;
    world.sandbox.edit(|seed| change(seed.home().scalable_targets.get_mut(name).unwrap()))
}

#[tokio::test]
async fn what_was_moved_for_a_newer_number_is_moved_on_for_an_older_one() {
    let world = moving().await;
    let add = |id: &str, time: &str, count: i32| {
        with(at(time, instances("ranking", "blue", json!({"add": count}))), json!({"id": id}))
    };
    assert_eq!(world.answer(add("newer", "2026-11-20T21:59:40Z", 6)).await, endpoint_arn("ranking"));
    assert_eq!(world.answer(add("older", "2026-11-20T21:59:30Z", 1)).await, endpoint_arn("ranking"));
    assert_eq!((world.instances("ranking", "blue"), bounds(&world)), (Some(10), (2, 10)));
    // Who asks for the bounds themselves, and did so before, has had their time.
    let most = |time| {
        let dimension = "sagemaker:variant:DesiredInstanceCount";
        let input = json!({"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/ranking/variant/blue",
            "ScalableDimension": dimension, "MaxCapacity": 8});
        let action = json!({"action": "application-autoscaling:RegisterScalableTarget", "input": input, "id": time});
        at(time, action)
    };
    world.answer(most("2026-11-20T21:59:20Z")).await;
    assert_eq!(bounds(&world), (2, 10));
    world.answer(most("2026-11-20T21:59:50Z")).await;
    assert_eq!(bounds(&world), (2, 8));
}

#[tokio::test]
async fn bounds_are_moved_again_for_an_event_that_comes_again() {
    let denied = || Fault::access_denied();
    // The load that was to be met has made the autoscaler act meanwhile.
    let world = moving().await;
    let event = || at("2026-11-20T21:59:30Z", instances("ranking", "blue", json!({"add": 6})));
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", denied());
    assert_eq!(world.answer(event()).await["errorType"], "AccessDeniedException");
    scale(&world, 5);
    assert_eq!(world.answer(event()).await, endpoint_arn("ranking"));
    assert_eq!((world.instances("ranking", "blue"), bounds(&world)), (Some(11), (2, 11)));
    // Somebody has put the bounds back.
    let world = moving().await;
    let event = || at("2026-11-20T21:59:30Z", instances("ranking", "blue", 9));
    world.sandbox.script("UpdateEndpointWeightsAndCapacities", denied());
    assert_eq!(world.answer(event()).await["errorType"], "AccessDeniedException");
    world.pass(Duration::from_secs(60)).await;
    register(&world, |target| target.max_capacity = 8);
    assert_eq!(world.answer(event()).await, endpoint_arn("ranking"));
    assert_eq!((world.instances("ranking", "blue"), bounds(&world)), (Some(9), (2, 9)));
}

#[tokio::test]
async fn what_was_read_before_the_bounds_were_moved_is_read_again() {
    let busy = || Fault::error(400, "ConcurrentUpdateException", "There is already an update in progress.");
    let world = under(json!({"autoscaled": "move"})).await;
    world.sandbox.script("RegisterScalableTarget", busy());
    assert_eq!(world.answer(instances("ranking", "blue", 9)).await, endpoint_arn("ranking"));
    let calls = world.calls();
    let written = calls.iter().position(|call| *call == moved("MaxCapacity", 9)).unwrap();
    assert_eq!(calls[written + 1..], [describe("ranking"), update_instances("ranking", "blue", 9)]);
    // What is busy, and is to be left alone then, is.
    let world = under(json!({"autoscaled": "move"})).await;
    world.sandbox.script("RegisterScalableTarget", busy().always());
    let report = world.report(with(instances("ranking", "blue", 9), json!({"onBusy": "skip"}))).await;
    assert_eq!(outcomes(&report)[1], "sagemaker:endpoint/ranking/variant/blue: skipped");
    assert_eq!((world.instances("ranking", "blue"), bounds(&world)), (Some(3), (2, 8)));
}

#[tokio::test]
async fn a_number_that_goes_again_is_held_against_its_bounds() {
    let world = under(json!({"autoscaled": "refuse"})).await;
    let settled = || with(provisioned("checkout", "live", 20), json!({"waitFor": "settled"}));
    world.sandbox.edit_function("checkout", |function| {
        function.changes.fail_next = Some("FUNCTION_ERROR_INIT_FAILURE".to_owned());
    });
    assert_eq!(world.answer(settled()).await["errorType"], "NotSettled");
    world.sandbox.edit(|seed| {
        let targets = &mut seed.home().scalable_targets;
        let like = targets[BOUNDS.split_once(':').unwrap().1].clone();
        targets.insert("lambda:function:ProvisionedConcurrency/function:checkout:live".to_owned(), like);
    });
    world.calls();
    assert_eq!(world.answer(settled()).await["errorType"], "GuardrailViolation");
    assert!(world.calls().iter().all(|call| !call.starts_with("PUT ")));
}

#[tokio::test]
async fn a_part_of_the_suspended_state_is_no_newer_than_who_asked_for_it() {
    let world = moving().await;
    let suspended = SuspendedState { dynamic_scaling_out: true, ..SuspendedState::default() };
    register(&world, |target| target.suspended = suspended);
    let state = |time, flag: &str, value: bool| {
        let input = json!({"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/ranking/variant/blue",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount", "SuspendedState": {flag: value}});
        let action = json!({"action": "application-autoscaling:RegisterScalableTarget", "input": input, "id": time});
        at(time, action)
    };
    world.answer(state("2026-11-20T21:59:40Z", "ScheduledScalingSuspended", true)).await;
    let older = world.report(state("2026-11-20T21:59:30Z", "DynamicScalingOutSuspended", false)).await;
    assert_eq!(outcomes(&older), [format!("{BOUNDS}: accepted")]);
    let now = register(&world, |target| target.suspended);
    assert_eq!((now.dynamic_scaling_out, now.scheduled_scaling), (false, true));
    // Of one that a newer event has asked for, nothing is left to do.
    let overtaken = world.report(state("2026-11-20T21:59:35Z", "ScheduledScalingSuspended", false)).await;
    assert!(outcomes(&overtaken)[0].starts_with(&format!("{BOUNDS}: superseded")), "{:?}", outcomes(&overtaken));
}

#[tokio::test]
async fn bounds_that_a_payload_changes_first_hold_for_its_numbers() {
    let most = |count: u32| {
        json!({"action": "application-autoscaling:RegisterScalableTarget", "input": {
            "ServiceNamespace": "sagemaker", "ResourceId": "endpoint/ranking/variant/blue",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount", "MaxCapacity": count,
        }})
    };
    let world = under(json!({"autoscaled": "refuse"})).await;
    let launch = json!({"actions": [most(12), instances("ranking", "blue", 9)]});
    assert_eq!(world.answer(launch).await["results"][1]["outcome"], "accepted");
    assert_eq!((world.instances("ranking", "blue"), bounds(&world)), (Some(9), (2, 12)));
    // And what it changes after them is changed after.
    let world = under(json!({"autoscaled": "move"})).await;
    world.answer(json!({"actions": [instances("ranking", "blue", 9), most(20)]})).await;
    assert_eq!((world.instances("ranking", "blue"), bounds(&world)), (Some(9), (2, 20)));
}

#[tokio::test]
async fn both_changes_are_told() {
    let config = json!({"guardrails": {"autoscaled": "move"}, "changeEvents": "default"});
    let world = World::configured(config).await;
    world.answer(instances("ranking", "blue", 9)).await;
    let state = serde_json::to_value(world.sandbox.state()).unwrap();
    let events = &state["accounts"]["123456789012"]["us-east-1"]["eventBuses"]["default"]["events"];
    let told = events.as_array().unwrap().iter().map(|event| event["detail"]["summary"].as_str().unwrap());
    let told: Vec<&str> = told.collect();
    let bounds = format!("{BOUNDS}: MaxCapacity 8 -> 9 (accepted)");
    assert_eq!(told, [&bounds, "sagemaker:endpoint/ranking/variant/blue: DesiredInstanceCount 3 -> 9 (accepted)"]);
}

#[tokio::test]
async fn each_variant_has_bounds_of_its_own() {
    let world = under(json!({"autoscaled": "move"})).await;
    world.sandbox.edit(|seed| {
        let targets = &mut seed.home().scalable_targets;
        let dimension = "sagemaker:variant:DesiredInstanceCount/endpoint/ranking/variant";
        let target = targets[&format!("{dimension}/blue")].clone();
        targets.insert(format!("{dimension}/green"), target);
    });
    let count = |variant: &str, count: u32| json!({"VariantName": variant, "DesiredInstanceCount": count});
    let report = world.report(weights_and_capacities("ranking", json!([count("blue", 9), count("green", 10)]))).await;
    let changes = report.decisions.iter().map(|decision| decision.plan.as_ref().unwrap().sentence());
    let expected = [
        "MaxCapacity 8 -> 9",
        "MaxCapacity 8 -> 10",
        "blue.DesiredInstanceCount 3 -> 9, green.DesiredInstanceCount 1 -> 10",
    ];
    assert_eq!(changes.collect::<Vec<_>>(), expected);
}
