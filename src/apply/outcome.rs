//! The result of one step, before it becomes part of the report.

use crate::model::{InstanceId, OutcomeKind};
use crate::ports::{RemoteError, RemoteErrorKind, SinkError};

/// A step that succeeded.
#[derive(Debug, Default)]
pub(super) struct StepDone {
    /// The instance, if the step is about one.
    pub(super) id: Option<InstanceId>,
    /// Whether the result allows steps the plan could not contain: an instance found while settling
    /// may differ from the manifest, and one that became valid may complete a replace.
    pub(super) replan: bool,
}

impl StepDone {
    pub(super) fn with(id: InstanceId) -> Self {
        Self {
            id: Some(id),
            ..Self::default()
        }
    }
}

#[derive(Debug)]
pub(super) struct StepError {
    pub(super) kind: OutcomeKind,
    pub(super) message: String,
    pub(super) id: Option<InstanceId>,
    /// Whether no further step may start.
    pub(super) fatal: bool,
}

impl StepError {
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self {
            kind: OutcomeKind::Failed,
            message: message.into(),
            id: None,
            fatal: false,
        }
    }

    /// Nothing was sent, because the run is stopping.
    pub(super) fn skipped(message: impl Into<String>) -> Self {
        Self {
            kind: OutcomeKind::Skipped,
            ..Self::failed(message)
        }
    }

    pub(super) fn unknown(message: impl Into<String>) -> Self {
        Self {
            kind: OutcomeKind::Unknown,
            ..Self::failed(message)
        }
    }

    pub(super) fn on(mut self, id: InstanceId) -> Self {
        self.id = Some(id);
        self
    }

    /// The instance exists, but only its marker and the open intent say so.
    pub(super) fn unrecorded(self, id: InstanceId) -> Self {
        let message = format!(
            "the instance was created but not recorded: {}; the next apply will adopt it",
            self.message
        );
        Self {
            kind: OutcomeKind::Unknown,
            message,
            ..self.on(id)
        }
    }

    pub(super) fn fatal(mut self) -> Self {
        self.fatal = true;
        self
    }
}

impl From<RemoteError> for StepError {
    fn from(error: RemoteError) -> Self {
        let mut message = error.to_string();
        if let Some(hint) = &error.hint {
            message.push_str(" (");
            message.push_str(hint);
            message.push(')');
        }
        match error.kind {
            RemoteErrorKind::Ambiguous => Self::unknown(message),
            // Every further request fails too; with wrong secrets, a platform may even lock the
            // account.
            RemoteErrorKind::Authentication | RemoteErrorKind::Disconnected => {
                Self::failed(message).fatal()
            }
            RemoteErrorKind::Forbidden
            | RemoteErrorKind::NotFound
            | RemoteErrorKind::Rejected
            | RemoteErrorKind::NotThePlatform
            | RemoteErrorKind::Unreachable => Self::failed(message),
        }
    }
}

impl From<SinkError> for StepError {
    fn from(error: SinkError) -> Self {
        // An instance created without a journal record could be lost.
        Self::failed(format!(
            "{error}: {}; no further requests are sent",
            error.source
        ))
        .fatal()
    }
}
