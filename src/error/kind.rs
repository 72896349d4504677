//! What sort of failure it is, and what a person does next.

/// What sort of failure it is, whichever service it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The target is being changed; it takes one change at a time.
    Busy,
    /// The target does not exist in that account and Region.
    NotFound,
    /// The request is wrong and stays wrong.
    Invalid,
    /// Understood and turned down, by AWS or by a guardrail.
    Refused,
    /// An account limit stands in the way.
    Quota,
    /// Too many calls at once.
    Throttled,
    /// The role or the credentials do not allow it.
    Denied,
    /// AWS did not answer, or answered that it is not well.
    Unavailable,
    /// Time ran out before an answer, or before the change had settled.
    TimedOut,
    /// This function is at fault.
    Internal,
}

impl Kind {
    /// True when delivering the same event again may succeed without anybody changing anything.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Busy | Self::Throttled | Self::Unavailable | Self::TimedOut)
    }

    /// The stable name for logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::NotFound => "not found",
            Self::Invalid => "invalid",
            Self::Refused => "refused",
            Self::Quota => "quota",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
            Self::TimedOut => "timed out",
            Self::Internal => "internal",
        }
    }

    /// What a person does next.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Self::Busy => "another change is under way; deliver the event again when it is done",
            Self::NotFound => "check the name, the Region and the account",
            Self::Invalid => "correct the input",
            Self::Refused => "AWS turned it down as things stand; change what its sentence names",
            Self::Quota => "ask for less, or for a higher limit in Service Quotas",
            Self::Throttled => "deliver the event again later, or spread events out",
            Self::Denied => "grant the permission that AWS names to the role, or correct the credentials",
            Self::Unavailable => {
                "deliver the event again; if it persists, check the Region's health and the network path"
            }
            Self::TimedOut => "deliver the event again: what was done already is not repeated",
            Self::Internal => "look at the target, and report the line",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_by_itself_is_retryable() {
        let retryable = [Kind::Busy, Kind::Throttled, Kind::Unavailable, Kind::TimedOut];
        let last = [Kind::NotFound, Kind::Invalid, Kind::Refused, Kind::Quota, Kind::Denied, Kind::Internal];
        assert!(retryable.iter().all(|kind| kind.is_retryable()));
        assert!(last.iter().all(|kind| !kind.is_retryable()));
    }
}
