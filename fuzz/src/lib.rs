//! Coverage-guided fuzzing of what the function reads, and what must hold for everything that it accepts.

// The fuzzer's own runtime, also where only the corpus is replayed.
extern crate libfuzzer_sys;

mod answers;
mod aws;
mod command;
mod config;
mod cost;
mod event;
mod function;
mod limits;
mod model;
mod payload;
mod rewritten;

pub use answers::answers;
pub use config::config;
pub use event::event;
pub use payload::payload;

/// Every target by its name, which is that of its binary and of its folder under `corpus`.
pub const TARGETS: [(&str, fn(&[u8])); 4] =
    [("event", event), ("payload", payload), ("config", config), ("answers", answers)];
