//! Bugs that a simulation plants, to show that it would have found them.
//!
//! Only with the feature `plants` can one be planted. Without it `is` is never true, and the compiler leaves out what
//! stands behind it: the function that ships has nothing of this.

macro_rules! plants {
    ($($plant:ident $name:literal $says:literal)*) => {
        /// A bug that can be planted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Plant {
            $(#[doc = $says] $plant,)*
        }

        impl Plant {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$plant),*];

            /// What it is called on a command line.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$plant => $name,)*
                }
            }

            /// What is wrong with it.
            #[must_use]
            pub fn says(self) -> &'static str {
                match self {
                    $(Self::$plant => $says,)*
                }
            }
        }
    };
}

plants! {
    ModificationsUnchecked "modifications-unchecked" "A relative target is applied whatever was modified since."
    ClocksTakenForEqual "clocks-taken-for-equal" "No room is left between the clocks of sender and AWS."
    NeverTooOld "never-too-old" "No event is too old."
    AtLeastLowers "at-least-lowers" "atLeast is taken for exactly."
    AtMostRaises "at-most-raises" "atMost is taken for exactly."
    MaxIgnored "max-ignored" "add and percent go beyond their max."
    MinIgnored "min-ignored" "add and percent go below their min."
    PercentTowardsZero "percent-towards-zero" "A fraction of a percentage is cut off."
    MissingTakenForZero "missing-taken-for-zero" "What AWS does not report counts as 0."
    EverythingSent "everything-sent" "What is as asked for already is sent along."
    BoundsSwapped "bounds-swapped" "min and max of a guardrail are taken for each other."
    MaxStepFromNow "max-step-from-now" "maxStep counts from each write, not from before the invocation."
    RelativeUnbounded "relative-unbounded" "The guardrails are held against what was written before it is worked out."
    UnlistedAllowed "unlisted-allowed" "What no rule names may be changed, whatever the operator says."
    SharesUnbounded "shares-unbounded" "Nothing bounds a variant's share of the traffic."
    PausedIgnored "paused-ignored" "The kill switch does nothing."
    ShareOfAll "share-of-all" "A share is worked out as if the others gave nothing for it."
    BusyTakenForFailed "busy-taken-for-failed" "A busy target is a final error."
    FailedTakenForReady "failed-taken-for-ready" "An allocation that failed counts as done."
    NoneTakenForOne "none-taken-for-one" "Without a configuration of provisioned concurrency there is one environment."
    AllocatedTakenForRequested "allocated-taken-for-requested" "Relative targets count from what is allocated so far."
    RollingBackTakenForRest "rolling-back-taken-for-rest" "An endpoint that rolls back is taken for one at rest."
    DeadlineIgnored "deadline-ignored" "A call may take longer than the invocation."
    PauseCrossesDeadline "pause-crosses-deadline" "A wait goes on beyond the deadline."
    AnyStateActs "any-state-acts" "An alarm does on every state what is bound to ALARM."
    StatusAloneTrusted "status-alone-trusted" "A target at rest is taken for one that has what was asked for."
    ExpiryOnlyAtTheDoor "expiry-only-at-the-door" "An event that has grown too old while it waited is written."
    OneFailureReported "one-failure-reported" "Of several messages that failed only one is reported."
    ResolvedAgain "resolved-again" "A redelivery works its relative numbers out anew."
    LeaseIgnored "lease-ignored" "A lane is taken from whoever holds it."
    ReleasedBeforeTheWrite "released-before-the-write" "The lane is free before the write is sent."
    LateWriteUnheeded "late-write-unheeded" "The lane is free while a write may still take effect."
    StaleBelieved "stale-believed" "A read right after a write is believed, whatever it shows."
    OlderWins "older-wins" "An event acts though a newer one stands."
    ShareOfOneWeight "share-of-one-weight" "A newer share is taken for one variant's weight, and older ones beside it act."
    UnchangedForgotten "unchanged-forgotten" "An event that found nothing to change leaves no trace."
    DoneForgotten "done-forgotten" "An event that is done is done again when it comes again."
    FifoTakenForStandard "fifo-taken-for-standard" "The order within a message group is not kept."
}

#[cfg(feature = "plants")]
mod planted {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::Plant;

    /// Its place among all, from 1 on; 0 for none.
    static PLANTED: AtomicUsize = AtomicUsize::new(0);

    /// Plants a bug into this process instead of the last one, or none.
    pub fn plant(plant: Option<Plant>) {
        PLANTED.store(plant.map_or(0, |plant| plant as usize + 1), Ordering::Relaxed);
    }

    /// Whether it is planted.
    pub(crate) fn is(plant: Plant) -> bool {
        PLANTED.load(Ordering::Relaxed) == plant as usize + 1
    }
}

#[cfg(feature = "plants")]
pub(crate) use planted::is;
#[cfg(feature = "plants")]
pub use planted::plant;

/// Whether it is planted: never, in what ships.
#[cfg(not(feature = "plants"))]
pub(crate) const fn is(_: Plant) -> bool {
    false
}

// Known when it is compiled, so that nothing is left of what stands behind it.
#[cfg(not(feature = "plants"))]
const _: () = assert!(!is(Plant::ModificationsUnchecked));
