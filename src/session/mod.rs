//! One run, whoever starts it: gather the three states, plan, apply, record, and plan again; verify a
//! lock file, or rebuild it; import instances, or forget them.
//!
//! Must not: parse flags, read the environment or the clock, open a connection, print, or choose an
//! exit code. Remote, store, clock and hooks are handed in: the shell has real ones, and the random
//! schedules of the tests wrap theirs around this very code.

mod carry;
mod checks;
mod error;
mod forget;
mod gather;
mod hooks;
mod import;
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
mod within;

pub use carry::Carrier;
pub(crate) use checks::{selection, selects};
pub use error::{Mismatch, SessionError};
pub use forget::{Forget, Leaving};
pub use hooks::Hooks;
pub use import::{Found, Import, Marked, unfinished};
pub use plan::offline;
pub use removals::Keep;
pub use rename::{Carriage, InventoryRename};
pub use rounds::{Approval, Rounds, RunReport, Versioned};
pub use scope::{Identity, Manifest, Session};
pub use store::Store;
pub use verify::{State, Verified};
pub(crate) use within::{before, unless_stopped};
