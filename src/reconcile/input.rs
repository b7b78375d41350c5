//! The input of the planner.

use std::collections::BTreeMap;

use super::Policy;
use crate::model::{Desired, InstanceKey, Lock, Observed, OpenIntent, SecretFacts};

/// Everything the planner may know.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanInput {
    /// The manifest.
    pub desired: Desired,
    /// The lock file, with the journal merged.
    pub lock: Lock,
    /// What the platform shows. Offline, the recorded state stands in for it.
    pub observed: Option<Observed>,
    /// How each secret compares with what was sent before.
    pub secrets: SecretFacts,
    /// Creates with an unknown outcome.
    pub intents: BTreeMap<InstanceKey, OpenIntent>,
    /// The options of the caller.
    pub policy: Policy,
    /// Whether the user secret differs from the one the lock file was written with.
    pub other_user: bool,
    /// Secrets that were verified with an earlier key of fingerprints.
    pub verified: usize,
}
