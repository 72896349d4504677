//! What has been of every target's capacity, from the decision records in the function's log.

mod log;
mod record;
mod telling;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, TimeDelta, Utc};
use clap::ValueEnum;
use setpoint::clock::Clock;

use crate::story::bars::{self, Screen};
use crate::story::calendar::{Calendar, Day};
use crate::story::hours::{PerTarget, prices};
use crate::story::picture;
use crate::{input, show};
use log::Messages;
use record::Record;
use telling::Telling;

/// Which log to read, and what of it to tell.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The function's log as `aws logs filter-log-events`, `aws logs tail` or Logs Insights give it, or one message a line;
    /// - for standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The first day, such as 2026-11-23, from its midnight by the clocks of the zone; otherwise that of the first record.
    #[arg(long, value_name = "DATE")]
    from: Option<Day>,
    /// For how many days; otherwise until the end of the day of the last record.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=366))]
    days: Option<u16>,
    /// Whose clocks count for what is typed and drawn.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    zone: String,
    /// What would have stood all the time: a number for every target, or a file with an object from targets, or patterns of
    /// them, to numbers.
    #[arg(long, value_name = "N|FILE")]
    baseline: Option<String>,
    /// What an hour of one costs: an object from targets, or patterns of them, to prices.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Writes a picture of it too, as SVG for light and dark pages.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: every target's capacity as bars, and what went otherwise than asked.
    Text,
    /// For people: a line for each change, refusal and event that gave way, and who it was.
    Changes,
    /// For machines: the targets with their steps, and the events.
    Json,
}

/// Reads the records and prints what they say.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let calendar = Calendar::named(&arguments.zone).map_err(|error| format!("--zone: {error}"))?;
    let baseline = arguments.baseline.as_deref().map(baseline).transpose()?.unwrap_or_default();
    let prices = prices(arguments.prices.as_deref())?;
    let records = read(&arguments.files)?;
    let (from, until) = span(&records, &calendar, arguments)?;
    let story = Telling::of(&records).between(from, until, &baseline);
    if let Some(file) = &arguments.svg {
        picture::write(file, &story, &calendar)?;
    }
    match arguments.format {
        Format::Json => show::json(&story.to_json(&prices)),
        Format::Changes => show::answer(bars::lines(&story, &calendar).trim_end()),
        Format::Text => show::answer(bars::draw(&story, &calendar, &prices, Screen::of_output()).trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The number for every target, or those of a file.
fn baseline(written: &str) -> Result<PerTarget<i64>, String> {
    if let Ok(number) = written.parse::<u32>() {
        return Ok(PerTarget::all(i64::from(number)));
    }
    if !Path::new(written).exists() {
        return Err(format!("--baseline {written}: is neither a whole number, such as 4, nor a file"));
    }
    let count = |value: &serde_json::Value| value.as_u64().and_then(|count| u32::try_from(count).ok()).map(i64::from);
    let read = PerTarget::read(Path::new(written), "a whole number, such as 4", count);
    read.map_err(|error| format!("--baseline {error}"))
}

/// Every record of the files once, by time.
fn read(paths: &[PathBuf]) -> Result<Vec<Record>, String> {
    let mut messages = Messages::default();
    for path in paths {
        messages.take(&input::text(path)?);
    }
    let lines = messages.objects.len() + messages.others;
    let mut records: Vec<Record> = messages.objects.iter().filter_map(Record::read).collect();
    let skipped = lines - records.len();
    if records.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| input::name(path)).collect();
        return Err(format!(
            "{}: no decision record among {}; expected is the function's log, as `aws logs filter-log-events` or \
             `aws logs tail` give it, with a JSON line for each invocation that changed something",
            names.join(", "),
            counted(lines, "message"),
        ));
    }
    records.sort_by(|one, other| (one.at, &one.request_id).cmp(&(other.at, &other.request_id)));
    records.dedup();
    let repeated = lines - skipped - records.len();
    let left_out: u64 = records.iter().map(|record| record.left_out).sum();
    let mut said =
        format!("{}; {} skipped", counted(records.len(), "decision record"), counted(skipped, "other message"));
    if repeated > 0 {
        said += &format!(", {repeated} that came twice");
    }
    show::remark(&said);
    if left_out > 0 {
        show::remark(&format!(
            "{left_out} decisions are not in the log, because their records were too long for it: what is told of their targets \
             may be wrong"
        ));
    }
    Ok(records)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// From when until when it is told, which ends with the present.
fn span(
    records: &[Record],
    calendar: &Calendar,
    arguments: &Arguments,
) -> Result<(DateTime<Utc>, DateTime<Utc>), String> {
    let (Some(first), Some(last)) = (records.first(), records.last()) else {
        return Err("there is no record".to_owned());
    };
    let first_day = arguments.from.clone().unwrap_or_else(|| calendar.day(first.at));
    let (from, until) = match arguments.days {
        Some(days) => calendar.span(&first_day, days)?,
        None => (calendar.span(&first_day, 1)?.0, calendar.span(&calendar.day(last.at), 1)?.1),
    };
    let now = Clock::System.now();
    // What has been is over; a clock that is behind the records knows nothing of that.
    let until = if last.at <= now { until.min(now.max(last.at + TimeDelta::seconds(1))) } else { until };
    if until <= from || last.at < from || until <= first.at {
        let day = |at| calendar.civil(at).date();
        return Err(format!(
            "the records are from {} to {}, and none lies in the days that are asked for",
            day(first.at),
            day(last.at)
        ));
    }
    Ok((from, until))
}
