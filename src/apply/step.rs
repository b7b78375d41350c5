//! One step while it is carried out: whose it is, and its slot among those that talk to the
//! platform. Must not know what the step does.

use tokio::sync::SemaphorePermit;

use super::outcome::StepError;
use super::run::Run;
use crate::model::{InstanceKey, LockedInstance, Marker};
use crate::ports::Record;

/// A step of the plan, or the settling of an intent whose key has none.
pub(super) struct StepRun<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) key: &'a InstanceKey,
    /// The key before a rename.
    pub(super) moved_from: Option<&'a InstanceKey>,
    slot: Option<SemaphorePermit<'a>>,
}

impl<'a> StepRun<'a> {
    /// Waits for a slot.
    pub(super) async fn start(
        run: &'a Run<'a>,
        key: &'a InstanceKey,
        moved_from: Option<&'a InstanceKey>,
    ) -> Self {
        let mut step = Self {
            run,
            key,
            moved_from,
            slot: None,
        };
        step.take_slot().await;
        step
    }

    pub(super) async fn take_slot(&mut self) {
        if self.slot.is_none() {
            self.slot = self.run.slots.acquire().await.ok();
        }
    }

    /// Lets another step go on meanwhile.
    pub(super) fn give_up_slot(&mut self) {
        self.slot = None;
    }

    /// The key, and the key before a rename.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'a InstanceKey> + use<'a> {
        std::iter::once(self.key).chain(self.moved_from)
    }

    /// The live markers an instance of this step may carry.
    pub(super) fn markers(&self) -> Vec<Marker> {
        let inventory = &self.run.apply.plan.inventory;
        self.keys()
            .map(|key| Marker::live(inventory, key))
            .collect()
    }

    pub(super) async fn record_entry(&self, entry: LockedInstance) -> Result<(), StepError> {
        let record = Record::Entry {
            key: self.key.clone(),
            entry: Box::new(entry),
        };
        self.run.record(record).await
    }

    /// Drops the entry.
    pub(super) async fn record_removed(&self) -> Result<(), StepError> {
        let key = self.key.clone();
        self.run.record(Record::Removed { key }).await
    }

    /// Entry and intent of the key before count for this one from now on.
    pub(super) async fn record_rename(&self) -> Result<(), StepError> {
        let Some(from) = self.moved_from else {
            return Ok(());
        };
        let record = Record::Renamed {
            from: from.clone(),
            to: self.key.clone(),
        };
        self.run.record(record).await
    }

    /// Settles an intent of this step, of either key.
    pub(super) async fn record_not_created(&self, key: &InstanceKey) -> Result<(), StepError> {
        let key = key.clone();
        self.run.record(Record::NotCreated { key }).await
    }
}
