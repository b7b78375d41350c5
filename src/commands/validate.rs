//! `connectorctl validate`: the manifest alone.

use super::context::Context;
use super::inputs;
use crate::error::{CliError, Exit};
use crate::render;

pub(super) fn run(context: &Context) -> Result<Exit, CliError> {
    let desired = inputs::manifest(context)?.desired;
    let count = render::many(desired.instances.len(), "instance");
    let inventory = &desired.inventory;
    context
        .ui
        .print(|out| writeln!(out, "Valid: inventory {inventory}, {count}."))
        .map_err(CliError::output)?;
    Ok(Exit::Success)
}
