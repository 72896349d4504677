//! The configuration: guardrails, roles, bindings and timetables.

use serde_json::{Value, json};
use setpoint::actions::ALL;

use crate::schema::draft::{
    DRAFT, Members, and, any_text, by_default, closed, left_out, named, object, or_null, reference, such_as, switch,
    text, whole, word,
};
use crate::schema::{payload, spelling, timetable};

/// The whole document.
pub(super) fn document() -> Value {
    const ALARMS: &str = "What an alarm's states ask for, by the alarm's name, its ARN, or a pattern of either; the most specific \
                          wins.";
    const SCHEDULES: &str = "What the rule or schedule of this name (or pattern) asks for, where it sends no payload.";
    const EVENTS: &str =
        "What the EventBridge events of this SOURCE/DETAIL-TYPE (or pattern) ask for, where they carry no payload.";
    const UNBOUND: &str =
        "What becomes of an alarm that no binding names: an error, or nothing, where a topic is shared.";
    const DESCRIPTION: &str = "Whether an alarm's description may say what its states ask for. Whoever may edit an alarm may then \
                               scale, so it needs \"unlisted\": \"deny\".";
    const AGE: &str = "Age beyond which an event is refused, from 1s to 14d, such as 30m or 1h 30m.";
    const LEDGER: &str = "Name or ARN of the DynamoDB table in which the ledger is kept.";
    const CHANGES: &str = "Name or ARN of the EventBridge bus on which an event tells of every write.";
    let of_alarm = json!({"pattern": "^arn:[^:]*:cloudwatch:[^:]*:[^:]*:alarm:[\\s\\S]"});
    let alarm = json!({"if": {"pattern": "^arn:"}, "then": of_alarm});
    let alarms = and(named(ALARMS, states()), json!({"propertyNames": alarm}));
    let events = and(named(EVENTS, reference("bound")), json!({"propertyNames": {"pattern": "[/*]"}}));
    let regions = json!({
        "description": "The Regions that a payload which selects its targets means by all of them.",
        "type": "array",
        "items": and(reference("region"), json!({"type": "string"})),
    });
    let members = vec![
        ("guardrails", guardrails()),
        ("regions", regions),
        ("roles", named("The roles that payloads may name; once there is one, they may name no other.", role())),
        ("alarms", alarms),
        ("unboundAlarms", by_default(word(UNBOUND, &["error", "ignore"]), "error")),
        ("schedules", named(SCHEDULES, reference("bound"))),
        ("events", events),
        ("timetables", timetable::timetables()),
        ("actionsInAlarmDescription", by_default(switch(DESCRIPTION), false)),
        ("maxEventAge", by_default(and(text(AGE, spelling::DURATION), json!({"minLength": 2})), "6h")),
        ("ledgerTable", or_null(text(LEDGER, spelling::TABLE))),
        ("changeEvents", or_null(text(CHANGES, &spelling::bus()))),
    ];
    let listed = json!({
        "required": ["guardrails"],
        "properties": {"guardrails": {"required": ["unlisted"], "properties": {"unlisted": {"const": "deny"}}}},
    });
    let edited = json!({
        "if": {"required": ["actionsInAlarmDescription"], "properties": {"actionsInAlarmDescription": {"const": true}}},
        "then": listed,
    });
    let mut definitions = vec![("payload", payload::payload()), ("bound", bound())];
    definitions.extend(timetable::definitions());
    definitions.extend(payload::definitions());
    let head = json!({"$schema": DRAFT, "title": "The configuration of Setpoint"});
    let configuration = and(closed("What the operator decides.", members, &[]), edited);
    and(and(head, configuration), json!({"$defs": object(definitions)}))
}

fn guardrails() -> Value {
    const PAUSED: &str = "True refuses everything before any call is made: the kill switch.";
    const AUTOSCALED: &str =
        "What happens to a number outside the bounds within which Application Auto Scaling keeps it.";
    const MOST: &str = "How many targets a payload that selects them may find; without it none may select.";
    const UNLISTED: &str = "What happens to a target that no rule names; in another account or Region than the function's, one must \
                            name that too.";
    let rules = json!({"description": "The rules; all that match a target hold.", "type": "array", "items": rule()});
    let members = vec![
        ("paused", by_default(switch(PAUSED), false)),
        ("autoscaled", by_default(word(AUTOSCALED, &["ignore", "warn", "refuse", "move"]), "ignore")),
        ("maxTargets", or_null(whole(MOST, 0, u32::MAX.into()))),
        ("unlisted", by_default(word(UNLISTED, &["allow", "deny"]), "allow")),
        ("targets", rules),
    ];
    closed("What may be changed, and how far. A payload cannot loosen it.", members, &[])
}

