//! The state file: whatever a response reported survives the death of the process. Must not: know what
//! is in the state.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::error::SandboxError;
use super::state::{PlatformState, VERSION};
use crate::files::{self, Limits};

/// A larger file is not a state file: 100,000 instances are some 200 MB.
const LIMITS: Limits = Limits::bytes(1024 * 1024 * 1024);

pub(super) struct StateFile {
    path: PathBuf,
    /// Held while the sandbox runs.
    _lock: File,
    /// After how many changes the state was written last.
    pub(super) saved: Option<u64>,
}

impl StateFile {
    /// Locks the state file for this process, and reads it if it exists.
    pub(super) fn open(path: PathBuf) -> Result<(Self, Option<PlatformState>), SandboxError> {
        let failed = |source| failed(&path, source);
        if files::is_stream(&path) {
            let what = "it is a pipe or a device; expected a regular file";
            return Err(failed(io::Error::other(what)));
        }
        make_folder(folder(&path)).map_err(failed)?;
        let mut options = File::options();
        let lock = options.create(true).append(true).open(lock_path(&path));
        let lock = lock.map_err(failed)?;
        files::restrict_to_owner(&lock).map_err(failed)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => SandboxError::InUse { path: path.clone() },
            TryLockError::Error(source) => failed(source),
        })?;
        let state = match files::read(&path, LIMITS) {
            Err(error) if error.is_missing() => None,
            Err(error) => return Err(failed(error.into())),
            Ok(bytes) => Some(parse(&path, &bytes)?),
        };
        let file = Self {
            path,
            _lock: lock,
            saved: None,
        };
        Ok((file, state))
    }

    /// Replaces the file atomically. A sandbox need not survive a power failure, so there is no `fsync`.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), SandboxError> {
        let replace = || {
            let mut temporary = tempfile::Builder::new()
                .prefix(".sandbox-new-")
                .tempfile_in(folder(&self.path))?;
            files::restrict_to_owner(temporary.as_file())?;
            temporary.write_all(bytes)?;
            temporary.persist(&self.path).map_err(|error| error.error)
        };
        replace()
            .map(drop)
            .map_err(|source| failed(&self.path, source))
    }
}

/// Gives a state another name, unless a state has that name.
///
/// # Errors
/// Where the file cannot be renamed.
#[expect(clippy::disallowed_methods, reason = "this edge owns the state file")]
pub fn rename_state(from: &Path, to: &Path) -> Result<(), SandboxError> {
    if !from.exists() || to.exists() {
        return Ok(());
    }
    fs::rename(from, to).map_err(|source| failed(from, source))
}

fn failed(path: &Path, source: io::Error) -> SandboxError {
    SandboxError::StateFile {
        path: path.to_owned(),
        source,
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<PlatformState, SandboxError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let state: PlatformState =
        serde_json::from_slice(bytes).map_err(|source| SandboxError::Damaged {
            path: path.to_owned(),
            line: source.line(),
        })?;
    if state.version != VERSION {
        return Err(SandboxError::Version {
            path: path.to_owned(),
            found: state.version,
        });
    }
    Ok(state)
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Its state holds tokens, so that only its owner may enter it.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}
