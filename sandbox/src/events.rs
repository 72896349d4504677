//! EventBridge: PutEvents, over `awsJson1_1`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Call;
use crate::constraint::Constraints;
use crate::reply::{Refusal, Reply};
use crate::resource::{BusEvent, EventBus};
use crate::world::World;

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// The most bytes that the entries of one call may have together.
const MAX_SIZE: usize = 256 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    entries: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    time: Option<f64>,
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    event_bus_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    failed_entry_count: usize,
    entries: Vec<ResultEntry>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResultEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

pub(crate) fn answer(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    match call.operation.as_str() {
        "PutEvents" => put_events(call, world),
        _ => Err(call.service.unknown_operation(&call.operation)),
    }
}

/// The ARN that an IAM refusal names.
pub(crate) fn resource(call: &Call) -> String {
    let input: Option<Input> = call.input().ok();
    let first = input.and_then(|input| input.entries?.into_iter().next()?.event_bus_name);
    let bus = first.unwrap_or_else(|| DEFAULT_BUS.to_owned());
    if bus.starts_with("arn:") { bus } else { call.arn(&format!("event-bus/{bus}")) }
}

/// `refusal` in the service's wire format.
pub(crate) fn error(refusal: &Refusal) -> Reply {
    let Refusal { status, code, message } = refusal;
    let body = serde_json::json!({"__type": code, "message": message});
    Reply::json(*status, CONTENT_TYPE, &body)
}

/// Entries stand for themselves: a wrong one takes no other down.
fn put_events(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let input: Input = call.input()?;
    let mut constraints = Constraints::default();
    let entries = constraints.required("entries", input.entries).unwrap_or_default();
    let listed = format!("[{} entries]", entries.len());
    constraints.check("entries", &listed, !entries.is_empty(), "have length greater than or equal to 1");
    constraints.check("entries", &listed, entries.len() <= 10, "have length less than or equal to 10");
    constraints.finish()?;
    if entries.iter().map(Entry::size).sum::<usize>() > MAX_SIZE {
        let message = "Total size of the entries in the request is over the limit.";
        return Err(Refusal::validation(message));
    }
    let results = entries.into_iter().enumerate().map(|(index, entry)| put(call, world, index, entry));
    let entries: Vec<ResultEntry> = results.collect();
    let failed_entry_count = entries.iter().filter(|entry| entry.error_code.is_some()).count();
    Ok(Reply::json(200, CONTENT_TYPE, &Output { failed_entry_count, entries }))
}

fn put(call: &Call, world: &mut World<'_>, index: usize, entry: Entry) -> ResultEntry {
    let name = entry.event_bus_name.as_deref().unwrap_or(DEFAULT_BUS);
    let name = name.strip_prefix(&call.arn("event-bus/")).unwrap_or(name).to_owned();
    let id = world.request_id.replacen("-4000-", &format!("-400{index}-"), 1);
    let put = entry.read(id.clone(), world.now).and_then(|event| {
        bus(world, name)?.events.push(event);
        Ok(())
    });
    match put {
        Ok(()) => ResultEntry { event_id: Some(id), ..ResultEntry::default() },
        Err((code, message)) => {
            ResultEntry { error_code: Some(code), error_message: Some(message), ..ResultEntry::default() }
        }
    }
}

fn bus<'a>(world: &'a mut World<'_>, name: String) -> Result<&'a mut EventBus, (&'static str, String)> {
    if name == DEFAULT_BUS {
        return Ok(world.region.event_buses.entry(name).or_default());
    }
    // What EventBridge answers for a bus that does not exist is unverified.
    let missing = || ("ResourceNotFoundException", format!("Event bus {name} does not exist."));
    world.region.event_buses.get_mut(&name).ok_or_else(missing)
}

/// The bus that every account has.
const DEFAULT_BUS: &str = "default";

impl Entry {
    /// How EventBridge counts an entry.
    ///
    /// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html>.
    fn size(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let time = if self.time.is_some() { 14 } else { 0 };
        let resources: usize = self.resources.iter().map(String::len).sum();
        time + text(&self.source) + text(&self.detail_type) + text(&self.detail) + resources
    }

    fn read(self, id: String, now: DateTime<Utc>) -> Result<BusEvent, (&'static str, String)> {
        let missing = |name: &str| {
            ("InvalidArgument", format!("Parameter {name} is not valid. Reason: {name} is a required argument."))
        };
        let source = self.source.filter(|source| !source.is_empty()).ok_or_else(|| missing("Source"))?;
        let detail_type = self.detail_type.filter(|name| !name.is_empty()).ok_or_else(|| missing("DetailType"))?;
        let detail = self.detail.ok_or_else(|| missing("Detail"))?;
        if source.starts_with("aws.") {
            let message = "Not authorized for the source.".to_owned();
            return Err(("NotAuthorizedForSourceException", message));
        }
        let detail: Value = serde_json::from_str(&detail)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| ("MalformedDetail", "Detail is malformed.".to_owned()))?;
        let time =
            self.time.and_then(|seconds| DateTime::from_timestamp_millis((seconds * 1000.0) as i64)).unwrap_or(now);
        Ok(BusEvent { id, time, source, detail_type, resources: self.resources, detail })
    }
}
