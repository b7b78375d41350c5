//! Replaces files atomically and durably, readable by their owner only.
//!
//! Must not: know what the files hold.

#![expect(
    clippy::disallowed_methods,
    reason = "this edge owns the lock file and the folder beside it"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::LockError;
use crate::ports::kill;

/// The start of a temporary file's name. What a killed process leaves can be found by it, and one
/// line hides it from git: such a file holds tokens, as the lock file does.
const TEMPORARY: &str = ".connectorctl-new-";
/// As many as the Linux kernel follows.
const MAX_SYMLINKS: usize = 40;

/// Where a name finally points, whether or not a file is there. Replacing a symlink would turn a
/// shared file into a private copy.
pub(super) fn resolve_symlinks(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_SYMLINKS {
        let Ok(link) = fs::read_link(&path) else {
            break;
        };
        path = parent_of(&path).join(link);
    }
    path
}

fn parent_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The start of the names of one file's temporary files. Several lock files may share a folder, and
/// the sweep of one run must not remove what another run is writing.
pub(super) fn temporary_prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let digest = blake3::hash(name.as_bytes()).to_hex();
    format!("{TEMPORARY}{}-", &digest[..8])
}

/// Replaces a file: at every moment either the old or the new content is there. The new file has
/// mode 0600 and is durable on return.
///
/// # Errors
/// [`LockError::Io`]; the old content is untouched then.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), LockError> {
    replace(path, bytes, || {})
}

/// As [`write_atomic`], with a point at which a test may kill the process.
pub(super) fn write_lock(path: &Path, bytes: &[u8]) -> Result<(), LockError> {
    replace(path, bytes, || kill::at(kill::KillPoint::BeforeRename))
}

fn replace(path: &Path, bytes: &[u8], before_rename: fn()) -> Result<(), LockError> {
    let path = resolve_symlinks(path);
    write(&path, bytes, before_rename).map_err(LockError::io("write", &path))
}

fn write(path: &Path, bytes: &[u8], before_rename: fn()) -> io::Result<()> {
    let folder = parent_of(path);
    // `tempfile` creates files with mode 0600.
    let mut temporary = tempfile::Builder::new()
        .prefix(&temporary_prefix(path))
        .tempfile_in(&folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    before_rename();
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

/// Removes the temporary files of this file that killed runs left. Only under the exclusive lock:
/// the run that holds it may be writing one.
pub(super) fn sweep(path: &Path) {
    let path = resolve_symlinks(path);
    let prefix = temporary_prefix(&path);
    let Ok(entries) = fs::read_dir(parent_of(&path)) else {
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
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LockError::io("read", path)(error)),
    }
}

/// Creates the folder beside the lock file, with mode 0700 and a `.gitignore` that hides it.
pub(super) fn create_state_folder(folder: &Path) -> Result<(), LockError> {
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
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
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
