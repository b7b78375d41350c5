//! What every command is handed.

use super::core_dumps::CoreLimit;
use super::environment::Environment;
use crate::cli::GlobalArgs;
use crate::ui::Ui;

pub(super) struct Context {
    pub(super) global: GlobalArgs,
    pub(super) environment: Environment,
    pub(super) ui: Ui,
    /// For a program that takes the place of this one.
    pub(super) core_limit: CoreLimit,
}
