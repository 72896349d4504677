//! What goes back over the wire: a status, headers and a body.

use serde::Serialize;

/// An answer, before the request id is put on it.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// An error that the service answers, before it is put into the service's format.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Reply {
    pub(crate) fn json(status: u16, content_type: &'static str, body: &impl Serialize) -> Self {
        match serde_json::to_string(body) {
            Ok(body) => Self::text(status, content_type, body),
            Err(error) => {
                unreachable!("every answer is made of strings, numbers and lists: {error}")
            }
        }
    }

    pub(crate) fn text(status: u16, content_type: &'static str, body: impl Into<String>) -> Self {
        Self { status, content_type: Some(content_type), headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, content_type: None, headers: Vec::new(), body: String::new() }
    }

    pub(crate) fn html(status: u16) -> Self {
        let body = format!(
            "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n</body>\r\n</html>\r\n"
        );
        Self::text(status, "text/html", body)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Refusal {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// The code and status that all three services use for a request that breaks a rule of the operation.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationException", message)
    }
}
