//! What a name stands for: a plain file, or a stream that can be neither read twice nor replaced.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::replace::{follow, parent_of};

/// One of the streams of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standard {
    Input,
    Output,
    Error,
}

impl Standard {
    /// The stream that a path names, also through symbolic links such as `/var/log/app -> /dev/stdout`.
    pub(crate) fn named_by(path: &Path) -> Option<Self> {
        follow(path).find_map(|path| match path.to_str()? {
            "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0" => Some(Self::Input),
            "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => Some(Self::Output),
            "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => Some(Self::Error),
            _ => None,
        })
    }
}

/// Whether a path is an open file of a process: `/dev/fd/63` of a process substitution.
pub(super) fn is_descriptor(path: &Path) -> bool {
    follow(path).any(|path| {
        let folder = parent_of(&path);
        folder == Path::new("/dev/fd") || (folder.starts_with("/proc") && folder.ends_with("fd"))
    })
}

/// Whether a path is a pipe, a device or an open file of a process: no place to put a file beside.
pub(crate) fn is_stream(path: &Path) -> bool {
    Standard::named_by(path).is_some()
        || is_descriptor(path)
        || fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

#[cfg(unix)]
pub(super) fn is_block_device(found: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    found.file_type().is_block_device()
}

#[cfg(not(unix))]
pub(super) fn is_block_device(_found: &Metadata) -> bool {
    false
}

/// Whether two paths are one file, whether or not it exists yet.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one_found), Ok(other_found)) => {
            is_same_file(&one_found, &other_found) || place(one) == place(other)
        }
        (Err(_), Err(_)) => place(one) == place(other),
        _ => false,
    }
}

#[cfg(unix)]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same_file(_one: &Metadata, _other: &Metadata) -> bool {
    false
}

/// The path with its folder spelled out, as two names of one folder have it.
fn place(path: &Path) -> PathBuf {
    let last = follow(path).last().unwrap_or_else(|| path.to_owned());
    let folder = parent_of(&last);
    let folder = fs::canonicalize(&folder).unwrap_or(folder);
    folder.join(last.file_name().unwrap_or_default())
}
