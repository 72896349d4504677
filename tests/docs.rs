//! Everything the documents show: payloads, configurations, answers, commands, tables and links.
//!
//! The line before a fenced block says what it is, in an HTML comment:
//! - `command: NAME`: the one command that CI runs as `NAME`; `commands`: shell commands;
//! - `payload: HOW` or `event: HOW`: run by itself, it ends with these outcomes, with `ignored` or with this errorType;
//!   `under NAME` puts a configuration of the same document over it, else there is none;
//! - `config: NAME`: a configuration, and each payload in it succeeds under it;
//! - `description: HOW under NAME`: an alarm's description, each state of which ends so;
//! - `answer`, `plan`, `story`: what the block above writes to standard output, and to standard error;
//! - `transcript: FILE`: the beginning of that file;
//! - `diagram`: a picture for readers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use setpoint::actions::ALL;
use setpoint::clock::Clock;
use setpoint::config::Config;
use setpoint::error::{AwsAnswer, AwsFailure, ByHand, Cause, Error, Unsettled, classify};
use setpoint::handler::{Invocation, Report};
use setpoint::outcome::Decision;
use setpoint::payload::{Payload, Settings};
use setpoint::plan::{Service, Target};
use setpoint::road::late::CLOCK_SKEW;
use setpoint::spelling::glob::Glob;
use setpoint::spelling::problem::Problems;
use setpoint_sandbox::{Clock as SandboxClock, DEFAULT_REGION, Options, Sandbox, Seed};

use crate::support::{account, answer, event, events, events_config, handler, now, path, read};

/// Every document for people outside `events/` and `deploy/`.
fn documents() -> Vec<Document> {
    let guides =
        std::fs::read_dir(path("docs")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        guides.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
    let others = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "tests/transcripts/README.md"];
    names.extend(others.map(str::to_owned));
    names.sort();
    names.into_iter().map(Document::read).collect()
}

struct Document {
    name: String,
    text: String,
}

struct Block {
    place: String,
    language: String,
    kind: String,
    text: String,
}

impl Document {
    fn read(name: String) -> Self {
        let text = read(&name);
        Self { name, text }
    }

    fn readme() -> Self {
        Self::read("README.md".to_owned())
    }

    /// The fenced blocks, each with its kind.
    fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let (mut before, mut open) = ("", false);
        for (index, line) in self.text.lines().enumerate() {
            match line.strip_prefix("```") {
                None if open => {
                    let block = blocks.last_mut().unwrap();
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                None => assert!(!line.trim_start().starts_with("```"), "{}: an indented fence", self.name),
                Some(_) if open => open = false,
                Some(language) => {
                    let place = format!("{}:{}", self.name, index + 1);
                    let kind = before.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
                    let kind =
                        kind.unwrap_or_else(|| panic!("{place}: the line before does not say what this block is"));
                    let (language, kind) = (language.to_owned(), kind.to_owned());
                    blocks.push(Block { place, language, kind, text: String::new() });
                    open = true;
                }
            }
            before = line;
        }
        blocks
    }

    /// The text outside fenced blocks.
    fn prose(&self) -> String {
        let mut open = false;
        let prose = self.text.lines().filter(|line| {
            let fence = line.starts_with("```");
            open ^= fence;
            !open && !fence
        });
        prose.collect::<Vec<_>>().join("\n")
    }

    /// The rows of the table whose first heading is this.
    fn table(&self, first: &str) -> Vec<Vec<String>> {
        let cells = |line: &str| {
            let line = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')).unwrap();
            line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<String>>()
        };
        let lines = self.text.lines().skip_while(|line| !line.starts_with(&format!("| {first} |")));
        let rows: Vec<_> = lines.take_while(|line| line.starts_with('|')).skip(2).map(cells).collect();
        assert!(!rows.is_empty(), "{}: no table begins with {first}", self.name);
        rows
    }

    /// The anchors of its headings, as GitHub makes them.
    fn anchors(&self) -> BTreeSet<String> {
        let prose = self.prose();
        let headings = prose.lines().filter(|line| line.starts_with('#'));
        headings
            .map(|line| {
                let heading = line.trim_start_matches('#').trim().to_lowercase();
                let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
                kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
            })
            .collect()
    }
}

