//! `connectorctl lock verify` and `lock rebuild`.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::clock::SystemClock;
use super::context::Context;
use super::platform;
use super::{holder, inputs};
use crate::error::{CliError, Exit};
use crate::lockfile::{LockStore, LockView};
use crate::render;
use crate::session::{SessionError, Verified};

/// Compares the lock file with the platform and writes nothing.
pub(super) async fn verify(context: &Context) -> Result<Exit, CliError> {
    let paths = inputs::paths(context)?;
    let manifest = inputs::manifest(context)?;
    let view = LockView::read(&paths, &manifest.desired.inventory)?;
    let Some(lock) = &view.lock else {
        let summary = format!("no lock file at `{}`", paths.lock.display());
        return Err(CliError::new(Exit::Failed, summary).hint(
            "run `connectorctl apply` to create it, or `connectorctl lock rebuild` to restore it from the platform",
        ));
    };
    let connection = platform::connect_to_read(context, &manifest.desired, &paths).await?;
    let session = connection.session(&manifest.desired);
    let verified = session.verify(&connection.reader, lock, &view).await?;
    show(context, &verified)?;
    Ok(if verified.differences.is_empty() {
        Exit::Success
    } else {
        Exit::Changes
    })
}

fn show(context: &Context, verified: &Verified) -> Result<(), CliError> {
    let Verified {
        instances,
        differences,
        unsettled,
    } = verified;
    let mut out = context.ui.stdout();
    differences
        .iter()
        .try_for_each(|difference| writeln!(out, "{}: {}", difference.key, difference.what))
        .and_then(|()| match differences.len() {
            0 => writeln!(
                out,
                "Lock file matches the platform: {}.",
                render::instances(*instances)
            ),
            1 => writeln!(out, "1 difference."),
            many => writeln!(out, "{many} differences."),
        })
        .and_then(|()| out.flush())
        .map_err(CliError::output)?;
    for key in unsettled {
        context.ui.warn(&format!(
            "{key}: the outcome of a create is unknown; run `connectorctl apply` to settle it"
        ));
    }
    Ok(())
}

/// Writes the lock file anew from the instances that carry our marker. Nothing is written to the
/// platform.
pub(super) async fn rebuild(
    context: &Context,
    yes: bool,
    wait: Duration,
) -> Result<Exit, CliError> {
    if !yes && !context.ui.may_ask() {
        return Err(CliError::usage(
            "cannot ask for confirmation without a terminal; nothing was changed",
        )
        .hint("pass `--yes` to rebuild the lock file without confirmation"));
    }
    let me = holder::of(&context.environment);
    let mut store =
        LockStore::open(inputs::paths(context)?, Arc::new(SystemClock), &me, wait).await?;
    let manifest = inputs::manifest(context)?;
    let connection = platform::connect_to_read(context, &manifest.desired, store.paths()).await?;
    let session = connection.session(&manifest.desired);
    let lock = session.rebuilt(&connection.reader).await?;
    let path = store.paths().lock.clone();
    let count = render::instances(lock.instances.len());
    if !yes {
        let question = format!(
            "Rebuild {} from the {count} with this inventory's marker?",
            path.display(),
        );
        if !context
            .ui
            .confirm(&question)
            .map_err(SessionError::Question)?
        {
            return Err(SessionError::Declined.into());
        }
    }
    store.replace(lock)?;
    writeln!(
        context.ui.stdout(),
        "Lock file {}: {count}.",
        path.display()
    )
    .map_err(CliError::output)?;
    Ok(Exit::Success)
}
