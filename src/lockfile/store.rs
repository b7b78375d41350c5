//! The lock file while a run holds it: each record is durable at once, and the run ends by folding
//! the journal into the lock file.
//!
//! Must not: decide what a record means; that is `fold`'s.

use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::event::{StoredEvent, TimedEvent};
use super::fold::{Folded, base, drop_history, fold, is_left_open};
use super::format::LockFile;
use super::holder::{Holder, acquire};
use super::merge::merge;
use super::protect::Protection;
use super::sealed::{self, RecordedToken};
use super::view::{LockView, tell_conflict};
use super::writer::Writer;
use super::{LockError, LockPaths, file, format, journal, usable};
use crate::model::{InventoryName, Lock, LockHeader, LockedToken, Remade, Takeover, Timestamp};
use crate::ports::{Clock, LockSink, Record, SinkError, kill};
use crate::sealing::Sealer;

/// How often a lock file that changes meanwhile is merged.
const MAX_MERGES: usize = 5;

/// What a run has recorded at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    pub rewritten: bool,
    pub instances: usize,
    pub open_intents: usize,
    /// Whether tokens are sealed, and whether those on the disk were not.
    pub sealed: bool,
    pub newly_sealed: bool,
}

/// The lock file held by this run. The kernel releases it when the process dies.
pub struct LockStore {
    paths: LockPaths,
    clock: Arc<dyn Clock>,
    writer: Writer,
    /// As this run read or wrote it last.
    on_disk: Option<LockFile>,
    /// When this run got the lock, on its own clock and as other processes compare it.
    opened: (Timestamp, Takeover),
    /// The journal since its last checkpoint: what earlier runs left, and what this run recorded.
    lines: Mutex<Vec<TimedEvent>>,
    /// Held until a data key is durable, so that nothing that is sealed with it comes before it.
    protection: tokio::sync::Mutex<Protection>,
    /// Holds the exclusive lock. The last member, so that the lock is released when everything else
    /// has ended.
    journal: File,
}

impl LockStore {
    /// Takes the exclusive lock, waiting at most `wait` for it, and reads both files.
    ///
    /// # Errors
    /// [`LockError::Held`] and every other [`LockError`].
    pub async fn open(
        paths: LockPaths,
        clock: Arc<dyn Clock>,
        holder: &Holder,
        wait: Duration,
    ) -> Result<Self, LockError> {
        usable::check(&paths)?;
        let journal = acquire(&paths, clock.as_ref(), holder, wait).await?;
        usable::probe(&paths)?;
        file::finish_copy(&paths)?;
        file::sweep(&paths.lock);
        file::sweep(&paths.holder);
        file::sweep(&paths.journal);

        let failed = |action| LockError::io(action, &paths.journal);
        let bytes = file::read_open(&journal).map_err(failed("read"))?;
        let (lines, length) = journal::read(&paths.journal, &bytes)?;
        let lock = file::read_lock(&paths)?;
        let lock = lock
            .map(|bytes| LockFile::parse(&paths.lock, &bytes))
            .transpose()?;
        // Only now, when both files are known to be readable, may anything be changed.
        if length < bytes.len() {
            tracing::warn!(
                journal = %paths.journal.display(),
                bytes = bytes.len() - length,
                "dropped an incomplete record at the end of the journal; nothing depends on it"
            );
            journal.set_len(length as u64).map_err(failed("cut"))?;
            journal.sync_all().map_err(failed("cut"))?;
        }
        let writer = journal
            .try_clone()
            .and_then(|file| Writer::new(file, length as u64))
            .map_err(failed("open"))?;

        let died_in_fold = lines
            .last()
            .is_some_and(|line| matches!(line.event, StoredEvent::CheckpointBegin(_)));
        let digest = lock.as_ref().map(|lock| lock.digest.as_str());
        let mut lines = drop_history(lines, digest);
        let (now, reading) = (clock.now(), clock.reading());
        lines.iter_mut().for_each(|line| line.cap(now, &reading));
        tell_conflict(&lines);
        let replaced = match &lines[..] {
            [only] if died_in_fold => Some(only.clone()),
            _ => None,
        };
        let mut store = Self {
            clock,
            writer,
            on_disk: lock,
            opened: (now, reading),
            lines: Mutex::new(lines),
            protection: tokio::sync::Mutex::default(),
            paths,
            journal,
        };
        store.learn_data_keys();
        if let Some(end) = replaced {
            // The lock file was replaced, but the checkpoint has no end yet.
            store.end_checkpoint(end)?;
        }
        store.take_over()?;
        Ok(store)
    }

