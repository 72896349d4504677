//! What is asked of this program, and what it answers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A function process to run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    /// The program and its arguments.
    pub(crate) command: Vec<String>,
    /// Its whole environment, to which `AWS_LAMBDA_RUNTIME_API` is added.
    pub(crate) environment: BTreeMap<String, String>,
    /// Where it is started.
    pub(crate) directory: PathBuf,
    /// What its output goes to.
    pub(crate) log: PathBuf,
    /// The events, in turn.
    pub(crate) events: Vec<String>,
    /// How many to send.
    pub(crate) invocations: usize,
    /// The `cgroup.procs` of the control group that the process is moved into when it first asks for an event.
    pub(crate) control_group: Option<PathBuf>,
    /// How long all of it may take.
    pub(crate) seconds: u64,
}

/// How it went.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Measured {
    /// From the start of the process until it first asked for an event.
    pub(crate) init: Cost,
    /// From each event until the answer to it.
    pub(crate) invocations: Vec<Cost>,
    /// The most memory it had resident, in KiB.
    pub(crate) peak_rss_kib: u64,
    /// The most threads it was seen with.
    pub(crate) threads: u64,
    /// The last answer.
    pub(crate) answer: String,
}

/// What one step took.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Cost {
    /// Time that passed, in microseconds.
    pub(crate) wall_us: f64,
    /// CPU time of the process until it asked for the next event, in microseconds.
    pub(crate) cpu_us: f64,
}
