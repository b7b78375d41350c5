//! Finds and reads the files of a manifest.
//!
//! Must not: decode or parse them.

#![expect(
    clippy::disallowed_methods,
    reason = "this edge reads the manifest; a folder's entries are sorted"
)]

use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::files::{self, Limits, ReadError, Standard};

/// A larger file is not a manifest: 100,000 instances are 22 MB.
pub(super) const LIMITS: Limits = Limits::bytes(64 * 1024 * 1024);

#[derive(Clone, Debug)]
pub struct SourceFile {
    /// As the user named it, for messages.
    pub name: String,
    /// The folder that `${file:…}` is relative to.
    pub folder: PathBuf,
    pub bytes: Vec<u8>,
}

/// Reads files, standard input, and folders' `*.yaml`, `*.yml` and `*.json` but not `*.lock.json`, sorted by name.
///
/// # Errors
/// Every file that cannot be read, and every folder without a manifest.
pub fn read(paths: &[PathBuf]) -> Result<Vec<SourceFile>, Diagnostics> {
    let mut files = Vec::new();
    let mut problems = Diagnostics::default();
    for path in paths {
        let read = if path.is_dir() {
            manifests_in(path).map(|found| found.iter().map(|path| read_file(path)).collect())
        } else {
            Ok(vec![read_file(path)])
        };
        for file in read.unwrap_or_else(|problem| vec![Err(problem)]) {
            match file {
                Ok(file) => files.push(file),
                Err(problem) => problems.extend(problem),
            }
        }
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(problems)
    }
}

/// The manifests in a folder, sorted.
fn manifests_in(folder: &Path) -> Result<Vec<PathBuf>, Diagnostics> {
    let name = folder.display().to_string();
    let entries = fs::read_dir(folder).and_then(|entries| {
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        paths.collect::<Result<Vec<_>, _>>()
    });
    let mut paths = entries.map_err(|error| unreadable(&name, &error.into()))?;
    paths.retain(|path| is_manifest(path));
    paths.sort();
    if paths.is_empty() {
        let problem = Diagnostic::error("empty-folder", "the folder contains no manifest");
        let hint = "add a `*.yaml`, `*.yml` or `*.json` file; subfolders are not read";
        return Err(only(problem.at(Place::whole(name)).hint(hint)));
    }
    Ok(paths)
}

pub(crate) fn is_manifest(path: &Path) -> bool {
    let Some(name) = path.file_name().map(|name| name.to_string_lossy()) else {
        return false;
    };
    let ending = [".yaml", ".yml", ".json"]
        .iter()
        .any(|ending| name.ends_with(ending));
    ending && !name.ends_with(".lock.json") && !name.starts_with('.') && !path.is_dir()
}

/// References to files are relative to its folder; those of a stream, which is in none, to the working folder.
fn read_file(path: &Path) -> Result<SourceFile, Diagnostics> {
    let is_input = Standard::named_by(path) == Some(Standard::Input);
    let name = if is_input {
        "<stdin>".to_owned()
    } else {
        path.display().to_string()
    };
    let folder = match path.parent() {
        Some(folder) if !files::is_stream(path) => folder,
        _ => Path::new(""),
    };
    let read = if is_input {
        files::read_standard_input(LIMITS)
    } else {
        files::read(path, LIMITS)
    };
    match read {
        Err(error) => Err(unreadable(&name, &error)),
        Ok(bytes) => Ok(SourceFile {
            name,
            folder: folder.to_owned(),
            bytes,
        }),
    }
}

fn unreadable(name: &str, error: &ReadError) -> Diagnostics {
    let (problem, hint) = match error {
        ReadError::TooLarge { limit } => (
            Diagnostic::error(
                "too-large",
                format!("the file is larger than {} MiB", limit / 1024 / 1024),
            ),
            Some("split the inventory into several files and pass their folder with `-f`"),
        ),
        _ => (
            Diagnostic::error("unreadable-file", format!("cannot read the file: {error}")),
            error
                .is_missing()
                .then_some("name the manifest with `-f FILE`; the default is `instances.yaml`"),
        ),
    };
    let problem = problem.at(Place::whole(name));
    only(hint.into_iter().fold(problem, Diagnostic::hint))
}

fn only(problem: Diagnostic) -> Diagnostics {
    let mut problems = Diagnostics::default();
    problems.push(problem);
    problems
}
