//! What carries the SDKs' requests into the world, and the answers back.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use setpoint_sandbox::Answer;

/// Where requests wait to be carried, and answers to be taken.
#[derive(Debug, Default)]
pub(crate) struct Post(Mutex<Bags>);

#[derive(Default)]
struct Bags {
    sent: Vec<Sent>,
    answers: Vec<Due>,
}

impl fmt::Debug for Bags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bags")
    }
}

enum Due {
    Waits(Option<Waker>),
    Is(Result<Answer, Failure>),
    Taken,
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// None within the time that the connection allows.
    TimedOut,
    /// The connection was closed.
    Closed,
}

/// A request on its way.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// Counts up from 0 over the week.
    pub(crate) number: usize,
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) target: Option<String>,
    pub(crate) body: String,
}

impl Post {
    fn bags(&self) -> MutexGuard<'_, Bags> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that was sent since.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.bags().sent)
    }

    /// Hands over the answer to request `number`, or why there is none. Only the first one counts.
    pub(crate) fn answer(&self, number: usize, answer: Result<Answer, Failure>) {
        let waker = match &mut self.bags().answers[number] {
            due @ Due::Waits(_) => match std::mem::replace(due, Due::Is(answer)) {
                Due::Waits(waker) => waker,
                _ => None,
            },
            _ => None,
        };
        waker.into_iter().for_each(Waker::wake);
    }
}

/// The connections of one container.
#[derive(Clone, Debug)]
pub(crate) struct Carrier {
    pub(crate) post: Arc<Post>,
}

impl HttpConnector for Carrier {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(Exchange { carrier: self.clone(), state: State::Unsent(Box::new(request)) })
    }
}

struct Exchange {
    carrier: Carrier,
    state: State,
}

enum State {
    Unsent(Box<HttpRequest>),
    Sent(usize),
}

impl Future for Exchange {
    type Output = Result<HttpResponse, ConnectorError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Carrier { post } = &this.carrier;
        let mut bags = post.bags();
        match &this.state {
            State::Unsent(request) => {
                let number = bags.answers.len();
                bags.answers.push(Due::Waits(Some(context.waker().clone())));
                bags.sent.push(sent(number, request));
                drop(bags);
                this.state = State::Sent(number);
                Poll::Pending
            }
            State::Sent(number) => {
                let due = &mut bags.answers[*number];
                match std::mem::replace(due, Due::Taken) {
                    Due::Waits(_) => {
                        *due = Due::Waits(Some(context.waker().clone()));
                        Poll::Pending
                    }
                    Due::Is(Ok(answer)) => Poll::Ready(response(answer)),
                    Due::Is(Err(Failure::TimedOut)) => {
                        Poll::Ready(Err(ConnectorError::timeout("no answer in time".into())))
                    }
                    Due::Is(Err(Failure::Closed)) | Due::Taken => {
                        Poll::Ready(Err(ConnectorError::io("the connection was closed".into())))
                    }
                }
            }
        }
    }
}

fn sent(number: usize, request: &HttpRequest) -> Sent {
    let header = |name: &str| request.headers().get(name).map(str::to_owned);
    let path = request.uri().split_once("://").map_or(request.uri(), |(_, rest)| rest);
    let path = path.find('/').map_or("/", |begin| &path[begin..]);
    Sent {
        number,
        method: request.method().to_owned(),
        path: path.to_owned(),
        authorization: header("authorization").unwrap_or_default(),
        target: header("x-amz-target"),
        body: String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned(),
    }
}

fn response(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let status = answer.status.try_into().map_err(|_| ConnectorError::io("no HTTP status".into()))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}
