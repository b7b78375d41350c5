//! What every command is handed.

use super::environment::Environment;
use crate::cli::GlobalArgs;
use crate::ui::Ui;

pub(super) struct Context {
    pub(super) global: GlobalArgs,
    pub(super) environment: Environment,
    pub(super) ui: Ui,
}
