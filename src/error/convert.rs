//! The errors of the rooms below, each with its exit code.

use super::{CliError, Exit};
use crate::lockfile::LockError;
use crate::outputs::OutputsError;
use crate::ports::{RemoteError, RemoteErrorKind};
use crate::sandbox::SandboxError;
use crate::session::{Mismatch, SessionError};

impl From<SessionError> for CliError {
    fn from(error: SessionError) -> Self {
        let exit = match &error {
            SessionError::Lock(error) | SessionError::NotFolded(error) => of_lock(error),
            SessionError::Open(_) => Exit::Lock,
            SessionError::Remote(error) => of_remote(error),
            SessionError::Mismatch(Mismatch::Inventory { .. } | Mismatch::Moving { .. })
            | SessionError::Refused(_) => Exit::Refused,
            SessionError::Mismatch(
                Mismatch::Url { .. }
                | Mismatch::Pin { .. }
                | Mismatch::PinUnreadable { .. }
                | Mismatch::Organization { .. },
            ) => Exit::Authentication,
            SessionError::Unresolved(_)
            | SessionError::Warned(_)
            | SessionError::UnresolvedLater(_)
            | SessionError::NoSuchInstance { .. }
            | SessionError::NoSuchSelection { .. }
            | SessionError::NoSuchId(_)
            | SessionError::NothingSelected => Exit::Usage,
            SessionError::Interrupted => Exit::Interrupted,
            SessionError::Randomness(_)
            | SessionError::Journal(_)
            | SessionError::BrokenPlan(_)
            | SessionError::AbsenceUnproven { .. }
            | SessionError::RebuildUnproven { .. }
            | SessionError::Declined
            | SessionError::Deadline
            | SessionError::Output(_)
            | SessionError::Question(_) => Exit::Failed,
        };
        let hints = error.hints();
        Self {
            hints,
            ..Self::typed(exit, error)
        }
    }
}

impl From<LockError> for CliError {
    fn from(error: LockError) -> Self {
        SessionError::from(error).into()
    }
}

impl From<SandboxError> for CliError {
    fn from(error: SandboxError) -> Self {
        match error {
            SandboxError::NotLoopback(_) => Self::typed(Exit::Usage, error).hint(
                "pass `--allow-non-loopback` to allow it; anyone who reaches the address can read the sandbox's secrets",
            ),
            _ => Self::typed(Exit::Failed, error),
        }
    }
}

impl From<OutputsError> for CliError {
    fn from(error: OutputsError) -> Self {
        let (exit, hint) = match &error {
            OutputsError::NoToken { key } => {
                let hint = format!(
                    "run `connectorctl apply` to record it, or leave the instance out with `--exclude {key}`"
                );
                (Exit::Failed, Some(hint))
            }
            OutputsError::Sealed { .. } => (Exit::Lock, None),
            OutputsError::ControlCharacter { key } => {
                let hint =
                    format!("replace the instance with `connectorctl apply --replace {key}`");
                (Exit::Failed, Some(hint))
            }
            OutputsError::SameVariable { second, .. } => {
                let hint =
                    format!("rename one of them, or leave one out with `--exclude {second}`");
                (Exit::Usage, Some(hint))
            }
            OutputsError::InvalidPrefix
            | OutputsError::InvalidSecretName
            | OutputsError::Template { .. } => (Exit::Usage, None),
        };
        let error = Self::typed(exit, error);
        hint.into_iter().fold(error, Self::hint)
    }
}

fn of_lock(error: &LockError) -> Exit {
    match error {
        LockError::Io { .. } | LockError::Unusable { .. } | LockError::Seal(_) => Exit::Failed,
        LockError::Damaged { .. }
        | LockError::BrokenSeal { .. }
        | LockError::Newer { .. }
        | LockError::JournalDamaged { .. } => Exit::Lock,
        LockError::Held { .. } | LockError::Conflict { .. } => Exit::Stale,
    }
}

fn of_remote(error: &RemoteError) -> Exit {
    match error.kind {
        RemoteErrorKind::Authentication => Exit::Authentication,
        RemoteErrorKind::Ambiguous => Exit::Unknown,
        RemoteErrorKind::Forbidden
        | RemoteErrorKind::NotFound
        | RemoteErrorKind::Rejected
        | RemoteErrorKind::NotThePlatform
        | RemoteErrorKind::Unreachable
        | RemoteErrorKind::Disconnected => Exit::Failed,
    }
}
