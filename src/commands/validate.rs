//! `connectorctl validate`: the manifest alone.

use std::io::Write as _;

use super::context::Context;
use super::inputs;
use crate::error::{CliError, Exit};
use crate::render;

pub(super) fn run(context: &Context) -> Result<Exit, CliError> {
    let desired = inputs::manifest(context)?.desired;
    let count = render::instances(desired.instances.len());
    writeln!(
        context.ui.stdout(),
        "Valid: inventory {}, {count}.",
        desired.inventory
    )
    .map_err(CliError::output)?;
    Ok(Exit::Success)
}
