//! Reads an input: a limited number of bytes, and, unless it is a regular file, for a limited time.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the one place that opens inputs"
)]

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use super::stream::is_block_device;
use super::timed::timed;

/// How long a pipe or a device may take. The writer of a pipe may have work to do first, or may never come.
const MAX_WAIT: Duration = Duration::from_secs(120);

/// How much of an input is read, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) bytes: u64,
    /// For pipes, devices and everything else that is not a regular file.
    pub(crate) wait: Duration,
}

impl Limits {
    pub(crate) const fn bytes(bytes: u64) -> Self {
        Self {
            bytes,
            wait: MAX_WAIT,
        }
    }
}

/// Why an input was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("it is larger than {}", size(*.limit))]
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    #[error("no end of it within {seconds} s; it is a pipe or a device")]
    Endless { seconds: u64 },
    #[error("it is a block device")]
    BlockDevice,
}

impl ReadError {
    /// Whether there is no such file.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> Self {
        let kind = match error {
            ReadError::Io(error) => return error,
            ReadError::TooLarge { .. } => io::ErrorKind::FileTooLarge,
            ReadError::Endless { .. } => io::ErrorKind::TimedOut,
            ReadError::BlockDevice => io::ErrorKind::InvalidInput,
        };
        Self::new(kind, error)
    }
}

fn size(bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = KIB * KIB;
    match bytes {
        whole if whole >= MIB && whole % MIB == 0 => format!("{} MiB", whole / MIB),
        whole if whole >= KIB && whole % KIB == 0 => format!("{} KiB", whole / KIB),
        _ => format!("{bytes} bytes"),
    }
}

/// The content of a file.
///
/// # Errors
/// [`ReadError`].
pub(crate) fn read(path: &Path, limits: Limits) -> Result<Vec<u8>, ReadError> {
    let found = fs::metadata(path)?;
    if is_block_device(&found) {
        return Err(ReadError::BlockDevice);
    }
    if found.len() > limits.bytes {
        let limit = limits.bytes;
        return Err(ReadError::TooLarge { limit });
    }
    // It may grow. Files of `/proc` have no length, and reading some of them never ends.
    if found.is_file() && found.len() > 0 {
        return bounded(File::open(path)?, limits.bytes);
    }
    let path = path.to_owned();
    within(limits, move || File::open(path))
}

/// What standard input has.
///
/// # Errors
/// [`ReadError`].
pub(crate) fn read_standard_input(limits: Limits) -> Result<Vec<u8>, ReadError> {
    within(limits, || Ok(io::stdin()))
}

/// What a stream yields, from opening it to its end. After a timeout its thread stays behind.
///
/// # Errors
/// [`ReadError`].
pub(crate) fn within<R: Read>(
    limits: Limits,
    open: impl FnOnce() -> io::Result<R> + Send + 'static,
) -> Result<Vec<u8>, ReadError> {
    let read = move || bounded(open()?, limits.bytes);
    let seconds = limits.wait.as_secs();
    timed(limits.wait, read).unwrap_or(Err(ReadError::Endless { seconds }))
}

/// What is left to read of an open file.
///
/// # Errors
/// If reading fails, or there is more than `max` bytes.
pub(crate) fn bounded(from: impl Read, max: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let length = from.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if length as u64 > max {
        return Err(ReadError::TooLarge { limit: max });
    }
    Ok(bytes)
}
