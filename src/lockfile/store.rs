//! The lock file as an apply holds it: every record durable, folded in at the end.

use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::event::{Checkpoint, StoredEvent, TimedEvent};
use super::fold::{Folded, fold, settle_checkpoints};
use super::holder::{Holder, take};
use super::view::LockView;
use super::writer::Writer;
use super::{LockError, LockPaths, file, format, journal};
use crate::model::{InventoryName, Lock, LockHeader, Timestamp};
use crate::ports::{Clock, LockSink, Record, SinkError, kill};

/// How long a retired instance that could not be deleted is remembered: until every list shows it, with
/// much to spare.
const RETIRED_RETENTION: Duration = Duration::from_secs(600);

/// What the end of a run left behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// Whether the lock file was rewritten.
    pub rewritten: bool,
    /// How many instances it records.
    pub instances: usize,
    /// Creates whose outcome is still unknown.
    pub open_intents: usize,
}

/// The lock file held by this run. The kernel releases it when the process dies.
pub struct LockStore {
    paths: LockPaths,
    clock: Arc<dyn Clock>,
    writer: Writer,
    on_disk: Option<Lock>,
    /// What of the journal is not history yet: what was there, and what this run recorded.
    lines: Mutex<Vec<TimedEvent>>,
    /// Holds the exclusive lock; a handle of its own to the journal. The last member, for the lock
    /// is to be released when everything else has ended.
    journal: File,
}

impl LockStore {
    /// Takes the exclusive lock, waiting at most `wait` for it, and replays the journal.
    ///
    /// # Errors
    /// [`LockError::Held`] and every other [`LockError`].
    pub async fn open(
        paths: LockPaths,
        clock: Arc<dyn Clock>,
        holder: &Holder,
        wait: Duration,
    ) -> Result<Self, LockError> {
        let journal = take(&paths, clock.as_ref(), holder, wait).await?;
        file::sweep(&paths.lock);
        file::sweep(&paths.holder);

        let failed = |action| {
            let path = paths.journal.clone();
            move |source| LockError::Io {
                action,
                path,
                source,
            }
        };
        let bytes = file::read_open(&journal).map_err(failed("read"))?;
        let (lines, sound) = journal::read(&paths.journal, &bytes)?;
        let lock = file::read(&paths.lock)?;
        let on_disk = lock
            .as_deref()
            .map(|bytes| format::parse(&paths.lock, bytes))
            .transpose()?;
        // Nothing is touched before both files are known to be sound.
        if sound < bytes.len() {
            tracing::warn!(
                journal = %paths.journal.display(),
                bytes = bytes.len() - sound,
                "the last record of the journal is cut off: nothing relied on it yet, and it is dropped"
            );
            journal.set_len(sound as u64).map_err(failed("cut"))?;
            journal.sync_all().map_err(failed("cut"))?;
        }
        let writer = journal
            .try_clone()
            .and_then(|file| Writer::new(file, sound as u64))
            .map_err(failed("open"))?;

        let was_folding = matches!(lines.last(), Some(line) if matches!(line.event, StoredEvent::CheckpointBegin(_)));
        let mut lines = settle_checkpoints(lines, lock.as_deref().map(format::digest).as_deref());
        not_after(&mut lines, clock.now());
        if let [only] = &lines[..]
            && let StoredEvent::CheckpointEnd(checkpoint) = &only.event
            && was_folding
        {
            // The run died after it had replaced the lock file: its last act is done now.
            lines = settle(&writer, checkpoint.clone(), only.at).map_err(failed("empty"))?;
        }
        Ok(Self {
            clock,
            writer,
            on_disk,
            lines: Mutex::new(lines),
            paths,
            journal,
        })
    }

    /// What is recorded now.
    pub fn view(&self, inventory: &InventoryName) -> LockView {
        LockView::of(&self.paths, self.on_disk.clone(), &self.lines(), inventory)
    }

    fn lines(&self) -> MutexGuard<'_, Vec<TimedEvent>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records whose instances these are and on which platform, before anything is done to them: a
    /// run that is killed before it wrote a lock file is then not continued as another inventory, or
    /// on another platform. Nothing is written where that is known.
    ///
    /// # Errors
    /// [`LockError::Io`]; nothing may be sent then.
    pub async fn begin(&self, header: &LockHeader) -> Result<(), LockError> {
        let recorded = self.view(&header.inventory).lock.map(|lock| lock.header);
        let wanted = header.clone().before_first_write(recorded.as_ref());
        if recorded.as_ref() == Some(&wanted) {
            return Ok(());
        }
        self.append(StoredEvent::Header { header: wanted })
            .await
            .map_err(|source| self.io("write", source))
    }

    /// Folds the journal into the lock file and empties it. `header` gives what the journal does
    /// not hold: inventory, platform and key check. Safe to call on every way out; where it fails
    /// the journal is still there.
    ///
    /// # Errors
    /// [`LockError::Io`].
    pub fn finish(&mut self, header: &LockHeader) -> Result<Finished, LockError> {
        let nothing = || Lock::empty(header.inventory.clone());
        let base = self.on_disk.clone().unwrap_or_else(nothing);
        let mut folded = fold(base, &self.lines());
        folded.lock.header = header.clone();
        let instances = folded.lock.instances.len();
        let open_intents = folded.intents.len();
        // A first run that created nothing leaves no file behind.
        let needed = instances > 0;
        let rewritten = self.commit(folded, needed)?;
        Ok(Finished {
            rewritten,
            instances,
            open_intents,
        })
    }

