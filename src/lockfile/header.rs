//! What a lock file says of itself as a whole: whose it is, and of which platform. The journal holds
//! it too, so that a first run that was killed before it wrote any lock file is still known by it.

use serde::{Deserialize, Serialize};

use super::entry::StoredFingerprint;
use crate::model::{Fingerprint, InventoryName, Lock, LockedApi, OrganizationId};

/// Inventory, platform and key check.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Whose the instances are.
    pub inventory: InventoryName,
    /// Which platform and tenant they are on.
    pub api: Option<LockedApi>,
    /// Tells which key the fingerprints were made with.
    pub check: Option<Fingerprint>,
}

impl Header {
    pub(super) fn of(lock: &Lock) -> Self {
        let Lock {
            inventory,
            api,
            check,
            instances: _,
        } = lock.clone();
        Self {
            inventory,
            api,
            check,
        }
    }

    pub(super) fn put_on(&self, lock: &mut Lock) {
        let Self {
            inventory,
            api,
            check,
        } = self.clone();
        lock.inventory = inventory;
        lock.api = api;
        lock.check = check;
    }

    /// What of `self` may be recorded before anything is done: whose and where, at once; with which
    /// secrets, only where nothing was known. Other secrets count once the run has ended: until
    /// then most fingerprints are still of the old ones.
    pub(super) fn early(&self, known: Option<&Self>) -> Self {
        let mut early = self.clone();
        let Some(known) = known else {
            return early;
        };
        if known.check.is_some() {
            early.check.clone_from(&known.check);
        }
        if let (Some(api), Some(known)) = (&mut early.api, &known.api) {
            if known.user.is_some() {
                api.user.clone_from(&known.user);
            }
            api.organization = api.organization.or(known.organization);
        }
        early
    }
}

/// The stored form of [`LockedApi`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `url`")]
pub(super) struct StoredApi {
    url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organization: Option<OrganizationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<StoredFingerprint>,
}

/// The stored form of the key check.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `check`")]
pub(super) struct StoredCheck {
    check: StoredFingerprint,
}

/// The stored form of a [`Header`], for the journal; the lock file has the same members beside
/// others.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredHeader {
    pub(super) inventory: InventoryName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) api: Option<StoredApi>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fingerprints: Option<StoredCheck>,
}

impl From<Header> for StoredHeader {
    fn from(header: Header) -> Self {
        let Header {
            inventory,
            api,
            check,
        } = header;
        Self {
            inventory,
            api: api.map(|api| {
                let LockedApi {
                    url,
                    organization,
                    user,
                } = api;
                StoredApi {
                    url,
                    organization,
                    user: user.map(StoredFingerprint::from),
                }
            }),
            fingerprints: check.map(|check| StoredCheck {
                check: check.into(),
            }),
        }
    }
}

impl From<StoredHeader> for Header {
    fn from(stored: StoredHeader) -> Self {
        let StoredHeader {
            inventory,
            api,
            fingerprints,
        } = stored;
        Self {
            inventory,
            api: api.map(|api| {
                let StoredApi {
                    url,
                    organization,
                    user,
                } = api;
                LockedApi {
                    url,
                    organization,
                    user: user.map(Fingerprint::from),
                }
            }),
            check: fingerprints.map(|stored| stored.check.into()),
        }
    }
}
