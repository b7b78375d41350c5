//! The wish to end early, as it reaches whoever is about to send a request.

use tokio::sync::watch;

/// How urgently the run is to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopLevel {
    /// Not at all.
    #[default]
    Run,
    /// Start nothing new; finish and record what is in flight.
    Drain,
    /// Now: what is in flight is left to the next run, which is safe by construction.
    Now,
}

/// The side that asks.
#[derive(Debug)]
pub struct StopHandle(watch::Sender<StopLevel>);

/// The side that listens.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<StopLevel>);

impl Stop {
    /// A pair of both sides.
    pub fn new() -> (StopHandle, Self) {
        let (sender, receiver) = watch::channel(StopLevel::Run);
        (StopHandle(sender), Self(receiver))
    }

    /// The level asked for so far.
    pub fn level(&self) -> StopLevel {
        *self.0.borrow()
    }

    /// Returns once at least this level is asked for; never, where nobody can ask any more.
    pub async fn reached(&self, level: StopLevel) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|now| *now >= level).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl StopHandle {
    /// Asks for one level more.
    pub fn escalate(&self) {
        self.0.send_modify(|level| {
            *level = match level {
                StopLevel::Run => StopLevel::Drain,
                StopLevel::Drain | StopLevel::Now => StopLevel::Now,
            };
        });
    }
}
