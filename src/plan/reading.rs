//! What one read of a target says, in the same words for every service.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::FieldValue;
use super::target::{Part, Target};

/// A target as AWS describes it. What AWS does not say is not in here: nothing stands for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    /// The target by the name that AWS answers with, whatever it was asked by.
    pub(crate) target: Target,
    /// The fields of the target as a whole.
    pub(crate) fields: Fields,
    /// What it stays when it is renamed, where that may happen.
    pub(crate) lasting: Option<Target>,
    /// Its ARN, where its name may be another's by the time of the write.
    pub(crate) arn: Option<String>,
    /// Its parts, each with fields of its own.
    pub(crate) parts: Vec<PartReading>,
    /// Whether it is at rest.
    pub(crate) progress: Progress,
    /// When AWS says it was last modified; `None` when it does not say.
    pub(crate) modified: Option<DateTime<Utc>>,
    /// When it was made, where an event from before that means another, which had its name.
    pub(crate) created: Option<DateTime<Utc>>,
    /// The change that has failed, where to ask for the same again is a new attempt.
    pub(crate) failed: Option<FailedChange>,
    /// What the target was asked by, where nothing bears that name and it was found under the name that it is to get:
    /// renamed already, perhaps.
    pub(crate) renamed_from: Option<Target>,
    /// What AWS says went wrong with the last change, also when the target is at rest again.
    pub(crate) failure: Option<String>,
    /// Until when AWS does not let go of it, where it was bought for a term.
    pub(crate) committed_until: Option<DateTime<Utc>>,
    /// The documented response of the write, filled from the read.
    pub(crate) response: Value,
    /// What names in the request stand for, where AWS answers with ARNs: as written, and the ARN.
    pub(crate) named: Vec<(String, String)>,
}

/// Fields by AWS's names of the members that set them, with the desired value of each; [`FieldValue::Absent`] where AWS
/// says that there is none.
pub(crate) type Fields = Vec<(&'static str, FieldValue)>;

/// One part of a target.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PartReading {
    pub(crate) part: Part,
    pub(crate) traffic: Traffic,
    pub(crate) fields: Fields,
    /// The most instances that it can have of the capacity that is reserved for it, where AWS says so.
    pub(crate) reserved: Option<i64>,
}

/// Whether a part takes its share of the traffic by its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traffic {
    Shared,
    Apart,
}

/// Whether a target is at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// At rest, with the present values equal to the desired ones.
    Settled,
    /// Still on its way to the desired values, and free to take others.
    Moving(String),
    /// Being changed, and not free to take another change.
    Busy(String),
    /// At rest where AWS reports that a change failed; the text is AWS's reason.
    Failed(String),
}

/// A change that AWS reports as failed, although the desired value of `member` is what it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FailedChange {
    /// The member to ask for again.
    pub(crate) member: &'static str,
    /// AWS's name of the status.
    pub(crate) status: &'static str,
    /// What the status is.
    pub(crate) from: &'static str,
    /// What it becomes if the new attempt succeeds.
    pub(crate) to: &'static str,
}

impl Reading {
    /// A target at rest of which AWS says nothing but its name.
    pub(crate) fn of(target: Target, response: Value) -> Self {
        Self {
            target,
            fields: Fields::new(),
            lasting: None,
            arn: None,
            parts: Vec::new(),
            progress: Progress::Settled,
            modified: None,
            created: None,
            failed: None,
            renamed_from: None,
            failure: None,
            committed_until: None,
            named: Vec::new(),
            response,
        }
    }

    /// What AWS says of a part; `None` when there is no such part.
    pub(crate) fn part(&self, part: &Part) -> Option<&PartReading> {
        self.parts.iter().find(|reading| reading.part == *part)
    }

    /// Every field, with the part it is of.
    pub(crate) fn named_fields(&self) -> impl Iterator<Item = (Option<&Part>, &'static str, &FieldValue)> {
        let whole = self.fields.iter().map(|(name, value)| (None, *name, value));
        let parts = self.parts.iter();
        whole.chain(parts.flat_map(|part| part.fields.iter().map(|(name, value)| (Some(&part.part), *name, value))))
    }

    /// What a text of the request stands for: itself, or what is known by that name.
    pub(crate) fn meant<'a>(&'a self, text: &'a str) -> &'a str {
        self.named.iter().find(|(name, _)| name == text).map_or(text, |(_, arn)| arn)
    }

    /// The desired value of a field; `None` when AWS does not say.
    pub(crate) fn value(&self, part: Option<&Part>, name: &str) -> Option<&FieldValue> {
        let fields = match part {
            Some(part) => &self.part(part)?.fields,
            None => &self.fields,
        };
        fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }
}

impl PartReading {
    /// The desired value of a field; `None` when AWS does not say.
    pub(crate) fn value(&self, name: &str) -> Option<&FieldValue> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }
}
