//! How many requests may be in flight: half as many whenever the platform is in trouble, one more for
//! every round of successes, and none during a pause, which all requests share. The rule is that of
//! TCP's congestion avoidance.
//!
//! No crate does this for a client without a middleware stack.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff};
use tokio::sync::Notify;

use super::retry::endless_backoff;
use crate::model::Timestamp;

/// The breaker ends an outage soon, so that a platform that is back must be noticed before.
const MAX_PAUSE_IN_OUTAGE: Duration = Duration::from_secs(2);
/// More are never useful against one platform.
const MAX_LIMIT: f64 = 256.0;

#[derive(Debug)]
struct LimiterState {
    limit: f64,
    in_flight: usize,
    /// When the latest pause began.
    paused_since: Timestamp,
    paused_until: Timestamp,
    backoff: ExponentialBackoff,
}

/// Limits the requests in flight.
#[derive(Debug)]
pub(super) struct Limiter {
    max: f64,
    jitter_seed: Option<u64>,
    state: Mutex<LimiterState>,
    changed: Notify,
}

/// The right to have one request in flight.
#[derive(Debug)]
pub(super) struct Permit<'l>(&'l Limiter);

impl Limiter {
    pub(super) fn new(max: usize, jitter_seed: Option<u64>) -> Self {
        let max = (max as f64).clamp(1.0, MAX_LIMIT);
        Self {
            max,
            jitter_seed,
            state: Mutex::new(LimiterState {
                limit: max,
                in_flight: 0,
                paused_since: Timestamp::default(),
                paused_until: Timestamp::default(),
                backoff: endless_backoff(jitter_seed).build(),
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

    /// A request that was sent then has succeeded.
    pub(super) fn on_success(&self, sent: Timestamp) {
        let mut state = self.state();
        state.limit = (state.limit + 1.0 / state.limit).min(self.max);
        if sent > state.paused_since {
            state.backoff = endless_backoff(self.jitter_seed).build();
        }
    }

    /// A request that was sent then was rejected by rate limiting.
    pub(super) fn on_throttled(
        &self,
        sent: Timestamp,
        now: Timestamp,
        retry_after: Option<Duration>,
    ) {
        self.pause_all(sent, now, retry_after, Duration::MAX);
    }

    /// A request that was sent then has not reached the platform.
    pub(super) fn on_failure(&self, sent: Timestamp, now: Timestamp) {
        self.pause_all(sent, now, None, MAX_PAUSE_IN_OUTAGE);
    }

    /// Without `retry_after`, each pause is longer than the one before.
    fn pause_all(
        &self,
        sent: Timestamp,
        now: Timestamp,
        retry_after: Option<Duration>,
        max: Duration,
    ) {
        let mut state = self.state();
        state.limit = (state.limit / 2.0).max(1.0);
        let pause = match retry_after {
            Some(pause) => pause,
            // It was in flight when the latest pause began, so it says nothing new.
            None if sent <= state.paused_since => return,
            None => state.backoff.next().unwrap_or_default().min(max),
        };
        state.paused_since = now;
        state.paused_until = state.paused_until.max(now + pause);
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
