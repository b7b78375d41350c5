//! The real clock.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the shell's one place that reads the clock; everything else is handed it"
)]

use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::model::Timestamp;
use crate::ports::Clock;

/// The system's clock, and tokio's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
