//! The sandbox of one trial, and the way of each call into it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use setpoint_sandbox::{Answer, Offline, Seed};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;

/// A sandbox that outlives the connections to it.
#[derive(Debug)]
pub(crate) struct World {
    offline: Mutex<Offline>,
    operations: Mutex<Vec<String>>,
}

/// What becomes of a call that has been read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It takes effect now, and is answered.
    Ordinary,
    /// It takes effect so much later, whoever may have died meanwhile, and nobody is told.
    Late(Duration),
    /// It is lost.
    Lost,
    /// Its connection ends without an answer, before it has taken effect.
    Cut,
    /// Its connection ends without an answer, after it has taken effect.
    CutAfterwards,
}

impl World {
    pub(crate) fn new(seed: Seed) -> Result<Arc<Self>, String> {
        Ok(Arc::new(Self { offline: Mutex::new(Offline::new(seed)?), operations: Mutex::default() }))
    }

    pub(crate) fn offline(&self) -> MutexGuard<'_, Offline> {
        self.offline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads or changes its state.
    pub(crate) fn edit<T>(&self, change: impl FnOnce(&mut Seed) -> T) -> T {
        self.offline().edit(now(), change)
    }

    /// The operations called since the last look.
    pub(crate) fn operations(&self) -> Vec<String> {
        std::mem::take(&mut self.operations.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Serves one connection; `fate` says what becomes of each call on it, by its operation.
    pub(crate) async fn serve(
        self: Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        fate: impl Fn(&str) -> Fate,
    ) {
        let fate = &fate;
        let service = service_fn(move |request| Arc::clone(&self).call(request, fate));
        // An error is a connection that was meant to end, or a client that left.
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }

    async fn call(
        self: Arc<Self>,
        request: Request<Incoming>,
        fate: &impl Fn(&str) -> Fate,
    ) -> io::Result<Response<Full<Bytes>>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let call = Call {
            method: parts.method.to_string(),
            path: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            headers: parts
                .headers
                .iter()
                .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
                .collect(),
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        match fate(&call.name()) {
            Fate::Ordinary => {
                let (answer, delay) = self.arrive(call);
                if !delay.is_zero() {
                    sleep(delay).await;
                }
                response(answer.ok_or_else(|| io::Error::other("this connection was scripted to drop"))?)
            }
            Fate::Late(late) => {
                // Whoever sent it may be gone when it takes effect.
                tokio::spawn(async move {
                    sleep(late).await;
                    self.arrive(call);
                });
                std::future::pending().await
            }
            Fate::Lost => std::future::pending().await,
            Fate::Cut => Err(io::Error::other("this call was to be cut off")),
            Fate::CutAfterwards => {
                self.arrive(call);
                Err(io::Error::other("the answer to this call was to be cut off"))
            }
        }
    }

    fn arrive(&self, call: Call) -> (Option<Answer>, Duration) {
        let headers = call.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let arrival = self.offline().arrive(&call.method, &call.path, headers, call.body, now());
        self.operations.lock().unwrap_or_else(PoisonError::into_inner).push(arrival.operation);
        (arrival.answer, arrival.delay)
    }
}

/// A request, read whole.
struct Call {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Call {
    /// The operation's name where the request says it, else the method.
    fn name(&self) -> String {
        let target = self.headers.iter().find(|(name, _)| name == "x-amz-target");
        target.and_then(|(_, target)| target.rsplit('.').next()).unwrap_or(&self.method).to_owned()
    }
}

fn response(answer: Answer) -> io::Result<Response<Full<Bytes>>> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Full::from(answer.body)).map_err(io::Error::other)
}

/// True for a call that changes a target.
pub(crate) fn is_write(operation: &str) -> bool {
    ["Update", "Put", "Delete"].iter().any(|verb| operation.starts_with(verb)) && operation != "UpdateItem"
}

pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}
