//! A count and a weight, plain or as a target.

use serde_json::{Value, json};

use crate::schema::draft::{and, closed, whole};

/// The largest count that AWS's 32-bit members hold.
pub(super) const LARGEST: i64 = i32::MAX as i64;

/// A count that AWS bounds to these, or a target that comes to one.
pub(super) fn count(description: &str, least: i64, most: i64) -> Value {
    let to = |description: &str| whole(description, least, most);
    let step = and(whole("So many more, or fewer when negative.", -LARGEST, LARGEST), json!({"not": {"const": 0}}));
    let percent = json!({
        "description": "So many percent more, or fewer when negative; a fraction rounds away from the present count.",
        "type": "number",
        "minimum": -100,
        "not": {"const": 0},
    });
    let members = vec![
        ("exactly", to("This count.")),
        ("atLeast", to("This count or more: never down.")),
        ("atMost", to("This count or less: never up.")),
        ("add", step),
        ("percent", percent),
        ("min", to("The lowest count that `add` or `percent` may come to; without it 1.")),
        ("max", to("The highest count that `add` or `percent` may come to.")),
    ];
    let only = |member: &str| json!({"required": [member]});
    let bounded = json!({"anyOf": [only("add"), only("percent")]});
    let one = ["exactly", "atLeast", "atMost", "add", "percent"].map(only);
    let keywords = json!({
        "type": ["integer", "object"],
        "minimum": least,
        "maximum": most,
        "dependentSchemas": {"min": bounded, "max": bounded},
        "if": {"type": "object"},
        "then": {"oneOf": one},
    });
    and(closed(description, members, &[]), keywords)
}

/// A weight, or a share of the traffic.
pub(super) fn weight(description: &str) -> Value {
    let share = json!({
        "description": "A share of the endpoint's traffic, in which the other variants keep their proportions.",
        "type": "number",
        "minimum": 0,
        "exclusiveMaximum": 1,
    });
    let keywords = json!({
        "type": ["number", "object"],
        "minimum": 0,
        // From here on it rounds to infinity in the 32 bits that AWS has for it.
        "exclusiveMaximum": 340_282_356_779_733_661_637_539_395_458_142_568_448.0,
    });
    and(closed(description, vec![("share", share)], &["share"]), keywords)
}
