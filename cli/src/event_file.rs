//! An event from a file or standard input, and the configuration that goes with it.

use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use setpoint::config::Config;
use setpoint::environment;
use setpoint::spelling::json::Document;

/// Reads an event; `-` stands for standard input. The placeholders `{{now}}`, `{{now:alarm}}` and `{{now:ms}}`
/// become the present in the three spellings that AWS uses.
pub(crate) fn read(path: &Path, now: DateTime<Utc>) -> Result<Document, String> {
    let name = path.display();
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map_err(|error| format!("standard input: {error}"))?;
    } else {
        text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    }
    let text = text
        .replace("{{now}}", &now.to_rfc3339_opts(SecondsFormat::Secs, true))
        .replace("{{now:alarm}}", &now.format("%Y-%m-%dT%H:%M:%S%.3f%z").to_string())
        .replace("{{now:ms}}", &now.timestamp_millis().to_string());
    Document::parse(&text).map_err(|error| format!("{name} is not JSON: {error}"))
}

/// The operator's configuration: the file that was named, else `SETPOINT_CONFIG`, else a `setpoint.json` beside the
/// event, else none. Gives where it was found too.
pub(crate) fn config(named: Option<PathBuf>, event: &Path) -> Result<(Config, String), String> {
    let setting = environment::config();
    let beside = event.with_file_name("setpoint.json");
    let file = match named {
        Some(file) => Some(file),
        None if setting.is_some() => None,
        None => Some(beside).filter(|file| event != Path::new("-") && file.is_file()),
    };
    let Some(file) = file else {
        let place = if setting.is_some() { "SETPOINT_CONFIG" } else { "none" };
        return Config::from_setting(setting.as_deref())
            .map(|config| (config, place.to_owned()))
            .map_err(|error| error.to_string());
    };
    let name = file.display().to_string();
    let document = std::fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
    let config = Config::parse(&document).map_err(|error| format!("{name}: {error}"))?;
    Ok((config, name))
}
