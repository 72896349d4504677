//! Every error the function returns, with its `errorType` and its sentence.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::guardrail::{Outside, Violation};
use crate::plan::Target;
use crate::spelling::arn::{Account, RoleArn};
use crate::spelling::problem::Problems;

mod aws;
mod kind;

pub use aws::{AwsAnswer, AwsFailure, classify};
pub use kind::Kind;

/// Why a change has not settled.
#[derive(Clone, Debug, PartialEq)]
pub enum Unsettled {
    /// The deadline came first; the text is the last state seen.
    Deadline(String),
    /// AWS reports that the change failed; the text is AWS's reason.
    Failed(String),
    /// The target came to rest with other values; the text says which.
    Reverted(String),
}

/// What is known of a write to a target that is busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// None was sent.
    Nothing,
    /// One was sent and refused as busy; an attempt before that may have been taken, and its answer lost.
    Perhaps,
}

/// What became of the actions that did not fail.
#[derive(Clone, Debug, PartialEq)]
pub enum Others {
    /// They are done.
    Done,
    /// They were only planned: each as a sentence.
    Planned(Vec<String>),
}

/// When it was noticed that an event is too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// When it came.
    AtTheDoor,
    /// When it had waited, and was about to be written.
    BeforeTheWrite,
}

/// What went wrong. The variants are causes; [`Error::error_type`] gives the name callers match on.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// The event is not one this function understands, or one it understands is broken.
    InvalidEvent(String),
    /// The payload asks for something that cannot be.
    InvalidAction(Problems),
    /// The operator's configuration is wrong.
    InvalidConfiguration(Problems),
    /// A guardrail stands against the plan.
    GuardrailViolation(Box<Violation>),
    /// The target is being changed and did not become free.
    TargetBusy {
        /// The target.
        target: Target,
        /// The state AWS reports.
        status: String,
        /// How long it was waited for.
        waited: Duration,
        /// What is known of a write.
        written: Written,
    },
    /// An action before this one, on the same target in the same payload, has failed.
    NotTried {
        /// The target.
        target: Target,
        /// The `errorType` of the one before.
        after: String,
        /// Its kind.
        kind: Kind,
    },
    /// A number would not last, and the bounds that Application Auto Scaling keeps it within could not be moved for it.
    BoundsNotMoved(Box<Outside>, Box<Error>),
    /// What was asked for is not there, while something bears the name it was to get, as it did before the event: this is
    /// not its renaming repeated.
    NotRenamed {
        /// What was asked for.
        target: Target,
        /// What bears the new name.
        found: Target,
    },
    /// The event is older than the operator allows.
    EventExpired {
        /// The event's own time.
        issued_at: DateTime<Utc>,
        /// Its age when that was noticed.
        age: Duration,
        /// The operator's limit.
        max_event_age: Duration,
        /// When it was noticed.
        noticed: Noticed,
    },
    /// The change was submitted, or was there already, but the target is not at rest with it.
    NotSettled {
        /// The target.
        target: Target,
        /// What stands in the way.
        why: Unsettled,
    },
    /// Some of several actions failed: position, target and error of each.
    ActionsFailed {
        /// The failed ones, in the order written.
        failed: Vec<(usize, String, Error)>,
        /// How many actions there were.
        of: usize,
        /// What became of the others.
        others: Others,
    },
    /// What the ledger holds of a target is not what this function writes there.
    Unreadable {
        /// The ledger's table.
        table: String,
        /// The key of the item.
        key: String,
    },
    /// This function broke down over it: a mistake of its own.
    Internal,
    /// An AWS call failed.
    Aws(AwsFailure),
}

/// An error as the function returns it: the cause, and what a person may do.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// What went wrong.
    pub cause: Box<Cause>,
    /// Where there is a command that helps.
    pub by_hand: Option<Box<ByHand>>,
}

/// What a person can do with the AWS CLI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByHand {
    /// Look at the target.
    Look(Instruction),
    /// Do what could not be done.
    Finish(Instruction),
}

/// A command, and as whom it is meant: the one who pastes it may be signed in elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The command, which can be pasted as it stands.
    pub command: String,
    /// The account of the target, where it is known.
    pub account: Option<Account>,
    /// The role that the payload names.
    pub role: Option<RoleArn>,
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, account, role } = self;
        match (account, role.as_ref().map(RoleArn::as_str)) {
            (Some(account), Some(role)) => write!(f, " in account {account}, as {role}: {command}"),
            (Some(account), None) => write!(f, " in account {account}: {command}"),
            (None, Some(role)) => write!(f, " as {role}: {command}"),
            (None, None) => write!(f, ": {command}"),
        }
    }
}

impl Error {
    /// What happened, without what a person does next: for what is over when it is read.
    #[must_use]
    pub fn happened(&self) -> String {
        match &*self.cause {
            Cause::Aws(failure) => failure.to_string(),
            _ => self.to_string(),
        }
    }

