//! The handler against the sandbox: each promise as a whole conversation.

mod alarms;
mod autoscaled;
mod batch;
mod busy;
mod changes;
mod errors;
mod fleet;
mod guardrails;
mod happenings;
mod late;
mod ledger;
mod places;
mod plan;
mod purchases;
mod record;
mod sqs;
mod start;
mod targets;
mod timetables;
mod wait;
