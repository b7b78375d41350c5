//! The thread that appends to the journal: records that wait for it share one `fsync`.
//!
//! Must not: know what the bytes mean.

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
    /// Returns once everything survives a loss of power.
    fn sync(&mut self) -> io::Result<()>;
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
    /// A record. Several share a sync.
    Append(Append),
    /// A line that is written even after an earlier write failed.
    Checkpoint(Vec<u8>, Sender<io::Result<()>>),
    #[cfg(test)]
    Break,
}

struct Append {
    bytes: Vec<u8>,
    done: oneshot::Sender<io::Result<()>>,
}

/// Counts what was written, for tests that measure bytes and not time.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) bytes: AtomicU64,
    pub(super) syncs: AtomicU64,
}

pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    #[cfg(test)]
    pub(super) counts: Arc<Counts>,
}

impl Writer {
    /// Appends to a file of this length.
    pub(super) fn new(storage: impl Storage, length: u64) -> io::Result<Self> {
        let (jobs, waiting) = channel();
        let counts = Arc::new(Counts::default());
        let appender = Appender {
            storage,
            length,
            broken: false,
            counts: Arc::clone(&counts),
        };
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || run(appender, &waiting))?;
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
        waits.await.map_err(|_| closed())?
    }

    /// Appends a line after every earlier job; durable on return. After a failed write, cuts off what
    /// that write left.
    pub(super) fn checkpoint(&self, bytes: Vec<u8>) -> io::Result<()> {
        let (done, waits) = channel();
        self.send(Job::Checkpoint(bytes, done))?;
        waits.recv().map_err(|_| closed())?
    }

    /// Finishes the jobs and stops the thread.
    pub(super) fn end(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // Every job was answered, so a panic of the thread has nothing to add.
            let _ = thread.join();
        }
    }

    #[cfg(test)]
    pub(super) fn break_disk(&self) {
        self.send(Job::Break).expect("a thread");
    }

    fn send(&self, job: Job) -> io::Result<()> {
        let jobs = self.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(job).map_err(|_| closed())
    }
}

fn closed() -> io::Error {
    io::Error::other("the journal is closed")
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.end();
    }
}

fn run<S: Storage>(mut appender: Appender<S>, waiting: &Receiver<Job>) {
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
                appender.append(batch);
            }
            // The caller may have stopped waiting.
            Job::Checkpoint(bytes, done) => drop(done.send(appender.checkpoint(&bytes))),
            #[cfg(test)]
            Job::Break => appender.broken = true,
        }
        next = next.or_else(|| waiting.recv().ok());
    }
}

struct Appender<S> {
    storage: S,
    /// Of the complete, durable lines.
    length: u64,
    /// Whether a write failed, so that unknown bytes may follow the durable ones.
    broken: bool,
    counts: Arc<Counts>,
}

impl<S: Storage> Appender<S> {
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
            // If this fails too, the next checkpoint tries again, or the next run sees a torn end.
            let _ = self.storage.cut(self.length);
        }
        for append in batch {
            let copy = |error: &io::Error| io::Error::new(error.kind(), error.to_string());
            let result = result.as_ref().copied().map_err(copy);
            // A signal may have cancelled the caller.
            let _ = append.done.send(result);
        }
    }

    fn checkpoint(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.broken {
            self.storage.cut(self.length)?;
        }
        self.broken = true;
        self.write(bytes)?;
        self.broken = false;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.storage.append(bytes)?;
        self.storage.sync()?;
        let added = bytes.len() as u64;
        self.length += added;
        self.counts.bytes.fetch_add(added, Ordering::Relaxed);
        self.counts.syncs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
