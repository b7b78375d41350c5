//! The journal of a simulated run: the real store, on a disk that takes no simulated time but what a
//! stall says, with the deliberate mistakes that concern what is recorded.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use connectorctl::lockfile::{Finished, LockError, LockStore, LockView};
use connectorctl::model::{InventoryName, LockHeader, Remade, Timestamp};
use connectorctl::ports::{LockSink, Record, SinkError};
use connectorctl::session::Store;

use super::checkout::Mistake;
use super::pulled::lost;
use super::schedule::Stall;
use super::world::World;

/// The store of one run. The paused clock stands still while its disk works, as it does for any blocking
/// task.
pub(crate) struct Disk {
    pub(crate) store: LockStore,
    /// The lock file, and its bytes as this run read or wrote them last.
    pub(crate) lock: PathBuf,
    pub(crate) base: Option<Vec<u8>>,
    pub(crate) world: Arc<World>,
    pub(crate) mistake: Mistake,
    /// The time of the newest record that earlier runs left, for [`Mistake::NoTakeover`].
    pub(crate) newest: Option<Timestamp>,
    pub(crate) stall: Option<Stall>,
    /// How many records were asked for; held by the one the disk is busy with.
    pub(crate) turn: tokio::sync::Mutex<u64>,
    /// Results that are not durable yet, under [`Mistake::FoldFirst`].
    pub(crate) late: Mutex<Vec<Record>>,
}

#[async_trait]
impl LockSink for Disk {
    async fn record(&self, record: Record) -> Result<(), SinkError> {
        match (self.mistake, &record) {
            (Mistake::NoIntent, Record::Intent { .. }) => Ok(()),
            (Mistake::FoldFirst, Record::Entry { key, .. }) => {
                let settled = Record::NotCreated { key: key.clone() };
                self.late.lock().expect("the late ones").push(record);
                self.write(settled).await
            }
            _ => self.write(record).await,
        }
    }
}

impl Disk {
    async fn flush(&self) {
        let late = std::mem::take(&mut *self.late.lock().expect("the late ones"));
        for record in late {
            self.write(record).await.expect("written");
        }
    }

    async fn write(&self, record: Record) -> Result<(), SinkError> {
        let mut turn = self.turn.lock().await;
        let stall = self.stall.filter(|stall| u64::from(stall.nth) == *turn);
        *turn += 1;
        if let Some(stall) = stall {
            self.world.tell(format_args!("{stall:?}"));
            let pause = Duration::from_secs(u64::from(stall.seconds));
            self.world.clock.sleep(pause).await;
        }
        at_once(&self.world, self.store.record(record)).await
    }
}

/// What takes no simulated time.
async fn at_once<T>(world: &World, work: impl Future<Output = T>) -> T {
    let _turn = world.disk.lock().await;
    let (done, waits) = std::sync::mpsc::channel::<()>();
    let standing_still = tokio::task::spawn_blocking(move || {
        let _ = waits.recv();
    });
    let result = work.await;
    drop(done);
    let _ = standing_still.await;
    result
}

#[async_trait]
impl Store for Disk {
    fn view(&self, inventory: &InventoryName) -> LockView {
        let mut view = self.store.view(inventory);
        if self.mistake == Mistake::NoTakeover {
            for intent in view.intents.values_mut() {
                intent.since = intent.since.and(self.newest);
            }
        }
        if self.mistake == Mistake::NoCheckpoint {
            view.missing.clear();
        }
        view
    }

    async fn begin(&self, header: &LockHeader) -> Result<(), LockError> {
        at_once(&self.world, self.store.begin(header)).await
    }

    async fn finish(
        &mut self,
        header: &LockHeader,
        remade: &Remade,
    ) -> Result<Finished, LockError> {
        self.flush().await;
        let pulled = std::fs::read(&self.lock).ok();
        if self.mistake == Mistake::OverwritePulled
            && let Some(base) = &self.base
        {
            std::fs::write(&self.lock, base).expect("written");
        }
        let finished = self.store.finish(header, remade);
        let after = std::fs::read(&self.lock).ok();
        let before = self.base.as_deref();
        let lost = lost(before, pulled.as_deref(), after.as_deref());
        self.world.count_lost_pulls(lost);
        self.base = after;
        finished
    }
}

/// The time of the newest record of a journal, takeovers aside.
pub(crate) fn newest_record(journal: &Path) -> Option<Timestamp> {
    let text = std::fs::read_to_string(journal).ok()?;
    let time = |line: &str| {
        let (_, json) = line.split_once(' ')?;
        let line: serde_json::Value = serde_json::from_str(json).ok()?;
        let at = line["at"].as_u64().filter(|_| line["record"] != "takeover");
        at.map(Timestamp::from_millis)
    };
    text.lines().filter_map(time).max()
}
