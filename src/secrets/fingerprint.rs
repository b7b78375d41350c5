//! Fingerprints: keyed BLAKE3, each with its own salt. The key is derived from the organization
//! secret, so that the lock file alone reveals nothing, and equal secrets do not look equal.
//!
//! Must not: keep a value.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::model::{Fingerprint, Secret};

/// Separates this use of the organization secret from others.
const CONTEXT: &str = "connectorctl 2026 fingerprints of instance secrets v1";
/// The text that [`FingerprintKey::check`] makes a fingerprint of.
const KNOWN_TEXT: &str = "connectorctl";
const SALT_BYTES: usize = 16;

/// The key for the fingerprints of one organization.
pub struct FingerprintKey(Zeroizing<[u8; 32]>);

/// The operating system provided no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system provided no random bytes")]
pub struct NoRandomness;

impl FingerprintKey {
    pub fn derive(organization_secret: &Secret) -> Self {
        let key = blake3::derive_key(CONTEXT, organization_secret.expose().as_bytes());
        Self(Zeroizing::new(key))
    }

    /// A fingerprint with a new salt.
    pub fn make(&self, value: &str) -> Result<Fingerprint, NoRandomness> {
        let mut salt = [0_u8; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|_| NoRandomness)?;
        let salt = STANDARD.encode(salt);
        let fingerprint = STANDARD.encode(self.hash(&salt, value).as_bytes());
        Ok(Fingerprint { salt, fingerprint })
    }

    /// Whether a fingerprint belongs to this value, in constant time.
    pub fn matches(&self, fingerprint: &Fingerprint, value: &str) -> bool {
        let Ok(recorded) = STANDARD.decode(&fingerprint.fingerprint) else {
            return false;
        };
        let Ok(recorded) = <[u8; 32]>::try_from(recorded) else {
            return false;
        };
        // `blake3::Hash` compares in constant time.
        self.hash(&fingerprint.salt, value) == blake3::Hash::from_bytes(recorded)
    }

    /// The fingerprint by which a later run recognizes this key.
    pub fn check(&self) -> Result<Fingerprint, NoRandomness> {
        self.make(KNOWN_TEXT)
    }

    /// Whether the fingerprint is one that [`Self::check`] made with this key.
    pub fn made(&self, check: &Fingerprint) -> bool {
        self.matches(check, KNOWN_TEXT)
    }

    fn hash(&self, salt: &str, value: &str) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        // The length separates salt and value.
        hasher.update(&(salt.len() as u64).to_le_bytes());
        hasher.update(salt.as_bytes());
        hasher.update(value.as_bytes());
        hasher.finalize()
    }
}
