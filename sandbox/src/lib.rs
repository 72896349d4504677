//! The control planes of SageMaker, Lambda, Bedrock and Application Auto Scaling, with DynamoDB, EventBridge, SQS and STS beside them, served over plain HTTP on loopback.
//!
//! It speaks the services' own wire protocols (`awsJson1_1`, `awsJson1_0`, `restJson1`, the query protocol), so that any AWS client
//! works against it once its endpoint URL points here. Behind the wire, state lives: a change takes effect over time,
//! a busy resource refuses the next one, reads may lag behind writes, and faults can be scripted.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use setpoint_sandbox::{Fault, Options, Pace, Sandbox, Seed};
//!
//! let sandbox = Sandbox::start(Seed::example(), Options::default()).await?;
//! sandbox.edit_endpoint("recsys", |endpoint| endpoint.changes.pace = Some(Pace::Reads(3)));
//! sandbox.script("DescribeEndpoint", Fault::throttle().times(2));
//! // … point an AWS client at `sandbox.url()`, call it, then look:
//! for exchange in sandbox.transcript() {
//!     eprintln!("{exchange}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Account and Region come from the credential scope of the `Authorization` header; the signature is not verified, so
//! any credentials will do. Access keys issued by `AssumeRole` act in the role's account, all others in
//! [`DEFAULT_ACCOUNT`].
//!
//! A process that cannot call these functions has paths of the sandbox's own instead, under `/_sandbox/`: state,
//! transcript and faults. `GET /_sandbox/` lists them, and the README lists the members of a state, which is a seed.
//!
//! The modules stand from the top floor down, and each knows only those below it.
//!
//! Where AWS's own wording or behaviour is not established, the code says "unverified" at the spot.

mod sandbox;
mod server;
mod offline;
mod control;
mod live;
mod transcript;
mod route;
mod sagemaker;
mod lambda;
mod bedrock;
mod autoscaling;
mod dynamodb;
mod events;
mod queues;
mod sts;
mod tags;
mod world;
mod seed;
mod fault;
mod resource;
mod page;
mod constraint;
mod call;
mod service;
mod reply;
mod clock;
mod epoch_seconds;
mod milliseconds;

pub use call::{DEFAULT_ACCOUNT, DEFAULT_REGION};
pub use clock::Clock;
pub use fault::{Calls, Effect, Fault};
pub use offline::{Answer, Arrival, Offline};
pub use resource::{
    Alias, AttributeValue, BusEvent, Capacity, Change, Changes, CustomModel, CustomModelDeployment,
    CustomModelDeploymentStatus, CustomModelDeploymentUpdate, CustomModelDeploymentUpdateStatus, Endpoint,
    EndpointStatus, EventBus, ExecutionEnvironments, Function, InferenceComponent, InferenceComponentStatus, Item,
    Number, Pace, ProvisionedConcurrency, ProvisionedConcurrencyStatus, ProvisionedModel, ProvisionedModelStatus,
    Queue, QueueMessage, ScalableTarget, ScalingConfig, ServerlessConfig, Stale, SuspendedState, Table, Variant,
};
pub use sandbox::{Options, Sandbox};
pub use seed::{Limits, Region, Seed, SeedError, Traffic};
pub use transcript::Exchange;
