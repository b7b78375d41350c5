//! How many requests are under way at once: halved where the platform says that it is too much, one
//! more for every round that goes well.
//!
//! No crate of the registry does this for a client without bringing a middleware stack along; the
//! rule is that of TCP's congestion avoidance.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// More is never useful against one platform.
const MOST: f64 = 256.0;

#[derive(Debug)]
struct State {
    limit: f64,
    under_way: usize,
}

/// Lets requests through.
#[derive(Debug)]
pub(super) struct Limiter {
    most: f64,
    state: Mutex<State>,
    changed: Notify,
}

/// The right to have one request under way.
#[derive(Debug)]
pub(super) struct Pass<'l>(&'l Limiter);

impl Limiter {
    pub(super) fn new(most: usize) -> Self {
        let most = (most as f64).clamp(1.0, MOST);
        Self {
            most,
            state: Mutex::new(State {
                limit: most,
                under_way: 0,
            }),
            changed: Notify::new(),
        }
    }

    pub(super) async fn pass(&self) -> Pass<'_> {
        loop {
            let changed = self.changed.notified();
            {
                let mut state = self.state();
                if (state.under_way as f64) < state.limit.floor() {
                    state.under_way += 1;
                    return Pass(self);
                }
            }
            changed.await;
        }
    }

    pub(super) fn went_well(&self) {
        let mut state = self.state();
        state.limit = (state.limit + 1.0 / state.limit).min(self.most);
    }

    pub(super) fn too_much(&self) {
        let mut state = self.state();
        state.limit = (state.limit / 2.0).max(1.0);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
        // All look, for the limit may have grown by more than one.
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_halves_and_recovers() {
        let limiter = Limiter::new(8);
        limiter.too_much();
        limiter.too_much();
        assert!((limiter.state().limit - 2.0).abs() < f64::EPSILON);
        for _ in 0..100 {
            limiter.went_well();
        }
        assert!((limiter.state().limit - 8.0).abs() < f64::EPSILON);
        for _ in 0..100 {
            limiter.too_much();
        }
        assert!((limiter.state().limit - 1.0).abs() < f64::EPSILON);
    }
}
