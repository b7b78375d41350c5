//! One token, sealed with a data key and bound to where it stands: XChaCha20-Poly1305, whose nonces are
//! long enough to be random.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::model::{DataKeyName, InstanceId, InstanceKey, InventoryName};

/// Keeps these ciphertexts apart from those of any other use.
const DOMAIN: &[u8] = b"connectorctl token v1";
const NONCE: usize = 24;
pub(super) const KEY: usize = 32;

/// A data key in memory.
pub(super) struct Key(Zeroizing<[u8; KEY]>);

/// What a token is bound to.
pub(super) struct Place<'a> {
    pub(super) inventory: &'a InventoryName,
    pub(super) key: &'a InstanceKey,
    pub(super) id: InstanceId,
    pub(super) data_key: &'a DataKeyName,
}

impl Place<'_> {
    /// Each part with its length before it, so that no two places have the same bytes.
    fn bytes(&self) -> Vec<u8> {
        let Self {
            inventory,
            key,
            id,
            data_key,
        } = self;
        let id = id.0.to_be_bytes();
        let parts = [
            DOMAIN,
            inventory.as_str().as_bytes(),
            key.as_str().as_bytes(),
            &id,
            data_key.0.as_bytes(),
        ];
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part);
        }
        bytes
    }
}

impl Key {
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut key = Zeroizing::new([0; KEY]);
        getrandom::fill(&mut *key)?;
        Ok(Self(key))
    }

    /// From base64, as it is wrapped.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
        let mut key = Zeroizing::new([0; KEY]);
        (bytes.len() == KEY).then(|| key.copy_from_slice(&bytes))?;
        Some(Self(key))
    }

    /// As base64, as it is wrapped.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(*self.0))
    }

    /// Nonce and ciphertext, base64.
    pub(super) fn seal(&self, token: &str, place: &Place<'_>) -> Result<String, getrandom::Error> {
        let mut sealed = vec![0; NONCE];
        getrandom::fill(&mut sealed)?;
        let aad = place.bytes();
        let payload = Payload {
            msg: token.as_bytes(),
            aad: &aad,
        };
        let nonce = XNonce::clone_from_slice(&sealed);
        let cipher = XChaCha20Poly1305::new((&*self.0).into());
        let encrypted = cipher.encrypt(&nonce, payload);
        sealed.extend(encrypted.expect("a token is shorter than 256 GiB"));
        Ok(STANDARD.encode(sealed))
    }

    /// `None` where anything was changed.
    pub(super) fn open(&self, sealed: &str, place: &Place<'_>) -> Option<Zeroizing<String>> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, encrypted) = bytes.split_at_checked(NONCE)?;
        let aad = place.bytes();
        let payload = Payload {
            msg: encrypted,
            aad: &aad,
        };
        let cipher = XChaCha20Poly1305::new((&*self.0).into());
        let opened = cipher.decrypt(XNonce::from_slice(nonce), payload).ok()?;
        String::from_utf8(opened).ok().map(Zeroizing::new)
    }
}
