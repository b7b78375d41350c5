//! What a run is about: the manifest, and the platform it is for.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::manifest::Places;
use crate::model::{Desired, InventoryName, Secret};
use crate::ports::KnownSecrets;
use crate::secrets::{FingerprintKey, FingerprintKeys};

/// A manifest that has no errors.
#[derive(Debug)]
pub struct Manifest {
    pub desired: Desired,
    pub places: Places,
}

/// Which platform a run talks to, and as whom.
#[derive(Clone, Debug)]
pub struct Identity {
    /// What the lock file records: the full base URL, or `sandbox:`.
    pub url: String,
    pub user: Secret,
    pub organization: Secret,
    /// The key of fingerprints is derived from it, or else from the organization secret.
    pub fingerprint_key: Option<Secret>,
    /// What the key of fingerprints was derived from before it was rotated.
    pub previous: Option<Secret>,
    /// What must not be shown of the platform's texts; the client has the same.
    pub known: Arc<KnownSecrets>,
    /// Whether it is the embedded platform, for which a tenant pin does not count.
    pub is_sandbox: bool,
}

/// What every part of a run needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    pub desired: &'a Desired,
    pub identity: &'a Identity,
}

impl Session<'_> {
    /// The manifest without its instances: to read what exists, where nothing is to be created.
    pub(super) fn nothing_desired(&self) -> Desired {
        Desired {
            instances: BTreeMap::new(),
            ..self.desired.clone()
        }
    }
}

impl Identity {
    /// The secrets of the account, and those that keys of fingerprints are derived from.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let keys = self.fingerprint_key.iter().chain(&self.previous);
        [&self.user, &self.organization].into_iter().chain(keys)
    }

    pub(super) fn fingerprint_keys(&self, inventory: &InventoryName) -> FingerprintKeys {
        let derive = |secret: &Secret| FingerprintKey::derive(secret, inventory);
        let (present, replaced) = match &self.fingerprint_key {
            // What the organization secret was used for until this key was set is verified with it.
            Some(key) => (key, Some(&self.organization)),
            None => (&self.organization, None),
        };
        FingerprintKeys {
            present: derive(present),
            previous: self.previous.iter().chain(replaced).map(derive).collect(),
        }
    }
}
