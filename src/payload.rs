//! The payload somebody wrote, as checked requests.

use std::fmt;

use chrono::{DateTime, Utc};
use deserr::{Deserr, IntoValue, Value as Written, ValuePointerRef};
use serde_json::Value;

use crate::action::Need;
use crate::actions::AnyAction;
use crate::guardrail::Autoscaled;
use crate::plan::ask::Ask;
use crate::spelling::arn::{Region, RoleArn};
use crate::spelling::json::Document;
use crate::spelling::problem::{Problem, Problems, decode_at, path_of, wrong};
use crate::spelling::timestamp;

mod select;

pub use select::{Every, Select, Selection};

/// One request or several.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// `{"action": …, "input": …}`, answered by the documented response alone.
    One(Box<Request>),
    /// `{"actions": [ … ]}`, answered by `{"results": [ … ]}`.
    Many(Vec<Request>),
    /// `{"follow": …}`, answered like several.
    Follow(Box<Follow>),
    /// `{"select": …, "action": …, "input": …}`, answered like several.
    Select(Box<Select>),
}

/// To do what a timetable of the configuration says.
#[derive(Clone, Debug, PartialEq)]
pub struct Follow {
    /// Its name; `None` for all there are.
    pub timetable: Option<String>,
    /// Of these, the event's own time and id, and whether to write.
    pub settings: Settings,
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
    pub role: Option<RoleName>,
    /// What to do when the target is being changed already.
    pub on_busy: OnBusy,
    /// What to wait for before answering.
    pub wait_for: WaitFor,
    /// Whether to write.
    pub mode: Mode,
    /// The event's own time.
    pub issued_at: Option<DateTime<Utc>>,
    /// The event's own identity, where its envelope has none.
    pub id: Option<Id>,
}

/// A member of a target for which two requests ask for values that exclude each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// What the one asks for.
    pub asked: Asked,
    /// What the other does.
    pub against: Asked,
}

/// What a request asks of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The member's way in the request, such as `input.DesiredModelId`.
    pub path: String,
    /// In the words of a payload.
    pub value: String,
}

/// A role as a payload names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserr)]
#[deserr(error = Problems, try_from(String) = RoleName::parse -> String)]
pub enum RoleName {
    /// By its ARN.
    Arn(RoleArn),
    /// By the name that the operator's configuration gives it.
    Listed(String),
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn(arn) => f.write_str(arn.as_str()),
            Self::Listed(name) => f.write_str(name),
        }
    }
}

impl RoleName {
    fn parse(text: String) -> Result<Self, String> {
        match text.starts_with("arn:") {
            true => RoleArn::parse(text).map(Self::Arn),
            false => Ok(Self::Listed(text)),
        }
    }
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

/// What an event is known by, however often it is delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id(String);

impl Id {
    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An ARN of a schedule and a time fit.
const LONGEST_ID: usize = 256;

impl Deserr<Problems> for Id {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        let text = String::deserialize_from_value(value, location)?;
        unfilled(&text, location, "what the event is known by")?;
        match text.chars().count() {
            1..=LONGEST_ID => Ok(Self(text)),
            _ => Err(wrong(location, format!("must have 1 to {LONGEST_ID} characters"))),
        }
    }
}

/// Refuses what only EventBridge Scheduler fills in.
fn unfilled(text: &str, location: ValuePointerRef<'_>, instead: &str) -> Result<(), Problems> {
    if !text.starts_with("<aws.scheduler.") {
        return Ok(());
    }
    let message = format!(
        "still holds Scheduler's placeholder: only EventBridge Scheduler fills it in, and not where an encoder wrote < as \
         \\u003c; send {instead}"
    );
    Err(wrong(location, message))
}

/// The event's own time as a payload writes it.
struct IssuedAt(DateTime<Utc>);

impl Deserr<Problems> for IssuedAt {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        let text = String::deserialize_from_value(value, location)?;
        unfilled(&text, location, "a time such as 2026-11-20T22:00:00Z")?;
        timestamp::parse(&text)
            .map(Self)
            .ok_or_else(|| wrong(location, "is not a time with an offset, such as 2026-11-20T22:00:00Z"))
    }
}

/// The members around `action`, `input`, `actions`, `follow` and `select` as written. Those are taken out before, and stand
/// here so that a slip in their names finds them.
#[derive(Deserr)]
#[deserr(error = Problems, rename_all = camelCase, deny_unknown_fields, validate = one_role -> Problems)]
struct Around {
    #[deserr(default, rename = "action")]
    _action: (),
    #[deserr(default, rename = "input")]
    _input: (),
    #[deserr(default, rename = "actions")]
    _actions: (),
    #[deserr(default, rename = "follow")]
    _follow: (),
    #[deserr(default, rename = "select")]
    _select: (),
    #[deserr(default)]
    region: Option<Region>,
    #[deserr(default)]
    role: Option<RoleName>,
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
    #[deserr(default)]
    id: Option<Id>,
}

