//! A rollout, played as `deploy/step-functions/rollout.asl.json` defines it: step, hold, look at the alarms, and the way back.
//!
//! What only several executions, or a failing AWS, could show is not played: markers, and the retries of calls.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use setpoint::action::About;
use setpoint::actions::ALL;
use setpoint::error::Error;
use setpoint::handler::Report;
use setpoint::outcome::{Answer, Outcome};

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
    region: Option<String>,
    role: Option<String>,
    role_arn: Option<String>,
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

/// The actions that there is a way back from.
const ACTIONS: [&str; 5] = [
    "sagemaker:UpdateEndpointWeightsAndCapacities",
    "sagemaker:UpdateInferenceComponentRuntimeConfig",
    "lambda:PutProvisionedConcurrencyConfig",
    "lambda:DeleteProvisionedConcurrencyConfig",
    "bedrock:UpdateProvisionedModelThroughput",
];
/// What names a target beside the member that its action is `named_by`.
const QUALIFIER: &str = "Qualifier";
/// What the way back can write: of a variant, and of what has none.
const OF_VARIANT: [&str; 4] = [
    "DesiredWeight",
    "DesiredInstanceCount",
    "ServerlessUpdateConfig.MaxConcurrency",
    "ServerlessUpdateConfig.ProvisionedConcurrency",
];
const OF_TARGET: [&str; 3] = ["DesiredRuntimeConfig.CopyCount", EXECUTIONS, "desiredModelId"];
/// What may have been nothing: the way back takes it away again.
const EXECUTIONS: &str = "ProvisionedConcurrentExecutions";
/// What a plan shows of a change that has failed, and nobody writes.
const STATES: [&str; 2] = ["Status", "InferenceComponentStatus"];
const MOST_ALARMS: usize = 100;
const FEWEST_SECONDS: u32 = 10;
const MOST_LOOKS: u32 = 2000;
/// How long an execution may last, and how much of that is left for each step and for the way back.
const MOST_SECONDS: u64 = 1_209_600;
const OF_A_STEP: u64 = 3600;
const OF_THE_WAY_BACK: u64 = 86_400;
/// How often a step, and the way back, are tried where that helps; and how often a plan is tried again.
const TRIES: u32 = 40;
const TRIES_BACK: u32 = 120;
const PLANS: u32 = 30;

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
    /// Looking, holding.
    Forward,
    /// Planning a step.
    Plan,
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
                Course::Forward => self.forward(now, alarms, telling),
                Course::Plan => self.plan(now, world, telling).await,
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

    fn forward(&mut self, at: DateTime<Utc>, alarms: &[(DateTime<Utc>, Episode)], telling: &mut Telling) -> Next {
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
        self.tries = 0;
        self.course = Course::Plan;
        Next::On
    }

    async fn plan(&mut self, at: DateTime<Utc>, world: &World, telling: &mut Telling) -> Next {
        let report = world.send(at, self.payload(json!({"mode": "plan"}), self.one())).await;
        match &report.answer {
            Ok(answer) => {
                let lost = self.keep(&answer["plan"]);
                if !lost.is_empty() {
                    let text = format!("{} would change {}, which could not be set back", self.step(), lost.join(", "));
                    return self.give_up(at, Reason { error: "NoWayBack".to_owned(), text }, telling);
                }
                self.tries = 0;
                self.course = Course::Step;
                Next::On
            }
            Err(error) if error.kind().is_retryable() && self.tries < PLANS => {
                let pause = (0..self.tries).fold(5_000, |pause: i64, _| (pause * 3 / 2).min(60_000));
                self.tries += 1;
                Next::Wait(TimeDelta::milliseconds(pause))
            }
            Err(error) => {
                let reason = self.failed(error);
                self.give_up(world.now(), reason, telling)
            }
        }
    }

    async fn take(&mut self, at: DateTime<Utc>, world: &World, telling: &mut Telling) -> Next {
        let report = world.send(at, self.payload(json!({"waitFor": "settled"}), several(&[self.one()]))).await;
        let by = format!("{} {}", self.name, self.step());
        let reason = match ended(&report) {
            Ok(()) => {
                telling.event(at, &by, &report);
                self.left = TimeDelta::seconds(self.input.hold(self.step).into());
                self.step += 1;
                self.course = Course::Forward;
                return Next::On;
            }
            Err(Amiss::Failed(error)) => {
                self.tries += 1;
                if error.kind().is_retryable() && self.tries < TRIES {
                    return self.later();
                }
                self.failed(error)
            }
            Err(Amiss::Left(answer)) => {
                let text = format!("{} was {}", self.step(), left(answer));
                Reason { error: "Superseded".to_owned(), text }
            }
        };
        telling.event(at, &by, &report);
        self.give_up(world.now(), reason, telling)
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
        let ended = ended(&report);
        if let Err(Amiss::Failed(error)) = &ended {
            self.tries += 1;
            // One that has grown too old is dated anew.
            let passes = error.kind().is_retryable() || error.error_type() == "EventExpired";
            if passes && self.tries < TRIES_BACK {
                return self.later();
            }
        }
        telling.event(at, &format!("{} back", self.name), &report);
        let in_the_way = match ended {
            Ok(()) => {
                telling.rollout(world.now(), &self.name, Ended::Refused, &reason.error, Some(&self.is_back(reason)));
                return Next::End;
            }
            Err(Amiss::Failed(error)) => error.to_string(),
            Err(Amiss::Left(answer)) => left(answer),
        };
        let text = format!("{} ({}). The way back failed: {in_the_way}", reason.text, reason.error);
        telling.rollout(world.now(), &self.name, Ended::Refused, "RollbackFailed", Some(&text));
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
        Reason { error: error.error_type().to_owned(), text: format!("{}: {error}", self.step()) }
    }

    /// What the step is called that is next, or under way.
    fn step(&self) -> String {
        format!("step {} of {}", self.step + 1, self.input.steps.len())
    }

    fn later(&self) -> Next {
        Next::Wait(TimeDelta::seconds((5 * i64::from(self.tries)).min(60)))
    }

    /// The action of the step that is next.
    fn one(&self) -> Value {
        json!({"action": self.input.action, "input": self.input.of(self.step)})
    }

    fn payload(&self, how: Value, what: Value) -> Value {
        let Input { region, role, role_arn, .. } = &self.input;
        let around = [("region", region), ("role", role), ("roleArn", role_arn)];
        let around = around.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))));
        let issued_at = self.issued_at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let id = match self.course {
            Course::Back(_) => format!("{}#back{}", self.name, self.tries),
            Course::Forward | Course::Plan | Course::Step => format!("{}#{}", self.name, self.step),
        };
        let own = json!({"id": id, "issuedAt": issued_at});
        let members = [how, what, own].into_iter().filter_map(|part| match part {
            Value::Object(members) => Some(members),
            _ => None,
        });
        Value::Object(around.chain(members.flatten()).collect())
    }

    /// Keeps what stands before a step, of each field that no step has changed yet; gives those that could not be set back.
    fn keep(&mut self, plan: &Value) -> Vec<String> {
        let target = plan["target"].as_str().unwrap_or_default();
        let of_variant = target.split_once("/variant/").map_or_else(String::new, |(_, variant)| format!("{variant}."));
        let mut lost = Vec::new();
        for change in plan["changes"].as_array().into_iter().flatten() {
            let (field, from) = (change["field"].as_str().unwrap_or_default(), &change["from"]);
            let key = format!("{of_variant}{field}");
            if STATES.contains(&field) || self.before.contains_key(&key) {
                continue;
            }
            let is_there = from.is_number() || from.is_string();
            if is_writable(field) && (is_there || field == EXECUTIONS) {
                self.before.insert(key, if is_there { from.clone() } else { json!("none") });
            } else {
                lost.push(field.to_owned());
            }
        }
        lost
    }

    /// The actions that set back what was kept: of an endpoint, what AWS takes only apart from other members in one of its own;
    /// first counts that rise, then the weights, then counts that fall.
    fn way_back(&self) -> Vec<Value> {
        let whole = &self.input.input;
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
            let numbers = |to: fn(&Value) -> Value| -> Vec<Vec<Value>> {
                let counts = stood().filter(|(_, member, _)| *member == "DesiredInstanceCount");
                let counts =
                    counts.map(|(variant, _, from)| json!({"VariantName": variant, "DesiredInstanceCount": to(from)}));
                let mut serverless: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
                for (variant, member, from) in stood() {
                    if let Some(member) = member.strip_prefix("ServerlessUpdateConfig.") {
                        serverless.entry(variant).or_default().insert(member.to_owned(), to(from));
                    }
                }
                let serverless = serverless
                    .into_iter()
                    .map(|(variant, config)| json!({"VariantName": variant, "ServerlessUpdateConfig": config}));
                counts.chain(serverless).map(|it| vec![it]).collect()
            };
            let rising = if self.before.len() > 1 { numbers(|from| json!({"atLeast": from})) } else { Vec::new() };
            let weights = Some(weights).filter(|weights| !weights.is_empty());
            return rising.into_iter().chain(weights).chain(numbers(Value::clone)).map(of).collect();
        }
        let other = stood().map(|(_, _, from)| {
            if let Some(component) = whole.get("InferenceComponentName") {
                return same(json!({"InferenceComponentName": component, "DesiredRuntimeConfig": {"CopyCount": from}}));
            }
            if let Some(function) = whole.get("FunctionName") {
                let mut alias = json!({"FunctionName": function, QUALIFIER: whole.get(QUALIFIER)});
                if !matches!(from.as_i64(), Some(1..)) {
                    return json!({"action": "lambda:DeleteProvisionedConcurrencyConfig", "input": alias});
                }
                alias[EXECUTIONS] = from.clone();
                return json!({"action": "lambda:PutProvisionedConcurrencyConfig", "input": alias});
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

/// What the function knows of the actions that there is a way back from.
fn reversible() -> impl Iterator<Item = &'static About> {
    ALL.iter().filter(|about| ACTIONS.contains(&about.name))
}

/// Whether the way back can write a field: of one variant, or of one that is named before it.
fn is_writable(field: &str) -> bool {
    let bare = field.split_once('.').map(|(_, member)| member);
    OF_TARGET.contains(&field) || OF_VARIANT.iter().any(|member| *member == field || Some(*member) == bare)
}

/// How actions ended that did not end well.
enum Amiss<'a> {
    Failed(&'a Error),
    /// What was asked for was left alone.
    Left(&'a Answer),
}

/// How the actions of a step ended: well where all that was asked for stands.
fn ended(report: &Report) -> Result<(), Amiss<'_>> {
    let results = || report.decisions.iter().map(|decision| decision.result.as_ref());
    if let Some(error) = results().find_map(Result::err).or(report.answer.as_ref().err()) {
        return Err(Amiss::Failed(error));
    }
    let stands = |answer: &&Answer| matches!(answer.outcome, Outcome::Applied | Outcome::Unchanged);
    match results().flatten().find(|answer| !stands(answer)) {
        Some(answer) => Err(Amiss::Left(answer)),
        None => Ok(()),
    }
}

/// How it was left, and why.
fn left(answer: &Answer) -> String {
    let because = answer.because.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{}: {because}", answer.outcome.name())
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
        let steps = u64::try_from(self.steps.len()).unwrap_or(u64::MAX);
        let holds = match &self.hold_seconds {
            Holds::Every(seconds) if seconds.len() != self.steps.len() => {
                return Err(format!("`holdSeconds` has {} for {} steps", seconds.len(), self.steps.len()));
            }
            Holds::Every(seconds) => seconds.iter().copied().map(u64::from).sum(),
            Holds::Each(seconds) => u64::from(*seconds) * steps,
        };
        if self.steps.is_empty() {
            return Err("`steps` is empty".to_owned());
        }
        self.names_one_target()?;
        if self.alarms.len() > MOST_ALARMS {
            return Err(format!("`alarms` names {}, and may name {MOST_ALARMS}", self.alarms.len()));
        }
        if self.look_seconds < FEWEST_SECONDS {
            return Err(format!("`lookSeconds` is {}, and must be at least {FEWEST_SECONDS}", self.look_seconds));
        }
        if OF_A_STEP.saturating_mul(steps).saturating_add(holds).saturating_add(OF_THE_WAY_BACK) > MOST_SECONDS {
            let why = "all holds, with an hour for each step and a day for the way back, do not fit into 14 days";
            return Err(why.to_owned());
        }
        if !self.alarms.is_empty() && holds > u64::from(MOST_LOOKS) * u64::from(self.look_seconds) {
            return Err(format!("more than {MOST_LOOKS} looks at the alarms; make `lookSeconds` larger"));
        }
        match self.before {
            Some(Before::Kept | Before::Restore) => {
                Err("`before` goes on from a rollout that was left unfinished, of which there is none here".to_owned())
            }
            Some(Before::Now) | None => Ok(self),
        }
    }

    /// The target is the same in all steps, and so the way back is to it.
    fn names_one_target(&self) -> Result<(), String> {
        let Some(About { named_by: name, .. }) = reversible().find(|about| about.is_called(&self.action)) else {
            return Err(format!(
                "`action` is {}, from which there is no way back; there is from {}",
                self.action,
                ACTIONS.join(", ")
            ));
        };
        let Some(named) = self.input.get(*name).and_then(Value::as_str) else {
            return Err(format!("`input` must have `{name}`, a string"));
        };
        if *name == "provisionedModelId" && !named.starts_with("arn:") {
            return Err("`input.provisionedModelId` must be an ARN: a name is known by the read alone".to_owned());
        }
        if *name == "FunctionName" && !self.input.get(QUALIFIER).is_some_and(Value::is_string) {
            return Err(format!("`input` must have `{QUALIFIER}`, a string"));
        }
        let is_name = |member: &str| reversible().any(|about| about.named_by == member);
        if self.input.keys().filter(|member| is_name(member)).count() > 1 {
            return Err("`input` names more than one target".to_owned());
        }
        let of_step = self.steps.iter().flat_map(Map::keys).find(|member| is_name(member) || *member == QUALIFIER);
        of_step.map_or(Ok(()), |member| Err(format!("`{member}` must be in `input`: all steps are about one target")))
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
            (format!("$count($it.alarms) > {MOST_ALARMS} "), &sound),
            (format!("$look < {FEWEST_SECONDS} "), &sound),
            (format!(" / $look <= {MOST_LOOKS}"), &sound),
            (format!("$it.lookSeconds : {};", a_minute()), &sound),
            (format!(" + {OF_A_STEP} * $count($it.steps) + {OF_THE_WAY_BACK} > {MOST_SECONDS} "), &sound),
            (format!("$tries < {TRIES} "), &step),
            (format!("$tries < {TRIES_BACK} "), &back),
        ] {
            assert!(condition.contains(&bound), "{bound} is not in {condition}");
        }
        assert_eq!(reversible().count(), ACTIONS.len());
        for about in reversible() {
            let (About { name: action, named_by: name, .. }, snake) = (about, about.boto3());
            assert!(sound.contains(&format!("'{action}': '{name}', '{snake}': '{name}'")), "{action}");
        }
        let definition: Value = serde_json::from_str(DEFINITION).unwrap();
        let plan = &definition["States"]["Plan the step"];
        let (retries, kept) = (&plan["Retry"][0], plan["Assign"]["before"].as_str().unwrap());
        assert_eq!((&retries["MaxAttempts"], &definition["TimeoutSeconds"]), (&json!(PLANS), &json!(MOST_SECONDS)));
        let any_of = |members: &[&str]| members.join("|").replace('.', r"\.");
        let serverless = "ServerlessUpdateConfig.MaxConcurrency|ServerlessUpdateConfig.ProvisionedConcurrency";
        let grouped = "ServerlessUpdateConfig.(MaxConcurrency|ProvisionedConcurrency)";
        let of_variant = OF_VARIANT.join("|").replace(serverless, grouped).replace('.', r"\.");
        assert!(kept.contains(&of_variant) && kept.contains(&any_of(&OF_TARGET)), "{kept}");
        assert!(plan["Assign"]["unwritable"].as_str().unwrap().contains(&format!("['{}']", STATES.join("', '"))));
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
