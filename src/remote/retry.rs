//! When to send again: back-off, `Retry-After`, and one retry budget for the whole run, so that a
//! platform in trouble does not receive a multiple of the usual requests.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use backon::ExponentialBuilder;
use bytes::Bytes;
use http::{HeaderMap, Response};

use crate::model::Timestamp;

/// Attempts of one request, including the first.
const MAX_ATTEMPTS: usize = 8;
/// Attempts of a create that the platform rejects by rate limiting: nothing was created, and rate
/// limiting ends. The retry budget bounds them, too.
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
    /// After the client's own pause.
    AfterBackoff,
    /// After the client's own pause, and not before the platform's `Retry-After` has passed.
    After(Duration),
}

impl RetryAdvice {
    /// Another attempt, no earlier than `Retry-After`, if there is one.
    pub(super) fn after(retry_after: Option<Duration>) -> Self {
        retry_after.map_or(Self::AfterBackoff, Self::After)
    }

    /// How long to wait, given the client's own pause.
    pub(super) fn pause(self, backoff: Duration) -> Option<Duration> {
        match self {
            Self::No => None,
            Self::AfterBackoff => Some(backoff),
            Self::After(retry_after) => Some(backoff.max(retry_after)),
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

/// Growing pauses, with jitter so that concurrent steps do not retry at the same moment. With a seed
/// they are always the same.
pub(super) fn backoff(jitter_seed: Option<u64>) -> ExponentialBuilder {
    exponential(jitter_seed).with_max_times(MAX_ATTEMPTS - 1)
}

/// The same for a create that is rate limited.
pub(super) fn throttle_backoff(jitter_seed: Option<u64>) -> ExponentialBuilder {
    exponential(jitter_seed).with_max_times(MAX_ATTEMPTS_WHEN_THROTTLED - 1)
}

fn exponential(jitter_seed: Option<u64>) -> ExponentialBuilder {
    let exponential = ExponentialBuilder::default()
        .with_min_delay(MIN_PAUSE)
        .with_max_delay(MAX_PAUSE)
        .with_factor(2.0)
        .with_jitter();
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
    let again = match response.status().as_u16() {
        429 | 502 | 503 | 504 => true,
        500 => method == "GET",
        _ => false,
    };
    if again {
        RetryAdvice::after(retry_after(response.headers(), now))
    } else {
        RetryAdvice::No
    }
}

/// `Retry-After` in either form: seconds or a date.
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
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests;