fn one_role(around: Around, location: ValuePointerRef<'_>) -> Result<Around, Problems> {
    match (&around.role, &around.role_arn) {
        (Some(_), Some(_)) => Err(wrong(location.push_key("roleArn"), "stands beside `role`; write one of them")),
        _ => Ok(around),
    }
}

impl Around {
    fn settings(self, shared: &Settings) -> Settings {
        Settings {
            region: self.region.or_else(|| shared.region.clone()),
            role: self.role_arn.map(RoleName::Arn).or(self.role).or_else(|| shared.role.clone()),
            on_busy: self.on_busy.unwrap_or(shared.on_busy),
            wait_for: self.wait_for.unwrap_or(shared.wait_for),
            mode: self.mode.unwrap_or(shared.mode),
            issued_at: self.issued_at.map(|IssuedAt(time)| time).or(shared.issued_at),
            id: self.id.or_else(|| shared.id.clone()),
        }
    }
}

impl Payload {
    /// Checks everything that can be checked without AWS.
    ///
    /// # Errors
    /// Every mistake in it, each with its path.
    pub fn parse(payload: impl Into<Document>) -> Result<Self, Problems> {
        let mut payload = payload.into().once()?;
        let origin = ValuePointerRef::Origin;
        if let Some(timetable) = take(&mut payload, "follow") {
            return Follow::parse(timetable, payload).map(Box::new).map(Self::Follow);
        }
        if let Some(selection) = take(&mut payload, "select") {
            return Select::parse(selection, payload).map(Box::new).map(Self::Select);
        }
        let Some(actions) = take(&mut payload, "actions") else {
            return Request::parse(payload, &Settings::default(), origin).map(Box::new).map(Self::One);
        };
        if payload.get("action").is_some() || payload.get("input").is_some() {
            return Err(wrong(origin, "has both `actions` and `action` or `input`; write one or the other"));
        }
        let settings = decode_at::<Around>(payload, origin).map(|around| around.settings(&Settings::default()));
        // A mistake in the settings is no reason to leave those in the actions for the next time.
        let shared = settings.as_ref().map_or_else(|_| Settings::default(), Clone::clone);
        both(settings, requests(actions, &shared, origin.push_key("actions"))).map(|(_, requests)| Self::Many(requests))
    }

    /// Checks a list of actions without anything around it.
    ///
    /// # Errors
    /// Every mistake in it, each with its path from the list.
    pub(crate) fn list(actions: Value) -> Result<Self, Problems> {
        requests(actions, &Settings::default(), ValuePointerRef::Origin).map(Self::Many)
    }

    /// The way to a request in it, to put before that to a member.
    #[must_use]
    pub fn way(&self, index: usize) -> String {
        match self {
            Self::Many(_) => format!("actions[{index}]."),
            Self::One(_) | Self::Follow(_) | Self::Select(_) => String::new(),
        }
    }

    /// The requests in the order written; none where a timetable says them, or where targets are yet to be found.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        match self {
            Self::One(request) => std::slice::from_ref(request),
            Self::Many(requests) => requests,
            Self::Follow(_) | Self::Select(_) => &[],
        }
    }
}

impl Follow {
    /// All of the configuration's timetables.
    const ALL: &'static str = "*";

    fn parse(timetable: Value, around: Value) -> Result<Self, Problems> {
        let origin = ValuePointerRef::Origin;
        let beside = ["action", "input", "actions", "select"].into_iter().find(|member| around.get(member).is_some());
        if let Some(member) = beside {
            return Err(wrong(origin.push_key(member), "stands beside `follow`; write one or the other"));
        }
        let elsewhere = |member| {
            let message = "cannot stand beside `follow`; it belongs to what the timetable says";
            around.get(member).map(|_| Problem { path: path_of(origin.push_key(member)), message: message.to_owned() })
        };
        let found = ["region", "role", "roleArn", "onBusy", "waitFor"].into_iter().filter_map(elsewhere).collect();
        let timetable = decode_at::<String>(timetable, origin.push_key("follow"));
        let settings = decode_at::<Around>(around, origin).map(|around| around.settings(&Settings::default()));
        let (timetable, settings) = both(timetable, settings)?;
        Problems::check(found)?;
        Ok(Self { timetable: (timetable != Self::ALL).then_some(timetable), settings })
    }
}

/// So many are answered within an invocation.
pub(crate) const MOST_ACTIONS: usize = 1000;