    /// An event that cannot be understood; `message` says what was seen and what would have been understood.
    #[must_use]
    pub fn invalid_event(message: impl Into<String>) -> Self {
        Cause::InvalidEvent(message.into()).into()
    }

    /// Adds the command that helps, to an error that a retry does not, unless there is one already.
    #[must_use]
    pub fn or_by_hand(mut self, by_hand: impl FnOnce() -> ByHand) -> Self {
        if !self.kind().is_retryable() && self.by_hand.is_none() {
            self.by_hand = Some(Box::new(by_hand()));
        }
        self
    }

    /// True when the invocation has no time for another call.
    pub(crate) fn is_out_of_time(&self) -> bool {
        matches!(&*self.cause, Cause::Aws(AwsFailure { answer: AwsAnswer::Deadline, .. }))
    }

    /// True where a guardrail stands against it, or against the bounds that it needs.
    pub(crate) fn is_violation(&self) -> bool {
        match &*self.cause {
            Cause::GuardrailViolation(_) => true,
            Cause::BoundsNotMoved(_, error) => error.is_violation(),
            _ => false,
        }
    }

    /// Which sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &*self.cause {
            Cause::InvalidEvent(_) | Cause::InvalidAction(_) | Cause::InvalidConfiguration(_) => Kind::Invalid,
            Cause::GuardrailViolation(_) | Cause::EventExpired { .. } => Kind::Refused,
            Cause::Unreadable { .. } => Kind::Invalid,
            Cause::Internal => Kind::Internal,
            Cause::TargetBusy { .. } => Kind::Busy,
            Cause::NotTried { kind, .. } => *kind,
            Cause::BoundsNotMoved(_, error) => error.kind(),
            Cause::NotRenamed { .. } => Kind::NotFound,
            Cause::NotSettled { why: Unsettled::Deadline(_), .. } => Kind::TimedOut,
            Cause::NotSettled { .. } => Kind::Refused,
            // One retry of the event repeats them all, so one that can be helped is worth it.
            Cause::ActionsFailed { failed, .. } => {
                let kinds = || failed.iter().map(|(_, _, error)| error.kind());
                kinds().find(|kind| kind.is_retryable()).or_else(|| kinds().next()).unwrap_or(Kind::Invalid)
            }
            Cause::Aws(failure) => failure.kind(),
        }
    }

    /// The `errorType` of the Lambda error: AWS's exception name where AWS refused, else one of this function's own.
    #[must_use]
    pub fn error_type(&self) -> &str {
        match &*self.cause {
            Cause::InvalidEvent(_) => "InvalidEvent",
            Cause::InvalidAction(_) => "InvalidAction",
            Cause::InvalidConfiguration(_) => "InvalidConfiguration",
            Cause::GuardrailViolation(_) => "GuardrailViolation",
            Cause::TargetBusy { .. } => "TargetBusy",
            Cause::NotTried { .. } => "NotTried",
            Cause::BoundsNotMoved(_, error) => error.error_type(),
            Cause::NotRenamed { .. } => "ResourceNotFoundException",
            Cause::EventExpired { .. } => "EventExpired",
            Cause::NotSettled { .. } => "NotSettled",
            Cause::ActionsFailed { .. } => "ActionsFailed",
            Cause::Unreadable { .. } => "InvalidLedger",
            Cause::Internal => "InternalError",
            Cause::Aws(failure) => failure.error_type(),
        }
    }
}

impl From<Cause> for Error {
    fn from(cause: Cause) -> Self {
        Self { cause: Box::new(cause), by_hand: None }
    }
}

impl From<AwsFailure> for Error {
    fn from(failure: AwsFailure) -> Self {
        Cause::Aws(failure).into()
    }
}

impl std::error::Error for Error {}

