//! Everything the planner may know.

use std::collections::BTreeMap;

use super::Policy;
use crate::model::{Desired, InstanceKey, Lock, Observed, OpenIntent, SecretFacts};

/// Everything the planner may know, and nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanInput {
    /// What the manifest wants.
    pub desired: Desired,
    /// What is recorded, the journal folded in.
    pub lock: Lock,
    /// What the platform shows.
    pub view: View,
    /// What is known of the secrets.
    pub secrets: SecretFacts,
    /// Creates whose outcome is unknown.
    pub intents: BTreeMap<InstanceKey, OpenIntent>,
    /// What the caller allows and asks for.
    pub policy: Policy,
    /// Whether the user secret is another than the lock file's.
    pub other_user: bool,
}

/// What the platform shows.
#[derive(Clone, Debug, PartialEq)]
pub enum View {
    /// It was asked.
    Live(Observed),
    /// It was not: what is recorded is taken for what is.
    Offline,
}
