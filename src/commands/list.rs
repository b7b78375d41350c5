//! `connectorctl list` and `connectorctl show`.

use super::context::Context;
use super::recorded;
use crate::cli::{ListArgs, ListFormat, OutputFormat, ShowArgs};
use crate::error::{CliError, Exit};
use crate::render;

pub(super) fn list(context: &Context, arguments: &ListArgs) -> Result<Exit, CliError> {
    let mut lock = recorded::lock(context)?;
    let selection = recorded::selection(&lock, &arguments.keys)?;
    lock.instances
        .retain(|key, _| selection.includes(key.as_str()));
    let printed = context.ui.print(|out| match arguments.output {
        ListFormat::Table => render::list::table(&lock, out),
        ListFormat::Json => render::list::json(&lock, out),
        ListFormat::Csv => render::list::csv(&lock, out),
    });
    printed.map_err(CliError::output)?;
    Ok(Exit::Success)
}

pub(super) fn show(context: &Context, arguments: &ShowArgs) -> Result<Exit, CliError> {
    let lock = recorded::lock(context)?;
    let (key, entry) = recorded::instance(&lock, &arguments.key)?;
    let printed = context.ui.print(|out| match arguments.output {
        OutputFormat::Text => render::instance::human(key, entry, out),
        OutputFormat::Json => render::instance::json(&lock.header.inventory, key, entry, out),
    });
    printed.map_err(CliError::output)?;
    Ok(Exit::Success)
}
