//! What an apply is given.

use std::collections::BTreeMap;
use std::time::Duration;

use super::absence::Evidence;
use super::progress::Progress;
use crate::model::{InstanceId, InstanceKey, Lock, OpenIntent, Plan, ResolvedSecrets, Timestamp};
use crate::ports::{Clock, Comparison, LockSink, Removals, Stop, WriteRemote};

/// How long a created instance may be missing from lists (docs/lifecycle.md#create).
pub(crate) const LIST_LAG: Duration = Duration::from_secs(20);
/// The timeout of a create (180 s) plus `LIST_LAG`: a `POST` that got no response cannot take effect
/// unseen once this has passed (docs/lifecycle.md#create).
pub const SETTLE_WINDOW: Duration = Duration::from_secs(200);

/// How an apply behaves, beyond what the plan says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplyOptions {
    /// How many steps talk to the platform at once; at least 1.
    pub parallelism: usize,
    /// How long the outcome of a `POST` without a response stays unknown: [`SETTLE_WINDOW`], or
    /// another in tests.
    pub settle: Duration,
    /// Wait for one settle window before the first create: an earlier run may have been killed and
    /// its journal lost.
    pub settle_first: bool,
    /// No request starts after this moment.
    pub deadline: Option<Timestamp>,
    /// Whether this platform is known to keep markers unchanged. Until then creates go one at a time.
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

/// The input of one apply; [`Apply::run`] carries it out.
pub(crate) struct Apply<'a> {
    pub plan: &'a Plan,
    /// The secret values, which the plan does not hold.
    pub secrets: &'a ResolvedSecrets,
    /// The lock the plan was made from. Parts of an entry that a step does not change are taken from
    /// it.
    pub lock: &'a Lock,
    pub intents: &'a BTreeMap<InstanceKey, OpenIntent>,
    /// The highest id that was known when the plan was made: ids ascend (docs/platform.md#create).
    pub newest: Option<InstanceId>,
    pub remote: &'a dyn WriteRemote,
    /// What the plan learned about proving that an instance is absent.
    pub evidence: &'a Evidence,
    pub comparison: &'a dyn Comparison,
    pub removals: &'a dyn Removals,
    pub sink: &'a dyn LockSink,
    pub clock: &'a dyn Clock,
    pub progress: &'a dyn Progress,
    pub stop: Stop,
    pub options: ApplyOptions,
}
