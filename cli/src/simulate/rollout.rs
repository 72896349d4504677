//! A rollout, played as `deploy/step-functions/rollout.asl.json` defines it: step, hold, look at the alarms, and the way back.
//!
//! What only several executions, or a failing AWS, could show is not played: markers, and the retries of calls.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use setpoint::error::Error;
use setpoint::handler::Report;

use super::alarm::Episode;
use super::play::World;
use super::telling::Telling;
use crate::input;
use crate::story::Ended;

/// A rollout's input and the start of its execution: `FILE@TIME`.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    file: PathBuf,
    /// As typed.
    pub(super) time: String,
    pub(super) written: String,
}

impl FromStr for Start {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        match written.rsplit_once('@') {
            Some((file, time)) if !file.is_empty() && !time.is_empty() => {
                Ok(Self { file: file.into(), time: time.to_owned(), written: written.to_owned() })
            }
            _ => Err("must be FILE@TIME, such as canary.json@2026-11-24T09:30".to_owned()),
        }
    }
}

/// The input of an execution.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    action: String,
    input: Map<String, Value>,
    steps: Vec<Map<String, Value>>,
    hold_seconds: Holds,
    alarms: Vec<String>,
    #[serde(default = "a_minute")]
    look_seconds: u32,
    before: Option<Before>,
    region: Option<Value>,
    role: Option<Value>,
    role_arn: Option<Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "`holdSeconds` must be a number of seconds, or a list with one for each step")]
