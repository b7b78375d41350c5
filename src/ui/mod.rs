//! The only owner of stdout, stderr and color: results go to stdout, messages to stderr.
//!
//! Must not: know what a command does.

mod log;
mod progress;
mod terminal;

pub use log::install as install_log;
pub use progress::ApplyProgress;
pub use terminal::Ui;
