//! The registry of actions against all that must keep up with it: permissions, example events, the README.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use setpoint::action::{EVERYTHING, Permission};
use setpoint::actions::ALL;
use setpoint::config::Config;

use setpoint::event::{Content, Event, decode};
use setpoint::guardrail::{Rule, Unlisted};

use crate::support::{event, events, events_config, path, read};

/// The sources an example event's name may end in.
pub(super) const SOURCES: [&str; 10] = [
    "schedule",
    "rule",
    "eventbridge",
    "sns",
    "sqs",
    "alarm-sns",
    "alarm-eventbridge",
    "alarm-direct",
    "destination",
    "direct",
];

#[test]
fn the_boto3_name_of_an_action_is_its_operation_in_snake_case() {
    for action in ALL {
        let operation = action.name.split_once(':').unwrap().1;
        assert_eq!(action.boto3(), snake_case(operation));
    }
}

#[test]
fn every_name_and_every_spelling_is_there_once() {
    let spellings: BTreeSet<String> = ALL.iter().flat_map(|action| [action.name.to_owned(), action.boto3()]).collect();
    assert_eq!(spellings.len(), 2 * ALL.len());
}

#[test]
fn every_action_has_a_row_in_the_readme_with_both_its_spellings() {
    let expected: BTreeSet<String> =
        ALL.iter().map(|action| format!("| `{}` | `{}` |", action.name, action.boto3())).collect();
    let readme = read("README.md");
    let rows = readme.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() > 3);
    let first_two = rows.map(|row| row.splitn(4, '|').take(3).collect::<Vec<_>>().join("|") + "|");
    let named: BTreeSet<String> = first_two.filter(|start| start.contains(':') && start.contains('_')).collect();
    assert_eq!(named, expected);
}

/// deploy/policy.json holds the statements of every way to deploy: an action's are its permissions, and no others.
#[test]
fn the_policy_grants_each_action_exactly_what_it_needs() {
    let policy = policy();
    let actions = policy["actions"].as_object().unwrap().iter();
    let granted: BTreeMap<&str, _> = actions.map(|(name, statements)| (name.as_str(), grants(statements))).collect();
    let needed: BTreeMap<&str, _> = ALL.iter().map(|action| (action.name, needs(action.permissions))).collect();
    assert_eq!(granted, needed);
}

/// The template repeats the statements of the policy, since CloudFormation cannot read a file.
#[test]
fn the_template_grants_what_the_policy_does() {
    let policy = policy();
    let statements = ["actions", "function"].map(|part| policy[part].as_object().unwrap().values());
    let statements = statements.into_iter().flatten().flat_map(|group| group.as_array().unwrap());
    let expected: BTreeMap<String, Statement> = statements.map(as_in_the_template).collect();
    assert_eq!(template_statements(), expected);
}

/// Whoever deploys before writing guardrails can move the examples' targets within bounds, and nothing else.
#[test]
fn the_guardrails_that_are_delivered_list_a_target_of_each_service_and_deny_the_others() {
    let delivered: Value = serde_json::from_str(&read("deploy/guardrails.json")).unwrap();
    for guardrails in [delivered.clone(), events_config()["guardrails"].clone()] {
        let config = Config::parse(&json!({"guardrails": guardrails}).to_string()).unwrap();
        assert_eq!(config.guardrails.unlisted, Unlisted::Deny);
        for action in ALL {
            let service = action.name.split_once(':').unwrap().0;
            let of = |rule: &&Rule| rule.target.to_string().starts_with(service);
            let rules: Vec<&Rule> = config.guardrails.rules.iter().filter(of).collect();
            assert!(!rules.is_empty(), "no rule is for {}", action.name);
            let bound = |rule: &&Rule| rule.max.is_some() || rule.allow.is_some();
            assert!(rules.iter().all(bound), "a rule for {service} has no bound");
        }
    }
    let targets = delivered["targets"].as_array().unwrap();
    for rule in targets.iter().filter(|rule| rule.get("max").is_some()) {
        // Inference components are what goes to zero.
        let least = u8::from(!rule["target"].as_str().unwrap().contains("inference-component"));
        assert_eq!(rule["min"], least, "{rule}");
    }
}

