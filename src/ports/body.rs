//! Requests with their secrets put in: made right before they are sent, never stored or shown.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::model::ElementRef;

/// A value on its way to the platform. Serializes as what it is, for the wire; its `Debug` does not
/// show it.
#[derive(Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct OutgoingValue(pub Value);

impl fmt::Debug for OutgoingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What a create sends (docs/platform.md#create).
#[derive(Clone, Debug, PartialEq)]
pub struct CreateBody {
    /// Which connector.
    pub element: ElementRef,
    /// The name.
    pub name: String,
    /// All tags, the marker among them.
    pub tags: Vec<String>,
    /// By configuration key.
    pub configuration: BTreeMap<String, OutgoingValue>,
    /// Write-only.
    pub provider_data: Option<OutgoingValue>,
    /// `none` or `initial`.
    pub external_authentication: Option<String>,
    /// Whether the answer lists the instance's objects.
    pub retrieve_objects: Option<bool>,
}

/// What an update sends (docs/platform.md#patch): only the members that change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatchBody {
    /// The new name.
    pub name: Option<String>,
    /// The whole new set of tags.
    pub tags: Option<Vec<String>>,
    /// Merged by the platform into what is there.
    pub configuration: BTreeMap<String, OutgoingValue>,
}
