//! A network that fails in every phase of a call: what the function answers, and whether anything is left half done.
//!
//! Time-outs are those of the function that ships, so every case is a process of its own, and all run side by side.

use std::error::Error;
use std::fmt;
use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::SecondsFormat;
use runtime_api::{Answer, Event, Function};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::certificates::{Authority, self_signed};
use crate::function::{command, request_id};
use crate::kinds::in_region;
use crate::wire::{Control, End, Wire, reset};
use crate::world::{Fate, World, now};

/// Every trouble in every place.
#[derive(Debug, clap::Args)]
pub(crate) struct Network {}

/// Runs them, and prints what came of them; `false` when a case was not as it must be.
pub(crate) async fn run(program: &Path) -> Result<bool, Box<dyn Error>> {
    let began = Instant::now();
    let folder = std::env::temp_dir().join(format!("endurance-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let ended = LocalSet::new().run_until(side_by_side(program, &folder)).await;
    fs::remove_dir_all(&folder)?;
    let seen = ended?;
    println!("{} cases side by side: {:.0} s\n", seen.len(), began.elapsed().as_secs_f64());
    println!(
        "| trouble | at | how often | answered | retry helps | after | stands | delivered again | another event |"
    );
    println!("|---|---|---|---|---|---:|---:|---|---|");
    for seen in &seen {
        println!("{seen}");
    }
    let wrong: Vec<&Seen> = seen.iter().filter(|seen| !seen.wrong.is_empty()).collect();
    println!(
        "\n{} answered in time, nothing half done, and well again in the same process: {} cases not",
        if wrong.is_empty() { "ok   " } else { "FAIL " },
        wrong.len()
    );
    for seen in &wrong {
        println!(
            "      {} at {}, {}: {}",
            seen.case.trouble.name(),
            seen.case.at.name(),
            seen.case.often.name(),
            seen.wrong.join("; ")
        );
    }
    Ok(wrong.is_empty())
}

async fn side_by_side(program: &Path, folder: &Path) -> Result<Vec<Seen>, Box<dyn Error>> {
    let mut running = JoinSet::new();
    for (number, case) in cases().into_iter().enumerate() {
        let (program, folder) = (program.to_owned(), folder.to_owned());
        running.spawn_local(async move {
            let ended = live(&program, &folder, number, case).await;
            ended.map(|seen| (number, seen)).map_err(|error| format!("{case:?}: {error}"))
        });
    }
    let mut seen = Vec::new();
    while let Some(ended) = running.join_next().await {
        seen.push(ended??);
    }
    seen.sort_by_key(|(number, _)| *number);
    Ok(seen.into_iter().map(|(_, seen)| seen).collect())
}

#[derive(Clone, Copy, Debug)]
struct Case {
    trouble: Trouble,
    at: At,
    often: Often,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// Reset as soon as it is accepted.
    ResetAtOnce,
    /// Reset in the middle of the handshake.
    ResetInHandshake,
    /// No answer to the handshake.
    SilentHandshake,
    SelfSigned,
    OtherIssuer,
    OtherName,
    Expired,
    NotYetValid,
    /// Reset in the middle of the request.
    ResetInRequest,
    /// The request gets stuck in the middle.
    SilentRequest,
    /// Reset after the request, which had no effect.
    ResetBefore,
    /// Reset after the request has taken effect.
    ResetAfter,
    /// Reset in the middle of the answer.
    ResetInAnswer,
    /// The request gets lost.
    SilentBefore,
    /// The answer gets lost.
    SilentAfter,
    /// The answer gets stuck in the middle.
    SilentInAnswer,
    /// The answer comes byte by byte.
    Drip,
}

/// Where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Every connection.
    Connection,
    Read,
    Write,
    /// The calls of the ledger.
    Take,
    Enter,
    Leave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Often {
    Once,
    Always,
}

impl Trouble {
    fn name(self) -> &'static str {
        match self {
            Self::ResetAtOnce => "reset when connected",
            Self::ResetInHandshake => "reset amid the handshake",
            Self::SilentHandshake => "silence amid the handshake",
            Self::SelfSigned => "certificate of its own",
            Self::OtherIssuer => "certificate of an issuer not trusted",
            Self::OtherName => "certificate of another name",
            Self::Expired => "certificate expired",
            Self::NotYetValid => "certificate not valid yet",
            Self::ResetInRequest => "reset amid the request",
            Self::SilentRequest => "silence amid the request",
            Self::ResetBefore => "reset, without effect",
            Self::ResetAfter => "reset, after the effect",
            Self::ResetInAnswer => "reset amid the answer",
            Self::SilentBefore => "silence, without effect",
            Self::SilentAfter => "silence, after the effect",
            Self::SilentInAnswer => "silence amid the answer",
            Self::Drip => "byte by byte",
        }
    }

    fn is_of_trust(self) -> bool {
        matches!(self, Self::SelfSigned | Self::OtherIssuer | Self::OtherName | Self::Expired | Self::NotYetValid)
    }

    /// Whether a call that meets it may take effect.
    fn takes_effect(self) -> bool {
        matches!(self, Self::ResetAfter | Self::ResetInAnswer | Self::SilentAfter | Self::SilentInAnswer | Self::Drip)
    }

    fn end(self) -> End {
        match self {
            Self::SilentHandshake | Self::SilentRequest | Self::SilentInAnswer => End::Silence,
            _ => End::Reset,
        }
    }
}

impl At {
    fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Read => "read",
            Self::Write => "write",
            Self::Take => "ledger: take",
            Self::Enter => "ledger: enter",
            Self::Leave => "ledger: leave",
        }
    }

    fn is_of_the_ledger(self) -> bool {
        matches!(self, Self::Take | Self::Enter | Self::Leave)
    }

    /// Whether the call is meant, the `number`th of its operation in an invocation.
    fn is(self, operation: &str, number: usize, often: Often) -> bool {
        let (named, place) = match self {
            Self::Connection => return false,
            Self::Read => ("DescribeEndpoint", 1),
            Self::Write => ("UpdateEndpointWeightsAndCapacities", 1),
            Self::Take => ("UpdateItem", 1),
            Self::Enter => ("UpdateItem", 2),
            Self::Leave => ("UpdateItem", 3),
        };
        operation == named && if often == Often::Once { number == place } else { number >= place }
    }
}

