//! Processes that are killed at any moment, and their events delivered again until they are answered.
//!
//! No clock is moved: leases run out and late writes land when their time has come, and the trials wait for that side by side.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use fastrand::Rng;
use runtime_api::{Answer, Event, Function};
use serde_json::{Value, json};
use setpoint_sandbox::{Pace, Seed};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, sleep_until, timeout};

use crate::certificates::Authority;
use crate::function::{command, http, request_id};
use crate::wire::{Control, End, Wire};
use crate::world::{Fate, World, now};

/// How often, and from which seed.
#[derive(Debug, clap::Args)]
pub(crate) struct Kill {
    /// How many kills
    #[arg(long, default_value_t = 10_000)]
    kills: usize,
    /// The most kills of one trial, which waits for a lease to run out after each
    #[arg(long, default_value_t = 3)]
    each: u32,
    /// What the events, their order and the moments follow from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Begin no trial when so many minutes have passed
    #[arg(long)]
    minutes: Option<u64>,
    /// Keep no ledger, to see that what it prevents is found
    #[arg(long)]
    without_ledger: bool,
    /// How many processes run at a time
    #[arg(long, default_value_t = 4)]
    processes: usize,
}

/// Runs them, and prints what came of them; `false` when a promise was broken.
pub(crate) async fn run(kill: &Kill, program: &Path) -> Result<bool, Box<dyn Error>> {
    let began = Instant::now();
    let bundle = std::env::temp_dir().join(format!("endurance-{}.pem", std::process::id()));
    std::fs::write(&bundle, Authority::new()?.pem())?;
    let all = Rc::new(All {
        program: program.to_owned(),
        configuration: configuration(kill),
        seed: seed(),
        bundle: bundle.clone(),
        processes: Arc::new(Semaphore::new(kill.processes)),
        numbers: Cell::new(0),
        tally: RefCell::default(),
        extents: RefCell::default(),
    });
    let judged = LocalSet::new().run_until(trials(kill, Rc::clone(&all))).await;
    std::fs::remove_file(&bundle)?;
    let broken = judged?;
    let tally = all.tally.borrow();
    println!(
        "{} kills in {} trials of {} events, {} deliveries: {:.0} s",
        tally.kills(),
        tally.trials,
        tally.events,
        tally.deliveries,
        began.elapsed().as_secs_f64()
    );
    println!("\n| calls that AWS had got whole | killed |\n|---:|---:|");
    for (calls, kills) in &tally.killed_after {
        println!("| {calls} | {kills} |");
    }
    println!("\n| | |\n|---|---:|");
    for (what, times) in &tally.counts {
        println!("| {what} | {times} |");
    }
    let verdict = if broken.is_empty() { "ok   " } else { "FAIL " };
    println!("\n{verdict} {PROMISE}: {} trials not", broken.len());
    for story in broken.iter().take(5) {
        println!("{story}");
    }
    Ok(broken.is_empty())
}

async fn trials(kill: &Kill, all: Rc<All>) -> Result<Vec<String>, Box<dyn Error>> {
    let mut rng = Rng::with_seed(kill.seed);
    for target in Target::ALL {
        all.measure(target).await?;
    }
    let mut running = JoinSet::new();
    let mut broken = Vec::new();
    let mut started = 0;
    let began = Instant::now();
    let is_over = || kill.minutes.is_some_and(|minutes| began.elapsed() >= Duration::from_mins(minutes));
    while all.tally.borrow().kills() < kill.kills && !is_over() {
        let permit = Arc::clone(&all.processes).acquire_owned().await?;
        let trial = Trial::new(Rc::clone(&all), Rng::with_seed(rng.u64(..)), started, kill.each)?;
        started += 1;
        running.spawn_local(trial.live(permit));
        while let Some(ended) = running.try_join_next() {
            broken.extend(ended??);
        }
    }
    while let Some(ended) = running.join_next().await {
        broken.extend(ended??);
    }
    Ok(broken)
}

/// What the trials share.
struct All {
    program: PathBuf,
    configuration: Value,
    seed: Seed,
    bundle: PathBuf,
    processes: Arc<Semaphore>,
    numbers: Cell<u64>,
    tally: RefCell<Tally>,
    /// Bytes on the wire and time of an invocation that nobody disturbs.
    extents: RefCell<BTreeMap<Target, (usize, Duration)>>,
}

