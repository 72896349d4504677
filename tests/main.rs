//! All tests of the function from outside, in one binary: the SDK crates are slow to link.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod conformance;
mod decode;
mod docs;
mod faults;
mod scenario;
mod support;
mod wire;
