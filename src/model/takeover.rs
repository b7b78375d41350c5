//! When a run took over what earlier runs left open, and how long ago that is.
//!
//! Must not: read a clock.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// The moment at which a run got the exclusive lock. The process that left an intent open is dead by
/// then and its connections are closed, so the settle window starts here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Takeover {
    /// By the wall clock, which somebody may set.
    pub wall: Timestamp,
    /// By the clock of the machine, which nobody sets; `None` where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<BootTime>,
}

/// The time since a machine started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootTime {
    /// Identifies this start of the machine.
    pub id: String,
    /// Milliseconds since it started, including those in which it was suspended.
    pub millis: u64,
}

impl Takeover {
    /// How long ago this was, by the clock that says less. A wall clock that is set forward therefore
    /// ends no window early. After a restart of the machine only the wall clock counts.
    ///
    /// `None` where a clock says that it is still to come: nobody knows its age then.
    pub fn age(&self, now: &Self) -> Option<Duration> {
        let wall = (self.wall <= now.wall).then(|| now.wall.since(self.wall))?;
        match (&self.boot, &now.boot) {
            (Some(then), Some(now)) if then.id == now.id => {
                let millis = now.millis.checked_sub(then.millis)?;
                Some(wall.min(Duration::from_millis(millis)))
            }
            _ => Some(wall),
        }
    }
}

#[cfg(test)]
mod tests;
