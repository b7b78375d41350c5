//! Replaces files atomically and durably, readable by their owner only.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the one place that replaces files"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The start of a temporary file's name. What a killed process leaves can be found by it, and one
/// line hides it from git: such a file holds tokens, as the lock file does.
const TEMPORARY: &str = ".connectorctl-new-";
/// As many as the Linux kernel follows.
const MAX_SYMLINKS: usize = 40;

/// The path, and where each symbolic link on its way points, whether or not a file is there.
pub(super) fn follow(path: &Path) -> impl Iterator<Item = PathBuf> {
    let next = |path: &PathBuf| Some(parent_of(path).join(fs::read_link(path).ok()?));
    std::iter::successors(Some(path.to_owned()), next).take(MAX_SYMLINKS + 1)
}

/// Where a name finally points. Replacing a symlink would turn a shared file into a private copy.
pub(crate) fn resolve_symlinks(path: &Path) -> PathBuf {
    follow(path).last().unwrap_or_else(|| path.to_owned())
}

pub(crate) fn parent_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The start of the names of one file's temporary files. Several lock files may share a folder, and
/// the sweep of one run must not remove what another run is writing.
pub(crate) fn temporary_prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let digest = blake3::hash(name.as_bytes()).to_hex();
    format!("{TEMPORARY}{}-", &digest[..8])
}

/// Replaces a file, unless `may_replace` says no: at every moment either the old or the new content is there.
/// The new file has mode 0600 and is durable on return. Answers whether the file was replaced.
///
/// # Errors
/// The old content is untouched then.
pub(crate) fn replace(
    path: &Path,
    bytes: &[u8],
    may_replace: impl FnOnce() -> io::Result<bool>,
) -> io::Result<bool> {
    replace_as(path, bytes, restrict_to_owner, may_replace)
}

/// Replaces a file that others read too, so that its permissions stay. Answers whether it was replaced:
/// not if it has other bytes than these by now.
///
/// # Errors
/// The old content is untouched then, unless the file is a mount, which can only be overwritten.
pub(crate) fn update(path: &Path, before: &[u8], bytes: &[u8]) -> io::Result<bool> {
    let path = resolve_symlinks(path);
    let is_unchanged = || Ok(fs::read(&path)? == before);
    if is_mount(&path) {
        return match is_unchanged()? {
            true => write_in_place(&path, bytes, || ()).map(|()| true),
            false => Ok(false),
        };
    }
    let permissions = fs::metadata(&path)?.permissions();
    let keep = |file: &File| file.set_permissions(permissions);
    replace_as(&path, bytes, keep, is_unchanged)
}

fn replace_as(
    path: &Path,
    bytes: &[u8],
    permit: impl FnOnce(&File) -> io::Result<()>,
    may_replace: impl FnOnce() -> io::Result<bool>,
) -> io::Result<bool> {
    let folder = parent_of(path);
    let mut temporary = tempfile::Builder::new()
        .prefix(&temporary_prefix(path))
        .tempfile_in(&folder)?;
    permit(temporary.as_file())?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    if !may_replace()? {
        return Ok(false);
    }
    temporary.persist(path).map_err(|error| error.error)?;
    sync_folder(&folder)?;
    Ok(true)
}

/// Gives a file of this process mode 0600, which `umask` may have narrowed or left wider.
///
/// # Errors
/// If the file belongs to somebody else.
#[cfg(unix)]
pub(crate) fn restrict_to_owner(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o777 == 0o600 {
        return Ok(());
    }
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
pub(crate) fn restrict_to_owner(_file: &File) -> io::Result<()> {
    Ok(())
}

/// Overwrites a file, for what cannot be replaced. `begun` is called when the file is empty.
///
/// # Errors
/// The file may hold only the beginning then.
pub(crate) fn write_in_place(path: &Path, bytes: &[u8], begun: impl FnOnce()) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).truncate(true).open(path)?;
    begun();
    file.write_all(bytes)?;
    file.sync_all()
}

/// Adds to a file, or makes it.
///
/// # Errors
/// If it cannot be opened or written.
pub(crate) fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(bytes)
}

/// Makes a file that must not be there yet.
///
/// # Errors
/// If it is there, or cannot be written.
pub(crate) fn create_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The same for a file that holds a secret: only its owner can ever read it. Its folder is created too.
///
/// # Errors
/// As for [`create_new`].
pub(crate) fn create_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    folder.recursive(true);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        folder.mode(0o700);
        options.mode(0o600);
    }
    folder.create(parent_of(path))?;
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Whether a file is a mount of its own, as a container has that mounts one file.
#[cfg(target_os = "linux")]
pub(crate) fn is_mount(path: &Path) -> bool {
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
pub(crate) fn is_mount(_path: &Path) -> bool {
    false
}

#[cfg(test)]
thread_local! {
    /// The folders that a test has made durable.
    pub(crate) static SYNCED: std::cell::RefCell<Vec<PathBuf>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Makes the names in a folder durable.
///
/// # Errors
/// If the folder cannot be opened or synced.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(test)]
    SYNCED.with_borrow_mut(|synced| synced.push(folder.to_owned()));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
