//! `connectorctl list` and `connectorctl show`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::context::Context;
use super::{drift, recorded};
use crate::cli::{ListArgs, ListFormat, OutputFormat, ShowArgs};
use crate::error::{CliError, Exit};
use crate::lockfile::LockView;
use crate::model::{InstanceKey, Lock};
use crate::render;
use crate::session::State;

pub(super) async fn list(context: &Context, arguments: &ListArgs) -> Result<Exit, CliError> {
    let view = recorded::view(context)?;
    let mut lock = recorded::lock_of(context, &view)?.clone();
    let selection = recorded::selection(&lock, &arguments.keys)?;
    let missing = match arguments.health {
        true => ask(context, &mut lock, &view, arguments.deadline).await?,
        false => BTreeSet::new(),
    };
    lock.instances
        .retain(|key, _| selection.includes(key.as_str()));
    let printed = context.ui.print(|out| match arguments.output {
        ListFormat::Table => render::list::table(&lock, &missing, out),
        ListFormat::Json => render::list::json(&lock, &missing, out),
        ListFormat::Csv => render::list::csv(&lock, &missing, out),
    });
    printed.map_err(CliError::output)?;
    Ok(Exit::Success)
}

/// Puts the state that the platform shows in place of the recorded one. Returns what is missing there.
async fn ask(
    context: &Context,
    lock: &mut Lock,
    view: &LockView,
    deadline: Option<Duration>,
) -> Result<BTreeSet<InstanceKey>, CliError> {
    let verified = drift::verified(context, lock, view, deadline).await?;
    let mut missing = BTreeSet::new();
    for (key, entry) in &mut lock.instances {
        match verified.states.get(key) {
            Some(State { enabled, valid }) => {
                entry.enabled = *enabled;
                entry.valid = *valid;
            }
            None => {
                missing.insert(key.clone());
            }
        }
    }
    Ok(missing)
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
