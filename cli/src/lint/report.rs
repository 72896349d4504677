//! Findings as people and programs read them.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};

use crate::lint::finding::{Beside, CODES, Finding, Severity};

/// A file with what was found in it.
pub(crate) struct Checked {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) findings: Vec<Finding>,
}

impl Checked {
    /// The part of a finding's place that is on its first line, and no less than a letter where there is one.
    fn shown(&self, span: &Range<usize>) -> Range<usize> {
        let mut start = span.start.min(self.source.len());
        while !self.source.is_char_boundary(start) {
            start -= 1;
        }
        let line = self.source[start..].lines().next().unwrap_or_default();
        let mut end = span.end.clamp(start, start + line.len());
        if end == start {
            end = start + line.chars().next().map_or(0, char::len_utf8);
        }
        while !self.source.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }

    /// Line and column, both from 1, the column in characters.
    fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let before = &self.source[..byte];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// In rustc's manner.
pub(crate) fn text(files: &[Checked], renderer: &Renderer) -> String {
    let renderer = renderer.clone().decor_style(DecorStyle::Ascii);
    let mut reports = Vec::new();
    for file in files {
        for finding in &file.findings {
            let level = match finding.severity {
                Severity::Error => Level::ERROR,
                Severity::Warning => Level::WARNING,
            };
            let annotation = AnnotationKind::Primary.span(file.shown(&finding.span));
            let beside = finding.beside.iter().map(Box::as_ref);
            let beside =
                beside.map(|Beside { span, label }| AnnotationKind::Context.span(file.shown(span)).label(label));
            let snippet = Snippet::source(file.source.as_str()).path(file.name.as_str());
            let snippet = snippet.annotation(annotation).annotations(beside);
            let group: Group<'_> = level.primary_title(finding.message.as_str()).id(finding.code).element(snippet);
            let help = finding.help.as_deref().map(|help| Level::HELP.message(help));
            reports.push(renderer.render(&[group.elements(help)]));
        }
    }
    reports.join("\n\n")
}

/// One object, for programs.
pub(crate) fn json(files: &[Checked]) -> Value {
    let diagnostics: Vec<Value> = files.iter().flat_map(diagnostics).collect();
    json!({"diagnostics": diagnostics})
}

fn diagnostics(file: &Checked) -> impl Iterator<Item = Value> {
    file.findings.iter().map(|finding| {
        let (line, column) = file.line_and_column(file.shown(&finding.span).start);
        let beside = finding.beside.as_deref().map(|Beside { span, label }| {
            let (line, column) = file.line_and_column(file.shown(span).start);
            json!({"line": line, "column": column, "message": label})
        });
        json!({
            "severity": finding.severity.name(),
            "code": finding.code,
            "message": finding.message,
            "file": file.name,
            "line": line,
            "column": column,
            "help": finding.help,
            "beside": beside,
        })
    })
}

/// As code hosts read them: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.
pub(crate) fn sarif(files: &[Checked]) -> Value {
    let rules = CODES.map(|(code, sentence)| json!({"id": code, "shortDescription": {"text": sentence}}));
    let results: Vec<Value> = files.iter().flat_map(results).collect();
    let driver = json!({"name": "cargo setpoint lint", "version": env!("CARGO_PKG_VERSION"), "rules": rules});
    let run = json!({"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results});
    json!({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})
}

fn results(file: &Checked) -> impl Iterator<Item = Value> {
    file.findings.iter().map(|finding| {
        let help = finding.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
        let mut result = json!({
            "ruleId": finding.code,
            "level": finding.severity.name(),
            "message": {"text": format!("{}{help}", finding.message)},
            "locations": [{"physicalLocation": location(file, &finding.span)}],
        });
        if let Some(Beside { span, label }) = finding.beside.as_deref() {
            let related = json!({"physicalLocation": location(file, span), "message": {"text": label}});
            result["relatedLocations"] = json!([related]);
        }
        result
    })
}

fn location(file: &Checked, span: &Range<usize>) -> Value {
    let shown = file.shown(span);
    let (line, column) = file.line_and_column(shown.start);
    let end_column = column + file.source[shown].chars().count();
    let region = json!({"startLine": line, "startColumn": column, "endLine": line, "endColumn": end_column});
    json!({"artifactLocation": {"uri": uri(&file.name)}, "region": region})
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let letter = |b: u8| match b {
        b'\\' => "/".to_owned(),
        b'/' | b'.' | b'-' | b'_' | b'~' => char::from(b).to_string(),
        _ if b.is_ascii_alphanumeric() => char::from(b).to_string(),
        _ => format!("%{b:02X}"),
    };
    path.bytes().map(letter).collect()
}
