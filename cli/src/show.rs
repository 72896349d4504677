//! What a person sees: the answer on standard output, the story of it on standard error.

use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::Value;
use setpoint::error::Kind;
use setpoint::handler::Report;
use setpoint::outcome::Decision;
use setpoint_sandbox::Sandbox;

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

/// The story of an invocation: what was recognised, what was called, what changed.
pub(crate) fn report(report: &Report, config: &str, sandbox: Option<&Sandbox>) {
    let _ = write!(std::io::stderr().lock(), "{}", story(report, config, sandbox));
}

fn story(report: &Report, config: &str, sandbox: Option<&Sandbox>) -> String {
    let mut text = String::new();
    let mut line = |label: &str, what: &str| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{label:<11} {what}");
    };
    for via in &report.via {
        line("event", via);
    }
    line("config", config);
    for why in &report.ignored {
        line("ignored", why);
    }
    for error in &report.refused {
        line("refused", &format!("{}: {error}", error.error_type()));
    }
    match sandbox {
        Some(sandbox) => sandbox.transcript().iter().for_each(|exchange| line("call", &exchange.to_string())),
        None => {
            report.decisions.iter().flat_map(|decision| &decision.calls).for_each(|call| line("call", call.operation))
        }
    }
    for decision in &report.decisions {
        line("target", &decision.target);
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
        line("outcome", &outcome(decision));
    }
    let lost = |decision: &&Decision| decision.result.as_ref().is_err_and(|error| error.kind() == Kind::NotFound);
    if let (Some(sandbox), Some(_)) = (sandbox, report.decisions.iter().find(lost)) {
        line("hint", &format!("the sandbox has only what its seed names: {}", inventory(sandbox)));
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

/// The plan of every target, on standard output.
pub(crate) fn plans(report: &Report) {
    for decision in &report.decisions {
        answer(&plan(decision));
    }
    for why in &report.ignored {
        answer(&format!("nothing to do: {why}"));
    }
}

fn plan(decision: &Decision) -> String {
    let mut text = decision.target.clone();
    let output = match &decision.result {
        Ok(answer) => &answer.output["plan"],
        Err(error) => return format!("{text}\n  {}: {error}", error.error_type()),
    };
    for change in output["changes"].as_array().into_iter().flatten() {
        let asked = change["asked"].as_str().map_or_else(String::new, |asked| format!("  (asked: {asked})"));
        let field = change["field"].as_str().unwrap_or_default();
        let _ = write!(text, "\n  {field}: {} -> {}{asked}", change["from"], change["to"]);
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

/// The names of everything in the sandbox.
fn inventory(sandbox: &Sandbox) -> String {
    let state = sandbox.state();
    let mut names = Vec::new();
    for region in state["accounts"].as_object().into_iter().flat_map(|accounts| accounts.values()) {
        for region in region.as_object().into_iter().flat_map(|regions| regions.values()) {
            for (kind, what) in
                [("endpoints", "endpoint"), ("inferenceComponents", "inference component"), ("functions", "function")]
            {
                let found = region[kind].as_object().into_iter().flat_map(|things| things.keys());
                names.extend(found.map(|name| format!("{what} {name}")));
            }
            let models = region["provisionedModels"].as_object().into_iter().flat_map(|models| models.values());
            names.extend(
                models.filter_map(|model| model["name"].as_str()).map(|name| format!("provisioned model {name}")),
            );
        }
    }
    names.join(", ")
}
