//! One process for a long time: does it grow, does it slow down, does it ever answer otherwise.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime_api::{Event, Function};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::certificates::Authority;
use crate::function::{command, request_id};
use crate::kinds::{Kind, is_expected, kinds};
use crate::world::{Fate, World, is_write};

/// How long it goes on, and with what.
#[derive(Debug, clap::Args)]
pub(crate) struct Soak {
    /// How many invocations
    #[arg(long, default_value_t = 1_000_000)]
    invocations: usize,
    /// Keep the ledger
    #[arg(long)]
    ledger: bool,
    /// Judge what was served when so many minutes have passed
    #[arg(long)]
    minutes: Option<u64>,
}

/// Runs it, and prints what came of it; `false` when something was not as it must be.
pub(crate) async fn run(soak: &Soak, root: &Path, program: &Path) -> Result<bool, Box<dyn Error>> {
    let mut configuration: Value = serde_json::from_str(&fs::read_to_string(root.join("events/setpoint.json"))?)?;
    configuration["ledgerTable"] = if soak.ledger { json!("setpoint-ledger") } else { Value::Null };
    if let Some(targets) = configuration["guardrails"]["targets"].as_array_mut() {
        targets.push(json!({"target": "sagemaker:endpoint/recsys/variant/*", "region": "eu-west-1", "max": 20}));
    }
    let mut life = Life::begin(root, program, &configuration).await?;
    life.learn_which_are_rare().await?;
    let is_over =
        |life: &Life| soak.minutes.is_some_and(|minutes| life.began.elapsed() >= Duration::from_mins(minutes));
    while life.count < soak.invocations && !is_over(&life) {
        life.round(soak.invocations).await?;
    }
    Ok(life.judge(soak))
}

/// A process and all that was seen of it.
struct Life {
    function: Function,
    world: Arc<World>,
    kinds: Vec<Kind>,
    /// Those that wait by the clock, as the SDK does before it repeats a call.
    rare: Vec<bool>,
    served: Vec<usize>,
    count: usize,
    rounds: usize,
    rare_every: usize,
    began: Instant,
    /// Of the others, in microseconds.
    latencies: Vec<u32>,
    samples: Vec<Sample>,
    wrong: BTreeMap<String, (usize, String)>,
    cpu_before: Duration,
}

/// The process as it was at one moment.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: usize,
    rss: u64,
    /// What is its own, and of no file.
    anonymous: u64,
    descriptors: usize,
    threads: u64,
}

impl Life {
    async fn begin(root: &Path, program: &Path, configuration: &Value) -> Result<Self, Box<dyn Error>> {
        let kinds = kinds(root)?;
        let world = World::new(setpoint_sandbox::Seed::example())?;
        let authority = Authority::new()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("https://{}", listener.local_addr()?);
        let bundle = std::env::temp_dir().join(format!("endurance-{}.pem", std::process::id()));
        fs::write(&bundle, authority.pem())?;
        tokio::spawn(serve(listener, authority.server(&["127.0.0.1"])?, Arc::clone(&world)));
        let mut command = command(program, configuration, &url, "soak", None)?;
        command.env("AWS_CA_BUNDLE", &bundle);
        let mut function = Function::start(command).await?;
        function.asks().await?;
        fs::remove_file(&bundle)?;
        let of = kinds.len();
        let cpu_before = function.process().cpu()?;
        Ok(Self {
            function,
            world,
            rare: vec![false; of],
            served: vec![0; of],
            kinds,
            count: 0,
            rounds: 0,
            rare_every: 1,
            began: Instant::now(),
            latencies: Vec::new(),
            samples: Vec::new(),
            wrong: BTreeMap::new(),
            cpu_before,
        })
    }

