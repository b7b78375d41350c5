//! Sends creates one at a time until the platform has returned a marker unchanged. If a platform
//! alters markers, an instance cannot be found again after a lost response, so at most one may be
//! created before that is known.

use tokio::sync::{Mutex, MutexGuard};

/// Where creates wait for their turn. Holds whether the platform is known to keep markers.
#[derive(Debug)]
pub(super) struct MarkerGate(Mutex<bool>);

/// Permission to send a create. Keeps the gate locked until the platform is known to keep markers, and
/// is `None` from then on.
pub(super) struct GatePermit<'a>(Option<MutexGuard<'a, bool>>);

impl MarkerGate {
    pub(super) fn new(marker_kept: bool) -> Self {
        Self(Mutex::new(marker_kept))
    }

    /// Waits until a create may be sent.
    pub(super) async fn pass(&self) -> GatePermit<'_> {
        let kept = self.0.lock().await;
        GatePermit((!*kept).then_some(kept))
    }
}

impl GatePermit<'_> {
    /// The platform returned the marker unchanged.
    pub(super) fn marker_kept(mut self) {
        if let Some(kept) = &mut self.0 {
            **kept = true;
        }
    }
}
