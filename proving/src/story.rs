//! What happened, told line by line.

use crate::engine::{Moment, date};

/// The lines, or nothing where nobody listens.
pub(crate) struct Story(Option<Vec<String>>);

impl Story {
    pub(crate) fn new(listens: bool) -> Self {
        Self(listens.then(Vec::new))
    }

    pub(crate) fn tell(&mut self, at: Moment, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.0 {
            lines.push(format!("{} {}", date(at).format("%a %H:%M:%S%.3f"), line()));
        }
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.0.unwrap_or_default()
    }
}
