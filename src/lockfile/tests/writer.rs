//! The journal's writer: shared syncs, and failing disks.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};

use super::*;
use crate::lockfile::writer::{Storage, Writer};

/// A disk whose syncs wait until the test lets them through or makes them fail.
struct Disk {
    content: Arc<Mutex<Vec<u8>>>,
    /// Receives a message when a sync begins.
    syncing: Sender<()>,
    /// A sync ends when it receives its fate.
    gate: Receiver<Fate>,
}

enum Fate {
    Well,
    /// The next append stops after this many bytes.
    ThenShortWrite(usize),
    Fails,
}

struct Bench {
    writer: Writer,
    content: Arc<Mutex<Vec<u8>>>,
    syncing: Receiver<()>,
    gate: Sender<Fate>,
}

struct Failing {
    disk: Disk,
    short: Option<usize>,
}

impl Storage for Failing {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut content = self.disk.content.lock().expect("whole");
        match self.short.take() {
            None => content.extend(bytes),
            Some(short) => {
                content.extend(&bytes[..short]);
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let _ = self.disk.syncing.send(());
        match self.disk.gate.recv() {
            Ok(Fate::Fails) => return Err(io::Error::other("a failing disk")),
            Ok(Fate::ThenShortWrite(short)) => self.short = Some(short),
            Ok(Fate::Well) | Err(_) => {}
        }
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).expect("small");
        self.disk.content.lock().expect("whole").truncate(length);
        Ok(())
    }
}

impl Bench {
    fn new() -> Self {
        let content = Arc::new(Mutex::new(Vec::new()));
        let (syncing, told) = channel();
        let (gate, waits) = channel();
        let disk = Disk {
            content: Arc::clone(&content),
            syncing,
            gate: waits,
        };
        Self {
            writer: Writer::new(Failing { disk, short: None }, 0).expect("a thread"),
            content,
            syncing: told,
            gate,
        }
    }

    fn content(&self) -> String {
        let content = self.content.lock().expect("whole").clone();
        String::from_utf8(content).expect("UTF-8")
    }

    fn let_through(&self, fate: Fate) {
        self.gate.send(fate).expect("a disk");
    }

    fn syncs(&self) -> u64 {
        self.writer.counts.syncs.load(Ordering::Relaxed)
    }
}

fn is_pending<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    matches!(future.poll(&mut context), Poll::Pending)
}

#[tokio::test]
async fn records_that_wait_during_a_sync_share_the_next_one() {
    let bench = Bench::new();
    let mut first = pin!(bench.writer.append(b"0".to_vec()));
    assert!(is_pending(first.as_mut()));
    bench.syncing.recv().expect("a sync");
    // These arrive while the disk syncs the first.
    let many = (1..100).map(|_| bench.writer.append(b"+".to_vec()));
    let mut many = pin!(futures_util::future::join_all(many));
    assert!(is_pending(many.as_mut()));
    bench.let_through(Fate::Well);
    bench.let_through(Fate::Well);
    first.await.expect("durable");
    assert!(many.await.iter().all(Result::is_ok));
    assert_eq!(bench.syncs(), 2);
    assert_eq!(bench.content().len(), 100);
}

#[tokio::test]
async fn no_append_returns_before_its_sync() {
    let bench = Bench::new();
    let mut record = pin!(bench.writer.append(b"a".to_vec()));
    assert!(is_pending(record.as_mut()));
    bench.syncing.recv().expect("a sync");
    assert_eq!(bench.content(), "a", "written");
    assert!(is_pending(record.as_mut()), "not yet durable");
    bench.let_through(Fate::Well);
    record.await.expect("durable");
}

#[tokio::test]
async fn a_full_disk_leaves_complete_lines_only() {
    let bench = Bench::new();
    bench.let_through(Fate::ThenShortWrite(3));
    bench
        .writer
        .append(b"first\n".to_vec())
        .await
        .expect("durable");
    let error = bench.writer.append(b"second\n".to_vec()).await;
    assert_eq!(
        error.expect_err("the disk is full").kind(),
        io::ErrorKind::StorageFull
    );
    assert_eq!(bench.content(), "first\n", "the partial line is cut off");
    let later = bench.writer.append(b"third\n".to_vec()).await;
    assert!(later.is_err(), "no append succeeds after a failed one");
    assert_eq!(bench.content(), "first\n");
    bench.let_through(Fate::Well);
    bench
        .writer
        .checkpoint(b"checkpoint\n".to_vec())
        .expect("durable");
    assert_eq!(
        bench.content(),
        "first\ncheckpoint\n",
        "the fold can write its checkpoint"
    );
}

#[tokio::test]
async fn a_failed_sync_fails_every_record_that_shared_it() {
    let bench = Bench::new();
    let mut first = pin!(bench.writer.append(b"0".to_vec()));
    assert!(is_pending(first.as_mut()));
    bench.syncing.recv().expect("a sync");
    let many = (0..9).map(|_| bench.writer.append(b"+".to_vec()));
    let mut many = pin!(futures_util::future::join_all(many));
    assert!(is_pending(many.as_mut()));
    bench.let_through(Fate::Well);
    bench.let_through(Fate::Fails);
    first.await.expect("durable");
    assert!(many.await.iter().all(Result::is_err));
    assert_eq!(bench.content(), "0");
}