/// What has happened.
#[derive(Default)]
struct Tally {
    trials: usize,
    events: usize,
    deliveries: usize,
    killed_after: BTreeMap<usize, usize>,
    counts: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn kills(&self) -> usize {
        self.killed_after.values().sum()
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}

/// What a trial moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Concurrency,
    Instances,
    Copies,
}

impl Target {
    const ALL: [Self; 3] = [Self::Concurrency, Self::Instances, Self::Copies];

    fn payload(self, count: &Value) -> Value {
        match self {
            Self::Concurrency => json!({
                "action": "lambda:PutProvisionedConcurrencyConfig",
                "input": {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": count},
            }),
            Self::Instances => json!({
                "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
                "input": {
                    "EndpointName": "recsys",
                    "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredInstanceCount": count}],
                },
            }),
            Self::Copies => json!({
                "action": "sagemaker:UpdateInferenceComponentRuntimeConfig",
                "input": {"InferenceComponentName": "recsys-ranker", "DesiredRuntimeConfig": {"CopyCount": count}},
            }),
        }
    }

    /// What a write asks for.
    fn written(self, body: &str) -> Option<i64> {
        let body: Value = serde_json::from_str(body).ok()?;
        let place = match self {
            Self::Concurrency => "/ProvisionedConcurrentExecutions",
            Self::Instances => "/DesiredWeightsAndCapacities/0/DesiredInstanceCount",
            Self::Copies => "/DesiredRuntimeConfig/CopyCount",
        };
        body.pointer(place)?.as_i64()
    }

    /// What stands there, or is on its way.
    fn stands(self, seed: &Seed) -> Option<i64> {
        let region = seed.accounts.get("123456789012")?.get("us-east-1")?;
        match self {
            Self::Concurrency => {
                let checkout = region.functions.get("checkout")?.provisioned_concurrency.get("live")?;
                Some(i64::from(checkout.requested))
            }
            Self::Instances => {
                let variant = region.endpoints.get("recsys")?.variants.first()?;
                let capacity = variant.desired.as_ref().unwrap_or(&variant.current);
                capacity.instance_count.map(i64::from)
            }
            Self::Copies => {
                let ranker = region.inference_components.get("recsys-ranker")?;
                Some(i64::from(ranker.desired_copy_count.unwrap_or(ranker.current_copy_count)))
            }
        }
    }
}

/// An event, and how it has gone.
#[derive(Clone, Debug)]
struct Wish {
    want: Want,
    at: DateTime<Utc>,
    source: Source,
    number: u64,
    answer: Option<Answer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Add(i64),
    Set(i64),
    /// More than the guardrails let pass.
    TooMuch,
}

/// By which its identity over deliveries is told.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// Lambda's request id.
    Direct,
    /// An id in the payload.
    Payload,
    /// EventBridge's id.
    EventBridge,
    /// The message's id.
    Queue,
}

impl Wish {
    fn event(&self, target: Target, delivery: u64, time: Duration) -> Event {
        let count = match self.want {
            Want::Add(count) => json!({"add": count, "max": MAX}),
            Want::Set(count) => json!(count),
            Want::TooMuch => json!(MAX + 20),
        };
        let mut payload = target.payload(&count);
        payload["issuedAt"] = json!(self.at.to_rfc3339_opts(SecondsFormat::Millis, true));
        let id = format!("event-{}", self.number);
        // A retry of Lambda's own keeps the request id; a source that sends again does not.
        let (body, number) = match self.source {
            Source::Direct => (payload, self.number),
            Source::Payload => {
                payload["id"] = json!(id);
                (payload, delivery)
            }
            Source::EventBridge => (event_bridge(&id, self.at, &payload), delivery),
            Source::Queue => (queue(&id, self.at, &payload), delivery),
        };
        Event { body: body.to_string(), request_id: request_id(number), time }
    }

