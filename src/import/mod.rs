//! Which instances of the platform are imported into the manifest, under which keys, and what the
//! manifest is to say of them.
//!
//! Must not: read or write a file or the platform, or know how a stanza is spelled.

mod choice;
mod keys;
mod select;
mod stanza;

#[cfg(test)]
mod tests;

pub use choice::{Choice, ImportError, Imported, Left, Request, choose, to_read};
pub use keys::slug;
pub use select::{InvalidSelector, Selector, Selectors};
pub use stanza::{Variables, overrule, shows_unset, stanza};