    /// Each once.
    async fn learn_which_are_rare(&mut self) -> Result<(), Box<dyn Error>> {
        for place in 0..self.kinds.len() {
            let began = Instant::now();
            self.deliver(place).await?;
            self.rare[place] = began.elapsed() > Duration::from_millis(100);
        }
        // Some retries begin at once by chance, and still wait mostly.
        for (kind, rare) in self.kinds.iter().zip(&mut self.rare) {
            *rare |= kind.seed.faults.values().flatten().any(|fault| {
                use setpoint_sandbox::Effect::{DropConnection, LoseAnswer, ServerError, Throttle};
                matches!(fault.effect, DropConnection | LoseAnswer | ServerError | Throttle)
            });
        }
        let common = self.rare.iter().filter(|rare| !**rare).count();
        self.rare_every = (RARE_EVERY / common.max(1)).max(1);
        self.latencies.clear();
        Ok(())
    }

    /// Each of the common ones once, and the rare ones when it is their turn.
    async fn round(&mut self, invocations: usize) -> Result<(), Box<dyn Error>> {
        self.rounds += 1;
        let is_turn_of_the_rare = self.rounds.is_multiple_of(self.rare_every);
        for place in 0..self.kinds.len() {
            if self.count >= invocations {
                return Ok(());
            }
            if !self.rare[place] || is_turn_of_the_rare {
                self.deliver(place).await?;
            }
            if self.count / (invocations / SAMPLES).max(1) > self.samples.len() {
                self.sample()?;
            }
        }
        Ok(())
    }

    async fn deliver(&mut self, place: usize) -> Result<(), Box<dyn Error>> {
        let kind = &self.kinds[place];
        let body = kind.event();
        self.world.edit(|seed| seed.clone_from(&kind.seed));
        // A delivery after the first is Lambda's own, with the same id.
        let request_id = request_id(self.count as u64);
        for _ in 0..kind.deliveries {
            let event = Event { body: body.clone(), request_id: request_id.clone(), time: Duration::from_mins(1) };
            let at = Instant::now();
            self.function.hand(event)?;
            let answer = self.function.answer().await?;
            let took = at.elapsed();
            self.function.asks().await?;
            self.count += 1;
            self.served[place] += 1;
            if !self.rare[place] {
                self.latencies.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
            }
            if !is_expected(&kind.expected, answer.is_error, &answer.body) {
                let said = format!("expected {:?}, got {}", kind.expected, answer.body);
                self.wrong.entry(kind.name.clone()).or_insert((0, said)).0 += 1;
            }
        }
        let writes = self.world.operations().iter().filter(|operation| is_write(operation)).count();
        if writes != kind.writes {
            let said = format!("expected {} writes, got {writes}", kind.writes);
            self.wrong.entry(format!("{}, writes", kind.name)).or_insert((0, said)).0 += 1;
        }
        Ok(())
    }

    fn sample(&mut self) -> Result<(), Box<dyn Error>> {
        let process = self.function.process();
        self.samples.push(Sample {
            at: self.count,
            rss: process.status("VmRSS")?,
            anonymous: process.memory("Anonymous")?,
            descriptors: process.descriptors()?,
            threads: process.status("Threads")?,
        });
        Ok(())
    }

