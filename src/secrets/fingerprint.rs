//! Fingerprints: keyed BLAKE3, each with its own salt and the id of its key. The key is derived from
//! the organization secret or from a secret of its own, so that the lock file alone reveals nothing,
//! and equal secrets do not look equal.
//!
//! Must not: keep a value.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::model::{Algorithm, Fingerprint, InventoryName, KeyId, Secret, VersusLock};

/// Separates this use of the organization secret from others.
const CONTEXT: &str = "connectorctl 2026 fingerprints of instance secrets v1";
/// Separates the id of a key from the fingerprints that are made with it: a salt is never that long.
const ID_SALT: &str = "connectorctl 2026 id of the key of fingerprints";
/// Enough to tell the keys of one inventory apart.
const ID_DIGITS: usize = 16;
/// The text that version 1 of the lock file had a fingerprint of.
const KNOWN_TEXT: &str = "connectorctl";
const SALT_BYTES: usize = 16;

/// A key for the fingerprints of one inventory.
pub struct FingerprintKey {
    key: Zeroizing<[u8; 32]>,
    id: KeyId,
}

/// The operating system provided no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system provided no random bytes")]
pub struct NoRandomness;

impl FingerprintKey {
    pub fn derive(secret: &Secret, inventory: &InventoryName) -> Self {
        let key = Zeroizing::new(blake3::derive_key(CONTEXT, secret.expose().as_bytes()));
        let id = hash(&key, ID_SALT, inventory.as_str()).to_hex();
        let id = KeyId(id[..ID_DIGITS].to_owned());
        Self { key, id }
    }

    /// A fingerprint with a new salt.
    pub fn make(&self, value: &str) -> Result<Fingerprint, NoRandomness> {
        let mut salt = [0_u8; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|_| NoRandomness)?;
        Ok(self.salted(STANDARD.encode(salt), value))
    }

    fn salted(&self, salt: String, value: &str) -> Fingerprint {
        Fingerprint {
            alg: Algorithm::Blake3,
            key: self.id.clone(),
            fingerprint: STANDARD.encode(hash(&self.key, &salt, value).as_bytes()),
            salt,
            version: None,
        }
    }

    /// Whether a fingerprint was made with this key and of this value, in constant time.
    pub fn matches(&self, fingerprint: &Fingerprint, value: &str) -> bool {
        let Algorithm::Blake3 = fingerprint.alg;
        let Ok(recorded) = STANDARD.decode(&fingerprint.fingerprint) else {
            return false;
        };
        let Ok(recorded) = <[u8; 32]>::try_from(recorded) else {
            return false;
        };
        // `blake3::Hash` compares in constant time.
        hash(&self.key, &fingerprint.salt, value) == blake3::Hash::from_bytes(recorded)
    }
}

fn hash(key: &[u8; 32], salt: &str, value: &str) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    // The length separates salt and value.
    hasher.update(&(salt.len() as u64).to_le_bytes());
    hasher.update(salt.as_bytes());
    hasher.update(value.as_bytes());
    hasher.finalize()
}

/// The key of new fingerprints, and those that recorded ones may still be of.
pub struct FingerprintKeys {
    pub present: FingerprintKey,
    pub previous: Vec<FingerprintKey>,
}

impl FingerprintKeys {
    /// A value against a recorded fingerprint. One of an unknown key can only be recognized.
    pub fn compare(&self, fingerprint: &Fingerprint, value: &str) -> VersusLock {
        let mut keys = self.all();
        if keys.any(|key| key.matches(fingerprint, value)) {
            VersusLock::Same
        } else if self.all().any(|key| key.id == fingerprint.key) {
            VersusLock::Changed
        } else {
            VersusLock::KeyRotated
        }
    }

    /// Whether a fingerprint is one of this value, under any key that is known.
    pub fn recognizes(&self, fingerprint: &Fingerprint, value: &str) -> bool {
        self.all().any(|key| key.matches(fingerprint, value))
    }

    /// A recorded fingerprint of this very value, under the present key. It keeps its salt, so that two
    /// branches that do this agree, and its version.
    pub fn renewed(&self, recorded: &Fingerprint, value: &str) -> Option<Fingerprint> {
        let is_same = self.compare(recorded, value) == VersusLock::Same;
        is_same.then(|| Fingerprint {
            version: recorded.version.clone(),
            ..self.present.salted(recorded.salt.clone(), value)
        })
    }

    /// The fingerprint under the name that its key has in another inventory, where that key is known. The
    /// name alone depends on the inventory, so no value is needed.
    pub fn renamed(&self, recorded: &Fingerprint, to: &Self) -> Option<Fingerprint> {
        let mut keys = self.all().zip(to.all());
        let (_, key) = keys.find(|(key, _)| key.id == recorded.key)?;
        Some(Fingerprint {
            key: key.id.clone(),
            ..recorded.clone()
        })
    }

    /// Whether a fingerprint was made with the present key.
    pub fn is_present(&self, fingerprint: &Fingerprint) -> bool {
        fingerprint.key == self.present.id
    }

    /// The id of the key that made this check, which version 1 of the lock file had.
    pub fn id_of(&self, check: &Fingerprint) -> Option<&KeyId> {
        let key = self.all().find(|key| key.matches(check, KNOWN_TEXT))?;
        Some(&key.id)
    }

    fn all(&self) -> impl Iterator<Item = &FingerprintKey> {
        std::iter::once(&self.present).chain(&self.previous)
    }
}