/// What stands in backticks.
fn code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// What came of an event.
struct Ran {
    report: Report,
    config: String,
    calls: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Intent {
    Invoke,
    Plan,
}

/// One event through the handler in front of a fresh sandbox, with the time that the command line gives it.
async fn run(seed: Seed, config: &Value, event: Value, intent: Intent) -> Ran {
    let options = Options { clock: SandboxClock::fixed(now()), ..Options::default() };
    let sandbox = Sandbox::start(seed, options).await.unwrap();
    let clock = Clock::simulated(now());
    let config = Config::parse(&config.to_string()).unwrap();
    let handler = handler(&sandbox.url(), DEFAULT_REGION, config, &clock);
    let handler = if intent == Intent::Plan { handler.planning() } else { handler };
    let invocation = Invocation {
        request_id: "docs".to_owned(),
        account: Some(account()),
        deadline_ms: (now().timestamp_millis() + 15 * 60 * 1000).try_into().unwrap(),
    };
    let report = handler.handle(event, &invocation).await;
    let calls = sandbox.transcript().iter().map(ToString::to_string).collect();
    Ran { report, config: String::new(), calls }
}

impl Ran {
    /// The outcomes in order, `ignored`, or the errorType.
    fn how(&self) -> String {
        match &self.report.answer {
            Err(error) => error.error_type().to_owned(),
            Ok(_) if self.report.decisions.is_empty() => "ignored".to_owned(),
            Ok(_) => self.report.decisions.iter().map(Decision::outcome_name).collect::<Vec<_>>().join(", "),
        }
    }

    /// What `cargo setpoint plan` prints.
    fn plan(&self) -> String {
        let plan = |decision: &Decision| {
            let plan = &decision.result.as_ref().unwrap().output["plan"];
            let mut lines = vec![decision.target.clone()];
            lines.extend(plan["changes"].as_array().unwrap().iter().map(|change| {
                let asked = change["asked"].as_str().map_or_else(String::new, |asked| format!("  (asked: {asked})"));
                format!("  {}: {} -> {}{asked}", change["field"].as_str().unwrap(), change["from"], change["to"])
            }));
            lines.push(match plan["wouldCall"].as_str() {
                Some(command) => format!("  would call: {command}"),
                None => "  nothing to change".to_owned(),
            });
            lines.join("\n") + "\n"
        };
        self.report.decisions.iter().map(plan).collect()
    }

