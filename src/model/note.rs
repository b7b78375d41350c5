//! Things seen but not acted on. Notes never count as changes and never alter an exit code.

use serde::{Deserialize, Serialize};

use super::{InstanceKey, NoteCode};

/// One note of a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// What kind of thing.
    pub code: NoteCode,
    /// Which instance, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<InstanceKey>,
    /// One sentence for a person.
    pub message: String,
}
