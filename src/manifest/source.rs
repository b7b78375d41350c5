//! Finds and reads the files of a manifest.
//!
//! Must not: decode or parse them.

#![expect(
    clippy::disallowed_methods,
    reason = "this edge reads the manifest; a folder's entries are sorted"
)]

use std::fs;
use std::io::Read as _;
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
        if path.is_dir() {
            read_folder(path, &mut files, &mut problems);
        } else {
            read_file(path, &mut files, &mut problems);
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
    let mut bytes = Vec::new();
    let result = std::io::stdin()
        .lock()
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes);
    let problem = match result {
        Ok(length) if length as u64 <= MAX_BYTES => {
            return Ok(SourceFile {
                name: "<stdin>".to_owned(),
                folder: folder.to_owned(),
                bytes,
            });
        }
        Ok(_) => too_large(Path::new("<stdin>")),
        Err(error) => unreadable(Path::new("<stdin>"), &error),
    };
    let mut problems = Diagnostics::default();
    problems.push(problem);
    Err(problems)
}

fn read_folder(folder: &Path, files: &mut Vec<SourceFile>, problems: &mut Diagnostics) {
    let entries: Result<Vec<PathBuf>, _> = fs::read_dir(folder).and_then(|entries| {
        entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect()
    });
    let mut paths = match entries {
        Ok(paths) => paths,
        Err(error) => return problems.push(unreadable(folder, &error)),
    };
    paths.retain(|path| is_manifest(path));
    paths.sort();
    if paths.is_empty() {
        return problems.push(
            Diagnostic::error("empty-folder", "the folder contains no manifest")
                .at(Place::whole(folder.display().to_string()))
                .hint("add a `*.yaml`, `*.yml` or `*.json` file; subfolders are not read"),
        );
    }
    for path in paths {
        read_file(&path, files, problems);
    }
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

fn read_file(path: &Path, files: &mut Vec<SourceFile>, problems: &mut Diagnostics) {
    let large = fs::metadata(path).is_ok_and(|meta| meta.len() > MAX_BYTES);
    if large {
        return problems.push(too_large(path));
    }
    match fs::read(path) {
        Ok(bytes) => files.push(SourceFile {
            name: path.display().to_string(),
            folder: path.parent().map(Path::to_owned).unwrap_or_default(),
            bytes,
        }),
        Err(error) => problems.push(unreadable(path, &error)),
    }
}

fn too_large(path: &Path) -> Diagnostic {
    let limit = MAX_BYTES / 1024 / 1024;
    Diagnostic::error("too-large", format!("the file is larger than {limit} MiB"))
        .at(Place::whole(path.display().to_string()))
        .hint("split the inventory into several files and pass their folder with `-f`")
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    let problem = Diagnostic::error("unreadable-file", format!("cannot read the file: {error}"))
        .at(Place::whole(path.display().to_string()));
    if error.kind() == std::io::ErrorKind::NotFound {
        problem.hint("name the manifest with `-f FILE`; the default is `instances.yaml`")
    } else {
        problem
    }
}
