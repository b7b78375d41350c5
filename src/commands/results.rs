//! Files that a command writes its result to: checked before the first write, written at the end.

use std::io;
use std::path::{Path, PathBuf};

use super::context::Context;
use crate::error::{CliError, Exit};
use crate::files::{self, Output, OutputError, Standard};
use crate::lockfile::LockPaths;
use crate::manifest;

/// The hint where a result was also printed.
pub(super) const PRINTED: &str =
    "the result is on standard output, and the lock file is not affected";

/// A file that an option names, such as `--report FILE`.
pub(super) struct ResultTarget {
    /// For messages.
    option: &'static str,
    path: PathBuf,
    output: Output,
}

impl ResultTarget {
    /// Opens the file that an option names, if it is given. Changes nothing yet.
    ///
    /// # Errors
    /// If it cannot be written, or this or a later run reads it.
    pub(super) fn open(
        context: &Context,
        paths: &LockPaths,
        option: &'static str,
        path: Option<&PathBuf>,
    ) -> Result<Option<Self>, CliError> {
        let Some(path) = path else {
            return Ok(None);
        };
        let named = format!("`{option} {}`", path.display());
        if let Some(what) = taken(context, paths, path) {
            let hint = "name another file, in a folder without manifests";
            let summary = format!("{named} is {what}; nothing was changed");
            return Err(CliError::usage(summary).hint(hint));
        }
        let output = Output::open(path).map_err(|error| {
            let exit = match error {
                OutputError::Directory | OutputError::BlockDevice => Exit::Usage,
                OutputError::NoReader { .. } | OutputError::Io(_) => Exit::Failed,
            };
            let summary = format!("cannot write to {named}; nothing was changed");
            CliError::caused_by(exit, summary, error)
        })?;
        let path = path.clone();
        Ok(Some(Self {
            option,
            path,
            output,
        }))
    }

    /// Replaces a file by what is known so far; durable on return. A stream gets only the whole result.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn checkpoint(&self, bytes: &[u8]) -> io::Result<()> {
        self.output.checkpoint(bytes)
    }

    /// Writes the whole result.
    ///
    /// # Errors
    /// The run itself is over, which the error says.
    pub(super) fn write(self, context: &Context, bytes: &[u8]) -> Result<(), CliError> {
        let Self {
            option,
            path,
            output,
        } = self;
        let written = match output {
            Output::Standard(Standard::Error) => context
                .ui
                .print_aside(|out| out.write_all(bytes))
                .map_err(Into::into),
            Output::Standard(_) => context
                .ui
                .print(|out| out.write_all(bytes))
                .map_err(Into::into),
            Output::Stream(_) | Output::Replaced(_) | Output::Overwritten(_) => output.write(bytes),
        };
        written.map_err(|error: OutputError| {
            let summary = format!(
                "the run is over, but its result could not be written to `{option} {}`",
                path.display()
            );
            CliError::caused_by(Exit::Failed, summary, error)
        })
    }
}

/// What reads this file, if anything does: writing to it would destroy an input of this run, or become one of
/// the next.
fn taken(context: &Context, paths: &LockPaths, path: &Path) -> Option<&'static str> {
    let LockPaths {
        lock,
        state_folder,
        journal: _,
        holder: _,
        copy: _,
    } = paths;
    if files::is_same(path, lock) {
        return Some("the lock file");
    }
    let folder = files::parent_of(&files::resolve_symlinks(path));
    if files::is_same(&folder, state_folder) {
        return Some("in the folder of the journal");
    }
    let given = &context.global.files;
    if given.iter().any(|given| files::is_same(path, given)) {
        return Some("a manifest");
    }
    let ca_file = context.global.connection.ca_file.as_ref();
    if ca_file.is_some_and(|ca_file| files::is_same(path, ca_file)) {
        return Some("the certificate file");
    }
    if !manifest::is_manifest(path) {
        return None;
    }
    let is_beside = given.iter().any(|given| {
        let is_read = given.is_dir() && files::is_same(&folder, given);
        // The next run would find two manifests that share a lock file.
        let same_stem = path.file_stem() == given.file_stem();
        is_read || (same_stem && files::is_same(&folder, &files::parent_of(given)))
    });
    is_beside.then_some("where the next run looks for a manifest")
}
