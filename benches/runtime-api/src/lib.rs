//! A Lambda Runtime API for one function process: starts it, hands it events, takes its answers, and ends it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

mod function;
mod process;

pub use function::{Answer, Event, Function};
pub use process::Process;
