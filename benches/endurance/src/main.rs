//! Soak and chaos, on the binary that is deployed: `endurance soak`, `endurance kill`, `endurance network`.

mod certificates;
mod function;
mod kill;
mod kinds;
mod network;
mod soak;
mod wire;
mod world;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The release binary for a long time, killed at any moment, and behind a network that fails.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    trial: Trial,
    /// The release binary
    #[arg(long, global = true, default_value = "target/release/setpoint")]
    function: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Trial {
    /// One process for a long time, with everything there is: does it grow, slow down, or ever answer otherwise
    Soak(soak::Soak),
    /// Processes killed at any moment, and their events delivered again: does each event count once
    Kill(kill::Kill),
    /// A network that is cut, slow, or leads to somebody else, in every phase of a call: is anything left half done
    Network(network::Network),
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let function = arguments
        .function
        .canonicalize()
        .map_err(|error| format!("{}: {error}; build it with cargo build --release", arguments.function.display()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match &arguments.trial {
            Trial::Soak(soak) => soak::run(soak, root, &function).await,
            Trial::Kill(kill) => kill::run(kill, &function).await,
            Trial::Network(network::Network {}) => network::run(&function).await,
        }
    })
}