enum Holds {
    Each(u32),
    Every(Vec<u32>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Before {
    Now,
    Kept,
    Restore,
}

fn a_minute() -> u32 {
    60
}

const MOST_ALARMS: usize = 100;
const FEWEST_SECONDS: u32 = 10;
const MOST_LOOKS: u32 = 2000;
/// How often a step, and the way back, are tried where that helps.
const TRIES: u32 = 40;
const TRIES_BACK: u32 = 120;

/// An execution.
pub(super) struct Rollout {
    /// What it is called in the story.
    name: String,
    input: Input,
    /// How many steps are done.
    step: usize,
    /// How long to hold yet.
    left: TimeDelta,
    tries: u32,
    /// Since when the step, or the way back, is asked for.
    issued_at: DateTime<Utc>,
    /// What stood before, of each field that a step has changed.
    before: BTreeMap<String, Value>,
    course: Course,
}

/// What it is at.
enum Course {
    /// Looking, holding, planning.
    Forward,
    /// Taking a step that was planned.
    Step,
    /// Going back, and why.
    Back(Reason),
}

#[derive(Clone, Debug)]
struct Reason {
    error: String,
    text: String,
}

impl Rollout {
    /// What the file of a start asks for.
    pub(super) fn read(start: &Start) -> Result<(Self, Value), String> {
        let name = input::name(&start.file);
        let text = input::text(&start.file)?;
        let document: Value = serde_json::from_str(&text).map_err(|error| format!("{name} is not JSON: {error}"))?;
        let input = Input::deserialize(&document)
            .map_err(|error| error.to_string())
            .and_then(Input::sound)
            .map_err(|why| format!("{name} is no input of a rollout: {why}"))?;
        // All that its steps ask for, for whoever wants to know what must be there.
        let asked = (0..input.steps.len()).map(|step| json!({"action": input.action, "input": input.of(step)}));
        let asked = asked.collect();
        let name = start.file.file_stem().map_or_else(|| name.clone(), |stem| stem.to_string_lossy().into_owned());
        let (left, issued_at) = (TimeDelta::zero(), DateTime::UNIX_EPOCH);
        let (before, course) = (BTreeMap::new(), Course::Forward);
        Ok((Self { name, input, step: 0, left, tries: 0, issued_at, before, course }, asked))
    }

    pub(super) fn watches(&self, alarm: &str) -> bool {
        self.input.alarms.iter().any(|watched| watched == alarm)
    }

    /// The days end before it does.
    pub(super) fn is_cut_off(&self, at: DateTime<Utc>, telling: &mut Telling) {
        telling.rollout(at, &self.name, Ended::Left, "running", None);
    }

    /// Goes on from `at` to where it has to wait; gives until when, or nothing where the execution has ended.
    pub(super) async fn go_on(
        &mut self,
        at: DateTime<Utc>,
        alarms: &[(DateTime<Utc>, Episode)],
        world: &World,
        telling: &mut Telling,
    ) -> Option<DateTime<Utc>> {
        let mut now = at;
        loop {
            let next = match &self.course {
                Course::Forward => self.forward(now, alarms, world, telling).await,
                Course::Step => self.take(now, world, telling).await,
                Course::Back(reason) => {
                    let reason = reason.clone();
                    self.back(now, &reason, world, telling).await
                }
            };
            now = world.now().max(now);
            match next {
                Next::On => {}
                Next::Wait(pause) => return Some(now + pause),
                Next::End => return None,
            }
        }
    }

    async fn forward(
        &mut self,
        at: DateTime<Utc>,
        alarms: &[(DateTime<Utc>, Episode)],
        world: &World,
        telling: &mut Telling,
    ) -> Next {
        let ringing: Vec<&str> =
            self.input.alarms.iter().map(String::as_str).filter(|it| rings(it, at, alarms)).collect();
        if !ringing.is_empty() {
            let when = match self.step {
                0 => "before the first step".to_owned(),
                done => format!("after step {done} of {}", self.input.steps.len()),
            };
            let text = format!("{} in ALARM {when}", ringing.join(", "));
            return self.give_up(at, Reason { error: "AlarmRinging".to_owned(), text }, telling);
        }
        if self.left > TimeDelta::zero() {
            let look = TimeDelta::seconds(self.input.look_seconds.into());
            let pause = if self.input.alarms.is_empty() { self.left } else { self.left.min(look) };
            self.left -= pause;
            return Next::Wait(pause);
        }
        if self.step >= self.input.steps.len() {
            telling.rollout(at, &self.name, Ended::Left, "succeeded", None);
            return Next::End;
        }
        self.issued_at = at;
        let report = world.send(at, self.payload(json!({"mode": "plan"}), self.one())).await;
        match &report.answer {
            Ok(answer) => {
                self.keep(&answer["plan"]);
                self.tries = 0;
                self.course = Course::Step;
                Next::On
            }
            Err(error) if error.kind().is_retryable() && self.tries < TRIES => self.later(),
            Err(error) => {
                let reason = self.failed(error);
                self.give_up(world.now(), reason, telling)
            }
        }
    }

    async fn take(&mut self, at: DateTime<Utc>, world: &World, telling: &mut Telling) -> Next {
        let report = world.send(at, self.payload(json!({"waitFor": "settled"}), several(&[self.one()]))).await;
        let by = format!("{} step {} of {}", self.name, self.step + 1, self.input.steps.len());
        match ended(&report) {
            Err(error) if error.kind().is_retryable() && self.tries < TRIES => self.later(),
            Err(error) => {
                telling.event(at, &by, &report);
                let reason = self.failed(error);
                self.give_up(world.now(), reason, telling)
            }
            Ok(()) => {
                telling.event(at, &by, &report);
                self.left = TimeDelta::seconds(self.input.hold(self.step).into());
                self.step += 1;
                self.course = Course::Forward;
                Next::On
            }
        }
    }

    /// Sets back what steps have changed, in one event that is newer than any of them.
    async fn back(&mut self, at: DateTime<Utc>, reason: &Reason, world: &World, telling: &mut Telling) -> Next {
        let way = self.way_back();
        if way.is_empty() {
            telling.rollout(at, &self.name, Ended::Refused, &reason.error, Some(&self.is_back(reason)));
            return Next::End;
        }
        self.issued_at = at;
        let report = world.send(at, self.payload(json!({"waitFor": "settled"}), several(&way))).await;
        match ended(&report) {
            Err(error) if error.kind().is_retryable() && self.tries < TRIES_BACK => return self.later(),
            Err(error) => {
                telling.event(at, &format!("{} back", self.name), &report);
                let text = format!("{} ({}). The way back failed: {error}", reason.text, reason.error);
                telling.rollout(world.now(), &self.name, Ended::Refused, "RollbackFailed", Some(&text));
            }
            Ok(()) => {
                telling.event(at, &format!("{} back", self.name), &report);
                telling.rollout(world.now(), &self.name, Ended::Refused, &reason.error, Some(&self.is_back(reason)));
            }
        }
        Next::End
    }

    fn is_back(&self, Reason { text, .. }: &Reason) -> String {
        format!("{text}; back at {}", json!(self.before))
    }

    fn give_up(&mut self, at: DateTime<Utc>, reason: Reason, telling: &mut Telling) -> Next {
        let is_begun = self.step > 0 || matches!(self.course, Course::Step);
        if !is_begun {
            let because = format!("{}; nothing was changed", reason.text);
            telling.rollout(at, &self.name, Ended::Refused, &reason.error, Some(&because));
            return Next::End;
        }
        self.tries = 0;
        self.course = Course::Back(reason);
        Next::On
    }

    fn failed(&self, error: &Error) -> Reason {
        let text = format!("step {} of {}: {error}", self.step + 1, self.input.steps.len());
        Reason { error: error.error_type().to_owned(), text }
    }

    fn later(&mut self) -> Next {
        self.tries += 1;
        Next::Wait(TimeDelta::seconds((5 * i64::from(self.tries)).min(60)))
    }

    /// The action of the step that is next.
    fn one(&self) -> Value {
        json!({"action": self.input.action, "input": self.input.of(self.step)})
    }

    fn payload(&self, how: Value, what: Value) -> Value {
        let Input { region, role, role_arn, .. } = &self.input;
        let around = [("region", region), ("role", role), ("roleArn", role_arn)];
        let around = around.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
        let issued_at = self.issued_at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let id = match self.course {
            Course::Back(_) => format!("{}#back{}", self.name, self.tries),
            Course::Forward | Course::Step => format!("{}#{}", self.name, self.step),
        };
        let own = json!({"id": id, "issuedAt": issued_at});
        let members = [how, what, own].into_iter().filter_map(|part| match part {
            Value::Object(members) => Some(members),
            _ => None,
        });
        Value::Object(around.chain(members.flatten()).collect())
    }

    /// Keeps what stands before a step, of each field that no step has changed yet.
    fn keep(&mut self, plan: &Value) {
        let target = plan["target"].as_str().unwrap_or_default();
        let of_variant = target.split_once("/variant/").map_or_else(String::new, |(_, variant)| format!("{variant}."));
        for change in plan["changes"].as_array().into_iter().flatten() {
            let field = format!("{of_variant}{}", change["field"].as_str().unwrap_or_default());
            self.before.entry(field).or_insert_with(|| change["from"].clone());
        }
    }

    /// The actions that set back what was kept: of an endpoint, what AWS takes only apart from other members in one of its own.
    fn way_back(&self) -> Vec<Value> {
        let whole = self.input.of(0);
        let stood = || {
            self.before.iter().map(|(key, from)| {
                let (variant, member) = key.split_once('.').unwrap_or(("", key));
                (variant, member, from)
            })
        };
        let same = |input: Value| json!({"action": self.input.action, "input": input});
        if let Some(endpoint) = whole.get("EndpointName") {
            let of =
                |variants: Vec<Value>| same(json!({"EndpointName": endpoint, "DesiredWeightsAndCapacities": variants}));
            let weights = stood().filter(|(_, member, _)| *member == "DesiredWeight");
            let weights: Vec<Value> =
                weights.map(|(variant, _, from)| json!({"VariantName": variant, "DesiredWeight": from})).collect();
            let counts = stood().filter(|(_, member, _)| *member == "DesiredInstanceCount");
            let counts = counts.map(|(variant, _, from)| json!({"VariantName": variant, "DesiredInstanceCount": from}));
            let mut serverless: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
            for (variant, member, from) in stood().filter(|(_, _, from)| from.is_number()) {
                if let Some(member) = member.strip_prefix("ServerlessUpdateConfig.") {
                    serverless.entry(variant).or_default().insert(member.to_owned(), from.clone());
                }
            }
            let serverless = serverless
                .into_iter()
                .map(|(variant, config)| json!({"VariantName": variant, "ServerlessUpdateConfig": config}));
            let weights = Some(weights).filter(|weights| !weights.is_empty());
            return weights
                .into_iter()
                .chain(counts.map(|it| vec![it]))
                .chain(serverless.map(|it| vec![it]))
                .map(of)
                .collect();
        }
        let other = stood().map(|(_, _, from)| {
            if let Some(component) = whole.get("InferenceComponentName") {
                return same(json!({"InferenceComponentName": component, "DesiredRuntimeConfig": {"CopyCount": from}}));
            }
            if let Some(function) = whole.get("FunctionName") {
                let qualifier = whole.get("Qualifier");
                let put =
                    json!({"FunctionName": function, "Qualifier": qualifier, "ProvisionedConcurrentExecutions": from});
                let delete = json!({"FunctionName": function, "Qualifier": qualifier});
                return match from.as_i64() {
                    Some(1..) => json!({"action": "lambda:PutProvisionedConcurrencyConfig", "input": put}),
                    _ => json!({"action": "lambda:DeleteProvisionedConcurrencyConfig", "input": delete}),
                };
            }
            same(json!({"provisionedModelId": whole.get("provisionedModelId"), "desiredModelId": from}))
        });
        other.collect()
    }
}

fn several(actions: &[Value]) -> Value {
    json!({"actions": actions})
}

/// What is next for an execution.
enum Next {
    On,
    Wait(TimeDelta),
    End,
}

/// Whether an alarm is in ALARM: as it last changed before.
fn rings(alarm: &str, at: DateTime<Utc>, alarms: &[(DateTime<Utc>, Episode)]) -> bool {
    let changes = alarms.iter().filter(|(changed, episode)| *changed <= at && episode.name() == alarm);
    changes.max_by_key(|(changed, _)| *changed).is_some_and(|(_, episode)| episode.rings())
}

/// How the actions of a step ended: well where all that was asked for stands.
fn ended(report: &Report) -> Result<(), &Error> {
    if let Some(error) = report.decisions.iter().find_map(|decision| decision.result.as_ref().err()) {
        return Err(error);
    }
    report.answer.as_ref().map(|_| ())
}

impl Input {
    fn of(&self, step: usize) -> Map<String, Value> {
        self.input.clone().into_iter().chain(self.steps[step].clone()).collect()
    }

    fn hold(&self, step: usize) -> u32 {
        match &self.hold_seconds {
            Holds::Each(seconds) => *seconds,
            Holds::Every(seconds) => seconds[step],
        }
    }

    /// What the state machine refuses is refused here.
    fn sound(self) -> Result<Self, String> {
        let holds = match &self.hold_seconds {
            Holds::Every(seconds) if seconds.len() != self.steps.len() => {
                return Err(format!("`holdSeconds` has {} for {} steps", seconds.len(), self.steps.len()));
            }
            Holds::Every(seconds) => seconds.iter().fold(0, |sum: u32, hold| sum.saturating_add(*hold)),
            Holds::Each(seconds) => seconds.saturating_mul(u32::try_from(self.steps.len()).unwrap_or(u32::MAX)),
        };
        if self.steps.is_empty() {
            return Err("`steps` is empty".to_owned());
        }
        if self.alarms.len() > MOST_ALARMS {
            return Err(format!("`alarms` names {}, and may name {MOST_ALARMS}", self.alarms.len()));
        }
        if self.look_seconds < FEWEST_SECONDS {
            return Err(format!("`lookSeconds` is {}, and must be at least {FEWEST_SECONDS}", self.look_seconds));
        }
        if !self.alarms.is_empty() && holds / self.look_seconds > MOST_LOOKS {
            return Err(format!("more than {MOST_LOOKS} looks at the alarms; make `lookSeconds` larger"));
        }
        match self.before {
            Some(Before::Kept | Before::Restore) => {
                Err("`before` goes on from a rollout that was left unfinished, of which there is none here".to_owned())
            }
            Some(Before::Now) | None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFINITION: &str = include_str!("../../../deploy/step-functions/rollout.asl.json");

    fn conditions(state: &str) -> String {
        let definition: Value = serde_json::from_str(DEFINITION).unwrap();
        let choices = definition["States"][state]["Choices"].as_array().unwrap().clone();
        choices.iter().map(|choice| choice["Condition"].as_str().unwrap()).collect()
    }

    #[test]
    fn its_bounds_are_those_of_the_state_machine() {
        let (sound, step, back) = (
            conditions("Is it sound?"),
            conditions("Is it worth another try?"),
            conditions("Is the way back worth another try?"),
        );
        for (bound, condition) in [
            (format!("$count($states.input.alarms) <= {MOST_ALARMS} "), &sound),
            (format!(" >= {FEWEST_SECONDS})"), &sound),
            (format!(" <= {MOST_LOOKS})"), &sound),
            (format!("$states.input.lookSeconds : {}", a_minute()), &sound),
            (format!("$tries < {TRIES} "), &step),
            (format!("$tries < {TRIES_BACK} "), &back),
        ] {
            assert!(condition.contains(&bound), "{bound} is not in {condition}");
        }
    }

    #[test]
    fn its_members_are_those_of_the_state_machine() {
        let sound = conditions("Is it sound?");
        let listed = sound.split_once("$not($ in [").unwrap().1.split_once("])").unwrap().0.replace(['\'', ' '], "");
        let mut listed: Vec<&str> = listed.split(',').collect();
        let complaint = Input::deserialize(&json!({"no": 1})).unwrap_err().to_string();
        let mut known: Vec<&str> = complaint.split('`').skip(3).step_by(2).collect();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(known, listed);
    }
}
