//! The rename of an inventory: each of its instances gets another marker.

use serde::{Deserialize, Serialize};

use super::{Change, ElementKey, InstanceId, InstanceKey, InventoryName};

/// From which name to which an inventory is being renamed. Until every instance carries its new marker,
/// the lock file belongs to the old name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InventoryMove {
    /// The name before.
    pub from: InventoryName,
    /// The name after.
    pub to: InventoryName,
}

/// The new markers of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relabel {
    /// The key that the first marker names.
    pub key: InstanceKey,
    /// The instance.
    pub id: InstanceId,
    /// Its connector.
    pub element: ElementKey,
    /// Each marker that it carries, and the one that takes its place.
    pub markers: Vec<Change<String>>,
}