    /// What `cargo setpoint` tells a person of it.
    fn story(&self) -> String {
        let mut lines: Vec<(&str, String)> = self.report.via.iter().map(|via| ("event", via.clone())).collect();
        lines.push(("config", self.config.clone()));
        lines.extend(self.report.ignored.iter().map(|why| ("ignored", why.clone())));
        lines.extend(self.calls.iter().map(|call| ("call", call.clone())));
        for decision in &self.report.decisions {
            lines.push(("target", decision.target.clone()));
            for field in decision.plan.iter().flat_map(|plan| &plan.fields) {
                let label = decision.plan.as_ref().unwrap().label(field);
                let asked = field.asked.as_ref().map_or_else(String::new, |asked| format!("  (asked: {asked})"));
                lines.push(match field.differs() {
                    true => ("", format!("{label} {} -> {}{asked}", field.from, field.to)),
                    false => ("", format!("{label} {}, as it is{asked}", field.to)),
                });
            }
            lines.push(("outcome", decision.outcome_name().to_owned()));
        }
        lines.into_iter().map(|(label, what)| format!("{label:<11} {what}\n")).collect()
    }
}

/// A document's JSON, with the time in it that Scheduler would write.
fn as_sent(block: &Block) -> Value {
    let time = "2026-11-20T22:00:00Z";
    let text = block.text.replace("<aws.scheduler.scheduled-time>", time);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", block.place))
}

#[tokio::test]
async fn every_block_does_what_the_document_says() {
    let mut kinds = BTreeSet::new();
    for document in documents() {
        let mut configs: BTreeMap<String, Value> = BTreeMap::new();
        let mut last: Option<Ran> = None;
        let blocks = document.blocks();
        for (index, block) in blocks.iter().enumerate() {
            let place = &block.place;
            let (kind, rest) = block.kind.split_once(": ").unwrap_or((&block.kind, ""));
            kinds.insert(kind.to_owned());
            let language = match kind {
                "payload" | "event" => {
                    let (how, name) = rest.split_once(" under ").unwrap_or((rest, ""));
                    let config = match name {
                        "" => json!({}),
                        name => configs.get(name).unwrap_or_else(|| panic!("{place}: no config: {name} above")).clone(),
                    };
                    let sent = as_sent(block);
                    if kind == "payload" {
                        assert_eq!(Payload::parse(sent.clone()).is_err(), how == "InvalidAction", "{place}");
                    }
                    let ran = run(Seed::example(), &config, sent, Intent::Invoke).await;
                    assert_eq!(ran.how(), how, "{place}: {:?}", ran.report.answer);
                    last = Some(ran);
                    "json"
                }
                "config" => {
                    let config = as_sent(block);
                    Config::parse(&block.text).unwrap_or_else(|error| panic!("{place}: {error}"));
                    for (key, payload) in bound(&config) {
                        let mut sent = payload.clone();
                        sent["issuedAt"] = json!(now());
                        let ran = run(Seed::example(), &config, sent, Intent::Invoke).await;
                        assert!(ran.report.answer.is_ok(), "{place}: {key}: {:?}", ran.report.answer);
                    }
                    assert!(configs.insert(rest.to_owned(), config).is_none(), "{place}: a second config: {rest}");
                    "json"
                }
                "description" => {
                    let (how, name) = rest.split_once(" under ").unwrap();
                    for state in as_sent(block).as_object().unwrap().keys() {
                        let alarm = described_alarm(state, &block.text);
                        let ran = run(Seed::example(), &configs[name], alarm, Intent::Invoke).await;
                        assert_eq!(ran.how(), how, "{place}: {:?}", ran.report.answer);
                    }
                    "json"
                }
                "answer" => {
                    let ran = last.as_ref().unwrap_or_else(|| panic!("{place}: nothing above has an answer"));
                    assert_eq!(answer(&ran.report), as_sent(block), "{place}");
                    "json"
                }
                "plan" => {
                    let ran = last.as_ref().unwrap_or_else(|| panic!("{place}: nothing above has a plan"));
                    assert_eq!(ran.plan(), block.text, "{place}");
                    "text"
                }
                "story" => {
                    let ran = last.as_ref().unwrap_or_else(|| panic!("{place}: nothing above has a story"));
                    assert_eq!(ran.story(), block.text, "{place}");
                    "text"
                }
                "command" | "commands" => {
                    let lines = block.text.replace("\\\n", " ");
                    if kind == "command" {
                        assert_eq!(lines.lines().count(), 1, "{place}: CI runs one command line");
                    }
                    for line in lines.lines() {
                        let Some(ran) = check_command(line, place).await else { continue };
                        let explained = blocks.get(index + 1).is_some_and(|next| next.kind == "answer");
                        assert!(ran.report.answer.is_ok() || explained, "{place}: {line}: {:?}", ran.report.answer);
                        last = Some(ran);
                    }
                    "sh"
                }
                "transcript" => {
                    assert!(read(rest).starts_with(&block.text), "{place}: {rest} begins in another way");
                    "text"
                }
                "diagram" => "mermaid",
                kind => panic!("{place}: there is no kind of block called {kind}"),
            };
            assert_eq!(block.language, language, "{place}");
        }
    }
    let all = [
        "answer",
        "command",
        "commands",
        "config",
        "description",
        "diagram",
        "event",
        "payload",
        "plan",
        "story",
        "transcript",
    ];
    assert_eq!(kinds, set(all), "each kind is in use somewhere");
}

/// Every payload that a configuration binds, with its key.
fn bound(config: &Value) -> Vec<(String, &Value)> {
    let members = |value: &'static str| config[value].as_object().into_iter().flatten();
    let alarms = members("alarms").flat_map(|(name, states)| {
        let states = states.as_object().unwrap().iter();
        states.map(move |(state, payload)| (format!("alarms.{name}.{state}"), payload))
    });
    alarms.chain(members("schedules").map(|(name, payload)| (format!("schedules.{name}"), payload))).collect()
}

/// An alarm that changes to this state, as it invokes the function.
fn described_alarm(state: &str, description: &str) -> Value {
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:described",
        "time": now(),
        "alarmData": {
            "alarmName": "described",
            "state": {"value": state, "timestamp": now()},
            "previousState": {"value": "none of them"},
            "configuration": {"description": description},
        },
    })
}

/// The words of a command line, as a shell splits them.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut begun) = (String::new(), None, false);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => (quote, begun) = (Some(letter), true),
            (None, ' ') => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (_, letter) => word.push(letter),
        }
    }
    assert_eq!(quote, None, "an open quote in {line}");
    if begun || !word.is_empty() {
        words.push(word);
    }
    words
}

