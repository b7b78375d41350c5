//! `connectorctl lock verify` and `lock rebuild`.

use std::time::Duration;

use super::context::Context;
use super::platform::{self, Purpose};
use super::waiting;
use super::{inputs, sealing};
use crate::error::{CliError, Exit};
use crate::lockfile::LockView;
use crate::model::Drift;
use crate::reconcile::recipients_missing;
use crate::render;
use crate::session::{SessionError, Verified};

/// Compares the lock file with the platform and writes nothing.
pub(super) async fn verify(
    context: &Context,
    deadline: Option<Duration>,
) -> Result<Exit, CliError> {
    let paths = inputs::paths(context)?;
    let manifest = inputs::manifest(context)?;
    let view = LockView::read(&paths, &manifest.desired.inventory)?;
    let Some(lock) = &view.lock else {
        let summary = format!("no lock file at `{}`", paths.lock.display());
        return Err(CliError::new(Exit::Failed, summary).hint(
            "run `connectorctl apply` to create it, or `connectorctl lock rebuild` to restore it from the platform",
        ));
    };
    let deadline = waiting::deadline(deadline);
    let purpose = Purpose::Read(waiting::settings(context, deadline));
    let connection = platform::connect(context, &manifest.desired, &paths, purpose).await?;
    let session = connection.session(&manifest.desired);
    let verified = session.verify(&connection.reader, lock, &view);
    let mut verified = waiting::until(deadline, verified).await?;
    verified.drop_validity();
    sealing::warn_of_change(context, &manifest.desired, lock);
    show(context, &verified)?;
    Ok(if verified.drifted.is_empty() {
        Exit::Success
    } else {
        Exit::Changes
    })
}

fn show(context: &Context, verified: &Verified) -> Result<(), CliError> {
    let Verified {
        instances,
        drifted,
        unsettled,
        states: _,
    } = verified;
    let printed = context.ui.print(|out| {
        render::drift::lines(drifted, context.ui.length(), out)?;
        if drifted.is_empty() {
            let instances = render::many(*instances, "instance");
            writeln!(out, "Lock file matches the platform: {instances}.")
        } else {
            let count: usize = drifted.iter().map(Drift::differences).sum();
            writeln!(out, "{}.", render::many(count, "difference"))
        }
    });
    printed.map_err(CliError::output)?;
    inputs::warn_of_unsettled(context, unsettled);
    Ok(())
}

/// Writes the lock file anew from the instances that carry our marker. Nothing is written to the
/// platform.
pub(super) async fn rebuild(
    context: &Context,
    yes: bool,
    wait: Duration,
    deadline: Option<Duration>,
) -> Result<Exit, CliError> {
    inputs::may_confirm(context, yes, "rebuild the lock file")?;
    let mut store = inputs::store(context, wait).await?;
    let manifest = inputs::manifest(context)?;
    if let Some(sealer) = sealing::sealer(context, &manifest.desired) {
        store.seal_with(sealer);
    }
    let deadline = waiting::deadline(deadline);
    let purpose = Purpose::Read(waiting::settings(context, deadline));
    let connection = platform::connect(context, &manifest.desired, store.paths(), purpose).await?;
    let session = connection.session(&manifest.desired);
    let old = store.view(&manifest.desired.inventory);
    if let Some(lock) = &old.lock
        && let Some(refusal) = recipients_missing(&manifest.desired, lock)
    {
        return Err(SessionError::Refused(vec![refusal]).into());
    }
    let lock = waiting::until(deadline, session.rebuilt(&connection.reader, &old)).await?;
    let path = store.paths().lock.clone();
    let shown = render::one_line(&path.display().to_string());
    let count = render::many(lock.instances.len(), "instance");
    if !yes {
        let question = format!("Rebuild {shown} from the {count} with this inventory's marker?",);
        if !context
            .ui
            .confirm(&question)
            .map_err(SessionError::Question)?
        {
            return Err(SessionError::Declined.into());
        }
    }
    let mut entries = lock.instances.iter();
    let without_token = entries.find(|(_, entry)| entry.token.is_none());
    let without_token = without_token.map(|(key, _)| key.clone());
    store.replace(lock)?;
    let printed = context
        .ui
        .print(|out| writeln!(out, "Lock file {shown}: {count}."));
    printed.map_err(CliError::output)?;
    if let Some(key) = without_token {
        let summary = format!("the platform returned no token for `{key}`");
        return Err(CliError::new(Exit::Partial, summary).hint(
            "run `connectorctl apply` with the credentials of the user who owns the instance, or \
             replace it with `--replace`",
        ));
    }
    Ok(Exit::Success)
}
