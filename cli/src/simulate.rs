//! What timetables and alarms make of every target's capacity, played through the real handler on virtual time.

mod alarm;
mod bars;
mod calendar;
mod picture;
mod play;
mod stage;
mod story;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::Value;
use setpoint::config::Config;

use crate::show;
use alarm::Episode;
use bars::Screen;
use calendar::{Calendar, Day};
use play::{Due, Event};

/// What to play, and from when.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A configuration, whose timetables are followed every five minutes.
    file: PathBuf,
    /// The first day, such as 2026-11-23, from its midnight by the clocks of the zone.
    #[arg(long, value_name = "DATE")]
    from: Day,
    /// For how many days.
    #[arg(long, value_name = "N", default_value = "7", value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// Whose clocks count for what is typed and drawn; otherwise those of the first timetable, else UTC.
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// An alarm that changes its state, such as checkout-high=ALARM@2026-11-24T09:30; may come more than once.
    #[arg(long, value_name = "NAME=STATE@TIME")]
    alarm: Vec<Episode>,
    /// What exists in the sandbox; otherwise what the file names, at the highest number that it asks of each.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Writes a picture of it too, as SVG for light and dark pages.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
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
    let (config, document) = read(&arguments.file)?;
    let calendar = Calendar::of(arguments.zone.as_deref(), &document)?;
    let (from, until) = calendar.span(&arguments.from, arguments.days)?;
    let mut due: Vec<Due> = Vec::new();
    for episode in arguments.alarm {
        let at = calendar.instant(&episode.time)?;
        if !(from..until).contains(&at) {
            return Err(format!("--alarm {}: is not within the days that are played", episode.written));
        }
        due.push(Due { at, event: Event::Alarm(episode) });
    }
    let seed = match &arguments.seed {
        Some(_) => crate::seed(arguments.seed.as_deref())?,
        None => stage::seed(&document),
    };
    let story = play::play(config, seed, due, (from, until)).await?;
    if let Some(file) = &arguments.svg {
        let written = std::fs::write(file, picture::draw(&story, &calendar));
        written.map_err(|error| format!("{}: {error}", file.display()))?;
    }
    match arguments.format {
        Format::Json => show::json(&story.to_json()),
        Format::Text => show::answer(bars::draw(&story, &calendar, Screen::of_output()).trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

/// A configuration, and the document that it was read from.
fn read(path: &Path) -> Result<(Config, Value), String> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    let config = Config::parse(&text).map_err(|error| format!("{name}: {error}"))?;
    let document = serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
    Ok((config, document))
}