    /// Records that the runs before this one are dead, if any of their intents is open and no run
    /// has recorded that yet. A run that ends before a window has passed saves the next one that time.
    fn take_over(&self) -> Result<(), LockError> {
        if !is_left_open(&self.lines()) {
            return Ok(());
        }
        let (at, reading) = self.opened.clone();
        let line = TimedEvent {
            at,
            event: StoredEvent::Takeover(reading),
        };
        self.writer
            .checkpoint(journal::line(&line))
            .map_err(LockError::io("write", &self.paths.journal))?;
        self.lines().push(line);
        Ok(())
    }

    /// What is recorded now. The window of each intent of an earlier run starts where it was taken
    /// over; that of an intent of this run is left to the caller.
    pub fn view(&self, inventory: &InventoryName) -> LockView {
        let (now, reading) = &self.opened;
        let file = self.on_disk.as_ref();
        let mut view = LockView::of(&self.paths, file, &self.lines(), inventory, Some(reading));
        for intent in view.intents.values_mut() {
            let takeover = intent.takeover.as_ref();
            let age = takeover.and_then(|takeover| takeover.age(reading));
            intent.since = age.map(|age| now.before(age));
        }
        view
    }

    /// Seals every token that is recorded from now on.
    pub fn seal_with(&mut self, sealer: Sealer) {
        self.protection.get_mut().seal_with(sealer);
    }

    /// The data keys of lock file and journal.
    fn learn_data_keys(&mut self) {
        let journaled = {
            let lines = self.lines();
            let keys = lines.iter().flat_map(|line| line.event.data_keys());
            keys.collect::<Vec<_>>()
        };
        let protection = self.protection.get_mut();
        if let Some(file) = &self.on_disk {
            protection.learn(&file.lock.data_keys);
        }
        protection.learn(&journaled.iter().cloned().collect());
        protection.restart(journaled.into_iter().map(|(name, _)| name));
    }

    fn lines(&self) -> MutexGuard<'_, Vec<TimedEvent>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records inventory and platform before the first request is sent. If the first run is killed
    /// before it writes a lock file, the next one cannot resume it as another inventory or on
    /// another platform. Writes nothing where that is recorded already.
    ///
    /// # Errors
    /// [`LockError::Io`] and [`LockError::Seal`]; nothing may be sent then.
    pub async fn begin(&self, header: &LockHeader) -> Result<(), LockError> {
        self.protection.lock().await.prepare()?;
        let lock = self.digest();
        if base(&self.lines()) != Some(lock.as_deref()) {
            self.begin_with(StoredEvent::Base { lock }).await?;
        }
        let recorded = self.view(&header.inventory).lock.map(|lock| lock.header);
        let wanted = header.clone().before_first_write(recorded.as_ref());
        if recorded.as_ref() == Some(&wanted) {
            return Ok(());
        }
        self.begin_with(StoredEvent::Header { header: wanted })
            .await
    }

    async fn begin_with(&self, event: StoredEvent) -> Result<(), LockError> {
        self.append(event)
            .await
            .map_err(LockError::io("write", &self.paths.journal))
    }

    fn digest(&self) -> Option<String> {
        self.on_disk.as_ref().map(|file| file.digest.clone())
    }

    /// Folds the journal into the lock file and lets a checkpoint take its place. The lock file gets
    /// this header and these fingerprints. Safe to call on every way out: where it fails, the journal
    /// still holds everything.
    pub fn finish(&mut self, header: &LockHeader, remade: &Remade) -> Result<Finished, LockError> {
        let mut folded = self.folded(&header.inventory);
        sealed::rename(&mut folded.lock, &header.inventory);
        folded.lock.header = header.clone();
        let instances = folded.lock.instances.len();
        let open_intents = folded.intents.len();
        let sealed = self.protection.get_mut().seals();
        let recorded = self.on_disk.as_ref();
        let was_plain = recorded.is_some_and(|file| sealed::has_plain(&file.lock));
        // A first run that created nothing leaves no lock file.
        let needed = instances > 0;
        let rewritten = self.commit(folded, remade, needed)?;
        Ok(Finished {
            rewritten,
            instances,
            open_intents,
            sealed,
            newly_sealed: sealed && was_plain,
        })
    }

    /// Replaces the content of the lock file and folds the journal; answers whether the file changed.
    /// What a fold leaves open stays.
    pub fn replace(&mut self, lock: Lock) -> Result<bool, LockError> {
        let folded = self.folded(&lock.header.inventory);
        self.commit(Folded { lock, ..folded }, &Remade::default(), true)
    }

