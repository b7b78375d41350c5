//! Simulated time: the clocks of a machine whose wall clock is set, and those of its processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use connectorctl::model::{BootTime, Takeover, Timestamp};
use connectorctl::ports::{Clock, SteadyClock, TimeSource};

/// Time that passes only when everybody waits.
pub(crate) struct SimClock {
    start: tokio::time::Instant,
    /// How far the wall clock of the runners is off, in milliseconds.
    off_by_ms: AtomicI64,
}

impl SimClock {
    pub(crate) fn new() -> Self {
        Self {
            start: tokio::time::Instant::now(),
            off_by_ms: AtomicI64::new(0),
        }
    }

    /// As the platform takes it: milliseconds.
    pub(crate) fn now_ms(&self) -> u64 {
        // An epoch of its own: far from zero, for a wall clock may be set back.
        1_000_000_000 + u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A moment that no step of a wall clock moves.
    pub(crate) fn true_time(&self) -> Timestamp {
        Timestamp::from_millis(self.now_ms())
    }

    /// Sets the wall clock of the runners forward, or back.
    pub(crate) fn step(&self, seconds: i32) {
        let step = 1_000 * i64::from(seconds);
        self.off_by_ms.fetch_add(step, Ordering::Relaxed);
    }

    /// The clock of a process that starts now.
    pub(crate) fn launch(self: &Arc<Self>) -> Arc<dyn Clock> {
        Arc::new(ProcessClock(SteadyClock::new(Machine(Arc::clone(self)))))
    }

    /// Simulated time passes.
    pub(crate) async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The clocks of the one machine on which all runners are.
struct Machine(Arc<SimClock>);

impl TimeSource for Machine {
    fn wall(&self) -> Timestamp {
        let off_by = self.0.off_by_ms.load(Ordering::Relaxed);
        Timestamp::from_millis(self.0.now_ms().saturating_add_signed(off_by))
    }

    fn elapsed(&self) -> Duration {
        self.0.start.elapsed()
    }

    fn boot(&self) -> Option<BootTime> {
        Some(BootTime {
            id: "the only start".to_owned(),
            millis: self.0.now_ms(),
        })
    }
}

/// The clock of one process, which starts with the wall clock.
struct ProcessClock(SteadyClock<Machine>);

#[async_trait]
impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn reading(&self) -> Takeover {
        self.0.reading()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
