//! Every action under every guardrail: what concerns a payload refuses it, and what does not lets it pass.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use setpoint::action::About;
use setpoint::actions::ALL;
use setpoint::plan::{FieldValue, Plan};

use super::tables::{FILE, Table, anything, in_code, requests};
use crate::docs::{Document, UNKNOWN, valid_here};
use crate::support::{Config, Report, World, now, with};

pub(super) async fn table() -> Table {
    let members = members();
    let mut table = Table::new(["action, by guardrail"].into_iter().chain(members.iter().map(String::as_str)));
    for about in ALL {
        let mut row = vec![in_code(about.name)];
        let mut asked = Vec::new();
        for payload in payloads(about) {
            let plan = plan(&payload).await;
            asked.push((payload, plan));
        }
        for member in &members {
            let mut is_refused = false;
            for (payload, plan) in &asked {
                is_refused |= refuses(about, member, payload, plan).await;
            }
            row.push(if is_refused { "refused" } else { "—" }.to_owned());
        }
        table.rows.push(row);
    }
    for (column, member) in table.head.iter().enumerate().skip(1) {
        let is_met = table.rows.iter().any(|row| row[column] == "refused");
        assert!(is_met, "no payload of any action is refused by {member}; write one in {}", file!());
    }
    table
}

#[test]
fn what_the_registry_says_of_an_action_is_guarded() {
    let head = members().into_iter().collect::<Vec<_>>();
    for row in Document::read(FILE).table("action, by guardrail") {
        let about = ALL.iter().find(|about| in_code(about.name) == row[0]).unwrap();
        let cell = |member: &str| row[1 + head.iter().position(|of| of == member).unwrap()].as_str();
        for (member, concerns) in [
            ("allow", !about.texts.is_empty()),
            ("autoscaled", !about.scalable.is_empty()),
            ("maxTargets", about.kind.is_some()),
        ] {
            let expected = if concerns { "refused" } else { "—" };
            assert_eq!(cell(member), expected, "{} under {member}: write a payload that it concerns", about.name);
        }
        for member in ["paused", "unlisted", "target", "region", "account"] {
            assert_eq!(cell(member), "refused", "{} under {member}", about.name);
        }
    }
}

/// Every member of the guardrails and of their rules, as the decoder lists them.
fn members() -> BTreeSet<String> {
    let of = |guardrails: Value| {
        let config = json!({"guardrails": guardrails}).to_string();
        valid_here(&Config::parse(&config).unwrap_err().to_string())
    };
    let mut members = of(json!({UNKNOWN: 1}));
    assert!(members.remove("targets"));
    members.extend(of(json!({"targets": [{"target": "*", UNKNOWN: 1}]})));
    members
}

/// What is asked for with an action: what the fault matrix asks for, what only some guardrails concern, and a selection.
fn payloads(about: &About) -> Vec<Value> {
    let more = [
        json!({
            "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
            "input": {
                "EndpointName": "ranking",
                "DesiredWeightsAndCapacities": [{"VariantName": "green", "DesiredWeight": 0.3}],
            },
        }),
        json!({
            "action": "bedrock:CreateProvisionedModelThroughput",
            "input": {
                "modelUnits": 1,
                "provisionedModelName": "support-bot-launch",
                "modelId": "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2",
                "commitmentDuration": "OneMonth",
            },
        }),
        json!({
            "action": "application-autoscaling:RegisterScalableTarget",
            "input": {
                "ServiceNamespace": "ecs",
                "ResourceId": "service/prod/web",
                "ScalableDimension": "ecs:service:DesiredCount",
                "SuspendedState": {"DynamicScalingInSuspended": true},
            },
        }),
    ];
    let mut payloads = requests(about);
    payloads.extend(more.into_iter().filter(|payload| payload["action"] == about.name));
    if about.kind.is_some() {
        let mut payload = payloads[0].clone();
        let name = payload["input"].as_object_mut().unwrap().remove(about.named_by).unwrap();
        payloads.push(with(payload, json!({"select": {"names": [name]}})));
    }
    payloads
}

/// Guardrails that let everything through.
fn open() -> Value {
    json!({"maxTargets": 50, "targets": [anything()]})
}

/// What a payload would change, which is let through where nothing is bounded.
async fn plan(payload: &Value) -> Plan {
    let report = under(&open(), payload).await;
    assert_eq!(ending(&report), None, "{payload} is refused where nothing is bounded");
    report.decisions.into_iter().find_map(|decision| decision.plan).unwrap()
}

