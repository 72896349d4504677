//! What a person sees: the answer on standard output, the story of it on standard error.

use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::Value;
use setpoint::error::Kind;
use setpoint::event;
use setpoint::handler::Report;
use setpoint::outcome::Decision;
use setpoint::plan::Place;
use setpoint::spelling::json::Document;
use setpoint_sandbox::Exchange;

use crate::world::World;

/// A line on standard output.
pub(crate) fn answer(line: &str) {
    // A closed pipe is the reader's decision.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A document on standard output.
pub(crate) fn json(document: &Value) {
    answer(&format!("{document:#}"));
}

/// What stopped the command, on standard error.
pub(crate) fn complaint(why: &str) {
    let _ = writeln!(std::io::stderr().lock(), "error: {why}");
}

/// A line for a person, on standard error.
pub(crate) fn remark(what: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{what}");
}

/// A request that the sandbox got, and what it answered.
pub(crate) fn exchange(exchange: &Exchange) {
    remark(&exchange.to_string());
}

/// A line of the story.
pub(crate) fn labelled(label: &str, what: &str) -> String {
    format!("{label:<11} {what}")
}

/// The same, on standard error.
pub(crate) fn told(label: &str, what: &str) {
    remark(&labelled(label, what));
}

/// How the story begins: what was recognised. Where there is nothing the report says why.
pub(crate) fn ways(event: &Document) {
    event::ways(event.clone()).iter().for_each(|way| told("event", way));
}

/// Where it is run.
pub(crate) fn surroundings(config: &str, world: &World) {
    told("config", config);
    told("world", &world.name);
}

/// What each target came to, without its story.
pub(crate) fn outcomes(report: &Report, home: &Place) {
    let elsewhere = is_elsewhere(report, home);
    for why in &report.ignored {
        told("ignored", why);
    }
    for error in &report.refused {
        told("refused", &format!("{}: {error}", error.error_type()));
    }
    for decision in &report.decisions {
        let why = decision.result.as_ref().err().map_or_else(String::new, |error| format!(": {error}"));
        told("outcome", &format!("{}: {}{why}", target(decision, elsewhere), outcome(decision)));
    }
}

/// The rest of the story: what was called, where that was not told at once, and what changed.
pub(crate) fn report(report: &Report, world: &World) {
    let _ = write!(std::io::stderr().lock(), "{}", story(report, world));
}

fn story(report: &Report, world: &World) -> String {
    let mut text = String::new();
    let mut line = |label: &str, what: &str| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{}", labelled(label, what));
    };
    for why in &report.ignored {
        line("ignored", why);
    }
    for error in &report.refused {
        line("refused", &format!("{}: {error}", error.error_type()));
    }
    if let Some(sandbox) = &world.sandbox {
        sandbox.transcript().iter().for_each(|exchange| line("call", &call(exchange, &world.home)));
    }
    for decision in &report.decisions {
        line("target", &target(decision, is_elsewhere(report, &world.home)));
        let fields =
            decision.plan.iter().flat_map(|plan| plan.fields.iter().map(move |field| (plan.label(field), field)));
        for (label, field) in fields {
            let asked = field.asked.as_ref().map_or_else(String::new, |asked| format!("  (asked: {asked})"));
            let change = match field.differs() {
                true => format!("{} -> {}", field.from, field.to),
                false => format!("{}, as it is", field.to),
            };
            line("", &format!("{label} {change}{asked}"));
        }
        decision.outside.iter().for_each(|outside| line("warning", &outside.to_string()));
        line("outcome", &outcome(decision));
        let untold = [("ledger", &decision.unentered), ("untold", &decision.untold)];
        for (label, error) in untold {
            error.iter().for_each(|error| line(label, &error.happened()));
        }
    }
    let lost = |decision: &&Decision| decision.result.as_ref().is_err_and(|error| error.kind() == Kind::NotFound);
    if let (Some(sandbox), Some(lost)) = (&world.sandbox, report.decisions.iter().find(lost)) {
        line("hint", &hint(&sandbox.state(), &lost.place));
        line("", "give a seed of your own with --seed FILE, or use a real account with --aws");
    }
    text
}

fn outcome(decision: &Decision) -> String {
    match &decision.result {
        Ok(answer) => match &answer.because {
            Some(because) => format!("{}: {because}", decision.outcome_name()),
            None => decision.outcome_name().to_owned(),
        },
        Err(error) => format!("{}: {}", decision.outcome_name(), error.error_type()),
    }
}

