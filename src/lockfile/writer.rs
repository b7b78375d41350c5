//! The thread that appends to the journal: whatever is waiting when it is free shares one `fsync`.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

struct Job {
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
    pub(super) fn new(file: File) -> io::Result<Self> {
        let (jobs, waiting) = channel();
        let counts = Arc::new(Counts::default());
        let own = Arc::clone(&counts);
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || run(file, &waiting, &own))?;
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
        let gone = || io::Error::other("the journal's writer has ended");
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(Job { bytes, done }).map_err(|_| gone())?;
        waits.await.map_err(|_| gone())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing left to say: every job was answered.
            let _ = thread.join();
        }
    }
}

fn run(mut file: File, waiting: &Receiver<Job>, counts: &Counts) {
    // After a failed write the end of the file is not known: nothing more may be appended.
    let mut broken = false;
    while let Ok(first) = waiting.recv() {
        let mut batch = vec![first];
        batch.extend(waiting.try_iter());
        let result = if broken {
            Err(io::Error::other("an earlier write to the journal failed"))
        } else {
            write(&mut file, &batch, counts)
        };
        broken |= result.is_err();
        for job in batch {
            let answer = match &result {
                Ok(()) => Ok(()),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            };
            // Who asked may be gone, cancelled by a signal; the record is there all the same.
            let _ = job.done.send(answer);
        }
    }
}

fn write(file: &mut File, batch: &[Job], counts: &Counts) -> io::Result<()> {
    let bytes: Vec<u8> = batch
        .iter()
        .flat_map(|job| job.bytes.iter().copied())
        .collect();
    file.write_all(&bytes)?;
    file.sync_data()?;
    counts
        .bytes
        .fetch_add(bytes.len() as u64, Ordering::Relaxed);
    counts.syncs.fetch_add(1, Ordering::Relaxed);
    Ok(())
}
