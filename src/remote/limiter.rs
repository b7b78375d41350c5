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
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn the_limit_halves_and_recovers() {
        let limiter = Limiter::new(8);
        limiter.on_throttled(at(0), None);
        limiter.on_throttled(at(0), None);
        assert!((limiter.state().limit - 2.0).abs() < f64::EPSILON);
        for _ in 0..100 {
            limiter.on_success();
        }
        assert!((limiter.state().limit - 8.0).abs() < f64::EPSILON);
        for _ in 0..100 {
            limiter.on_throttled(at(0), None);
        }
        assert!((limiter.state().limit - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_longest_retry_after_holds_for_all() {
        let limiter = Limiter::new(8);
        limiter.on_throttled(at(1_000), Some(Duration::from_secs(5)));
        limiter.on_throttled(at(2_000), Some(Duration::from_secs(1)));
        limiter.on_throttled(at(2_000), None);
        assert_eq!(limiter.pause(at(2_000)), Duration::from_secs(4));
        assert_eq!(limiter.pause(at(6_000)), Duration::ZERO);
        assert_eq!(limiter.pause(at(9_000)), Duration::ZERO);
    }
}
