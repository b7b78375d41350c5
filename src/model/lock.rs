//! What the lock file records: the last applied state, the ids and the tokens. The types are what is
//! stored, so an attribute of theirs is a part of the file format (docs/lockfile.md).

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::sealed::{known_token, referenced};
use super::unique::unique_keys;
use super::{
    DataKeys, Element, ElementRef, Fingerprint, InstanceId, InstanceKey, InventoryName, KeyCheck,
    Lifecycle, LockedToken, ObservedInstance, OrganizationId, ReadBack, Takeover, Timestamp,
};

/// The content of the lock file.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// What the lock file belongs to.
    pub header: LockHeader,
    /// What its tokens are sealed with; empty where they are plain text.
    pub data_keys: DataKeys,
    /// The recorded instances.
    pub instances: BTreeMap<InstanceKey, LockedInstance>,
}

impl Lock {
    /// The lock of an inventory that was never applied.
    pub fn empty(inventory: InventoryName) -> Self {
        Self {
            header: LockHeader::new(inventory),
            data_keys: DataKeys::new(),
            instances: BTreeMap::new(),
        }
    }

    /// The data keys that an entry needs.
    pub fn used_data_keys(&self) -> DataKeys {
        let entries = self.instances.values();
        referenced(&self.data_keys, entries.map(|entry| entry.token.as_ref()))
    }
}

/// What a lock file belongs to. The journal holds it too: if the first run is killed before it writes
/// a lock file, the next one must not resume it as another inventory or on another platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockHeader {
    /// The inventory.
    pub inventory: InventoryName,
    /// The platform and tenant; `None` before the first apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<LockedApi>,
    /// What version 1 named the key of all fingerprints by. Read, and dropped with the next write of
    /// the lock file: now each fingerprint names its key.
    #[serde(
        default,
        rename = "fingerprints",
        skip_serializing_if = "Option::is_none"
    )]
    pub check: Option<KeyCheck>,
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
    /// count at once. A new user counts only once the run has ended, and until then the fingerprints of
    /// version 1 need their key check.
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
    /// `None` where the credentials may not read `GET /organizations/me`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationId>,
    /// The fingerprint of the user secret: another user may not see the same instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Fingerprint>,
}

/// The fingerprint of a secret that was declared and applied, or `None` where this tool never sent it
/// itself (*unverified*).
pub type LockedSecret = Option<Fingerprint>;

/// One recorded instance; members in the order they are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
pub struct LockedInstance {
    /// The platform's id.
    pub id: InstanceId,
    /// The credential for calls through the connector. `None` where the platform never showed it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "known_token"
    )]
    pub token: Option<LockedToken>,
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
    /// What the platform keeps instead of what was sent, by path.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "unique_keys"
    )]
    pub read_back: BTreeMap<String, ReadBack>,
    /// As last applied.
    pub enabled: bool,
    /// As last seen.
    pub valid: bool,
    /// Verbatim, as the platform shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
    /// Recorded so that protection survives the deletion of the YAML block.
    pub lifecycle: Lifecycle,
}

impl LockedInstance {
    /// Whether no token is recorded, or another one is shown. What is masked does not differ.
    pub fn is_token_in_doubt(&self, seen: &ObservedInstance) -> bool {
        match (&self.token, &seen.token) {
            (None, _) => true,
            (Some(recorded), Some(shown)) => !recorded.is(self.id, shown),
            (Some(_), None) => false,
        }
    }
}

/// A create of which the outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredIntent")]
pub struct OpenIntent {
    /// When a later run took the intent over; `None` while only the run that wrote it has had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takeover: Option<Takeover>,
    /// When its window started, on the clock of this process. `None`: the window starts now.
    #[serde(skip)]
    pub since: Option<Timestamp>,
    /// Whether the platform answered the request, so that only the list lag has to pass.
    pub answered: bool,
    /// Fingerprints of the secrets that were sent. They are recorded once the instance is found.
    pub secrets: BTreeMap<String, Fingerprint>,
    /// What the platform answered, until it is known whose that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Candidate>,
}

impl OpenIntent {
    /// The intent of a request that was sent with these secrets.
    pub fn new(secrets: BTreeMap<String, Fingerprint>) -> Self {
        Self {
            takeover: None,
            since: None,
            answered: false,
            secrets,
            candidate: None,
        }
    }
}

/// The instance that a `POST` was answered with. It may be somebody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Candidate {
    /// As in the answer.
    pub id: InstanceId,
    /// As in the answer; `None` where it showed none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "known_token"
    )]
    pub token: Option<LockedToken>,
    /// As it was sent.
    pub element: ElementRef,
    /// As it was sent.
    pub name: String,
    /// Whether its id is higher than every id that was known before the request.
    pub is_new: bool,
}

/// An intent as it is read. Earlier versions wrote when its process was last alive; that proves nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredIntent {
    #[serde(default, rename = "alive")]
    _alive: IgnoredAny,
    #[serde(default)]
    takeover: Option<Takeover>,
    answered: bool,
    secrets: BTreeMap<String, Fingerprint>,
    #[serde(default)]
    candidate: Option<Candidate>,
}

impl From<StoredIntent> for OpenIntent {
    fn from(stored: StoredIntent) -> Self {
        let StoredIntent {
            _alive: IgnoredAny,
            takeover,
            answered,
            secrets,
            candidate,
        } = stored;
        Self {
            takeover,
            since: None,
            answered,
            secrets,
            candidate,
        }
    }
}
