//! Replacing a file atomically and durably, and nobody else reading it.

#![expect(
    clippy::disallowed_methods,
    reason = "this edge owns the lock file and the folder beside it"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::LockError;
use crate::ports::kill;

/// Temporary files start with this, so that what a killed process left can be swept, and hidden
/// from git by one line: they hold what the lock file will hold.
const TEMPORARY: &str = ".connectorctl-new-";
/// As many as the kernel follows.
const MOST_LINKS: usize = 40;

/// Where a name finally points, whether or not anything is there: a replaced symlink would turn a
/// shared file into a private copy.
pub(super) fn target(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(link) = fs::read_link(&path) else {
            break;
        };
        path = folder_of(&path).join(link);
    }
    path
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The start of the names of one file's temporary files. Several lock files may stand in one folder,
/// and the sweep of one run must not take what another is writing.
pub(super) fn prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let digest = blake3::hash(name.as_bytes()).to_hex();
    format!("{TEMPORARY}{}-", &digest[..8])
}

/// Writes a file so that at every moment the old or the new content is there whole; mode 0600;
/// durable on return.
///
/// # Errors
/// [`LockError::Io`]; the old content is untouched then.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), LockError> {
    replace(path, bytes, || {})
}

/// As [`write_atomic`], for the one file a test may ask to die over.
pub(super) fn write_lock(path: &Path, bytes: &[u8]) -> Result<(), LockError> {
    replace(path, bytes, || kill::at(kill::KillPoint::BeforeRename))
}

fn replace(path: &Path, bytes: &[u8], before_rename: fn()) -> Result<(), LockError> {
    let path = target(path);
    write(&path, bytes, before_rename).map_err(|source| LockError::Io {
        action: "write",
        path,
        source,
    })
}

fn write(path: &Path, bytes: &[u8], before_rename: fn()) -> io::Result<()> {
    let folder = folder_of(path);
    // `tempfile` makes its files with mode 0600.
    let mut temporary = tempfile::Builder::new()
        .prefix(&prefix(path))
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

/// Removes the temporary files that killed runs left of this file. Only under the exclusive lock: a
/// running one has its own.
pub(super) fn sweep(path: &Path) {
    let path = target(path);
    let prefix = prefix(&path);
    let Ok(entries) = fs::read_dir(folder_of(&path)) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            // Left behind is untidy and no more.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Removes a file that is of use only while this process runs.
pub(super) fn remove(path: &Path) {
    let _ = fs::remove_file(path);
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
    close_to_others(folder, 0o700);
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        write(&ignore, b"*\n", || {}).map_err(failed)?;
    }
    Ok(())
}

/// Opens the journal for appending, made with mode 0600 where it is not there.
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
    close_to_others(path, 0o600);
    if is_new {
        sync_folder(&folder_of(path))?;
    }
    Ok(file)
}

/// The content of an open file, from its beginning.
pub(super) fn read_open(mut file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether a name still stands for an open file. A lock on a file that was moved away, or deleted
/// with its folder, keeps nobody out.
#[cfg(unix)]
pub(super) fn is_still(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let open = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((open.dev(), open.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
pub(super) fn is_still(_file: &File, _path: &Path) -> io::Result<bool> {
    // An open file cannot be moved there.
    Ok(true)
}

/// Takes away what others than the owner may do: a cache that is restored, or a copy, may have lost
/// the mode. Only the owner can; where somebody else is, that is how it was set up.
#[cfg(unix)]
fn close_to_others(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    if is_open_to_others(path) {
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode));
    }
}

#[cfg(not(unix))]
fn close_to_others(_path: &Path, _mode: u32) {}

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
