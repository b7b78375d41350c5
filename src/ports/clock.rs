//! Time as something handed in, so that no test sleeps or reads the real clock.

use std::time::Duration;

use async_trait::async_trait;

use crate::model::Timestamp;

/// A clock and the way to wait on it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Returns once this much time has passed on this clock.
    async fn sleep(&self, duration: Duration);
}
