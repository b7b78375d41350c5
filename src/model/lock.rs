//! What the lock file records: the last applied state, the ids and the tokens.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::unique::unique_keys;
use super::{
    Element, InstanceId, InstanceKey, InventoryName, Lifecycle, OrganizationId, Secret, Timestamp,
};

/// The content of the lock file, format apart (that is `lockfile`'s business).
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// What it belongs to.
    pub header: LockHeader,
    /// The instances recorded, by key.
    pub instances: BTreeMap<InstanceKey, LockedInstance>,
}

impl Lock {
    /// The lock of an inventory that was never applied.
    pub fn empty(inventory: InventoryName) -> Self {
        Self {
            header: LockHeader::new(inventory),
            instances: BTreeMap::new(),
        }
    }
}

/// What a lock file belongs to. The journal holds it too: a first run that is killed before it wrote
/// a lock file must not be continued as another inventory or on another platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockHeader {
    /// The inventory.
    pub inventory: InventoryName,
    /// The platform and tenant; `None` before the first apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<LockedApi>,
    /// A known text under the key that fingerprints are made with: tells whether the organization
    /// secret was rotated. `None` before the first apply.
    #[serde(
        default,
        rename = "fingerprints",
        skip_serializing_if = "Option::is_none",
        with = "key_check"
    )]
    pub check: Option<Fingerprint>,
}

impl LockHeader {
    /// The header of an inventory that was never applied.
    pub fn new(inventory: InventoryName) -> Self {
        Self {
            inventory,
            api: None,
            check: None,
        }
    }

    /// What of `self` may be recorded before a run sends its first request. Inventory and platform
    /// count at once. A new key check or user counts only once the run has ended, because until then
    /// most fingerprints are still of the old secrets.
    pub fn before_first_write(mut self, recorded: Option<&Self>) -> Self {
        let Some(recorded) = recorded else {
            return self;
        };
        if recorded.check.is_some() {
            self.check.clone_from(&recorded.check);
        }
        if let (Some(api), Some(recorded)) = (&mut self.api, &recorded.api) {
            if recorded.user.is_some() {
                api.user.clone_from(&recorded.user);
            }
            api.organization = api.organization.or(recorded.organization);
        }
        self
    }
}

/// Which platform and which tenant a lock file belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `url`")]
pub struct LockedApi {
    /// The full base URL, or `sandbox:`.
    pub url: String,
    /// Absent where `GET /organizations/me` was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationId>,
    /// The user secret's fingerprint: other credentials may not see the same instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Fingerprint>,
}

/// A keyed, salted digest of a secret: tells "the same" from "another" and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a fingerprint, an object of `salt` and `fingerprint`"
)]
pub struct Fingerprint {
    /// Random, 16 bytes, base64.
    pub salt: String,
    /// Keyed BLAKE3 of salt and value, base64.
    pub fingerprint: String,
}

/// What is known of a secret that was declared and applied: its fingerprint, or `None` where this
/// tool never sent it itself (*unverified*).
pub type LockedSecret = Option<Fingerprint>;

/// One recorded instance; members in the order they are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an instance"
)]
pub struct LockedInstance {
    /// The platform's id.
    pub id: InstanceId,
    /// The credential for calls through the connector. `None` where the platform never showed it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "plain_token")]
    pub token: Option<Secret>,
    /// The connector.
    pub element: Element,
    /// As last applied.
    pub name: String,
    /// As declared and last applied, without the marker; `None` where none were declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeSet<String>>,
    /// Plain values as declared and last applied, in canonical spelling.
    #[serde(deserialize_with = "unique_keys")]
    pub configuration: BTreeMap<String, String>,
    /// Secret values as declared and last applied.
    #[serde(deserialize_with = "unique_keys")]
    pub secrets: BTreeMap<String, LockedSecret>,
    /// As last applied.
    pub enabled: bool,
    /// As last seen.
    pub valid: bool,
    /// As the platform said, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
    /// Remembered, so that protection survives the deletion of the YAML block.
    pub lifecycle: Lifecycle,
}

/// A create whose outcome the journal does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenIntent {
    /// When the newest record of the journal that holds it was written: the process was alive then,
    /// and the settle window starts here.
    #[serde(rename = "alive")]
    pub last_alive: Timestamp,
    /// Whether the platform answered, so that only the list lag has to pass.
    pub answered: bool,
    /// Fingerprints of the secrets that were sent: they count once the instance is found.
    pub secrets: BTreeMap<String, Fingerprint>,
}

/// Stores a token as plain text. Only the lock file and its journal may hold one, so `Secret` itself
/// cannot be serialised.
mod plain_token {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Secret;

    pub(super) fn serialize<S: Serializer>(
        token: &Option<Secret>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        token.as_ref().map(Secret::expose).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Secret>, D::Error> {
        // An empty text is how the first version wrote a token it did not know.
        let token = String::deserialize(deserializer)?;
        Ok((!token.is_empty()).then(|| Secret::new(token)))
    }
}

/// Stores the key check as an object with the one member `check`.
pub(crate) mod key_check {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Fingerprint;

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "an object with `check`")]
    struct KeyCheck<T> {
        check: T,
    }

    pub(crate) fn serialize<S: Serializer>(
        check: &Option<Fingerprint>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let check = check.as_ref().map(|check| KeyCheck { check });
        check.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Fingerprint>, D::Error> {
        let check = Option::<KeyCheck<Fingerprint>>::deserialize(deserializer)?;
        Ok(check.map(|KeyCheck { check }| check))
    }
}
