//! What must agree and no compiler compares.

mod architecture;
mod guardrails;
mod kinds;
mod registry;
mod sources;
mod tables;
mod templates;
mod watching;
