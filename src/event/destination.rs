//! The record Lambda sends to a destination, so that a failed event can be delivered again.

use serde_json::Value;

use super::{Content, Document, Inner, Opened, Source, moment, text};

pub(super) const RECORD: Source = Source { name: "destination", recognises, reads: &["", "/requestContext"], open };

pub(super) fn recognises(value: &Value) -> bool {
    text(value, "/requestContext/condition").is_some() && value.get("requestPayload").is_some()
}

fn open(record: Document) -> Result<Opened, String> {
    // The record is from when the function failed: the event in it is older.
    let issued = moment(record.value(), "/timestamp").at_the_latest();
    if text(record.value(), "/requestContext/condition") == Some("Success") {
        return Ok(Opened::Content(Content::Ignored("the record of an invocation that succeeded".to_owned()), issued));
    }
    Ok(Opened::Older(Inner { document: record.take("requestPayload"), issued }))
}
