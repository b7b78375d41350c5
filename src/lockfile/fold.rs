//! What a journal makes of a lock. Pure, and the same however often it is done: a run may die
//! between writing the lock file and emptying the journal.

use std::collections::BTreeMap;

use crate::model::{InstanceKey, Lock, OpenIntent};
use crate::ports::Record;

/// A record and when it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamped {
    /// Milliseconds since the epoch.
    pub at_ms: u64,
    /// `None`: everything before is in the lock file already.
    pub record: Option<Record>,
}

/// A lock with its journal folded in.
#[derive(Clone, Debug, PartialEq)]
pub struct Folded {
    /// The lock.
    pub lock: Lock,
    /// Creates whose outcome nobody knows.
    pub intents: BTreeMap<InstanceKey, OpenIntent>,
}

/// Folds records into a lock.
pub fn fold(mut lock: Lock, records: &[Stamped]) -> Folded {
    let start = records
        .iter()
        .rposition(|stamped| stamped.record.is_none())
        .map_or(0, |index| index + 1);
    let records = records.get(start..).unwrap_or_default();
    // The process was alive when it made its newest record, so every window starts there.
    let newest = records
        .iter()
        .map(|stamped| stamped.at_ms)
        .max()
        .unwrap_or(0);
    let mut intents: BTreeMap<InstanceKey, OpenIntent> = BTreeMap::new();
    for stamped in records {
        let Some(record) = &stamped.record else {
            continue;
        };
        match record {
            Record::Intent { key, secrets } => {
                let intent = OpenIntent {
                    last_alive_ms: newest,
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
                    for name in secrets {
                        entry.secrets.insert(name.clone(), None);
                    }
                }
            }
            Record::Entry { key, entry } => {
                intents.remove(key);
                lock.instances.insert(key.clone(), (**entry).clone());
            }
            Record::Removed { key } => {
                // An intent stays: that the old instance is gone says nothing of a new one.
                lock.instances.remove(key);
            }
            Record::Renamed { from, to } => {
                if let Some(entry) = lock.instances.remove(from) {
                    lock.instances.insert(to.clone(), entry);
                }
                if let Some(intent) = intents.remove(from) {
                    intents.insert(to.clone(), intent);
                }
            }
            Record::Alive => {}
        }
    }
    Folded { lock, intents }
}
