//! Walks the steps of a plan and reports every outcome to a [`LockSink`] before it moves on.
//!
//! Must not: decide anything the plan has not decided, read the manifest, re-diff, or know how the
//! lock file or the platform is reached. The one thing it decides is time: when a request whose
//! outcome nobody knows may be sent again (`settle`).

mod body;
mod create;
mod delete;
mod entry;
mod gate;
mod orphan;
mod progress;
mod run;
mod settle;
mod step;
mod update;

use std::collections::BTreeMap;
use std::time::Duration;

pub use progress::{NoProgress, Progress};

use crate::model::{ApplyReport, InstanceKey, Lock, OpenIntent, Plan, ResolvedSecrets, Timestamp};
use crate::ports::{Clock, LockSink, Stop, WriteRemote};

/// How long a created instance may be missing from lists (docs/lifecycle.md#create).
pub const LIST_LAG: Duration = Duration::from_secs(20);
/// Create time-out (180 s) plus [`LIST_LAG`]: after this much silence a `POST` that was cut off can
/// no longer take effect unseen (docs/lifecycle.md#create).
pub const SETTLE_WINDOW: Duration = Duration::from_secs(200);
/// How often the journal hears that the process lives while a `POST` is in flight.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);
/// How much older than the end of a connection the newest record may be: an intent may take one sign of
/// life to be durable, the next one is due after another, and a third is the most that one may take.
const MAX_HEARTBEAT_GAP: Duration = Duration::from_secs(15);

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
pub struct Apply<'a> {
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

/// What an apply did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApplyOutcome {
    /// Step by step, in the order of the plan; settled intents without a step come last.
    pub report: ApplyReport,
    /// Keys of which more may follow than was planned for: plan again. Their instance was found while
    /// settling and may differ from the manifest, or became valid.
    pub replan: Vec<InstanceKey>,
}

impl Apply<'_> {
    /// Carries the plan out. Never fails as a whole: each step has an outcome of its own.
    pub async fn run(&self) -> ApplyOutcome {
        run::run(self).await
    }
}
