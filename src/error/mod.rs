//! The one error of the shell, and the one place where an error becomes an exit code.
//!
//! Must not: print. `ui` does.

mod convert;
mod exit;

use std::error::Error;

pub use exit::Exit;

use crate::diagnostic::Diagnostics;
use crate::model::ApplyReport;
use crate::session::SessionError;

#[derive(Debug)]
pub(crate) struct CliError {
    exit: Exit,
    source: Box<dyn Error + Send + Sync>,
    hints: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("{summary}")]
struct Caused {
    summary: String,
    source: Box<dyn Error + Send + Sync>,
}

#[derive(Debug, thiserror::Error)]
#[error("invalid manifest; nothing was sent")]
struct InvalidManifest(Diagnostics);

impl CliError {
    pub(crate) fn new(exit: Exit, summary: impl Into<String>) -> Self {
        Self {
            exit,
            source: summary.into().into(),
            hints: Vec::new(),
        }
    }

    /// The same because of another error.
    pub(crate) fn caused_by(
        exit: Exit,
        summary: impl Into<String>,
        source: impl Error + Send + Sync + 'static,
    ) -> Self {
        let summary = summary.into();
        let source = Box::new(source);
        Self::typed(exit, Caused { summary, source })
    }

    pub(crate) fn usage(summary: impl Into<String>) -> Self {
        Self::new(Exit::Usage, summary)
    }

    pub(crate) fn invalid(diagnostics: Diagnostics) -> Self {
        Self::typed(Exit::Usage, InvalidManifest(diagnostics))
    }

    pub(crate) fn output(error: std::io::Error) -> Self {
        SessionError::Output(error).into()
    }

    fn typed(exit: Exit, source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            exit,
            source: Box::new(source),
            hints: Vec::new(),
        }
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same error at the end of an apply that did something before: a code that says that nothing
    /// was changed would be wrong then.
    #[must_use]
    pub(crate) fn after(self, report: &ApplyReport) -> Self {
        Self {
            exit: Exit::of(report)
                .or_worse(self.exit)
                .or_worse(Exit::least(report)),
            ..self
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    pub(crate) fn summary(&self) -> String {
        self.source.to_string()
    }

    /// The chain of causes, outermost first; or everything that is wrong, where it is a list.
    pub(crate) fn causes(&self) -> Vec<String> {
        let session = self.source.downcast_ref::<SessionError>();
        let mut causes = session.map(SessionError::details).unwrap_or_default();
        let mut cause = self.source.source();
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        causes
    }

    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Problems of the manifest, where that is what went wrong.
    pub(crate) fn diagnostics(&self) -> Option<&Diagnostics> {
        if let Some(InvalidManifest(diagnostics)) = self.source.downcast_ref() {
            return Some(diagnostics);
        }
        match self.source.downcast_ref() {
            Some(
                SessionError::Unresolved(diagnostics)
                | SessionError::Warned(diagnostics)
                | SessionError::UnresolvedLater(diagnostics),
            ) => Some(diagnostics),
            _ => None,
        }
    }
}
