//! Intents: recorded before each request that can create a live marker, and settled before the next
//! such request of the same key.

use std::collections::BTreeMap;

use super::candidate::Whose;
use super::outcome::{StepDone, StepError};
use super::settle::Nothing;
use super::step::StepRun;
use crate::model::{Candidate, Fingerprint, InstanceKey, LockEntryDraft, OpenIntent};
use crate::ports::Record;

const INTERRUPTED: &str = "an earlier run was interrupted while creating this instance; checking whether it exists before creating it again";

impl StepRun<'_> {
    /// Settles the intents of earlier runs for this key and for the key before a rename. A rename is
    /// recorded only afterwards, because until then the marker of the old key is searched for too.
    pub(super) async fn settle_open(
        &mut self,
        draft: &LockEntryDraft,
    ) -> Result<Option<StepDone>, StepError> {
        let run = self.run;
        let open: Vec<(&InstanceKey, &OpenIntent)> = self
            .keys()
            .filter_map(|key| Some((key, run.intents.get(key)?)))
            .collect();
        let Some((_, first)) = open.first() else {
            return Ok(None);
        };
        let ends = open.iter().map(|(_, intent)| run.window_end(intent));
        let until = ends.max().unwrap_or_default();
        let candidates: Vec<&Candidate> = open
            .iter()
            .filter_map(|(_, intent)| intent.candidate.as_ref())
            .collect();
        match self
            .settle(until, INTERRUPTED, &candidates, Nothing::ProvenOrAssumed)
            .await?
        {
            Some(found) => {
                if found.whose != Whose::Unclear {
                    self.record_rename().await?;
                }
                let done = self.conclude(draft, &first.secrets, &found, None).await?;
                Ok(Some(done))
            }
            None => {
                for (key, _) in open {
                    self.record_not_created(key).await?;
                }
                Ok(None)
            }
        }
    }

    /// Whether an earlier run may have created an instance for this key or the key before a rename.
    pub(super) fn has_open_intent(&self) -> bool {
        self.keys().any(|key| self.run.intents.contains_key(key))
    }

    /// Records the intent; the request may be sent once this has returned.
    pub(super) async fn intend(
        &self,
        sent: &BTreeMap<String, Fingerprint>,
    ) -> Result<(), StepError> {
        let record = Record::Intent {
            key: self.key.clone(),
            secrets: sent.clone(),
        };
        self.run.record(record).await
    }
}