/// Checks a command line as far as it can be without its program; runs what the handler can run.
async fn check_command(line: &str, place: &str) -> Option<Ran> {
    let words = words(line);
    let is_setting = |word: &&String| {
        word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    };
    let words: Vec<&str> = words.iter().skip_while(is_setting).map(String::as_str).collect();
    let value = |flag: &str| words.iter().position(|word| *word == flag).map(|at| words[at + 1]);
    let files = words.iter().map(|word| word.strip_prefix("file://").unwrap_or(word));
    for file in files.filter(|file| file.contains('/') && [".json", ".yaml"].iter().any(|end| file.ends_with(end))) {
        assert!(path(file).is_file(), "{place}: {file} does not exist");
    }
    match words.as_slice() {
        ["cargo", "test", "--workspace"] | ["sam", "build"] => None,
        ["cargo", "setpoint", subcommand, rest @ ..] => setpoint_command(subcommand, rest, place).await,
        ["cargo", "lambda", "build" | "watch" | "invoke", rest @ ..] => {
            let binary = value("--bin").unwrap_or(rest[0]);
            assert!(
                read("Cargo.toml").contains(&format!("[[bin]]\nname = \"{binary}\"")),
                "{place}: no binary {binary}"
            );
            None
        }
        ["sam", "local", "invoke", function, ..] => {
            let declared = format!("\n  {function}:\n    Type: AWS::Serverless::Function\n");
            assert!(read("template.yaml").contains(&declared), "{place}: no function {function}");
            None
        }
        ["sam", "deploy", "--parameter-overrides", overrides @ ..] => {
            for (parameter, _) in overrides.iter().filter_map(|word| word.split_once('=')) {
                let declared = format!("\n  {parameter}:\n    Description: ");
                assert!(read("template.yaml").contains(&declared), "{place}: no parameter {parameter}");
            }
            None
        }
        ["aws", service, operation, rest @ ..] => {
            check_aws_command(&format!("{service} {operation}"), rest, place).await;
            None
        }
        ["cargo", "test", "-p", package, _] => {
            assert!(read("Cargo.toml").contains(&format!("name = \"{package}\"")), "{place}: no package {package}");
            None
        }
        ["git", "diff", folder] => {
            assert!(path(folder).is_dir(), "{place}: no folder {folder}");
            None
        }
        // Takes a member out of a JSON file.
        ["jq", "-r", filter, ..] if filter.starts_with('.') => None,
        _ => panic!("{place}: nothing here knows how to check: {line}"),
    }
}

/// Checks names and flags against the command line's own source, and runs the event.
async fn setpoint_command(subcommand: &str, rest: &[&str], place: &str) -> Option<Ran> {
    let source = read("cli/src/main.rs");
    let (first, others) = subcommand.split_at(1);
    let variant = format!("\n    {}{others}(", first.to_uppercase());
    assert!(source.contains(&variant), "{place}: no subcommand {subcommand}");
    for flag in rest.iter().filter_map(|word| word.strip_prefix("--")) {
        assert!(source.contains(&format!("\n    {flag}: ")), "{place}: no option --{flag}");
    }
    let intent = match subcommand {
        "invoke" => Intent::Invoke,
        "plan" => Intent::Plan,
        _ => return None,
    };
    if rest.contains(&"--aws") {
        return None;
    }
    let file = rest.iter().find(|word| !word.starts_with("--")).unwrap();
    assert!(path(file).is_file(), "{place}: {file} does not exist");
    assert!(!rest.contains(&"--seed"), "{place}: the tests run the example seed only");
    let config = rest.iter().position(|word| *word == "--config").map_or("events/setpoint.json", |at| rest[at + 1]);
    let document = serde_json::from_str(&read(config)).unwrap();
    let mut ran = run(Seed::example(), &document, event(file.strip_prefix("events/").unwrap()), intent).await;
    ran.config = config.to_owned();
    Some(ran)
}

/// AWS CLI commands that no action makes, with the options used of each.
const OTHER_AWS_COMMANDS: &[(&str, &[&str])] = &[
    ("application-autoscaling describe-scalable-targets", &["--service-namespace"]),
    (
        "application-autoscaling register-scalable-target",
        &["--service-namespace", "--resource-id", "--scalable-dimension", "--min-capacity", "--max-capacity"],
    ),
    ("bedrock list-provisioned-model-throughputs", &[]),
    ("cloudformation describe-stacks", &["--stack-name"]),
    (
        "cloudwatch put-metric-alarm",
        &[
            "--alarm-name",
            "--namespace",
            "--metric-name",
            "--statistic",
            "--period",
            "--evaluation-periods",
            "--dimensions",
            "--comparison-operator",
            "--threshold",
            "--alarm-actions",
            "--ok-actions",
            "--insufficient-data-actions",
        ],
    ),
    ("cloudwatch set-alarm-state", &["--alarm-name", "--state-value", "--state-reason"]),
    ("lambda delete-function-concurrency", &["--function-name"]),
    ("lambda get-account-settings", &[]),
    ("lambda get-alias", &["--function-name", "--name"]),
    ("lambda invoke", &["--function-name", "--cli-binary-format", "--payload"]),
    ("lambda list-aliases", &["--function-name"]),
    ("lambda list-provisioned-concurrency-configs", &["--function-name"]),
    ("lambda put-function-concurrency", &["--function-name", "--reserved-concurrent-executions"]),
    ("logs filter-log-events", &["--log-group-name", "--filter-pattern"]),
    ("sagemaker list-endpoints", &[]),
    ("scheduler create-schedule", &["--cli-input-json"]),
    ("service-quotas list-service-quotas", &["--service-code"]),
    ("sqs delete-message", &["--queue-url", "--receipt-handle"]),
    ("sqs get-queue-attributes", &["--queue-url", "--attribute-names"]),
    ("sqs receive-message", &["--queue-url"]),
    ("sqs start-message-move-task", &["--source-arn"]),
];

