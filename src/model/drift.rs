//! Differences between what the lock file records and what the platform shows.

use super::{ElementKey, FieldChange, InstanceId, InstanceKey, Marker};

/// One recorded instance that differs from the platform.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The instance.
    pub key: InstanceKey,
    /// Its recorded id.
    pub id: InstanceId,
    /// Its recorded connector.
    pub element: ElementKey,
    /// What is not a value that may be shown.
    pub findings: Vec<Finding>,
    /// Values as recorded (before) and as the platform shows them (after).
    pub changes: Vec<FieldChange>,
}

impl Drift {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.differences() == 0
    }

    /// How much differs.
    pub fn differences(&self) -> usize {
        self.findings.len() + self.changes.len()
    }
}

/// A difference besides changed values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The platform has no instance of this id.
    Missing(InstanceId),
    /// No token is recorded.
    TokenMissing,
    /// The platform shows another token than the recorded one.
    TokenChanged,
    /// The instance does not carry the marker of its key.
    MarkerMissing(Marker),
    /// Another instance carries the marker too.
    Duplicate(InstanceId),
}

impl Finding {
    /// A fixed word for it (docs/reference.md#drift).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::TokenMissing => "token-missing",
            Self::TokenChanged => "token-changed",
            Self::MarkerMissing(_) => "marker-missing",
            Self::Duplicate(_) => "duplicate",
        }
    }

    /// The instance it is about, where that is not the recorded one.
    pub fn other(&self) -> Option<InstanceId> {
        match self {
            Self::Duplicate(id) => Some(*id),
            _ => None,
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(id) => write!(f, "instance {id} is missing on the platform"),
            Self::TokenMissing => f.write_str("no token is recorded"),
            Self::TokenChanged => f.write_str("token differs"),
            Self::MarkerMissing(marker) => write!(f, "marker `{marker}` is missing"),
            Self::Duplicate(id) => write!(f, "instance {id} also carries this marker"),
        }
    }
}
