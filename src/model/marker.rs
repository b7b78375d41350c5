//! The marker: the tag by which an instance is recognised as ours after everything else is lost.

use super::{InstanceKey, InventoryName};

/// The longest tag the tool makes (docs/platform.md#q14: the platform's own limit is unknown, 64 is safe).
pub(crate) const MAX_TAG: usize = 64;
/// Hex digits of the hash that ends a shortened marker.
const HASH_DIGITS: usize = 16;
const LIVE: &str = "connectorctl:";
const RETIRED: &str = "connectorctl-retired:";

/// Whether a marked instance is current or about to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkerState {
    /// The current instance of its key.
    Live,
    /// The old instance of a replace in progress; never adopted.
    Retired,
}

/// The marker of one key of one inventory, as a tag of at most `MAX_TAG` characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marker(String);

impl Marker {
    /// The marker of the current instance: `connectorctl:<inventory>:<key>`.
    pub fn live(inventory: &InventoryName, key: &InstanceKey) -> Self {
        Self::of(LIVE, inventory, key)
    }

    /// The marker of an instance that is being replaced: `connectorctl-retired:<inventory>:<key>`.
    pub fn retired(inventory: &InventoryName, key: &InstanceKey) -> Self {
        Self::of(RETIRED, inventory, key)
    }

    /// Both markers of a key: the live one, then the retired one.
    pub fn both(inventory: &InventoryName, key: &InstanceKey) -> [Self; 2] {
        [Self::live(inventory, key), Self::retired(inventory, key)]
    }

    fn of(prefix: &str, inventory: &InventoryName, key: &InstanceKey) -> Self {
        let whole = format!("{prefix}{inventory}:{key}");
        if whole.len() <= MAX_TAG {
            return Self(whole);
        }
        // Keys and inventories are ASCII, so cutting bytes cuts characters.
        let hash = blake3::hash(whole.as_bytes()).to_hex();
        let head = &whole[..MAX_TAG - HASH_DIGITS - 1];
        Self(format!("{head}-{}", &hash[..HASH_DIGITS]))
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a tag is some marker, of whatever inventory.
    pub fn state_of(tag: &str) -> Option<MarkerState> {
        if tag.starts_with(LIVE) {
            Some(MarkerState::Live)
        } else if tag.starts_with(RETIRED) {
            Some(MarkerState::Retired)
        } else {
            None
        }
    }

    /// Whether a tag is surely a marker of this inventory, whatever its key. A marker so long that
    /// its inventory was cut is not: what cannot be told is left alone.
    pub fn belongs_to(tag: &str, inventory: &InventoryName) -> bool {
        [LIVE, RETIRED].iter().any(|prefix| {
            tag.strip_prefix(prefix)
                .and_then(|rest| rest.strip_prefix(inventory.as_str()))
                .is_some_and(|rest| rest.starts_with(':'))
        })
    }

    /// The key inside an uncut marker of this inventory, for messages.
    pub fn key_in(tag: &str, inventory: &InventoryName) -> Option<String> {
        if !Self::belongs_to(tag, inventory) {
            return None;
        }
        tag.rsplit(':').next().map(str::to_owned)
    }
}

impl std::fmt::Display for Marker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
