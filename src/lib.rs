//! Setpoint moves SageMaker, Lambda and Bedrock capacity to where a schedule or an alarm says it must be.
//!
//! An invocation goes through these stages, and the modules below stand in the same order:
//! 1. [`event`] finds the payloads that an event carries or calls for, by shape;
//! 2. [`payload`] turns each into checked requests for one of the [`action`]s;
//! 3. [`road`] observes the target, makes a [`plan`], holds it against the [`guardrail`]s, submits, waits;
//! 4. [`outcome`] and [`error`] say how it ended, in AWS's words;
//! 5. [`handler`] answers, and [`telemetry`] records the decision.

pub mod config;
pub mod event;
pub mod payload;

pub mod action;
pub mod guardrail;
pub mod plan;

pub mod aws;
pub mod road;

pub mod error;
pub mod handler;
pub mod outcome;
pub mod telemetry;

pub mod clock;
pub mod environment;
pub mod spelling;
