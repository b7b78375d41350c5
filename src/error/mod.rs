//! The one error of the shell, and the one place where it becomes an exit code.
//!
//! Must not: print. `ui` does.

mod exit;

pub use exit::Exit;

use crate::diagnostic::Diagnostics;
use crate::ports::{RemoteError, RemoteErrorKind};

/// Why a command ends without success.
#[derive(Debug)]
pub struct CliError {
    /// The code the process ends with.
    pub exit: Exit,
    /// What went wrong, in one sentence.
    pub summary: String,
    /// The chain of causes, outermost first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hints: Vec<String>,
    /// Problems of the manifest, where that is what went wrong.
    pub diagnostics: Option<Diagnostics>,
}

impl CliError {
    /// An error with this code.
    pub fn new(exit: Exit, summary: impl Into<String>) -> Self {
        Self {
            exit,
            summary: summary.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            diagnostics: None,
        }
    }

    /// A wrong use of the command line.
    pub fn usage(summary: impl Into<String>) -> Self {
        Self::new(Exit::Usage, summary)
    }

    /// Adds the chain of a typed error below this one.
    #[must_use]
    pub fn because(mut self, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut cause = Some(error);
        while let Some(error) = cause {
            self.causes.push(error.to_string());
            cause = error.source();
        }
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The manifest is invalid.
    pub fn invalid(diagnostics: Diagnostics) -> Self {
        Self {
            diagnostics: Some(diagnostics),
            ..Self::new(Exit::Usage, "the manifest is invalid; nothing was sent")
        }
    }
}

impl From<RemoteError> for CliError {
    fn from(error: RemoteError) -> Self {
        let exit = match error.kind {
            RemoteErrorKind::Authentication => Exit::Authentication,
            RemoteErrorKind::Ambiguous => Exit::Unknown,
            RemoteErrorKind::Forbidden
            | RemoteErrorKind::NotFound
            | RemoteErrorKind::Rejected
            | RemoteErrorKind::NotThePlatform
            | RemoteErrorKind::Unreachable => Exit::Failed,
        };
        let mut converted = Self::new(exit, error.to_string());
        converted.hints.extend(error.hint);
        converted
    }
}
