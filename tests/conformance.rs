//! What must agree and no compiler compares.

mod architecture;
mod registry;
mod watching;
