//! One event for a profiler: `payload event SHAPE BYTES` prints one, `payload decode` and `payload plan` read it.

use std::env;
use std::error::Error;
use std::io::{read_to_string, stdin};

use library::{Shape, decoded, planned, planning};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["event", shape, bytes] => {
            println!("{}", Shape::named(shape).ok_or("no such shape")?.event(bytes.parse()?));
        }
        ["decode"] => println!("{} requests or mistakes", decoded(&read_to_string(stdin())?)),
        ["plan"] => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
            let report = runtime.block_on(planned(&planning("{}"), &read_to_string(stdin())?));
            println!("{} decisions", report.decisions.len());
        }
        _ => return Err("usage: payload event SHAPE BYTES, payload decode, or payload plan".into()),
    }
    Ok(())
}
