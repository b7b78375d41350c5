//! Finds and reads the files of a manifest.
//!
//! Must not: decode or parse them.

#![expect(
    clippy::disallowed_methods,
    reason = "this edge reads the manifest; a folder's entries are sorted"
)]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics, Place};

/// A larger file is not a manifest: 100,000 instances are 22 MB.
pub(super) const MAX_BYTES: u64 = 64 * 1024 * 1024;

#[derive(Clone, Debug)]
pub struct SourceFile {
    /// As the user named it, for messages.
    pub name: String,
    /// The folder that `${file:…}` is relative to.
    pub folder: PathBuf,
    pub bytes: Vec<u8>,
}

/// Reads files, and folders' `*.yaml`, `*.yml` and `*.json` but not `*.lock.json`, sorted by name.
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

/// Reads standard input as a file; references to files are relative to `folder`.
///
/// # Errors
/// If it cannot be read or is too large.
pub(crate) fn standard_input(folder: &Path) -> Result<SourceFile, Diagnostics> {
    source_file("<stdin>".to_owned(), folder, std::io::stdin().lock())
}

/// The manifests in a folder, sorted.
fn manifests_in(folder: &Path) -> Result<Vec<PathBuf>, Diagnostics> {
    let name = folder.display().to_string();
    let entries = fs::read_dir(folder).and_then(|entries| {
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        paths.collect::<Result<Vec<_>, _>>()
    });
    let mut paths = entries.map_err(|error| unreadable(&name, &error))?;
    paths.retain(|path| is_manifest(path));
    paths.sort();
    if paths.is_empty() {
        let problem = Diagnostic::error("empty-folder", "the folder contains no manifest");
        let hint = "add a `*.yaml`, `*.yml` or `*.json` file; subfolders are not read";
        return Err(only(problem.at(Place::whole(name)).hint(hint)));
    }
    Ok(paths)
}

pub(super) fn is_manifest(path: &Path) -> bool {
    let Some(name) = path.file_name().map(|name| name.to_string_lossy()) else {
        return false;
    };
    let ending = [".yaml", ".yml", ".json"]
        .iter()
        .any(|ending| name.ends_with(ending));
    ending && !name.ends_with(".lock.json") && !name.starts_with('.') && !path.is_dir()
}

fn read_file(path: &Path) -> Result<SourceFile, Diagnostics> {
    let name = path.display().to_string();
    let file = fs::File::open(path).map_err(|error| unreadable(&name, &error))?;
    source_file(name, path.parent().unwrap_or(Path::new("")), file)
}

fn source_file(name: String, folder: &Path, from: impl Read) -> Result<SourceFile, Diagnostics> {
    let mut bytes = Vec::new();
    match from.take(MAX_BYTES + 1).read_to_end(&mut bytes) {
        Err(error) => Err(unreadable(&name, &error)),
        Ok(length) if length as u64 > MAX_BYTES => {
            let limit = MAX_BYTES / 1024 / 1024;
            let message = format!("the file is larger than {limit} MiB");
            let hint = "split the inventory into several files and pass their folder with `-f`";
            let problem = Diagnostic::error("too-large", message);
            Err(only(problem.at(Place::whole(name)).hint(hint)))
        }
        Ok(_) => Ok(SourceFile {
            name,
            folder: folder.to_owned(),
            bytes,
        }),
    }
}

fn unreadable(name: &str, error: &std::io::Error) -> Diagnostics {
    let problem = Diagnostic::error("unreadable-file", format!("cannot read the file: {error}"))
        .at(Place::whole(name));
    only(if error.kind() == std::io::ErrorKind::NotFound {
        problem.hint("name the manifest with `-f FILE`; the default is `instances.yaml`")
    } else {
        problem
    })
}

fn only(problem: Diagnostic) -> Diagnostics {
    let mut problems = Diagnostics::default();
    problems.push(problem);
    problems
}
