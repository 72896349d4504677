//! Provisioned Throughputs that are bought and given up: once, by leave of a rule, and in the order of their events.

use std::time::Duration;

use serde_json::{Value, json};
use setpoint_sandbox::{Fault, Pace, Seed};

use crate::support::{World, at, outcomes, with};

const V1: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv1";
const V2: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2";
const GET: &str = "GET /provisioned-model-throughput/launch";

fn config() -> Value {
    json!({"guardrails": {"targets": [
        {"target": "bedrock:provisioned-model/launch*", "modelUnits": 3, "commitmentDuration": ["OneMonth"]},
    ]}})
}

fn with_ledger() -> Value {
    with(config(), json!({"ledgerTable": "setpoint-ledger"}))
}

fn create(units: i32, others: Value) -> Value {
    let input = with(json!({"modelUnits": units, "provisionedModelName": "launch", "modelId": V1}), others);
    json!({"action": "bedrock:CreateProvisionedModelThroughput", "input": input})
}

fn delete(id: &str) -> Value {
    json!({"action": "bedrock:DeleteProvisionedModelThroughput", "input": {"provisionedModelId": id}})
}

fn event(id: &str, time: &str, payload: Value) -> Value {
    with(at(time, payload), json!({"id": id}))
}

fn writes(world: &World) -> Vec<String> {
    let calls = world.calls();
    calls.into_iter().filter(|call| call.contains("provisioned-model-throughput") && !call.starts_with("GET")).collect()
}

fn refused(path: &str, message: &str) -> Value {
    json!({"errorType": "InvalidAction", "errorMessage": format!("input.{path}: {message}")})
}

fn arn(answer: &Value) -> &str {
    answer["provisionedModelArn"].as_str().unwrap()
}

#[tokio::test]
async fn a_late_purchase_buys_nothing_after_a_newer_end() {
    let world = World::configured(with_ledger()).await;
    world.answer(event("end", "2026-11-20T20:00:00Z", delete("launch"))).await;
    let report = world.report(event("begin", "2026-11-20T18:00:00Z", create(3, json!({})))).await;
    let said = ["bedrock:provisioned-model/launch: superseded (the ledger has a newer event for the target)"];
    assert_eq!(outcomes(&report), said);
    assert_eq!(writes(&world), [""; 0]);
    assert_eq!(world.sandbox.provisioned_model("launch"), None);
}

#[tokio::test]
async fn a_purchase_that_comes_again_after_its_end_buys_nothing() {
    let world = World::configured(with_ledger()).await;
    let begin = event("begin", "2026-11-20T18:00:00Z", with(create(3, json!({})), json!({"waitFor": "settled"})));
    assert_eq!(outcomes(&world.report(begin.clone()).await), ["bedrock:provisioned-model/launch: applied"]);
    let end = event("end", "2026-11-20T20:00:00Z", with(delete("launch"), json!({"waitFor": "settled"})));
    assert_eq!(outcomes(&world.report(end).await), ["bedrock:provisioned-model/launch: applied"]);
    world.calls();
    world.report(begin).await;
    assert_eq!(writes(&world), [""; 0]);
    assert_eq!(world.sandbox.provisioned_model("launch"), None);
}

#[tokio::test]
async fn a_purchase_is_seen_to_serve_and_a_repeat_finds_it() {
    let world = World::configured(config()).await;
    let settled = with(
        create(3, json!({"tags": [{"key": "for", "value": "the launch"}]})),
        json!({"waitFor": "settled", "id": "begin"}),
    );
    let report = world.report(settled.clone()).await;
    assert_eq!(outcomes(&report), ["bedrock:provisioned-model/launch: applied"]);
    let body = format!(
        "{{\"clientRequestToken\":\"launch-begin\",\"modelId\":\"{V1}\",\"modelUnits\":3,\
         \"provisionedModelName\":\"launch\",\"tags\":[{{\"key\":\"for\",\"value\":\"the launch\"}}]}}"
    );
    let post = format!("POST /provisioned-model-throughput {body} -> 201");
    assert_eq!(world.calls(), [format!("{GET} -> 404"), post, format!("{GET} -> 200"), format!("{GET} -> 200")]);
    let answer = report.answer.unwrap();
    assert_eq!(outcomes(&world.report(settled).await), ["bedrock:provisioned-model/launch: unchanged"]);
    assert_eq!(world.answer(create(3, json!({}))).await, answer);
    assert_eq!(writes(&world), [""; 0]);
    assert!(arn(&answer).starts_with("arn:aws:bedrock:us-east-1:123456789012:provisioned-model/"));
}