    /// Whether an answer ends its deliveries, and how: `Err` says what is wrong with it.
    fn is_answered(&self, answer: &Answer) -> Result<bool, String> {
        let body: Value = serde_json::from_str(&answer.body).map_err(|error| error.to_string())?;
        let text = body["errorType"].as_str().unwrap_or_default();
        let failures = body["batchItemFailures"].as_array();
        if failures.is_some_and(|failures| !failures.is_empty()) {
            // A queue says only that it failed; what the guardrails refuse goes to the dead letters after so many times.
            return Ok(self.want == Want::TooMuch);
        }
        match (answer.is_error, self.want) {
            (true, Want::TooMuch) if text == "GuardrailViolation" => Ok(true),
            (true, _) if RETRYABLE.contains(&text) => Ok(false),
            // What is older than an event that was decided on is overtaken, however much it asked for.
            (false, _) => Ok(true),
            _ => Err(format!("{:?} was answered with {}", self.want, answer.body)),
        }
    }
}

/// Of those that the deliveries of a trial can come to.
const RETRYABLE: [&str; 4] = ["TargetBusy", "RequestTimeout", "ServiceUnavailable", "DeadlineExceeded"];

fn event_bridge(id: &str, at: DateTime<Utc>, payload: &Value) -> Value {
    json!({
        "version": "0", "id": id, "detail-type": "Change Capacity", "source": "com.example.ops",
        "account": "123456789012", "time": at.to_rfc3339_opts(SecondsFormat::Secs, true), "region": "us-east-1",
        "resources": [], "detail": payload,
    })
}

fn queue(id: &str, at: DateTime<Utc>, payload: &Value) -> Value {
    let sent = at.timestamp_millis().to_string();
    json!({"Records": [{
        "messageId": id, "receiptHandle": "r", "body": payload.to_string(),
        "attributes": {
            "ApproximateReceiveCount": "1", "SentTimestamp": sent, "SenderId": "AIDAEXAMPLESENDER0001",
            "ApproximateFirstReceiveTimestamp": sent,
        },
        "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:capacity-requests", "awsRegion": "us-east-1",
    }]})
}

/// When a process dies.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Never,
    /// So long after its start.
    Starting(Duration),
    /// So long after it got its event.
    Working(Duration),
    /// When so many bytes have passed between it and AWS.
    Byte(usize),
    /// When its call of this number has been sent, which takes effect so much later.
    Sent(usize, Duration),
    /// Not at all, but nobody answers its call of this number, which takes effect so much later.
    Silence(usize, Duration),
}

/// How a delivery ended.
enum Ended {
    Killed,
    Answered(Answer),
}

impl All {
    fn number(&self) -> u64 {
        self.numbers.set(self.numbers.get() + 1);
        self.numbers.get()
    }

    /// How long an undisturbed invocation is, in bytes and time.
    async fn measure(self: &Rc<Self>, target: Target) -> Result<(), Box<dyn Error>> {
        let mut trial = Trial::new(Rc::clone(self), Rng::with_seed(0), 0, 1)?;
        trial.target = target;
        let want = Want::Add(1);
        let wish = Wish { want, at: now(), source: Source::Direct, number: self.number(), answer: None };
        let (ended, bytes, took) = trial.deliver(&wish, Moment::Never, PATIENCE).await?;
        match ended {
            Ended::Answered(answer) if !answer.is_error => {
                self.extents.borrow_mut().insert(target, (bytes, took));
                Ok(())
            }
            Ended::Answered(answer) => Err(answer.body.into()),
            Ended::Killed => Err("the function did not live through an undisturbed invocation".into()),
        }
    }
}

/// One target, its events, and all that happens to them.
struct Trial {
    all: Rc<All>,
    rng: Rng,
    number: usize,
    target: Target,
    world: Arc<World>,
    began_at: i64,
    wishes: Vec<Wish>,
    kills_left: u32,
    /// When the lane of the last that was killed is free again.
    free: Instant,
    /// When the last late write has landed.
    landed: Instant,
    story: Vec<String>,
}

impl Trial {
    fn new(all: Rc<All>, mut rng: Rng, number: usize, each: u32) -> Result<Self, Box<dyn Error>> {
        let target = Target::ALL[rng.usize(..3)];
        let began_at = target.stands(&all.seed).ok_or("the target is not there")?;
        let wishes = wishes(&mut rng, &all);
        let kills_left = rng.u32(1..=each);
        let world = World::new(all.seed.clone())?;
        let (free, landed) = (Instant::now(), Instant::now());
        Ok(Self { all, rng, number, target, world, began_at, wishes, kills_left, free, landed, story: Vec::new() })
    }

