//! What one apply is given.

use std::collections::BTreeMap;
use std::time::Duration;

use super::progress::Progress;
use crate::model::{InstanceKey, Lock, OpenIntent, Plan, ResolvedSecrets, Timestamp};
use crate::ports::{Clock, LockSink, Stop, WriteRemote};

/// How long a created instance may be missing from lists (docs/lifecycle.md#create).
pub(crate) const LIST_LAG: Duration = Duration::from_secs(20);
/// Create time-out (180 s) plus [`LIST_LAG`]: after this much silence a `POST` that was cut off can
/// no longer take effect unseen (docs/lifecycle.md#create).
pub const SETTLE_WINDOW: Duration = Duration::from_secs(200);

/// How an apply behaves, beyond what the plan says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplyOptions {
    /// How many steps talk to the platform at once; at least 1.
    pub parallelism: usize,
    /// The settle window.
    pub settle: Duration,
    /// Wait one window before the first create: an earlier run may have been killed without
    /// leaving its journal.
    pub settle_first: bool,
    /// On the clock of the run: no request starts after it.
    pub deadline: Option<Timestamp>,
    /// Whether an unaltered marker was seen on this platform; until then the first create goes
    /// alone.
    pub marker_seen: bool,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self {
            parallelism: 10,
            settle: SETTLE_WINDOW,
            settle_first: false,
            deadline: None,
            marker_seen: false,
        }
    }
}

/// Everything one apply works with.
pub(crate) struct Apply<'a> {
    /// The decisions.
    pub plan: &'a Plan,
    /// The values the plan leaves out.
    pub secrets: &'a ResolvedSecrets,
    /// The lock as it was planned from: what an entry keeps comes from here.
    pub lock: &'a Lock,
    /// Creates of earlier runs whose outcome is unknown.
    pub intents: &'a BTreeMap<InstanceKey, OpenIntent>,
    /// The platform.
    pub remote: &'a dyn WriteRemote,
    /// Where outcomes are made durable.
    pub sink: &'a dyn LockSink,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Who is told.
    pub progress: &'a dyn Progress,
    /// Who may end it early.
    pub stop: Stop,
    /// How it behaves.
    pub options: ApplyOptions,
}
