//! One breaker for all requests of a run: once no request has reached the platform for
//! [`MAX_OUTAGE`], nothing more is sent. Must not: send or repeat a request.

use std::time::Duration;

use tokio::sync::watch;

use crate::model::Timestamp;
use crate::ports::Clock;

/// Long enough for a restart of the platform, and short enough for a pipeline to notice.
pub(super) const MAX_OUTAGE: Duration = Duration::from_secs(30);

/// A time in which no request reached the platform.
#[derive(Clone, Debug)]
struct Outage {
    since: Timestamp,
    /// Why the last request failed.
    cause: String,
}

#[derive(Debug, Default)]
pub(super) struct Breaker(watch::Sender<Option<Outage>>);

impl Breaker {
    /// The platform has responded, with whatever status.
    pub(super) fn on_contact(&self) {
        self.0.send_if_modified(|outage| outage.take().is_some());
    }

    /// A request has not reached the platform. Returns whether an outage begins with it.
    pub(super) fn on_failure(&self, now: Timestamp, cause: &str) -> bool {
        self.0.send_if_modified(|outage| {
            let since = outage.as_ref().map(|outage| outage.since);
            *outage = Some(Outage {
                since: since.unwrap_or(now),
                cause: cause.to_owned(),
            });
            since.is_none()
        })
    }

    /// Why the last request failed.
    pub(super) fn cause(&self) -> String {
        let outage = self.0.borrow();
        outage
            .as_ref()
            .map(|outage| outage.cause.clone())
            .unwrap_or_default()
    }

    pub(super) fn in_outage(&self) -> bool {
        self.0.borrow().is_some()
    }

    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        self.0
            .borrow()
            .as_ref()
            .is_some_and(|outage| now.since(outage.since) >= MAX_OUTAGE)
    }

    /// Returns once the breaker is open.
    pub(super) async fn opened(&self, clock: &dyn Clock) {
        let mut changed = self.0.subscribe();
        loop {
            let since = changed
                .borrow_and_update()
                .as_ref()
                .map(|outage| outage.since);
            let Some(since) = since else {
                // The sender lives as long as `self`, so this fails never.
                let _ = changed.changed().await;
                continue;
            };
            let left = MAX_OUTAGE.saturating_sub(clock.now().since(since));
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = clock.sleep(left) => {}
                _ = changed.changed() => {}
            }
        }
    }
}
