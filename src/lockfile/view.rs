//! Reads what is recorded now, without the exclusive lock and without writing.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{StoredEvent, TimedEvent};
use super::fold::{conflict, drop_history, fold};
use super::format::LockFile;
use super::{LockError, LockPaths, file, format, journal, sealed, usable};
use crate::model::{
    Fingerprint, InstanceId, InstanceKey, InventoryMove, InventoryName, Lock, OpenIntent, Takeover,
};

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
    /// Instances that were recorded a short time ago and that the lock file lacks, with the
    /// fingerprints of the secrets that were sent. Lists may not show them yet.
    pub missing: BTreeMap<InstanceId, BTreeMap<String, Fingerprint>>,
    /// An inventory that is being renamed.
    pub moving: Option<InventoryMove>,
    /// Other users can read plain tokens.
    pub open_to_others: bool,
}

impl LockView {
    /// The ids that are read one by one because lists may not show them.
    pub fn remembered(&self) -> BTreeSet<InstanceId> {
        let missing = self.missing.keys().copied();
        self.retired.iter().copied().chain(missing).collect()
    }

    /// Reads both files.
    ///
    /// # Errors
    /// [`LockError`], where either file cannot be used.
    pub fn read(paths: &LockPaths, inventory: &InventoryName) -> Result<Self, LockError> {
        usable::check(paths)?;
        let (lock, journal) = consistent(
            || file::read_lock(paths),
            || Ok(file::read(&paths.journal)?.unwrap_or_default()),
        )?;
        let (lines, _) = journal::read(&paths.journal, &journal)?;
        let lines = drop_history(lines, lock.as_deref().map(format::digest).as_deref());
        tell_conflict(&lines);
        let lock = lock
            .map(|bytes| LockFile::parse(&paths.lock, &bytes))
            .transpose()?;
        Ok(Self::of(paths, lock.as_ref(), &lines, inventory, None))
    }

    /// The same for a reader that has no manifest, and so no inventory to expect.
    ///
    /// # Errors
    /// As for [`LockView::read`].
    pub fn recorded(paths: &LockPaths) -> Result<Self, LockError> {
        // It counts only where nothing is recorded, and then no lock is returned.
        let any = InventoryName::new("any").expect("a plain name");
        Self::read(paths, &any)
    }

    /// `now`, where it is known, leaves out what every list shows.
    pub(super) fn of(
        paths: &LockPaths,
        file: Option<&LockFile>,
        lines: &[TimedEvent],
        inventory: &InventoryName,
        now: Option<&Takeover>,
    ) -> Self {
        let exists = file.is_some();
        let lock = file.map_or_else(|| Lock::empty(inventory.clone()), |file| file.lock.clone());
        let folded = fold(lock, file.map(|file| file.digest.as_str()), lines);
        let has_header = lines.iter().any(|line| match &line.event {
            StoredEvent::Header { .. } => true,
            StoredEvent::CheckpointEnd(checkpoint) => checkpoint.header.is_some(),
            StoredEvent::Record(_)
            | StoredEvent::CheckpointBegin(_)
            | StoredEvent::Base { .. }
            | StoredEvent::DataKey { .. }
            | StoredEvent::Conflict { .. }
            | StoredEvent::Takeover(_)
            | StoredEvent::Alive => false,
        });
        let is_recorded = exists || has_header || !folded.lock.instances.is_empty();
        let has_plain = sealed::has_plain(&folded.lock);
        let missing = folded
            .missing()
            .filter(|(_, recent)| now.is_none_or(|now| recent.since_at(now).is_some()))
            .map(|(id, recent)| (id, recent.secrets.clone()))
            .collect();
        Self {
            lock: is_recorded.then_some(folded.lock),
            intents: folded.intents,
            retired: folded.retired.into_keys().collect(),
            missing,
            moving: folded.moving,
            open_to_others: exists && has_plain && file::is_open_to_others(&paths.lock),
        }
    }
}

/// Tells that the last run did not write the lock file, and why.
pub(super) fn tell_conflict(lines: &[TimedEvent]) {
    if let Some(what) = conflict(lines) {
        tracing::warn!(
            found = what,
            "the last run did not write the lock file, which was changed meanwhile; its results are \
             in the journal"
        );
    }
}

/// Both files as they were at one moment, even if an apply is folding the journal meanwhile.
///
/// Before the lock file is replaced, the journal holds everything and a checkpoint. Afterwards the
/// checkpoint takes the journal's place. So a journal that only grew while the lock file was read
/// matches the old and the new lock file. A journal that was replaced meanwhile does not.
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