    /// Delivers until all is answered. The story, when a promise was broken.
    async fn live(mut self, permit: OwnedSemaphorePermit) -> Result<Option<String>, Box<dyn Error>> {
        let mut permit = Some(permit);
        let mut broken = self.through(&mut permit).await?;
        drop(permit);
        sleep_until(self.landed.into()).await;
        if broken.is_none() {
            broken = self.judge();
        }
        let mut tally = self.all.tally.borrow_mut();
        tally.trials += 1;
        tally.events += self.wishes.len();
        Ok(broken.map(|promise| {
            format!("\ntrial {}, {:?}: {promise}\n  {}", self.number, self.target, self.story.join("\n  "))
        }))
    }

    async fn through(&mut self, permit: &mut Option<OwnedSemaphorePermit>) -> Result<Option<String>, Box<dyn Error>> {
        for _ in 0..MOST_DELIVERIES {
            let open: Vec<usize> =
                (0..self.wishes.len()).filter(|place| self.wishes[*place].answer.is_none()).collect();
            if open.is_empty() {
                return Ok(None);
            }
            let place = open[self.rng.usize(..open.len())];
            // Some do not wait until the lane is free, and find it held.
            let impatient = self.free > Instant::now() && self.rng.u8(..10) == 0;
            if !impatient && self.free > Instant::now() {
                *permit = None;
                sleep_until(self.free.into()).await;
            }
            if permit.is_none() {
                *permit = Some(Arc::clone(&self.all.processes).acquire_owned().await?);
            }
            let moment = if impatient { Moment::Never } else { self.moment() };
            let time = if impatient { Duration::from_secs(2) } else { PATIENCE };
            if matches!(moment, Moment::Silence(..)) || impatient {
                // It waits, and takes no part of the processor meanwhile.
                *permit = None;
            }
            let wish = self.wishes[place].clone();
            let (ended, ..) = self.deliver(&wish, moment, time).await?;
            self.story.push(format!("{} {:?} of {}: {moment:?} -> {}", now(), wish.want, wish.at, ended.text()));
            match ended {
                Ended::Killed => {
                    let held = self.lease().map(|until| until - now());
                    if held.is_some_and(|held| held > TimeDelta::seconds(90)) {
                        return Ok(Some(format!("the lane is held for {held:?}")));
                    }
                    self.kills_left = self.kills_left.saturating_sub(1);
                    self.free = Instant::now() + FREE_AFTER;
                }
                Ended::Answered(answer) => match wish.is_answered(&answer) {
                    Ok(true) => self.wishes[place].answer = Some(answer),
                    Ok(false) => {
                        self.all.tally.borrow_mut().count("deliveries that ended in an error worth a retry");
                        if !impatient {
                            self.free = Instant::now() + FREE_AFTER;
                        }
                    }
                    Err(problem) => return Ok(Some(problem)),
                },
            }
        }
        Ok(Some(format!("not answered after {MOST_DELIVERIES} deliveries")))
    }

    fn moment(&mut self) -> Moment {
        if self.kills_left == 0 {
            return Moment::Never;
        }
        let extents = self.all.extents.borrow();
        let (bytes, took) = extents.get(&self.target).copied().unwrap_or_default();
        let rng = &mut self.rng;
        let late = Duration::from_millis(rng.u64(..25_000));
        match rng.u8(..100) {
            0..5 => Moment::Starting(Duration::from_micros(rng.u64(..20_000))),
            5..35 => Moment::Working(took.mul_f64(rng.f64() * 1.2)),
            35..73 => Moment::Byte(rng.usize(1..bytes.max(2))),
            73..98 => Moment::Sent(rng.usize(1..=CALLS), late),
            _ => Moment::Silence(rng.usize(1..=CALLS), late),
        }
    }

