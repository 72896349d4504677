//! What timetables, schedules and alarms make of every target's capacity, played through the real handler on virtual time.

mod alarm;
mod play;
mod rollout;
mod schedule;
mod stage;
mod telling;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use chrono::{DateTime, Utc};
use clap::ValueEnum;
use serde_json::Value;
use setpoint::config::Config;

use crate::story::bars::{self, Screen};
use crate::story::calendar::{Calendar, Day};
use crate::story::hours::prices;
use crate::story::picture;
use crate::{event_file, input, show};
pub(crate) use alarm::Episode;
pub(crate) use play::Played;
use play::{Due, Event};
use rollout::Rollout;
pub(crate) use rollout::Start;
use schedule::Schedule;

/// What to play, and from when.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A configuration, whose timetables are followed every five minutes; lists of schedules, each with `name`, `expression`,
    /// `timezone` and `payload`, as EventBridge Scheduler has them; - for standard input.
    #[arg(required_unless_present = "rollout", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The first day, such as 2026-11-23, from its midnight by the clocks of the zone.
    #[arg(long, value_name = "DATE")]
    from: Day,
    /// For how many days.
    #[arg(long, value_name = "N", default_value = "7", value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// Whose clocks count for what is typed and drawn; otherwise those of the first timetable or schedule, else UTC.
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// An alarm that changes its state, such as checkout-high=ALARM@2026-11-24T09:30; may come more than once.
    #[arg(long, value_name = "NAME=STATE@TIME")]
    alarm: Vec<Episode>,
    /// An input of the state machine `rollout` and when its execution starts, such as canary.json@2026-11-24T09:30; may come more
    /// than once. An alarm that nothing binds is then there for the rollouts alone.
    #[arg(long, value_name = "FILE@TIME")]
    rollout: Vec<Start>,
    /// What exists in the sandbox; otherwise what the files name, at the highest number that they ask of each.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// What an hour of one costs: an object from targets, or patterns of them, to prices.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Writes a picture of it too, as SVG for light and dark pages.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Writes the lines that the function would log, for `cargo setpoint history`.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For machines: the targets with their steps, and the events.
    Json,
}

/// Plays it and prints what came of it.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let files = Files::read(&arguments.files)?;
    let calendar = Calendar::of(arguments.zone.as_deref(), &files.documents)?;
    let span = calendar.span(&arguments.from, arguments.days)?;
    let prices = prices(arguments.prices.as_deref())?;
    let seed = arguments.seed.as_deref();
    let Played { story, log } = files.play(seed, (&arguments.alarm, &arguments.rollout), &calendar, span).await?;
    if let Some(file) = &arguments.svg {
        picture::write(file, &story, &calendar)?;
    }
    if let Some(file) = &arguments.log {
        let lines: String = log.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(file, lines).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    match arguments.format {
        Format::Json => show::json(&story.to_json(&prices)),
        Format::Text => show::answer(bars::draw(&story, &calendar, &prices, Screen::of_output()).trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

/// What the files hold.
pub(crate) struct Files {
    config: Config,
    schedules: Vec<Schedule>,
    pub(crate) documents: Vec<Value>,
}

impl Files {
    /// Reads each: a list is one of schedules, and anything else the configuration.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, String> {
        let mut configs = Vec::new();
        let mut schedules = Vec::new();
        let mut documents = Vec::new();
        for path in paths {
            let name = input::name(path);
            let text = input::text(path)?;
            if event_file::is_template(&text) {
                return Err(format!(
                    "{name} is a CloudFormation template, which is not played: put its SETPOINT_CONFIG, as JSON, into a file"
                ));
            }
            let document: Value =
                serde_json::from_str(&text).map_err(|error| format!("{name} is not JSON: {error}"))?;
            match document.as_array() {
                Some(list) => schedules.extend(Schedule::list(list).map_err(|error| format!("{name}: {error}"))?),
                None => configs.push(Config::parse(&text).map_err(|error| format!("{name}: {error}"))?),
            }
            documents.push(document);
        }
        if configs.len() > 1 {
            return Err("several of the files are a configuration, and the function has one".to_owned());
        }
        let config = configs.pop().unwrap_or_default();
        Ok(Self { config, schedules, documents })
    }

    /// Plays them with alarms and rollouts between two instants; unless a seed is named, with all there that they name.
    pub(crate) async fn play(
        mut self,
        seed: Option<&Path>,
        (alarms, rollouts): (&[Episode], &[Start]),
        calendar: &Calendar,
        (from, until): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Played, String> {
        let fired = self.schedules.into_iter().map(Rc::new).flat_map(|schedule| {
            let times = schedule.times(from, until).into_iter();
            times.map(move |at| Due { at, event: Event::Schedule(Rc::clone(&schedule)) })
        });
        let mut due: Vec<Due> = fired.collect();
        let at = |option: &str, time: &str, written: &str| {
            let at = calendar.instant(time)?;
            match (from..until).contains(&at) {
                true => Ok(at),
                false => Err(format!("--{option} {written}: is not within the days that are played")),
            }
        };
        for episode in alarms {
            let at = at("alarm", &episode.time, &episode.written)?;
            due.push(Due { at, event: Event::Alarm(episode.clone()) });
        }
        for start in rollouts {
            let (rollout, asked) = Rollout::read(start)?;
            let at = at("rollout", &start.time, &start.written)?;
            self.documents.push(asked);
            due.push(Due { at, event: Event::Rollout(Box::new(rollout)) });
        }
        let seed = match seed {
            Some(_) => crate::world::seed(seed)?,
            None => stage::seed(&self.documents),
        };
        play::play(self.config, seed, due, (from, until)).await
    }
}
