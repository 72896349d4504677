//! How things are spelt: names, patterns, times and commands as people and AWS write them.

pub mod arn;
pub(crate) mod duration;
pub mod glob;
pub mod json;
pub mod problem;
#[cfg(test)]
mod properties;
pub mod shape;
pub(crate) mod shell;
pub mod timestamp;
