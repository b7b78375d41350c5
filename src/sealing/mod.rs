//! Seals tokens for age recipients, and opens them with an identity.
//!
//! Must not: do I/O, but for the age plugins that it runs; or know where tokens, recipients and identities
//! come from. The cryptography is that of `age` and `chacha20poly1305`; `docs/security.md` says why.

mod aead;
mod error;
mod identity;
mod open;
mod recipient;
mod seal;

#[cfg(test)]
mod tests;

pub use error::{OpenError, SealError};
pub use identity::{Identities, IdentityError, NewIdentity, NoPrompt, Prompt};
pub use open::Opener;
pub use recipient::{RecipientError, Recipients, check_recipient};
pub use seal::Sealer;