    /// Hands the event to a process of its own. How that ended, how many bytes passed, and how long the event took.
    async fn deliver(
        &mut self,
        wish: &Wish,
        moment: Moment,
        time: Duration,
    ) -> Result<(Ended, usize, Duration), Box<dyn Error>> {
        let delivery = self.all.number();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut command = command(
            &self.all.program,
            &self.all.configuration,
            &http(listener.local_addr()?),
            &format!("stream-{delivery}"),
            None,
        )?;
        command.env("AWS_CA_BUNDLE", &self.all.bundle);
        let mut function = Function::start(command).await?;
        let process = function.process();
        let control = Control::new(End::Kill(process));
        if let Moment::Byte(bytes) = moment {
            control.allow(bytes);
        }
        let calls = Arc::new(AtomicUsize::new(0));
        let serving =
            tokio::spawn(serve(listener, Arc::clone(&self.world), Arc::clone(&control), Arc::clone(&calls), moment));
        match moment {
            Moment::Starting(after) => {
                tokio::spawn(async move {
                    sleep(after).await;
                    process.kill()
                });
            }
            Moment::Sent(_, late) | Moment::Silence(_, late) => {
                // A call is sent well within the time of those before it.
                self.landed = Instant::now() + late + Duration::from_secs(15);
            }
            _ => {}
        }
        let event = wish.event(self.target, delivery, time);
        let ended = timeout(time + Duration::from_secs(60), work(&mut function, event, moment)).await;
        let (ended, took) = match ended {
            Ok(Ok((answer, took))) => (Ended::Answered(answer), took),
            // What had been sent is still read.
            Ok(Err(_)) if !matches!(moment, Moment::Never | Moment::Silence(..)) => {
                sleep(Duration::from_millis(20)).await;
                (Ended::Killed, Duration::ZERO)
            }
            Ok(Err(error)) => return Err(format!("the function ended by itself: {error}").into()),
            Err(_) => return Err("the function answered neither in time nor later".into()),
        };
        serving.abort();
        let mut tally = self.all.tally.borrow_mut();
        tally.deliveries += 1;
        match (&ended, moment) {
            (Ended::Killed, _) => {
                *tally.killed_after.entry(calls.load(Ordering::SeqCst)).or_default() += 1;
                tally.count(match moment {
                    Moment::Starting(_) => "killed as it started",
                    Moment::Working(_) => "killed at a moment of its work",
                    Moment::Byte(_) => "killed between two bytes",
                    _ => "killed with a call on its way, which took effect up to 25 s later",
                });
            }
            (_, Moment::Silence(..)) => tally.count("not killed, a call unanswered that took effect up to 25 s later"),
            _ => {}
        }
        Ok((ended, control.passed(), took))
    }

    /// Until when the lane is held.
    fn lease(&self) -> Option<DateTime<Utc>> {
        self.world.edit(|seed| {
            let ledger = seed.accounts.get("123456789012")?.get("us-east-1")?.tables.get("setpoint-ledger")?;
            let item = serde_json::to_value(ledger.items.values().next()?).ok()?;
            DateTime::from_timestamp_millis(item.pointer("/leaseUntil/N")?.as_str()?.parse().ok()?)
        })
    }

    fn judge(&mut self) -> Option<String> {
        let transcript = self.world.offline().transcript();
        for exchange in &transcript {
            if let Some(written) = self.target.written(&exchange.body) {
                self.story.push(exchange.to_string());
                if !(1..=MAX).contains(&written) {
                    return Some(format!("{written} was written, and the guardrails end at {MAX}"));
                }
            }
        }
        if let Some(until) = self.lease()
            && until > now() + TimeDelta::seconds(90)
        {
            return Some(format!("the lane is held until {until}"));
        }
        let stands = self.world.edit(|seed| self.target.stands(seed));
        let expected = self.expected();
        let holds = stands.is_some_and(|stands| expected.contains(&stands));
        (!holds).then(|| format!("{stands:?} stands, expected one of {expected:?}"))
    }

    /// What may stand in the end.
    fn expected(&self) -> Vec<i64> {
        let sum = |wishes: &[&Wish]| -> i64 {
            wishes.iter().map(|wish| if let Want::Add(count) = wish.want { count } else { 0 }).sum()
        };
        let all: Vec<&Wish> = self.wishes.iter().collect();
        let set = |wish: &&Wish| if let Want::Set(count) = wish.want { Some((wish.at, count)) } else { None };
        let Some((at, count)) = all.iter().filter_map(set).max() else {
            return vec![self.began_at + sum(&all)];
        };
        let newer: Vec<&Wish> =
            all.iter().copied().filter(|wish| wish.at > at && matches!(wish.want, Want::Add(_))).collect();
        let mut expected = vec![count + sum(&newer)];
        if !newer.is_empty() {
            // A number that is older than an event that was decided on is overtaken by it.
            expected.push(self.began_at + sum(&newer));
        }
        expected
    }
}

