//! The instance that a `POST` was answered with, until it is known whose it is.
//!
//! Must not: trust the answer. It may show another instance, or tags that the platform altered.

use std::collections::BTreeMap;

use super::absence::{Proof, Unproven};
use super::check::{expect_element, expect_token};
use super::outcome::{StepDone, StepError};
use super::step::StepRun;
use crate::model::{
    Candidate, CreateRequest, Fingerprint, InstanceId, LockEntryDraft, LockedToken, Lookup, Marker,
    ObservedInstance, SentValues,
};
use crate::ports::{Record, RemoteError, RemoteErrorKind};

/// An instance that was found for an intent.
pub(super) struct Found {
    pub(super) seen: ObservedInstance,
    pub(super) whose: Whose,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Ours,
    /// Everything but its marker says that it is ours, so the platform alters tags.
    Altered,
    /// Its name differs too, so nobody can tell.
    Unclear,
}

impl Found {
    pub(super) fn ours(seen: ObservedInstance) -> Self {
        let whose = Whose::Ours;
        Self { seen, whose }
    }
}

impl StepRun<'_> {
    /// Records what a `POST` was answered with, before anything is concluded from it.
    pub(super) async fn record_candidate(
        &self,
        request: &CreateRequest,
        answer: &ObservedInstance,
    ) -> Result<Candidate, StepError> {
        let candidate = Candidate {
            id: answer.id,
            token: LockedToken::shown(&answer.token),
            element: request.element.clone(),
            name: request.name.clone(),
            is_new: Some(answer.id) > self.run.apply.newest,
        };
        let key = self.key.clone();
        let record = Record::Candidate {
            key,
            candidate: Box::new(candidate.clone()),
        };
        self.run.record(record).await?;
        Ok(candidate)
    }

    /// Whose an answer is. It is believed only if it lacks nothing.
    pub(super) async fn whose(
        &self,
        request: &CreateRequest,
        answer: ObservedInstance,
        candidate: &Candidate,
    ) -> Result<Option<Found>, RemoteError> {
        let is_ours = answer.has_tag(&request.marker) && request.element.names(&answer.element);
        if is_ours && answer.token.is_some() {
            return Ok(Some(Found::ours(answer)));
        }
        let (found, _) = self.look(&[candidate], false).await?;
        Ok(found)
    }

    /// Reads each candidate by id, and searches for the markers unless one of them is ours. With `proves`,
    /// also says why it is not proven that there is nothing else.
    pub(super) async fn look(
        &self,
        candidates: &[&Candidate],
        proves: bool,
    ) -> Result<(Option<Found>, Option<Unproven>), RemoteError> {
        let (mut doubtful, mut failed) = (None, None);
        for candidate in candidates {
            match self.run.apply.remote.get(candidate.id).await {
                Ok(Lookup::Found(seen)) => match self.judge(candidate, *seen) {
                    Some(found) if found.whose == Whose::Ours => return Ok((Some(found), None)),
                    other => doubtful = doubtful.or(other),
                },
                Ok(Lookup::Gone) => {}
                // It belongs to another user (docs/platform.md#q12).
                Err(error) if error.kind == RemoteErrorKind::Forbidden => {}
                Err(error) => failed = Some(error),
            }
        }
        let (absence, markers) = (&self.run.absence, self.markers());
        let Proof { found, unproven } = match proves {
            true => absence.of_later_create(&markers).await?,
            false => absence.find(&markers).await?,
        };
        match (found.into_iter().next(), failed) {
            (Some(hit), _) => Ok((Some(Found::ours(hit)), None)),
            (None, Some(error)) if doubtful.is_none() => Err(error),
            (None, _) => Ok((doubtful, unproven.filter(|_| proves))),
        }
    }

    /// `None` where it is not ours.
    fn judge(&self, candidate: &Candidate, mut seen: ObservedInstance) -> Option<Found> {
        // A sealed one is recorded as it is.
        let answered = || candidate.token.as_ref()?.plain().cloned();
        seen.token = seen.token.or_else(answered);
        let whose = if self.markers().iter().any(|marker| seen.carries(marker)) {
            Whose::Ours
        } else if !candidate.is_new
            || !candidate.element.names(&seen.element)
            || seen.markers().any(|tag| self.is_of_another_key(tag))
            || !self.run.claim(seen.id, self.key)
        {
            return None;
        } else if seen.name == candidate.name {
            Whose::Altered
        } else {
            Whose::Unclear
        };
        Some(Found { seen, whose })
    }

    /// Whether a tag is the exact marker of another key. A marker of ours that the platform cut, or of which
    /// it changed the case, is nobody's.
    fn is_of_another_key(&self, tag: &str) -> bool {
        let is_altered = |own: &Marker| {
            let own = own.as_str().to_ascii_lowercase();
            own.starts_with(&tag.to_ascii_lowercase())
        };
        let known = &self.run.markers;
        known.contains(tag) || (Marker::is_whole(tag) && !self.markers().iter().any(is_altered))
    }

    /// Records what was found for an intent. It may be of an earlier manifest, so it needs another plan; with
    /// `request` it is known what was sent.
    pub(super) async fn conclude(
        &self,
        draft: &LockEntryDraft,
        sent: &BTreeMap<String, Fingerprint>,
        found: &Found,
        request: Option<&CreateRequest>,
    ) -> Result<StepDone, StepError> {
        let seen = &found.seen;
        match found.whose {
            Whose::Ours => {
                let mut entry = self.found_entry(draft, sent, seen);
                self.record_entry(entry.clone()).await?;
                self.note_change();
                if let Some(request) = request {
                    entry.name.clone_from(&draft.name);
                    let sent = SentValues::of_create(self.key, request);
                    self.record_kept(&sent, &mut entry, seen).await?;
                }
                expect_element(draft, seen)?;
                expect_token(&entry)?;
                Ok(StepDone {
                    id: Some(seen.id),
                    replan: true,
                })
            }
            Whose::Altered => {
                self.record_entry(self.found_entry(draft, sent, seen))
                    .await?;
                self.note_change();
                Err(self.altered(seen.id))
            }
            Whose::Unclear => Err(StepError::unknown(format!(
                "cannot tell whether the platform created instance {}: it has the right element, but \
                 another name and no marker; nothing is sent again; if it is yours, delete it or give it \
                 the tag `{}`, and run `apply` again; if it is not, run `apply --assume-absent {}`",
                seen.id,
                self.own_marker(),
                self.key
            ))
            .on(seen.id)),
        }
    }

    fn altered(&self, id: InstanceId) -> StepError {
        StepError::failed(format!(
            "the instance was created and recorded, but the platform altered its marker `{}`; \
             nothing more is created, because a lost response could then cause a duplicate",
            self.own_marker()
        ))
        .on(id)
        .fatal()
    }
}
