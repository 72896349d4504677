//! Scripted faults: what a call meets instead of, or on top of, the ordinary answer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::milliseconds;

/// One scripted fault. Faults of one operation are used in the order they were scripted; one call meets at most one.
///
/// ```
/// use setpoint_sandbox::Fault;
/// let busy_lambda = Fault::throttle().times(2);
/// let one_bad_target = Fault::error(409, "ResourceConflictException", "…").always().containing("checkout");
/// # assert_ne!(busy_lambda, one_bad_target);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// What happens to the call.
    pub effect: Effect,
    /// Which calls meet it; the next one alone when left out of a seed.
    #[serde(default)]
    pub calls: Calls,
    /// Only calls whose path (as sent) or body holds this text meet it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containing: Option<String>,
}

/// What a fault does to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Effect {
    /// The service's own throttling error.
    Throttle,
    /// The service's own HTTP 500.
    ServerError,
    /// The service's own refusal for want of IAM permission.
    AccessDenied,
    /// Any error in the service's own format.
    Error {
        /// The HTTP status.
        status: u16,
        /// The AWS error code.
        code: String,
        /// The message beside it.
        message: String,
    },
    /// A `text/html` page, as a proxy or load balancer answers.
    Html {
        /// The HTTP status.
        status: u16,
    },
    /// No body and no error headers.
    Empty {
        /// The HTTP status.
        status: u16,
    },
    /// The ordinary answer, this much later. The call takes effect when it arrives.
    #[serde(rename = "slowMilliseconds", with = "milliseconds")]
    Slow(Duration),
    /// The connection closes before the call takes effect.
    DropConnection,
    /// The call takes effect, then the connection closes without an answer.
    LoseAnswer,
}

/// Which calls meet a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Calls {
    /// The next so many.
    Next(u32),
    /// Every one from now on.
    All,
}

impl Default for Calls {
    fn default() -> Self {
        Self::Next(1)
    }
}

impl Fault {
    fn once(effect: Effect) -> Self {
        Self { effect, calls: Calls::default(), containing: None }
    }

    /// [`Effect::Throttle`], once.
    #[must_use]
    pub fn throttle() -> Self {
        Self::once(Effect::Throttle)
    }

    /// [`Effect::ServerError`], once.
    #[must_use]
    pub fn server_error() -> Self {
        Self::once(Effect::ServerError)
    }

    /// [`Effect::AccessDenied`], once.
    #[must_use]
    pub fn access_denied() -> Self {
        Self::once(Effect::AccessDenied)
    }

    /// [`Effect::Error`], once.
    #[must_use]
    pub fn error(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::once(Effect::Error { status, code: code.into(), message: message.into() })
    }

    /// [`Effect::Html`], once.
    #[must_use]
    pub fn html(status: u16) -> Self {
        Self::once(Effect::Html { status })
    }

    /// [`Effect::Empty`], once.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self::once(Effect::Empty { status })
    }

    /// [`Effect::Slow`], once.
    #[must_use]
    pub fn slow(by: Duration) -> Self {
        Self::once(Effect::Slow(by))
    }

    /// [`Effect::DropConnection`], once.
    #[must_use]
    pub fn drop_connection() -> Self {
        Self::once(Effect::DropConnection)
    }

    /// [`Effect::LoseAnswer`], once.
    #[must_use]
    pub fn lose_answer() -> Self {
        Self::once(Effect::LoseAnswer)
    }

    /// The same for the next `calls` calls.
    #[must_use]
    pub fn times(mut self, calls: u32) -> Self {
        self.calls = Calls::Next(calls);
        self
    }

    /// The same for every call from now on.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.calls = Calls::All;
        self
    }

    /// The same for calls whose path (as sent) or body holds `text`, no others.
    #[must_use]
    pub fn containing(mut self, text: impl Into<String>) -> Self {
        self.containing = Some(text.into());
        self
    }

    fn meets(&self, call: &Call) -> bool {
        self.containing.as_ref().is_none_or(|text| call.path.contains(text) || call.body.contains(text))
    }
}

/// Takes the first fault in `faults` that `call` meets, and uses it up by one call.
pub(crate) fn take(faults: &mut Vec<Fault>, call: &Call) -> Option<Effect> {
    let place = faults.iter().position(|fault| fault.calls != Calls::Next(0) && fault.meets(call))?;
    let fault = faults.get_mut(place)?;
    let effect = fault.effect.clone();
    if let Calls::Next(left) = &mut fault.calls {
        *left -= 1;
        if *left == 0 {
            faults.remove(place);
        }
    }
    Some(effect)
}