fn requests(actions: Value, shared: &Settings, location: ValuePointerRef<'_>) -> Result<Vec<Request>, Problems> {
    if let Value::Array(actions) = &actions
        && actions.len() > MOST_ACTIONS
    {
        let message = format!("has {} actions, but one event may have {MOST_ACTIONS}; send several", actions.len());
        return Err(wrong(location, message));
    }
    let actions: Vec<Value> = decode_at(actions, location)?;
    if actions.is_empty() {
        return Err(wrong(location, "is empty; write at least one action"));
    }
    let mut requests = Vec::with_capacity(actions.len());
    let mut found: Option<Problems> = None;
    for (index, mut action) in actions.into_iter().enumerate() {
        let here = location.push_index(index);
        let request = match take(&mut action, "actions") {
            Some(_) => Err(wrong(here.push_key("actions"), "cannot stand inside another `actions`")),
            None if action.get("follow").is_some() => Err(wrong(
                here.push_key("follow"),
                "cannot stand inside `actions`; a payload that follows a timetable is one",
            )),
            None if action.get("select").is_some() => Err(wrong(
                here.push_key("select"),
                "cannot stand inside `actions`; a payload that selects its targets is one",
            )),
            None => Request::parse(action, shared, here),
        };
        match request {
            Ok(request) => requests.push(request),
            Err(problems) => found = Some(Problems::join(found, problems)),
        }
    }
    found.map_or(Ok(requests), Err)
}

impl Request {
    /// What it sets, each member with its target and where that is, as far as the payload says.
    pub(crate) fn members(&self) -> Vec<String> {
        let Settings { region, role, .. } = &self.settings;
        let subject = self.action.subject();
        let region = region.as_ref().or(subject.region.as_ref());
        let place = region.map_or_else(String::new, |region| format!(" in {region}"));
        let role = role.as_ref().map_or_else(String::new, |role| format!(" as {role}"));
        let of = |ask: Ask| match ask.part {
            Some(part) => format!("{} of {}/{part}{place}{role}", ask.name, subject.target.lane()),
            None => format!("{} of {}{place}{role}", ask.name, subject.target),
        };
        self.action.asks().into_iter().map(of).collect()
    }

    /// The permissions that it needs: of what is only planned, those to read.
    #[must_use]
    pub fn needs(&self) -> Vec<Need> {
        let write = self.action.about().name;
        let needs = self.action.needs().into_iter();
        needs.filter(|need| self.settings.mode == Mode::Apply || need.action != write).collect()
    }

    /// The permissions that looking at the bounds of its numbers needs, and moving them, where the guardrails have that: of what is
    /// only planned, those to look.
    #[must_use]
    pub fn needs_of_bounds(&self, autoscaled: Autoscaled) -> Vec<Need> {
        match (autoscaled, self.settings.mode) {
            (Autoscaled::Move, Mode::Plan) => self.action.needs_of_bounds(Autoscaled::Warn),
            _ => self.action.needs_of_bounds(autoscaled),
        }
    }

    /// Where it and another cannot both have what they ask for.
    #[must_use]
    pub fn clashes(&self, other: &Self) -> Vec<Clash> {
        if [self, other].iter().any(|request| request.settings.mode == Mode::Plan) {
            return Vec::new();
        }
        let asks = |request: &Self| request.members().into_iter().zip(request.action.asks());
        let others: Vec<(String, Ask)> = asks(other).collect();
        let clash = |(member, ask): (String, Ask)| {
            let (_, against) = others.iter().find(|(name, other)| *name == member && ask.excludes(other))?;
            let [asked, against] = [&ask, against].map(|ask| Asked { path: ask.path.clone(), value: ask.asked() });
            Some(Clash { asked, against })
        };
        asks(self).filter_map(clash).collect()
    }

    fn parse(mut written: Value, shared: &Settings, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let (name, input) = (take(&mut written, "action"), take(&mut written, "input"));
        let is_object = written.is_object();
        let settings = decode_at::<Around>(written, location).map(|around| around.settings(shared));
        if !is_object {
            return settings.map(|_| unreachable!("only an object has settings"));
        }
        let name = match name {
            Some(name) => decode_at::<String>(name, location.push_key("action")),
            None => Err(wrong(location.push_key("action"), "is required, but missing")),
        };
        let without_input = || wrong(location.push_key("input"), "is required: the request as AWS documents it");
        let action = both(name, input.ok_or_else(without_input))
            .and_then(|(name, input)| AnyAction::decode(&name, input, location));
        let (settings, action) = both(settings, action)?;
        match (&settings.region, action.subject().region) {
            (Some(region), Some(of_arn)) if *region != of_arn => {
                let message = format!("is {region}, but the ARN in the input is of {of_arn}; leave one of them out");
                Err(wrong(location.push_key("region"), message))
            }
            _ => Ok(Self { action, settings }),
        }
    }
}

/// A member of an object, taken out of it; null is as good as none.
fn take(value: &mut Value, member: &str) -> Option<Value> {
    value.as_object_mut().and_then(|members| members.shift_remove(member)).filter(|member| !member.is_null())
}

/// Both, or the problems of both.
fn both<A, B>(one: Result<A, Problems>, other: Result<B, Problems>) -> Result<(A, B), Problems> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(one), Err(other)) => Err(one.and(other)),
        (Err(problems), Ok(_)) | (Ok(_), Err(problems)) => Err(problems),
    }
}
