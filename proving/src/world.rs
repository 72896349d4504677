//! A week as it is lived: Lambda and its rules, the network and its faults, AWS, and the function in the middle.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use setpoint::aws::{Clients, for_world};
use setpoint::clock::Clock;
use setpoint::config::Config;
use setpoint::handler::{Handler, Invocation as Context, Report};
use setpoint::spelling::arn::Account;
use setpoint_sandbox::{Change, Fault, Offline, Pace, Region, Seed, Table};

use crate::carrier::{Carrier, Failure, Post, Sent};
use crate::chance::Chance;
use crate::engine::{Hands, Hub, Moment, Polled, SECOND, Tasks, date};
use crate::judge::{Judge, Request};
use crate::lane::{Lane, Rest, State};
use crate::story::Story;
use crate::week::{ACCOUNT, Deed, LEDGER, Place, REGION, Trouble, Via, Week, Wrong};

/// What is to happen.
#[derive(Debug)]
pub(crate) enum Happening {
    /// An event is delivered: its place in the week, and which of its deliveries this is.
    Deliver(usize, usize),
    Attempt(usize),
    Redrive(usize),
    Poll,
    Land(usize),
    Return(usize, Option<Failure>),
    TimeOut(usize),
    Other(usize),
    /// Reads show again what is.
    Fresh(Lane),
}

/// What a week came to.
#[derive(Debug, Default)]
pub(crate) struct Lived {
    pub(crate) violations: Vec<Violation>,
    pub(crate) story: Vec<String>,
    pub(crate) events: u64,
    pub(crate) calls: u64,
    pub(crate) met: BTreeMap<&'static str, u64>,
}

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) property: &'static str,
    pub(crate) at: Moment,
    pub(crate) what: String,
}

/// An asynchronous event in Lambda's keeping.
struct Delivery {
    event: usize,
    body: Value,
    request_id: String,
    attempts: u32,
    since: Moment,
    redriven: bool,
}

struct Message {
    event: usize,
    body: String,
    id: String,
    group: usize,
    sent: Moment,
    visible: Moment,
    receives: u32,
    state: MessageState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MessageState {
    Waits,
    Received,
    Gone,
}

/// What an invocation is for.
#[derive(Clone, Debug)]
enum Work {
    Event(usize),
    Batch(Vec<usize>),
}

struct Container {
    handler: Arc<Handler>,
    runs: Option<usize>,
    ahead: TimeDelta,
    is_alive: bool,
}

struct Invocation {
    work: Work,
    container: usize,
    task: usize,
    polls: u32,
    is_over: bool,
    report: Arc<Mutex<Option<Report>>>,
}

struct Carried {
    sent: Sent,
    request: Request,
    invocation: usize,
    wrong: Option<Wrong>,
    answer: Option<setpoint_sandbox::Answer>,
    shown: Option<State>,
}

/// Lives a week in a world of what `whole` has.
pub(crate) fn live(week: &Week, whole: &Seed, tell: bool) -> Result<Lived, String> {
    let mut chance = Chance::new(week.seed ^ 0x5eed);
    chance.seed_thread();
    let config = Config::parse(&week.configuration().to_string()).map_err(|error| error.to_string())?;
    let mut run = Run {
        week,
        config,
        hub: Hub::new(),
        post: Arc::default(),
        tasks: Tasks::new(),
        chance,
        sandbox: Offline::new(seed(week, whole)?)?,
        containers: Vec::new(),
        invocations: Vec::new(),
        deliveries: Vec::new(),
        queue: Vec::new(),
        carried: Vec::new(),
        writes: 0,
        judge: Judge::new(week),
        story: Story::new(tell),
    };
    run.begin();
    run.go();
    Ok(run.end())
}

fn seed(week: &Week, whole: &Seed) -> Result<Seed, String> {
    let everything = whole.accounts.get(ACCOUNT).and_then(|account| account.get(REGION)).ok_or("the world is empty")?;
    let mut seed = Seed::default();
    seed.changes.pace = Some(Pace::Time(Duration::from_secs(week.setting.pace)));
    seed.changes.completion_moves_last_modified = Some(week.setting.completion_moves_last_modified);
    let home = seed.home();
    if week.ledger {
        let table = Table {
            partition_key: "target".to_owned(),
            time_to_live: Some("expires".to_owned()),
            items: BTreeMap::new(),
        };
        home.tables.insert(LEDGER.to_owned(), table);
    }
    week.lanes.iter().for_each(|lane| lane.take(everything, home));
    Ok(seed)
}

struct Run<'a> {
    week: &'a Week,
    config: Config,
    hub: Arc<Hub<Happening>>,
    post: Arc<Post>,
    tasks: Tasks,
    chance: Chance,
    sandbox: Offline,
    containers: Vec<Container>,
    invocations: Vec<Invocation>,
    deliveries: Vec<Delivery>,
    queue: Vec<Message>,
    carried: Vec<Carried>,
    writes: usize,
    judge: Judge<'a>,
    story: Story,
}

