//! `cargo setpoint schema`: what a payload and a configuration may be, as JSON Schema that editors read.

mod configuration;
mod count;
mod draft;
mod input;
mod payload;
mod spelling;
mod timetable;

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::show;

/// Whose schema is wanted.
#[derive(Args)]
pub(crate) struct Schema {
    /// The document that is written by it.
    #[arg(value_enum, value_name = "DOCUMENT")]
    of: Of,
}

/// What has a schema.
#[derive(Clone, Copy, ValueEnum)]
enum Of {
    /// What a schedule, a message or a binding asks the function for.
    Payload,
    /// The operator's document: guardrails, roles, bindings and timetables.
    Configuration,
}

/// Prints a schema.
pub(crate) fn run(arguments: &Schema) -> ExitCode {
    show::json(&match arguments.of {
        Of::Payload => payload::document(),
        Of::Configuration => configuration::document(),
    });
    ExitCode::SUCCESS
}