#[test]
fn the_sources_call_the_operations_that_are_permitted_and_no_others() {
    let policy = policy();
    let own = ["ledger", "changes", "selections"].map(|part| policy["function"][part].as_array().unwrap().iter());
    let own = own.into_iter().flatten().flat_map(|statement| strings(&statement["Action"]));
    let actions = ALL.iter().flat_map(|action| action.permissions).map(|permission| permission.action.to_owned());
    // The SDKs have other names for two services than IAM.
    let as_client = |action: String| {
        action.replace("events:", "eventbridge:").replace("application-autoscaling:", "applicationautoscaling:")
    };
    let permitted: BTreeSet<String> = actions.chain(own).map(as_client).collect();
    let mut called = BTreeSet::new();
    for (_, source) in super::architecture::sources("src") {
        let packed: String = source.split_whitespace().collect();
        for service in ["sagemaker", "lambda", "bedrock", "applicationautoscaling", "dynamodb", "eventbridge"] {
            for call in packed.split(&format!(".{service}().")).skip(1) {
                let operation = call.split('(').next().unwrap();
                called.insert(format!("{service}:{}", pascal_case(operation)));
            }
        }
    }
    assert_eq!(called, permitted);
}

#[test]
fn every_example_event_is_named_for_its_service_and_its_source() {
    for (name, _) in events() {
        let (what, source) = name.strip_suffix(".json").unwrap().split_once('.').unwrap();
        assert!(SOURCES.contains(&source), "{name}: {source} is no source");
        let services: BTreeSet<String> =
            actions_of(&name).iter().map(|action| full_name(action).split(':').next().unwrap().to_owned()).collect();
        if what.starts_with("batch-") {
            let finds_them = read(&format!("events/{name}")).contains("\"select\"");
            assert!(actions_of(&name).len() > 1 || finds_them, "{name} changes one target");
            continue;
        }
        let is_named = |service: &String| what.starts_with(&format!("{service}-"));
        assert!(services.len() == 1 && services.iter().all(is_named), "{name}");
    }
}

#[test]
fn every_action_has_an_example_for_a_schedule_and_one_that_carries_it_at_once() {
    for action in ALL {
        let sources: BTreeSet<String> = events()
            .into_iter()
            .filter(|(name, _)| actions_of(name).iter().any(|spelling| full_name(spelling) == action.name))
            .map(|(name, _)| name.split('.').nth(1).unwrap().to_owned())
            .collect();
        assert!(sources.contains("schedule"), "{} has no event for a schedule: {sources:?}", action.name);
        assert!(
            sources.contains("direct") || sources.contains("eventbridge"),
            "{} has no direct event and no custom one: {sources:?}",
            action.name
        );
    }
}

#[test]
fn every_source_has_an_example() {
    let used: BTreeSet<String> = events().iter().map(|(name, _)| name.split('.').nth(1).unwrap().to_owned()).collect();
    assert_eq!(used, SOURCES.map(str::to_owned).into());
}

#[test]
fn every_spelling_of_every_action_is_used_by_an_example() {
    let used: BTreeSet<String> = events().iter().flat_map(|(name, _)| actions_of(name)).collect();
    let all: BTreeSet<String> = ALL.iter().flat_map(|action| [action.name.to_owned(), action.boto3()]).collect();
    assert_eq!(used, all);
}

