//! `connectorctl lock merge`, `lock resolve` and `lock diff`: the lock file in a git repository.

use std::path::Path;

use super::clock::SystemClock;
use super::context::Context;
use super::inputs;
use crate::cli::{MergeArgs, ResolveArgs};
use crate::error::{CliError, Exit};
use crate::files::{self, Limits};
use crate::lockfile::{self, Side, merge_files, read_merged, read_version};
use crate::render;

/// No `.gitattributes` is longer.
const MAX_BYTES: u64 = 1024 * 1024;

/// Merges as git asks for it, or tells git to ask.
pub(super) fn merge(context: &Context, arguments: &MergeArgs) -> Result<Exit, CliError> {
    let MergeArgs {
        base,
        ours,
        theirs,
        path,
        install: _,
    } = arguments;
    let (Some(base), Some(ours), Some(theirs)) = (base, ours, theirs) else {
        return install(context);
    };
    let conflicts = merge_files(base, ours, theirs)?;
    let shown = path.as_ref().unwrap_or(ours).display().to_string();
    let shown = render::one_line(&shown);
    for (key, conflict) in &conflicts {
        let what = conflict.what();
        context.ui.warn(&format!(
            "{shown}: conflict of `{key}`: {what}; run `connectorctl lock resolve {key} --ours` or `--theirs`"
        ));
    }
    Ok(match conflicts.is_empty() {
        true => Exit::Success,
        false => Exit::Failed,
    })
}

/// Each user has to allow the program: git takes no commands from a repository.
fn install(context: &Context) -> Result<Exit, CliError> {
    let lock = inputs::paths(context)?.lock;
    let attributes = lock.with_file_name(".gitattributes");
    let failed = |source: std::io::Error| {
        let summary = format!("cannot write `{}`", attributes.display());
        CliError::caused_by(Exit::Failed, summary, source)
    };
    let present = match files::read(&attributes, Limits::bytes(MAX_BYTES)) {
        Ok(bytes) => bytes,
        Err(error) if error.is_missing() => Vec::new(),
        Err(error) => return Err(failed(error.into())),
    };
    let line = format!("{} merge=connectorctl diff=connectorctl", pattern(&lock));
    let mut lines = present.split(|byte| *byte == b'\n');
    if !lines.any(|known| known.trim_ascii() == line.as_bytes()) {
        let is_open = !present.is_empty() && !present.ends_with(b"\n");
        let start = if is_open { "\n" } else { "" };
        let added = format!("{start}{line}\n");
        files::append(&attributes, added.as_bytes()).map_err(failed)?;
    }
    let printed = context.ui.print(|out| {
        writeln!(
            out,
            "git config merge.connectorctl.driver \"connectorctl lock merge %O %A %B %P\""
        )?;
        writeln!(
            out,
            "git config diff.connectorctl.textconv \"connectorctl lock diff\""
        )
    });
    printed.map_err(CliError::output)?;
    let shown = attributes.display().to_string();
    context.ui.say(&format!(
        "Commit `{}`, and run these commands in each clone.",
        render::one_line(&shown)
    ));
    Ok(Exit::Success)
}

/// The name as a pattern of git. `?` stands for each byte that would need quoting.
fn pattern(lock: &Path) -> String {
    let name = lock.file_name().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let bytes = name.as_encoded_bytes().iter();
    let plain = bytes.map(|byte| {
        if is_plain(*byte) {
            char::from(*byte)
        } else {
            '?'
        }
    });
    std::iter::once('/').chain(plain).collect()
}

/// Takes one side of conflicts.
pub(super) async fn resolve(context: &Context, arguments: &ResolveArgs) -> Result<Exit, CliError> {
    let ResolveArgs {
        keys,
        all,
        ours,
        theirs: _,
        lock_timeout,
    } = arguments;
    let paths = inputs::paths(context)?;
    let side = if *ours { Side::Ours } else { Side::Theirs };
    let keys = (!all).then_some(&keys[..]);
    let me = context.environment.holder();
    let held = (&me, *lock_timeout);
    let left = lockfile::resolve(&paths, &SystemClock, held, keys, side).await?;
    let shown = paths.lock.display().to_string();
    let shown = render::one_line(&shown);
    let count = render::many(left, "conflict");
    let printed = context
        .ui
        .print(|out| writeln!(out, "Lock file {shown}: {count} left."));
    printed.map_err(CliError::output)?;
    Ok(Exit::Success)
}

/// What differs between two versions, or what one has.
pub(super) fn diff(context: &Context, old: &Path, new: Option<&Path>) -> Result<Exit, CliError> {
    let Some(new) = new else {
        // Git asks for this in the middle of a merge, too.
        let (lock, conflicts) = read_merged(old)?;
        let printed = context
            .ui
            .print(|out| render::lock_diff::content(&lock, &conflicts, out));
        printed.map_err(CliError::output)?;
        return Ok(Exit::Success);
    };
    let (before, after) = (read_version(old)?, read_version(new)?);
    let printed = context
        .ui
        .print(|out| render::lock_diff::changes(&before, &after, out));
    printed.map_err(CliError::output)?;
    Ok(Exit::Success)
}
