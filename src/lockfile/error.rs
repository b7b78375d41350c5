//! Why a lock file or a journal cannot be used.

use std::io;
use std::path::PathBuf;

/// A problem with the lock file, its journal, or the right to use them. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// A file could not be read or written.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The lock file is not what this tool writes.
    #[error("{}:{line}:{column}: the lock file is damaged: {what}", path.display())]
    Damaged {
        /// The lock file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong, without any value of the file.
        what: String,
        /// How to mend it.
        hint: String,
    },
    /// Written by a newer version of the tool.
    #[error("{} has format version {found}, and this program knows {known}", path.display())]
    Newer {
        /// The lock file or journal.
        path: PathBuf,
        /// In the file.
        found: u64,
        /// The newest this program knows.
        known: u64,
    },
    /// The journal has an unreadable record that is not its torn end.
    #[error("{}:{line}: the journal is damaged", path.display())]
    JournalDamaged {
        /// The journal.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// Another run holds the lock.
    #[error("another apply holds the lock: {holder}")]
    Held {
        /// Who, since when.
        holder: String,
    },
}

impl LockError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { .. } => None,
            Self::Damaged { hint, .. } => Some(hint.clone()),
            Self::Newer { .. } => {
                Some("use the version of connectorctl that wrote it, or a later one".to_owned())
            }
            Self::JournalDamaged { path, .. } => Some(format!(
                "nothing was changed. Move {} away and run `connectorctl apply --settle-first`: it \
                 waits one settle window and takes in by its marker whatever was created. Add \
                 --resend-secrets where the run that wrote it was changing secrets",
                path.display()
            )),
            Self::Held { .. } => {
                Some("wait for it, or pass --lock-timeout 5m to wait here".to_owned())
            }
        }
    }
}
