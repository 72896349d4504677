//! What the documents tell people to type, and what they say comes of it, by the command line itself.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod aws;
mod block;
mod blocks;
mod commands;
mod diff;
#[path = "../../../tests/docs/document.rs"]
mod document;
mod history;
mod iam;
mod lint;
mod people;
mod replay;
mod schema;
mod setpoint;
mod simulate;
mod status;
mod support;
