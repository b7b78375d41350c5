//! Why a lock file or a journal cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::InstanceKey;
use crate::sealing::SealError;

/// A problem with the lock file, its journal, or the exclusive lock. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// A verb, such as `read`.
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The lock file has content that this program never writes. Line and column count from 1.
    #[error("{}:{line}:{column}: lock file is damaged: {what}", path.display())]
    Damaged {
        path: PathBuf,
        line: usize,
        column: usize,
        /// What is wrong, without any value of the file.
        what: String,
        hint: &'static str,
    },
    /// A sealed token that does not fit the rest of the file.
    #[error("`{}`: the token of `{key}` {what}", path.display())]
    BrokenSeal {
        path: PathBuf,
        key: InstanceKey,
        what: String,
    },
    /// Nothing was written.
    #[error("cannot seal a token")]
    Seal(#[from] SealError),
    /// Written by a newer version of the program.
    #[error(
        "`{}` has format version {found}, but this version of connectorctl reads up to version \
         {known}",
        path.display()
    )]
    Newer {
        path: PathBuf,
        found: u64,
        known: u64,
    },
    /// A complete line of the journal cannot be read. Lines count from 1.
    #[error("{}:{line}: journal is damaged", path.display())]
    JournalDamaged { path: PathBuf, line: usize },
    /// Not a regular file or directory, owned by another user, or not writable.
    #[error("cannot use `{}`: {what}", path.display())]
    Unusable {
        path: PathBuf,
        what: String,
        hint: String,
    },
    /// Somebody changed the lock file while the run was recording, and it cannot be merged.
    #[error("`{}` was changed during the run: {what}; it was not written", path.display())]
    Conflict { path: PathBuf, what: String },
    /// Another process holds the exclusive lock.
    #[error("lock file is held by {holder}")]
    Held { holder: String },
}

impl LockError {
    /// For `map_err`: `action` failed on `path`.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { source, .. }
                if [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem]
                    .contains(&source.kind()) =>
            {
                Some(
                    "make it writable for this user, or pass `--lock` with a file in another directory"
                        .to_owned(),
                )
            }
            Self::Io { .. } | Self::Seal(_) => None,
            Self::Damaged { hint, .. } => Some((*hint).to_owned()),
            Self::BrokenSeal { .. } => Some(
                "restore the entry and `dataKeys` from your repository; a merge keeps the data keys of both sides"
                    .to_owned(),
            ),
            Self::Newer { .. } => {
                Some("use the version of connectorctl that wrote it, or a later one".to_owned())
            }
            Self::JournalDamaged { path, .. } => Some(format!(
                "nothing was changed; move `{}` away and run `connectorctl apply --settle-first`, \
                 which waits one settle window and adopts what an earlier run created; add \
                 `--resend-secrets` if that run was changing secrets",
                path.display()
            )),
            Self::Unusable { hint, .. } => Some(hint.clone()),
            Self::Conflict { .. } => Some(
                "put the right version of the lock file in its place: every result of this run is in \
                 the journal"
                    .to_owned(),
            ),
            Self::Held { .. } => {
                Some("wait until it ends, or pass `--lock-timeout 5m` to wait here".to_owned())
            }
        }
    }
}
