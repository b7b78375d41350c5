//! Seals the tokens of one run, with a data key of its own.

use super::aead::{Key, Place};
use super::error::SealError;
use super::recipient::Recipients;
use crate::model::{
    DataKey, DataKeyName, InstanceId, InstanceKey, InventoryName, SealedToken, Secret,
    TokenFingerprint,
};

/// Seals tokens; needs no identity.
pub struct Sealer {
    inventory: InventoryName,
    recipients: Recipients,
    /// Made at the first seal.
    own: Option<Own>,
}

struct Own {
    name: DataKeyName,
    key: Key,
    wrapped: DataKey,
}

impl Sealer {
    pub fn new(inventory: InventoryName, recipients: Recipients) -> Self {
        Self {
            inventory,
            recipients,
            own: None,
        }
    }

    /// Where its tokens belong.
    pub fn inventory(&self) -> &InventoryName {
        &self.inventory
    }

    /// The data key of this run. It must be recorded before a token that is sealed with it.
    ///
    /// # Errors
    /// [`SealError`], where it cannot be made.
    pub fn data_key(&mut self) -> Result<(&DataKeyName, &DataKey), SealError> {
        let own = self.own()?.0;
        Ok((&own.name, &own.wrapped))
    }

    /// Seals the token of an instance.
    ///
    /// # Errors
    /// As for [`Sealer::data_key`].
    pub fn seal(
        &mut self,
        key: &InstanceKey,
        id: InstanceId,
        token: &Secret,
    ) -> Result<SealedToken, SealError> {
        let (own, inventory) = self.own()?;
        let place = Place {
            inventory,
            key,
            id,
            data_key: &own.name,
        };
        Ok(SealedToken {
            data_key: own.name.clone(),
            sealed: own.key.seal(token.expose(), &place)?,
            fingerprint: TokenFingerprint::of(id, token),
            sealed_as: None,
        })
    }

    fn own(&mut self) -> Result<(&Own, &InventoryName), SealError> {
        let own = match self.own.take() {
            Some(own) => own,
            None => {
                let mut name = [0; 8];
                getrandom::fill(&mut name)?;
                let key = Key::random()?;
                Own {
                    name: DataKeyName(format!("{:016x}", u64::from_be_bytes(name))),
                    wrapped: self.recipients.wrap(&key)?,
                    key,
                }
            }
        };
        Ok((self.own.insert(own), &self.inventory))
    }
}
