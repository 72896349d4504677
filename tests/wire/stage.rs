//! Plays a transcript's events through the real handler, and says what came of them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use setpoint_sandbox::{Clock as SandboxClock, DEFAULT_ACCOUNT, DEFAULT_REGION, Exchange, Options, Sandbox, Seed};

use super::difference::changes;
use super::format::{Given, Section, Transcript};
use super::script::Script;
use crate::support::{Clock, Config, Handler, Report, answer, handler, invocation, now, outcomes};

/// How long an invocation may take that does not say so.
const BUDGET: Duration = Duration::from_secs(600);
/// The members of a seed that belong to one account in one Region, which is the function's own.
const OF_A_REGION: [&str; 7] =
    ["endpoints", "functions", "provisionedModels", "customModels", "customModelDeployments", "tables", "limits"];

/// The text that a transcript has if it records what happens.
pub(super) async fn play(text: &str) -> Result<String, String> {
    let Transcript { title, sections } = Transcript::parse(text)?;
    let first = sections.iter().position(|section| section.name == "event").ok_or("there is no -- event --")?;
    let mut setting = Setting { time: now(), region: DEFAULT_REGION.to_owned(), ..Setting::default() };
    let mut told = Vec::new();
    for section in &sections[..first] {
        setting.take(section)?;
        if section.name != "world" && told.iter().any(|other: &Section| other.name == section.name) {
            return Err(format!("-- {} --: is there twice", section.name));
        }
        told.push(section.clone());
    }
    let time = setting.time;
    let mut stage = setting.build().await?;
    let mut unused = None;
    for section in &sections[first..] {
        let given = section.given(time)?;
        if !matches!(given, Given::Recorded) {
            told.push(section.clone());
            unused = Some(&section.name);
        }
        match given {
            Given::Recorded => {}
            Given::Event(event) => {
                told.extend(stage.invoke(event).await);
                unused = None;
            }
            Given::World(patch) => stage.change(patch)?,
            Given::Later(duration) => stage.pass(duration).await,
            Given::Deadline(budget) => stage.budget = budget,
            _ => return Err(format!("-- {} --: must stand before the first event", section.name)),
        }
    }
    match (unused, &stage.server) {
        (Some(name), _) => Err(format!("-- {name} --: there is no event after it")),
        (None, Server::Script(script)) if script.left() > 0 => {
            Err(format!("-- answers --: nobody asked for the last {}", script.left()))
        }
        _ => Ok(Transcript { title, sections: told }.to_string()),
    }
}

/// What the sections before the first event say.
#[derive(Default)]
struct Setting {
    time: DateTime<Utc>,
    region: String,
    configuration: Value,
    answers: Vec<(u16, String)>,
    patches: Vec<Value>,
    budget: Option<Duration>,
}

impl Setting {
    fn take(&mut self, section: &Section) -> Result<(), String> {
        match section.given(self.time)? {
            Given::Region(region) => self.region = region,
            Given::Time(time) => self.time = time,
            Given::Configuration(configuration) => self.configuration = configuration,
            Given::Answers(answers) => self.answers = answers,
            Given::World(patch) => self.patches.push(patch),
            Given::Deadline(budget) => self.budget = Some(budget),
            _ => return Err(format!("-- {} --: there is no event before it", section.name)),
        }
        Ok(())
    }

    async fn build(self) -> Result<Stage, String> {
        let server = match (self.answers.is_empty(), self.patches.as_slice()) {
            (true, patches) => {
                let mut seed = example(&self.region);
                for patch in patches {
                    seed = patched(&seed, patch, &self.region)?;
                }
                let clock = SandboxClock::fixed(self.time);
                let options = Options { clock: clock.clone(), ..Options::default() };
                Server::Sandbox(Sandbox::start(seed, options).await.map_err(|error| error.to_string())?, clock)
            }
            (false, []) => Server::Script(Script::start(self.answers)),
            (false, _) => return Err("-- world --: where the answers are written out there is none".to_owned()),
        };
        let configuration = if self.configuration.is_null() { json!({}) } else { self.configuration };
        let config = Config::parse(&configuration.to_string()).map_err(|error| error.to_string())?;
        let clock = Clock::simulated(self.time);
        let handler = handler(&server.url(), &self.region, config, &clock);
        Ok(Stage { region: self.region, server, clock, handler, budget: self.budget.unwrap_or(BUDGET) })
    }
}

/// The function, and what it meets.
struct Stage {
    region: String,
    server: Server,
    clock: Clock,
    handler: Handler,
    /// How long the next invocation may take.
    budget: Duration,
}

enum Server {
    Sandbox(Sandbox, SandboxClock),
    Script(Script),
}

