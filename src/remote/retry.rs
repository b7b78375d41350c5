//! When to send again: back-off, `Retry-After`, and one retry budget for the whole run, so that a
//! platform in trouble does not receive a multiple of the usual requests.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use bytes::Bytes;
use http::{HeaderMap, Response};

use super::error_body::is_throttled;
use crate::model::Timestamp;

/// Attempts of one request, including the first.
const MAX_ATTEMPTS: usize = 8;
/// The same for a request that is rate limited: nothing happened, and rate limiting ends. The retry
/// budget bounds them, too.
const MAX_ATTEMPTS_WHEN_THROTTLED: usize = 60;
const MIN_PAUSE: Duration = Duration::from_millis(250);
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// A longer `Retry-After` is cut to this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(120);

/// The budget at the start. A retry costs [`COST`], a success returns [`REFUND`]: 200 retries in a
/// row, and then one for every ten successes.
const CAPACITY: i64 = 2000;
const COST: i64 = 10;
const REFUND: i64 = 1;

/// Whether a request may be sent again, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryAdvice {
    /// Another attempt is useless.
    No,
    /// After the pause that all requests share: the platform is rate limiting.
    Throttled,
    /// After the pause that all requests share: the request never left.
    Unreachable,
    /// As [`RetryAdvice::Unreachable`], but only where the platform has responded before: a wrong port or
    /// certificate does not become right, and a platform that restarts may show either for a moment.
    Misconfigured,
    /// After a pause of this request's own, except in an outage.
    AfterBackoff,
    /// After the vendor's `Retry-After`, which concerns this request only.
    After(Duration),
}

/// The attempts of one request.
pub(super) struct Retries {
    attempts: usize,
    throttled: usize,
    backoff: ExponentialBackoff,
}

impl Retries {
    pub(super) fn new(jitter_seed: Option<u64>) -> Self {
        Self {
            attempts: 1,
            throttled: 1,
            backoff: endless_backoff(jitter_seed).build(),
        }
    }

    pub(super) fn attempts(&self) -> usize {
        self.attempts
    }

    /// How long this request waits before its next attempt, besides the shared pause; `None` after the
    /// last attempt. Attempts during an outage do not count, since the breaker ends them.
    pub(super) fn next(&mut self, advice: RetryAdvice, in_outage: bool) -> Option<Duration> {
        let (count, max) = match advice {
            RetryAdvice::No => return None,
            RetryAdvice::Throttled => (&mut self.throttled, MAX_ATTEMPTS_WHEN_THROTTLED),
            RetryAdvice::Unreachable | RetryAdvice::Misconfigured | RetryAdvice::AfterBackoff
                if in_outage =>
            {
                return Some(Duration::ZERO);
            }
            RetryAdvice::Unreachable
            | RetryAdvice::Misconfigured
            | RetryAdvice::AfterBackoff
            | RetryAdvice::After(_) => (&mut self.attempts, MAX_ATTEMPTS),
        };
        if *count >= max {
            return None;
        }
        *count += 1;
        match advice {
            RetryAdvice::AfterBackoff => self.backoff.next(),
            RetryAdvice::After(pause) => Some(pause),
            _ => Some(Duration::ZERO),
        }
    }
}

/// The retry budget of one run.
#[derive(Debug)]
pub(super) struct Budget(AtomicI64);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicI64::new(CAPACITY))
    }
}

impl Budget {
    /// Takes the cost of one retry, if it is left.
    pub(super) fn take(&self) -> bool {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                (left >= COST).then_some(left - COST)
            })
            .is_ok()
    }

    pub(super) fn succeeded(&self) {
        // A lost race loses one refund, which does not matter.
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some((left + REFUND).min(CAPACITY))
            });
    }
}

/// Growing pauses, with jitter so that concurrent requests and other clients do not come back at the same
/// moment. With a seed they are always the same.
pub(super) fn endless_backoff(jitter_seed: Option<u64>) -> ExponentialBuilder {
    let exponential = ExponentialBuilder::default()
        .with_min_delay(MIN_PAUSE)
        .with_max_delay(MAX_PAUSE)
        .with_factor(2.0)
        .with_jitter()
        .without_max_times();
    match jitter_seed {
        Some(seed) => exponential.with_jitter_seed(seed),
        None => exponential,
    }
}

/// Whether a response asks for another attempt.
pub(super) fn retry_advice(
    response: &Response<Bytes>,
    method: &str,
    now: Timestamp,
) -> RetryAdvice {
    if is_throttled(response) {
        return RetryAdvice::Throttled;
    }
    match response.status().as_u16() {
        429 | 502..=504 => {}
        500 if method == "GET" => {}
        _ => return RetryAdvice::No,
    }
    retry_after(response.headers(), now).map_or(RetryAdvice::AfterBackoff, RetryAdvice::After)
}

/// `Retry-After` in either form: seconds or a date. One that is over already says nothing.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers
        .get(http::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = httpdate::parse_http_date(text).ok()?;
            at.duration_since(now.into()).unwrap_or_default()
        }
    };
    Some(wait.min(MAX_RETRY_AFTER)).filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests;