impl Often {
    fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Always => "always",
        }
    }
}

fn cases() -> Vec<Case> {
    use Trouble::{
        Drip, Expired, NotYetValid, OtherIssuer, OtherName, ResetAfter, ResetAtOnce, ResetBefore, ResetInAnswer,
        ResetInHandshake, ResetInRequest, SelfSigned, SilentAfter, SilentBefore, SilentHandshake, SilentInAnswer,
        SilentRequest,
    };
    let mut cases = Vec::new();
    let mut add = |troubles: &[Trouble], places: &[At], often: &[Often]| {
        for trouble in troubles {
            for at in places {
                cases.extend(often.iter().map(|often| Case { trouble: *trouble, at: *at, often: *often }));
            }
        }
    };
    let both = [Often::Once, Often::Always];
    let of_connections = [ResetAtOnce, ResetInHandshake, SilentHandshake, ResetInRequest, SilentRequest];
    add(&of_connections, &[At::Connection], &both);
    add(&[SelfSigned, OtherIssuer, OtherName, Expired, NotYetValid], &[At::Connection], &[Often::Always]);
    let of_calls = [ResetBefore, ResetAfter, ResetInAnswer, SilentBefore, SilentAfter, SilentInAnswer];
    add(&of_calls, &[At::Read, At::Write, At::Take, At::Enter, At::Leave], &both);
    add(&[Drip], &[At::Read, At::Write], &[Often::Always]);
    cases
}

/// What came of a case.
struct Seen {
    case: Case,
    answer: String,
    retryable: Option<bool>,
    took: Duration,
    stands: i32,
    again: String,
    another: String,
    wrong: Vec<String>,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let retryable = self.retryable.map_or("", |retryable| if retryable { "yes" } else { "no" });
        let Self { case: Case { trouble, at, often }, answer, took, stands, again, another, .. } = self;
        let (trouble, at, often) = (trouble.name(), at.name(), often.name());
        let took = took.as_secs_f64();
        write!(
            f,
            "| {trouble} | {at} | {often} | {answer} | {retryable} | {took:.1} s | {stands} | {again} | {another} |"
        )
    }
}