/// Whether a member that lets nothing through refuses a payload: what it concerns, and nothing else.
async fn refuses(about: &About, member: &str, payload: &Value, plan: &Plan) -> bool {
    let (closed, says) = closed(member);
    let ending = ending(&under(&with(open(), closed), payload).await);
    let is_concerned = concerns(about, member, payload, plan);
    match &ending {
        Some(why) => assert!(is_concerned && why.contains(says), "{member} refuses {payload}: {why}"),
        None => assert!(!is_concerned, "{member} concerns {payload} and lets it pass"),
    }
    ending.is_some()
}

/// Guardrails of which a member lets nothing through that it concerns, and how it says so.
fn closed(member: &str) -> (Value, &'static str) {
    const UNLISTED: &str = "guardrails.unlisted is \"deny\" and no rule names this target";
    let only = |rule: Value| json!({"unlisted": "deny", "targets": [rule]});
    let beside = |rule: Value| json!({"targets": [anything(), with(json!({"target": "*"}), rule)]});
    match member {
        "paused" => (json!({"paused": true}), "guardrails.paused is on"),
        "unlisted" => (json!({"unlisted": "deny", "targets": []}), UNLISTED),
        "target" => (only(with(anything(), json!({"target": "sagemaker:endpoint/another"}))), UNLISTED),
        "region" => (only(with(anything(), json!({"region": "eu-*"}))), UNLISTED),
        "account" => (only(with(anything(), json!({"account": "210987654321"}))), UNLISTED),
        "autoscaled" => (json!({"autoscaled": "refuse"}), "guardrails.autoscaled is \"refuse\""),
        "maxTargets" => (json!({"maxTargets": 0}), "guardrails.maxTargets is 0"),
        "min" => (beside(json!({"min": 1_000_000})), "sets min 1000000"),
        "max" => (beside(json!({"max": 0})), "sets max 0"),
        "maxStep" => (beside(json!({"maxStep": 0})), "sets maxStep 0"),
        "minShare" => (beside(json!({"minShare": 1})), "sets minShare 1"),
        "maxShare" => (beside(json!({"maxShare": 0})), "sets maxShare 0"),
        "allow" => (beside(json!({"allow": ["nothing"]})), "allows only nothing"),
        "modelUnits" => (beside(json!({"modelUnits": 0})), "sets modelUnits 0"),
        "commitmentDuration" => (beside(json!({"commitmentDuration": []})), "allows no commitmentDuration"),
        other => panic!("guardrails have {other}; say in {} what of it refuses, and what it concerns", file!()),
    }
}

/// Whether a member has a say in what a payload changes.
fn concerns(about: &About, member: &str, payload: &Value, plan: &Plan) -> bool {
    let counts = || {
        plan.sent().filter_map(|field| match field.to {
            FieldValue::Count(to) => Some((field.name, to)),
            _ => None,
        })
    };
    let mut texts = plan.sent().filter(|field| matches!(field.to, FieldValue::Text(_))).map(|field| field.name);
    match member {
        "paused" | "unlisted" | "target" | "region" | "account" => true,
        "autoscaled" => counts().any(|(name, _)| about.scalable.iter().any(|(scalable, _)| *scalable == name)),
        "maxTargets" => payload.get("select").is_some(),
        "min" | "maxStep" => counts().next().is_some(),
        "max" => counts().any(|(_, to)| to > 0),
        "minShare" | "maxShare" => !plan.shares.is_empty(),
        "allow" => texts.any(|name| name != "commitmentDuration"),
        "modelUnits" => counts().any(|(name, to)| name == "modelUnits" && to > 0),
        "commitmentDuration" => texts.any(|name| name == "commitmentDuration"),
        other => panic!("say in {} what {other} concerns", file!()),
    }
}

/// What comes of a payload where Application Auto Scaling keeps everything that it can at another number.
async fn under(guardrails: &Value, payload: &Value) -> Report {
    let world = World::configured(json!({"guardrails": guardrails})).await;
    let kept = [
        "sagemaker:variant:DesiredInstanceCount/endpoint/recsys/variant/AllTraffic",
        "sagemaker:inference-component:DesiredCopyCount/inference-component/recsys-ranker",
        "lambda:function:ProvisionedConcurrency/function:checkout:live",
    ];
    world.sandbox.edit(|seed| {
        for name in kept {
            let target = json!({"minCapacity": 1000, "maxCapacity": 1000, "creationTime": now()});
            seed.home().scalable_targets.insert(name.to_owned(), serde_json::from_value(target).unwrap());
        }
    });
    world.report(payload.clone()).await
}

/// Why it was refused, if it was; anything else that is no success is a mistake here.
fn ending(report: &Report) -> Option<String> {
    let failed = report.decisions.iter().find_map(|decision| decision.result.as_ref().err());
    let error = report.answer.as_ref().err().or(failed)?;
    let why = error.to_string();
    assert!(why.contains(" is refused: ") || why.contains("would not last"), "{why}");
    Some(why)
}
