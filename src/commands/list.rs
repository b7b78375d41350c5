//! `connectorctl list` and `connectorctl show`.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::context::Context;
use super::{drift, recorded};
use crate::cli::{ListArgs, ListFormat, OutputFormat, ShowArgs};
use crate::error::{CliError, Exit};
use crate::lockfile::LockView;
use crate::model::{Finding, InstanceKey, Lock, Shown};
use crate::render;

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
    for drift in verified.drifted {
        if drift.findings.contains(&Finding::Missing(drift.id)) {
            missing.insert(drift.key.clone());
        }
        let Some(entry) = lock.instances.get_mut(&drift.key) else {
            continue;
        };
        for change in drift.changes {
            if let Shown::Values(values) = change.shown
                && let Some(Value::Bool(now)) = values.after
            {
                match change.path.as_str() {
                    "enabled" => entry.enabled = now,
                    "valid" => entry.valid = now,
                    _ => {}
                }
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