/// The AWS CLI commands that the function itself names, with all their options: from its plans and its errors.
async fn named_aws_commands() -> BTreeMap<String, BTreeSet<String>> {
    let endpoint = |name: &str| {
        json!({"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "input": {"EndpointName": name,
            "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredInstanceCount": 3}]}})
    };
    let put = |name: &str| {
        json!({"action": "lambda:PutProvisionedConcurrencyConfig",
            "input": {"FunctionName": name, "Qualifier": "live", "ProvisionedConcurrentExecutions": 6}})
    };
    let delete = json!({"action": "lambda:DeleteProvisionedConcurrencyConfig",
        "input": {"FunctionName": "checkout", "Qualifier": "live"}});
    let update = |name: &str| {
        json!({"action": "bedrock:UpdateProvisionedModelThroughput", "input": {"provisionedModelId": name,
            "desiredProvisionedModelName": "new", "desiredModelId":
            "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv2"}})
    };
    let mut commands = BTreeMap::new();
    let mut add = |command: &str| {
        let words = words(command);
        let options = words.iter().filter(|word| word.starts_with("--")).cloned().collect();
        commands.insert(format!("{} {}", words[1], words[2]), options);
    };
    for payload in [endpoint("recsys"), put("checkout"), delete, update("support-bot")] {
        let ran = run(Seed::example(), &json!({}), payload, Intent::Plan).await;
        add(answer(&ran.report)["plan"]["wouldCall"].as_str().unwrap());
    }
    for payload in [endpoint("missing"), put("missing"), update("missing")] {
        let ran = run(Seed::example(), &json!({}), payload, Intent::Invoke).await;
        let (ByHand::Look(command) | ByHand::Finish(command)) = ran.report.answer.unwrap_err().by_hand.unwrap();
        add(&command);
    }
    commands
}

async fn check_aws_command(name: &str, rest: &[&str], place: &str) {
    let used = set(rest.iter().copied().filter(|word| word.starts_with("--")));
    let known: BTreeSet<String> = match named_aws_commands().await.remove(name) {
        Some(options) => options,
        None => {
            let other = OTHER_AWS_COMMANDS.iter().find(|(other, _)| *other == name);
            let (_, options) = other.unwrap_or_else(|| panic!("{place}: nothing here knows aws {name}"));
            set(options.iter().copied())
        }
    };
    let known = known.into_iter().chain(["--region", "--query", "--output"].map(str::to_owned)).collect();
    assert!(used.is_subset(&known), "{place}: aws {name} has not all of {used:?}");
}

#[tokio::test]
async fn every_command_in_the_text_is_one() {
    let mut checked = 0;
    for document in documents() {
        let prose = document.prose();
        for span in code(&prose) {
            let runs = span.starts_with("cargo setpoint ") && span.contains('/');
            if span.starts_with("aws ") || runs {
                check_command(span, &document.name).await;
                checked += 1;
            }
        }
    }
    assert!(checked > 0);
}

#[tokio::test]
async fn the_schedule_of_the_cookbook_sends_a_payload() {
    let schedule: Value = serde_json::from_str(&read("docs/lunch-schedule.json")).unwrap();
    let input = schedule["Target"]["Input"].as_str().unwrap();
    let sent = serde_json::from_str(&input.replace("<aws.scheduler.scheduled-time>", "2026-11-20T22:00:00Z")).unwrap();
    let ran = run(Seed::example(), &json!({}), sent, Intent::Invoke).await;
    assert_eq!(ran.how(), "accepted", "{:?}", ran.report.answer);
}

#[test]
fn every_link_leads_somewhere() {
    for document in documents() {
        let prose = document.prose();
        for target in prose.split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0) {
            if target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let folder = document.name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let file = match file {
                "" => path(&document.name),
                file => path(folder).join(file),
            };
            assert!(file.exists(), "{}: {target} does not exist", document.name);
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&file).unwrap();
                let anchors = Document { name: target.to_owned(), text }.anchors();
                assert!(anchors.contains(anchor), "{}: {target} has no such heading", document.name);
            }
        }
    }
}