    fn judge(&self, soak: &Soak) -> bool {
        let took = self.began.elapsed();
        let cpu = self.function.process().cpu().unwrap_or_default().saturating_sub(self.cpu_before);
        println!(
            "{} invocations of {} kinds in one process, {} the ledger: {:.0} s, {:.0} µs of CPU each",
            self.count,
            self.kinds.len(),
            if soak.ledger { "with" } else { "without" },
            took.as_secs_f64(),
            cpu.as_secs_f64() * 1e6 / self.count as f64,
        );
        let rare = self.rare.iter().zip(&self.served).filter(|(rare, _)| **rare);
        let (of, times) = rare.fold((0, 0), |(of, times), (_, served)| (of + 1, times + served));
        println!("{of} kinds wait by the clock, and came {times} times; they are in no latency\n");
        println!(
            "| invocations | RSS, KiB | anonymous, KiB | descriptors | threads | p50, µs | p90, µs | p99, µs | most, µs |"
        );
        println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        for tenth in 0..10 {
            let samples = part(&self.samples, tenth, 10);
            let mut latencies = part(&self.latencies, tenth, 10).to_vec();
            latencies.sort_unstable();
            let Some(last) = samples.last() else { continue };
            println!(
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                last.at,
                median(samples, |sample| sample.rss),
                median(samples, |sample| sample.anonymous),
                span(samples, |sample| sample.descriptors as u64),
                span(samples, |sample| sample.threads),
                quantile(&latencies, 50),
                quantile(&latencies, 90),
                quantile(&latencies, 99),
                latencies.last().copied().unwrap_or_default(),
            );
        }
        println!();
        let mut holds = true;
        let mut hold = |holds_this: bool, what: String| {
            println!("{} {what}", if holds_this { "ok   " } else { "FAIL " });
            holds &= holds_this;
        };
        let warm = &self.samples[self.samples.len() / 10..];
        let quarters: Vec<&[Sample]> = (0..4).map(|quarter| part(warm, quarter, 4)).collect();
        let flat = |of: fn(&Sample) -> u64, middle: bool| {
            let each: Vec<u64> = quarters
                .iter()
                .map(
                    |quarter| {
                        if middle { median(quarter, of) } else { quarter.iter().map(of).max().unwrap_or_default() }
                    },
                )
                .collect();
            let apart = each.iter().max().copied().unwrap_or_default() - each.iter().min().copied().unwrap_or_default();
            (each, apart)
        };
        for (name, of) in
            [("RSS", (|sample| sample.rss) as fn(&Sample) -> u64), ("anonymous memory", |sample| sample.anonymous)]
        {
            let (each, apart) = flat(of, true);
            hold(
                apart <= FLAT_KIB,
                format!("{name} of the quarters after the first tenth, KiB: {each:?}, at most {FLAT_KIB} apart"),
            );
        }
        for (name, of) in [
            ("descriptors", (|sample| sample.descriptors as u64) as fn(&Sample) -> u64),
            ("threads", |sample| sample.threads),
        ] {
            let (each, _) = flat(of, false);
            // Connections that nobody needs are closed; what counts is that there are never more.
            let grown = each.iter().skip(1).any(|most| *most > each[0] + 1);
            hold(!grown, format!("most {name} of the quarters: {each:?}, none more than 1 above the first"));
        }
        hold(
            self.wrong.is_empty(),
            format!("every answer, and every number of writes, as expected; {} kinds not", self.wrong.len()),
        );
        for (kind, (times, said)) in &self.wrong {
            println!("      {kind}, {times} times: {said}");
        }
        holds
    }
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, world: Arc<World>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, world) = (tls.clone(), Arc::clone(&world));
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            if let Ok(stream) = tls.accept(stream).await {
                world.serve(stream, |_| Fate::Ordinary).await;
            }
        });
    }
}

/// After how many invocations the rare ones come again.
const RARE_EVERY: usize = 100_000;

const SAMPLES: usize = 1000;

/// How far the medians of the quarters may lie apart.
const FLAT_KIB: u64 = 256;

fn part<T>(of: &[T], place: usize, parts: usize) -> &[T] {
    &of[of.len() * place / parts..of.len() * (place + 1) / parts]
}

fn median(samples: &[Sample], of: fn(&Sample) -> u64) -> u64 {
    let mut values: Vec<u64> = samples.iter().map(of).collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn span(samples: &[Sample], of: fn(&Sample) -> u64) -> String {
    let (least, most) =
        (samples.iter().map(of).min().unwrap_or_default(), samples.iter().map(of).max().unwrap_or_default());
    if least == most { least.to_string() } else { format!("{least} to {most}") }
}

fn quantile(sorted: &[u32], percent: usize) -> u32 {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}
