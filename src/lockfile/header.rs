//! What a lock file says of itself as a whole: whose it is, and of which platform. The journal holds
//! it too, so that a first run that was killed before it wrote any lock file is still known by it.

use serde::{Deserialize, Serialize};

use super::entry::StoredFingerprint;
use crate::model::{Fingerprint, InventoryName, LockHeader, LockedApi, OrganizationId};

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

/// The stored form of a [`LockHeader`], for the journal; the lock file has the same members beside
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

impl From<LockHeader> for StoredHeader {
    fn from(header: LockHeader) -> Self {
        let LockHeader {
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

impl From<StoredHeader> for LockHeader {
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
