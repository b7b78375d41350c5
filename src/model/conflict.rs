//! What a merge of two lock files left open. An attribute of the type is a part of the file format
//! (docs/lockfile.md).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{InstanceKey, LockedInstance};

/// The keys of a lock file that a merge left open.
pub type Conflicts = BTreeMap<InstanceKey, Conflict>;

/// Both versions of one key; `None` where that side has no entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "an object with `ours`, `theirs` or both"
)]
pub struct Conflict {
    /// What git calls ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ours: Option<LockedInstance>,
    /// What git calls theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theirs: Option<LockedInstance>,
}

impl Conflict {
    /// What happened, for messages.
    pub fn what(&self) -> &'static str {
        match (&self.ours, &self.theirs) {
            (Some(ours), Some(theirs)) if ours.id != theirs.id => "another instance on each side",
            (Some(_), Some(_)) => "changed on both sides",
            (Some(_), None) => "missing in theirs",
            (None, _) => "missing in ours",
        }
    }

    /// Both versions.
    pub fn sides(&self) -> impl Iterator<Item = &LockedInstance> {
        self.ours.iter().chain(&self.theirs)
    }
}
