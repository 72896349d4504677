//! What the function makes of events and payloads before it calls anything.

mod input;
mod limits;
mod made;
mod recorded;
mod shapes;
mod ways;