fn call(exchange: &Exchange, home: &Place) -> String {
    let Exchange { account, region, .. } = exchange;
    let is_home = *region == home.region.as_str() && home.account.as_ref().is_none_or(|home| home.as_str() == account);
    if is_home { exchange.to_string() } else { format!("{exchange}  (in {region} of {account})") }
}

/// Whether anything of it lives elsewhere than the function, so that a target's name alone does not say which it is.
fn is_elsewhere(report: &Report, home: &Place) -> Elsewhere {
    match report.decisions.iter().any(|decision| decision.place != *home) {
        true => Elsewhere::Some,
        false => Elsewhere::None,
    }
}

/// How much of an event is for targets outside of the function's own account and Region.
#[derive(Clone, Copy)]
enum Elsewhere {
    None,
    Some,
}

fn target(Decision { target, place: at, .. }: &Decision, elsewhere: Elsewhere) -> String {
    match elsewhere {
        Elsewhere::None => target.clone(),
        Elsewhere::Some => format!("{target} in {}", place(at)),
    }
}

/// The plan of every target, on standard output.
pub(crate) fn plans(report: &Report, home: &Place) {
    let elsewhere = is_elsewhere(report, home);
    for decision in &report.decisions {
        answer(&plan(decision, elsewhere));
    }
    for why in &report.ignored {
        answer(&format!("nothing to do: {why}"));
    }
}

fn plan(decision: &Decision, elsewhere: Elsewhere) -> String {
    let mut text = target(decision, elsewhere);
    let output = match &decision.result {
        Ok(answer) => &answer.output["plan"],
        Err(error) => return format!("{text}\n  {}: {error}", error.error_type()),
    };
    for change in output["changes"].as_array().into_iter().flatten() {
        let asked = change["asked"].as_str().map_or_else(String::new, |asked| format!("  (asked: {asked})"));
        let field = change["field"].as_str().unwrap_or_default();
        let _ = write!(text, "\n  {field}: {} -> {}{asked}", change["from"], change["to"]);
    }
    for outside in output["autoscaled"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let _ = write!(text, "\n  warning: {outside}");
    }
    if let Some(role) = output["role"].as_str() {
        let _ = write!(text, "\n  as: {role}");
    }
    let _ = match output["wouldCall"].as_str() {
        Some(command) => write!(text, "\n  would call: {command}"),
        None => write!(text, "\n  nothing to change"),
    };
    text
}

/// Where a target that is not in the sandbox could be.
fn hint(state: &Value, sought: &Place) -> String {
    let accounts = state["accounts"].as_object().into_iter().flatten();
    let places = accounts.flat_map(|(account, regions)| {
        let regions = regions.as_object().into_iter().flatten();
        regions.map(move |(region, holds)| (account, region, inventory(holds)))
    });
    let places: Vec<_> = places.filter(|(.., names)| !names.is_empty()).collect();
    let is_sought = |account: &str, region: &str| {
        region == sought.region.as_str() && sought.account.as_ref().is_none_or(|sought| sought.as_str() == account)
    };
    match places.iter().find(|(account, region, _)| is_sought(account, region)) {
        Some((.., names)) => format!("the sandbox has only what its seed names: {}", names.join(", ")),
        None => {
            let places: Vec<_> = places.iter().map(|(account, region, _)| format!("{region} of {account}")).collect();
            format!("the sandbox has nothing in {}, only in {}", place(sought), places.join(", "))
        }
    }
}

/// A place, as people say it.
pub(crate) fn place(Place { region, account }: &Place) -> String {
    match account {
        Some(account) => format!("{region} of {account}"),
        None => region.to_string(),
    }
}

/// The names of everything in a Region of the sandbox.
fn inventory(region: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for (kind, what) in [
        ("endpoints", "endpoint"),
        ("inferenceComponents", "inference component"),
        ("functions", "function"),
        ("scalableTargets", "scalable target"),
    ] {
        let found = region[kind].as_object().into_iter().flat_map(|things| things.keys());
        names.extend(found.map(|name| format!("{what} {name}")));
    }
    let models = region["provisionedModels"].as_object().into_iter().flat_map(|models| models.values());
    names.extend(models.filter_map(|model| model["name"].as_str()).map(|name| format!("provisioned model {name}")));
    let deployments = region["customModelDeployments"].as_object().into_iter().flat_map(|found| found.values());
    let deployments = deployments.filter_map(|deployment| deployment["name"].as_str());
    names.extend(deployments.map(|name| format!("custom model deployment {name}")));
    names
}
