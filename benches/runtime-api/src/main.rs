//! A Lambda Runtime API that starts one function process, hands it events, and measures it.
//!
//! Reads a [`Job`] from standard input and prints a [`Measured`], both JSON.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

mod job;
mod process;
mod server;

use std::error::Error;
use std::io::{read_to_string, stdin};

fn main() -> Result<(), Box<dyn Error>> {
    let job = serde_json::from_str(&read_to_string(stdin())?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(server::run(job))?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}
