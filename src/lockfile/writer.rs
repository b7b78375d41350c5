//! The thread that owns the journal's end: whatever waits when it is free shares one `fsync`.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

/// A file that is appended to.
pub(super) trait Storage: Send + 'static {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns once everything survives the loss of power.
    fn sync(&mut self) -> io::Result<()>;
    /// Makes the file this long.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Storage for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

enum Job {
    /// One of many records that may share a sync.
    Append(Append),
    /// A line that is written where the file is sound, whatever failed before.
    Checkpoint(Vec<u8>, Sender<io::Result<()>>),
    /// Nothing in the file counts any more.
    Empty(Sender<io::Result<()>>),
    #[cfg(test)]
    Break,
}

struct Append {
    bytes: Vec<u8>,
    done: oneshot::Sender<io::Result<()>>,
}

/// Counts what was written, for the tests that count bytes and not time.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) bytes: AtomicU64,
    pub(super) syncs: AtomicU64,
}

/// The appending side of a journal.
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    #[cfg(test)]
    pub(super) counts: Arc<Counts>,
}

impl Writer {
    /// Appends to a file of which this many bytes are sound, and no more are there.
    pub(super) fn new(storage: impl Storage, sound: u64) -> io::Result<Self> {
        let (jobs, waiting) = channel();
        let counts = Arc::new(Counts::default());
        let end = End {
            storage,
            sound,
            broken: false,
            counts: Arc::clone(&counts),
        };
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || run(end, &waiting))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            #[cfg(test)]
            counts,
        })
    }

    /// Appends; durable on return.
    pub(super) async fn append(&self, bytes: Vec<u8>) -> io::Result<()> {
        let (done, waits) = oneshot::channel();
        self.send(Job::Append(Append { bytes, done }))?;
        waits.await.map_err(|_| gone())?
    }

    /// Appends a line after everything that was asked for before; durable on return. Possible after
    /// a failed write too: what that one left is cut off first.
    pub(super) fn checkpoint(&self, bytes: Vec<u8>) -> io::Result<()> {
        let (done, waits) = channel();
        self.send(Job::Checkpoint(bytes, done))?;
        waits.recv().map_err(|_| gone())?
    }

    /// Empties the file after everything that was asked for before; durable on return.
    pub(super) fn empty(&self) -> io::Result<()> {
        let (done, waits) = channel();
        self.send(Job::Empty(done))?;
        waits.recv().map_err(|_| gone())?
    }

    /// Writes what was asked for, and nothing from then on.
    pub(super) fn end(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing left to say: every job was answered.
            let _ = thread.join();
        }
    }

    #[cfg(test)]
    pub(super) fn break_disk(&self) {
        self.send(Job::Break).expect("a thread");
    }

    fn send(&self, job: Job) -> io::Result<()> {
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(job).map_err(|_| gone())
    }
}

fn gone() -> io::Error {
    io::Error::other("the journal's writer has ended")
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.end();
    }
}

fn run<S: Storage>(mut end: End<S>, waiting: &Receiver<Job>) {
    let mut next = waiting.recv().ok();
    while let Some(job) = next.take() {
        match job {
            Job::Append(first) => {
                let mut batch = vec![first];
                for job in waiting.try_iter() {
                    match job {
                        Job::Append(append) => batch.push(append),
                        other => {
                            next = Some(other);
                            break;
                        }
                    }
                }
                end.append(batch);
            }
            // Who asked waits for the answer; where it does not, nobody is left to be told.
            Job::Checkpoint(bytes, done) => drop(done.send(end.checkpoint(&bytes))),
            Job::Empty(done) => drop(done.send(end.empty())),
            #[cfg(test)]
            Job::Break => end.broken = true,
        }
        next = next.or_else(|| waiting.recv().ok());
    }
}

struct End<S> {
    storage: S,
    /// How many bytes are durable, and whole lines.
    sound: u64,
    /// After a failed write: what is beyond the sound bytes is not known, so nothing is appended.
    broken: bool,
    counts: Arc<Counts>,
}

impl<S: Storage> End<S> {
    fn append(&mut self, batch: Vec<Append>) {
        let bytes: Vec<u8> = batch
            .iter()
            .flat_map(|append| append.bytes.iter().copied())
            .collect();
        let result = if self.broken {
            Err(io::Error::other("an earlier write to the journal failed"))
        } else {
            self.write(&bytes)
        };
        if result.is_err() && !self.broken {
            self.broken = true;
            // Should this fail too, the next checkpoint tries again, or the next run sees a torn end.
            let _ = self.storage.cut(self.sound);
        }
        for append in batch {
            let answer = match &result {
                Ok(()) => Ok(()),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            };
            // Who asked may be gone, cancelled by a signal; the record is there all the same.
            let _ = append.done.send(answer);
        }
    }

    fn checkpoint(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.broken {
            self.storage.cut(self.sound)?;
        }
        self.broken = true;
        self.write(bytes)?;
        self.broken = false;
        Ok(())
    }

    fn empty(&mut self) -> io::Result<()> {
        self.storage.cut(0)?;
        self.sound = 0;
        self.storage.sync()?;
        self.broken = false;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.storage.append(bytes)?;
        self.storage.sync()?;
        let length = bytes.len() as u64;
        self.sound += length;
        self.counts.bytes.fetch_add(length, Ordering::Relaxed);
        self.counts.syncs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
