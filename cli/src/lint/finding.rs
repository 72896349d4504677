//! One thing that is wrong with a file, and what to do about it.

use std::ops::Range;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// The function or AWS refuses it.
    Error,
    /// It is accepted, and hardly meant.
    Warning,
}

impl Severity {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// The codes, each with what it says.
pub(crate) const CODES: [(&str, &str); 18] = [
    ("payload", "the function would refuse the payload as `InvalidAction`"),
    ("configuration", "the function would not start with the configuration"),
    ("schedule-expression", "AWS would refuse the `cron`, `rate` or `at`"),
    ("time-zone", "the schedule's zone is none of the IANA database"),
    ("relative-without-time", "a schedule sends `add` or `percent` without `issuedAt`, and no ledger is configured"),
    ("unbounded-selection", "a payload selects its targets, and the configuration has no `guardrails.maxTargets`"),
    ("event-pattern", "AWS would refuse the event pattern of a rule, or, as a warning, no event matches it"),
    ("unbound-schedule", "a schedule without `Input` is not in the configuration's `schedules`"),
    (
        "unbound-event",
        "a rule brings an event of AWS, which has no payload, and the configuration's `events` does not name it",
    ),
    (
        "unbound-alarm",
        "an alarm of the file rings the function, or a rule brings it, and the configuration's `alarms` does not name it",
    ),
    ("missing-alarm", "a warning: alarms of the file ring the function, and none has the name that is bound"),
    (
        "not-permitted",
        "a warning: the template has all of the function's role, and nothing in it allows what a payload asks for",
    ),
    ("retries-too-late", "a warning: AWS goes on sending what `maxEventAge` refuses"),
    ("contradicting-schedules", "a warning: two schedules ask at the same moment for values that exclude each other"),
    ("undone-by-timetable", "a warning: a schedule asks for what a followed timetable undoes"),
    ("syntax", "the file, or a payload in it, is not JSON or YAML"),
    ("unknown-document", "the file is nothing that can be checked"),
    ("unreadable", "the file cannot be read"),
];

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    /// The stable short name of what is wrong.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// What to write instead.
    pub(crate) help: Option<String>,
    /// Where in the file, in bytes.
    pub(crate) span: Range<usize>,
    /// What it is held against.
    pub(crate) beside: Option<Box<Beside>>,
}

/// A second place in the file, with what is there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Beside {
    pub(crate) span: Range<usize>,
    pub(crate) label: String,
}

impl Finding {
    /// A sentence of the form `what is wrong; what would be right` is one of both.
    pub(crate) fn error(code: &'static str, sentence: String, span: Range<usize>) -> Self {
        let (message, help) = match sentence.split_once("; ") {
            Some((message, help)) => (message.to_owned(), Some(help.to_owned())),
            None => (sentence, None),
        };
        Self { severity: Severity::Error, code, message, help, span, beside: None }
    }

    /// The same, of what is accepted.
    pub(crate) fn warning(code: &'static str, sentence: String, span: Range<usize>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, sentence, span) }
    }

    /// The same, held against another place.
    pub(crate) fn beside(self, span: Range<usize>, label: String) -> Self {
        Self { beside: Some(Box::new(Beside { span, label })), ..self }
    }
}
