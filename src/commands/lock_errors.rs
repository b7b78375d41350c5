//! Problems with the lock file as errors of the shell.

use crate::error::{CliError, Exit};
use crate::lockfile::LockError;

impl From<LockError> for CliError {
    fn from(error: LockError) -> Self {
        let exit = match &error {
            LockError::Io { .. } => Exit::Failed,
            LockError::Damaged { .. }
            | LockError::Newer { .. }
            | LockError::JournalDamaged { .. } => Exit::Lock,
            LockError::Held { .. } => Exit::Stale,
        };
        let mut converted = Self::new(exit, error.to_string());
        if let Some(source) = std::error::Error::source(&error) {
            converted = converted.because(source);
        }
        converted.hints.extend(error.hint());
        converted
    }
}
