//! The handle of a running sandbox, which starts it, scripts it and looks into it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::fault::Fault;
use crate::live::Live;
use crate::resource::{CustomModelDeployment, Endpoint, Function, InferenceComponent, ProvisionedModel};
use crate::seed::Seed;
use crate::server::{self, Shared};
use crate::transcript::Exchange;

/// Where a sandbox listens and what time it is there.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The clock for timestamps, timed changes and the rate limit.
    pub clock: Clock,
    /// Who is told of each request when it is answered, or is left without an answer.
    pub told: Option<fn(&Exchange)>,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), clock: Clock::system(), told: None }
    }
}

/// A running sandbox. Dropping it closes the listener and every connection.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: JoinHandle<()>,
}

impl Sandbox {
    /// Starts serving `seed` on the current tokio runtime.
    ///
    /// # Errors
    /// The address cannot be bound, or the seed contradicts itself (`InvalidInput`).
    pub async fn start(seed: Seed, options: Options) -> io::Result<Self> {
        seed.check().map_err(|problem| io::Error::new(io::ErrorKind::InvalidInput, problem))?;
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let mut live = Live::new(seed);
        live.settled(options.clock.now());
        live.tell(options.told);
        let shared = Arc::new(Shared::new(options.clock, live));
        let listener = tokio::spawn(server::accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, listener })
    }

    /// The endpoint URL to give to an AWS client, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the task that awaits this is dropped or the process ends.
    pub async fn serve_forever(mut self) {
        // The accept loop never ends by itself, so there is no result worth reporting.
        let _ = (&mut self.listener).await;
    }

    /// Every request since the start or the last [`Sandbox::clear_transcript`], in order of arrival; the last 50,000 of them.
    #[must_use]
    pub fn transcript(&self) -> Vec<Exchange> {
        self.shared.live().transcript()
    }

    /// Forgets the transcript so far.
    pub fn clear_transcript(&self) {
        self.shared.live().clear_transcript();
    }

    /// Adds a fault behind those already scripted for the operation; `*` stands for every operation without one of its own.
    ///
    /// # Panics
    /// The sandbox serves no such operation, so the fault could never be met.
    pub fn script(&self, operation: &str, fault: Fault) {
        if let Err(problem) = self.shared.live().script(operation, fault) {
            panic!("{problem}");
        }
    }

    /// Removes every fault that is still scripted.
    pub fn clear_faults(&self) {
        self.shared.live().seed.faults.clear();
    }

    /// Reads or changes anything in the sandbox's state, between two requests. `change` must not call the sandbox itself.
    pub fn edit<T>(&self, change: impl FnOnce(&mut Seed) -> T) -> T {
        change(self.shared.live().settled(self.shared.clock.now()))
    }

    /// An endpoint of the default account in `us-east-1` as it is now, without being counted as a read.
    #[must_use]
    pub fn endpoint(&self, name: &str) -> Option<Endpoint> {
        self.edit(|seed| seed.home().endpoints.get(name).cloned())
    }

    /// An inference component of the default account in `us-east-1` as it is now, without being counted as a read.
    #[must_use]
    pub fn inference_component(&self, name: &str) -> Option<InferenceComponent> {
        self.edit(|seed| seed.home().inference_components.get(name).cloned())
    }

    /// A function of the default account in `us-east-1` as it is now, without being counted as a read.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<Function> {
        self.edit(|seed| seed.home().functions.get(name).cloned())
    }

    /// A Provisioned Throughput of the default account in `us-east-1` by its current name, without being counted as a read.
    #[must_use]
    pub fn provisioned_model(&self, name: &str) -> Option<ProvisionedModel> {
        self.edit(|seed| seed.home().provisioned_models.values().find(|model| model.name == name).cloned())
    }

    /// A custom model deployment of the default account in `us-east-1` by its name, without being counted as a read.
    #[must_use]
    pub fn custom_model_deployment(&self, name: &str) -> Option<CustomModelDeployment> {
        self.edit(|seed| seed.home().custom_model_deployments.values().find(|found| found.name == name).cloned())
    }

    /// Changes an endpoint of the default account in `us-east-1`.
    ///
    /// # Panics
    /// There is no such endpoint.
    pub fn edit_endpoint<T>(&self, name: &str, change: impl FnOnce(&mut Endpoint) -> T) -> T {
        self.edit(|seed| match seed.home().endpoints.get_mut(name) {
            Some(endpoint) => change(endpoint),
            None => panic!("the sandbox has no endpoint {name}"),
        })
    }

    /// Changes an inference component of the default account in `us-east-1`.
    ///
    /// # Panics
    /// There is no such inference component.
    pub fn edit_inference_component<T>(&self, name: &str, change: impl FnOnce(&mut InferenceComponent) -> T) -> T {
        self.edit(|seed| match seed.home().inference_components.get_mut(name) {
            Some(component) => change(component),
            None => panic!("the sandbox has no inference component {name}"),
        })
    }

    /// Changes a function of the default account in `us-east-1`.
    ///
    /// # Panics
    /// There is no such function.
    pub fn edit_function<T>(&self, name: &str, change: impl FnOnce(&mut Function) -> T) -> T {
        self.edit(|seed| match seed.home().functions.get_mut(name) {
            Some(function) => change(function),
            None => panic!("the sandbox has no function {name}"),
        })
    }

    /// Changes a Provisioned Throughput of the default account in `us-east-1`, found by its current name.
    ///
    /// # Panics
    /// There is no such Provisioned Throughput.
    pub fn edit_provisioned_model<T>(&self, name: &str, change: impl FnOnce(&mut ProvisionedModel) -> T) -> T {
        self.edit(|seed| match seed.home().provisioned_models.values_mut().find(|model| model.name == name) {
            Some(model) => change(model),
            None => panic!("the sandbox has no Provisioned Throughput {name}"),
        })
    }

    /// Changes a custom model deployment of the default account in `us-east-1`, found by its name.
    ///
    /// # Panics
    /// There is no such deployment.
    pub fn edit_custom_model_deployment<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut CustomModelDeployment) -> T,
    ) -> T {
        self.edit(|seed| {
            match seed.home().custom_model_deployments.values_mut().find(|deployment| deployment.name == name) {
                Some(deployment) => change(deployment),
                None => panic!("the sandbox has no custom model deployment {name}"),
            }
        })
    }

    /// The whole state as JSON, in the form of a seed.
    #[must_use]
    pub fn state(&self) -> serde_json::Value {
        self.edit(|seed| seed.to_value())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.listener.abort();
    }
}
