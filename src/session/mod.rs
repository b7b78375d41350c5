//! One run, whoever starts it: gather the three states, plan, apply, record, and plan again; verify a
//! lock file, or rebuild it.
//!
//! Must not: parse flags, read the environment or the clock, open a connection, print, or choose an
//! exit code. Remote, store, clock and hooks are handed in: the shell has real ones, and the random
//! schedules of the tests wrap theirs around this very code.

mod checks;
mod error;
mod gather;
mod hooks;
mod kept;
mod known;
mod observe;
mod plan;
mod rebuild;
mod removals;
mod rename;
mod rounds;
mod scope;
mod store;
mod sure;
mod verify;

pub(crate) use checks::{selection, selects};
pub use error::{Mismatch, SessionError};
pub use hooks::Hooks;
pub use plan::offline;
pub use removals::Keep;
pub use rename::{Carriage, InventoryRename};
pub use rounds::{Approval, Rounds, RunReport, Versioned};
pub(crate) use rounds::{before, unless_stopped};
pub use scope::{Identity, Manifest, Session};
pub use store::Store;
pub use verify::{State, Verified};