#[tokio::test]
async fn stale_reads_after_a_purchase_and_after_an_end_are_waited_out() {
    let mut seed = Seed::example();
    seed.changes.stale_reads = Some(2);
    let world = World::with(seed, config()).await;
    let settled = |payload| with(payload, json!({"waitFor": "settled"}));
    let applied = ["bedrock:provisioned-model/launch: applied"];
    assert_eq!(outcomes(&world.report(settled(create(3, json!({})))).await), applied);
    assert_eq!(writes(&world).len(), 1);
    assert_eq!(outcomes(&world.report(settled(delete("launch"))).await), applied);
    assert_eq!(writes(&world).len(), 1);
}

#[tokio::test]
async fn a_purchase_whose_answer_was_lost_is_not_made_again() {
    let world = World::configured(config()).await;
    world.sandbox.script("CreateProvisionedModelThroughput", Fault::lose_answer());
    let begin = with(create(3, json!({})), json!({"id": "begin"}));
    world.report(begin.clone()).await;
    let bought = world.sandbox.provisioned_model("launch").unwrap();
    world.report(begin).await;
    assert_eq!(world.sandbox.provisioned_model("launch").unwrap().creation_time, bought.creation_time);
    let tokens: Vec<bool> = writes(&world).iter().map(|call| call.contains("\"launch-begin\"")).collect();
    assert!(!tokens.is_empty() && tokens.into_iter().all(|own| own));
}

#[tokio::test]
async fn nothing_is_bought_without_a_rule() {
    for (config, payload, why) in [
        (
            json!({}),
            create(3, json!({})),
            "modelUnits 0 -> 3 is refused: it buys, and no rule of guardrails.targets that names this target says how much may be \
             bought; write \"modelUnits\": 3 into one; nothing was written",
        ),
        (
            json!({"guardrails": {"targets": [{"target": "bedrock:*", "max": 5}]}}),
            create(3, json!({})),
            "modelUnits 0 -> 3 is refused: it buys, and no rule of guardrails.targets that names this target says how much may be \
             bought; write \"modelUnits\": 3 into one; nothing was written",
        ),
        (
            config(),
            create(4, json!({})),
            "modelUnits 0 -> 4 is refused: guardrails.targets[0] (bedrock:provisioned-model/launch*) sets modelUnits 3; nothing \
             was written",
        ),
        (
            config(),
            create(3, json!({"commitmentDuration": "SixMonths"})),
            "commitmentDuration (none) -> SixMonths is refused: guardrails.targets[0] (bedrock:provisioned-model/launch*) allows \
             only the commitmentDuration OneMonth; nothing was written",
        ),
        (
            json!({"guardrails": {"targets": [{"target": "bedrock:*", "modelUnits": 5}]}}),
            create(3, json!({"commitmentDuration": "OneMonth"})),
            "commitmentDuration (none) -> OneMonth is refused: it enters a commitment, and no rule of guardrails.targets that \
             names this target allows one; write \"commitmentDuration\": [\"OneMonth\"] into one; nothing was written",
        ),
    ] {
        let world = World::configured(config).await;
        let answer = world.answer(payload).await;
        let expected = format!("bedrock:provisioned-model/launch: {why}");
        let expected = json!({"errorType": "GuardrailViolation", "errorMessage": expected});
        assert_eq!(answer, expected);
        assert_eq!(writes(&world), [""; 0]);
    }
}

#[tokio::test]
async fn what_is_there_with_other_values_stands_in_the_way_and_says_what_to_do() {
    let world = World::configured(json!({"guardrails": {"targets": [{"target": "bedrock:*", "modelUnits": 5}]}})).await;
    world.answer(create(3, json!({}))).await;
    world.calls();
    assert_eq!(
        world.answer(create(5, json!({}))).await,
        refused(
            "modelUnits",
            "is 5, and launch is there with 3: no operation changes the size. Create one of another provisionedModelName with 5, \
             and delete launch (bedrock:DeleteProvisionedModelThroughput) once that one serves"
        )
    );
    assert_eq!(
        world.answer(create(3, json!({"modelId": "supportbot-v2"}))).await,
        refused(
            "modelId",
            &format!(
                "is {V2}, and launch is there with {V1}: bedrock:UpdateProvisionedModelThroughput gives one that is there another \
                 model"
            )
        )
    );
    assert_eq!(
        world.answer(create(3, json!({"commitmentDuration": "OneMonth"}))).await,
        refused(
            "commitmentDuration",
            "is OneMonth, and launch is there with (none): no operation changes it. Create one of another provisionedModelName"
        )
    );
    assert_eq!(writes(&world), [""; 0]);
}

