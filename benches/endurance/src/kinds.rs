//! Everything that an invocation may be about, each with the answer it must get.

use std::error::Error;
use std::fs;
use std::path::Path;

use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};
use setpoint_sandbox::{Fault, Pace, Seed};

use crate::world::now;

/// One kind of invocation.
pub(crate) struct Kind {
    pub(crate) name: String,
    /// The world before it.
    pub(crate) seed: Seed,
    /// The event, in which the time is still to be put.
    event: String,
    pub(crate) expected: Expected,
    /// How many writes reach AWS.
    pub(crate) writes: usize,
    /// It comes this often, to the same world.
    pub(crate) deliveries: usize,
}

/// What must be answered.
#[derive(Debug, PartialEq)]
pub(crate) enum Expected {
    /// This, but for times.
    Answer(Value),
    /// An error of this type.
    Error(String),
}

impl Kind {
    /// The event as it is sent now.
    pub(crate) fn event(&self) -> String {
        if !self.event.contains("{{") {
            return self.event.clone();
        }
        let now = now();
        self.event
            .replace("{{now}}", &now.to_rfc3339_opts(SecondsFormat::Secs, true))
            .replace("{{now:alarm}}", &now.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string())
            .replace("{{now:ms}}", &now.timestamp_millis().to_string())
            .replace("{{long ago}}", &(now - TimeDelta::hours(7)).to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

/// Whether an answer is the expected one.
pub(crate) fn is_expected(expected: &Expected, is_error: bool, body: &str) -> bool {
    let Ok(mut body) = serde_json::from_str::<Value>(body) else { return false };
    match expected {
        Expected::Answer(answer) => {
            without_times(&mut body);
            !is_error && body == *answer
        }
        Expected::Error(error_type) => is_error && body["errorType"] == error_type.as_str(),
    }
}

/// Every example event, with the answer that its transcript in the tests has, and what goes otherwise.
pub(crate) fn kinds(root: &Path) -> Result<Vec<Kind>, Box<dyn Error>> {
    let mut kinds = examples(root)?;
    kinds.extend(otherwise()?);
    Ok(kinds)
}

fn examples(root: &Path) -> Result<Vec<Kind>, Box<dyn Error>> {
    let mut names: Vec<String> = fs::read_dir(root.join("tests/transcripts/examples"))?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".txt")?.to_owned()))
        .collect();
    names.sort();
    names.into_iter().map(|name| example(root, name)).collect()
}

fn example(root: &Path, name: String) -> Result<Kind, Box<dyn Error>> {
    let event = fs::read_to_string(root.join(format!("events/{name}.json")))?;
    let transcript = fs::read_to_string(root.join(format!("tests/transcripts/examples/{name}.txt")))?;
    let part = |title: &str| {
        let part = transcript.split_once(&format!("-- {title} --\n"))?.1;
        Some(part.split("\n-- ").next().unwrap_or_default())
    };
    let mut answer = serde_json::from_str(part("answer").ok_or_else(|| format!("{name}: no answer"))?)?;
    without_times(&mut answer);
    let conversation = part("conversation").ok_or_else(|| format!("{name}: no conversation"))?;
    let writes = conversation
        .lines()
        .filter(|line| ["PUT ", "PATCH ", "DELETE ", "POST / Update"].iter().any(|write| line.starts_with(write)));
    let writes = writes.count();
    Ok(Kind { name, seed: Seed::example(), event, expected: Expected::Answer(answer), writes, deliveries: 1 })
}