#[test]
fn every_path_in_the_text_exists() {
    let extensions = [".rs", ".md", ".yaml", ".toml", ".json", ".tf", ".ts", ".py"];
    for document in documents() {
        let prose = document.prose();
        for span in code(&prose) {
            let is_word = span.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-/".contains(letter));
            let folder = span.split_once('/').map(|(folder, _)| folder).filter(|folder| !folder.is_empty());
            let in_repository = folder.is_some_and(|folder| path(folder).is_dir());
            let is_file = extensions.iter().any(|extension| span.ends_with(extension)) && !span.starts_with('.');
            if is_word && (in_repository || is_file) {
                let found = ["", "src", "events", "docs"].iter().any(|folder| path(folder).join(span).exists());
                assert!(found, "{}: `{span}` does not exist", document.name);
            }
        }
    }
}

#[test]
fn the_command_line_prints_in_the_form_expected_here() {
    let source = read("cli/src/show.rs");
    let forms = [
        r#""{label:<11} {what}""#,
        r#""{} -> {}", field.from, field.to"#,
        r#""{}, as it is", field.to"#,
        r#""\n  {field}: {} -> {}{asked}""#,
        r#""\n  would call: {command}""#,
        r#""\n  nothing to change""#,
    ];
    for form in forms {
        assert!(source.contains(form), "cli/src/show.rs prints no more {form}");
    }
}

#[test]
fn ci_finds_its_two_commands() {
    let blocks = Document::readme().blocks();
    let commands = blocks.iter().filter_map(|block| Some((block.kind.strip_prefix("command: ")?, block.text.trim())));
    let expected =
        [("run", "cargo setpoint invoke events/sagemaker-scale-up.schedule.json"), ("test", "cargo test --workspace")];
    assert_eq!(commands.collect::<Vec<_>>(), expected);
}

#[test]
fn the_commands_in_the_table_are_those_there_are() {
    let source = read("cli/src/main.rs");
    let commands = source.split_once("enum Command {").unwrap().1.split_once("\n}").unwrap().0;
    let variants = commands.lines().filter_map(|line| line.trim().split_once('(').filter(|_| !line.contains("///")));
    let readme = Document::readme();
    let rows = readme.table("command");
    let listed: Vec<&str> = rows.iter().map(|row| code(&row[0])[0].split(' ').nth(2).unwrap()).collect();
    assert_eq!(listed, variants.map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>());
}

/// The names in the sentence that answers an unknown one.
fn valid_here(message: &str) -> BTreeSet<String> {
    let (_, names) = message.split_once("valid here: ").unwrap_or_else(|| panic!("{message}"));
    set(code(names))
}

/// Nothing is near this name.
const UNKNOWN: &str = "qqqqqqqqqqqqqqqqqqqqqqqq";

#[test]
fn the_table_of_members_is_what_a_payload_has() {
    let payload = |member: &str, value: &str| {
        let mut payload = json!({"action": "lambda:DeleteProvisionedConcurrencyConfig",
            "input": {"FunctionName": "checkout", "Qualifier": "live"}});
        payload[member] = json!(value);
        Payload::parse(payload).unwrap_err().to_string()
    };
    let readme = Document::readme();
    let rows = readme.table("member");
    assert_eq!(set(rows.iter().map(|row| code(&row[0])[0])), valid_here(&payload(UNKNOWN, "")));
    let settings = Settings::default();
    let defaults = [
        ("onBusy", format!("{:?}", settings.on_busy)),
        ("waitFor", format!("{:?}", settings.wait_for)),
        ("mode", format!("{:?}", settings.mode)),
    ];
    for (member, default) in defaults {
        let row = rows.iter().find(|row| code(&row[0]) == [member]).unwrap();
        assert_eq!(set(code(&row[1])), valid_here(&payload(member, UNKNOWN)), "{member}");
        assert_eq!(code(&row[2]), [default.to_lowercase()], "{member}");
    }
}

#[tokio::test]
async fn the_table_of_actions_is_the_registry() {
    let readme = Document::readme();
    let rows = readme.table("action");
    let listed: Vec<[String; 2]> =
        rows.iter().map(|row| [code(&row[0])[0].to_owned(), code(&row[1])[0].to_owned()]).collect();
    let (listed, registered): (BTreeSet<_>, BTreeSet<_>) =
        (listed.into_iter().collect(), ALL.iter().map(|action| [action.name.to_owned(), action.boto3()]).collect());
    assert_eq!(listed, registered);
    let mut decisions = Vec::new();
    for (_, event) in events() {
        decisions.extend(run(Seed::example(), &events_config(), event, Intent::Invoke).await.report.decisions);
    }
    for row in rows {
        let action = code(&row[0])[0];
        let target = Glob::new(&code(&row[3])[0].replace("NAME", "*").replace("QUALIFIER", "*"));
        let mut of_action = decisions.iter().filter(|decision| decision.action == action).peekable();
        assert!(of_action.peek().is_some_and(|decision| target.matches(&decision.target)), "{action}: {target}");
        for decision in of_action {
            let output = &decision.result.as_ref().unwrap().output;
            if output.get("plan").is_some() {
                continue;
            }
            let members = set(output.as_object().unwrap().keys().map(String::as_str));
            let mut listed = set(code(&row[4]));
            listed.remove("{}");
            listed.remove("StatusReason");
            assert_eq!(members, listed, "{action}");
        }
    }
}

