//! Findings without a step. Notes never count as changes and never change the exit code.

use serde::{Deserialize, Serialize};

use super::{InstanceKey, NoteCode};

/// One note of a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// The kind of finding.
    pub code: NoteCode,
    /// The instance, if the note is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<InstanceKey>,
    /// The finding, for a person.
    pub message: String,
}
