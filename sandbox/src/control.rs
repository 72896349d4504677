//! The sandbox's own paths, under `/_sandbox/`, for processes that cannot call its functions.

use chrono::{DateTime, Utc};

use crate::fault::Fault;
use crate::live::Live;
use crate::reply::Reply;
use crate::seed::Seed;

/// What every path of the sandbox's own begins with; no AWS operation has such a path.
const PREFIX: &str = "/_sandbox/";

/// Answers a request to one of the sandbox's own paths; `None` for any other path.
pub(crate) fn answer(live: &mut Live, method: &str, path: &str, body: &str, now: DateTime<Utc>) -> Option<Reply> {
    let path = path.strip_prefix(PREFIX)?;
    let done = |result: Result<(), String>| match result {
        Ok(()) => Reply::empty(204),
        Err(problem) => Reply::text(400, "text/plain", problem),
    };
    Some(match (method, path, path.strip_prefix("faults/")) {
        ("GET", "state", _) => Reply::json(200, JSON, live.settled(now)),
        ("PUT", "state", _) => done(replace(live, body, now)),
        ("PATCH", "state", _) => done(patch(live, body, now)),
        ("GET", "transcript", _) => Reply::json(200, JSON, &live.transcript()),
        ("DELETE", "transcript", _) => {
            live.clear_transcript();
            done(Ok(()))
        }
        ("POST", _, Some(operation)) => done(script(live, operation, body)),
        ("DELETE", "faults", _) => {
            live.seed.faults.clear();
            done(Ok(()))
        }
        _ => Reply::text(404, "text/plain", PATHS),
    })
}

const JSON: &str = "application/json";

const PATHS: &str = "\
GET    /_sandbox/state              the whole state, in the form of a seed
PUT    /_sandbox/state              another seed instead
PATCH  /_sandbox/state              the state, otherwise where a JSON merge patch says so
GET    /_sandbox/transcript         every request and its answer
DELETE /_sandbox/transcript         forgets them
POST   /_sandbox/faults/OPERATION   one more fault for an operation, or for every operation: *
DELETE /_sandbox/faults             forgets the faults
";

fn replace(live: &mut Live, body: &str, now: DateTime<Utc>) -> Result<(), String> {
    live.seed = Seed::from_json(body).map_err(|error| error.to_string())?;
    live.settled(now);
    Ok(())
}

fn patch(live: &mut Live, body: &str, now: DateTime<Utc>) -> Result<(), String> {
    let patch = serde_json::from_str(body).map_err(|error| format!("not a patch: {error}"))?;
    live.seed = live.settled(now).patched(&patch).map_err(|error| error.to_string())?;
    live.settled(now);
    Ok(())
}

fn script(live: &mut Live, operation: &str, body: &str) -> Result<(), String> {
    let fault: Fault = serde_json::from_str(body).map_err(|error| format!("not a fault: {error}"))?;
    live.script(operation, fault)
}
