//! How many targets are worked on at a time: those that only wait for their target to change do not count.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So many slots for all that is worked on.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Arc<Semaphore>);

/// One of them, held while a target is worked on.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Slots,
    permit: Option<OwnedSemaphorePermit>,
}

impl Slots {
    /// So many at a time.
    pub(crate) fn new(width: usize) -> Self {
        Self(Arc::new(Semaphore::new(width)))
    }

    /// Waits for a slot, in the order of asking.
    pub(crate) async fn take(&self) -> Slot {
        Slot { slots: self.clone(), permit: self.permit().await }
    }

    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        // Nobody closes it.
        Arc::clone(&self.0).acquire_owned().await.ok()
    }
}

impl Slot {
    /// Lets another target have the slot.
    pub(crate) fn leave(&mut self) {
        self.permit = None;
    }

    /// Waits for a slot again.
    pub(crate) async fn enter(&mut self) {
        self.permit = self.slots.permit().await;
    }
}
