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

use super::{LockError, LockPaths};
use crate::ports::kill;

/// The start of a temporary file's name. What a killed process leaves can be found by it, and one
/// line hides it from git: such a file holds tokens, as the lock file does.
const TEMPORARY: &str = ".connectorctl-new-";
/// As many as the Linux kernel follows.
const MAX_SYMLINKS: usize = 40;

/// Where a name finally points, whether or not a file is there. Replacing a symlink would turn a
/// shared file into a private copy.
fn resolve_symlinks(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_SYMLINKS {
        let Ok(link) = fs::read_link(&path) else {
            break;
        };
        path = parent_of(&path).join(link);
    }
    path
}

pub(super) fn parent_of(path: &Path) -> PathBuf {
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
        match fs::read(path) {
            Ok(now) => Ok(Some(&*now) == old),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(old.is_none()),
            Err(error) => Err(error),
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
    let mut file = OpenOptions::new().write(true).truncate(true).open(path)?;
    kill::at(kill::KillPoint::BeforeRename);
    file.write_all(bytes)?;
    file.sync_all()
}

fn replace(
    path: &Path,
    bytes: &[u8],
    may_replace: impl FnOnce() -> io::Result<bool>,
) -> io::Result<bool> {
    let folder = parent_of(path);
    // `tempfile` creates files with mode 0600.
    let mut temporary = tempfile::Builder::new()
        .prefix(&temporary_prefix(path))
        .tempfile_in(&folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    if !may_replace()? {
        return Ok(false);
    }
    temporary.persist(path).map_err(|error| error.error)?;
    sync_folder(&folder)?;
    Ok(true)
}

/// Whether a file is a mount of its own, as a container has that mounts one file.
#[cfg(target_os = "linux")]
pub(super) fn is_mount(path: &Path) -> bool {
    use std::os::unix::ffi::OsStrExt as _;
    let (Ok(path), Ok(mounts)) = (fs::canonicalize(path), fs::read("/proc/self/mountinfo")) else {
        return false;
    };
    let escaped: Vec<u8> = path
        .as_os_str()
        .as_bytes()
        .iter()
        .copied()
        .flat_map(escape)
        .collect();
    // The fifth member of a line is where it is mounted.
    let mut lines = mounts.split(|byte| *byte == b'\n');
    lines.any(|line| line.split(|byte| *byte == b' ').nth(4) == Some(&escaped[..]))
}

/// As the kernel writes the byte of a path in a list of mounts.
#[cfg(target_os = "linux")]
fn escape(byte: u8) -> Vec<u8> {
    match byte {
        b' ' | b'\t' | b'\n' | b'\\' => format!("\\{byte:03o}").into_bytes(),
        other => vec![other],
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_mount(_path: &Path) -> bool {
    false
}
#[cfg(test)]
thread_local! {
    /// The folders that a test has made durable.
    pub(super) static SYNCED: std::cell::RefCell<Vec<PathBuf>> = const { std::cell::RefCell::new(Vec::new()) };
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(test)]
    SYNCED.with_borrow_mut(|synced| synced.push(folder.to_owned()));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
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
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LockError::io("read", path)(error)),
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
