//! What the services keep: each resource as it is, as it changes, and as a seed writes it down.

mod attribute;
mod custom_model;
mod custom_model_deployment;
mod endpoint;
mod event_bus;
mod function;
mod inference_component;
mod lifecycle;
mod number;
mod provisioned_model;
mod queue;
mod scalable_target;
mod scaling_config;
mod table;

pub use self::attribute::{AttributeValue, Item};
pub(crate) use self::attribute::{Written, size};
pub use self::custom_model::CustomModel;
pub use self::custom_model_deployment::{
    CustomModelDeployment, CustomModelDeploymentStatus, CustomModelDeploymentUpdate, CustomModelDeploymentUpdateStatus,
};
pub use self::endpoint::{Capacity, Endpoint, EndpointStatus, ServerlessConfig, Variant};
pub use self::event_bus::{BusEvent, EventBus};
pub use self::function::{Alias, Function, ProvisionedConcurrency, ProvisionedConcurrencyStatus};
pub use self::inference_component::{InferenceComponent, InferenceComponentStatus};
pub(crate) use self::lifecycle::Changing;
pub use self::lifecycle::{Change, Changes, Pace, Stale};
pub use self::number::Number;
pub(crate) use self::provisioned_model::NewProvisionedModel;
pub use self::provisioned_model::{ProvisionedModel, ProvisionedModelStatus};
pub use self::queue::{Queue, QueueMessage};
pub use self::scalable_target::{ScalableTarget, SuspendedState};
pub use self::scaling_config::{ExecutionEnvironments, ScalingConfig};
pub use self::table::Table;
