//! The marker: the tag that identifies an instance as ours when everything else is lost.

use super::{InstanceKey, InventoryName};

/// Maximum length of a tag made by this tool. The platform's own limit is unknown; 64 is safe
/// (docs/platform.md#q14).
pub(crate) const MAX_TAG: usize = 64;
/// Hex digits of the hash at the end of a shortened marker.
const HASH_DIGITS: usize = 16;
const LIVE: &str = "connectorctl:";
const RETIRED: &str = "connectorctl-retired:";
/// Maximum length of an inventory's name: with a longer one, a shortened marker would not show whose it
/// is, and an orphan could not be told from somebody else's instance.
pub(crate) const MAX_INVENTORY: usize = MAX_TAG - HASH_DIGITS - 1 - RETIRED.len() - 1;

/// Whether an instance is current or about to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkerState {
    /// The current instance of its key.
    Live,
    /// The old instance of a replace in progress. It is never adopted.
    Retired,
}

/// The marker of one key of one inventory: a tag of at most `MAX_TAG` characters.
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

    /// Both markers of a key, the live one first.
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

    /// The state that a tag marks; `None` if it is not a marker. The inventory does not matter.
    pub fn state_of(tag: &str) -> Option<MarkerState> {
        if tag.starts_with(LIVE) {
            Some(MarkerState::Live)
        } else if tag.starts_with(RETIRED) {
            Some(MarkerState::Retired)
        } else {
            None
        }
    }

    /// Whether a tag is the marker of an instance that is being replaced.
    pub fn is_retired(tag: &str) -> bool {
        Self::state_of(tag) == Some(MarkerState::Retired)
    }

    /// Whether a tag is certainly a marker of this inventory, for any key. A marker with a
    /// truncated inventory does not count: in doubt an instance is left alone.
    pub fn belongs_to(tag: &str, inventory: &InventoryName) -> bool {
        [LIVE, RETIRED].iter().any(|prefix| {
            tag.strip_prefix(prefix)
                .and_then(|rest| rest.strip_prefix(inventory.as_str()))
                .is_some_and(|rest| rest.starts_with(':'))
        })
    }

    /// Whether a tag has the form of a marker that nobody has cut.
    pub fn is_whole(tag: &str) -> bool {
        let rest = [LIVE, RETIRED]
            .iter()
            .find_map(|prefix| tag.strip_prefix(prefix));
        let names = rest.and_then(|rest| rest.split_once(':'));
        names.is_some_and(|(inventory, key)| {
            InventoryName::new(inventory).is_ok() && InstanceKey::new(key).is_ok()
        })
    }

    /// The key in a marker of this inventory that was not shortened, for messages.
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
