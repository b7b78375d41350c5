//! A running step: its key, its slot, and the records it writes. Must not know what the step does.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::SemaphorePermit;

use super::outcome::StepError;
use super::run::Run;
use crate::model::{InstanceKey, LockedInstance, Marker, Step};
use crate::ports::Record;

/// A running step of the plan, or the settling of an intent whose key has no step.
pub(super) struct StepRun<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) key: &'a InstanceKey,
    /// The key before a rename whose entry or open intent moves to this key.
    pub(super) moved_from: Option<&'a InstanceKey>,
    /// The key before a rename as declared.
    former_key: Option<&'a InstanceKey>,
    slot: Option<SemaphorePermit<'a>>,
    has_changed: AtomicBool,
}

impl<'a> StepRun<'a> {
    pub(super) async fn start(
        run: &'a Run<'a>,
        key: &'a InstanceKey,
        planned: Option<&'a Step>,
    ) -> Self {
        let mut step = Self {
            run,
            key,
            moved_from: planned.and_then(|step| step.moved_from.as_ref()),
            former_key: planned.and_then(|step| step.former_key.as_ref()),
            slot: None,
            has_changed: AtomicBool::new(false),
        };
        step.take_slot().await;
        step
    }

    pub(super) async fn take_slot(&mut self) {
        if self.slot.is_none() {
            self.slot = self.run.slots.acquire().await.ok();
        }
    }

    /// Lets another step run while this one waits.
    pub(super) fn release_slot(&mut self) {
        self.slot = None;
    }

    /// Something was changed: if this step fails from here on, the exit code says so.
    pub(super) fn note_change(&self) {
        self.has_changed.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_changed(&self) -> bool {
        self.has_changed.load(Ordering::Relaxed)
    }

    /// The key, and the key before a rename.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'a InstanceKey> + use<'a> {
        std::iter::once(self.key).chain(self.moved_from)
    }

    /// The live markers that an instance of this step may have.
    pub(super) fn markers(&self) -> BTreeSet<Marker> {
        let inventory = &self.run.apply.plan.inventory;
        std::iter::once(self.key)
            .chain(self.former_key)
            .map(|key| Marker::live(inventory, key))
            .collect()
    }

    /// The live marker of the key.
    pub(super) fn own_marker(&self) -> Marker {
        Marker::live(&self.run.apply.plan.inventory, self.key)
    }

    pub(super) async fn record_entry(&self, entry: LockedInstance) -> Result<(), StepError> {
        self.run.claim(entry.id, self.key);
        let record = Record::Entry {
            key: self.key.clone(),
            entry: Box::new(entry),
        };
        self.run.record(record).await
    }

    pub(super) async fn record_removed(&self) -> Result<(), StepError> {
        let key = self.key.clone();
        self.run.record(Record::Removed { key }).await
    }

    /// Moves the entry and any open intent from the key before a rename to this key.
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

    /// Closes the intent of this key, or of the key before a rename.
    pub(super) async fn record_not_created(&self, key: &InstanceKey) -> Result<(), StepError> {
        let key = key.clone();
        self.run.record(Record::NotCreated { key }).await
    }
}
