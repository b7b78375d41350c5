//! The lock file in use: read without a lock for a plan, held by one run for an apply.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::fold::{Stamped, fold};
use super::writer::Writer;
use super::{LockError, LockPaths, file, format, journal};
use crate::model::{InstanceKey, InventoryName, Lock, OpenIntent};
use crate::ports::{Clock, LockSink, Record, SinkError, kill};

/// How often a waiting run looks whether the lock is free.
const POLL: Duration = Duration::from_millis(250);

/// What is recorded now: the lock file with the journal folded in.
#[derive(Clone, Debug, PartialEq)]
pub struct LockView {
    /// `None` where there is no lock file and the journal is empty.
    pub lock: Option<Lock>,
    /// Creates whose outcome nobody knows.
    pub intents: BTreeMap<InstanceKey, OpenIntent>,
    /// Whether others than the owner may read the lock file.
    pub open_to_others: bool,
}

impl LockView {
    /// Reads without taking the lock or writing anything.
    ///
    /// # Errors
    /// [`LockError`], where either file cannot be used.
    pub fn read(paths: &LockPaths, inventory: &InventoryName) -> Result<Self, LockError> {
        let lock = read_lock(paths)?;
        let bytes = file::read(&paths.journal)?.unwrap_or_default();
        let (records, _) = journal::read(&paths.journal, &bytes)?;
        Ok(Self::of(paths, lock, &records, inventory))
    }

    fn of(
        paths: &LockPaths,
        lock: Option<Lock>,
        records: &[Stamped],
        inventory: &InventoryName,
    ) -> Self {
        let open_to_others = lock.is_some() && file::is_open_to_others(&paths.lock);
        let existed = lock.is_some();
        let folded = fold(
            lock.unwrap_or_else(|| Lock::empty(inventory.clone())),
            records,
        );
        let anything = existed || !folded.lock.instances.is_empty();
        Self {
            lock: anything.then_some(folded.lock),
            intents: folded.intents,
            open_to_others,
        }
    }
}

fn read_lock(paths: &LockPaths) -> Result<Option<Lock>, LockError> {
    file::read(&paths.lock)?
        .map(|bytes| format::parse(&paths.lock, &bytes))
        .transpose()
}

