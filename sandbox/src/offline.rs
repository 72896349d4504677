//! A sandbox without a listener, whose requests somebody carries in and whose answers somebody carries out.

use std::time::Duration;

use chrono::{DateTime, Utc};
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

use crate::call::Call;
use crate::fault::Fault;
use crate::live;
use crate::reply::Reply;
use crate::seed::Seed;
use crate::transcript::Exchange;

/// The control planes in this process, at the times that are given to them.
#[derive(Debug)]
pub struct Offline {
    live: live::Live,
}

/// A request that has taken effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The operation's AWS name.
    pub operation: String,
    /// `None` when a fault closes the connection instead.
    pub answer: Option<Answer>,
    /// How much later than the request the answer is to come.
    pub delay: Duration,
}

/// What goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Offline {
    /// A sandbox that holds `seed`.
    ///
    /// # Errors
    /// The seed contradicts itself.
    pub fn new(seed: Seed) -> Result<Self, String> {
        seed.check()?;
        Ok(Self { live: live::Live::new(seed) })
    }

    /// Lets a request take effect at `now`: path and query as sent, and of the headers at least `authorization` and those
    /// that begin with `x-amz-`.
    pub fn arrive<'a>(
        &mut self,
        method: &str,
        path: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        body: String,
        now: DateTime<Utc>,
    ) -> Arrival {
        let readable = headers.into_iter().filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, HeaderValue::from_str(value).ok()?))
        });
        let call = Call::read(method, path, &readable.collect::<HeaderMap>(), body);
        let live::Arrival { number, request_id, reply, delay } = self.live.arrive(&call, now);
        self.live.answered(number, reply.as_ref());
        let answer = reply.map(|reply| Answer::of(reply, request_id));
        Arrival { operation: call.operation, answer, delay }
    }

    /// Reads or changes anything in the sandbox's state as it is at `now`.
    pub fn edit<T>(&mut self, now: DateTime<Utc>, change: impl FnOnce(&mut Seed) -> T) -> T {
        change(self.live.settled(now))
    }

    /// Adds a fault behind those already scripted for the operation; `*` stands for every operation without one of its own.
    ///
    /// # Errors
    /// The sandbox serves no such operation, so the fault could never be met.
    pub fn script(&mut self, operation: &str, fault: Fault) -> Result<(), String> {
        self.live.script(operation, fault)
    }

    /// Every request so far, in order of arrival; the last 50,000 of them.
    #[must_use]
    pub fn transcript(&self) -> Vec<Exchange> {
        self.live.transcript()
    }
}

impl Answer {
    fn of(reply: Reply, request_id: Option<String>) -> Self {
        let Reply { status, content_type, mut headers, body } = reply;
        headers.extend(content_type.map(|content_type| ("content-type", content_type.to_owned())));
        headers.extend(request_id.map(|id| ("x-amzn-requestid", id)));
        Self { status, headers, body }
    }
}
