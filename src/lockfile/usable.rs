//! Whether lock file and journal can be used: plain files in plain folders that this user can write.
//!
//! What is found here is found before anything is sent. Afterwards instances would exist that no run
//! can record.

use std::fs::{self, FileType, OpenOptions};
use std::io;
use std::path::Path;

use super::{LockError, LockPaths, file};

const ELSEWHERE: &str = "pass `--lock` with a regular file in a directory of your own";
const WRITABLE: &str =
    "make it writable for this user, or pass `--lock` with a file in another directory";

/// Refuses everything that is not a plain file or folder. Reading from it may never end, and writing
/// may reach something else.
pub(super) fn check(paths: &LockPaths) -> Result<(), LockError> {
    let LockPaths {
        lock,
        state_folder,
        journal,
        holder,
        copy,
    } = paths;
    expect_plain(state_folder, FileType::is_dir)?;
    for path in [lock, journal, holder, copy] {
        expect_plain(path, FileType::is_file)?;
    }
    Ok(())
}

fn expect_plain(path: &Path, is_wanted: fn(&FileType) -> bool) -> Result<(), LockError> {
    let kind = match fs::symlink_metadata(path) {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(LockError::io("read", path)(error)),
    };
    if is_wanted(&kind) {
        return Ok(());
    }
    let hint = match fs::read_link(path) {
        Ok(target) if kind.is_symlink() => format!(
            "pass `--lock` with a path without the symbolic link; it points to `{}`",
            target.display()
        ),
        _ => ELSEWHERE.to_owned(),
    };
    Err(unusable(path, format!("it is {}", named(kind)), &hint))
}

fn named(kind: FileType) -> &'static str {
    if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_dir() {
        "a directory"
    } else if kind.is_file() {
        "not a directory"
    } else {
        special(kind)
    }
}

#[cfg(unix)]
fn special(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special(_kind: FileType) -> &'static str {
    "a device"
}

/// Writes beside the lock file and beside the journal. Only under the exclusive lock.
pub(super) fn probe(paths: &LockPaths) -> Result<(), LockError> {
    let LockPaths {
        lock, state_folder, ..
    } = paths;
    let probe = probe_folder(state_folder, lock)?;
    expect_own(state_folder, &probe)?;
    expect_one_name(lock)?;
    if file::is_mount(lock) {
        return OpenOptions::new()
            .write(true)
            .open(lock)
            .map(drop)
            .map_err(|error| unwritable(lock, &error));
    }
    let folder = file::parent_of(lock);
    probe_folder(&folder, lock)?;
    expect_replaceable(lock, &folder, &probe)
}

fn probe_folder(folder: &Path, lock: &Path) -> Result<tempfile::NamedTempFile, LockError> {
    tempfile::Builder::new()
        .prefix(&file::temporary_prefix(lock))
        .tempfile_in(folder)
        .map_err(|error| unwritable(folder, &error))
}

fn unwritable(path: &Path, error: &io::Error) -> LockError {
    unusable(path, format!("it cannot be written: {error}"), WRITABLE)
}

fn unusable(path: &Path, what: String, hint: &str) -> LockError {
    LockError::Unusable {
        path: path.to_owned(),
        what,
        hint: hint.to_owned(),
    }
}

/// The owner of the folder can read and replace what is in it: tokens.
#[cfg(unix)]
fn expect_own(folder: &Path, probe: &tempfile::NamedTempFile) -> Result<(), LockError> {
    use std::os::unix::fs::MetadataExt as _;
    let failed = || LockError::io("read", folder);
    let me = probe.as_file().metadata().map_err(failed())?.uid();
    let owner = fs::metadata(folder).map_err(failed())?.uid();
    // In a container the checkout often belongs to another user than root.
    if owner == me || me == 0 {
        return Ok(());
    }
    Err(unusable(
        folder,
        "it belongs to another user".to_owned(),
        "run as its owner, or pass `--lock` with a file in a directory of your own",
    ))
}

#[cfg(not(unix))]
fn expect_own(_folder: &Path, _probe: &tempfile::NamedTempFile) -> Result<(), LockError> {
    Ok(())
}

/// In a folder with the sticky bit, such as `/tmp`, only its owner replaces a file.
#[cfg(unix)]
fn expect_replaceable(
    lock: &Path,
    folder: &Path,
    probe: &tempfile::NamedTempFile,
) -> Result<(), LockError> {
    use std::os::unix::fs::MetadataExt as _;
    const STICKY: u32 = 0o1000;
    let failed = || LockError::io("read", lock);
    let Ok(owner) = fs::metadata(lock).map(|found| found.uid()) else {
        return Ok(());
    };
    let me = probe.as_file().metadata().map_err(failed())?.uid();
    let folder = fs::metadata(folder).map_err(failed())?;
    let is_sticky = folder.mode() & STICKY != 0;
    if !is_sticky || me == 0 || [owner, folder.uid()].contains(&me) {
        return Ok(());
    }
    Err(unusable(
        lock,
        "it belongs to another user, and its directory lets only the owner replace it".to_owned(),
        "run as its owner, or pass `--lock` with a file in a directory of your own",
    ))
}

#[cfg(not(unix))]
fn expect_replaceable(
    _lock: &Path,
    _folder: &Path,
    _probe: &tempfile::NamedTempFile,
) -> Result<(), LockError> {
    Ok(())
}

/// Replacing one name of a file leaves the other with the old content, and each name may have a
/// journal.
#[cfg(unix)]
fn expect_one_name(lock: &Path) -> Result<(), LockError> {
    use std::os::unix::fs::MetadataExt as _;
    if fs::metadata(lock).is_ok_and(|found| found.nlink() > 1) {
        return Err(unusable(
            lock,
            "it has a second name (a hard link), which would keep the old content".to_owned(),
            "remove the other name, or replace this one with a copy of the file",
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn expect_one_name(_lock: &Path) -> Result<(), LockError> {
    Ok(())
}
