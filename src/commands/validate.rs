//! `connectorctl validate`: the manifest alone.

use std::io::Write as _;

use super::context::Context;
use super::inputs;
use crate::error::{CliError, Exit};

pub(super) fn run(context: &Context) -> Result<Exit, CliError> {
    let desired = inputs::manifest(context)?.desired;
    let count = match desired.instances.len() {
        1 => "1 instance".to_owned(),
        many => format!("{many} instances"),
    };
    writeln!(
        context.ui.stdout(),
        "Valid: inventory {}, {count}.",
        desired.inventory
    )
    .map_err(CliError::output)?;
    Ok(Exit::Success)
}
