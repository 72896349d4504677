//! Timetables: what should hold when.

use serde_json::{Value, json};

use crate::schema::draft::{Members, and, any_text, closed, left_out, named, or_null, reference, such_as, text};
use crate::schema::payload::several;
use crate::schema::spelling;

/// Timetables by name.
pub(super) fn timetables() -> Value {
    let periods = json!({
        "description": "Of those that hold at an instant, the last listed counts.",
        "type": "array",
        "minItems": 1,
        "items": reference("period"),
    });
    let zone = such_as(any_text("Whose clocks count: a zone of the IANA database."), &["Europe/Berlin", "UTC"]);
    let timetable = closed("What should hold when.", vec![("zone", zone), ("periods", periods)], &["zone", "periods"]);
    let names = json!({"propertyNames": {"not": {"enum": ["", "*"]}}});
    and(named("What should hold when, by name; a payload follows it by that name.", timetable), names)
}

/// What a timetable refers to.
pub(super) fn definitions() -> Members {
    vec![("period", period()), ("level", level()), ("standing", standing()), ("absolute", absolute())]
}

fn period() -> Value {
    const DAYS: &str = "The days of the week on which it begins, such as MON-FRI or SAT,SUN. Without it every day.";
    const FROM: &str = "A time of day, a date (from its beginning), or both. Without it always.";
    const UNTIL: &str = "The same, and not part of the period any more; a time of day that is not later than `from` is of the next \
                         day, and 24:00 is its end.";
    let (time, moment) = (spelling::TIME_OF_DAY, spelling::moment());
    let edges = ["08:00", "2026-12-24", "2026-12-24T08:00"];
    let members = vec![
        ("name", any_text("What answers and log lines call it; no two of a timetable have the same.")),
        ("days", such_as(or_null(text(DAYS, &spelling::days())), &["MON-FRI", "SAT,SUN"])),
        ("from", such_as(or_null(text(FROM, &format!("{time}|{moment}"))), &edges)),
        ("until", such_as(or_null(text(UNTIL, &format!("{time}|24:00|{moment}"))), &edges)),
        ("do", reference("level")),
    ];
    let time = |member: &str| json!({"required": [member], "properties": {member: {"type": "string", "pattern": "^[0-9]{2}:"}}});
    let alike =
        json!({"if": {"anyOf": [time("from"), time("until")]}, "then": {"allOf": [time("from"), time("until")]}});
    and(closed("A time, with what should hold then.", members, &["name", "do"]), alike)
}

/// A payload or a list of actions.
fn level() -> Value {
    const LEVEL: &str = "The payload that should hold, or a list of actions; nothing relative (add, percent).";
    let list = and(
        several("Actions that should hold."),
        json!({"items": {"allOf": [reference("request"), reference("standing")]}}),
    );
    let whole = json!({
        "allOf": [reference("payload"), reference("standing")],
        "properties": {
            "follow": left_out("A timetable says what should hold."),
            "select": left_out("A timetable names its targets."),
            "actions": {"items": reference("standing")},
        },
    });
    json!({"description": LEVEL, "type": ["object", "array"], "if": {"type": "array"}, "then": list, "else": whole})
}

/// What may be done over and over, and has no time and no name of its own.
fn standing() -> Value {
    json!({
        "properties": {
            "id": left_out("The event that follows the timetable brings its own."),
            "issuedAt": left_out("The event that follows the timetable brings its own time."),
            "input": reference("absolute"),
        },
    })
}

/// Nothing in it is relative to what is there.
fn absolute() -> Value {
    json!({
        "properties": {"add": false, "percent": false},
        "additionalProperties": reference("absolute"),
        "items": reference("absolute"),
    })
}
