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
pub struct Process(Pid);

impl Process {
    /// The process of this id.
    #[must_use]
    pub fn new(id: u32) -> Self {
        Self(Pid::from_raw(id.cast_signed()))
    }

    /// The CPU time of all its threads, those that ended too.
    ///
    /// # Errors
    /// It is gone.
    pub fn cpu(self) -> io::Result<Duration> {
        Ok(Duration::from(clock_gettime(clock_getcpuclockid(self.0)?)?))
    }

    /// A number from its `status`, such as `VmHWM` in KiB.
    ///
    /// # Errors
    /// It is gone, or has no such number.
    pub fn status(self, name: &str) -> io::Result<u64> {
        self.number("status", name)
    }

    /// A number from its `smaps_rollup`, such as `Anonymous` in KiB.
    ///
    /// # Errors
    /// It is gone, or has no such number.
    pub fn memory(self, name: &str) -> io::Result<u64> {
        self.number("smaps_rollup", name)
    }

    /// How many descriptors it has open.
    ///
    /// # Errors
    /// It is gone.
    pub fn descriptors(self) -> io::Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.0))?.count())
    }

    fn number(self, file: &str, name: &str) -> io::Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/{file}", self.0))?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok())
            .ok_or_else(|| io::Error::other(format!("no {name} in the {file} of process {}", self.0)))
    }

    /// Moves it, with all its threads, into a control group.
    ///
    /// # Errors
    /// The control group does not take it.
    pub fn enter(self, control_group: &Path) -> io::Result<()> {
        fs::write(control_group, self.0.to_string())
    }

    /// Asks it to end.
    ///
    /// # Errors
    /// It is gone.
    pub fn terminate(self) -> io::Result<()> {
        Ok(kill(self.0, Signal::SIGTERM)?)
    }

    /// Ends it between two instructions.
    ///
    /// # Errors
    /// It is gone.
    pub fn kill(self) -> io::Result<()> {
        Ok(kill(self.0, Signal::SIGKILL)?)
    }
}
