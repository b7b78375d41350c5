//! What every command is handed.

use super::environment::Environment;
use crate::cli::GlobalArgs;
use crate::ui::Ui;

/// The global options, the environment and the terminal.
pub(super) struct Context {
    pub(super) global: GlobalArgs,
    pub(super) environment: Environment,
    pub(super) ui: Ui,
}
