//! The report of an apply.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ElementKey, InstanceId, InstanceKey, Standing, codes};

/// The outcomes of one apply, in the order of the plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyReport {
    /// One for each step.
    pub outcomes: Vec<StepOutcome>,
    /// Whether a signal or the deadline stopped the run before every step was applied.
    #[serde(default)]
    pub interrupted: bool,
    /// How many managed instances needed no step when the run began.
    #[serde(default)]
    pub unchanged: usize,
    /// The declared instances that had no step although they were not unchanged.
    #[serde(default)]
    pub standing: Standing,
    /// What was deleted, or was about to be.
    #[serde(default)]
    pub removed: Vec<Removed>,
}

/// An instance right before its `DELETE`, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// The key.
    pub key: InstanceKey,
    /// The platform's id.
    pub id: InstanceId,
    /// The connector.
    pub element: ElementKey,
    /// As the platform shows it.
    pub name: String,
    /// Without markers.
    pub tags: BTreeSet<String>,
    /// What the platform shows of it and is no secret.
    pub configuration: BTreeMap<String, String>,
}

/// The outcome of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepOutcome {
    /// The key.
    pub key: InstanceKey,
    /// The name of the step's action.
    pub action: String,
    /// How it ended.
    pub outcome: OutcomeKind,
    /// The instance, if its id is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<InstanceId>,
    /// Why it did not succeed, with the request id if there is one. Holds no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether a step that did not succeed has changed something on the platform or in the lock file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changed: bool,
}

codes! {
    /// How a step ended.
    OutcomeKind {
        /// Done and recorded.
        Applied = "applied",
        /// Failed; nothing is left to settle.
        Failed = "failed",
        /// Not known yet; the next apply settles it.
        Unknown = "unknown",
        /// Not started.
        Skipped = "skipped",
    }
}
