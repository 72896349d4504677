//! The Runtime API itself: the next event, and the answers to it.

use std::fs::OpenOptions;
use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::job::{Cost, Job, Measured};
use crate::process::Process;

/// Starts the function, serves it until it has answered every event, and ends it.
pub(crate) async fn run(job: Job) -> io::Result<Measured> {
    let seconds = Duration::from_secs(job.seconds);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (done, all_done) = oneshot::channel();
    let [program, arguments @ ..] = job.command.as_slice() else {
        return Err(io::Error::other("no command"));
    };
    let log = OpenOptions::new().create(true).append(true).open(&job.log)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(&job.environment)
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string())
        .current_dir(&job.directory)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true);
    let started = Instant::now();
    let mut child = command.spawn()?;
    let process = Process::new(child.id().ok_or_else(|| io::Error::other("the function ended at once"))?);
    let state = State { job, process, started, sent: None, measured: Measured::default(), done: Some(done) };
    let state = Arc::new(Mutex::new(state));
    let accepting = tokio::spawn(accept(listener, Arc::clone(&state)));
    let ended = tokio::select! {
        ended = timeout(seconds, all_done) => match ended {
            Ok(Ok(ended)) => ended,
            Ok(Err(_)) => Err("nobody serves the function any more".to_owned()),
            Err(_) => Err(format!("the function did not finish within {} s", seconds.as_secs())),
        },
        status = child.wait() => Err(format!("the function ended: {}", status?)),
    };
    accepting.abort();
    if let Err(problem) = ended {
        return Err(io::Error::other(problem));
    }
    let mut measured = std::mem::take(&mut lock(&state).measured);
    measured.peak_rss_kib = process.status("VmHWM")?;
    process.terminate()?;
    // Under a profiler it writes its profile now.
    timeout(Duration::from_secs(60), child.wait()).await??;
    Ok(measured)
}

/// The function's life so far.
struct State {
    job: Job,
    process: Process,
    started: Instant,
    sent: Option<Sent>,
    measured: Measured,
    done: Option<oneshot::Sender<Result<(), String>>>,
}

/// An event that is being worked on.
struct Sent {
    at: Instant,
    cpu: Duration,
    took: Option<Duration>,
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(move |request| serve(request, Arc::clone(&state)));
            // A connection that breaks is followed by the end of the function, which is reported.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn serve(request: Request<Incoming>, state: Arc<Mutex<State>>) -> io::Result<Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().trim_start_matches("/2018-06-01/runtime/").to_owned();
    if parts.method == Method::GET && path == "invocation/next" {
        let next = lock(&state).next();
        return match next {
            Ok(Some(event)) => answer(200, event),
            // There is no further event: Lambda would freeze the function here.
            Ok(None) => std::future::pending().await,
            Err(error) => {
                lock(&state).end(Err(error.to_string()));
                Err(error)
            }
        };
    }
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let mut state = lock(&state);
    let text = String::from_utf8_lossy(&body).into_owned();
    if path.ends_with("/response") {
        state.answered(text);
    } else {
        state.end(Err(format!("{path}: {text}")));
    }
    answer(202, String::new())
}

fn answer(status: u16, body: String) -> io::Result<Response<Full<Bytes>>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let deadline = now + DEADLINE;
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        // Each is an invocation of its own, also of those that other processes get.
        .header(
            "lambda-runtime-aws-request-id",
            format!("8476a536-e9f4-11e8-9739-{:012x}", now.as_micros() & 0xffff_ffff_ffff),
        )
        .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:setpoint")
        .header("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0")
        .body(Full::new(Bytes::from(body)))
        .map_err(io::Error::other)
}

/// The longest time-out a function can have.
const DEADLINE: Duration = Duration::from_mins(15);

impl State {
    /// Ends the step before, and begins the next one with an event; `None` when there is none.
    fn next(&mut self) -> io::Result<Option<String>> {
        let cpu = self.process.cpu()?;
        self.measured.threads = self.measured.threads.max(self.process.status("Threads")?);
        match self.sent.take() {
            None => {
                self.measured.init = cost(self.started.elapsed(), cpu);
                if let Some(control_group) = &self.job.control_group {
                    self.process.enter(control_group)?;
                }
            }
            Some(Sent { took: Some(took), cpu: before, .. }) => {
                self.measured.invocations.push(cost(took, cpu - before))
            }
            Some(Sent { took: None, .. }) => return Err(io::Error::other("an event was not answered")),
        }
        let number = self.measured.invocations.len();
        if number == self.job.invocations {
            self.end(Ok(()));
            return Ok(None);
        }
        let event = self.job.events[number % self.job.events.len()].clone();
        self.sent = Some(Sent { at: Instant::now(), cpu: self.process.cpu()?, took: None });
        Ok(Some(event))
    }

    fn answered(&mut self, answer: String) {
        if let Some(sent) = &mut self.sent {
            sent.took = Some(sent.at.elapsed());
        }
        self.measured.answer = answer;
    }

    fn end(&mut self, how: Result<(), String>) {
        if let Some(done) = self.done.take() {
            // Nobody waits any more when the time is up.
            let _ = done.send(how);
        }
    }
}

fn cost(wall: Duration, cpu: Duration) -> Cost {
    Cost { wall_us: wall.as_secs_f64() * 1e6, cpu_us: cpu.as_secs_f64() * 1e6 }
}
