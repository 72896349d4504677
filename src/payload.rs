//! The payload somebody wrote, as checked requests.

use chrono::{DateTime, Utc};
use deserr::{Deserr, IntoValue, Value as Written, ValuePointerRef};
use serde_json::Value;

use crate::action::AnyAction;
use crate::problem::{Problems, decode_at, wrong};
use crate::timestamp;

/// One request or several.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// `{"action": …, "input": …}`, answered by the documented response alone.
    One(Box<Request>),
    /// `{"actions": [ … ]}`, answered by `{"results": [ … ]}`.
    Many(Vec<Request>),
}

/// An action with what the payload says around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What to do, to which target.
    pub action: AnyAction,
    /// How to go about it.
    pub settings: Settings,
}

/// What stands around `action` and `input`; beside `actions` it holds for each of them that does not say otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The Region of the target, when it is not the function's own.
    pub region: Option<Region>,
    /// The role to assume for this action.
    pub role_arn: Option<RoleArn>,
    /// What to do when the target is being changed already.
    pub on_busy: OnBusy,
    /// What to wait for before answering.
    pub wait_for: WaitFor,
    /// Whether to write.
    pub mode: Mode,
    /// The event's own time.
    pub issued_at: Option<DateTime<Utc>>,
}

/// What to do when the target is being changed already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserr)]
#[deserr(error = Problems, rename_all = lowercase)]
pub enum OnBusy {
    /// Wait until it is free or the deadline is near.
    #[default]
    Wait,
    /// Leave it, and answer well.
    Skip,
    /// Fail at once.
    Fail,
}

/// What to wait for before answering.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserr)]
#[deserr(error = Problems, rename_all = lowercase)]
pub enum WaitFor {
    /// AWS's acceptance.
    #[default]
    Accepted,
    /// The target at rest with the values asked for.
    Settled,
}

/// Whether to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserr)]
#[deserr(error = Problems, rename_all = lowercase)]
pub enum Mode {
    /// Write what the plan says.
    #[default]
    Apply,
    /// Answer with the plan.
    Plan,
}

/// A Region's code, such as `eu-central-1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserr)]
#[deserr(error = Problems, try_from(String) = Region::parse -> String)]
pub struct Region(String);

impl Region {
    fn parse(text: String) -> Result<Self, String> {
        let mut parts = text.split('-');
        let known_shape =
            parts.next().is_some_and(|part| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_lowercase()))
                && text.matches('-').count() >= 2
                && text.ends_with(|last: char| last.is_ascii_digit())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if known_shape { Ok(Self(text)) } else { Err("is not a Region's code, such as eu-central-1".to_owned()) }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The ARN of an IAM role.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserr)]
#[deserr(error = Problems, try_from(String) = RoleArn::parse -> String)]
pub struct RoleArn(String);

impl RoleArn {
    fn parse(text: String) -> Result<Self, String> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, "iam", "", account, role]
                if account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) && role.starts_with("role/") =>
            {
                Ok(Self(text))
            }
            _ => Err("is not a role's ARN, such as arn:aws:iam::123456789012:role/scaler".to_owned()),
        }
    }

    /// The ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The account of the role: twelve digits.
    #[must_use]
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }
}

/// The event's own time as a payload writes it.
struct IssuedAt(DateTime<Utc>);

impl Deserr<Problems> for IssuedAt {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        let text = String::deserialize_from_value(value, location)?;
        if text.starts_with("<aws.scheduler.") {
            let message = "still holds Scheduler's placeholder: only EventBridge Scheduler fills it in, and not where an \
                           encoder wrote < as \\u003c; send a time such as 2026-11-20T22:00:00Z";
            return Err(wrong(location, message));
        }
        timestamp::parse(&text)
            .map(Self)
            .ok_or_else(|| wrong(location, "is not a time with an offset, such as 2026-11-20T22:00:00Z"))
    }
}

/// The members of a payload as written.
#[derive(Deserr)]
#[deserr(error = Problems, rename_all = camelCase, deny_unknown_fields)]
struct Members {
    #[deserr(default)]
    action: Option<String>,
    #[deserr(default)]
    input: Option<Value>,
    #[deserr(default)]
    actions: Option<Vec<Value>>,
    #[deserr(default)]
    region: Option<Region>,
    #[deserr(default)]
    role_arn: Option<RoleArn>,
    #[deserr(default)]
    on_busy: Option<OnBusy>,
    #[deserr(default)]
    wait_for: Option<WaitFor>,
    #[deserr(default)]
    mode: Option<Mode>,
    #[deserr(default)]
    issued_at: Option<IssuedAt>,
}

impl Payload {
    /// Checks everything that can be checked without AWS.
    ///
    /// # Errors
    /// Every mistake in it, each with its path.
    pub fn parse(value: Value) -> Result<Self, Problems> {
        let origin = ValuePointerRef::Origin;
        let mut members: Members = decode_at(value, origin)?;
        let Some(elements) = members.actions.take() else {
            return members.into_request(&Settings::default(), origin).map(Box::new).map(Self::One);
        };
        if members.action.is_some() || members.input.is_some() {
            return Err(wrong(origin, "has both `actions` and `action` or `input`; write one or the other"));
        }
        if elements.is_empty() {
            return Err(wrong(origin.push_key("actions"), "is empty; write at least one action"));
        }
        let shared = members.settings(&Settings::default());
        let list = origin.push_key("actions");
        let mut requests = Vec::with_capacity(elements.len());
        let mut found: Option<Problems> = None;
        for (index, element) in elements.into_iter().enumerate() {
            let here = list.push_index(index);
            match decode_at::<Members>(element, here).and_then(|members| members.into_request(&shared, here)) {
                Ok(request) => requests.push(request),
                Err(problems) => found = Some(Problems::join(found, problems)),
            }
        }
        match found {
            Some(problems) => Err(problems),
            None => Ok(Self::Many(requests)),
        }
    }

    /// The requests in the order written.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        match self {
            Self::One(request) => std::slice::from_ref(request),
            Self::Many(requests) => requests,
        }
    }
}

impl Members {
    fn settings(&self, shared: &Settings) -> Settings {
        Settings {
            region: self.region.clone().or_else(|| shared.region.clone()),
            role_arn: self.role_arn.clone().or_else(|| shared.role_arn.clone()),
            on_busy: self.on_busy.unwrap_or(shared.on_busy),
            wait_for: self.wait_for.unwrap_or(shared.wait_for),
            mode: self.mode.unwrap_or(shared.mode),
            issued_at: self.issued_at.as_ref().map(|IssuedAt(time)| *time).or(shared.issued_at),
        }
    }

    fn into_request(self, shared: &Settings, location: ValuePointerRef<'_>) -> Result<Request, Problems> {
        let settings = self.settings(shared);
        if self.actions.is_some() {
            return Err(wrong(location.push_key("actions"), "cannot stand inside another `actions`"));
        }
        let Some(name) = self.action else {
            return Err(wrong(location.push_key("action"), "is required, but missing"));
        };
        let Some(input) = self.input else {
            return Err(wrong(location.push_key("input"), "is required: the request as AWS documents it"));
        };
        let action = AnyAction::decode(&name, input, location)?;
        Ok(Request { action, settings })
    }
}
