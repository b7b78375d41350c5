//! One value that the platform keeps instead of the one it was sent, as it is stored.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Fingerprint;

/// One value that the platform keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a text, a list of tags or a fingerprint")]
pub enum ReadBack {
    /// A name or a plain value.
    Text(String),
    /// Tags, without markers.
    Tags(BTreeSet<String>),
    /// Instead of a secret.
    Secret(Fingerprint),
}

impl ReadBack {
    /// The value, unless it is secret.
    pub fn shown(&self) -> Option<Value> {
        match self {
            Self::Text(text) => Some(text.as_str().into()),
            Self::Tags(tags) => Some(tags.iter().cloned().collect()),
            Self::Secret(_) => None,
        }
    }
}