#[tokio::test]
async fn a_purchase_that_failed_says_so_and_is_deleted_before_another() {
    let mut seed = Seed::example();
    seed.changes.fail_next = Some("There is no capacity.".to_owned());
    let world = World::with(seed, config()).await;
    let settled = with(create(3, json!({})), json!({"waitFor": "settled"}));
    let answer = world.answer(settled.clone()).await;
    assert_eq!(answer["errorType"], "NotSettled");
    assert_eq!(
        world.answer(settled.clone()).await,
        refused(
            "provisionedModelName",
            "is the name of one that failed (Failed: There is no capacity); delete it \
             (bedrock:DeleteProvisionedModelThroughput), and then create it again with a new event: AWS takes this one for the \
             purchase that it knows"
        )
    );
    world.answer(delete("launch")).await;
    assert_eq!(outcomes(&world.report(settled).await), ["bedrock:provisioned-model/launch: applied"]);
}

#[tokio::test]
async fn an_end_before_its_term_is_refused_with_the_date_and_after_it_aws_judges() {
    let world = World::configured(config()).await;
    let committed = with(create(3, json!({"commitmentDuration": "OneMonth"})), json!({"waitFor": "settled"}));
    world.answer(committed).await;
    world.calls();
    let until = "names launch, which is under a commitment until 2026-12-20T22:00:00Z, and AWS deletes it only after that; \
                 schedule it for then";
    assert_eq!(world.answer(delete("launch")).await, refused("provisionedModelId", until));
    assert_eq!(writes(&world), [""; 0]);
    let soon = crate::support::now() + chrono::TimeDelta::minutes(5);
    world.sandbox.edit_provisioned_model("launch", |model| model.commitment_expiration_time = Some(soon));
    assert_eq!(world.answer(delete("launch")).await["errorType"], "ConflictException");
    assert_eq!(writes(&world).len(), 1);
}

#[tokio::test]
async fn an_end_of_nothing_changes_nothing() {
    let world = World::new().await;
    let arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/nothing12345";
    for id in ["launch", arn] {
        let report = world.report(delete(id)).await;
        assert_eq!(report.answer, Ok(json!({})));
        assert_eq!(writes(&world), [""; 0]);
    }
}

#[tokio::test]
async fn what_is_deleted_by_its_arn_is_in_the_lane_of_its_name() {
    let world = World::configured(with_ledger()).await;
    let begin = event("begin", "2026-11-20T18:00:00Z", with(create(3, json!({})), json!({"waitFor": "settled"})));
    let answer = world.answer(begin.clone()).await;
    world.answer(event("end", "2026-11-20T20:00:00Z", delete(arn(&answer)))).await;
    world.calls();
    let late = event("late", "2026-11-20T19:00:00Z", create(3, json!({})));
    let said = ["bedrock:provisioned-model/launch: superseded (the ledger has a newer event for the target)"];
    assert_eq!(outcomes(&world.report(late).await), said);
    assert_eq!(writes(&world), [""; 0]);
}

#[tokio::test]
async fn a_lower_bound_protects_from_an_end() {
    let world = World::configured(json!({"guardrails": {"targets": [{"target": "bedrock:*", "min": 1}]}})).await;
    let answer = world.answer(delete("support-bot")).await;
    let why = "bedrock:provisioned-model/support-bot: modelUnits 1 -> 0 is refused: guardrails.targets[0] (bedrock:*) sets min 1; \
               nothing was written";
    assert_eq!(answer, json!({"errorType": "GuardrailViolation", "errorMessage": why}));
}

#[tokio::test]
async fn one_payload_buys_the_new_and_gives_up_the_old() {
    let mut seed = Seed::example();
    seed.changes.pace = Some(Pace::Reads(1));
    let world = World::with(seed, config()).await;
    let both = json!({"actions": [create(2, json!({"modelId": "supportbot-v1"})), delete("support-bot")], "waitFor": "settled"});
    let report = world.report(both).await;
    let applied = ["bedrock:provisioned-model/launch: applied", "bedrock:provisioned-model/support-bot: applied"];
    assert_eq!(outcomes(&report), applied);
    assert_eq!(world.sandbox.provisioned_model("support-bot"), None);
    assert_eq!(world.sandbox.provisioned_model("launch").map(|model| model.model_units), Some(2));
}

#[tokio::test]
async fn what_is_done_and_comes_again_is_no_mistake_whatever_became_of_it_since() {
    let world = World::configured(with_ledger()).await;
    let repeated = "bedrock:provisioned-model/launch: superseded (the ledger has this event as applied, and the target was \
                    changed since)";
    let begin = event("begin", "2026-11-20T18:00:00Z", with(create(3, json!({})), json!({"waitFor": "settled"})));
    world.answer(begin.clone()).await;
    world.pass(Duration::from_secs(120)).await;
    world.sandbox.edit_provisioned_model("launch", |model| model.model_arn = V2.to_owned());
    assert_eq!(outcomes(&world.report(begin).await), [repeated]);
    let end = event("end", "2026-11-20T20:00:00Z", delete("launch"));
    world.answer(end.clone()).await;
    let committed = with(create(3, json!({"commitmentDuration": "OneMonth"})), json!({"waitFor": "settled"}));
    world.pass(Duration::from_secs(120)).await;
    world.answer(event("again", "2026-11-20T20:00:00Z", committed)).await;
    world.pass(Duration::from_secs(120)).await;
    world.calls();
    assert_eq!(outcomes(&world.report(end).await), [repeated]);
    assert_eq!(writes(&world), [""; 0]);
}

