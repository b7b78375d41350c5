//! Resolves references, and compares secrets without storing them.
//!
//! Must not: store or show a value, or read the environment: variables are passed in.

mod exec;
mod facts;
mod fingerprint;
mod remake;
mod resolve;
mod source;
mod text;
mod versions;

#[cfg(test)]
mod tests;

pub(crate) use exec::run as run_command;
pub use facts::{FactInput, facts, shown_instead};
pub use fingerprint::{FingerprintKey, FingerprintKeys, NoRandomness};
pub use remake::{remake, renamed};
pub use resolve::resolve;
pub use source::{Lookups, MissingPolicy};
pub(crate) use text::decode;
pub use versions::{read_versions, recorded_versions, sent_versions};
