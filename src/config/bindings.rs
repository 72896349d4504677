//! Payloads bound to the alarms and schedules that ask for them.

use deserr::{Deserr, IntoValue, Value as Written, ValuePointerRef};
use serde_json::Value;

use crate::event::Alarm;
use crate::payload::{Follow, Payload};
use crate::plant::{self, Plant};
use crate::spelling::arn::Account;
use crate::spelling::glob::{Glob, most_specific};
use crate::spelling::json::Document;
use crate::spelling::problem::{Members, Problems, decode_at, path_of, wrong};

/// Values by name or pattern of names.
#[derive(Clone, Debug)]
pub(super) struct Bindings<T>(Members<T>);

impl<T> Default for Bindings<T> {
    fn default() -> Self {
        Self(Members::default())
    }
}

impl<T> Bindings<T> {
    /// All, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        self.0.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the most specific pattern that matches `name`.
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        most_specific(self.0.iter(), name)
    }

    /// The patterns as written.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}

impl Bindings<Bound> {
    /// Those that follow a timetable, with their paths.
    pub(super) fn follows(&self) -> impl Iterator<Item = (String, &Follow)> {
        self.0.iter().filter_map(|(name, bound)| bound.follow().map(|follow| (name.clone(), follow)))
    }
}

impl Bindings<States> {
    /// Those that follow a timetable, with their paths.
    pub(super) fn follows(&self) -> impl Iterator<Item = (String, &Follow)> {
        let states = self.0.iter().flat_map(|(name, States { alarm, ok, insufficient_data })| {
            [(name, "ALARM", alarm), (name, "OK", ok), (name, "INSUFFICIENT_DATA", insufficient_data)]
        });
        states.filter_map(|(name, state, bound)| {
            let follow = bound.as_ref()?.follow()?;
            Some((format!("{name}.{state}"), follow))
        })
    }

    /// What they ask for, in any state.
    pub(super) fn payloads(&self) -> impl Iterator<Item = &Payload> {
        let states = self.0.values().flat_map(|States { alarm, ok, insufficient_data }| [alarm, ok, insufficient_data]);
        states.flatten().map(|Bound(payload)| payload)
    }

    /// The states of the most specific pattern that names an alarm: by its ARN; or by its name alone, when it belongs to
    /// the account `own`, as far as both are known.
    pub(super) fn of_alarm(&self, alarm: &Alarm, own: Option<&Account>) -> Option<&States> {
        let names = |pattern: &str| match (pattern.starts_with(ARN), &alarm.arn) {
            (true, Some(arn)) => Glob::new(pattern).matches(arn),
            (true, None) => false,
            (false, _) => alarm.is_of(own) && Glob::new(pattern).matches(&alarm.name),
        };
        let specific = |pattern: &str| {
            let exact = pattern == alarm.name || alarm.arn.as_deref() == Some(pattern);
            (exact, name_in(pattern).unwrap_or(pattern).len(), pattern.len())
        };
        let named = self.0.iter().filter(|(pattern, _)| names(pattern));
        named.max_by_key(|(pattern, _)| specific(pattern)).map(|(_, states)| states)
    }

    /// The patterns that are to be of ARNs, but can be of no alarm's.
    pub(super) fn of_no_alarm(&self) -> impl Iterator<Item = &String> {
        self.0.keys().filter(|pattern| pattern.starts_with(ARN) && name_in(pattern).is_none())
    }
}

const ARN: &str = "arn:";

/// The part of `arn:PARTITION:cloudwatch:REGION:ACCOUNT:alarm:NAME` that is the name, patterns too.
fn name_in(pattern: &str) -> Option<&str> {
    let parts: Vec<&str> = pattern.splitn(7, ':').collect();
    match parts.as_slice() {
        ["arn", _, "cloudwatch", _, _, "alarm", name] if !name.is_empty() => Some(name),
        _ => None,
    }
}

impl<T: Deserr<Problems>> Deserr<Problems> for Bindings<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        Members::deserialize_from_value(value, location).map(Self)
    }
}

/// What an alarm asks for in each state it can change to.
#[derive(Clone, Debug, Default, Deserr)]
#[deserr(error = Problems, deny_unknown_fields)]
pub(super) struct States {
    #[deserr(default, rename = "ALARM")]
    alarm: Option<Bound>,
    #[deserr(default, rename = "OK")]
    ok: Option<Bound>,
    #[deserr(default, rename = "INSUFFICIENT_DATA")]
    insufficient_data: Option<Bound>,
}

impl States {
    pub(super) fn payload(&self, state: &str) -> Option<&Payload> {
        let bound = match state {
            _ if plant::is(Plant::AnyStateActs) => &self.alarm,
            "ALARM" => &self.alarm,
            "OK" => &self.ok,
            "INSUFFICIENT_DATA" => &self.insufficient_data,
            _ => &None,
        };
        bound.as_ref().map(|Bound(payload)| payload)
    }
}

/// A payload that waits for its event.
#[derive(Clone, Debug)]
pub(super) struct Bound(pub(super) Payload);

impl Bound {
    /// The timetables that it follows, where it does.
    fn follow(&self) -> Option<&Follow> {
        if let Payload::Follow(follow) = &self.0 { Some(follow) } else { None }
    }
}

impl Deserr<Problems> for Bound {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        let path = path_of(location);
        let payload =
            Payload::parse(Value::deserialize_from_value(value, location)?).map_err(|found| found.under(&path))?;
        let around = match &payload {
            Payload::Follow(follow) => Some(&follow.settings),
            Payload::Select(select) => Some(&select.pattern.settings),
            Payload::One(_) | Payload::Many(_) => None,
        };
        let mut settings = payload.requests().iter().map(|request| &request.settings).chain(around);
        if settings.clone().any(|settings| settings.id.is_some()) {
            let message =
                "has an id; leave it out: the event brings its own, and with this every event would be the same";
            return Err(wrong(location, message));
        }
        if settings.any(|settings| settings.issued_at.is_some()) {
            let message = "has an issuedAt; leave it out: the event brings its own time";
            return Err(wrong(location, message));
        }
        Ok(Self(payload))
    }
}

/// Reads an alarm's description as a JSON object from state to payload.
///
/// # Errors
/// Every mistake in it, with its path from the description.
pub(crate) fn payload_in_description(description: &str, state: &str) -> Result<Option<Payload>, Problems> {
    let document = Document::parse(description)
        .map_err(|_| Problems::one("", "is text, not a JSON object from state to payload"))?;
    let states: States = decode_at(document.once()?, ValuePointerRef::Origin)?;
    Ok(states.payload(state).cloned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_alarm_named_as_it_is_stands_before_any_pattern_however_long() {
        let arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:busy";
        let alarm =
            Alarm { name: "busy".into(), state: "OK".into(), description: None, arn: Some(arn.into()), account: None };
        let delete = json!({"action": "lambda:DeleteProvisionedConcurrencyConfig",
            "input": {"FunctionName": "f", "Qualifier": "live"}});
        for (exact, pattern) in [("busy", "busy*"), (arn, "arn:aws:cloudwatch:*:*:alarm:busy*")] {
            let written = json!({exact: {"OK": delete}, pattern: {"ALARM": delete}});
            let bindings: Bindings<States> = deserr::deserialize::<_, _, Problems>(written).unwrap();
            let states = bindings.of_alarm(&alarm, None).unwrap();
            assert!(states.payload("OK").is_some() && states.payload("ALARM").is_none(), "{exact}");
        }
    }
}
