//! The Runtime API itself: the next event, and the answers to it.

use std::io;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use crate::process::Process;

/// One invocation.
#[derive(Clone, Debug)]
pub struct Event {
    /// What the function is handed.
    pub body: String,
    /// Lambda's id of the invocation, which its own retries keep.
    pub request_id: String,
    /// How long it may take.
    pub time: Duration,
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// True for an error of the function.
    pub is_error: bool,
    /// The response, or the error, as JSON.
    pub body: String,
}

/// A function process. Dropping it kills the process.
#[derive(Debug)]
pub struct Function {
    child: Child,
    process: Process,
    started: Instant,
    said: mpsc::UnboundedReceiver<Said>,
    asks: Option<oneshot::Sender<Event>>,
    serving: JoinHandle<()>,
}

/// What a function says to the Runtime API.
enum Said {
    Next(oneshot::Sender<Event>),
    Answer(Answer),
}

impl Function {
    /// Starts what `command` says, with nothing in its environment but what that sets and the address of this Runtime API.
    ///
    /// # Errors
    /// There is no port, or the program does not start.
    pub async fn start(command: std::process::Command) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut command = Command::from(command);
        command.env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string());
        command.stdin(Stdio::null()).kill_on_drop(true);
        let started = Instant::now();
        let child = command.spawn()?;
        let process = Process::new(child.id().ok_or_else(|| io::Error::other("the function ended at once"))?);
        let (says, said) = mpsc::unbounded_channel();
        let serving = tokio::spawn(accept(listener, says));
        Ok(Self { child, process, started, said, asks: None, serving })
    }

    /// Its process.
    #[must_use]
    pub fn process(&self) -> Process {
        self.process
    }

    /// When its process was started.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Waits until it asks for an event.
    ///
    /// # Errors
    /// It ended instead, or failed to start.
    pub async fn asks(&mut self) -> io::Result<()> {
        match self.hears().await? {
            Said::Next(asks) => self.asks = Some(asks),
            Said::Answer(answer) => return Err(io::Error::other(answer.body)),
        }
        Ok(())
    }

    /// Hands it the event that it has asked for.
    ///
    /// # Errors
    /// It has not asked, or does not wait any more.
    pub fn hand(&mut self, event: Event) -> io::Result<()> {
        let asks = self.asks.take().ok_or_else(|| io::Error::other("the function has not asked for an event"))?;
        asks.send(event).map_err(|_| io::Error::other("the function does not wait for its event any more"))
    }

    /// Waits for the answer to the event that it was handed.
    ///
    /// # Errors
    /// It ended instead, or asked for another event.
    pub async fn answer(&mut self) -> io::Result<Answer> {
        match self.hears().await? {
            Said::Answer(answer) => Ok(answer),
            Said::Next(_) => Err(io::Error::other("an event was not answered")),
        }
    }

    /// Waits until its process has ended.
    ///
    /// # Errors
    /// Its status cannot be read.
    pub async fn ended(&mut self) -> io::Result<()> {
        self.child.wait().await.map(|_| ())
    }

    async fn hears(&mut self) -> io::Result<Said> {
        tokio::select! {
            biased;
            said = self.said.recv() => said.ok_or_else(|| io::Error::other("nobody serves the function any more")),
            status = self.child.wait() => Err(io::Error::other(format!("the function ended: {}", status?))),
        }
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn accept(listener: TcpListener, says: mpsc::UnboundedSender<Said>) {
    // Dropping the set closes every connection.
    let mut connections = JoinSet::new();
    // When nobody can connect any more, the function ends, which is reported.
    while let Ok((stream, _)) = listener.accept().await {
        let says = says.clone();
        connections.spawn(async move {
            let _ = stream.set_nodelay(true);
            let service = service_fn(move |request| serve(request, says.clone()));
            // A connection that breaks is followed by the end of the function, which is reported.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(request: Request<Incoming>, says: mpsc::UnboundedSender<Said>) -> io::Result<Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().trim_start_matches("/2018-06-01/runtime/").to_owned();
    if parts.method == Method::GET && path == "invocation/next" {
        let (asks, event) = oneshot::channel();
        // Whoever does not listen any more ends the function.
        let _ = says.send(Said::Next(asks));
        let Ok(event) = event.await else {
            // There is no further event: Lambda would freeze the function here.
            return std::future::pending().await;
        };
        return handed(event);
    }
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    let _ = says.send(Said::Answer(Answer { is_error: !path.ends_with("/response"), body }));
    Response::builder().status(202).body(Full::default()).map_err(io::Error::other)
}

fn handed(event: Event) -> io::Result<Response<Full<Bytes>>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Response::builder()
        .status(200)
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", event.request_id)
        .header("lambda-runtime-deadline-ms", (now + event.time).as_millis().to_string())
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:setpoint")
        .header("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0")
        .body(Full::new(Bytes::from(event.body)))
        .map_err(io::Error::other)
}
