//! Stopping a run early.

use tokio::sync::watch;

/// How soon a run must stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopLevel {
    /// Not at all.
    #[default]
    Run,
    /// After the requests in flight are finished and recorded; no new ones start.
    Drain,
    /// At once. The next run settles the requests in flight, so this is safe.
    Now,
}

/// Requests a stop.
#[derive(Debug)]
pub struct StopHandle(watch::Sender<StopLevel>);

/// Receives requests to stop.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<StopLevel>);

impl Stop {
    /// Creates a connected pair.
    pub fn new() -> (StopHandle, Self) {
        let (sender, receiver) = watch::channel(StopLevel::Run);
        (StopHandle(sender), Self(receiver))
    }

    /// The level requested so far.
    pub fn level(&self) -> StopLevel {
        *self.0.borrow()
    }

    /// Waits until at least this level is requested. Never returns if the [`StopHandle`] was dropped
    /// before that.
    pub async fn reached(&self, level: StopLevel) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|now| *now >= level).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl StopHandle {
    /// Requests the next level.
    pub fn escalate(&self) {
        self.0.send_modify(|level| {
            *level = match level {
                StopLevel::Run => StopLevel::Drain,
                StopLevel::Drain | StopLevel::Now => StopLevel::Now,
            };
        });
    }
}
