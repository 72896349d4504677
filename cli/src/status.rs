//! What should stand by the timetables at a moment, and what does.

mod seen;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::ValueEnum;
use serde_json::{Value, json};
use setpoint::aws::Clients;
use setpoint::clock::Clock;
use setpoint::config::Config;
use setpoint::handler::{Handler, Report};
use setpoint::plan::Place;
use setpoint::spelling::json::{Document, Received};

use crate::story::calendar::Calendar;
use crate::world::{Which, World, invocation};
use crate::{event_file, show};
use seen::Seen;

/// Whose timetables are looked at, and where.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Events or payloads that should hold as well: files, or - for standard input.
    #[arg(value_name = "EVENT")]
    events: Vec<PathBuf>,
    /// The operator's configuration, with its timetables.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// What should stand at another moment than now, such as 2026-11-24T09:30 by the clocks of the zone.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Whose clocks count for what is typed and printed; otherwise those of the first timetable, else UTC.
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    #[command(flatten)]
    which: Which,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: a table.
    Text,
    /// For machines: every number, with the period that says it.
    Json,
}

/// Looks, and prints what stands and what should.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let name = arguments.config.display();
    let text = std::fs::read_to_string(&arguments.config).map_err(|error| format!("{name}: {error}"))?;
    if event_file::is_template(&text) {
        return Err(format!("{name} is a CloudFormation template: put its SETPOINT_CONFIG, as JSON, into a file"));
    }
    let config = Config::parse(&text).map_err(|error| format!("{name}: {error}"))?;
    let document: Value = serde_json::from_str(&text).map_err(|error| format!("{name} is not JSON: {error}"))?;
    if config.timetables().next().is_none() && arguments.events.is_empty() {
        return Err(format!("{name} has no timetables, and no event is named: nothing says what should stand"));
    }
    let calendar = Calendar::of(arguments.zone.as_deref(), &[document])?;
    let at = arguments.at.as_deref().map(|at| calendar.instant(at).map_err(|error| format!("--at {error}")));
    let at = at.transpose()?;
    let now = at.unwrap_or_else(|| Clock::System.now());
    let events = arguments.events.iter().map(|path| Ok((path.as_path(), event_file::read(path, now)?)));
    let events: Vec<(&Path, Document)> = events.collect::<Result<_, String>>()?;
    let world = World::of(&arguments.which, now).await?;
    show::told("world", &world.name);
    // Only what the function takes for the present is another moment; AWS is asked now.
    let clock = at.map_or_else(|| world.clock.clone(), Clock::simulated);
    let handler = Handler::new(config.clone(), Clients::new(world.sdk_config.clone()), clock).planning();
    let look = Look { handler, home: world.home.clone(), now };
    let mut seen = Seen::new(now, look.home.clone());
    if config.timetables().next().is_some() {
        seen.by_the_timetables(&config, &look.report(json!({"follow": "*"})).await);
    }
    for (path, event) in events {
        seen.by_an_event(&path.display().to_string(), &look.report(event).await);
    }
    match arguments.format {
        Format::Text => show::answer(seen.table(&calendar).trim_end()),
        Format::Json => show::json(&seen.to_json()),
    }
    Ok(if seen.is_as_wanted() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The function, which only plans.
struct Look {
    handler: Handler,
    home: Place,
    now: DateTime<Utc>,
}

impl Look {
    async fn report(&self, event: impl Into<Received>) -> Report {
        let invocation = invocation(self.now.timestamp_millis(), self.home.account.clone(), self.now);
        self.handler.handle(event, &invocation).await
    }
}