/// What the examples do not show: repeats, what is refused, busy, late, wrong, or answered by AWS with an error.
fn otherwise() -> Result<Vec<Kind>, Box<dyn Error>> {
    let endpoint =
        |name: &str| json!({"EndpointArn": format!("arn:aws:sagemaker:us-east-1:123456789012:endpoint/{name}")});
    let busy = json!({"status": "Updating", "change": {"endsAfter": {"milliseconds": 3_600_000}}});
    let busy = || in_region("us-east-1", json!({"endpoints": {"recsys": busy}}));
    let elsewhere = || {
        let example = Seed::example();
        let mut seed = Seed::example();
        let account = seed.accounts.entry("123456789012".to_owned()).or_default();
        if let Some(region) = example.accounts.get("123456789012").and_then(|account| account.get("us-east-1")) {
            account.insert("eu-west-1".to_owned(), region.clone());
        }
        seed
    };
    let faulty = |operation: &str, fault: Fault| {
        let mut seed = Seed::example();
        seed.faults.insert(operation.to_owned(), vec![fault]);
        seed
    };
    let (read, write) = ("DescribeEndpoint", "UpdateEndpointWeightsAndCapacities");
    let here = Seed::example;
    let gone = in_region("us-east-1", json!({"endpoints": {"embeddings": null}}))?;
    let mut kinds = vec![
        kind("unchanged", here(), scale(json!(2)), answer(endpoint("recsys")), 0),
        kind("refused: above max", here(), scale(json!(600)), error("GuardrailViolation"), 0),
        kind("refused: above maxStep", here(), scale(json!(15)), error("GuardrailViolation"), 0),
        kind("busy, skipped", busy()?, with(scale(json!(6)), "onBusy", "skip"), answer(endpoint("recsys")), 0),
        kind("busy, failed", busy()?, with(scale(json!(6)), "onBusy", "fail"), error("TargetBusy"), 0),
        kind("late", here(), with(scale(json!(6)), "issuedAt", "{{long ago}}"), error("EventExpired"), 0),
        kind("not found", gone, scale_of("embeddings", json!(6)), error("ValidationException"), 0),
        kind(
            "mistake: unknown action",
            here(),
            json!({"action": "lambda:Delete", "input": {}}),
            error("InvalidAction"),
            0,
        ),
        kind("mistake: unknown member", here(), with(scale(json!(6)), "onBussy", "skip"), error("InvalidAction"), 0),
        kind("mistake: wrong number", here(), scale(json!(-1)), error("InvalidAction"), 0),
        kind("mistake: no event", here(), json!({"greeting": "hello"}), error("InvalidEvent"), 0),
        kind("denied", faulty(read, Fault::access_denied()), scale(json!(6)), error("AccessDeniedException"), 0),
        kind(
            "denied to write",
            faulty(write, Fault::access_denied()),
            scale(json!(6)),
            error("AccessDeniedException"),
            1,
        ),
        kind("a page", faulty(read, Fault::html(200)), scale(json!(6)), error("UnrecognisedResponse"), 0),
        kind(
            "not well",
            faulty(read, Fault::error(501, "SomethingNew", "")),
            scale(json!(6)),
            error("SomethingNew"),
            0,
        ),
        kind("closed", faulty(read, Fault::drop_connection()), scale(json!(6)), answer(endpoint("recsys")), 1),
        kind(
            "answer of the write lost",
            faulty(write, Fault::lose_answer()),
            scale(json!(6)),
            answer(endpoint("recsys")),
            2,
        ),
        kind("failing once", faulty(read, Fault::server_error()), scale(json!(6)), answer(endpoint("recsys")), 1),
        kind("some of a batch", here(), batch(), error("ActionsFailed"), 1),
        kind("some of a queue", here(), queue()?, answer(json!({"batchItemFailures": [{"itemIdentifier": "m2"}]})), 1),
    ];
    let mut throttled = elsewhere();
    throttled.faults.insert(read.to_owned(), vec![Fault::throttle()]);
    let ireland = json!({"EndpointArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/recsys"});
    kinds.push(kind("throttled", throttled, with(scale(json!(6)), "region", "eu-west-1"), answer(ireland), 1));
    let repeat = with(scale(json!({"add": 2, "max": 8})), "issuedAt", "{{now}}");
    let mut at_once = here();
    at_once.changes.pace = Some(Pace::Reads(0));
    kinds.push(Kind { deliveries: 2, ..kind("repeated", at_once, repeat, answer(endpoint("recsys")), 1) });
    Ok(kinds)
}

fn kind(name: &str, seed: Seed, event: Value, expected: Expected, writes: usize) -> Kind {
    Kind { name: name.to_owned(), seed, event: event.to_string(), expected, writes, deliveries: 1 }
}

fn answer(answer: Value) -> Expected {
    Expected::Answer(answer)
}

fn error(error_type: &str) -> Expected {
    Expected::Error(error_type.to_owned())
}

fn scale(count: Value) -> Value {
    scale_of("recsys", count)
}

fn scale_of(endpoint: &str, count: Value) -> Value {
    let capacities = json!([{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]);
    json!({
        "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
        "input": {"EndpointName": endpoint, "DesiredWeightsAndCapacities": capacities},
    })
}

fn batch() -> Value {
    json!({"actions": [scale(json!(3)), scale_of("nobody", json!(3))]})
}

fn queue() -> Result<Value, Box<dyn Error>> {
    let record = |id: &str, body: Value| {
        json!({
            "messageId": id, "receiptHandle": "r", "body": body.to_string(),
            "attributes": {
                "ApproximateReceiveCount": "1", "SentTimestamp": "{{now:ms}}", "SenderId": "AIDAEXAMPLESENDER0001",
                "ApproximateFirstReceiveTimestamp": "{{now:ms}}",
            },
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:capacity-requests", "awsRegion": "us-east-1",
        })
    };
    Ok(json!({"Records": [record("m1", scale(json!(3))), record("m2", scale_of("nobody", json!(3)))]}))
}

fn with(mut payload: Value, name: &str, value: &str) -> Value {
    payload[name] = json!(value);
    payload
}

/// The example with a Region otherwise.
pub(crate) fn in_region(region: &str, patch: Value) -> Result<Seed, Box<dyn Error>> {
    Ok(Seed::example().patched(&json!({"accounts": {"123456789012": {region: patch}}}))?)
}

/// Puts one word for every time.
fn without_times(value: &mut Value) {
    match value {
        Value::String(text) if is_time(text) => *text = "TIME".to_owned(),
        Value::Array(values) => values.iter_mut().for_each(without_times),
        Value::Object(members) => members.values_mut().for_each(without_times),
        _ => {}
    }
}

fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 19 && bytes[4] == b'-' && bytes[7] == b'-' && bytes[10] == b'T' && bytes[13] == b':'
}