impl Ended {
    fn text(&self) -> String {
        match self {
            Self::Killed => "killed".to_owned(),
            Self::Answered(answer) => answer.body.clone(),
        }
    }
}

/// One to three events for a target: relative ones, absolute ones, or one of each; some of them too much.
fn wishes(rng: &mut Rng, all: &All) -> Vec<Wish> {
    let (add, set) = (|rng: &mut Rng| Want::Add(rng.i64(1..4)), |rng: &mut Rng| Want::Set(rng.i64(6..15)));
    let mut wants = match rng.u8(..5) {
        0 => vec![add(rng)],
        1 => (0..rng.usize(2..4)).map(|_| add(rng)).collect(),
        2 => vec![set(rng)],
        3 => vec![set(rng), set(rng)],
        _ => vec![add(rng), set(rng)],
    };
    if rng.u8(..10) == 0 {
        wants.push(Want::TooMuch);
    }
    rng.shuffle(&mut wants);
    let begin = now() - TimeDelta::seconds(60);
    let sources = [Source::Direct, Source::Payload, Source::EventBridge, Source::Queue];
    let wish = |(place, want): (usize, Want)| Wish {
        want,
        // Seconds apart, since not every source has more.
        at: begin + TimeDelta::seconds(5 * place as i64),
        source: sources[rng.usize(..sources.len())],
        number: all.number(),
        answer: None,
    };
    wants.into_iter().enumerate().map(wish).collect()
}

async fn work(function: &mut Function, event: Event, moment: Moment) -> io::Result<(Answer, Duration)> {
    function.asks().await?;
    let at = Instant::now();
    function.hand(event)?;
    let process = function.process();
    let answer = match moment {
        Moment::Working(after) => match timeout(after, function.answer()).await {
            Ok(answer) => answer,
            Err(_) => {
                process.kill()?;
                // What it has answered before is answered.
                function.answer().await
            }
        },
        _ => function.answer().await,
    };
    Ok((answer?, at.elapsed()))
}

async fn serve(
    listener: TcpListener,
    world: Arc<World>,
    control: Arc<Control>,
    calls: Arc<AtomicUsize>,
    moment: Moment,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let (world, control, calls) = (Arc::clone(&world), Arc::clone(&control), Arc::clone(&calls));
        let ends = Arc::clone(&control);
        tokio::spawn(world.serve(Wire::new(stream, control), move |_| {
            let number = calls.fetch_add(1, Ordering::SeqCst) + 1;
            match moment {
                Moment::Sent(which, late) if which == number => {
                    ends.end();
                    Fate::Late(late)
                }
                Moment::Silence(which, late) if which == number => Fate::Late(late),
                _ => Fate::Ordinary,
            }
        }));
    }
}

/// The example, in which changes take a moment.
fn seed() -> Seed {
    let mut seed = Seed::example();
    seed.changes.pace = Some(Pace::Time(Duration::from_millis(500)));
    seed
}

fn configuration(kill: &Kill) -> Value {
    let rule = |target: &str| json!({"target": target, "min": 1, "max": MAX, "maxStep": 30});
    json!({
        "guardrails": {"targets": [
            rule("sagemaker:endpoint/*/variant/*"), rule("sagemaker:inference-component/*"), rule("lambda:function:*"),
        ]},
        "ledgerTable": (!kill.without_ledger).then_some("setpoint-ledger"),
    })
}

const PROMISE: &str = "every relative event counted once, the newest absolute number stands, no write outside the guardrails, \
                       no lane held beyond its lease";

/// The most that the guardrails allow.
const MAX: i64 = 40;

/// Take, read, enter, write, leave.
const CALLS: usize = 5;

/// How long an invocation may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A lease, what clocks may differ by, and a little.
const FREE_AFTER: Duration = Duration::from_millis(93_500);

const MOST_DELIVERIES: usize = 30;
