//! What another version of a configuration changes of every target's capacity, played as simulate plays each.

mod difference;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use setpoint::clock::Clock;

use crate::simulate::{Episode, Files};
use crate::story::calendar::{Calendar, Day};
use crate::story::hours::prices;
use crate::{input, show};
use difference::Difference;

/// What to compare, and over which days.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What there is: a configuration, or a list of schedules, as `simulate` takes them; - for standard input.
    #[arg(value_name = "A")]
    before: PathBuf,
    /// What is to be.
    #[arg(value_name = "B")]
    after: PathBuf,
    /// The first day, such as 2026-11-23, from its midnight by the clocks of the zone; otherwise today.
    #[arg(long, value_name = "DATE")]
    from: Option<Day>,
    /// For how many days.
    #[arg(long, value_name = "N", default_value = "7", value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// Whose clocks count for what is typed and printed; otherwise those of the first timetable or schedule, else UTC.
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// An alarm that changes its state, such as checkout-high=ALARM@2026-11-24T09:30; may come more than once.
    #[arg(long, value_name = "NAME=STATE@TIME")]
    alarm: Vec<Episode>,
    /// What exists in the sandbox; otherwise what each of the two names, at the highest number that it asks of it.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// What an hour of one costs: an object from targets, or patterns of them, to prices.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, as Markdown for a pull request.
    Text,
    /// For machines: every target whose capacity differs, with the times at which it does.
    Json,
}

/// Plays both and prints what differs.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, String> {
    if input::is_standard(&arguments.before) && input::is_standard(&arguments.after) {
        return Err("both are standard input, which can be read once".to_owned());
    }
    let [before, after] = [&arguments.before, &arguments.after].map(|file| Files::read(std::slice::from_ref(file)));
    let (before, after) = (before?, after?);
    let documents = [before.documents.as_slice(), after.documents.as_slice()].concat();
    let calendar = Calendar::of(arguments.zone.as_deref(), &documents)?;
    let first = arguments.from.unwrap_or_else(|| calendar.day(Clock::System.now()));
    let span = calendar.span(&first, arguments.days)?;
    let prices = prices(arguments.prices.as_deref())?;
    let seed = arguments.seed.as_deref();
    let before = before.play(seed, (&arguments.alarm, &[]), &calendar, span).await?.story;
    let after = after.play(seed, (&arguments.alarm, &[]), &calendar, span).await?.story;
    let difference = Difference::between(&before, &after);
    let names = [&arguments.before, &arguments.after].map(|file| input::name(file));
    match arguments.format {
        Format::Text => show::answer(difference.markdown(names, &calendar, &prices).trim_end()),
        Format::Json => show::json(&difference.to_json(&prices)),
    }
    Ok(if difference.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