#[tokio::test]
async fn the_table_of_targets_is_what_they_come_to() {
    for row in Document::readme().table("count") {
        for (cell, at) in row[2..].iter().zip([2, 5, 8]) {
            let mut seed = Seed::example();
            seed.home().endpoints.get_mut("recsys").unwrap().variants[0].current.instance_count = Some(at);
            let count: Value = serde_json::from_str(code(&row[0])[0]).unwrap();
            let payload = json!({"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "issuedAt": now(),
                "input": {"EndpointName": "recsys",
                    "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]}});
            let ran = run(seed, &json!({}), payload, Intent::Plan).await;
            let to = answer(&ran.report)["plan"]["changes"][0]["to"].as_i64().unwrap_or(at.into());
            assert_eq!(cell, &to.to_string(), "{} at {at}", row[0]);
        }
    }
}

#[test]
fn the_text_says_how_far_clocks_may_lie_apart() {
    let prose = Document::readme().prose();
    let seconds = format!("{} seconds", CLOCK_SKEW.num_seconds());
    assert_eq!(prose.replace('\n', " ").matches(&seconds).count(), 2);
}

#[tokio::test]
async fn the_table_of_events_says_how_each_is_recognised() {
    let mut sources = BTreeSet::new();
    for row in Document::readme().table("event") {
        let via = code(&row[1])[0];
        let name = code(&row[2])[0];
        let ran = run(Seed::example(), &events_config(), event(name), Intent::Invoke).await;
        assert_eq!(ran.report.via, [via], "{name}");
        assert!(ran.report.answer.is_ok(), "{name}: {:?}", ran.report.answer);
        sources.extend(via.split(" > ").map(str::to_owned));
    }
    let mut registered = BTreeSet::new();
    for file in std::fs::read_dir(path("src/event")).unwrap() {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let names = source.split("Source { name: \"").skip(1).map(|rest| rest.split_once('"').unwrap().0.to_owned());
        registered.extend(names);
    }
    assert_eq!(sources, registered);
}

/// The texts in the source of a function.
fn texts_in(file: &str, function: &str) -> BTreeSet<String> {
    let source = read(file);
    let mut texts = BTreeSet::new();
    for part in source.split(function).skip(1) {
        let start = source.find(part).unwrap();
        let line = source[..start].rsplit_once('\n').unwrap().1;
        let indent = &line[..line.len() - line.trim_start().len()];
        let body = part.split_once(&format!("\n{indent}}}\n")).unwrap().0;
        texts.extend(body.split('"').skip(1).step_by(2).map(str::to_owned));
    }
    assert!(!texts.is_empty(), "{file} has no {function}");
    texts
}

#[test]
fn the_table_of_outcomes_has_every_one() {
    let readme = Document::readme();
    let listed = set(readme.table("outcome").iter().map(|row| code(&row[0])[0]));
    let mut named = texts_in("src/outcome.rs", "fn name(");
    named.extend(["failed", "ignored"].map(str::to_owned));
    assert_eq!(listed, named);
}

#[tokio::test]
async fn the_tables_of_errors_have_every_type_and_say_whether_a_retry_helps() {
    let is_type = |text: &String| text.chars().all(char::is_alphabetic) && text.starts_with(char::is_uppercase);
    let mut named: BTreeSet<String> = texts_in("src/error.rs", "fn error_type(").into_iter().filter(is_type).collect();
    named.extend(texts_in("src/error/aws.rs", "fn error_type(").into_iter().filter(is_type));
    named.extend(texts_in("src/error/aws.rs", "fn classify(").into_iter().filter(is_type));
    let readme = Document::readme();
    let mut listed = BTreeSet::new();
    let own_errors = own_errors().await;

    for row in readme.table("errorType") {
        let name = code(&row[0])[0];
        let helps: BTreeSet<bool> = own_errors
            .iter()
            .filter(|error| error.error_type() == name)
            .map(|error| error.kind().is_retryable())
            .collect();
        let expected = match helps.into_iter().collect::<Vec<_>>().as_slice() {
            [false] => row[2] == "no",
            [true] => row[2] == "yes",
            [false, true] => row[2].starts_with("yes, "),
            _ => panic!("no example of {name} in this test"),
        };
        assert!(expected, "{name}: a retry helps: {}", row[2]);
        listed.insert(name.to_owned());
    }

    for row in readme.table("AWS said") {
        for entry in row[1].split(", `") {
            let (name, after) = entry.trim_start_matches('`').split_once('`').unwrap();
            let text = after.split('"').nth(1).unwrap_or_default().replace('…', "");
            let kind = classify(Some(name), text.trim_start_matches(' '), Some(400));
            assert_eq!(kind.name(), row[0], "{name} {text}");
            assert_eq!(if kind.is_retryable() { "yes" } else { "no" }, row[2], "{}", row[0]);
            listed.insert(name.to_owned());
        }
    }
    assert_eq!(listed, named);
    for row in Document::read("docs/operations.md".to_owned()).table("errorType") {
        assert!(named.contains(code(&row[0])[0]), "docs/operations.md: there is no {}", row[0]);
    }
}

/// At least one error of each type of the function's own, retryable and not where both exist.
async fn own_errors() -> Vec<Error> {
    let problems = || Problems::one("", "");
    let target = || Target::new(Service::SageMaker, "endpoint/recsys");
    let why = String::new;
    let aws = |code: &str| {
        let answer = AwsAnswer::Error { code: code.to_owned(), message: why(), status: Some(400) };
        Error::from(AwsFailure { operation: "DescribeEndpoint", answer })
    };
    let failed = |error: Error| Cause::ActionsFailed { failed: vec![(0, why(), error)], of: 2 };
    let hour = std::time::Duration::from_secs(3600);
    let causes = [
        Cause::InvalidEvent(why()),
        Cause::InvalidAction(problems()),
        Cause::InvalidConfiguration(problems()),
        Cause::EventExpired { issued_at: now(), age: hour, max_event_age: hour },
        Cause::TargetBusy { target: target(), status: why(), waited: hour },
        Cause::NotSettled { target: target(), why: Unsettled::Deadline(why()) },
        Cause::NotSettled { target: target(), why: Unsettled::Failed(why()) },
        Cause::NotSettled { target: target(), why: Unsettled::Reverted(why()) },
        failed(aws("ThrottlingException")),
        failed(aws("AccessDeniedException")),
    ];
    let paused = json!({"guardrails": {"paused": true}});
    let violation = run(Seed::example(), &paused, event("sagemaker-scale-up.direct.json"), Intent::Invoke).await;
    causes.into_iter().map(Error::from).chain(violation.report.answer.err()).collect()
}

#[test]
fn the_table_of_the_configuration_has_every_key() {
    let keys = |document: &str| valid_here(&Config::parse(document).unwrap_err().to_string());
    let mut expected = BTreeSet::new();
    for key in keys(&format!(r#"{{"{UNKNOWN}": 1}}"#)) {
        match key.as_str() {
            "guardrails" | "alarms" => {}
            "schedules" => drop(expected.insert("schedules.NAME".to_owned())),
            _ => drop(expected.insert(key)),
        }
    }
    for key in keys(&format!(r#"{{"guardrails": {{"{UNKNOWN}": 1}}}}"#)) {
        if key != "targets" {
            expected.insert(format!("guardrails.{key}"));
        }
    }
    for key in keys(&format!(r#"{{"guardrails": {{"targets": [{{"target": "*", "{UNKNOWN}": 1}}]}}}}"#)) {
        expected.insert(format!("guardrails.targets[].{key}"));
    }
    for key in keys(&format!(r#"{{"alarms": {{"a": {{"{UNKNOWN}": {{}}}}}}}}"#)) {
        expected.insert(format!("alarms.NAME.{key}"));
    }
    let readme = Document::readme();
    let rows = readme.table("key");
    assert_eq!(set(rows.iter().map(|row| code(&row[0])[0])), expected);

    let row = |key: &str| rows.iter().find(|row| code(&row[0]) == [key]).unwrap();
    let default = humantime::parse_duration(code(&row("maxEventAge")[2])[0]).unwrap();
    assert_eq!(Config::default().max_event_age(), default);
}

#[test]
fn what_sam_local_sets_is_declared_in_the_template() {
    let settings: Value = serde_json::from_str(&read("deploy/sam-local-env.json")).unwrap();
    let template = read("template.yaml");
    let environment = template.split_once("      Environment:\n        Variables:\n").unwrap().1;
    let environment = environment.split_once("\n      EventInvokeConfig:").unwrap().0;
    for name in settings["Function"].as_object().unwrap().keys() {
        let declared = environment.contains(&format!("          {name}:"));
        assert!(
            declared,
            "template.yaml does not declare {name}, so SAM would drop it and the function would call AWS"
        );
    }
    let url = settings["Function"]["AWS_ENDPOINT_URL"].as_str().unwrap();
    let port = url.strip_prefix("http://host.docker.internal:").unwrap();
    assert!(Document::readme().text.contains(&format!("sandbox --listen 127.0.0.1:{port}\nsam build\n")));
}
