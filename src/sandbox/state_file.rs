//! The state file: whatever a response reported survives the death of the process.
//!
//! One thread writes. A request that changed something waits for a write that contains the change, and
//! requests that wait at the same time share one write. Must not: know what is in the state.

#![expect(
    clippy::disallowed_methods,
    reason = "the sandbox owns its state file and the folder it is in"
)]

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::oneshot;

use super::error::SandboxError;
use super::state::{PlatformState, VERSION};

type Done = oneshot::Sender<Result<(), String>>;
/// Serializes the state at the moment of a write.
pub(super) type Snapshot = Box<dyn Fn() -> Vec<u8> + Send>;

pub(super) struct StateFile {
    waiting: Sender<Done>,
    /// Held while the sandbox runs.
    _lock: File,
}

/// Locks the state file for this process, and reads it if it exists.
pub(super) fn open(path: &Path) -> Result<(File, Option<PlatformState>), SandboxError> {
    let failed = |source| SandboxError::StateFile {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        make_folder(folder).map_err(failed)?;
    }
    let lock_path = lock_path(path);
    let lock = File::options()
        .create(true)
        .append(true)
        .open(&lock_path)
        .map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(SandboxError::InUse {
                path: path.to_owned(),
            });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    let state = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(source) => return Err(failed(source)),
        Ok(bytes) => {
            let state: PlatformState =
                serde_json::from_slice(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes))
                    .map_err(|source| SandboxError::Damaged {
                        path: path.to_owned(),
                        line: source.line(),
                    })?;
            if state.version != VERSION {
                return Err(SandboxError::Version {
                    path: path.to_owned(),
                    found: state.version,
                });
            }
            Some(state)
        }
    };
    Ok((lock, state))
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

impl StateFile {
    pub(super) fn new(path: PathBuf, lock: File, snapshot: Snapshot) -> Result<Self, SandboxError> {
        let (waiting, jobs) = channel();
        let own = path.clone();
        std::thread::Builder::new()
            .name("sandbox-state".to_owned())
            .spawn(move || run(&own, &jobs, &snapshot))
            .map_err(|source| SandboxError::StateFile { path, source })?;
        Ok(Self {
            waiting,
            _lock: lock,
        })
    }

    /// Returns once the present state is in the file.
    pub(super) async fn save(&self) -> Result<(), String> {
        let (done, waits) = oneshot::channel();
        let gone = || "the writer thread of the sandbox state file has ended".to_owned();
        self.waiting.send(done).map_err(|_| gone())?;
        waits.await.map_err(|_| gone())?
    }
}

fn run(path: &Path, jobs: &Receiver<Done>, snapshot: &Snapshot) {
    while let Ok(first) = jobs.recv() {
        // These were queued during the last write; the snapshot below contains their changes.
        let mut served = vec![first];
        served.extend(jobs.try_iter());
        let result = write(path, &snapshot()).map_err(|error| error.to_string());
        for done in served {
            // The client may have disconnected.
            let _ = done.send(result.clone());
        }
    }
}

/// Replaces the file atomically. A sandbox need not survive a power failure, so there is no `fsync`.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut temporary = tempfile::Builder::new()
        .prefix(".sandbox-new-")
        .tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}
