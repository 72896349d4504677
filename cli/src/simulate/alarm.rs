//! An alarm's change of state, as it is typed and as it invokes the function.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use setpoint_sandbox::{DEFAULT_ACCOUNT, DEFAULT_REGION};

/// A change of state: `NAME=STATE@TIME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Episode {
    name: String,
    state: String,
    /// As typed.
    pub(super) time: String,
    pub(super) written: String,
}

const STATES: [&str; 3] = ["ALARM", "OK", "INSUFFICIENT_DATA"];

impl FromStr for Episode {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let form = "must be NAME=STATE@TIME, such as checkout-high=ALARM@2026-11-24T09:30";
        let (alarm, time) = written.rsplit_once('@').ok_or(form)?;
        let (name, state) = alarm.rsplit_once('=').ok_or(form)?;
        if name.is_empty() || !STATES.contains(&state) {
            return Err(format!("{form}; the states are {}", STATES.join(", ")));
        }
        let [name, state, time, written] = [name, state, time, written].map(str::to_owned);
        Ok(Self { name, state, time, written })
    }
}

impl Episode {
    /// Whose it is.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What it is called in the story.
    pub(super) fn said(&self) -> String {
        format!("{}={}", self.name, self.state)
    }

    pub(super) fn rings(&self) -> bool {
        self.state == "ALARM"
    }

    /// The event of an alarm that invokes the function itself.
    pub(super) fn event(&self, at: DateTime<Utc>) -> Value {
        let time = at.format("%Y-%m-%dT%H:%M:%S%.3f%z").to_string();
        let before = if self.state == "OK" { "ALARM" } else { "OK" };
        json!({
            "source": "aws.cloudwatch",
            "alarmArn": format!("arn:aws:cloudwatch:{DEFAULT_REGION}:{DEFAULT_ACCOUNT}:alarm:{}", self.name),
            "accountId": DEFAULT_ACCOUNT,
            "time": time,
            "region": DEFAULT_REGION,
            "alarmData": {
                "alarmName": self.name,
                "state": {"value": self.state, "timestamp": time},
                "previousState": {"value": before},
                "configuration": {},
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_episode_is_a_name_a_state_and_a_time() {
        let episode: Episode = "a=b-high=ALARM@2026-11-24T09:30".parse().unwrap();
        assert_eq!((episode.said(), episode.time.as_str()), ("a=b-high=ALARM".to_owned(), "2026-11-24T09:30"));
        for wrong in ["", "a", "a@2026-11-24T09:30", "=OK@2026-11-24T09:30", "a=Alarm@2026-11-24T09:30", "a=OK"] {
            assert!(wrong.parse::<Episode>().unwrap_err().starts_with("must be NAME=STATE@TIME"), "{wrong}");
        }
    }
}
