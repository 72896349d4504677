//! The payload: one action, several, one for whatever targets are found, or a timetable to follow.

use serde_json::{Value, json};
use setpoint::action::About;
use setpoint::actions::ALL;

use crate::schema::draft::{
    DRAFT, Members, and, any_text, by_default, closed, has, left_out, named, object, or_null, reference, such_as, text,
    without, word,
};
use crate::schema::{input, spelling};

/// So many are answered within an invocation.
const MOST_ACTIONS: usize = 1000;

/// The whole document.
pub(super) fn document() -> Value {
    let head = json!({"$schema": DRAFT, "title": "A payload of Setpoint"});
    and(and(head, payload()), json!({"$defs": object(definitions())}))
}

/// What a payload refers to.
pub(super) fn definitions() -> Members {
    let mut definitions = vec![("action", action()), ("request", request()), ("inputOfAction", input_of_action())];
    definitions.push(("inputOfSelected", input_of_selected()));
    definitions.extend(ALL.iter().filter_map(|action| Some((action.write(), unnamed(action)?))));
    definitions.extend(settings());
    definitions
}

/// A payload; what it refers to stands elsewhere.
pub(super) fn payload() -> Value {
    let mut members = vec![
        ("action", reference("action")),
        ("input", input()),
        ("actions", or_null(several("Several actions, in place of `action` and `input`."))),
        ("follow", or_null(follow())),
        ("select", or_null(select())),
    ];
    members.extend(around());
    let one = json!({"required": ["action", "input"]});
    let follows = without(&["action", "input", "actions", "select", "region", "role", "roleArn", "onBusy", "waitFor"]);
    let of_names = json!({"if": has("actions"), "then": without(&["action", "input"]), "else": one, "allOf": [reference("inputOfAction")]});
    let keywords = json!({
        "if": has("follow"),
        "then": follows,
        "else": {"if": has("select"), "then": selects(), "else": of_names},
        "allOf": [one_role()],
    });
    and(closed("What the function is to do.", members, &[]), keywords)
}

fn follow() -> Value {
    const FOLLOW: &str = "The name of a timetable of the configuration, or * for all, in place of `action` and `input`; beside it \
                          stand `mode`, `issuedAt` and `id` alone.";
    any_text(FOLLOW)
}

/// Which targets an action is for.
fn select() -> Value {
    const SELECT: &str = "Which targets the action is for, in place of the name in its `input`: the guardrails' `maxTargets` says how \
                          many they may be.";
    const NAMES: &str =
        "Patterns of names, of which one has to match; * stands for any run of characters and ? for one.";
    const TAGS: &str = "What the target's tags have to be, all of them: patterns of values, by key.";
    const REGIONS: &str = "The Regions to look through, or * for the configuration's `regions`.";
    const ROLES: &str = "The roles as which to look, or * for the configuration's `roles`.";
    let patterns =
        |description: &str| json!({"description": description, "type": "array", "items": {"type": "string"}});
    let every = |description: &str, of: &str| {
        let each = and(reference(of), json!({"type": "string"}));
        json!({
            "description": description,
            "type": ["array", "string", "null"],
            "if": {"type": "string"},
            "then": {"const": "*"},
            "items": each,
            "minItems": 1,
            "uniqueItems": true,
        })
    };
    let members = vec![
        ("names", patterns(NAMES)),
        ("except", patterns("Patterns of the names that are left out.")),
        ("tags", named(TAGS, json!({"type": "string"}))),
        ("regions", every(REGIONS, "region")),
        ("roles", every(ROLES, "role")),
    ];
    let which = json!({"anyOf": [
        {"required": ["names"], "properties": {"names": {"minItems": 1}}},
        {"required": ["tags"], "properties": {"tags": {"minProperties": 1}}},
    ]});
    and(closed(SELECT, members, &[]), which)
}

/// What stands beside a selection.
fn selects() -> Value {
    const SELECTED: &str = "`select` says them.";
    let looks = |member: &str| json!({"properties": {"select": has(member)}});
    let untagged = spellings(|action| action.kind.is_some_and(|kind| !kind.has_tags()));
    let found = spellings(|action| action.kind.is_some());
    json!({
        "required": ["action", "input"],
        "properties": {"actions": false, "action": {"enum": found}},
        "allOf": [
            reference("inputOfSelected"),
            {"if": looks("regions"), "then": {"properties": {"region": left_out(SELECTED)}}},
            {"if": looks("roles"), "then": {"properties": {
                "role": left_out(SELECTED), "roleArn": left_out(SELECTED),
            }}},
            {"if": {"properties": {"action": {"enum": untagged}}},
             "then": {"properties": {"select": {"properties": {"tags": {"maxProperties": 0}}}}}},
        ],
    })
}