    /// Replaces each recorded token by what `change` makes of it. Nothing is kept of what they were
    /// sealed with before; `change` is not called for what is not recorded.
    ///
    /// # Errors
    /// That of `change`, and [`LockError`]; nothing was written then.
    pub fn rewrite<E: From<LockError>>(
        &mut self,
        inventory: &InventoryName,
        change: &mut dyn FnMut(&RecordedToken<'_>) -> Result<LockedToken, E>,
    ) -> Result<bool, E> {
        let mut folded = self.folded(inventory);
        let lock = &mut folded.lock;
        let mut changed = |key, id, token: &mut Option<LockedToken>| -> Result<(), E> {
            match token {
                Some(before) => {
                    let recorded = RecordedToken {
                        inventory: &lock.header.inventory,
                        data_keys: &lock.data_keys,
                        key,
                        id,
                        token: before,
                    };
                    *before = change(&recorded)?;
                    Ok(())
                }
                None => Ok(()),
            }
        };
        for (key, entry) in &mut lock.instances {
            changed(key, entry.id, &mut entry.token)?;
        }
        for (key, intent) in &mut folded.intents {
            if let Some(candidate) = &mut intent.candidate {
                changed(key, candidate.id, &mut candidate.token)?;
            }
        }
        self.protection.get_mut().renew();
        Ok(self.commit(folded, &Remade::default(), false)?)
    }

    fn folded(&self, inventory: &InventoryName) -> Folded {
        let nothing = || Lock::empty(inventory.clone());
        let base = self.on_disk.as_ref();
        let lock = base.map_or_else(nothing, |file| file.lock.clone());
        fold(lock, self.digest().as_deref(), &self.lines())
    }

    /// Begins a checkpoint, replaces the lock file, ends the checkpoint. Whenever the process dies,
    /// either the checkpoint's digest says that the lock file holds everything, or the journal does.
    /// Begins anew where somebody changes the lock file meanwhile.
    fn commit(&mut self, folded: Folded, remade: &Remade, needed: bool) -> Result<bool, LockError> {
        for _ in 0..MAX_MERGES {
            let old = file::read_lock(&self.paths)?;
            let mut lock = match self.merged(old.as_deref(), folded.lock.clone()) {
                Ok(lock) => lock,
                Err(what) => return self.conflict(what),
            };
            // Only now: a fingerprint that is remade does not count as a change of its key.
            remade.apply_to(&mut lock);
            let mut merged = Folded {
                lock,
                ..folded.clone()
            };
            let protection = self.protection.get_mut();
            protection.protect_all(&mut merged, self.on_disk.as_ref())?;
            if let Some(rewritten) = self.try_commit(merged, needed, old)? {
                return Ok(rewritten);
            }
        }
        self.conflict("it keeps changing during this run".to_owned())
    }

    /// The lock to write, with what somebody else wrote since this run read the lock file.
    fn merged(&self, now: Option<&[u8]>, ours: Lock) -> Result<Lock, String> {
        let digest = now.map(format::digest);
        if digest == self.digest() {
            return Ok(ours);
        }
        let base = self.on_disk.as_ref().map(|file| &file.lock);
        let now = now.ok_or("it is gone")?;
        let theirs = format::parse(&self.paths.lock, now).map_err(|error| error.to_string())?;
        merge(base, &theirs, ours)
    }

    /// Leaves the lock file alone. The next run tells what this one found.
    fn conflict<T>(&mut self, what: String) -> Result<T, LockError> {
        let line = TimedEvent {
            at: self.clock.now(),
            event: StoredEvent::Conflict { what: what.clone() },
        };
        self.writer
            .checkpoint(journal::line(&line))
            .map_err(LockError::io("write", &self.paths.journal))?;
        self.lines().push(line);
        let path = self.paths.lock.clone();
        Err(LockError::Conflict { path, what })
    }

    /// One attempt to commit on the lock file with these bytes; `None` where they have changed.
    fn try_commit(
        &mut self,
        folded: Folded,
        needed: bool,
        old: Option<Vec<u8>>,
    ) -> Result<Option<bool>, LockError> {
        let new = (needed || old.is_some()).then(|| format::to_bytes(&folded.lock));
        let digest = new.as_deref().map(format::digest);
        let checkpoint = folded.checkpoint(digest.clone(), &self.clock.reading());
        let rewritten = new.is_some() && new != old;
        let newest = self.lines().iter().map(|line| line.at).max();
        let at = newest.unwrap_or_default();
        let is_unchanged = !rewritten
            && match &self.lines()[..] {
                [] => checkpoint.is_blank(),
                [only] => checkpoint.is_as_in(&only.event),
                _ => false,
            };
        if !is_unchanged {
            let line = TimedEvent {
                at,
                event: StoredEvent::CheckpointBegin(checkpoint.clone()),
            };
            self.writer
                .checkpoint(journal::line(&line))
                .map_err(LockError::io("write", &self.paths.journal))?;
        }
        if rewritten
            && let Some(new) = &new
            && !file::write_lock(&self.paths, new, old.as_deref())?
        {
            return Ok(None);
        }
        let lock = folded.lock;
        self.on_disk = digest.map(|digest| LockFile { lock, digest });
        kill::at(kill::KillPoint::DuringFold);
        if !is_unchanged {
            self.end_checkpoint(TimedEvent {
                at,
                event: StoredEvent::CheckpointEnd(checkpoint),
            })?;
        }
        Ok(Some(rewritten))
    }

    /// Once the lock file is durable: the end of its checkpoint takes the journal's place.
    fn end_checkpoint(&mut self, end: TimedEvent) -> Result<(), LockError> {
        let bytes = journal::line(&end);
        let journaled = end.event.data_keys().into_keys();
        self.protection.get_mut().restart(journaled);
        // From here on the lines are history, even if the journal cannot be written: folded into this
        // lock again, they might rename twice.
        *self.lines() = vec![end];
        if self.replace_journal(&bytes).is_ok() {
            return Ok(());
        }
        // Longer than it needs to be, and right: no line before the end counts.
        self.writer
            .checkpoint(bytes)
            .map_err(LockError::io("write", &self.paths.journal))
    }

    /// Replaces the journal. The new file is locked before it gets the name, so no other run comes in
    /// between; one that waits for the lock on the old file notices that it is another one.
    fn replace_journal(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let journal = file::replace_locked(&self.journal, &self.paths.journal, bytes)?;
        let writer = Writer::new(journal.try_clone()?, bytes.len() as u64)?;
        self.writer = writer;
        self.journal = journal;
        Ok(())
    }

    /// Appends an event with its token sealed; what that is sealed with is durable first.
    async fn append(&self, event: StoredEvent) -> std::io::Result<()> {
        let event = {
            let mut protection = self.protection.lock().await;
            let (event, data_key) = protection.protect(event, self.on_disk.as_ref())?;
            if let Some((name, key)) = data_key {
                let line = StoredEvent::data_key(&name, key);
                protection.is_journaled(name);
                let written = self.append_line(line).await;
                if written.is_ok() {
                    kill::at(kill::KillPoint::AfterDataKey);
                }
            }
            event
        };
        self.append_line(event).await
    }

    async fn append_line(&self, event: StoredEvent) -> std::io::Result<()> {
        if matches!(event, StoredEvent::Record(Record::Intent { .. }))
            && !file::is_same_file(&self.journal, &self.paths.journal)?
        {
            // The next run would not know of the create.
            return Err(std::io::Error::other(
                "it was moved or deleted during the run",
            ));
        }
        let timed = TimedEvent {
            at: self.clock.now(),
            event,
        };
        let bytes = journal::line(&timed);
        // In memory first: if this future is dropped during the write, the fold of this run still
        // knows at least what the journal holds.
        let place = {
            let mut lines = self.lines();
            lines.push(timed);
            lines.len() - 1
        };
        let written = self.writer.append(bytes).await;
        if written.is_err()
            && let Some(line) = self.lines().get_mut(place)
            && matches!(line.event, StoredEvent::Record(Record::Intent { .. }))
        {
            // No `POST` follows an intent that is not durable, so it leaves nothing to settle. Every
            // other event did happen, and the fold may still save it.
            line.event = StoredEvent::Alive;
        }
        written
    }

    /// Bytes appended to the journal, and the number of `fsync` calls.
    #[cfg(test)]
    pub(super) fn written(&self) -> (u64, u64) {
        use std::sync::atomic::Ordering;
        let counts = &self.writer.counts;
        (
            counts.bytes.load(Ordering::Relaxed),
            counts.syncs.load(Ordering::Relaxed),
        )
    }

    /// Makes every further append fail, as on a full disk.
    #[cfg(test)]
    pub(super) fn break_disk(&self) {
        self.writer.break_disk();
    }

    pub fn paths(&self) -> &LockPaths {
        &self.paths
    }
}

impl Drop for LockStore {
    fn drop(&mut self) {
        // While the lock is held, so that it is not another run's.
        file::remove(&self.paths.holder);
        self.writer.end();
        // Closing the file releases the lock too, but not while a child process that is being started
        // still has the file open.
        let _ = self.journal.unlock();
    }
}

#[async_trait]
impl LockSink for LockStore {
    async fn record(&self, record: Record) -> Result<(), SinkError> {
        self.append(StoredEvent::Record(record))
            .await
            .map_err(|source| SinkError {
                path: self.paths.journal.display().to_string(),
                source,
            })
    }
}