/// No week takes so many steps.
const MOST_STEPS: u32 = 50_000;
/// How long reads may show what was before a write.
const STALE_FOR: Moment = 20 * SECOND;
/// How long a connection waits for an answer, as the function's own does.
const READ_TIMEOUT: Moment = 10 * SECOND;

impl Run<'_> {
    fn begin(&mut self) {
        for (number, event) in self.week.events.iter().enumerate() {
            for (copy, arrival) in event.deliveries.iter().enumerate() {
                self.hub.later(event.at + arrival.after, Happening::Deliver(number, copy));
            }
        }
        for (number, other) in self.week.others.iter().enumerate() {
            self.hub.later(other.at, Happening::Other(number));
        }
        let truths: Vec<(Lane, State)> = self.week.lanes.iter().map(|lane| (*lane, self.truth(*lane))).collect();
        for (_, state) in &truths {
            self.story.tell(0, || format!("There is {state}."));
        }
    }

    fn go(&mut self) {
        for _ in 0..MOST_STEPS {
            let chance = &mut self.chance;
            if let Some(task) = self.tasks.next(|of| chance.place(of)) {
                self.poll(task);
                continue;
            }
            match self.hub.step() {
                Some(Some(happening)) => self.happen(happening),
                Some(None) => {}
                None => return,
            }
        }
        self.judge.broken("ends", self.hub.now(), "the week does not come to an end".to_owned());
    }

    fn end(mut self) -> Lived {
        let truths: Vec<(Lane, State)> = self.week.lanes.iter().map(|lane| (*lane, self.truth(*lane))).collect();
        let now = self.hub.now();
        for (_, state) in &truths {
            self.story.tell(now, || format!("In the end there is {state}."));
        }
        self.judge.ends(now, &truths);
        let (violations, met) = self.judge.into_verdict();
        for violation in &violations {
            self.story.tell(violation.at, || format!("BROKEN, {}: {}", violation.property, violation.what));
        }
        let calls = u64::try_from(self.carried.len()).unwrap_or(u64::MAX);
        let events = u64::try_from(self.week.events.len()).unwrap_or(u64::MAX);
        Lived { violations, story: self.story.into_lines(), events, calls, met }
    }

    fn now_at_aws(&self) -> DateTime<Utc> {
        date(self.hub.now()) + TimeDelta::milliseconds(self.week.setting.aws_ahead)
    }

    fn truth(&mut self, lane: Lane) -> State {
        let now = self.now_at_aws();
        self.sandbox.edit(now, |seed| lane.truth(seed.home()))
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Deliver(event, copy) => self.deliver(event, copy),
            Happening::Attempt(delivery) => self.attempt(delivery),
            Happening::Redrive(delivery) => self.redrive(delivery),
            Happening::Poll => self.poll_queue(),
            Happening::Land(number) => self.land(number),
            Happening::Return(number, failure) => self.give_back(number, failure),
            Happening::TimeOut(invocation) => self.time_out(invocation),
            Happening::Other(number) => self.other(number),
            Happening::Fresh(lane) => {
                let now = self.now_at_aws();
                self.sandbox.edit(now, |seed| lane.freshen(seed.home()));
            }
        }
    }

    // Lambda.

    fn deliver(&mut self, number: usize, copy: usize) {
        let event = &self.week.events[number];
        let (now, body) = (self.hub.now(), event.body(number));
        let again = if copy > 0 { " once more" } else { "" };
        self.story.tell(now, || {
            let wishes: Vec<String> = event.wishes.iter().map(ToString::to_string).collect();
            let stamp = event.stamp().map_or_else(
                || "without a time".to_owned(),
                |stamp| format!("from {}", stamp.to_rfc3339_opts(SecondsFormat::Millis, true)),
            );
            format!("Event {number} ({:?}, {stamp}) comes{again}: {}.", event.via, wishes.join("; then "))
        });
        self.judge.came(number, now);
        if copy > 0 {
            self.judge.meets("delivered twice");
        }
        if let Some(group) = event.queue {
            // A FIFO queue takes the same message once.
            if self.week.setting.fifo && copy > 0 {
                return;
            }
            let body = match event.via {
                Via::Sns | Via::AlarmSns(..) => body["Records"][0]["Sns"].to_string(),
                _ => body.to_string(),
            };
            self.queue.push(Message {
                event: number,
                body,
                id: format!("message-{number}"),
                group,
                sent: now,
                visible: now,
                receives: 0,
                state: MessageState::Waits,
            });
            let after = self.chance.within(50_000, 2 * SECOND);
            self.hub.later(after, Happening::Poll);
            return;
        }
        let same = copy > 0 && event.deliveries[copy].same_request;
        let request = if same { 0 } else { copy };
        self.deliveries.push(Delivery {
            event: number,
            body,
            request_id: format!("00000000-0000-4000-9000-{number:06x}{request:06x}"),
            attempts: 0,
            since: now,
            redriven: false,
        });
        self.attempt(self.deliveries.len() - 1);
    }

    fn attempt(&mut self, number: usize) {
        let keeps = self.week.setting.lambda_keeps * SECOND;
        let delivery = &mut self.deliveries[number];
        if self.hub.now().saturating_sub(delivery.since) > keeps {
            return self.give_up(number, "EventAgeExceeded");
        }
        delivery.attempts += 1;
        let (body, request_id) = (delivery.body.clone(), delivery.request_id.clone());
        self.invoke(Work::Event(number), body, request_id);
    }

    fn give_up(&mut self, number: usize, condition: &'static str) {
        let now = self.hub.now();
        let Delivery { event, redriven, .. } = self.deliveries[number];
        self.story.tell(now, || format!("Lambda gives event {event} up ({condition}): to the failure destination."));
        self.judge.meets("failure destination");
        self.judge.gave_up(event);
        if let Some(after) = self.week.events[event].redrive.filter(|_| !redriven) {
            self.hub.later(after, Happening::Redrive(number));
        }
    }

    fn redrive(&mut self, number: usize) {
        let now = self.hub.now();
        let Delivery { event, body, request_id, attempts, .. } = &self.deliveries[number];
        self.story.tell(now, || format!("A person sends event {event} again from the failure destination."));
        self.judge.meets("redriven");
        let record = json!({
            "version": "1.0",
            "timestamp": date(now).to_rfc3339_opts(SecondsFormat::Millis, true),
            "requestContext": {"requestId": request_id,
                "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:setpoint:$LATEST",
                "condition": "RetriesExhausted", "approximateInvokeCount": attempts},
            "requestPayload": body,
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": {"errorMessage": "…", "errorType": "…"},
        });
        let request_id = format!("{}f", &request_id[..request_id.len() - 1]);
        self.deliveries.push(Delivery {
            event: *event,
            body: record,
            request_id,
            attempts: 0,
            since: now,
            redriven: true,
        });
        self.attempt(self.deliveries.len() - 1);
    }

    fn poll_queue(&mut self) {
        let now = self.hub.now();
        let setting = &self.week.setting;
        let mut batch: Vec<usize> = Vec::new();
        let mut held: Vec<usize> = Vec::new();
        for number in 0..self.queue.len() {
            let message = &mut self.queue[number];
            let group = message.group;
            let is_held = setting.fifo && held.contains(&group);
            match message.state {
                MessageState::Gone => {}
                MessageState::Received => held.push(group),
                MessageState::Waits if message.visible > now || is_held => held.push(group),
                MessageState::Waits if batch.len() < setting.batch => {
                    message.receives += 1;
                    message.state = MessageState::Received;
                    batch.push(number);
                }
                MessageState::Waits => {}
            }
        }
        if batch.is_empty() {
            return;
        }
        if batch.len() > 1 {
            self.judge.meets("a batch of several");
        }
        let name = if setting.fifo { "requests.fifo" } else { "requests" };
        let records: Vec<Value> = batch
            .iter()
            .map(|number| {
                let Message { body, id, group, sent, receives, .. } = &self.queue[*number];
                let sent = date(*sent).timestamp_millis().to_string();
                json!({"messageId": id, "receiptHandle": "…", "body": body,
                    "attributes": {"ApproximateReceiveCount": receives.to_string(), "SentTimestamp": sent,
                        "SenderId": "…", "ApproximateFirstReceiveTimestamp": sent, "SequenceNumber": number.to_string(),
                        "MessageGroupId": group.to_string(), "MessageDeduplicationId": id},
                    "messageAttributes": {}, "md5OfBody": "…", "eventSource": "aws:sqs",
                    "eventSourceARN": format!("arn:aws:sqs:us-east-1:123456789012:{name}"), "awsRegion": REGION})
            })
            .collect();
        let request_id = format!("00000000-0000-4000-a000-{:012x}", self.invocations.len());
        // What is left may be received beside it.
        self.hub.later(SECOND, Happening::Poll);
        self.invoke(Work::Batch(batch), json!({"Records": records}), request_id);
    }

    fn invoke(&mut self, work: Work, body: Value, request_id: String) {
        let now = self.hub.now();
        let number = self.invocations.len();
        let container = self.container();
        let timeout = self.week.setting.timeout;
        let Container { handler, runs, ahead, .. } = &mut self.containers[container];
        *runs = Some(number);
        let deadline = date(now) + *ahead + TimeDelta::seconds(i64::try_from(timeout).unwrap_or(900));
        let context = Context {
            request_id,
            environment: format!("2026/11/23/[$LATEST]{container:032x}"),
            account: Account::parse(ACCOUNT.to_owned()).ok(),
            deadline_ms: u64::try_from(deadline.timestamp_millis()).unwrap_or(0),
            ..Context::default()
        };
        let report: Arc<Mutex<Option<Report>>> = Arc::default();
        let (handler, slot) = (Arc::clone(handler), Arc::clone(&report));
        let task = self.tasks.spawn(async move {
            let answer = handler.handle(body, &context).await;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        });
        self.hub.later(timeout * SECOND, Happening::TimeOut(number));
        let events: Vec<usize> = match &work {
            Work::Event(delivery) => vec![self.deliveries[*delivery].event],
            Work::Batch(batch) => batch.iter().map(|message| self.queue[*message].event).collect(),
        };
        self.story.tell(now, || {
            let attempt = match &work {
                Work::Event(delivery) => format!("attempt {}", self.deliveries[*delivery].attempts),
                Work::Batch(_) => "a batch".to_owned(),
            };
            format!("Invocation {number} of container {container} begins with {events:?} ({attempt}).")
        });
        if self.invocations.iter().any(|other| !other.is_over) {
            self.judge.meets("invocations side by side");
        }
        self.judge.invoked(number, events, now);
        self.invocations.push(Invocation { work, container, task, polls: 0, is_over: false, report });
    }

    fn container(&mut self) -> usize {
        let idle = self.containers.iter().position(|container| container.is_alive && container.runs.is_none());
        if let Some(idle) = idle.filter(|_| !self.chance.one_in(4)) {
            return idle;
        }
        let container = self.containers.len();
        let apart = self.week.setting.containers_apart;
        let ahead = TimeDelta::milliseconds(self.chance.between(-apart, apart));
        let clock = Clock::Driven(Arc::new(Hands { hub: Arc::clone(&self.hub), ahead }));
        let carrier = Carrier { post: Arc::clone(&self.post) };
        let clients = Clients::new(for_world(carrier, REGION, &clock));
        let handler = Arc::new(Handler::new(self.config.clone(), clients, clock));
        self.containers.push(Container { handler, runs: None, ahead, is_alive: true });
        container
    }

    fn poll(&mut self, task: usize) {
        // Every task is an invocation, and numbered like it.
        let number = task;
        let polled = self.tasks.poll(task);
        let now = self.hub.now();
        for sent in self.post.sent() {
            self.carry(sent, number);
        }
        let invocation = &mut self.invocations[number];
        if invocation.is_over {
            return;
        }
        invocation.polls += 1;
        let polls = invocation.polls;
        match polled {
            Polled::Ended => return self.ended(number),
            Polled::Panicked => {
                self.judge.broken("panic", now, format!("invocation {number} panicked"));
                return self.died(number, "panicked");
            }
            Polled::Waits => {}
        }
        let crash = Trouble { place: Place::Invocation(number), what: Wrong::Crash(polls) };
        if self.week.troubles.contains(&crash) {
            self.judge.crashed(number);
            self.tasks.kill(task);
            self.died(number, "dies");
        }
    }

    fn time_out(&mut self, number: usize) {
        if self.invocations[number].is_over {
            return;
        }
        let now = self.hub.now();
        self.judge.broken("deadline", now, format!("invocation {number} was cut off by Lambda"));
        self.tasks.kill(self.invocations[number].task);
        self.died(number, "is cut off");
    }

    /// The container goes with it.
    fn died(&mut self, number: usize, how: &str) {
        let now = self.hub.now();
        self.story.tell(now, || format!("Invocation {number} {how}."));
        let container = self.invocations[number].container;
        self.containers[container].is_alive = false;
        self.close(number, None);
    }

    fn ended(&mut self, number: usize) {
        let now = self.hub.now();
        let report = self.invocations[number].report.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(report) = report else { return self.died(number, "ends without an answer") };
        self.story.tell(now, || {
            let answer = match &report.answer {
                Ok(answer) => answer.to_string(),
                Err(error) => format!("{}: {error}", error.error_type()),
            };
            let outcomes: Vec<&str> = report.decisions.iter().map(|decision| decision.outcome_name()).collect();
            format!("Invocation {number} ends, {outcomes:?}: {answer}")
        });
        let truths: Vec<(Lane, State)> = self.week.lanes.iter().map(|lane| (*lane, self.truth(*lane))).collect();
        self.judge.answered(number, &report, &truths, now);
        self.close(number, Some(report));
    }

    fn close(&mut self, number: usize, report: Option<Report>) {
        let invocation = &mut self.invocations[number];
        invocation.is_over = true;
        self.containers[invocation.container].runs = None;
        match invocation.work.clone() {
            Work::Event(delivery) => {
                let succeeded = report.is_some_and(|report| report.answer.is_ok());
                let Delivery { event, attempts, .. } = self.deliveries[delivery];
                if succeeded {
                    self.judge.done(event, number, self.hub.now());
                } else if attempts < 3 {
                    self.judge.meets("retried by Lambda");
                    let after = u64::from(attempts) * 60 * SECOND + self.chance.within(0, 10 * SECOND);
                    self.hub.later(after, Happening::Attempt(delivery));
                } else {
                    self.give_up(delivery, "RetriesExhausted");
                }
            }
            Work::Batch(batch) => self.received(number, &batch, report),
        }
    }

    /// What becomes of a batch: what the answer does not name is deleted.
    fn received(&mut self, number: usize, batch: &[usize], report: Option<Report>) {
        let now = self.hub.now();
        let failures: Option<Vec<String>> = report.and_then(|report| {
            let answer = report.answer.ok()?;
            let failures = answer["batchItemFailures"].as_array()?;
            let ids = failures.iter().filter_map(|failure| failure["itemIdentifier"].as_str().map(str::to_owned));
            Some(ids.collect())
        });
        if let Some(failures) = failures.as_ref().filter(|_| self.week.setting.fifo) {
            let mut stopped: Vec<usize> = Vec::new();
            for message in batch.iter().map(|message| &self.queue[*message]) {
                let failed = failures.contains(&message.id);
                if failed {
                    stopped.push(message.group);
                } else if stopped.contains(&message.group) {
                    let what = format!(
                        "invocation {number} does event {} after one before it in its group failed",
                        message.event
                    );
                    self.judge.broken("order within a group", now, what);
                }
            }
        }
        let again = now + 6 * self.week.setting.timeout * SECOND;
        for message in batch {
            let message = &mut self.queue[*message];
            let event = message.event;
            if failures.as_ref().is_some_and(|failures| !failures.contains(&message.id)) {
                message.state = MessageState::Gone;
                self.judge.done(event, number, now);
                continue;
            }
            if message.receives >= self.week.setting.most_receives {
                message.state = MessageState::Gone;
                self.judge.meets("dead-letter queue");
                self.judge.gave_up(event);
                self.story.tell(now, || format!("SQS gives event {event} up: to the dead-letter queue."));
                continue;
            }
            message.state = MessageState::Waits;
            message.visible = again;
            self.judge.meets("received again");
            self.hub.later(again - now, Happening::Poll);
        }
        self.hub.later(SECOND, Happening::Poll);
    }

    // The network.

    fn carry(&mut self, sent: Sent, invocation: usize) {
        let number = sent.number;
        let request = Request::read(&sent);
        let mut wrong = self.week.troubles.iter().find(|trouble| trouble.place == Place::Request(number));
        if request.is_write() {
            let write = self.writes;
            self.writes += 1;
            let on_write = self.week.troubles.iter().find(|trouble| trouble.place == Place::Write(write));
            wrong = on_write.or(wrong);
        }
        let wrong = wrong.map(|trouble| trouble.what);
        let way = self.chance.within(5_000, 60_000);
        match wrong {
            Some(Wrong::Dropped) => self.hub.later(way, Happening::Return(number, Some(Failure::Closed))),
            Some(Wrong::Late(milliseconds)) => {
                self.hub.later(way + milliseconds * 1000, Happening::Land(number));
                self.hub.later(READ_TIMEOUT, Happening::Return(number, Some(Failure::TimedOut)));
            }
            Some(Wrong::Slow(_)) => {
                self.hub.later(way, Happening::Land(number));
                self.hub.later(READ_TIMEOUT, Happening::Return(number, Some(Failure::TimedOut)));
            }
            _ => self.hub.later(way, Happening::Land(number)),
        }
        let now = self.hub.now();
        self.story.tell(now, || {
            let with = wrong.map_or_else(String::new, |wrong| format!(" [{wrong:?}]"));
            format!(
                "  Invocation {invocation} asks ({number}): {} {} {}{with}",
                sent.method, request.operation, sent.body
            )
        });
        self.judge.sent(invocation, &request, now);
        self.carried.push(Carried { sent, request, invocation, wrong, answer: None, shown: None });
    }

    fn land(&mut self, number: usize) {
        let (now, at_aws) = (self.hub.now(), self.now_at_aws());
        let Carried { sent, request, invocation, wrong, .. } = &self.carried[number];
        let (invocation, wrong) = (*invocation, *wrong);
        let lane = request.lane;
        let states =
            lane.map(|lane| self.sandbox.edit(at_aws, |seed| (lane.truth(seed.home()), lane.shown(seed.home()))));
        let fault = match wrong {
            Some(Wrong::Throttled) => Some(Fault::throttle()),
            Some(Wrong::ServerError) => Some(Fault::server_error()),
            Some(Wrong::BadGateway) => Some(Fault::html(502)),
            Some(Wrong::Denied) => Some(Fault::access_denied()),
            _ => None,
        };
        let (reason, stale) = match wrong {
            Some(Wrong::Fails) if request.is_write() => (Some("The instances failed.".to_owned()), None),
            Some(Wrong::Stale(reads)) if request.is_write() => (None, Some(reads)),
            _ => (None, None),
        };
        let fails = reason.is_some();
        self.sandbox.edit(at_aws, |seed| {
            seed.changes.fail_next = reason;
            seed.changes.stale_reads = stale;
        });
        if let (Some(_), Some(lane)) = (stale, lane) {
            self.hub.later(STALE_FOR, Happening::Fresh(lane));
        }
        if let Some(fault) = fault {
            // The sandbox knows every operation by this name.
            let _ = self.sandbox.script("*", fault);
        }
        let target = sent.target.as_deref().map(|target| ("x-amz-target", target));
        let headers = [("authorization", sent.authorization.as_str())].into_iter().chain(target);
        let arrival = self.sandbox.arrive(&sent.method, &sent.path, headers, sent.body.clone(), at_aws);
        if let (Some(Wrong::Fails), Some(lane), true) = (wrong, lane, self.carried[number].request.is_write()) {
            self.judge.fails(lane, at_aws);
        }
        if let Some(what) = wrong {
            self.judge.meets(name_of(what));
        }
        let taken = arrival.answer.as_ref().is_some_and(|answer| (200..300).contains(&answer.status));
        let mut answer = arrival.answer.filter(|_| wrong != Some(Wrong::AnswerLost));
        if let Some(answer) =
            answer.as_mut().filter(|_| wrong == Some(Wrong::Silent) && !self.carried[number].request.is_write())
        {
            answer.body = without_counts(&answer.body);
        }
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        self.story.tell(now, || {
            let body = answer.as_ref().map_or("", |answer| answer.body.as_str());
            format!("    AWS ({number}): {status} {body}")
        });
        if let (Some(lane), Some((truth, shown))) = (lane, states) {
            if request.is_write() {
                let after = self.truth(lane);
                let request = &self.carried[number].request;
                let taken = taken || after != truth;
                let taken = (taken && fault_free(wrong), fails);
                self.judge.landed(invocation, request, &truth, &after, taken, now, at_aws);
            } else if status == 200 || (status == 404 && matches!(lane, Lane::Alias | Lane::Bare)) {
                let mut shown = shown;
                if wrong == Some(Wrong::Silent) && status == 200 {
                    shown = shown.without_counts();
                }
                if shown.stale {
                    self.judge.meets("a stale read");
                }
                self.carried[number].shown = Some(shown);
            }
        }
        let carried = &mut self.carried[number];
        carried.answer = answer;
        let way = self.chance.within(5_000, 60_000);
        match wrong {
            Some(Wrong::AnswerLost) => self.hub.later(way, Happening::Return(number, Some(Failure::Closed))),
            Some(Wrong::Slow(milliseconds)) => {
                self.hub.later(way + milliseconds * 1000, Happening::Return(number, None))
            }
            _ => self.hub.later(way, Happening::Return(number, None)),
        }
    }

    fn give_back(&mut self, number: usize, failure: Option<Failure>) {
        let now = self.hub.now();
        let carried = &mut self.carried[number];
        let answer = match (failure, carried.answer.take()) {
            (Some(failure), _) => Err(failure),
            (None, Some(answer)) => Ok(answer),
            (None, None) => Err(Failure::Closed),
        };
        if let (Ok(_), Some(lane), Some(shown)) = (&answer, carried.request.lane, carried.shown.take()) {
            self.judge.saw(carried.invocation, lane, shown, now);
        }
        self.post.answer(number, answer);
    }

    // Everybody else.

    fn other(&mut self, number: usize) {
        let other = self.week.others[number];
        let (now, at_aws) = (self.hub.now(), self.now_at_aws());
        let before = self.truth(other.lane);
        let pace = self.week.setting.pace;
        self.sandbox.edit(at_aws, |seed| meddle(seed.home(), other.lane, other.what, pace, at_aws));
        let after = self.truth(other.lane);
        if before != after {
            self.judge.meets(if matches!(other.what, Deed::Busy(_)) { "busy by others" } else { "changed by others" });
            self.story.tell(now, || format!("Somebody else makes of {}: {after}.", other.lane.name()));
            self.judge.meddled(other.lane, &after, at_aws);
        }
    }
}

