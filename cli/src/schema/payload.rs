//! The payload: one action, several, or a timetable to follow.

use serde_json::{Value, json};
use setpoint::actions::ALL;

use crate::schema::draft::{
    DRAFT, Members, and, any_text, by_default, closed, has, left_out, object, or_null, reference, such_as, text,
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
    definitions.extend(ALL.iter().filter_map(|action| Some((action.write(), input::of(action)?))));
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
    ];
    members.extend(around());
    let one = json!({"required": ["action", "input"]});
    let follows = without(&["action", "input", "actions", "region", "role", "roleArn", "onBusy", "waitFor"]);
    let keywords = json!({
        "if": has("follow"),
        "then": follows,
        "else": {"if": has("actions"), "then": without(&["action", "input"]), "else": one},
        "allOf": [reference("inputOfAction"), one_role()],
    });
    and(closed("What the function is to do.", members, &[]), keywords)
}

fn follow() -> Value {
    const FOLLOW: &str = "The name of a timetable of the configuration, or * for all, in place of `action` and `input`; beside it \
                          stand `mode`, `issuedAt` and `id` alone.";
    any_text(FOLLOW)
}

fn action() -> Value {
    let names: Vec<String> = ALL.iter().map(|action| action.name.to_owned()).collect();
    let names = names.into_iter().chain(ALL.iter().map(setpoint::action::About::boto3));
    json!({
        "description": "An operation of AWS's, in the spelling of IAM or of boto3.",
        "type": "string",
        "enum": names.collect::<Vec<_>>(),
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
    ];
    members.extend(around());
    let description = "One action; what stands beside `actions` holds for it where it does not say otherwise.";
    let keywords = json!({"allOf": [reference("inputOfAction"), one_role()]});
    and(closed(description, members, &["action", "input"]), keywords)
}

/// Each action has an input of its own.
fn input_of_action() -> Value {
    let each = ALL.iter().map(|action| {
        json!({
            "if": {"required": ["action"], "properties": {"action": {"enum": [action.name, action.boto3()]}}},
            "then": {"properties": {"input": reference(action.write())}},
        })
    });
    json!({"allOf": each.collect::<Vec<_>>()})
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
