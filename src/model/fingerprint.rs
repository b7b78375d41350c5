//! Fingerprints: what is stored in the place of a secret. An attribute of these types is a part of the
//! file format (docs/lockfile.md).

use serde::{Deserialize, Serialize};

/// A keyed, salted digest of a secret. It tells whether a secret is the same, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "an object with `salt` and `fingerprint`"
)]
pub struct Fingerprint {
    /// How it was made. Version 1 of the lock file knew only one way and did not name it.
    #[serde(default)]
    pub alg: Algorithm,
    /// The key it was made with.
    #[serde(default)]
    pub key: KeyId,
    /// Random, 16 bytes, base64. It stays while the value does, under another key too.
    pub salt: String,
    /// Base64.
    pub fingerprint: String,
    /// The version of the value, where the manifest declared one when it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// How a fingerprint was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// Keyed BLAKE3 of salt and value.
    #[default]
    Blake3,
}

/// Names the key of a fingerprint and does not reveal it: derived from key and inventory, so that it
/// is equal on all branches, and differs between inventories that share a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(pub String);

impl Default for KeyId {
    /// The key of a fingerprint that version 1 of the lock file recorded: it did not name it.
    fn default() -> Self {
        Self("unknown".to_owned())
    }
}

/// The fingerprint of a known text, by which version 1 of the lock file named the key of all
/// fingerprints. Only read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `check`")]
pub struct KeyCheck {
    /// As any other fingerprint.
    pub check: Fingerprint,
}
