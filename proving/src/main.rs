//! `prove`, which lets the function live through simulated weeks.

mod carrier;
mod chance;
mod command;
mod engine;
mod judge;
mod lane;
mod shrink;
mod story;
mod week;
mod wish;
mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use serde_json::{Value, json};
use setpoint::plant::{self, Plant};
use setpoint_sandbox::Seed;

use crate::command::{Command, Format, Switch};
use crate::engine::date;
use crate::week::Week;
use crate::world::{Violation, live};

/// What a wrong command line ends with, as `sysexits.h` has it.
const USAGE: u8 = 64;

// A tenth of a week less than with the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(told) => {
            // A closed pipe is the reader's decision.
            let _ = told.print();
            return if told.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    if command.list_plants {
        return list_plants();
    }
    if command.find_plants {
        return find_plants(&command).unwrap_or(ExitCode::FAILURE);
    }
    // A panic is a promise broken, and told as such.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut out, mut errors) = (io::stdout().lock(), io::stderr().lock());
    let written = match prove(&command) {
        Ok(proof) => {
            let text = match command.format {
                Format::Text => proof.to_text(&command),
                Format::Json => format!("{}\n", proof.to_json(&command)),
            };
            let code = if proof.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
            out.write_all(text.as_bytes()).map(|()| code)
        }
        Err(error) => writeln!(errors, "{error}").map(|()| ExitCode::FAILURE),
    };
    written.unwrap_or(ExitCode::FAILURE)
}

fn list_plants() -> ExitCode {
    let mut out = io::stdout().lock();
    let mut listed = Plant::ALL.iter().map(|plant| writeln!(out, "{:<32}{}", plant.name(), plant.says()));
    if listed.all(|line| line.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Each bug by the first week that shows it, with a ledger or without.
fn find_plants(command: &Command) -> Result<ExitCode, String> {
    let mut out = io::stdout().lock();
    let whole = lane::whole()?;
    let weeks = (0..command.seeds.saturating_mul(2))
        .map(|number| Week::new(command.seed.saturating_add(number / 2), number % 2 == 1));
    let broken = |week: &Week| -> Result<Vec<&'static str>, String> {
        Ok(live(week, &whole, false)?.violations.into_iter().map(|violation| violation.property).collect())
    };
    // What is broken without a plant too tells of none.
    let mut without: Vec<Vec<&'static str>> = Vec::new();
    let mut missed = 0;
    for plant in Plant::ALL {
        let mut line = format!("{:<32}not found", plant.name());
        for (number, week) in weeks.clone().enumerate() {
            if number == without.len() {
                plant::plant(None);
                without.push(broken(&week)?);
            }
            plant::plant(Some(*plant));
            let found = broken(&week)?.into_iter().find(|property| !without[number].contains(property));
            if let Some(property) = found {
                let ledger = if week.ledger { "with" } else { "without" };
                line = format!("{:<32}{:>5} seeds, {ledger} a ledger: {property}", plant.name(), number / 2 + 1);
                break;
            }
        }
        missed += usize::from(line.ends_with("not found"));
        writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| error.to_string())?;
    }
    plant::plant(None);
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What all weeks came to.
#[derive(Default)]
struct Proof {
    weeks: u64,
    events: u64,
    calls: u64,
    met: BTreeMap<&'static str, u64>,
    broken: Vec<(u64, Violation)>,
    /// Of the first seed that failed, or of every one where that is asked for.
    stories: Vec<String>,
}

fn prove(command: &Command) -> Result<Proof, String> {
    let whole = lane::whole()?;
    let by_name = |name: &String| {
        let plant = Plant::ALL.iter().copied().find(|plant| plant.name() == name);
        plant.ok_or_else(|| format!("there is no plant {name}; --list-plants lists them"))
    };
    plant::plant(command.plant.as_ref().map(by_name).transpose()?);
    let mut proof = Proof::default();
    for seed in command.seed..command.seed.saturating_add(command.seeds) {
        for number in 0..command.weeks {
            let week = Week::new(seed.wrapping_add(number << 40), command.ledger == Switch::On);
            let lived = live(&week, &whole, command.tell)?;
            proof.weeks += 1;
            proof.events += lived.events;
            proof.calls += lived.calls;
            for (what, times) in lived.met {
                *proof.met.entry(what).or_default() += times;
            }
            proof.stories.extend(lived.story);
            if let Some(first) = lived.violations.first().filter(|_| proof.broken.is_empty()) {
                proof.stories.extend(smallest(&week, &whole, first.property)?);
            }
            proof.broken.extend(lived.violations.into_iter().map(|violation| (seed, violation)));
        }
    }
    Ok(proof)
}

/// The story of the smallest week that breaks the same promise.
fn smallest(week: &Week, whole: &Seed, property: &str) -> Result<Vec<String>, String> {
    let small = shrink::shrunk(week, whole, property);
    let mut story = vec![format!("The configuration is {}", small.configuration())];
    story.extend(live(&small, whole, true)?.story);
    Ok(story)
}

/// How many broken promises are told of.
const MOST_TOLD: usize = 20;

impl Proof {
    fn to_json(&self, command: &Command) -> Value {
        let violations = self.broken.iter().map(|(seed, Violation { property, at, .. })| {
            json!({"seed": seed, "property": property, "when": date(*at).to_rfc3339()})
        });
        let violations: Vec<Value> = violations.collect();
        json!({"met": self.met, "seeds": command.seeds, "weeks": self.weeks, "events": self.events, "calls": self.calls,
            "violations": violations})
    }

    fn to_text(&self, command: &Command) -> String {
        let mut text = String::new();
        for line in &self.stories {
            let _ = writeln!(text, "{line}");
        }
        let _ = writeln!(text, "\nreached:");
        for (what, times) in &self.met {
            let _ = writeln!(text, "{times:>10}  {what}");
        }
        for (seed, Violation { property, at, what }) in self.broken.iter().take(MOST_TOLD) {
            let _ = writeln!(text, "BROKEN by seed {seed}, {}: {property}: {what}", date(*at).format("%a %H:%M:%S"));
        }
        if let Some((seed, _)) = self.broken.first() {
            let ledger = if command.ledger == Switch::On { " --ledger on" } else { "" };
            let plant = command.plant.as_ref().map_or_else(String::new, |plant| format!(" --plant {plant}"));
            let weeks = if command.weeks > 1 { format!(" --weeks {}", command.weeks) } else { String::new() };
            let _ = writeln!(text, "again: cargo prove --seeds 1 --seed {seed}{weeks}{ledger}{plant}");
        }
        let Self { weeks, events, calls, broken, .. } = self;
        let _ = writeln!(text, "{weeks} weeks, {events} events, {calls} calls, {} promises broken", broken.len());
        text
    }
}
