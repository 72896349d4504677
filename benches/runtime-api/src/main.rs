//! Runs one function process and measures it: reads a [`Job`] from standard input and prints a [`Measured`], both JSON.

mod job;
mod measure;

use std::error::Error;
use std::io::{read_to_string, stdin};

use job::{Job, Measured};

fn main() -> Result<(), Box<dyn Error>> {
    let job: Job = serde_json::from_str(&read_to_string(stdin())?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured: Measured = runtime.block_on(measure::run(job))?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}