impl Stage {
    /// One invocation, and what came of it.
    async fn invoke(&mut self, event: Value) -> Vec<Section> {
        let begin = self.clock.now();
        let deadline = begin + TimeDelta::from_std(std::mem::replace(&mut self.budget, BUDGET)).unwrap();
        let before = self.server.state();
        let invocation = invocation(deadline.timestamp_millis().try_into().unwrap());
        let report = self.handler.handle(event, &invocation).await;
        let mut sections = vec![Section::new("conversation", self.conversation(&report))];
        let waited = (self.clock.now() - begin).to_std().unwrap();
        if !waited.is_zero() {
            sections.push(Section::new("waited", humantime::format_duration(waited).to_string()));
        }
        if let (Some(before), Some(after)) = (before, self.server.state()) {
            let changes = changes(&before, &after).into_iter();
            let own = format!("accounts.{DEFAULT_ACCOUNT}.{}.", self.region);
            sections.push(Section::new("changed", lines(changes.map(|line| line.replacen(&own, "", 1)))));
        }
        sections.push(Section::new("outcome", lines(outcomes(&report).into_iter())));
        sections.push(Section::new("answer", format!("{:#}", answer(&report))));
        sections
    }

    /// What was said. Targets are worked on side by side, so that what is said about each of several stands together.
    fn conversation(&self, report: &Report) -> String {
        match &self.server {
            Server::Script(script) => lines(script.calls().into_iter()),
            Server::Sandbox(sandbox, _) => {
                let mut exchanges = sandbox.transcript();
                sandbox.clear_transcript();
                exchanges.iter_mut().for_each(in_order);
                if report.decisions.len() > 1 {
                    exchanges.sort_by_cached_key(resource);
                }
                let groups =
                    exchanges.chunk_by(|one, next| report.decisions.len() < 2 || resource(one) == resource(next));
                let groups = groups.map(|group| group.iter().map(|exchange| self.line(exchange)).collect::<Vec<_>>());
                lines(groups.map(|group| group.join("\n")).collect::<Vec<_>>().join("\n\n").lines().map(str::to_owned))
            }
        }
    }

    /// A call, and where it went if that is not the function's own account and Region.
    fn line(&self, exchange: &Exchange) -> String {
        match (exchange.account.as_str(), exchange.region.as_str()) {
            (DEFAULT_ACCOUNT, region) if region == self.region => exchange.to_string(),
            (account, region) => format!("{account}/{region}: {exchange}"),
        }
    }

    fn change(&self, patch: Value) -> Result<(), String> {
        let Server::Sandbox(sandbox, _) = &self.server else {
            return Err("-- world --: where the answers are written out there is none".to_owned());
        };
        sandbox.edit(|seed| patched(seed, &patch, &self.region).map(|patched| *seed = patched))
    }

    async fn pass(&self, duration: Duration) {
        self.clock.sleep(duration).await;
        if let Server::Sandbox(_, clock) = &self.server {
            clock.advance(duration);
        }
    }
}

impl Server {
    fn url(&self) -> String {
        match self {
            Self::Sandbox(sandbox, _) => sandbox.url(),
            Self::Script(script) => script.url.clone(),
        }
    }

    fn state(&self) -> Option<Value> {
        match self {
            Self::Sandbox(sandbox, _) => Some(sandbox.state()),
            Self::Script(_) => None,
        }
    }
}

/// The SDK writes members that are a map, as DynamoDB's values are, in any order.
fn in_order(exchange: &mut Exchange) {
    if let Ok(mut body) = serde_json::from_str::<Value>(&exchange.body)
        && let Some(Value::Object(values)) = body.get_mut("ExpressionAttributeValues")
    {
        values.sort_keys();
        exchange.body = body.to_string();
    }
}

/// What a call is about: its place, and its path or endpoint.
fn resource(exchange: &Exchange) -> (String, String, String) {
    let body: Value = serde_json::from_str(&exchange.body).unwrap_or_default();
    let name = body["EndpointName"].as_str().unwrap_or(&exchange.path);
    (exchange.account.clone(), exchange.region.clone(), name.to_owned())
}

/// The example seed with its resources in this Region.
fn example(region: &str) -> Seed {
    let mut seed = Seed::example();
    let home = std::mem::take(seed.home());
    seed.accounts.clear();
    *seed.region(DEFAULT_ACCOUNT, region) = home;
    seed
}

fn patched(seed: &Seed, patch: &Value, region: &str) -> Result<Seed, String> {
    // By way of text, because a weight is an f32.
    let text = serde_json::to_string(seed).map_err(|error| error.to_string())?;
    let mut state: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let mut patch = patch.clone();
    let Some(members) = patch.as_object_mut() else { return Err("-- world --: must be an object".to_owned()) };
    let own: Vec<_> = OF_A_REGION.iter().filter_map(|member| members.remove_entry(*member)).collect();
    merge(&mut state, &patch);
    merge(&mut state, &json!({"accounts": {DEFAULT_ACCOUNT: {region: Value::Object(own.into_iter().collect())}}}));
    Seed::from_json(&state.to_string()).map_err(|error| format!("-- world --: {error}"))
}

/// JSON merge patch: <https://www.rfc-editor.org/rfc/rfc7396#section-2>.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in patch {
        if value.is_null() {
            target.as_object_mut().and_then(|target| target.remove(name));
        } else {
            merge(&mut target[name], value);
        }
    }
}

/// One below the other; an expectation is never empty.
fn lines(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { "nothing".to_owned() } else { lines.join("\n") }
}
