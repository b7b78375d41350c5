//! Opens sealed tokens. Each data key is decrypted at most once, and only if one of its tokens is wanted:
//! a hardware key asks for a touch each time.

use std::collections::BTreeMap;
use std::io::Read as _;

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};

use super::aead::{Key, Place};
use super::error::OpenError;
use super::identity::Identities;
use crate::model::{
    DataKey, DataKeyName, DataKeys, InstanceId, InstanceKey, InventoryName, LockedToken,
    SealedToken, Secret, TokenFingerprint,
};

/// A data key is 44 characters.
const MAX_KEY: u64 = 1024;

pub struct Opener<'i> {
    identities: &'i Identities,
    opened: BTreeMap<DataKeyName, Key>,
}

impl<'i> Opener<'i> {
    pub fn new(identities: &'i Identities) -> Self {
        Self {
            identities,
            opened: BTreeMap::new(),
        }
    }

    /// The token of an instance.
    ///
    /// # Errors
    /// [`OpenError`], where it is sealed and cannot be opened.
    pub fn token(
        &mut self,
        inventory: &InventoryName,
        keys: &DataKeys,
        (key, id): (&InstanceKey, InstanceId),
        token: &LockedToken,
    ) -> Result<Secret, OpenError> {
        let sealed = match token {
            LockedToken::Plain(token) => return Ok(token.clone()),
            LockedToken::Sealed(sealed) => sealed,
        };
        let SealedToken {
            data_key,
            sealed,
            fingerprint,
            sealed_as,
        } = sealed;
        let damaged = || OpenError::Damaged { key: key.clone() };
        let wrapped = keys.get(data_key).ok_or_else(damaged)?;
        let place = Place {
            inventory: sealed_as.as_ref().map_or(inventory, |it| &it.inventory),
            key: sealed_as.as_ref().map_or(key, |it| &it.key),
            id,
            data_key,
        };
        let opened = self.data_key(key, data_key, wrapped)?.open(sealed, &place);
        let token = Secret::new(opened.ok_or_else(damaged)?.as_str());
        // Ties the token to what `verify` compares; the cipher alone does not bind its key.
        match TokenFingerprint::of(id, &token) == *fingerprint {
            true => Ok(token),
            false => Err(damaged()),
        }
    }

    fn data_key(
        &mut self,
        key: &InstanceKey,
        name: &DataKeyName,
        wrapped: &DataKey,
    ) -> Result<&Key, OpenError> {
        let opened = match self.opened.remove(name) {
            Some(opened) => opened,
            None => self.unwrapped(key, name, wrapped)?,
        };
        Ok(self.opened.entry(name.clone()).or_insert(opened))
    }

    fn unwrapped(
        &self,
        key: &InstanceKey,
        name: &DataKeyName,
        wrapped: &DataKey,
    ) -> Result<Key, OpenError> {
        let key = || key.clone();
        let readers = || wrapped.recipients.clone();
        if self.identities.is_empty() {
            return Err(OpenError::NoIdentity {
                key: key(),
                readers: readers(),
            });
        }
        let failed = |what: String| OpenError::DataKey {
            key: key(),
            name: name.clone(),
            what,
        };
        let broken = || failed("it is damaged".to_owned());
        let reader = ArmoredReader::new(wrapped.wrap.as_bytes());
        let decryptor = Decryptor::new_buffered(reader).map_err(|_| broken())?;
        let identities = self.identities.0.iter();
        let identities = identities.map(|it| &**it as &dyn age::Identity);
        let opened = decryptor.decrypt(identities).map_err(|error| match error {
            DecryptError::NoMatchingKeys => OpenError::OtherRecipients {
                key: key(),
                readers: readers(),
            },
            DecryptError::Plugin(_) | DecryptError::PluginResolve(_) => failed(error.to_string()),
            _ => broken(),
        })?;
        let mut text = zeroize::Zeroizing::new(String::new());
        opened
            .take(MAX_KEY)
            .read_to_string(&mut text)
            .map_err(|_| broken())?;
        Key::from_text(&text).ok_or_else(broken)
    }
}
