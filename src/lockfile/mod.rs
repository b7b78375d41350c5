//! The lock file and its journal: canonical bytes, durable replacement, and one run at a time.
//!
//! Must not: know the manifest, the platform, or what a plan is. `docs/lockfile.md` describes both
//! formats, and `docs/guarantees.md` what they are for.

mod beside;
mod error;
mod event;
mod file;
mod fold;
mod format;
mod holder;
mod journal;
mod merge;
mod paths;
mod protect;
mod sealed;
mod store;
mod usable;
mod view;
mod writer;

#[cfg(test)]
mod tests;

pub use beside::rivals;
pub use error::LockError;
pub use format::parse;
pub use holder::Holder;
pub use paths::{LockKind, LockPaths};
pub use sealed::RecordedToken;
pub use store::{Finished, LockStore};
pub use view::LockView;
