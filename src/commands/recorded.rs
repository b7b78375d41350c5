//! What the lock file and its journal record, for verbs that need neither manifest nor platform.

use super::context::Context;
use super::{account, inputs, sealing};
use crate::cli::{KeyArgs, VariableArgs};
use crate::error::{CliError, Exit};
use crate::lockfile::LockView;
use crate::model::{InstanceKey, Lock, LockedInstance, Secret};
use crate::outputs::{Account, Outputs};
use crate::reconcile::Selection;
use crate::session::{SessionError, selects};

/// What lock file and journal hold.
///
/// # Errors
/// If one cannot be used.
pub(super) fn view(context: &Context) -> Result<LockView, CliError> {
    Ok(LockView::recorded(&inputs::paths(context)?)?)
}

/// Every recorded instance.
///
/// # Errors
/// If nothing is recorded, or the lock file cannot be used.
pub(super) fn lock(context: &Context) -> Result<Lock, CliError> {
    let view = view(context)?;
    lock_of(context, &view).cloned()
}

/// The lock of a view.
///
/// # Errors
/// If nothing is recorded.
pub(super) fn lock_of<'v>(context: &Context, view: &'v LockView) -> Result<&'v Lock, CliError> {
    let paths = inputs::paths(context)?;
    inputs::warn_of_unsettled(context, view.intents.keys());
    view.lock.as_ref().ok_or_else(|| {
        let summary = format!("no lock file at `{}`", paths.lock.display());
        CliError::new(Exit::Failed, summary)
            .hint("run `connectorctl apply` to create it, or pass `--lock` or `--file`")
    })
}

/// One recorded instance.
///
/// # Errors
/// If the key is not recorded.
pub(super) fn instance<'l>(
    lock: &'l Lock,
    key: &str,
) -> Result<(&'l InstanceKey, &'l LockedInstance), CliError> {
    let mut instances = lock.instances.iter();
    instances
        .find(|(recorded, _)| recorded.as_str() == key)
        .ok_or_else(|| SessionError::no_such_instance("KEY", key, lock.instances.keys()).into())
}

/// The selected keys.
///
/// # Errors
/// If an option matches no recorded key, or all of them leave none.
pub(super) fn selection(lock: &Lock, arguments: &KeyArgs) -> Result<Selection, CliError> {
    let selection = inputs::selection(arguments);
    selects(&selection, &lock.instances.keys().collect())?;
    Ok(selection)
}

/// The secrets of the account, where whole headers are wanted.
///
/// # Errors
/// If one is not set.
pub(super) fn account(
    context: &Context,
    is_wanted: bool,
) -> Result<Option<(Secret, Secret)>, CliError> {
    if is_wanted && context.global.connection.sandbox {
        let summary = "`--header` cannot be used with `--sandbox`";
        return Err(CliError::usage(summary)
            .hint("run `connectorctl sandbox` and use the variables that it prints"));
    }
    is_wanted.then(|| account::account(context)).transpose()
}

/// The selected instances with their tokens, handed to a function.
///
/// # Errors
/// If one has no token, or the account's secrets are needed and not set.
pub(super) fn with_outputs<T>(
    context: &Context,
    keys: &KeyArgs,
    variables: &VariableArgs,
    then: impl FnOnce(&Outputs<'_>) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let mut lock = lock(context)?;
    let selection = selection(&lock, keys)?;
    sealing::open(context, &mut lock, |key| selection.includes(key.as_str()))?;
    let account = account(context, variables.header)?;
    let account = account
        .as_ref()
        .map(|(user, organization)| Account { user, organization });
    let outputs = Outputs::new(&lock, |key| selection.includes(key.as_str()), account)?;
    then(&outputs)
}
