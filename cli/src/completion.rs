//! What a shell completes the command line by.

use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::{Arguments, show};

/// For which shell.
#[derive(Args)]
pub(crate) struct Completion {
    /// The shell that is to complete.
    shell: Shell,
}

/// What the command is to be called: a shell completes names of files, and `cargo setpoint` is none.
const NAME: &str = "setpoint";

/// Prints the script that the shell is to read.
pub(crate) fn run(Completion { shell }: &Completion) -> ExitCode {
    let mut command = Arguments::command().name(NAME).bin_name(NAME);
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut command, NAME, &mut script);
    show::answer(String::from_utf8_lossy(&script).trim_end());
    ExitCode::SUCCESS
}
