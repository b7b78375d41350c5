//! Replacing a file atomically and durably, and nobody else reading it.

#![expect(
    clippy::disallowed_methods,
    reason = "this edge owns the lock file and the folder beside it"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::LockError;
use crate::ports::kill;

/// Temporary files start with this, so that what a killed process left can be swept.
const TEMPORARY: &str = ".connectorctl-new-";

/// Where a name finally points: a replaced symlink would turn a shared file into a private copy.
fn target(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Writes a file so that at every moment the old or the new content is there whole; mode 0600;
/// durable on return.
///
/// # Errors
/// [`LockError::Io`]; the old content is untouched then.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), LockError> {
    let path = target(path);
    write(&path, bytes).map_err(|source| LockError::Io {
        action: "write",
        path,
        source,
    })
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    // `tempfile` makes its files with mode 0600.
    let mut temporary = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(&folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    kill::at(kill::KillPoint::BeforeRename);
    temporary.persist(path).map_err(|error| error.error)?;
    sync_folder(&folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes temporary files of killed runs. Only under the exclusive lock: a running one has its own.
pub(super) fn sweep(path: &Path) {
    let Ok(entries) = fs::read_dir(folder_of(&target(path))) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            // Left behind is untidy and no more.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The content, or `None` where there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, LockError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LockError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        }),
    }
}

/// Makes the folder beside the lock file: for the owner alone, and hidden from git by itself.
pub(super) fn make_state_folder(folder: &Path) -> Result<(), LockError> {
    let failed = |source| LockError::Io {
        action: "make the folder",
        path: folder.to_owned(),
        source,
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder).map_err(failed)?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        write(&ignore, b"*\n").map_err(failed)?;
    }
    Ok(())
}

/// Opens the journal for appending, made with mode 0600 where it is not there.
pub(super) fn open_journal(path: &Path) -> Result<File, LockError> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
        .open(path)
        .and_then(|file| sync_folder(&folder_of(path)).map(|()| file))
        .map_err(|source| LockError::Io {
            action: "open",
            path: path.to_owned(),
            source,
        })
}

/// Whether others than the owner may read a file.
#[cfg(unix)]
pub(super) fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(super) fn is_open_to_others(_path: &Path) -> bool {
    false
}
