//! An element: the platform's word for a connector.

use serde::{Deserialize, Serialize};

use super::{ElementId, ElementKey};

/// How the manifest names a connector. An id is needed for a private element with the key of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ElementRef {
    /// By key, the usual form.
    Key(ElementKey),
    /// By id, which differs between landscapes.
    Id(ElementId),
}

impl ElementRef {
    /// Whether this names the element of an instance.
    pub fn names(&self, element: &Element) -> bool {
        match self {
            Self::Key(key) => element.key == *key,
            Self::Id(id) => element.id == Some(*id),
        }
    }
}

impl std::fmt::Display for ElementRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(key) => key.fmt(f),
            Self::Id(id) => write!(f, "#{id}"),
        }
    }
}

/// The element of a recorded or observed instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `key`")]
pub struct Element {
    /// Such as `freshdeskv2`.
    pub key: ElementKey,
    /// Differs between landscapes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ElementId>,
}
