//! What an apply did, step by step.

use serde::{Deserialize, Serialize};

use super::{InstanceId, InstanceKey};

/// The outcomes of one apply, in the order of the plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyReport {
    /// One a step.
    pub outcomes: Vec<StepOutcome>,
    /// Whether a signal or the deadline ended the run before every step was applied.
    #[serde(default)]
    pub interrupted: bool,
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepOutcome {
    /// Which instance.
    pub key: InstanceKey,
    /// The word of the step's action.
    pub action: String,
    /// What became of it.
    pub outcome: OutcomeKind,
    /// The instance concerned, where its id is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<InstanceId>,
    /// Why it did not succeed, with the request id where there is one; free of secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeKind {
    /// Done and recorded.
    Applied,
    /// Refused or failed; nothing is pending.
    Failed,
    /// Nobody can tell yet; the next apply settles it.
    Unknown,
    /// Never started.
    Skipped,
}

impl OutcomeKind {
    /// The word used in JSON and in text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}
