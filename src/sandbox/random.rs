//! Request ids, tokens and secrets: unpredictable by default, reproducible with a seed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// A stream of bytes from a seed. Its position is part of the state, so a restart repeats nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Random {
    seed: String,
    drawn: u64,
}

impl Random {
    pub(super) fn new(seed: String) -> Self {
        Self { seed, drawn: 0 }
    }

    /// What asks for the admin routes; the same for as long as the state lives.
    pub(super) fn admin_token(&self) -> String {
        let context = "connectorctl sandbox admin token v1";
        hex(&blake3::derive_key(context, self.seed.as_bytes()))
    }

    /// A digest that is of use only together with this state.
    pub(super) fn digest(&self, text: &str) -> String {
        let key = blake3::derive_key("connectorctl sandbox digest v1", self.seed.as_bytes());
        blake3::keyed_hash(&key, text.as_bytes())
            .to_hex()
            .to_string()
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut hasher = blake3::Hasher::new_derive_key("connectorctl sandbox random v1");
        hasher.update(self.seed.as_bytes());
        hasher.update(&self.drawn.to_le_bytes());
        self.drawn += 1;
        let mut bytes = [0; N];
        hasher.finalize_xof().fill(&mut bytes);
        bytes
    }

    /// 32 bytes as base64: a user secret or an instance token (docs/platform.md#authorization).
    pub(super) fn token(&mut self) -> String {
        STANDARD.encode(self.bytes::<32>())
    }

    /// 32 hex digits: an organization secret.
    pub(super) fn organization_secret(&mut self) -> String {
        hex(&self.bytes::<16>())
    }

    /// 24 hex digits: a request id.
    pub(super) fn request_id(&mut self) -> String {
        hex(&self.bytes::<12>())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
