//! What the user's git says about the lock file. Without a git program nothing is known, and nothing is
//! wrong.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::context::Context;
use crate::error::CliError;
use crate::files;
use crate::model::Desired;

/// Warns of a lock file with plain tokens that a commit would take; an error with `--strict`.
///
/// # Errors
/// With `--strict`.
pub(super) fn check_plain(
    context: &Context,
    desired: &Desired,
    lock: &Path,
) -> Result<(), CliError> {
    if !desired.recipients.is_empty()
        || context.global.connection.sandbox
        || !is_in_work_tree(lock)
        || is_ignored(lock)
    {
        return Ok(());
    }
    let what = format!(
        "`{}` records tokens as plain text and is in a git work tree",
        lock.display()
    );
    let hint =
        "declare `lock.recipients` in the manifest to seal them, or add the file to `.gitignore`";
    if context.global.strict {
        return Err(CliError::usage(format!("{what}; nothing was changed")).hint(hint));
    }
    context.ui.warn(&format!("{what}; {hint}"));
    Ok(())
}

/// Says that earlier commits have plain tokens, and how to make them useless.
pub(super) fn warn_of_history(context: &Context, lock: &Path) {
    if !is_in_work_tree(lock) {
        return;
    }
    // A sealed token is an object, a plain one is a text.
    let plain = "-S\"token\": \"";
    let name = lock.file_name().unwrap_or_default();
    let arguments = ["log", "--all", "-n", "1", "--format=%h", plain, "--"];
    let found = git(lock, arguments.iter().map(OsStr::new).chain([name]));
    if let Some(commit) = found.as_deref().map(str::trim).filter(|it| !it.is_empty()) {
        context.ui.warn(&format!(
            "the git history has plaintext tokens (last changed in {commit}); whoever can read the \
             repository can use them; get new tokens with `connectorctl apply --replace KEY` for each \
             instance"
        ));
    }
}

/// Looked for before a process is started.
fn is_in_work_tree(lock: &Path) -> bool {
    work_tree(lock).is_some()
}

fn work_tree(file: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(files::parent_of(file)).ok()?;
    let mut folders = folder.ancestors();
    let top = folders.find(|folder| folder.join(".git").exists());
    top.map(Path::to_owned)
}

/// Whether a file would be in the work tree of another one.
pub(super) fn is_in_same_work_tree(file: &Path, other: &Path) -> bool {
    let other = std::path::absolute(other);
    work_tree(file).is_some_and(|top| other.is_ok_and(|other| other.starts_with(top)))
}

fn is_ignored(lock: &Path) -> bool {
    let name = lock.file_name().unwrap_or_default();
    let arguments = ["check-ignore", "--quiet", "--"];
    git(lock, arguments.iter().map(OsStr::new).chain([name])).is_some()
}

/// What git prints, run beside the lock file; `None` where it fails.
fn git<'a>(lock: &Path, arguments: impl Iterator<Item = &'a OsStr>) -> Option<String> {
    let output = Command::new("git")
        .current_dir(files::parent_of(lock))
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}