/// One that serves for a year, whose name is to go to another.
async fn launched(config: Value) -> World {
    let world = World::configured(config).await;
    world.answer(with(create(2, json!({})), json!({"waitFor": "settled"}))).await;
    let years_ago = crate::support::now() - chrono::TimeDelta::days(400);
    world.sandbox.edit_provisioned_model("launch", |model| model.creation_time = years_ago);
    world.calls();
    world
}

#[tokio::test]
async fn a_delete_that_comes_again_does_not_end_what_was_created_under_the_name_since() {
    let world = launched(config()).await;
    let bigger = at("2026-11-20T22:00:00Z", json!({"actions": [delete("launch"), create(3, json!({}))]}));
    let report = world.report(bigger.clone()).await;
    let done = ["bedrock:provisioned-model/launch: accepted", "bedrock:provisioned-model/launch: accepted"];
    assert_eq!(outcomes(&report), done);
    world.pass(Duration::from_secs(120)).await;
    world.calls();
    let report = world.report(bigger).await;
    let said = [
        "bedrock:provisioned-model/launch: superseded (what bears the name was created at 2026-11-20T22:00:00Z, and the event is \
         from 2026-11-20T22:00:00Z: it means another, which is gone)",
        "bedrock:provisioned-model/launch: unchanged",
    ];
    assert_eq!(outcomes(&report), said);
    assert_eq!(writes(&world), [""; 0]);
}

#[tokio::test]
async fn what_was_created_after_an_event_is_not_given_its_model_either() {
    let world = World::configured(config()).await;
    world.answer(with(create(3, json!({})), json!({"waitFor": "settled"}))).await;
    world.calls();
    let swap = json!({"action": "bedrock:UpdateProvisionedModelThroughput", "input": {
        "provisionedModelId": "launch", "desiredModelId": V2,
    }});
    let report = world.report(at("2026-11-20T21:59:00Z", swap.clone())).await;
    assert_eq!(report.decisions[0].outcome_name(), "superseded");
    assert_eq!(writes(&world), [""; 0]);
    // With the ledger the events tell, however late the first of them came.
    let world = World::configured(with_ledger()).await;
    world
        .answer(event("begin", "2026-11-20T21:00:00Z", with(create(3, json!({})), json!({"waitFor": "settled"}))))
        .await;
    let report = world.report(event("swap", "2026-11-20T21:30:00Z", swap)).await;
    assert_eq!(report.decisions[0].outcome_name(), "accepted");
}

#[tokio::test]
async fn without_a_ledger_a_name_is_not_freed_and_given_away_in_one_payload_that_may_come_again() {
    let rename = json!({"action": "bedrock:UpdateProvisionedModelThroughput", "input": {
        "provisionedModelId": "support-bot", "desiredProvisionedModelName": "launch",
    }});
    let dated = |actions: Value| at("2026-11-20T22:00:00Z", json!({"actions": actions}));
    let undated = |actions: Value| json!({"actions": actions});
    let why = "stands beside another action that frees or takes the name of bedrock:provisioned-model/launch: delivered again, the \
               delete would end what bears it by then; ";
    let renamed = format!("{why}delete by the ARN, or configure a ledgerTable");
    let created = format!("{why}give the event its own time (issuedAt), delete by the ARN, or configure a ledgerTable");
    for (payload, path, message) in [
        (dated(json!([delete("launch"), rename])), "provisionedModelId", &renamed),
        (dated(json!([rename, delete("launch")])), "provisionedModelId", &renamed),
        (undated(json!([delete("launch"), create(3, json!({}))])), "provisionedModelName", &created),
    ] {
        let world = launched(config()).await;
        let expected = format!("actions[1].input.{path}: {message}");
        assert_eq!(
            world.answer(payload.clone()).await,
            json!({"errorType": "InvalidAction", "errorMessage": expected})
        );
        assert_eq!(world.calls(), [""; 0]);
        let world = launched(with_ledger()).await;
        let report = world.report(payload).await;
        assert!(report.refused.is_empty(), "{report:?}");
    }
    let world = launched(config()).await;
    let arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/nothing12345";
    for payload in [dated(json!([delete(arn), rename])), undated(json!([delete("summaries"), rename]))] {
        assert!(world.report(payload).await.refused.is_empty());
    }
}