/// Who holds the lock, as told to those who wait for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// When it took the lock, RFC 3339.
    pub since: String,
    /// The address of the pipeline run, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {}, since {}", self.pid, self.since)?;
        match &self.run {
            Some(run) => write!(f, ", {run}"),
            None => Ok(()),
        }
    }
}

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
    /// Holds the exclusive lock; a handle of its own to the journal.
    journal: File,
    on_disk: Option<Lock>,
    recorded: Mutex<Vec<Stamped>>,
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
        file::make_state_folder(&paths.state_folder)?;
        let journal = file::open_journal(&paths.journal)?;
        take(&journal, &paths, clock.as_ref(), wait).await?;
        // Best effort: it only tells others who we are.
        let _ = serde_json::to_vec(holder)
            .map_err(io::Error::from)
            .map(|bytes| file::write_atomic(&paths.holder, &bytes));
        file::sweep(&paths.lock);

        let on_disk = read_lock(&paths)?;
        let bytes = file::read(&paths.journal)?.unwrap_or_default();
        let (recorded, sound) = journal::read(&paths.journal, &bytes)?;
        let io = |source| LockError::Io {
            action: "open",
            path: paths.journal.clone(),
            source,
        };
        if sound < bytes.len() {
            journal.set_len(sound as u64).map_err(io)?;
            journal.sync_all().map_err(io)?;
        }
        let writer = journal.try_clone().and_then(Writer::new).map_err(io)?;
        Ok(Self {
            paths,
            clock,
            writer,
            journal,
            on_disk,
            recorded: Mutex::new(recorded),
        })
    }

    /// What is recorded now.
    pub fn view(&self, inventory: &InventoryName) -> LockView {
        LockView::of(
            &self.paths,
            self.on_disk.clone(),
            &self.records(),
            inventory,
        )
    }

    fn records(&self) -> Vec<Stamped> {
        self.recorded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Folds the journal into the lock file and empties it. `header` gives what the journal does
    /// not hold: inventory, platform and key check. Safe to call on every way out; where it fails
    /// the journal is still there.
    ///
    /// # Errors
    /// [`LockError::Io`].
    pub fn finish(&mut self, header: &Lock) -> Result<Finished, LockError> {
        let mut base = header.clone();
        base.instances = self
            .on_disk
            .as_ref()
            .map(|lock| lock.instances.clone())
            .unwrap_or_default();
        let records = self.records();
        let folded = fold(base, &records);
        let bytes = format::to_bytes(&folded.lock);
        let old = file::read(&self.paths.lock)?;
        let nothing_yet = old.is_none() && folded.lock.instances.is_empty();
        let rewritten = !nothing_yet && old.as_deref() != Some(&bytes[..]);
        if rewritten {
            file::write_atomic(&self.paths.lock, &bytes)?;
        }
        kill::at(kill::KillPoint::DuringFold);
        let left = self.empty_journal(&folded.intents)?;
        let finished = Finished {
            rewritten,
            instances: folded.lock.instances.len(),
            open_intents: folded.intents.len(),
        };
        self.on_disk = (!nothing_yet).then_some(folded.lock);
        *self.recorded.lock().unwrap_or_else(PoisonError::into_inner) = left;
        Ok(finished)
    }

    /// Writes the lock file anew with nothing of the old content, and empties the journal.
    ///
    /// # Errors
    /// [`LockError::Io`].
    pub fn replace(&mut self, lock: Lock) -> Result<bool, LockError> {
        let bytes = format::to_bytes(&lock);
        let rewritten = file::read(&self.paths.lock)?.as_deref() != Some(&bytes[..]);
        if rewritten {
            file::write_atomic(&self.paths.lock, &bytes)?;
        }
        let intents = fold(lock.clone(), &self.records()).intents;
        let left = self.empty_journal(&intents)?;
        self.on_disk = Some(lock);
        *self.recorded.lock().unwrap_or_else(PoisonError::into_inner) = left;
        Ok(rewritten)
    }

    /// Empties the journal, or, where intents stay open, marks everything before them as folded.
    /// The file is never replaced: the exclusive lock is held on it.
    fn empty_journal(
        &self,
        intents: &BTreeMap<InstanceKey, OpenIntent>,
    ) -> Result<Vec<Stamped>, LockError> {
        let io = |source| LockError::Io {
            action: "empty",
            path: self.paths.journal.clone(),
            source,
        };
        if intents.is_empty() {
            self.journal.set_len(0).map_err(io)?;
            self.journal.sync_all().map_err(io)?;
            return Ok(Vec::new());
        }
        let newest = intents.values().map(|intent| intent.last_alive_ms).max();
        let mut left = vec![Stamped {
            at_ms: newest.unwrap_or_default(),
            record: None,
        }];
        for (key, intent) in intents {
            let stamp = |record| Stamped {
                at_ms: intent.last_alive_ms,
                record: Some(record),
            };
            left.push(stamp(Record::Intent {
                key: key.clone(),
                secrets: intent.secrets.clone(),
            }));
            if intent.answered {
                left.push(stamp(Record::Answered { key: key.clone() }));
            }
        }
        let bytes: Vec<u8> = left.iter().flat_map(journal::line).collect();
        let mut file = &self.journal;
        io::Write::write_all(&mut file, &bytes).map_err(io)?;
        self.journal.sync_all().map_err(io)?;
        Ok(left)
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

    /// Where the files are.
    pub fn paths(&self) -> &LockPaths {
        &self.paths
    }
}

async fn take(
    journal: &File,
    paths: &LockPaths,
    clock: &dyn Clock,
    wait: Duration,
) -> Result<(), LockError> {
    let until = clock.now_ms().saturating_add(wait.as_millis() as u64);
    loop {
        match journal.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(source)) => {
                return Err(LockError::Io {
                    action: "lock",
                    path: paths.journal.clone(),
                    source,
                });
            }
            Err(TryLockError::WouldBlock) if clock.now_ms() >= until => {
                return Err(LockError::Held {
                    holder: holder(&paths.holder),
                });
            }
            Err(TryLockError::WouldBlock) => clock.sleep(POLL).await,
        }
    }
}

fn holder(path: &Path) -> String {
    file::read(path)
        .ok()
        .flatten()
        .and_then(|bytes| serde_json::from_slice::<Holder>(&bytes).ok())
        .map_or_else(|| "nobody said who".to_owned(), |holder| holder.to_string())
}

#[async_trait]
impl LockSink for LockStore {
    async fn record(&self, record: Record) -> Result<(), SinkError> {
        let stamped = Stamped {
            at_ms: self.clock.now_ms(),
            record: Some(record),
        };
        let bytes = journal::line(&stamped);
        // In memory first: should this future be dropped while the bytes are on their way, the fold
        // of this run knows at least what the journal knows.
        self.recorded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(stamped);
        self.writer.append(bytes).await.map_err(|source| SinkError {
            path: self.paths.journal.display().to_string(),
            source,
        })
    }
}