/// How many failed actions are explained in full. A sentence of more would be too long for the failure record that
/// carries it; the others are named with their `errorType`, and the log has them all.
const MOST_EXPLAINED: usize = 50;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.cause {
            Cause::InvalidEvent(message) => f.write_str(message)?,
            Cause::GuardrailViolation(violation) => violation.fmt(f)?,
            Cause::InvalidAction(problems) | Cause::InvalidConfiguration(problems) => problems.fmt(f)?,
            Cause::TargetBusy { target, status, waited, written } => {
                write!(f, "{target} is busy ({status})")?;
                if !waited.is_zero() {
                    write!(f, " and did not become free in {} s", waited.as_secs())?;
                }
                let written = match written {
                    Written::Nothing => "nothing was written",
                    Written::Perhaps => "a write was sent, and whether AWS took it is not known",
                };
                write!(f, "; {written}. {}", sentence(Kind::Busy.remedy()))?;
            }
            Cause::NotTried { target, after, .. } => {
                write!(f, "{target} was not tried: an action before it on the same target failed ({after})")?;
            }
            Cause::BoundsNotMoved(outside, error) => {
                write!(f, "{outside}, and was not written, because these bounds could not be moved: {error}")?;
            }
            Cause::NotRenamed { target, found } => write!(
                f,
                "there is no {target}; {found} bears the name it was to get, but was not modified since the event, so it \
                 is not this one renamed. Check the name"
            )?,
            Cause::EventExpired { issued_at, age, max_event_age, noticed } => {
                let (by_now, so_far) = match noticed {
                    Noticed::AtTheDoor => ("", "nothing was read or written"),
                    Noticed::BeforeTheWrite => (" by now", "it was not written"),
                };
                write!(
                    f,
                    "the event is from {} and {} s old{by_now}, older than maxEventAge ({} s); {so_far}. Send a new event \
                     if this should still happen",
                    issued_at.to_rfc3339_opts(SecondsFormat::Secs, true),
                    age.as_secs(),
                    max_event_age.as_secs()
                )?;
            }
            Cause::NotSettled { target, why } => match why {
                Unsettled::Deadline(state) => write!(
                    f,
                    "{target} had not settled when the time was up ({state}). {}",
                    sentence(Kind::TimedOut.remedy())
                )?,
                Unsettled::Failed(reason) => write!(f, "AWS reports that the change of {target} failed: {reason}")?,
                Unsettled::Reverted(state) => {
                    write!(f, "{target} took the change and then came to rest without it: {state}")?;
                }
            },
            Cause::ActionsFailed { failed, of, others } => {
                match others {
                    Others::Done => write!(
                        f,
                        "{} of {of} actions failed; the others are done and will not be repeated.",
                        failed.len()
                    )?,
                    Others::Planned(_) => {
                        write!(f, "{} of {of} actions cannot be planned; nothing was written.", failed.len())?;
                    }
                }
                for (place, (index, target, error)) in failed.iter().enumerate() {
                    let why = if place < MOST_EXPLAINED { format!(": {error}") } else { String::new() };
                    let error_type = error.error_type();
                    write!(f, " actions[{index}] {target}: {error_type}{}.", why.trim_end_matches('.'))?;
                }
                if let Others::Planned(plans) = others {
                    plans.iter().take(MOST_EXPLAINED).try_for_each(|plan| write!(f, " {plan}."))?;
                }
            }
            Cause::Unreadable { table, key } => write!(
                f,
                "`decisions` of the item {key} in the table {table} is not what this function writes there; nothing was \
                 written. Look at the item, and delete it: events that come again after that count as new"
            )?,
            Cause::Internal => write!(
                f,
                "this function broke down over it, which is a mistake of its own: the log has the place, in the line that \
                 begins with \"thread\". What was written is not known. {}",
                sentence(Kind::Internal.remedy())
            )?,
            Cause::Aws(failure) => write!(f, "{failure}. {}", sentence(failure.remedy()))?,
        }
        match self.by_hand.as_deref() {
            Some(ByHand::Look(instruction)) => write!(f, ". To look at it{instruction}"),
            Some(ByHand::Finish(instruction)) => write!(f, ". To finish by hand{instruction}"),
            None => Ok(()),
        }
    }
}

/// A fragment with its first letter raised.
fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_failures_are_all_named_in_a_sentence_that_a_failure_record_can_carry() {
        let failed =
            (0..1000).map(|index| (index, "sagemaker:endpoint/e".to_owned(), Error::invalid_event("x".repeat(300))));
        let sentence =
            Error::from(Cause::ActionsFailed { failed: failed.collect(), of: 1000, others: Others::Done }).to_string();
        assert!(
            (0..1000).all(|index| sentence.contains(&format!(" actions[{index}] sagemaker:endpoint/e: InvalidEvent")))
        );
        assert!(sentence.len() < 100_000, "{} bytes", sentence.len());
    }

    #[test]
    fn the_first_fifty_failures_are_explained_and_the_others_only_named() {
        let failed = (0..MOST_EXPLAINED + 1).map(|index| (index, "t".to_owned(), Error::invalid_event("why")));
        let failed = Cause::ActionsFailed { failed: failed.collect(), of: 51, others: Others::Done };
        let sentence = Error::from(failed).to_string();
        assert!(sentence.ends_with(" actions[49] t: InvalidEvent: why. actions[50] t: InvalidEvent."), "{sentence}");
    }

    #[test]
    fn a_final_error_carries_the_command_and_a_retryable_one_does_not() {
        let failure = |code: &str| {
            let answer = AwsAnswer::Error { code: code.to_owned(), message: "no".to_owned(), status: Some(400) };
            let by_hand = Instruction { command: "aws x put-x".to_owned(), account: None, role: None };
            Error::from(AwsFailure { operation: "PutX", answer }).or_by_hand(|| ByHand::Finish(by_hand))
        };
        assert_eq!(
            failure("AccessDeniedException").to_string(),
            "PutX was refused: AccessDeniedException: no. Grant the permission that AWS names to the role, or correct \
             the credentials. To finish by hand: aws x put-x"
        );
        assert_eq!(
            failure("ThrottlingException").to_string(),
            "PutX was refused: ThrottlingException: no. Deliver the event again later, or spread events out"
        );
    }
}
