//! What changes while a sandbox runs, and the road each call takes through it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::call::Call;
use crate::fault::{self, Effect, Fault};
use crate::reply::{Refusal, Reply};
use crate::route;
use crate::seed::Seed;
use crate::service::Service;
use crate::transcript::Exchange;

/// How long the transcript gets before it forgets its oldest exchange, so that a sandbox may serve for ever.
const KEPT: usize = 50_000;

/// State, transcript and recent traffic.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) seed: Seed,
    requests: u64,
    transcript: VecDeque<(u64, Exchange)>,
    /// Who is told of each exchange when it is over.
    told: Option<fn(&Exchange)>,
    /// The times of the requests within the last second, by account, Region and service.
    recent: BTreeMap<(String, String, Service), VecDeque<DateTime<Utc>>>,
}

/// A call that has taken effect.
pub(crate) struct Arrival {
    pub(crate) number: u64,
    /// AWS's own; what stands between it and the caller gives none.
    pub(crate) request_id: Option<String>,
    /// `None` closes the connection instead.
    pub(crate) reply: Option<Reply>,
    pub(crate) delay: Duration,
}

impl Live {
    pub(crate) fn new(seed: Seed) -> Self {
        Self { seed, requests: 0, transcript: VecDeque::new(), recent: BTreeMap::new(), told: None }
    }

    /// Has `told` hear of each exchange from now on.
    pub(crate) fn tell(&mut self, told: Option<fn(&Exchange)>) {
        self.told = told;
    }

    pub(crate) fn transcript(&self) -> Vec<Exchange> {
        self.transcript.iter().map(|(_, exchange)| exchange.clone()).collect()
    }

    pub(crate) fn clear_transcript(&mut self) {
        self.transcript.clear();
    }

    /// The state, once every change that is done by `now` has ended.
    pub(crate) fn settled(&mut self, now: DateTime<Utc>) -> &mut Seed {
        self.seed.settle(now);
        &mut self.seed
    }

    /// Adds a fault behind those of the operation; refuses an operation that could never meet it.
    pub(crate) fn script(&mut self, operation: &str, fault: Fault) -> Result<(), String> {
        if operation != "*" && !Service::has_operation(operation) {
            return Err(format!("the sandbox serves no operation {operation}"));
        }
        self.seed.faults.entry(operation.to_owned()).or_default().push(fault);
        Ok(())
    }

    /// Lets `call` take effect: records it, then throttles it, lets it meet a fault, or performs it.
    pub(crate) fn arrive(&mut self, call: &Call, now: DateTime<Utc>) -> Arrival {
        self.requests += 1;
        let number = self.requests;
        let request_id = format!("5e79017f-0000-4000-8000-{number:012x}");
        if self.transcript.len() == KEPT {
            self.transcript.pop_front();
        }
        self.transcript.push_back((number, Exchange::arrived(call)));
        let mut delay = self.seed.traffic.latency;
        let effect = if self.above_rate_limit(call, now) { Some(Effect::Throttle) } else { self.take_fault(call) };
        if let Some(Effect::Slow(by)) = effect {
            delay += by;
        }
        let is_foreign = matches!(effect, Some(Effect::Html { .. } | Effect::Empty { .. }));
        let mut answer = || route::answer(&mut self.seed, call, now, &request_id);
        let refuse = |refusal: Refusal| Some(route::error(call.service, &refusal, &request_id));
        let reply = match effect {
            None | Some(Effect::Slow(_)) => Some(answer()),
            Some(Effect::LoseAnswer) => {
                answer();
                None
            }
            Some(Effect::DropConnection) => None,
            Some(Effect::Html { status }) => Some(Reply::html(status)),
            Some(Effect::Empty { status }) => Some(Reply::empty(status)),
            Some(Effect::Throttle) => refuse(call.service.throttled()),
            Some(Effect::ServerError) => refuse(call.service.failed()),
            Some(Effect::AccessDenied) => refuse(route::denied(call)),
            Some(Effect::Error { status, code, message }) => refuse(Refusal::new(status, code, message)),
        };
        Arrival { number, request_id: (!is_foreign).then_some(request_id), reply, delay }
    }

    /// Puts the answer to an arrival, or that it gets none, into the transcript.
    pub(crate) fn answered(&mut self, number: u64, reply: Option<&Reply>) {
        // The transcript may have been cleared while the answer was on its way.
        let Some((_, exchange)) = self.transcript.iter_mut().rev().find(|(other, _)| *other == number) else { return };
        if let Some(reply) = reply {
            exchange.status = Some(reply.status);
            exchange.answer.clone_from(&reply.body);
        }
        if let Some(told) = self.told {
            told(exchange);
        }
    }

    fn above_rate_limit(&mut self, call: &Call, now: DateTime<Utc>) -> bool {
        let Some(limit) = self.seed.traffic.requests_per_second else {
            return false;
        };
        let caller = (call.account.clone(), call.region.clone(), call.service);
        let recent = self.recent.entry(caller).or_default();
        while recent.front().is_some_and(|at| now - *at >= TimeDelta::seconds(1)) {
            recent.pop_front();
        }
        if recent.len() >= limit as usize {
            return true;
        }
        recent.push_back(now);
        false
    }

    fn take_fault(&mut self, call: &Call) -> Option<Effect> {
        let faults = &mut self.seed.faults;
        let effect = [call.operation.as_str(), "*"]
            .into_iter()
            .find_map(|operation| fault::take(faults.get_mut(operation)?, call));
        faults.retain(|_, left| !left.is_empty());
        effect
    }
}
