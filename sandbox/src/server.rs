//! HTTP: connections accepted, requests read, answers written.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::call::Call;
use crate::clock::Clock;
use crate::control;
use crate::live::{Arrival, Live};
use crate::reply::Reply;

/// What the connections and the handle share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    live: Mutex<Live>,
}

/// Serves every connection that `listener` accepts, until the task that runs this is aborted.
pub(crate) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Aborting the listener drops the set, and with it every connection.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // It failed before it was accepted, which is its client's concern; or this process has too many open, and
            // those must come to their end first.
            tokio::task::yield_now().await;
            continue;
        };
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| Arc::clone(&shared).serve(request));
            // An error here is a scripted drop or a client that left, and the client sees either.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

impl Shared {
    pub(crate) fn new(clock: Clock, live: Live) -> Self {
        Self { clock, live: Mutex::new(live) }
    }

    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self: Arc<Self>, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let body = String::from_utf8_lossy(&body).into_owned();
        let now = self.clock.now();
        if let Some(reply) = control::answer(&mut self.live(), parts.method.as_str(), path, &body, now) {
            return response(reply);
        }
        let call = Call::read(parts.method.as_str(), path, &parts.headers, body);
        // The call takes effect here, in order of arrival; what follows is only its way back.
        let Arrival { number, request_id, reply, delay } = self.live().arrive(&call, now);
        if !delay.is_zero() {
            self.clock.sleep(delay).await;
        }
        self.live().answered(number, reply.as_ref());
        let Some(reply) = reply else {
            return Err(io::Error::other("this connection was scripted to drop"));
        };
        response(match request_id {
            Some(id) => reply.with("x-amzn-requestid", id),
            None => reply,
        })
    }
}

fn response(reply: Reply) -> io::Result<Response<Full<Bytes>>> {
    let mut response = Response::builder().status(reply.status);
    if let Some(content_type) = reply.content_type {
        response = response.header("content-type", content_type);
    }
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Full::from(reply.body)).map_err(io::Error::other)
}
