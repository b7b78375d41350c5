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

impl Context {
    /// Whether a pipeline runs this: what is printed ends in a log.
    pub(super) fn is_pipeline(&self) -> bool {
        let ci = self.environment.get("CI");
        ci.is_some_and(|ci| ci != "false")
    }
}
