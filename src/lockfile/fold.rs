//! Folds the journal into a lock. Pure, and safe to repeat: a run may die between writing the lock
//! file and emptying the journal.

use std::collections::BTreeMap;

use super::event::{StoredEvent, TimedEvent};
use crate::model::{InstanceId, InstanceKey, InventoryName, Lock, OpenIntent, Timestamp};
use crate::ports::Record;

/// A lock with its journal folded in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Folded {
    pub(super) lock: Lock,
    pub(super) intents: BTreeMap<InstanceKey, OpenIntent>,
    /// Retired instances that are still to be deleted, and since when.
    pub(super) retired: BTreeMap<InstanceId, Timestamp>,
}

/// Drops the lines that the lock file with this digest holds already. Folding them again is not
/// always harmless: a key that was renamed and then used anew would be renamed twice.
pub(super) fn drop_history(mut lines: Vec<TimedEvent>, lock: Option<&str>) -> Vec<TimedEvent> {
    for line in lines.iter_mut().rev() {
        if let StoredEvent::CheckpointBegin(checkpoint) = &line.event
            && checkpoint.lock.as_deref() == lock
        {
            line.event = StoredEvent::CheckpointEnd(checkpoint.clone());
            break;
        }
    }
    since_checkpoint(&lines).to_vec()
}

/// The lines from the last completed checkpoint on.
fn since_checkpoint(lines: &[TimedEvent]) -> &[TimedEvent] {
    let start = lines
        .iter()
        .rposition(|line| matches!(line.event, StoredEvent::CheckpointEnd(_)));
    lines.get(start.unwrap_or_default()..).unwrap_or_default()
}

/// Folds the lines of a journal into a lock.
pub(super) fn fold(lock: Lock, lines: &[TimedEvent]) -> Folded {
    let lines = since_checkpoint(lines);
    let mut folded = Folded {
        lock,
        intents: BTreeMap::new(),
        retired: BTreeMap::new(),
    };
    for TimedEvent { at, event } in lines {
        match event {
            StoredEvent::Record(record) => folded.apply(record, *at),
            StoredEvent::Header { header } => folded.lock.header = header.clone(),
            StoredEvent::CheckpointEnd(checkpoint) => {
                if let Some(header) = &checkpoint.header {
                    folded.lock.header = header.clone();
                }
                let retired = checkpoint.retired.iter();
                folded.retired.extend(retired.map(|one| (one.id, one.at)));
                folded.intents.extend(checkpoint.intents.clone());
            }
            StoredEvent::Takeover(takeover) => {
                for intent in folded.intents.values_mut() {
                    intent.takeover.get_or_insert_with(|| takeover.clone());
                }
            }
            // The lock file of a checkpoint without an end was never written, so the lines before it
            // still count.
            StoredEvent::CheckpointBegin(_) | StoredEvent::Alive => {}
        }
    }
    folded
}

/// Whether an intent is open that no run has taken over.
pub(super) fn is_left_open(lines: &[TimedEvent]) -> bool {
    let any = InventoryName::new("any").expect("a plain name");
    let intents = fold(Lock::empty(any), lines).intents;
    intents.values().any(|intent| intent.takeover.is_none())
}

impl Folded {
    fn apply(&mut self, record: &Record, at: Timestamp) {
        let Self {
            lock,
            intents,
            retired,
        } = self;
        match record {
            Record::Intent { key, secrets } => {
                let intent = OpenIntent {
                    takeover: None,
                    since: None,
                    answered: false,
                    secrets: secrets.clone(),
                };
                intents.insert(key.clone(), intent);
            }
            Record::Answered { key } => {
                if let Some(intent) = intents.get_mut(key) {
                    intent.answered = true;
                }
            }
            Record::NotCreated { key } => {
                intents.remove(key);
            }
            Record::Sending { key, secrets } => {
                if let Some(entry) = lock.instances.get_mut(key) {
                    let unverified = secrets.iter().map(|name| (name.clone(), None));
                    entry.secrets.extend(unverified);
                }
            }
            Record::Entry { key, entry } => {
                intents.remove(key);
                lock.instances.insert(key.clone(), (**entry).clone());
            }
            Record::Removed { key } => {
                // An intent stays open: that the old instance is gone says nothing about a new one.
                lock.instances.remove(key);
            }
            Record::Renamed { from, to } => {
                if let Some(entry) = lock.instances.remove(from) {
                    lock.instances.insert(to.clone(), entry);
                }
                if let Some(moved) = intents.remove(from) {
                    intents
                        .entry(to.clone())
                        // The longer window counts: if either is unanswered, or was taken over at
                        // another time.
                        .and_modify(|own| {
                            own.answered &= moved.answered;
                            let both = |taken: &_| moved.takeover.as_ref() == Some(taken);
                            own.takeover = own.takeover.take().filter(both);
                        })
                        .or_insert(moved);
                }
            }
            Record::Retired { id } => {
                retired.insert(*id, at);
            }
            Record::Deleted { id } => {
                retired.remove(id);
            }
        }
    }
}
