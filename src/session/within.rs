//! Work that a signal or the deadline ends. Must not: be used where a request that writes is in flight.

use crate::model::Timestamp;
use crate::ports::{Clock, Stop, StopLevel};

/// What `work` comes to, unless a signal comes first.
pub(crate) async fn unless_stopped<T>(stop: &Stop, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = stop.reached(StopLevel::Drain) => None,
        result = work => Some(result),
    }
}

/// What `work` comes to, unless the deadline comes first.
pub(crate) async fn before<T>(
    clock: &dyn Clock,
    deadline: Option<Timestamp>,
    work: impl Future<Output = T>,
) -> Option<T> {
    let Some(deadline) = deadline else {
        return Some(work.await);
    };
    tokio::select! {
        biased;
        result = work => Some(result),
        () = clock.sleep(deadline.since(clock.now())) => None,
    }
}
