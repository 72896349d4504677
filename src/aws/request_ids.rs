//! AWS's own ids of what was asked while a call ran, by which its support and CloudTrail find them.

use std::cell::RefCell;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

tokio::task_local! {
    /// Those of the call that runs now.
    static IDS: RefCell<Vec<String>>;
}

/// The output of `call`, and the id of each answer that came while it ran: of every attempt, and of what else the call
/// needed, such as a role's credentials.
pub(crate) async fn with_request_ids<T>(call: impl Future<Output = T>) -> (T, Vec<String>) {
    // On the heap, where the compiler need not lay it out within all the futures around it.
    let noted = Box::pin(async {
        let output = call.await;
        (output, IDS.with(RefCell::take))
    });
    IDS.scope(RefCell::default(), noted).await
}

/// Notes the id of an answer for the call that runs now.
pub(super) fn note(response: &HttpResponse) {
    let headers = response.headers();
    let id = headers.get("x-amzn-requestid").or_else(|| headers.get("x-amz-request-id"));
    if let Some(id) = id.filter(|id| id.len() <= LONGEST) {
        // Outside of a call there is nobody who wants to know.
        let _ = IDS.try_with(|ids| ids.borrow_mut().push(id.to_owned()));
    }
}

/// AWS's ids are half as long.
const LONGEST: usize = 128;
