//! Reads what is recorded now, without the exclusive lock and without writing.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{StoredEvent, TimedEvent};
use super::fold::{drop_history, fold};
use super::{LockError, LockPaths, file, format, journal};
use crate::model::{InstanceId, InstanceKey, InventoryName, Lock, OpenIntent};

/// How often both files are read until they match. A read takes about a millisecond, and an apply
/// replaces the lock file once.
const MAX_READS: usize = 100;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LockView {
    /// `None` where there is no lock file and the journal names none.
    pub lock: Option<Lock>,
    pub intents: BTreeMap<InstanceKey, OpenIntent>,
    /// Retired instances that lists may not show yet.
    pub retired: BTreeSet<InstanceId>,
    pub open_to_others: bool,
}

impl LockView {
    /// Reads both files.
    ///
    /// # Errors
    /// [`LockError`], where either file cannot be used.
    pub fn read(paths: &LockPaths, inventory: &InventoryName) -> Result<Self, LockError> {
        let (lock, journal) = consistent(
            || file::read(&paths.lock),
            || Ok(file::read(&paths.journal)?.unwrap_or_default()),
        )?;
        let (lines, _) = journal::read(&paths.journal, &journal)?;
        let lines = drop_history(lines, lock.as_deref().map(format::digest).as_deref());
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
        let exists = lock.is_some();
        let folded = fold(
            lock.unwrap_or_else(|| Lock::empty(inventory.clone())),
            lines,
        );
        let has_header = lines.iter().any(|line| match &line.event {
            StoredEvent::Header { .. } => true,
            StoredEvent::CheckpointEnd(checkpoint) => checkpoint.header.is_some(),
            StoredEvent::Record(_)
            | StoredEvent::CheckpointBegin(_)
            | StoredEvent::Takeover(_)
            | StoredEvent::Alive => false,
        });
        let is_recorded = exists || has_header || !folded.lock.instances.is_empty();
        Self {
            lock: is_recorded.then_some(folded.lock),
            intents: folded.intents,
            retired: folded.retired.into_keys().collect(),
            open_to_others: exists && file::is_open_to_others(&paths.lock),
        }
    }
}

/// Both files as they were at one moment, even if an apply is folding the journal meanwhile.
///
/// Before the lock file is replaced, the journal holds everything and a checkpoint. Afterwards the
/// journal is emptied, or gets another checkpoint. So a journal that only grew while the lock file
/// was read matches the old and the new lock file. A journal that was emptied meanwhile does not.
pub(super) fn consistent<E>(
    mut read_lock: impl FnMut() -> Result<Option<Vec<u8>>, E>,
    mut read_journal: impl FnMut() -> Result<Vec<u8>, E>,
) -> Result<(Option<Vec<u8>>, Vec<u8>), E> {
    let mut before = read_journal()?;
    for _ in 1..MAX_READS {
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
