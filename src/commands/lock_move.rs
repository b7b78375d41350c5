//! `connectorctl lock move`: renames an inventory.

use super::clock::SystemClock;
use super::context::Context;
use super::platform::{self, Purpose};
use super::signals::Signals;
use super::{inputs, waiting};
use crate::cli::MoveArgs;
use crate::error::{CliError, Exit};
use crate::lockfile::{LockPaths, LockStore, LockView, rivals};
use crate::model::{Desired, InventoryMove, InventoryName};
use crate::remote::Settings;
use crate::render;
use crate::sandbox;
use crate::session::{Carriage, InventoryRename, Session, SessionError};

pub(super) async fn run(context: &Context, arguments: &MoveArgs) -> Result<Exit, CliError> {
    inputs::may_confirm(context, arguments.yes, "rename the inventory")?;
    let manifest = inputs::manifest(context)?;
    let desired = &manifest.desired;
    named(desired, &arguments.to)?;
    let mut store = inputs::store(context, arguments.lock_timeout).await?;
    let view = store.view(&desired.inventory);
    let paths = store.paths().clone();
    if view.lock.is_none() && view.moving.is_none() {
        let summary = format!("no lock file at `{}`", paths.lock.display());
        return Err(CliError::new(Exit::Failed, summary).hint(
            "set the old name in the manifest again and run `connectorctl lock rebuild`, or pass `--lock`",
        ));
    }
    let deadline = waiting::deadline(arguments.deadline);
    let mut signals = Signals::new();
    let settings = Settings {
        stop: Some(signals.stop()),
        ..waiting::settings(context, deadline)
    };
    let stands_in = sandbox_inventory(&paths, &view, desired);
    let connection =
        platform::connect(context, &stands_in, &paths, Purpose::Write(settings)).await?;
    let session = Session {
        desired,
        identity: &connection.identity,
    };
    let Some(names) = session.names(&view)? else {
        let said = |out: &mut dyn std::io::Write| {
            writeln!(
                out,
                "The lock file belongs to `{}` already.",
                desired.inventory
            )
        };
        context.ui.print(said).map_err(CliError::output)?;
        return Ok(Exit::Success);
    };
    let rivals = rivals_of(&paths, &view, &names, context.global.connection.sandbox);
    let remote = connection.reader.into_writer();
    let rename = session.rename(&remote, names.clone(), &view, &rivals);
    let rename = waiting::until(deadline, rename).await?;
    let shown = |out: &mut dyn std::io::Write| render::relabel::human(&names, &rename.steps, out);
    context.ui.print(shown).map_err(CliError::output)?;
    if !rename.refusals.is_empty() {
        return Err(SessionError::Refused(rename.refusals).into());
    }
    let ask = || context.ui.confirm("Rename the inventory?");
    if !arguments.yes && !ask().map_err(SessionError::Question)? {
        return Err(SessionError::Declined.into());
    }
    signals.listen(Some(context.ui));
    let carriage = Carriage {
        remote: &remote,
        clock: &SystemClock,
        stop: signals.stop(),
        deadline,
    };
    let report = session.carry_out(&rename, &carriage, &store).await?;
    let print = |out: &mut dyn std::io::Write| render::report::human(&report, out);
    context.ui.print(print).map_err(CliError::output)?;
    if !rename.is_done(&report) {
        context
            .ui
            .say("The rename is not finished; run `connectorctl lock move` again.");
        return Ok(Exit::of(&report));
    }
    finish(context, &mut store, &rename)
}

/// The manifest is what is reviewed, so it has the new name first.
fn named(desired: &Desired, to: &str) -> Result<(), CliError> {
    if desired.inventory.as_str() == to {
        return Ok(());
    }
    let declared = &desired.inventory;
    let summary = format!("the manifest declares inventory `{declared}`, not `{to}`");
    Err(CliError::usage(summary).hint(format!(
        "set `inventory: {to}` in the manifest, and run it again"
    )))
}

/// The manifest under the name by which the embedded sandbox keeps its state: the old one, until that file
/// is renamed too.
fn sandbox_inventory(paths: &LockPaths, view: &LockView, desired: &Desired) -> Desired {
    let recorded = view.lock.as_ref().map(|lock| &lock.header.inventory);
    let moving = view
        .moving
        .iter()
        .flat_map(|names| [&names.from, &names.to]);
    let mut names = recorded.into_iter().chain(moving);
    let has_state = |name: &&_| paths.sandbox_state(InventoryName::as_str(name)).exists();
    let inventory = names.find(has_state).unwrap_or(&desired.inventory);
    Desired {
        inventory: inventory.clone(),
        ..desired.clone()
    }
}

/// What has the new name already, beside the lock file.
fn rivals_of(
    paths: &LockPaths,
    view: &LockView,
    names: &InventoryMove,
    is_sandbox: bool,
) -> Vec<String> {
    let Some(lock) = &view.lock else {
        return Vec::new();
    };
    let mut rivals = rivals(paths, &names.to, &lock.header);
    let state = |name: &InventoryName| paths.sandbox_state(name.as_str());
    if is_sandbox && state(&names.from).exists() && state(&names.to).exists() {
        rivals.push(state(&names.to));
    }
    let rivals = rivals.iter();
    rivals.map(|path| path.display().to_string()).collect()
}

/// The lock file gets the new name last: until then a run that dies is continued.
fn finish(
    context: &Context,
    store: &mut LockStore,
    rename: &InventoryRename,
) -> Result<Exit, CliError> {
    if context.global.connection.sandbox {
        let state = |name: &InventoryName| store.paths().sandbox_state(name.as_str());
        let (from, to) = (state(&rename.names.from), state(&rename.names.to));
        sandbox::rename_state(&from, &to)?;
    }
    let finished = store.finish(&rename.header, &rename.remade);
    let finished = finished
        .map_err(|error| CliError::from(error).hint("then run `connectorctl lock move` again"))?;
    let path = store.paths().lock.display().to_string();
    let instances = render::many(finished.instances, "instance");
    let to = &rename.names.to;
    context.ui.say(&format!(
        "Lock file {path} belongs to `{to}` now: {instances}."
    ));
    Ok(Exit::Success)
}
