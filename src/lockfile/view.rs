//! What is recorded now, read without a lock and without writing.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{StoredEvent, TimedEvent};
use super::fold::{fold, settle_checkpoints};
use super::{LockError, LockPaths, file, format, journal};
use crate::model::{InstanceId, InstanceKey, InventoryName, Lock, OpenIntent};

/// How often two readings that an apply came between are done again. Each takes a millisecond or so,
/// and an apply writes the lock file once.
const MOST_READINGS: usize = 100;

/// What is recorded now: the lock file with the journal folded in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LockView {
    /// `None` where there is no lock file and the journal says nothing of one.
    pub lock: Option<Lock>,
    /// Creates whose outcome nobody knows.
    pub intents: BTreeMap<InstanceKey, OpenIntent>,
    /// Retired instances that no list may show yet.
    pub retired: BTreeSet<InstanceId>,
    /// Whether others than the owner may read the lock file.
    pub open_to_others: bool,
}

impl LockView {
    /// Reads without taking the lock or writing anything.
    ///
    /// # Errors
    /// [`LockError`], where either file cannot be used.
    pub fn read(paths: &LockPaths, inventory: &InventoryName) -> Result<Self, LockError> {
        let (lock, lines) = consistent(
            || file::read(&paths.lock),
            || Ok(file::read(&paths.journal)?.unwrap_or_default()),
        )?;
        let (lines, _) = journal::read(&paths.journal, &lines)?;
        let lines = settle_checkpoints(lines, lock.as_deref().map(format::digest).as_deref());
        let lock = lock
            .map(|bytes| format::parse(&paths.lock, &bytes))
            .transpose()?;
        Ok(Self::of(paths, lock, &lines, inventory))
    }

    pub(super) fn of(
        paths: &LockPaths,
        lock: Option<Lock>,
        lines: &[TimedEvent],
        inventory: &InventoryName,
    ) -> Self {
        let open_to_others = lock.is_some() && file::is_open_to_others(&paths.lock);
        let existed = lock.is_some();
        let folded = fold(
            lock.unwrap_or_else(|| Lock::empty(inventory.clone())),
            lines,
        );
        let named = lines.iter().any(|line| match &line.event {
            StoredEvent::Header { .. } => true,
            StoredEvent::CheckpointEnd(checkpoint) => checkpoint.header.is_some(),
            StoredEvent::Record(_) | StoredEvent::CheckpointBegin(_) => false,
        });
        let anything = existed || named || !folded.lock.instances.is_empty();
        Self {
            lock: anything.then_some(folded.lock),
            intents: folded.intents,
            retired: folded.retired.into_keys().collect(),
            open_to_others,
        }
    }
}

/// Both files as they were at one moment, though an apply may be folding the one into the other.
///
/// Before the lock file is replaced the journal holds all of it, and a checkpoint; afterwards it is
/// emptied, or marked. So a journal that only grew around the reading of the lock file goes with
/// either; one that was emptied in between does not.
pub(super) fn consistent<E>(
    mut read_lock: impl FnMut() -> Result<Option<Vec<u8>>, E>,
    mut read_journal: impl FnMut() -> Result<Vec<u8>, E>,
) -> Result<(Option<Vec<u8>>, Vec<u8>), E> {
    let mut before = read_journal()?;
    for _ in 1..MOST_READINGS {
        let lock = read_lock()?;
        let after = read_journal()?;
        let grew = !before.is_empty() && after.starts_with(&before);
        if grew || before == after {
            return Ok((lock, after));
        }
        before = after;
    }
    Ok((read_lock()?, before))
}
