//! The only owner of stdout, stderr and color: results go to stdout, messages to stderr.
//!
//! Must not: know what a command does.

mod color;
mod hidden;
mod log;
mod progress;
mod stream;
mod terminal;

pub(crate) use log::install as install_log;
pub(crate) use progress::ApplyProgress;
pub(crate) use terminal::Ui;
