//! `cargo setpoint`: runs the function's handler for people, against the embedded sandbox or a real account.

mod event_file;
mod invoke;
mod lint;
mod show;
mod simulate;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use setpoint_sandbox::{Options, Sandbox, Seed};

use crate::invoke::Intent;

/// Runs Setpoint's handler on one event, and serves the sandbox it runs against.
#[derive(Parser)]
#[command(name = "cargo setpoint", bin_name = "cargo setpoint", subcommand_required = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sends an event through the handler and prints the function's answer; exits 0, or 1 for a Lambda error.
    Invoke(Event),
    /// Prints what an event would change, without a write; exits 0 for nothing, 2 for changes, 1 for an error or refusal.
    Plan(Event),
    /// Says what is wrong with payloads, configurations and templates, and where; exits 0 for nothing, 1 for findings.
    Lint(lint::Lint),
    /// Serves the sandbox (SageMaker, Lambda and Bedrock control planes) until it is stopped.
    Sandbox(Serve),
    /// Plays timetables, schedules and alarms through the handler on virtual time, and says what comes of every target's capacity.
    Simulate(simulate::Arguments),
}

#[derive(Args)]
struct Event {
    /// The event as JSON: a file such as events/sagemaker-scale-up.schedule.json, or - for standard input.
    event: PathBuf,
    /// The operator's configuration; otherwise SETPOINT_CONFIG, else a setpoint.json beside the event.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What exists in the sandbox; otherwise the example that comes with it.
    #[arg(long, value_name = "FILE", conflicts_with = "aws")]
    seed: Option<PathBuf>,
    /// Uses the real AWS account that the SDK finds credentials for, instead of the sandbox.
    #[arg(long)]
    aws: bool,
}

#[derive(Args)]
struct Serve {
    /// The address to listen on; port 0 stands for any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// What exists in it; otherwise the example that comes with it.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
}

fn main() -> ExitCode {
    let command = match Arguments::try_parse() {
        Ok(arguments) => arguments.command,
        Err(refusal) => return refused(&refusal),
    };
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the async runtime does not start: {error}"))
        .and_then(|runtime| {
            runtime.block_on(async {
                match command {
                    Command::Invoke(event) => invoke::run(event, Intent::Invoke).await,
                    Command::Plan(event) => invoke::run(event, Intent::Plan).await,
                    Command::Lint(arguments) => Ok(lint::run(&arguments)),
                    Command::Sandbox(serve) => sandbox(serve).await,
                    Command::Simulate(arguments) => simulate::run(arguments).await,
                }
            })
        });
    outcome.unwrap_or_else(|why| {
        show::complaint(&why);
        ExitCode::FAILURE
    })
}

/// Says what is wrong with the command line, or what help was asked for.
fn refused(refusal: &clap::Error) -> ExitCode {
    // A closed pipe is the reader's decision.
    let _ = refusal.print();
    if refusal.use_stderr() { ExitCode::from(WRONG_COMMAND_LINE) } else { ExitCode::SUCCESS }
}

/// As in sysexits.h: no other end of a command looks like it.
const WRONG_COMMAND_LINE: u8 = 64;

async fn sandbox(serve: Serve) -> Result<ExitCode, String> {
    let seed = seed(serve.seed.as_deref())?;
    let options = Options { listen: serve.listen, ..Options::default() };
    let sandbox =
        Sandbox::start(seed, options).await.map_err(|error| format!("cannot listen on {}: {error}", serve.listen))?;
    show::answer(&format!("the sandbox listens on {}; set AWS_ENDPOINT_URL to that", sandbox.url()));
    sandbox.serve_forever().await;
    Ok(ExitCode::SUCCESS)
}

fn seed(path: Option<&std::path::Path>) -> Result<Seed, String> {
    match path {
        None => Ok(Seed::example()),
        Some(path) => Seed::from_file(path).map_err(|error| error.to_string()),
    }
}
