//! What the planner has found so far.

use super::subject::Subject;
use crate::model::{Note, NoteCode, Refusal, RefusalCode, Step};

/// What the planner has found so far; unsorted.
#[derive(Default)]
pub(super) struct Found {
    pub(super) steps: Vec<Step>,
    pub(super) notes: Vec<Note>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) unchanged: usize,
    /// Secrets that could not be compared for want of credentials.
    pub(super) not_compared: usize,
    /// Secrets whose fingerprints were made with another key.
    pub(super) rotated: usize,
}

impl Found {
    pub(super) fn note(
        &mut self,
        code: NoteCode,
        subject: &Subject<'_>,
        message: impl Into<String>,
    ) {
        self.notes.push(Note {
            code,
            key: Some(subject.key.clone()),
            message: message.into(),
        });
    }

    pub(super) fn refuse(
        &mut self,
        code: RefusalCode,
        subject: &Subject<'_>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.refusals.push(Refusal {
            code,
            key: Some(subject.key.clone()),
            message: message.into(),
            hint: hint.into(),
        });
    }
}
