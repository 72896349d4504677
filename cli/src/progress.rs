//! What happens in an account, told as it happens.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use setpoint::clock::Clock;

use crate::show;

/// The calls under way, and the line on the terminal that says how long they take.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    home: String,
    awaited: Arc<Mutex<Vec<String>>>,
}

/// How often a log is told that the wait goes on; a terminal is every second.
const PLAIN_EVERY: u64 = 10;

impl Progress {
    pub(crate) fn new(region: &str) -> Self {
        Self { home: region.to_owned(), awaited: Arc::default() }
    }

    /// The same client, with a line for each answer.
    pub(crate) fn told(&self, inner: SharedHttpClient) -> SharedHttpClient {
        let progress = self.clone();
        http_client_fn(move |settings, components| {
            let inner = inner.http_connector(settings, components);
            SharedHttpConnector::new(Told { inner, progress: progress.clone() })
        })
    }

    /// Says every second how long it takes; never ends.
    pub(crate) async fn tick(self) {
        for seconds in 1_u64.. {
            Clock::System.sleep(Duration::from_secs(1)).await;
            let awaited = self.awaited().last().cloned();
            let what = awaited.map_or_else(|| "until it looks again".to_owned(), |call| format!("for {call}"));
            if std::io::stderr().is_terminal() {
                write(&format!("\r\x1b[K{seconds} s, waiting {what}\r"));
            } else if seconds.is_multiple_of(PLAIN_EVERY) {
                show::told("wait", &format!("{seconds} s, waiting {what}"));
            }
        }
    }

    fn line(&self, label: &str, what: &str) {
        let clear = if std::io::stderr().is_terminal() { "\r\x1b[K" } else { "" };
        write(&format!("{clear}{}\n", show::labelled(label, what)));
    }

    fn awaited(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(text: &str) {
    // A closed pipe is the reader's decision.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

#[derive(Debug)]
struct Told {
    inner: SharedHttpConnector,
    progress: Progress,
}

impl HttpConnector for Told {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = name(&request, &self.progress.home);
        let (inner, progress) = (self.inner.clone(), self.progress.clone());
        HttpConnectorFuture::new(async move {
            progress.awaited().push(call.clone());
            let answer = inner.call(request).await;
            let mut awaited = progress.awaited();
            if let Some(index) = awaited.iter().position(|other| *other == call) {
                awaited.remove(index);
            }
            drop(awaited);
            match &answer {
                Ok(response) => progress.line("call", &format!("{call} -> {}", response.status().as_u16())),
                Err(_) => progress.line("call", &format!("{call} -> no answer")),
            }
            answer
        })
    }
}

/// The call as the sandbox writes it, but for what STS is sent: an external id is nobody else's to read.
fn name(request: &HttpRequest, home: &str) -> String {
    let uri = request.uri();
    let path = uri.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or("/");
    let body = request.body().bytes().and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default();
    let what = match (request.headers().get("x-amz-target"), body.strip_prefix("Action=")) {
        (Some(target), _) => format!(" {} {body}", target.rsplit('.').next().unwrap_or(target)),
        (None, Some(query)) => format!(" {}", query.split('&').next().unwrap_or(query)),
        (None, None) if body.is_empty() => String::new(),
        (None, None) => format!(" {body}"),
    };
    let scope = request.headers().get("authorization").and_then(|header| header.split_once("Credential="));
    let region = scope.and_then(|(_, scope)| scope.split('/').nth(2)).filter(|region| *region != home);
    let region = region.map_or_else(String::new, |region| format!("  (in {region})"));
    format!("{} {path}{what}{region}", request.method())
}
