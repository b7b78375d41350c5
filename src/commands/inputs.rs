//! Flags, files and environment as what a run is handed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::clock::SystemClock;
use super::context::Context;
use crate::cli::{KeyArgs, SelectionArgs};
use crate::diagnostic::{Capped, Diagnostics, capped};
use crate::error::CliError;
use crate::files;
use crate::lockfile::{LockKind, LockPaths, LockStore};
use crate::manifest::{self, LoadOptions};
use crate::model::InstanceKey;
use crate::reconcile::{Policy, Resend, Selection};
use crate::render;
use crate::session::{Manifest, SessionError};

/// Where lock file and journal are.
///
/// # Errors
/// If another manifest would use the same lock file by an accident of its name.
pub(super) fn paths(context: &Context) -> Result<LockPaths, CliError> {
    let global = &context.global;
    let fallback = PathBuf::from("instances.yaml");
    let first = global.files.first().unwrap_or(&fallback);
    // Nothing can be put beside a stream, such as `-` or `/dev/fd/63`.
    let first = if files::is_stream(first) {
        &fallback
    } else {
        first
    };
    let kind = if global.connection.sandbox {
        LockKind::Sandbox
    } else {
        LockKind::Real
    };
    let is_folder = first.is_dir();
    let paths = LockPaths::new(global.lock.as_deref(), first, is_folder, kind);
    if global.lock.is_none()
        && !is_folder
        && let Some(rival) = manifest::rival(first, &global.files)
    {
        let (first, rival) = (first.display(), rival.display());
        let lock = paths.lock.display();
        let summary = format!("`{first}` and `{rival}` would share the lock file `{lock}`");
        return Err(CliError::usage(summary)
            .hint("rename one of them, or pass `--lock` with a lock file of its own"));
    }
    Ok(paths)
}

/// Opens the lock file for writing, within this time.
pub(super) async fn store(context: &Context, wait: Duration) -> Result<LockStore, CliError> {
    let me = context.environment.holder();
    Ok(LockStore::open(paths(context)?, Arc::new(SystemClock), &me, wait).await?)
}

/// Reads the manifest; prints its warnings, fails on its errors.
pub(super) fn manifest(context: &Context) -> Result<Manifest, CliError> {
    let files = manifest::read(&context.global.files).map_err(CliError::invalid)?;
    let options = LoadOptions {
        strict: context.global.strict,
    };
    let mut loaded = manifest::load(&files, options);
    loaded.read_recipients(options);
    let Some(desired) = loaded.desired else {
        return Err(CliError::invalid(loaded.diagnostics));
    };
    print_warnings(context, &loaded.diagnostics);
    Ok(Manifest {
        desired,
        places: loaded.places,
    })
}

pub(super) fn print_warnings(context: &Context, warnings: &Diagnostics) {
    if !context.global.output.quiet {
        // The command continues if stderr is closed.
        let _ = context
            .ui
            .print_aside(|out| render::diagnostics::human(warnings, context.ui.length(), out));
    }
}

pub(super) fn policy(arguments: &SelectionArgs) -> Result<Policy, CliError> {
    let SelectionArgs {
        keys: selected,
        replace,
        prune,
        resend_secrets,
        accept_secrets,
        recreate_vanished,
        assume_absent,
        max_changes,
        max_deletes,
    } = arguments;
    let keys = |option, keys: &[String]| {
        let no_such = |key| move |_| SessionError::no_such_instance(option, key, []);
        let keys = keys.iter();
        keys.map(|key| InstanceKey::new(key.as_str()).map_err(no_such(key)))
            .collect::<Result<_, _>>()
    };
    let secrets = if *accept_secrets {
        Resend::Accept
    } else if resend_secrets.is_empty() {
        Resend::Compare
    } else {
        Resend::Send(resend_secrets.iter().cloned().collect())
    };
    Ok(Policy {
        selection: selection(selected),
        prune: prune.iter().copied().collect(),
        replace: keys("--replace", replace)?,
        secrets,
        recreate_vanished: *recreate_vanished,
        assume_absent: keys("--assume-absent", assume_absent)?,
        max_changes: *max_changes,
        max_deletes: max_deletes.unwrap_or_default(),
    })
}

pub(super) fn selection(arguments: &KeyArgs) -> Selection {
    let KeyArgs { target, exclude } = arguments;
    Selection {
        targets: target.iter().cloned().collect(),
        excludes: exclude.iter().cloned().collect(),
    }
}

/// Whether a question can be asked, where one is needed: before anything else is done.
pub(super) fn may_confirm(context: &Context, yes: bool, what: &str) -> Result<(), CliError> {
    if yes || context.ui.may_ask() {
        return Ok(());
    }
    let summary = "cannot ask for confirmation without a terminal; nothing was changed";
    let hint = format!("pass `--yes` to {what} without confirmation");
    Err(CliError::usage(summary).hint(hint))
}

/// Names the creates of earlier runs that are still open.
pub(super) fn warn_of_unsettled<'k>(
    context: &Context,
    keys: impl IntoIterator<Item = &'k InstanceKey>,
) {
    let keys: Vec<&InstanceKey> = keys.into_iter().collect();
    let Capped { shown, left_out } = capped(context.ui.length(), keys, |_| "unsettled");
    for key in shown {
        context.ui.warn(&format!(
            "{key}: the outcome of a create is unknown; run `connectorctl apply` to settle it"
        ));
    }
    for more in left_out {
        context.ui.warn(&more);
    }
}

/// Where other users can read the lock file.
pub(super) fn warn_of_permissions(paths: &LockPaths) {
    tracing::info!(
        path = %paths.lock.display(),
        "lock file is readable by other users and contains plaintext tokens"
    );
}