#[test]
fn the_list_of_examples_names_every_file_and_no_other() {
    let readme = read("events/README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| [`")).filter_map(|row| row.split_once("`]("));
    let listed: Vec<(String, String)> =
        rows.filter_map(|(name, rest)| Some((name.to_owned(), rest.split_once(')')?.0.to_owned()))).collect();
    for (name, link) in &listed {
        assert_eq!(*link, format!("{name}.json"));
    }
    let links: BTreeSet<String> = listed.iter().map(|(_, link)| link.clone()).collect();
    assert_eq!(links.len(), listed.len(), "a file is listed twice");
    let files =
        std::fs::read_dir(path("events")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(links, files.filter(|file| file != "README.md" && file != "setpoint.json").collect());
}

/// What a binding asks for is asked for by an example: no alarm or rule is bound in vain.
#[test]
fn every_binding_of_the_example_configuration_is_used() {
    let config = events_config();
    let bound = |part: &str| config[part].as_object().unwrap().keys().cloned().collect::<BTreeSet<String>>();
    let mut unused: BTreeSet<String> = bound("alarms").union(&bound("schedules")).cloned().collect();
    for content in events().into_iter().flat_map(|(name, _)| contents_of(&name)) {
        let name = match content {
            Content::Alarm(alarm) => alarm.name,
            Content::Schedule(name) => name,
            Content::Event(_) | Content::Payload(_) | Content::Ignored(_) => continue,
        };
        unused.retain(|pattern| !setpoint::spelling::glob::Glob::new(pattern).matches(&name));
    }
    assert_eq!(unused, BTreeSet::new());
}

pub(super) fn policy() -> Value {
    serde_json::from_str(&read("deploy/policy.json")).unwrap()
}

/// Each permission with each of its resources, as ARNs in the policy's spelling.
pub(super) fn needs(permissions: &[Permission]) -> BTreeSet<(String, String)> {
    let pairs = permissions.iter().flat_map(|permission| {
        let service = permission.action.split(':').next().unwrap();
        permission.resources.iter().map(move |resource| match *resource {
            EVERYTHING => (permission.action.to_owned(), EVERYTHING.to_owned()),
            resource => (permission.action.to_owned(), format!("arn:PARTITION:{service}:REGION:{resource}")),
        })
    });
    pairs.collect()
}

pub(super) fn grants(statements: &Value) -> BTreeSet<(String, String)> {
    let mut pairs = BTreeSet::new();
    for statement in statements.as_array().unwrap() {
        assert_eq!(statement["Effect"], "Allow");
        let members: Vec<&String> = statement.as_object().unwrap().keys().collect();
        assert_eq!(members, ["Sid", "Effect", "Action", "Resource"], "a member that this test does not read");
        for action in strings(&statement["Action"]) {
            for resource in strings(&statement["Resource"]) {
                pairs.insert((action.clone(), placeholders_as_words(&resource)));
            }
        }
    }
    pairs
}

/// The policy's placeholders are the deployment's parameters; the registry has a word for what each stands for.
fn placeholders_as_words(resource: &str) -> String {
    let words = [
        ("${Partition}", "PARTITION"),
        ("${Region}", "REGION"),
        ("${Account}", "ACCOUNT"),
        ("${EndpointNames}", "NAME"),
        ("${InferenceComponentNames}", "NAME"),
        ("${Functions}", "NAME"),
        ("${QualifiedFunctions}", "NAME:QUALIFIER"),
        ("${ProvisionedModelIds}", "NAME"),
        ("${CustomModels}", "NAME"),
        ("${FoundationModels}", "NAME"),
        ("${ScalableTargetIds}", "*"),
        ("${CustomModelDeploymentIds}", "NAME"),
    ];
    words.iter().fold(resource.to_owned(), |resource, (placeholder, word)| resource.replace(placeholder, word))
}

/// The actions and ARNs of a statement; resources that are no ARN are references to the template's own.
pub(super) type Statement = (BTreeSet<String>, BTreeSet<String>);

