//! How many requests may be in flight: half as many whenever the platform is throttling, one more for
//! every round of successes, and none while it has asked for a pause. The rule is that of TCP's
//! congestion avoidance.
//!
//! No crate does this for a client without a middleware stack.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::model::Timestamp;

/// More are never useful against one platform.
const MAX_LIMIT: f64 = 256.0;

#[derive(Debug)]
struct LimiterState {
    limit: f64,
    in_flight: usize,
    paused_until: Timestamp,
}

/// Limits the requests in flight.
#[derive(Debug)]
pub(super) struct Limiter {
    max: f64,
    state: Mutex<LimiterState>,
    changed: Notify,
}

/// The right to have one request in flight.
#[derive(Debug)]
pub(super) struct Permit<'l>(&'l Limiter);

impl Limiter {
    pub(super) fn new(max: usize) -> Self {
        let max = (max as f64).clamp(1.0, MAX_LIMIT);
        Self {
            max,
            state: Mutex::new(LimiterState {
                limit: max,
                in_flight: 0,
                paused_until: Timestamp::default(),
            }),
            changed: Notify::new(),
        }
    }

    pub(super) async fn acquire(&self) -> Permit<'_> {
        loop {
            let changed = self.changed.notified();
            {
                let mut state = self.state();
                if (state.in_flight as f64) < state.limit.floor() {
                    state.in_flight += 1;
                    return Permit(self);
                }
            }
            changed.await;
        }
    }

    pub(super) fn on_success(&self) {
        let mut state = self.state();
        state.limit = (state.limit + 1.0 / state.limit).min(self.max);
    }

    /// `wait` is the `Retry-After` of the response, if any; it holds for all requests.
    pub(super) fn on_throttled(&self, now: Timestamp, wait: Option<Duration>) {
        let mut state = self.state();
        state.limit = (state.limit / 2.0).max(1.0);
        state.paused_until = state.paused_until.max(now + wait.unwrap_or_default());
    }

    /// How long to send nothing.
    pub(super) fn pause(&self, now: Timestamp) -> Duration {
        self.state().paused_until.since(now)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, LimiterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
        // All waiters look, for the limit may have grown by more than one.
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
