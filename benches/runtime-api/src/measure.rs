//! What one function process takes for its events.

use std::fs::OpenOptions;
use std::io;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use runtime_api::{Event, Function, Process};
use tokio::time::timeout;

use crate::job::{Cost, Job, Measured};

/// Starts the function, hands it events until it has answered all, and ends it.
pub(crate) async fn run(job: Job) -> io::Result<Measured> {
    let [program, arguments @ ..] = job.command.as_slice() else {
        return Err(io::Error::other("no command"));
    };
    let log = OpenOptions::new().create(true).append(true).open(&job.log)?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(&job.environment).current_dir(&job.directory);
    command.stdout(log.try_clone()?).stderr(log);
    let mut function = Function::start(command).await?;
    let process = function.process();
    let Ok(measured) = timeout(Duration::from_secs(job.seconds), measure(&job, &mut function)).await else {
        return Err(io::Error::other(format!("the function did not finish within {} s", job.seconds)));
    };
    let mut measured = measured?;
    measured.peak_rss_kib = process.status("VmHWM")?;
    process.terminate()?;
    // Under a profiler it writes its profile now.
    timeout(Duration::from_secs(60), function.ended()).await??;
    Ok(measured)
}

async fn measure(job: &Job, function: &mut Function) -> io::Result<Measured> {
    let process = function.process();
    let mut measured = Measured::default();
    function.asks().await?;
    measured.init = cost(function.started().elapsed(), process.cpu()?);
    if let Some(control_group) = &job.control_group {
        process.enter(control_group)?;
    }
    for body in job.events.iter().cycle().take(job.invocations) {
        measured.threads = measured.threads.max(threads(process)?);
        let event = Event { body: body.clone(), request_id: request_id(), time: DEADLINE };
        let (at, before) = (Instant::now(), process.cpu()?);
        function.hand(event)?;
        let answer = function.answer().await?;
        let took = at.elapsed();
        if answer.is_error {
            return Err(io::Error::other(answer.body));
        }
        measured.answer = answer.body;
        function.asks().await?;
        measured.invocations.push(cost(took, process.cpu()?.saturating_sub(before)));
    }
    measured.threads = measured.threads.max(threads(process)?);
    Ok(measured)
}

fn threads(process: Process) -> io::Result<u64> {
    process.status("Threads")
}

/// Each is an invocation of its own, also of those that other processes get.
fn request_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("8476a536-e9f4-11e8-9739-{:012x}", now.as_micros() & 0xffff_ffff_ffff)
}

/// The longest time-out a function can have.
const DEADLINE: Duration = Duration::from_mins(15);

fn cost(wall: Duration, cpu: Duration) -> Cost {
    Cost { wall_us: wall.as_secs_f64() * 1e6, cpu_us: cpu.as_secs_f64() * 1e6 }
}
