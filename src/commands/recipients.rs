//! Who a first manifest is sealed for: `init` offers an identity to whoever has none.

use std::path::{Path, PathBuf};

use super::clock::SystemClock;
use super::context::Context;
use super::{git, identities};
use crate::cli::InitArgs;
use crate::error::{CliError, Exit};
use crate::files;
use crate::ports::Clock as _;
use crate::sealing::{NewIdentity, check_recipient};

/// The recipients to declare.
///
/// # Errors
/// If one is invalid, or the identity cannot be made.
pub(super) fn recipients(
    context: &Context,
    arguments: &InitArgs,
    manifest: &Path,
) -> Result<Vec<String>, CliError> {
    let mut recipients = Vec::new();
    for recipient in &arguments.recipients {
        check_recipient(recipient).map_err(|error| {
            CliError::caused_by(Exit::Usage, "invalid `--recipient`", error).hint(error.hint())
        })?;
        recipients.push(recipient.clone());
    }
    if let Some(path) = wanted(context, arguments, manifest)? {
        recipients.push(of_identity(context, &path, manifest)?);
    }
    recipients.dedup();
    if recipients.is_empty() {
        context
            .ui
            .say("Tokens will be plain text in the lock file.");
        context
            .ui
            .say("Pass `--identity`, or declare `lock.recipients`, to seal them.");
    }
    Ok(recipients)
}

/// Where the identity is or will be; `None` where none is wanted.
fn wanted(
    context: &Context,
    arguments: &InitArgs,
    manifest: &Path,
) -> Result<Option<PathBuf>, CliError> {
    let default = || {
        identities::default_file(context).ok_or_else(|| {
            CliError::usage("no folder for an identity is known").hint("pass `--identity FILE`")
        })
    };
    match &arguments.identity {
        Some(Some(path)) => Ok(Some(path.clone())),
        Some(None) => default().map(Some),
        None if arguments.recipients.is_empty() && context.ui.may_ask() => {
            let Ok(path) = default() else {
                return Ok(None);
            };
            if git::is_in_same_work_tree(manifest, &path) {
                return Ok(None);
            }
            let what = match path.exists() {
                true => "your age identity",
                false => "a new age identity",
            };
            let question = format!(
                "Seal the tokens in the lock file with {what} ({})? [Y/n] ",
                path.display()
            );
            let answer = context.ui.ask(&question).map_err(CliError::output)?;
            let is_wanted = matches!(answer.to_lowercase().as_str(), "" | "y" | "yes");
            Ok(is_wanted.then_some(path))
        }
        None => Ok(None),
    }
}

/// The recipient of an identity file, which is created where there is none.
fn of_identity(context: &Context, path: &Path, manifest: &Path) -> Result<String, CliError> {
    if path.exists() {
        let file = identities::read_identity(path)?;
        return NewIdentity::recipient_of(&file).ok_or_else(|| {
            let summary = format!("`{}` has no age identity to read", path.display());
            CliError::usage(summary).hint(
                "pass the public key of an identity that is encrypted or in a plugin with `--recipient`",
            )
        });
    }
    if git::is_in_same_work_tree(manifest, path) {
        let summary = format!("`{}` is inside the repository", path.display());
        return Err(CliError::usage(summary).hint(
            "an identity opens every token: keep it outside, as `--identity` without a file does",
        ));
    }
    let created = humantime::format_rfc3339_seconds(SystemClock.now().into());
    let identity = NewIdentity::generate(&created.to_string());
    files::create_private(path, identity.file.expose().as_bytes()).map_err(|error| {
        let summary = format!("cannot write `{}`", path.display());
        CliError::caused_by(Exit::Failed, summary, error)
    })?;
    context.ui.say(&format!(
        "Created the identity {}. Keep a copy: without it nobody opens the tokens.",
        path.display()
    ));
    Ok(identity.recipient)
}
