//! What came of the attempts that a call made: AWS's own ids of its answers, by which its support and CloudTrail find them,
//! and whether any attempt may have taken effect.

use std::cell::RefCell;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

tokio::task_local! {
    /// Those of the call that runs now.
    static ATTEMPTS: RefCell<Attempts>;
}

/// The attempts of one call, and of what else it needed, such as a role's credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempts {
    /// The id of each answer.
    pub(crate) request_ids: Vec<String>,
    sent: usize,
    /// How many were answered by a refusal of the request.
    turned_away: usize,
    /// How many were answered well.
    taken: usize,
}

impl Attempts {
    /// True when AWS has refused each one, so that none has taken effect. A server that failed may have done so afterwards.
    pub(crate) fn are_all_turned_away(&self) -> bool {
        self.sent == self.turned_away
    }

    /// True when it is not known of one whether it has taken effect, or will.
    pub(crate) fn leave_doubt(&self) -> bool {
        self.sent > self.turned_away + self.taken
    }
}

/// The output of `call`, and what came of its attempts.
pub(crate) async fn with_attempts<T>(call: impl Future<Output = T>) -> (T, Attempts) {
    let noted = async {
        let output = call.await;
        (output, ATTEMPTS.with(RefCell::take))
    };
    ATTEMPTS.scope(RefCell::default(), noted).await
}

/// Notes that an attempt of the call that runs now is sent.
pub(super) fn note_sent() {
    // Outside of a call there is nobody who wants to know.
    let _ = ATTEMPTS.try_with(|attempts| attempts.borrow_mut().sent += 1);
}

/// Notes an answer for the call that runs now.
pub(super) fn note(response: &HttpResponse) {
    let headers = response.headers();
    let id = headers.get("x-amzn-requestid").or_else(|| headers.get("x-amz-request-id"));
    let _ = ATTEMPTS.try_with(|attempts| {
        let mut attempts = attempts.borrow_mut();
        match response.status().as_u16() {
            200..=299 => attempts.taken += 1,
            400..=499 => attempts.turned_away += 1,
            _ => {}
        }
        attempts.request_ids.extend(id.filter(|id| id.len() <= LONGEST).map(str::to_owned));
    });
}

/// AWS's ids are half as long.
const LONGEST: usize = 128;