/// A server with its trouble, which can be over.
struct Server {
    case: Case,
    world: Arc<World>,
    good: TlsAcceptor,
    bad: TlsAcceptor,
    is_on: AtomicBool,
    met: AtomicUsize,
    /// Of the operations of this invocation, how often each was called.
    called: Mutex<std::collections::BTreeMap<String, usize>>,
}

async fn live(program: &Path, folder: &Path, number: usize, case: Case) -> Result<Seen, Box<dyn Error>> {
    let world = World::new(in_region("us-east-1", json!({}))?)?;
    let (authority, other) = (Authority::new()?, Authority::new()?);
    let names = ["127.0.0.1"];
    let good = authority.server(&names)?;
    let bad = match case.trouble {
        Trouble::SelfSigned => self_signed(&names)?,
        Trouble::OtherIssuer => other.server(&names)?,
        Trouble::OtherName => authority.server(&["api.sagemaker.us-east-1.amazonaws.com"])?,
        Trouble::Expired => authority.expired(&names)?,
        Trouble::NotYetValid => authority.early(&names)?,
        _ => good.clone(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://{}", listener.local_addr()?);
    let (is_on, met) = (AtomicBool::new(true), AtomicUsize::new(0));
    let server = Arc::new(Server { case, world: Arc::clone(&world), good, bad, is_on, met, called: Mutex::default() });
    tokio::spawn(accept(listener, Arc::clone(&server)));
    let bundle = folder.join(format!("{number}.pem"));
    fs::write(&bundle, authority.pem())?;
    let log = folder.join(format!("{number}.log"));
    let mut configuration =
        json!({"guardrails": {"targets": [{"target": "sagemaker:endpoint/*/variant/*", "max": 20}]}});
    if case.at.is_of_the_ledger() {
        configuration["ledgerTable"] = json!("setpoint-ledger");
    }
    let mut command = command(program, &configuration, &url, "network", Some(&File::create(&log)?))?;
    command.env("AWS_CA_BUNDLE", &bundle);
    let mut function = Function::start(command).await?;
    function.asks().await?;

    let first = scale(&json!({"add": 2}));
    let began = Instant::now();
    let answer = invoke(&mut function, first.clone(), 1, DEADLINE).await?;
    let took = began.elapsed();
    let retryable = retryable(&fs::read_to_string(&log)?);
    let reached = server.met.load(Ordering::SeqCst);
    let operations = world.operations().len();
    server.is_on.store(false, Ordering::SeqCst);
    let stands = instances(&world);
    // A lane that nobody could leave is free when its time is up.
    let again = invoke(&mut function, first, 1, UNTIL_FREE).await?;
    let stands_again = instances(&world);
    let another = invoke(&mut function, scale(&json!(7)), 2, UNTIL_FREE).await?;
    let stands_then = instances(&world);

    let mut wrong = Vec::new();
    let mut hold = |holds: bool, what: &str| {
        if !holds {
            wrong.push(what.to_owned());
        }
    };
    hold(reached > 0, "the trouble was not met");
    hold(took <= DEADLINE, "answered too late");
    if case.trouble.is_of_trust() {
        hold(short(&answer) == "UntrustedServer" && retryable == Some(false), "not called untrusted for good");
        hold(operations == 0, "something was sent");
    } else if case.often == Often::Once || case.trouble == Trouble::Drip {
        hold(!answer.is_error, "one trouble was too much");
    } else {
        let may_succeed = case.at == At::Leave || case.at == At::Write && case.trouble.takes_effect();
        hold(answer.is_error || may_succeed, "there is no such success");
        hold(!answer.is_error || retryable == Some(true), "called final");
    }
    let may_have_written = case.at == At::Write && case.trouble.takes_effect() || case.at == At::Leave;
    let may_stand: &[i32] = match (answer.is_error, may_have_written) {
        (false, _) => &[4],
        (true, true) => &[2, 4],
        (true, false) => &[2],
    };
    hold(may_stand.contains(&stands), "half done");
    hold(!again.is_error && stands_again == 4, "delivered again, it did not come to what was asked for once");
    hold(!another.is_error && stands_then == 7, "another event did not come to what was asked for");
    let (again, another) = (told(&again, stands_again), told(&another, stands_then));
    Ok(Seen { case, answer: short(&answer), retryable, took, stands, again, another, wrong })
}

async fn invoke(function: &mut Function, body: String, number: u64, time: Duration) -> Result<Answer, Box<dyn Error>> {
    function.hand(Event { body, request_id: request_id(number), time })?;
    let answer = timeout(time + Duration::from_secs(60), function.answer()).await.map_err(|_| "never answered")??;
    function.asks().await?;
    Ok(answer)
}

fn scale(count: &Value) -> String {
    let capacities = json!([{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]);
    json!({
        "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
        "input": {"EndpointName": "recsys", "DesiredWeightsAndCapacities": capacities},
        "issuedAt": now().to_rfc3339_opts(SecondsFormat::Millis, true),
    })
    .to_string()
}

fn short(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    body["errorType"].as_str().unwrap_or("done").to_owned()
}

fn told(answer: &Answer, stands: i32) -> String {
    format!("{}, {stands}", short(answer))
}

/// What the last decision record says.
fn retryable(log: &str) -> Option<bool> {
    let record: Value = serde_json::from_str(log.lines().last()?).ok()?;
    record["decisions"][0]["error"]["retryable"].as_bool()
}

fn instances(world: &World) -> i32 {
    world.edit(|seed| {
        let endpoint = seed.accounts.get("123456789012").and_then(|account| account.get("us-east-1"));
        let variant =
            endpoint.and_then(|region| region.endpoints.get("recsys")).and_then(|recsys| recsys.variants.first());
        let capacity = variant.map(|variant| variant.desired.as_ref().unwrap_or(&variant.current));
        capacity.and_then(|capacity| capacity.instance_count).unwrap_or_default()
    })
}

async fn accept(listener: TcpListener, server: Arc<Server>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(Arc::clone(&server).serve(stream));
    }
}

impl Server {
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let Case { trouble, at, .. } = self.case;
        let troubled = at == At::Connection && self.meets();
        if troubled && trouble == Trouble::ResetAtOnce {
            reset(&stream);
            return;
        }
        let control = Control::new(trouble.end());
        if troubled && matches!(trouble, Trouble::ResetInHandshake | Trouble::SilentHandshake) {
            control.allow(AMID_THE_HANDSHAKE);
        }
        let tls = if troubled { &self.bad } else { &self.good };
        let Ok(stream) = tls.accept(Wire::new(stream, Arc::clone(&control))).await else { return };
        if troubled && matches!(trouble, Trouble::ResetInRequest | Trouble::SilentRequest) {
            control.allow(AMID_THE_REQUEST);
        }
        let world = Arc::clone(&self.world);
        world.serve(stream, move |operation| self.fate(operation, &control)).await;
    }

    /// Whether the trouble is met now.
    fn meets(&self) -> bool {
        let is_on = self.is_on.load(Ordering::SeqCst);
        is_on && (self.met.fetch_add(1, Ordering::SeqCst) == 0 || self.case.often == Often::Always)
    }

    fn fate(&self, operation: &str, control: &Control) -> Fate {
        let Case { trouble, at, often } = self.case;
        let mut called = self.called.lock().unwrap_or_else(PoisonError::into_inner);
        let number = called.entry(operation.to_owned()).or_default();
        *number += 1;
        if !at.is(operation, *number, often) || !self.meets() {
            return Fate::Ordinary;
        }
        match trouble {
            Trouble::ResetBefore => {
                control.end();
                Fate::Cut
            }
            Trouble::ResetAfter => {
                control.end();
                Fate::CutAfterwards
            }
            Trouble::ResetInAnswer | Trouble::SilentInAnswer => {
                control.allow(AMID_THE_ANSWER);
                Fate::Ordinary
            }
            Trouble::SilentBefore => Fate::Lost,
            Trouble::SilentAfter => Fate::Late(Duration::ZERO),
            Trouble::Drip => {
                control.drip();
                Fate::Ordinary
            }
            _ => unreachable!("the others are troubles of connections"),
        }
    }
}

/// More than the client's first message, less than the server's.
const AMID_THE_HANDSHAKE: usize = 700;

/// More than the end of the handshake, less than a signed request.
const AMID_THE_REQUEST: usize = 400;

/// Less than the headers of an answer.
const AMID_THE_ANSWER: usize = 120;

/// The function's time.
const DEADLINE: Duration = Duration::from_secs(30);

/// Its time when it may have to wait for a lane.
const UNTIL_FREE: Duration = Duration::from_secs(120);
