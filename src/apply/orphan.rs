//! Settles an intent whose key is no longer in the manifest. An instance that is found is recorded, so
//! that the next plan can keep or prune it.

use std::collections::BTreeMap;

use super::outcome::{StepDone, StepError};
use super::settle::Nothing;
use super::step::StepRun;
use crate::model::{Candidate, ElementRef, Lifecycle, LockEntryDraft, OpenIntent};

const INTERRUPTED: &str = "an earlier run was interrupted while creating this instance, which is no longer in the manifest; checking whether it exists";

impl StepRun<'_> {
    pub(super) async fn settle_orphan(
        &mut self,
        intent: &OpenIntent,
    ) -> Result<StepDone, StepError> {
        let until = self.run.window_end(intent);
        let candidates: Vec<&Candidate> = intent.candidate.iter().collect();
        let Some(found) = self
            .settle(until, INTERRUPTED, &candidates, Nothing::Found)
            .await?
        else {
            self.record_not_created(self.key).await?;
            return Ok(StepDone::default());
        };
        let seen = &found.seen;
        if self.locked(seen.id).is_some() {
            // The intent was for a successor that was never created. The entry says more than this
            // step knows.
            self.record_not_created(self.key).await?;
            return Ok(StepDone::with(seen.id));
        }
        // What was declared is no longer known, so nothing of it is managed.
        let draft = LockEntryDraft {
            element: ElementRef::Key(seen.element.key.clone()),
            name: seen.name.clone(),
            tags: Some(seen.own_tags()),
            configuration: BTreeMap::new(),
            secrets: BTreeMap::new(),
            enabled: seen.enabled,
            lifecycle: Lifecycle::default(),
        };
        self.conclude(&draft, &intent.secrets, &found, None).await
    }
}