fn rule() -> Value {
    const TARGET: &str = "The targets it holds for; * stands for any run of characters and ? for one, and what ends with a name means \
                          everything under it.";
    const STEP: &str = "Largest difference from the count that stood before the event.";
    const LEAST: &str = "Least part of the endpoint's traffic that a write of weights may leave a variant.";
    const MOST: &str = "Largest part of the endpoint's traffic that a write of weights may give to a variant.";
    const UNITS: &str = "Most model units that may be bought at once; nothing is bought without it.";
    const TERMS: &str = "The commitments that may be entered; none is entered without it.";
    let count = |description: &str| or_null(whole(description, 0, u32::MAX.into()));
    let share =
        |description: &str| or_null(json!({"description": description, "type": "number", "minimum": 0, "maximum": 1}));
    let terms = json!({"description": TERMS, "type": "array", "items": {"enum": ["OneMonth", "SixMonths"]}});
    let mut targets: Vec<String> = ALL.iter().map(|action| pattern_of(&action.target.to_string())).collect();
    targets.dedup();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let members = vec![
        ("target", such_as(any_text(TARGET), &targets)),
        ("region", or_null(text("Only in these Regions, a pattern too, such as eu-*.", "[a-z0-9*?-]+"))),
        ("account", or_null(text("Only in these accounts, a pattern too.", "[0-9*?]+"))),
        ("min", count("Lowest count a write may set; a delete counts as 0.")),
        ("max", count("Highest count a write may set.")),
        ("maxStep", count(STEP)),
        ("minShare", share(LEAST)),
        ("maxShare", share(MOST)),
        ("allow", or_null(allow())),
        ("modelUnits", count(UNITS)),
        ("commitmentDuration", or_null(terms)),
    ];
    closed("Bounds for the targets that match a pattern.", members, &["target"])
}

/// The pattern of all targets that are spelt so, whose words in capitals stand for names.
fn pattern_of(target: &str) -> String {
    let is_name = |letter: char| letter.is_ascii_uppercase();
    let pattern = |word: &str| {
        if word.starts_with(is_name) { word.replace(is_name, "").replacen("", "*", 1) } else { word.to_owned() }
    };
    target.split_inclusive(['/', ':']).map(pattern).collect()
}

fn allow() -> Value {
    const ALLOW: &str = "Patterns of what a Bedrock change may set: a list for its name and its model alike, or an object with a list \
                         for each.";
    let mut texts: Vec<&'static str> = ALL.iter().flat_map(|action| action.texts).copied().collect();
    texts.dedup();
    let patterns =
        json!({"description": "Patterns of which one must match.", "type": "array", "items": {"type": "string"}});
    let members: Members = texts.into_iter().map(|text| (text, patterns.clone())).collect();
    let list = json!({"type": ["array", "object"], "items": {"type": "string"}});
    and(closed(ALLOW, members, &[]), list)
}

fn role() -> Value {
    const SOURCE: &str =
        "True gives its sessions a source identity; its trust policy must then allow sts:SetSourceIdentity.";
    let arn = and(text("Its ARN.", &spelling::role()), json!({"maxLength": 2048}));
    let external_id = or_null(text("The external id that its trust policy asks for.", spelling::EXTERNAL_ID));
    let members =
        vec![("arn", arn), ("externalId", external_id), ("sourceIdentity", by_default(switch(SOURCE), false))];
    closed("A role that payloads may name.", members, &["arn"])
}

fn states() -> Value {
    let there = json!({"if": {"type": "object"}, "then": reference("bound")});
    let bound = |description: &str| and(json!({"description": description, "type": ["object", "null"]}), there.clone());
    let members = vec![
        ("ALARM", bound("The payload for alarms that go to ALARM.")),
        ("OK", bound("The payload for those that go back to OK.")),
        ("INSUFFICIENT_DATA", bound("The payload for those that lose their figures.")),
    ];
    closed("The payload for each state; without one, the event is ignored.", members, &[])
}

/// A payload that waits for its event.
fn bound() -> Value {
    let own = object(vec![
        ("id", left_out("The event brings its own.")),
        ("issuedAt", left_out("The event brings its own time.")),
    ]);
    json!({
        "description": "A payload that waits for its event, which brings its own time and id.",
        "allOf": [
            reference("payload"),
            {"properties": own},
            {"properties": {"actions": {"items": {"properties": own}}}},
        ],
    })
}