    /// Writes the lock file anew with nothing of the old content, and empties the journal.
    ///
    /// # Errors
    /// [`LockError::Io`].
    pub fn replace(&mut self, lock: Lock) -> Result<bool, LockError> {
        let folded = fold(lock.clone(), &self.lines());
        self.commit(Folded { lock, ..folded }, true)
    }

    /// Checkpoint, replace, empty: whenever the process dies, either the checkpoint says by the digest
    /// of the lock file that everything is in it, or nothing of the journal is gone. The journal is
    /// never replaced: the exclusive lock is held on it.
    fn commit(&mut self, folded: Folded, needed: bool) -> Result<bool, LockError> {
        let Folded {
            lock,
            intents,
            mut retired,
        } = folded;
        let now = self.clock.now();
        retired.retain(|_, at| now.since(*at) < RETIRED_RETENTION);
        let old = file::read(&self.paths.lock)?;
        let new = (needed || old.is_some()).then(|| format::to_bytes(&lock));
        let checkpoint = Checkpoint {
            lock: new.as_deref().map(format::digest),
            header: new.is_none().then(|| lock.header.clone()),
            intents,
            retired,
        };
        let rewritten = new.is_some() && new != old;
        let newest = self.lines().iter().map(|line| line.at).max();
        let at = newest.unwrap_or_default();
        let nothing_new = match &self.lines()[..] {
            [] => true,
            [only] => only.event == StoredEvent::CheckpointEnd(checkpoint.clone()),
            _ => false,
        };
        if !nothing_new {
            let line = TimedEvent {
                at,
                event: StoredEvent::CheckpointBegin(checkpoint.clone()),
            };
            self.writer
                .checkpoint(journal::line(&line))
                .map_err(|source| self.io("write", source))?;
        }
        if rewritten && let Some(new) = &new {
            file::write_lock(&self.paths.lock, new)?;
        }
        self.on_disk = new.is_some().then_some(lock);
        kill::at(kill::KillPoint::DuringFold);
        if nothing_new {
            return Ok(rewritten);
        }
        // History from here on, whatever becomes of the file: folded once more into this lock the
        // lines might rename twice.
        *self.lines() = vec![TimedEvent {
            at,
            event: StoredEvent::CheckpointEnd(checkpoint.clone()),
        }];
        let left =
            settle(&self.writer, checkpoint, at).map_err(|source| self.io("empty", source))?;
        *self.lines() = left;
        Ok(rewritten)
    }

    async fn append(&self, event: StoredEvent) -> std::io::Result<()> {
        let timed = TimedEvent {
            at: self.clock.now(),
            event,
        };
        let bytes = journal::line(&timed);
        // In memory first: should this future be dropped while the bytes are on their way, the fold
        // of this run knows at least what the journal knows.
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
            // No `POST` follows an intent that is not durable, so there is nothing to settle. What
            // else could not be written did happen, and the fold may still save it.
            line.event = StoredEvent::Record(Record::Heartbeat);
        }
        written
    }

    fn io(&self, action: &'static str, source: std::io::Error) -> LockError {
        LockError::Io {
            action,
            path: self.paths.journal.clone(),
            source,
        }
    }

    /// Bytes appended to the journal, and how many `fsync` they took.
    #[cfg(test)]
    pub(super) fn written(&self) -> (u64, u64) {
        use std::sync::atomic::Ordering;
        let counts = &self.writer.counts;
        (
            counts.bytes.load(Ordering::Relaxed),
            counts.syncs.load(Ordering::Relaxed),
        )
    }

    /// From here on every append fails, as on a full disk.
    #[cfg(test)]
    pub(super) fn break_disk(&self) {
        self.writer.break_disk();
    }

    /// Where the files are.
    pub fn paths(&self) -> &LockPaths {
        &self.paths
    }
}

impl Drop for LockStore {
    fn drop(&mut self) {
        // Still under the lock, so it is ours.
        file::remove(&self.paths.holder);
        // What was asked for is written under the lock.
        self.writer.end();
        // Closing would release it too, but not while a process that is just being started has yet
        // to close what it inherited.
        let _ = self.journal.unlock();
    }
}

/// After the lock file is durable: empties the journal, or marks as history what is before the
/// intents that stay open and the retired instances that are left. Answers what is left of it.
fn settle(
    writer: &Writer,
    checkpoint: Checkpoint,
    at: Timestamp,
) -> std::io::Result<Vec<TimedEvent>> {
    if checkpoint.intents.is_empty() && checkpoint.retired.is_empty() {
        writer.empty()?;
        return Ok(Vec::new());
    }
    let line = TimedEvent {
        at,
        event: StoredEvent::CheckpointEnd(checkpoint),
    };
    writer.checkpoint(journal::line(&line))?;
    Ok(vec![line])
}

/// Nothing was recorded later than now: what says so was by a clock that is ahead of ours, and would
/// make us wait for longer than a window.
fn not_after(lines: &mut [TimedEvent], now: Timestamp) {
    for line in lines {
        line.at = line.at.min(now);
        if let StoredEvent::CheckpointEnd(checkpoint) = &mut line.event {
            for intent in checkpoint.intents.values_mut() {
                intent.last_alive = intent.last_alive.min(now);
            }
            for at in checkpoint.retired.values_mut() {
                *at = (*at).min(now);
            }
        }
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
