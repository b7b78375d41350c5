//! What a journal makes of a lock. Pure, and the same however often it is done: a run may die
//! between writing the lock file and emptying the journal.

use std::collections::BTreeMap;

use super::event::{StoredEvent, TimedEvent};
use crate::model::{InstanceId, InstanceKey, Lock, OpenIntent, Timestamp};
use crate::ports::Record;

/// A lock with its journal folded in.
#[derive(Clone, Debug, PartialEq)]
pub struct Folded {
    /// The lock.
    pub lock: Lock,
    /// Creates whose outcome nobody knows.
    pub intents: BTreeMap<InstanceKey, OpenIntent>,
    /// Retired instances that are still to be deleted, and since when.
    pub retired: BTreeMap<InstanceId, Timestamp>,
}

/// Marks as folded what the lock file with this digest holds already. To fold it once more would not
/// always be harmless: a key that was renamed and then used anew would be renamed twice.
pub(super) fn settle_checkpoints(
    mut lines: Vec<TimedEvent>,
    lock: Option<&str>,
) -> Vec<TimedEvent> {
    let written = lines.iter_mut().rev().find_map(|line| match &line.event {
        StoredEvent::CheckpointBegin(checkpoint) if checkpoint.lock.as_deref() == lock => {
            Some(line)
        }
        _ => None,
    });
    if let Some(line) = written
        && let StoredEvent::CheckpointBegin(checkpoint) = line.event.clone()
    {
        line.event = StoredEvent::CheckpointEnd(checkpoint);
    }
    live(&lines).to_vec()
}

/// The lines that are not history yet.
fn live(lines: &[TimedEvent]) -> &[TimedEvent] {
    let start = lines
        .iter()
        .rposition(|line| matches!(line.event, StoredEvent::CheckpointEnd(_)));
    lines.get(start.unwrap_or_default()..).unwrap_or_default()
}

/// Folds the lines of a journal into a lock.
pub fn fold(lock: Lock, lines: &[TimedEvent]) -> Folded {
    let lines = live(lines);
    let mut folded = Folded {
        lock,
        intents: BTreeMap::new(),
        retired: BTreeMap::new(),
    };
    // The process was alive when it made its newest record, so every window starts there.
    let newest = lines.iter().map(|line| line.at).max().unwrap_or_default();
    for line in lines {
        match &line.event {
            StoredEvent::Record(Record::Retired { id }) => {
                folded.retired.insert(*id, line.at);
            }
            StoredEvent::Record(record) => one(record, newest, &mut folded),
            StoredEvent::Header { header } => folded.lock.header = header.clone(),
            StoredEvent::CheckpointEnd(checkpoint) => {
                if let Some(header) = &checkpoint.header {
                    folded.lock.header = header.clone();
                }
                folded.retired.extend(&checkpoint.retired);
                for (key, intent) in &checkpoint.intents {
                    let last_alive = intent.last_alive.max(newest);
                    let intent = OpenIntent {
                        last_alive,
                        ..intent.clone()
                    };
                    folded.intents.insert(key.clone(), intent);
                }
            }
            // The lock file it announced never came: what is before still counts.
            StoredEvent::CheckpointBegin(_) => {}
        }
    }
    folded
}

fn one(record: &Record, newest: Timestamp, folded: &mut Folded) {
    let Folded {
        lock,
        intents,
        retired,
    } = folded;
    match record {
        Record::Intent { key, secrets } => {
            let intent = OpenIntent {
                last_alive: newest,
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
            if let Some(moved) = intents.remove(from) {
                match intents.get_mut(to) {
                    // Of two that are open, one unanswered keeps the longer window.
                    Some(own) => own.answered &= moved.answered,
                    None => {
                        intents.insert(to.clone(), moved);
                    }
                }
            }
        }
        Record::Deleted { id } => {
            retired.remove(id);
        }
        // Retired ones have the time of their line.
        Record::Retired { .. } | Record::Heartbeat => {}
    }
}
