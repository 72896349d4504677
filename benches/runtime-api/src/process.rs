//! The function's process, as the kernel sees it.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

/// A process by its id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(Pid);

impl Process {
    pub(crate) fn new(id: u32) -> Self {
        Self(Pid::from_raw(id.cast_signed()))
    }

    /// The CPU time of all its threads, those that ended too.
    pub(crate) fn cpu(self) -> io::Result<Duration> {
        Ok(Duration::from(clock_gettime(clock_getcpuclockid(self.0)?)?))
    }

    /// A number from its `status`, such as `VmHWM` in KiB.
    pub(crate) fn status(self, name: &str) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok())
            .ok_or_else(|| io::Error::other(format!("no {name} in the status of process {}", self.0)))
    }

    /// Moves it, with all its threads, into a control group.
    pub(crate) fn enter(self, control_group: &Path) -> io::Result<()> {
        fs::write(control_group, self.0.to_string())
    }

    /// Asks it to end.
    pub(crate) fn terminate(self) -> io::Result<()> {
        Ok(kill(self.0, Signal::SIGTERM)?)
    }
}
