//! Tokens as they are recorded: plain, or sealed for age recipients. The types are what is stored, so an
//! attribute of theirs is a part of the file format (docs/lockfile.md).
//!
//! Must not: seal or open a token.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{InstanceId, InstanceKey, InventoryName, Secret, unique_keys};

/// Keeps these digests apart from those of any other use.
const FINGERPRINT_CONTEXT: &str = "connectorctl 2026-11-30 token fingerprint";

/// The random name of a data key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DataKeyName(pub String);

impl fmt::Display for DataKeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The data keys of a lock file, by name.
pub type DataKeys = BTreeMap<DataKeyName, DataKey>;

/// A key that seals tokens, encrypted for its recipients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct DataKey {
    /// Who can decrypt it. The age file itself does not reveal them.
    pub recipients: BTreeSet<String>,
    /// An armored age file with the key.
    pub wrap: String,
}

/// A token in the lock file or the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockedToken {
    /// As the platform shows it.
    Plain(Secret),
    /// Sealed for the recipients of the manifest.
    Sealed(SealedToken),
}

/// A token that only an identity of a recipient opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an object with `dataKey`, `sealed` and `fingerprint`"
)]
pub struct SealedToken {
    /// The data key it is sealed with.
    pub data_key: DataKeyName,
    /// Nonce and ciphertext, base64.
    pub sealed: String,
    /// Tells without any key whether a token is this one.
    pub fingerprint: TokenFingerprint,
    /// Where it was sealed; `None` under the key and in the inventory where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_as: Option<SealedAs>,
}

/// Where a token was sealed before its entry was moved. A move seals it again if the platform shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "an object with `inventory` and `key`"
)]
pub struct SealedAs {
    /// The inventory.
    pub inventory: InventoryName,
    /// The key.
    pub key: InstanceKey,
}

/// An unkeyed digest of an id and its token. Tokens are 256 random bits, so nobody can guess one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenFingerprint(String);

impl TokenFingerprint {
    /// The fingerprint of the token of an instance.
    pub fn of(id: InstanceId, token: &Secret) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(FINGERPRINT_CONTEXT);
        hasher.update(&id.0.to_be_bytes());
        hasher.update(token.expose().as_bytes());
        Self(STANDARD.encode(hasher.finalize().as_bytes()))
    }
}

impl LockedToken {
    /// The token of an instance as the platform shows it.
    pub fn shown(token: &Option<Secret>) -> Option<Self> {
        token.clone().map(Self::Plain)
    }

    /// Whether it is this token of this instance; no identity is needed.
    pub fn is(&self, id: InstanceId, token: &Secret) -> bool {
        match self {
            Self::Plain(plain) => plain == token,
            Self::Sealed(sealed) => sealed.fingerprint == TokenFingerprint::of(id, token),
        }
    }

    /// Whether both are the same token of this instance, sealed or not.
    pub fn is_same(&self, other: &Self, id: InstanceId) -> bool {
        match (self, other) {
            (Self::Sealed(one), Self::Sealed(other)) => one.fingerprint == other.fingerprint,
            (Self::Plain(token), it) | (it, Self::Plain(token)) => it.is(id, token),
        }
    }

    /// The token, where it is not sealed.
    pub fn plain(&self) -> Option<&Secret> {
        match self {
            Self::Plain(plain) => Some(plain),
            Self::Sealed(_) => None,
        }
    }

    /// The same, where it is sealed.
    pub fn sealed(&self) -> Option<&SealedToken> {
        match self {
            Self::Plain(_) => None,
            Self::Sealed(sealed) => Some(sealed),
        }
    }

    /// The data key that it needs.
    pub fn data_key(&self) -> Option<&DataKeyName> {
        self.sealed().map(|sealed| &sealed.data_key)
    }

    /// Notes where it was sealed, before its entry gets another key or its lock file another inventory.
    pub fn leaves(&mut self, inventory: &InventoryName, key: &InstanceKey) {
        if let Self::Sealed(sealed) = self {
            sealed.sealed_as.get_or_insert_with(|| SealedAs {
                inventory: inventory.clone(),
                key: key.clone(),
            });
        }
    }

    /// Forgets where it was sealed, if that is here.
    pub fn enters(&mut self, inventory: &InventoryName, key: &InstanceKey) {
        if let Self::Sealed(sealed) = self {
            let is_here = |it: &SealedAs| it.inventory == *inventory && it.key == *key;
            sealed.sealed_as = sealed.sealed_as.take().filter(|it| !is_here(it));
        }
    }
}

impl Serialize for LockedToken {
    /// As plain text or sealed. Only the lock file and its journal may hold a plain token, so `Secret`
    /// itself cannot be serialised.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(token) => token.expose().serialize(serializer),
            Self::Sealed(sealed) => sealed.serialize(serializer),
        }
    }
}

/// For `deserialize_with` of a member that may be left out. Earlier versions wrote an empty text for a
/// token they did not know, and recorded a mask.
pub(super) fn known_token<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<LockedToken>, D::Error> {
    deserializer.deserialize_any(TokenVisitor)
}

struct TokenVisitor;

impl<'de> Visitor<'de> for TokenVisitor {
    type Value = Option<LockedToken>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Secret::token(text).map(LockedToken::Plain))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let sealed = SealedToken::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Some(LockedToken::Sealed(sealed)))
    }
}

/// For `deserialize_with`: the names of data keys are random, so two equal ones are damage.
pub(crate) fn data_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DataKeys, D::Error> {
    let keys: DataKeys = unique_keys(deserializer)?;
    let is_blank = |key: &DataKey| key.wrap.is_empty() || key.recipients.is_empty();
    match keys.values().any(is_blank) {
        true => Err(D::Error::custom(
            "expected a wrapped data key, expected a recipient",
        )),
        false => Ok(keys),
    }
}

/// The data keys that these tokens need.
pub(crate) fn referenced<'t>(
    keys: &DataKeys,
    tokens: impl Iterator<Item = Option<&'t LockedToken>>,
) -> DataKeys {
    let names = tokens.filter_map(|token| token?.data_key());
    let names: BTreeSet<&DataKeyName> = names.collect();
    let named = keys.iter().filter(|(name, _)| names.contains(name));
    named
        .map(|(name, key)| (name.clone(), key.clone()))
        .collect()
}
