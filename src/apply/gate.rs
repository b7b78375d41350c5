//! Until an unaltered marker has been seen on a platform, creates go one at a time: a platform that
//! altered the marker would make every one of them a lost instance.

use tokio::sync::{Mutex, MutexGuard};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    NotYet,
    Unaltered,
}

/// Lets creates through.
#[derive(Debug)]
pub(super) struct MarkerGate(Mutex<Seen>);

/// The right to send one create alone; `None` inside where no care is needed any more.
pub(super) struct GatePermit<'a>(Option<MutexGuard<'a, Seen>>);

impl MarkerGate {
    pub(super) fn new(seen: bool) -> Self {
        Self(Mutex::new(if seen {
            Seen::Unaltered
        } else {
            Seen::NotYet
        }))
    }

    /// Waits until this create may be sent.
    pub(super) async fn pass(&self) -> GatePermit<'_> {
        let guard = self.0.lock().await;
        GatePermit(match *guard {
            Seen::Unaltered => None,
            Seen::NotYet => Some(guard),
        })
    }
}

impl GatePermit<'_> {
    /// Whether this create is the one whose marker has to be checked.
    pub(super) fn is_first(&self) -> bool {
        self.0.is_some()
    }

    /// The platform keeps markers as they are.
    pub(super) fn unaltered(mut self) {
        if let Some(seen) = &mut self.0 {
            **seen = Seen::Unaltered;
        }
    }
}
