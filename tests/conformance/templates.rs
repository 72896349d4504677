//! Every action in every template: its permissions, and a guardrail for what the examples move with it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use setpoint::action::About;
use setpoint::actions::ALL;

use super::registry::{as_in_the_template, grants, needs, policy, template_statements};
use super::tables::{Table, in_code, requests};
use crate::support::{Config, World, read};

/// The actions that no rule of the delivered guardrails is for, and why.
const WITHOUT_A_RULE: &[(&str, &str)] =
    &[("bedrock:CreateProvisionedModelThroughput", "nothing is bought until a rule says how much")];

pub(super) async fn table() -> Table {
    let head =
        ["action, by template", "deploy/policy.json", "template.yaml", "Terraform", "CDK", "deploy/guardrails.json"];
    let mut table = Table::new(head);
    for about in ALL {
        let granted: BTreeSet<&str> = about.permissions.iter().map(|permission| permission.action).collect();
        let granted: Vec<String> = granted.into_iter().map(in_code).collect();
        let (policy, template) = (in_policy(about), in_template(about));
        assert!(policy.is_empty(), "deploy/policy.json does not grant {policy:?}, which {} needs", about.name);
        assert!(template.is_empty(), "template.yaml has not the statements {template:?} of {}", about.name);
        let readers = [
            (
                "deploy/terraform/policy.tf",
                "jsondecode(file(\"${path.module}/../policy.json\"))",
                "local.policy.actions[action]",
            ),
            ("deploy/cdk/lib/setpoint.ts", "import policy from \"../../policy.json\"", "policy.actions[action]"),
        ];
        let mut row = vec![in_code(about.name), granted.join(", "), "the same".to_owned()];
        for (file, reads, takes) in readers {
            let text = read(file);
            assert!(text.contains(reads) && text.contains(takes), "{file} does not read deploy/policy.json any more");
            let own: Vec<_> = about.permissions.iter().filter(|permission| text.contains(permission.action)).collect();
            assert!(own.is_empty(), "{file} grants {own:?} by itself; deploy/policy.json is where that stands");
            row.push("reads the policy".to_owned());
        }
        row.push(under_what_is_delivered(about).await);
        table.rows.push(row);
    }
    table
}

/// What an action needs and the policy does not grant it.
fn in_policy(about: &About) -> Vec<(String, String)> {
    let statements = &policy()["actions"][about.name];
    assert!(statements.is_array(), "deploy/policy.json has no statements for {}; write them", about.name);
    needs(about.permissions).difference(&grants(statements)).cloned().collect()
}

/// The statements of an action that the template has not, or otherwise than the policy.
fn in_template(about: &About) -> Vec<String> {
    let template = template_statements();
    let policy = policy();
    let of_action = policy["actions"][about.name].as_array().unwrap().iter().map(as_in_the_template);
    of_action.filter(|(sid, statement)| template.get(sid) != Some(statement)).map(|(sid, _)| sid).collect()
}

/// The rule that is delivered for what an action moves, and what comes of it.
async fn under_what_is_delivered(about: &About) -> String {
    let delivered: Value = serde_json::from_str(&read("deploy/guardrails.json")).unwrap();
    let config = json!({"guardrails": delivered});
    let report = World::configured(config.clone()).await.report(requests(about)[0].clone()).await;
    let [decision] = report.decisions.as_slice() else { panic!("not one decision: {:?}", report.answer) };
    let outcome = match &decision.result {
        Ok(_) => decision.outcome_name(),
        Err(error) => error.kind().name(),
    };
    let rules = Config::parse(&config.to_string()).unwrap().guardrails.rules;
    let rule = rules.into_iter().find(|rule| rule.target.matches(&decision.target));
    let without = WITHOUT_A_RULE.iter().find(|(name, _)| *name == about.name);
    match (rule, without) {
        (Some(rule), None) => format!("`{}`: {outcome}", rule.target),
        (None, Some((_, why))) => format!("— ({why}): {outcome}"),
        (None, None) => panic!(
            "deploy/guardrails.json has no rule for {}; write one, or say in {} why there is none",
            decision.target,
            file!()
        ),
        (Some(rule), Some(_)) => panic!("{}: {} is for {} all the same", file!(), rule.target, about.name),
    }
}
