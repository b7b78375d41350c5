//! The outcome of one step while it is on its way into the report.

use crate::model::{InstanceId, OutcomeKind};
use crate::ports::{RemoteError, RemoteErrorKind, SinkError};

/// What a step that succeeded has to say.
#[derive(Debug, Default)]
pub(super) struct StepDone {
    /// The instance concerned.
    pub(super) id: Option<InstanceId>,
    /// Whether the plan did not know of what it led to, so that more may follow: an instance that was
    /// found while settling may differ from the manifest, one that became valid may end a replace.
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

/// Why a step did not succeed.
#[derive(Debug)]
pub(super) struct StepError {
    pub(super) kind: OutcomeKind,
    pub(super) message: String,
    pub(super) id: Option<InstanceId>,
    /// Whether no further step may start: nothing could be recorded, or the platform alters our
    /// marker.
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

    /// Nothing was sent, since the run is to end.
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

    /// The instance is there and nothing says so but its marker and the intent.
    pub(super) fn unrecorded(self, id: InstanceId) -> Self {
        let message = format!(
            "the instance was created, and could not be recorded: {}; the next apply takes it in",
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
            // With wrong secrets every further request fails alike, and a platform may lock out
            // who keeps trying.
            RemoteErrorKind::Authentication => Self::failed(message).fatal(),
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
        // Without the journal nothing may be sent: what is created could be lost.
        Self::failed(format!("{error}: {}", error.source)).fatal()
    }
}
