//! Setpoint moves SageMaker, Lambda and Bedrock capacity to where a schedule or an alarm says it must be.
//!
//! The modules stand on floors, listed from the top one down: a file imports only from floors below its own.
//! [`handler`] takes an invocation from end to end: [`event`] finds what it carries, [`payload`] turns that into checked
//! requests for one of the [`actions`], and [`road`] observes each target, makes a [`plan`], holds it against the
//! [`guardrail`]s, submits what they cleared, and waits. [`outcome`] and [`error`] say how it ended, in AWS's words, and
//! [`telemetry`] records the decision.

pub mod telemetry;
pub mod handler;
pub mod change_event;
pub mod config;
pub mod timetable;
pub mod road;
pub mod payload;
pub mod actions;
pub mod action;
pub mod aws;
pub mod event;
pub mod outcome;
pub mod error;
pub mod guardrail;
pub mod plan;
pub mod spelling;
pub mod environment;
pub mod clock;
pub mod plant;
