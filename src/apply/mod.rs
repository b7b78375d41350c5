//! Walks the steps of a plan and reports every outcome to a [`LockSink`](crate::ports::LockSink)
//! before it moves on.
//!
//! Must not: decide anything the plan has not decided, read the manifest, compare again, or know how
//! the lock file or the platform is reached. It only decides when a request with an unknown outcome
//! may be sent again (`settle`).

// In order: each file uses only files above it.
mod absence;

mod input;
mod outcome;
mod progress;

mod body;
mod gate;
mod rotate;
mod run;

mod step;

mod check;
mod entry;
mod kept;

mod candidate;
mod settle;

mod before;

mod intent;

mod create;
mod delete;
mod orphan;
mod update;

mod scheduler;

pub use absence::Unproven;
pub(crate) use absence::{Absence, Evidence};
pub(crate) use input::Apply;
pub use input::{ApplyOptions, SETTLE_WINDOW};
pub use progress::{NoProgress, Progress};
pub(crate) use scheduler::ApplyOutcome;
