//! What the sandbox answers on the wire, asked by a bare HTTP client that knows nothing of AWS.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod autoscaling;
mod bedrock;
mod client;
mod control;
mod custom_model_deployment;
mod dynamodb;
mod events;
mod expression;
mod faults;
mod floors;
mod inference_component;
mod lambda;
mod lifecycle;
mod offline;
mod purchase;
mod sagemaker;
mod queues;
mod readme;
mod scaling_config;
mod seed;
mod server;
mod sts;
