//! Time as something handed in, so that no test sleeps or reads the real clock.

use std::time::Duration;

use async_trait::async_trait;

use crate::model::{BootTime, Takeover, Timestamp};

/// A clock and the way to wait on it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present moment. Within a process it never goes back and never jumps.
    fn now(&self) -> Timestamp;

    /// The present moment as another process can compare it.
    fn reading(&self) -> Takeover;

    /// Returns once this much time has passed on this clock.
    async fn sleep(&self, duration: Duration);
}

/// Where a process reads time.
pub trait TimeSource: Send + Sync {
    /// The wall clock, which may be set at any moment.
    fn wall(&self) -> Timestamp;

    /// The time since a fixed moment, whatever becomes of the wall clock.
    fn elapsed(&self) -> Duration;

    /// The clock of the machine, where there is one.
    fn boot(&self) -> Option<BootTime>;
}

/// The time of one process: the wall clock at its start, and from then on only what has elapsed.
#[derive(Debug)]
pub struct SteadyClock<S> {
    source: S,
    started: Timestamp,
    elapsed_before: Duration,
}

impl<S: TimeSource> SteadyClock<S> {
    /// Starts now.
    pub fn new(source: S) -> Self {
        Self {
            started: source.wall(),
            elapsed_before: source.elapsed(),
            source,
        }
    }

    /// As [`Clock::now`].
    pub fn now(&self) -> Timestamp {
        let elapsed = self.source.elapsed();
        self.started + elapsed.saturating_sub(self.elapsed_before)
    }

    /// As [`Clock::reading`].
    pub fn reading(&self) -> Takeover {
        Takeover {
            wall: self.source.wall(),
            boot: self.source.boot(),
        }
    }
}

#[cfg(test)]
mod tests;