/// What AWS answers, but for the numbers in it.
fn without_counts(body: &str) -> String {
    fn take(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|name, _| !COUNTS.iter().any(|count| name.ends_with(count)));
                members.values_mut().for_each(take);
            }
            Value::Array(items) => items.iter_mut().for_each(take),
            _ => {}
        }
    }
    const COUNTS: [&str; 5] =
        ["InstanceCount", "ServerlessConfig", "CopyCount", "ProvisionedConcurrentExecutions", "modelUnits"];
    let mut value: Value = serde_json::from_str(body).unwrap_or_default();
    take(&mut value);
    value.to_string()
}

fn fault_free(wrong: Option<Wrong>) -> bool {
    !matches!(wrong, Some(Wrong::Throttled | Wrong::ServerError | Wrong::BadGateway | Wrong::Denied))
}

fn name_of(wrong: Wrong) -> &'static str {
    match wrong {
        Wrong::Throttled => "throttled",
        Wrong::ServerError => "a server error",
        Wrong::BadGateway => "a bad gateway",
        Wrong::Denied => "denied",
        Wrong::AnswerLost => "an answer lost",
        Wrong::Dropped => "a request lost",
        Wrong::Late(_) => "a late landing",
        Wrong::Slow(_) => "a slow answer",
        Wrong::Silent => "counts untold",
        Wrong::Fails => "a change that fails",
        Wrong::Stale(_) => "stale reads to come",
        Wrong::Crash(_) => "a crash",
    }
}

