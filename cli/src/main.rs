//! `cargo setpoint`: runs the function's handler for people, against the embedded sandbox or a real account.

mod completion;
mod diff;
mod event_file;
mod history;
mod iam;
mod input;
mod invoke;
mod lint;
mod moments;
mod progress;
mod replay;
mod schema;
mod show;
mod simulate;
mod status;
mod story;
mod world;
mod yaml;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use setpoint_sandbox::{DEFAULT_REGION, Exchange, Options, Sandbox};

use crate::invoke::Intent;
use crate::world::Which;

/// Runs Setpoint's handler on one event, and serves the sandbox it runs against.
#[derive(Parser)]
#[command(name = "cargo setpoint", bin_name = "cargo setpoint", version, subcommand_required = true)]
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
    /// Takes what failed, a record, a message or a queue, says why, plans it, asks, sends it again, and deletes it when done.
    Replay(replay::Arguments),
    /// Says what is wrong with payloads, configurations and templates, and where; exits 0 for nothing, 1 for findings.
    Lint(lint::Lint),
    /// Prints the least that IAM has to allow for what payloads, configurations and templates ask for.
    Iam(iam::Arguments),
    /// Prints the JSON Schema of payloads or of configurations, by which an editor completes and checks them.
    Schema(schema::Schema),
    /// Serves the sandbox (SageMaker, Lambda and Bedrock control planes) until it is stopped.
    Sandbox(Serve),
    /// Plays timetables, schedules and alarms through the handler on virtual time, and says what comes of every target's capacity.
    Simulate(simulate::Arguments),
    /// Draws what every target's capacity has been and says who changed it, from the function's log.
    History(history::Arguments),
    /// Says what should stand by the timetables now, and what does; exits 0 where all is so, 1 where something is not.
    Status(status::Arguments),
    /// Says what another configuration changes of every target's capacity over a week; exits 0 for nothing, 1 for differences.
    Diff(diff::Arguments),
    /// Prints a script by which a shell completes this command line.
    Completion(completion::Completion),
}

#[derive(Args)]
struct Event {
    /// The event as JSON or YAML: a file such as events/sagemaker-scale-up.schedule.json, or - for standard input.
    event: PathBuf,
    /// The operator's configuration; otherwise SETPOINT_CONFIG, else a setpoint.json beside the event.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
}

#[derive(Args)]
struct Serve {
    /// Host and port to listen on, such as localhost:4580; port 0 stands for any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: String,
    /// What exists in it; otherwise the example that comes with it.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Prints every request with its status on standard error, when it is answered.
    #[arg(long)]
    log: bool,
}

/// What a wrong command line ends with, as `sysexits.h` has it: 2 is `plan`'s word for changes.
const USAGE: u8 = 64;

fn main() -> ExitCode {
    let command = match Arguments::try_parse() {
        Ok(arguments) => arguments.command,
        Err(told) => {
            // A closed pipe is the reader's decision.
            let _ = told.print();
            return if told.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
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
                    Command::Replay(arguments) => replay::run(arguments).await,
                    Command::Lint(arguments) => Ok(lint::run(&arguments)),
                    Command::Iam(arguments) => iam::run(&arguments),
                    Command::Schema(arguments) => Ok(schema::run(&arguments)),
                    Command::Sandbox(serve) => sandbox(serve).await,
                    Command::Simulate(arguments) => simulate::run(arguments).await,
                    Command::History(arguments) => history::run(&arguments),
                    Command::Status(arguments) => status::run(arguments).await,
                    Command::Diff(arguments) => diff::run(arguments).await,
                    Command::Completion(arguments) => Ok(completion::run(&arguments)),
                }
            })
        });
    outcome.unwrap_or_else(|why| {
        show::complaint(&why);
        ExitCode::FAILURE
    })
}

/// The address that a host and a port name: of several the one of IPv4, which every client tries.
async fn address(listen: &str) -> std::io::Result<SocketAddr> {
    let found: Vec<SocketAddr> = tokio::net::lookup_host(listen).await?.collect();
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| std::io::Error::other("there is no such host"))
}

async fn sandbox(serve: Serve) -> Result<ExitCode, String> {
    let seed = world::seed(serve.seed.as_deref())?;
    let refused = |error: std::io::Error| format!("cannot listen on {}: {error}", serve.listen);
    let told = serve.log.then_some(show::exchange as fn(&Exchange));
    let options = Options { listen: address(&serve.listen).await.map_err(refused)?, told, ..Options::default() };
    let sandbox = Sandbox::start(seed, options).await.map_err(refused)?;
    let url = sandbox.url();
    show::answer(&format!("the sandbox listens on {url}; set AWS_ENDPOINT_URL to that, and any keys will do:"));
    show::answer(&format!(
        "export AWS_ENDPOINT_URL={url} AWS_REGION={DEFAULT_REGION} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"
    ));
    show::answer(&format!("what is in it, what was asked of it, and faults for it: {url}/_sandbox/"));
    sandbox.serve_forever().await;
    Ok(ExitCode::SUCCESS)
}
