//! Replaces files atomically and durably, readable by their owner only.
//!
//! Must not: know what the files hold.

#![expect(
    clippy::disallowed_methods,
    reason = "this edge owns the lock file and the folder beside it"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::Path;

use super::{LockError, LockPaths};
use crate::files::{self, Limits, ReadError};
use crate::ports::kill;

#[cfg(test)]
pub(super) use crate::files::SYNCED;
pub(super) use crate::files::{is_mount, parent_of, temporary_prefix};
use crate::files::{replace, resolve_symlinks, sync_folder};

/// A larger lock file or journal is damaged: 100,000 instances are some 100 MB.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// Replaces a file: at every moment either the old or the new content is there. The new file has
/// mode 0600 and is durable on return.
///
/// # Errors
/// [`LockError::Io`]; the old content is untouched then.
pub(super) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), LockError> {
    let path = resolve_symlinks(path);
    replace(&path, bytes, || Ok(true))
        .map(|_| ())
        .map_err(LockError::io("write", &path))
}

/// As [`write_atomic`], if the lock file still has the `old` content; answers whether it had. Between
/// that look and the rename nothing else happens.
pub(super) fn write_lock(
    paths: &LockPaths,
    bytes: &[u8],
    old: Option<&[u8]>,
) -> Result<bool, LockError> {
    let path = &paths.lock;
    let is_unchanged = || {
        kill::at(kill::KillPoint::BeforeRename);
        match files::read(path, Limits::bytes(MAX_BYTES)) {
            Ok(now) => Ok(Some(&*now) == old),
            Err(error) if error.is_missing() => Ok(old.is_none()),
            Err(error) => Err(error.into()),
        }
    };
    if !is_mount(path) {
        return replace(path, bytes, is_unchanged).map_err(LockError::io("write", path));
    }
    // Nothing can be renamed onto a mount.
    write_atomic(&paths.copy, bytes)?;
    if !is_unchanged().map_err(LockError::io("read", path))? {
        remove(&paths.copy);
        return Ok(false);
    }
    write_in_place(path, bytes).map_err(LockError::io("write", path))?;
    remove(&paths.copy);
    Ok(true)
}

/// Writes the lock file in place from its copy, if there is one. A process may have died in between.
pub(super) fn finish_copy(paths: &LockPaths) -> Result<(), LockError> {
    if let Some(copy) = unfinished_copy(paths)? {
        write_in_place(&paths.lock, &copy).map_err(LockError::io("write", &paths.lock))?;
    }
    remove(&paths.copy);
    Ok(())
}

/// The copy, where the lock file holds only its beginning: a write in place that did not end.
fn unfinished_copy(paths: &LockPaths) -> Result<Option<Vec<u8>>, LockError> {
    let Some(copy) = read(&paths.copy)? else {
        return Ok(None);
    };
    let written = read(&paths.lock)?;
    let is_begun = written.is_some_and(|part| part.len() < copy.len() && copy.starts_with(&part));
    Ok(is_begun.then_some(copy))
}

/// The content of the lock file, or `None` where there is none.
pub(super) fn read_lock(paths: &LockPaths) -> Result<Option<Vec<u8>>, LockError> {
    match unfinished_copy(paths)? {
        Some(copy) => Ok(Some(copy)),
        None => read(&paths.lock),
    }
}

fn write_in_place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    files::write_in_place(path, bytes, || kill::at(kill::KillPoint::BeforeRename))
}

/// Removes the temporary files of this file that killed runs left. Only under the exclusive lock:
/// the run that holds it may be writing one.
pub(super) fn sweep(path: &Path) {
    let prefix = temporary_prefix(path);
    let Ok(entries) = fs::read_dir(parent_of(path)) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            remove(&entry.path());
        }
    }
}

/// Removes a file if it can: one that stays does no harm.
pub(super) fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// The content, or `None` where there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, LockError> {
    match files::read(path, Limits::bytes(MAX_BYTES)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(LockError::io("read", path)(error.into())),
    }
}

/// Creates the folder beside the lock file, with mode 0700 and a `.gitignore` that hides it.
pub(super) fn create_state_folder(folder: &Path) -> Result<(), LockError> {
    let is_new = !folder.exists();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder
        .create(folder)
        .map_err(LockError::io("create", folder))?;
    if is_new {
        // The journal is not durable before its folder is.
        let parent = parent_of(folder);
        sync_folder(&parent).map_err(LockError::io("sync", &parent))?;
    }
    restrict_to_owner(folder, 0o700);
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        write_atomic(&ignore, b"*\n")?;
    }
    Ok(())
}

/// Opens the journal for appending. Creates it with mode 0600 where it is missing.
pub(super) fn open_journal(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let is_new = !path.exists();
    let file = options.open(path)?;
    restrict_to_owner(path, 0o600);
    if is_new {
        sync_folder(&parent_of(path))?;
    }
    Ok(file)
}

/// Replaces a file that is locked by one that is locked too, durably. Answers the new one.
pub(super) fn replace_locked(old: &File, path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut name = temporary_prefix(path);
    name.push_str("next");
    let temporary = path.with_file_name(name);
    remove(&temporary);
    let mut new = open_journal(&temporary)?;
    new.try_lock().map_err(io::Error::from)?;
    new.write_all(bytes)?;
    new.sync_all()?;
    if !is_same_file(old, path)? {
        return Err(io::Error::other("another file has its name"));
    }
    fs::rename(&temporary, path)?;
    sync_folder(&parent_of(path))?;
    Ok(new)
}

/// The content of an open file, from its beginning.
pub(super) fn read_open(mut file: &File) -> io::Result<Vec<u8>> {
    file.rewind()?;
    files::bounded(file, MAX_BYTES).map_err(ReadError::into)
}

/// Whether the path still names this open file. A lock on a file that was moved away, or deleted
/// with its folder, keeps no other run out.
#[cfg(unix)]
pub(super) fn is_same_file(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let open = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((open.dev(), open.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
pub(super) fn is_same_file(_file: &File, _path: &Path) -> io::Result<bool> {
    // An open file cannot be moved there.
    Ok(true)
}

/// Restores the mode, which a restored cache or a copy may have lost. Where this process is not the
/// owner, the mode stays as somebody set it.
#[cfg(unix)]
fn restrict_to_owner(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    if is_open_to_others(path) {
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode));
    }
}

#[cfg(not(unix))]
fn restrict_to_owner(_path: &Path, _mode: u32) {}

/// Whether other users have any access to a file.
#[cfg(unix)]
pub(super) fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(super) fn is_open_to_others(_path: &Path) -> bool {
    false
}
