//! Schedules of EventBridge Scheduler as they are listed: when each fires, and what it sends.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use setpoint_sandbox::{DEFAULT_ACCOUNT, DEFAULT_REGION};

use crate::moments::Moments;
use crate::story::calendar::Calendar;

/// A schedule.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub(super) name: String,
    moments: Moments,
    /// None sends the default event, for which the configuration binds a payload to the name.
    payload: Option<Value>,
}

const MEMBERS: [&str; 4] = ["name", "expression", "timezone", "payload"];

impl Schedule {
    /// The schedules of a document, which is a list of them.
    pub(super) fn list(schedules: &[Value]) -> Result<Vec<Self>, String> {
        let read = |(index, value)| Self::read(value).map_err(|problem| format!("[{index}]{problem}"));
        schedules.iter().enumerate().map(read).collect()
    }

    fn read(value: &Value) -> Result<Self, String> {
        let Some(members) = value.as_object() else { return Err(": must be an object".to_owned()) };
        if let Some(unknown) = members.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
            return Err(format!(".{unknown}: there is no such member; valid here: {}", MEMBERS.join(", ")));
        }
        let text = |member: &str| match &value[member] {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.as_str())),
            _ => Err(format!(".{member}: must be a string")),
        };
        let required = |member: &str| text(member)?.ok_or_else(|| format!(".{member}: is required, but missing"));
        let expression = required("expression")?;
        let calendar = Calendar::named(text("timezone")?.unwrap_or("UTC"));
        let calendar = calendar.map_err(|problem| format!(".timezone: {problem}"))?;
        Ok(Self {
            name: required("name")?.to_owned(),
            moments: Moments::parse(expression, calendar).map_err(|problem| format!(".expression: {problem}"))?,
            payload: value.get("payload").cloned(),
        })
    }

    /// Every instant at which it fires.
    pub(super) fn times(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        self.moments.within(from, until)
    }

    /// What it sends at an instant.
    pub(super) fn event(&self, at: DateTime<Utc>, number: usize) -> Result<Value, String> {
        let time = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let arn = format!("arn:aws:scheduler:{DEFAULT_REGION}:{DEFAULT_ACCOUNT}:schedule/default/{}", self.name);
        let id = format!("simulated-{number}");
        let Some(payload) = &self.payload else {
            return Ok(json!({
                "version": "0", "id": id, "detail-type": "Scheduled Event", "source": "aws.scheduler",
                "account": DEFAULT_ACCOUNT, "time": time, "region": DEFAULT_REGION, "resources": [arn], "detail": "{}",
            }));
        };
        let filled = payload
            .to_string()
            .replace("<aws.scheduler.scheduled-time>", &time)
            .replace("<aws.scheduler.execution-id>", &id)
            .replace("<aws.scheduler.schedule-arn>", &arn)
            .replace("<aws.scheduler.attempt-number>", "1");
        serde_json::from_str(&filled).map_err(|error| format!("{}: {error}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_schedule_is_refused_with_its_path() {
        let refused = |value: Value| Schedule::list(&[value]).unwrap_err();
        assert_eq!(refused(json!({"name": "s"})), "[0].expression: is required, but missing");
        let unknown = "[0].input: there is no such member; valid here: name, expression, timezone, payload";
        assert_eq!(refused(json!({"name": "s", "input": {}})), unknown);
        for wrong in [
            "",
            "0 8 * * ? *",
            "every(5 minutes)",
            "rate(0 minutes)",
            "rate(5 weeks)",
            "at(tomorrow)",
            "cron(0 8 * * ? *",
        ] {
            let written = refused(json!({"name": "s", "expression": wrong}));
            assert!(written.starts_with("[0].expression: must be "), "{wrong}: {written}");
        }
    }

    #[test]
    fn the_placeholders_of_a_payload_are_filled_in() {
        let payload = json!({"issuedAt": "<aws.scheduler.scheduled-time>", "id": "<aws.scheduler.execution-id>"});
        let schedule = Schedule::read(&json!({"name": "s", "expression": "rate(1 day)", "payload": payload})).unwrap();
        let sent = schedule.event("2027-03-27T08:00:00Z".parse().unwrap(), 7);
        assert_eq!(sent, Ok(json!({"issuedAt": "2027-03-27T08:00:00Z", "id": "simulated-7"})));
    }
}