/// What an autoscaler or a person does, as AWS lets them.
fn meddle(region: &mut Region, lane: Lane, what: Deed, pace: u64, now: DateTime<Utc>) {
    let state = lane.truth(region);
    let lasting =
        |seconds: u64| Change { since: Some(now), ..Change::ending_after(Pace::Time(Duration::from_secs(seconds))) };
    let rests = state.rest == Rest::Settled;
    match (lane, what) {
        (Lane::Solo | Lane::Pair | Lane::Serverless, _) => {
            let Some(endpoint) = region.endpoints.get_mut(lane.name()).filter(|_| rests) else { return };
            match what {
                Deed::Busy(seconds) => endpoint.start_updating(lasting(seconds)),
                Deed::Count(count) => {
                    let wanted = i32::try_from(count).unwrap_or(1);
                    for variant in &mut endpoint.variants {
                        let mut capacity = variant.current.clone();
                        capacity.instance_count = capacity.instance_count.map(|_| wanted);
                        if let Some(serverless) = &mut capacity.serverless {
                            serverless.max_concurrency = wanted.max(serverless.provisioned_concurrency.unwrap_or(1));
                        }
                        variant.desired = Some(capacity);
                    }
                    endpoint.start_updating(lasting(pace));
                }
            }
            endpoint.last_modified_time = now;
        }
        (Lane::Alias | Lane::Bare, Deed::Busy(seconds)) => {
            let function = region.functions.get_mut(lane.name());
            function.into_iter().for_each(|function| function.updating = Some(lasting(seconds)));
        }
        (Lane::Alias | Lane::Bare, Deed::Count(count)) => {
            let function = region.functions.get_mut(lane.name());
            let Some(config) = function.and_then(|function| function.provisioned_concurrency.get_mut(lane.qualifier()))
            else {
                return;
            };
            config.requested = i32::try_from(count).unwrap_or(1);
            config.last_modified = now;
            config.status = setpoint_sandbox::ProvisionedConcurrencyStatus::InProgress;
            config.status_reason = None;
            config.change = Some(lasting(pace));
        }
        (Lane::Component, Deed::Count(count)) => {
            let Some(component) = region.inference_components.get_mut(lane.name()).filter(|_| rests) else { return };
            component.desired_copy_count = Some(i32::try_from(count).unwrap_or(1));
            component.status = setpoint_sandbox::InferenceComponentStatus::Updating;
            component.change = Some(lasting(pace));
            component.last_modified_time = now;
        }
        (Lane::Component | Lane::Model, _) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let whole = crate::lane::whole().unwrap();
        let told = |seed| {
            let lived = live(&Week::new(seed, false), &whole, true).unwrap();
            assert!(lived.story.len() > 1);
            lived.story
        };
        let first: Vec<(u64, Vec<String>)> = (1..12).map(|seed| (seed, told(seed))).collect();
        for (seed, story) in first.into_iter().rev() {
            assert_eq!(told(seed), story, "{seed}");
        }
    }
}
