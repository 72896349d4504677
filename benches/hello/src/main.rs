//! The floor: what any Lambda function in Rust costs before it does anything.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

fn main() -> Result<(), Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(service_fn(hello)))
}

async fn hello(event: LambdaEvent<Value>) -> Result<Value, Error> {
    Ok(event.payload)
}
