//! Opens an output before the first write of a run, so that what cannot be written is found in time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::replace::{
    is_mount, parent_of, replace, resolve_symlinks, temporary_prefix, write_in_place,
};
use super::stream::{Standard, is_block_device, is_descriptor};
use super::timed::timed;

/// How long a pipe may have no reader.
const MAX_WAIT: Duration = Duration::from_secs(120);

/// Where a result is written at the end of a run.
#[derive(Debug)]
pub(crate) enum Output {
    /// A stream of this process, which belongs to whoever owns the terminal.
    Standard(Standard),
    /// A pipe, a device, or an open file of a process: written as it is. Replacing it would take it away from
    /// whoever else has it.
    Stream(File),
    /// A plain file, which is replaced.
    Replaced(PathBuf),
    /// A plain file that cannot be replaced: a mount, or in a folder that is not writable.
    Overwritten(PathBuf),
}

/// Why an output cannot be written to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    #[error("it is a directory")]
    Directory,
    /// Writing there would destroy a file system.
    #[error("it is a block device")]
    BlockDevice,
    #[error("nothing reads from it within {seconds} s")]
    NoReader { seconds: u64 },
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Output {
    /// Opens what a path names. Changes nothing yet.
    ///
    /// # Errors
    /// [`OutputError`].
    pub(crate) fn open(path: &Path) -> Result<Self, OutputError> {
        Self::open_within(path, MAX_WAIT)
    }

    pub(super) fn open_within(path: &Path, wait: Duration) -> Result<Self, OutputError> {
        if let Some(stream @ (Standard::Output | Standard::Error)) = Standard::named_by(path) {
            return Ok(Self::Standard(stream));
        }
        let target = resolve_symlinks(path);
        let found = match fs::metadata(path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                probe(&target)?;
                return Ok(Self::Replaced(target));
            }
            Err(error) => return Err(error.into()),
        };
        if found.is_dir() {
            return Err(OutputError::Directory);
        }
        if is_block_device(&found) {
            return Err(OutputError::BlockDevice);
        }
        if !found.is_file() || is_descriptor(path) {
            return open_stream(path, wait).map(Self::Stream);
        }
        match probe(&target) {
            Ok(()) if !is_mount(&target) => Ok(Self::Replaced(target)),
            probed => match OpenOptions::new().write(true).open(&target) {
                Ok(_) => Ok(Self::Overwritten(target)),
                Err(error) => Err(probed.err().unwrap_or(error).into()),
            },
        }
    }

    /// Writes all of it. The streams of this process are left to whoever owns them.
    ///
    /// # Errors
    /// If it is not all written, or a pipe is not read in time.
    pub(crate) fn write(self, bytes: &[u8]) -> Result<(), OutputError> {
        self.write_within(bytes, MAX_WAIT)
    }

    /// Replaces a file that is written anew at the end; durable on return. A stream cannot be.
    ///
    /// # Errors
    /// If it is not all written.
    pub(crate) fn checkpoint(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Standard(_) | Self::Stream(_) => Ok(()),
            Self::Replaced(path) => replace(path, bytes, || Ok(true)).map(drop),
            Self::Overwritten(path) => write_in_place(path, bytes, || ()),
        }
    }

    pub(super) fn write_within(self, bytes: &[u8], wait: Duration) -> Result<(), OutputError> {
        match self {
            Self::Standard(_) => Ok(()),
            Self::Stream(mut stream) => {
                let bytes = bytes.to_owned();
                let write = move || stream.write_all(&bytes).and_then(|()| stream.flush());
                within(wait, write)
            }
            Self::Replaced(path) => {
                replace(&path, bytes, || Ok(true))?;
                Ok(())
            }
            Self::Overwritten(path) => Ok(write_in_place(&path, bytes, || ())?),
        }
    }
}

/// Whether a new file can be made beside this one.
fn probe(path: &Path) -> io::Result<()> {
    tempfile::Builder::new()
        .prefix(&temporary_prefix(path))
        .tempfile_in(parent_of(path))
        .map(drop)
}

/// A named pipe can be opened only once somebody reads from it. What others have written to an open file stays.
fn open_stream(path: &Path, wait: Duration) -> Result<File, OutputError> {
    let path = path.to_owned();
    within(wait, move || OpenOptions::new().append(true).open(path))
}

/// The result of `work`, if somebody reads in time.
fn within<T: Send + 'static>(
    wait: Duration,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, OutputError> {
    let seconds = wait.as_secs();
    Ok(timed(wait, work).ok_or(OutputError::NoReader { seconds })??)
}