/// A statement of the policy by its `Sid`.
pub(super) fn as_in_the_template(statement: &Value) -> (String, Statement) {
    let texts = |member: &str| strings(&statement[member]).into_iter().collect::<BTreeSet<_>>();
    let resources = texts("Resource").into_iter().filter(|resource| resource.starts_with("arn:")).collect();
    (statement["Sid"].as_str().unwrap().to_owned(), (texts("Action"), resources))
}

/// The statements of the function's role, read by the lines they stand on.
pub(super) fn template_statements() -> BTreeMap<String, Statement> {
    let template = read("template.yaml");
    let role = template.split("\n  FunctionRole:\n").nth(1).unwrap();
    let lines = role.lines().take_while(|line| line.is_empty() || line.starts_with("   "));
    let mut statements: BTreeMap<String, Statement> = BTreeMap::new();
    let mut sid = String::new();
    for line in lines.skip_while(|line| !line.contains("Policies:")).map(str::trim_start) {
        if let Some(next) = line.strip_prefix("- Sid: ") {
            next.clone_into(&mut sid);
            assert!(statements.insert(sid.clone(), Statement::default()).is_none(), "{sid} stands there twice");
        } else if let Some(actions) = line.strip_prefix("Action: ") {
            let actions = actions.trim_matches(['[', ']']).split(", ").map(str::to_owned);
            statements.get_mut(&sid).unwrap().0.extend(actions);
        } else if let Some(arn) = line.strip_prefix("- arn:") {
            let arn = arn.replace("${AWS::Partition}", "${Partition}").replace("${AWS::AccountId}", "${Account}");
            statements.get_mut(&sid).unwrap().1.insert(format!("arn:{arn}"));
        }
    }
    statements
}

/// The names of the actions an example event leads to, as written; for bound ones as registered.
pub(super) fn actions_of(name: &str) -> Vec<String> {
    let config = Config::parse(&events_config().to_string()).unwrap();
    let mut actions = Vec::new();
    for content in contents_of(name) {
        let bound = match content {
            Content::Payload(document) => {
                let payload = document.value();
                if payload.get("follow").is_some() {
                    let held = config.periods().flat_map(|period| period.requests());
                    actions.extend(held.map(|request| request.action.about().name.to_owned()));
                    continue;
                }
                let requests =
                    payload.get("actions").map_or_else(|| vec![payload.clone()], |all| all.as_array().unwrap().clone());
                actions.extend(requests.iter().map(|request| request["action"].as_str().unwrap().to_owned()));
                continue;
            }
            Content::Alarm(alarm) => config.alarm(&alarm, None).flatten().cloned(),
            Content::Schedule(name) => config.schedule(&name).cloned(),
            Content::Event(event) => config.event(&event).cloned(),
            Content::Ignored(why) => panic!("{name} is ignored: {why}"),
        };
        let bound = bound.unwrap_or_else(|| panic!("{name} is bound to nothing"));
        actions.extend(bound.requests().iter().map(|request| request.action.about().name.to_owned()));
    }
    actions
}

fn contents_of(name: &str) -> Vec<Content> {
    let deliveries = match decode(event(name)).unwrap() {
        Event::Whole(deliveries) => deliveries,
        Event::Messages(messages) => messages.into_iter().flat_map(|message| message.deliveries().unwrap()).collect(),
    };
    deliveries.into_iter().map(|delivery| delivery.content).collect()
}

pub(super) fn full_name(spelling: &str) -> &'static str {
    ALL.iter().find(|action| action.name == spelling || action.boto3() == spelling).unwrap().name
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn snake_case(pascal: &str) -> String {
    let words = pascal.char_indices().map(|(index, letter)| match letter.is_ascii_uppercase() && index > 0 {
        true => format!("_{}", letter.to_ascii_lowercase()),
        false => letter.to_ascii_lowercase().to_string(),
    });
    words.collect()
}

fn pascal_case(snake: &str) -> String {
    let words = snake.split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
    words.collect()
}
