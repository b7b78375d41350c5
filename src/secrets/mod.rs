//! Secrets: resolving references, and telling "the same" from "another" without keeping a value.
//!
//! Must not: store or show a value, or read the environment by itself: it is handed in.

mod exec;
mod facts;
mod fingerprint;
mod resolve;
mod text;

#[cfg(test)]
mod tests;

pub use facts::{FactInput, facts};
pub use fingerprint::{FingerprintKey, NoRandomness};
pub use resolve::{Lookups, MissingPolicy, resolve};
pub use text::trimmed;