/// The actions of some sort, each in both its spellings.
fn spellings(is_of_the_sort: impl Fn(&About) -> bool) -> Vec<String> {
    let actions: Vec<&About> = ALL.iter().filter(|action| is_of_the_sort(action)).collect();
    let names = actions.iter().map(|action| action.name.to_owned());
    names.chain(actions.iter().map(|action| action.boto3())).collect()
}

fn action() -> Value {
    json!({
        "description": "An operation of AWS's, in the spelling of IAM or of boto3.",
        "type": "string",
        "enum": spellings(|_| true),
    })
}

fn input() -> Value {
    json!({"description": "The request exactly as AWS documents it; its counts and weights may be targets.", "type": "object"})
}

/// A list of actions.
pub(super) fn several(description: &str) -> Value {
    json!({
        "description": description,
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_ACTIONS,
        "items": reference("request"),
    })
}

/// One of several.
fn request() -> Value {
    let mut members = vec![
        ("action", reference("action")),
        ("input", input()),
        ("actions", left_out("Actions hold no actions.")),
        ("follow", Value::Bool(false)),
        ("select", Value::Bool(false)),
    ];
    members.extend(around());
    let description = "One action; what stands beside `actions` holds for it where it does not say otherwise.";
    let keywords = json!({"allOf": [reference("inputOfAction"), one_role()]});
    and(closed(description, members, &["action", "input"]), keywords)
}

/// Each action has an input of its own, which names its target.
fn input_of_action() -> Value {
    each_input(|action| json!({"required": [action.named_by]}))
}

/// The same without the name of the target, which a selection finds.
fn input_of_selected() -> Value {
    each_input(|action| without(&[action.named_by]))
}

fn each_input(with: impl Fn(&About) -> Value) -> Value {
    let each = ALL.iter().map(|action| {
        json!({
            "if": {"required": ["action"], "properties": {"action": {"enum": [action.name, action.boto3()]}}},
            "then": {"properties": {"input": {"allOf": [reference(action.write()), with(action)]}}},
        })
    });
    json!({"allOf": each.collect::<Vec<_>>()})
}

/// The input of an action, but that it has to name its target.
fn unnamed(action: &About) -> Option<Value> {
    let mut input = input::of(action)?;
    if let Some(required) = input.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|member| member != action.named_by);
    }
    Some(input)
}

fn one_role() -> Value {
    json!({"if": has("role"), "then": {"properties": {"roleArn": left_out("`role` says it.")}}})
}

fn around() -> Members {
    settings().into_iter().map(|(name, _)| (name, reference(name))).collect()
}

fn settings() -> Members {
    const REGION: &str = "Region of the target. Without it that of an ARN in `input`, else the function's own.";
    const ROLE: &str = "Role to assume, for other accounts: one of the configuration's `roles`, or its ARN.";
    const ON_BUSY: &str = "What to do when the target is being changed already.";
    const WAIT_FOR: &str = "Answer when AWS has accepted the change, or when the target has settled.";
    const ISSUED_AT: &str = "The event's own time, with its offset. In a schedule, <aws.scheduler.scheduled-time>.";
    const ID: &str = "What the event is known by when it comes again. In a schedule, <aws.scheduler.execution-id>.";
    let role_arn = spelling::role();
    let as_arn = json!({"pattern": format!("^{role_arn}$"), "maxLength": 2048});
    let role = json!({"if": {"type": "string", "pattern": "^arn:"}, "then": as_arn});
    let id = json!({"minLength": 1, "maxLength": 256});
    vec![
        ("region", such_as(or_null(text(REGION, spelling::REGION)), &["eu-central-1"])),
        ("role", and(or_null(any_text(ROLE)), role)),
        ("roleArn", and(or_null(text("The same by its ARN only.", &role_arn)), json!({"maxLength": 2048}))),
        ("onBusy", by_default(or_null(word(ON_BUSY, &["wait", "skip", "fail"])), "wait")),
        ("waitFor", by_default(or_null(word(WAIT_FOR, &["accepted", "settled"])), "accepted")),
        (
            "mode",
            by_default(or_null(word("Whether to write, or to say what would change.", &["apply", "plan"])), "apply"),
        ),
        (
            "issuedAt",
            such_as(
                or_null(text(ISSUED_AT, &spelling::time())),
                &["<aws.scheduler.scheduled-time>", "2026-11-20T22:00:00Z"],
            ),
        ),
        ("id", such_as(and(or_null(any_text(ID)), id), &["<aws.scheduler.execution-id>"])),
    ]
}
