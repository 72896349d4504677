//! `cargo setpoint lint`: what is wrong with files before anything is deployed.

mod checks;
mod clash;
mod declared;
mod document;
mod expression;
mod finding;
mod grants;
mod json;
mod node;
mod pattern;
mod report;
mod resolve;
mod template;
mod terraform;
mod text;
mod yaml;

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use annotate_snippets::Renderer;
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use setpoint::clock::Clock;

pub(crate) use crate::lint::declared::Declared;
use crate::lint::finding::Finding;
use crate::lint::node::Node;
use crate::lint::report::Checked;
use crate::lint::text::Text;
use crate::show;

/// What to check, and how to say it.
#[derive(Args)]
pub(crate) struct Lint {
    /// Payloads, configurations and templates as JSON or YAML, and what `terraform show -json` prints; - for standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How findings are printed.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// In rustc's manner, with an excerpt.
    #[default]
    Text,
    /// As one JSON object.
    Json,
    /// As SARIF 2.1.0, for code hosts.
    Sarif,
}

/// Checks the files; 0 for nothing found, 1 for findings.
pub(crate) fn run(arguments: &Lint) -> ExitCode {
    let now = Clock::System.now();
    let files: Vec<Checked> = arguments.files.iter().map(|file| check(file, now)).collect();
    let found: usize = files.iter().map(|file| file.findings.len()).sum();
    match arguments.format {
        Format::Text if found > 0 => {
            let is_terminal = std::io::stdout().is_terminal();
            show::answer(&report::text(&files, &if is_terminal { Renderer::styled() } else { Renderer::plain() }));
        }
        Format::Text => {}
        Format::Json => show::json(&report::json(&files)),
        Format::Sarif => show::json(&report::sarif(&files)),
    }
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What a template, a plan or a state declares of the function; `None` for any other text.
pub(crate) fn declared(name: &str, source: &str) -> Option<Declared> {
    read(name, source).ok().and_then(|root| document::declared(&root))
}

fn read(name: &str, source: &str) -> Result<Node, Finding> {
    let is_json = source.trim_start().starts_with(['{', '[']) && !name.ends_with(".yaml") && !name.ends_with(".yml");
    if is_json { json::read(&Text::whole(source)) } else { yaml::read(source) }
}

fn check(file: &Path, now: DateTime<Utc>) -> Checked {
    let name = file.display().to_string();
    let source = match source(file) {
        Ok(source) => source,
        Err(error) => {
            let findings = vec![Finding::error("unreadable", format!("cannot be read: {error}"), 0..0)];
            return Checked { name, source: String::new(), findings };
        }
    };
    let mut findings = read(&name, &source).map_or_else(|finding| vec![finding], |root| document::check(&root, now));
    findings.sort_by_key(|finding| finding.span.start);
    // A parameter may be used in several places.
    findings.dedup();
    Checked { name, source, findings }
}

fn source(file: &Path) -> std::io::Result<String> {
    if file != Path::new("-") {
        return std::fs::read_to_string(file);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map(|_| text)
}
