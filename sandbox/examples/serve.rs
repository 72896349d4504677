//! Serves a sandbox until it is stopped: `serve [--listen ADDRESS] [SEED.json]`; the first line it prints is its URL.

use std::error::Error;
use std::io::Write;

use setpoint_sandbox::{Options, Sandbox, Seed};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut options = Options::default();
    let mut seed = Seed::example();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--listen" {
            options.listen = arguments.next().ok_or("--listen needs an address")?.parse()?;
        } else {
            seed = Seed::from_file(argument)?;
        }
    }
    let sandbox = Sandbox::start(seed, options).await?;
    writeln!(std::io::stdout(), "{}", sandbox.url())?;
    sandbox.serve_forever().await;
    Ok(())
}
