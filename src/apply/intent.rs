//! Intents: made durable before a request that can make a live marker, and settled before another
//! such request.

use std::collections::BTreeMap;

use super::outcome::{StepDone, StepError};
use super::run::HEARTBEAT_INTERVAL;
use super::step::StepRun;
use crate::model::{Fingerprint, InstanceKey, LockEntryDraft, ObservedInstance, OpenIntent};
use crate::ports::Record;

/// How often an intent is written to a disk that stalls.
const MAX_INTENTS: usize = 5;

const KILLED_BEFORE: &str = "an earlier run was cut off while it created this instance: looking whether it exists, so that no second one is made";

impl StepRun<'_> {
    /// Settles what earlier runs may have made for this key, or for the key it had. The rename is
    /// recorded only then: until the window has passed, the marker of the old key is searched for.
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
        match self.settle(until, KILLED_BEFORE).await? {
            Some(seen) => {
                self.record_rename().await?;
                let done = self.adopt_found(draft, &first.secrets, &seen).await?;
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

    /// Makes the intent durable. Its time is taken before the disk is done with it, and the window of
    /// a later run starts there: on a disk that stalls it is made anew, so that the request never
    /// leaves later than one heartbeat interval after the record that speaks for it.
    pub(super) async fn intend(
        &self,
        sent: &BTreeMap<String, Fingerprint>,
    ) -> Result<(), StepError> {
        let clock = self.run.apply.clock;
        for _ in 0..MAX_INTENTS {
            let began = clock.now();
            let record = Record::Intent {
                key: self.key.clone(),
                secrets: sent.clone(),
            };
            self.run.record(record).await?;
            if clock.now().since(began) <= HEARTBEAT_INTERVAL {
                return Ok(());
            }
        }
        self.record_not_created(self.key).await?;
        Err(StepError::failed(
            "the journal's disk takes too long to be relied on; nothing was sent",
        ))
    }

    /// Records an instance that was found by its marker. It may have been made from an earlier
    /// manifest, so the caller plans again.
    pub(super) async fn adopt_found(
        &self,
        draft: &LockEntryDraft,
        sent: &BTreeMap<String, Fingerprint>,
        seen: &ObservedInstance,
    ) -> Result<StepDone, StepError> {
        let entry = self.found_entry(draft, sent, seen);
        self.record_entry(entry).await?;
        Ok(StepDone {
            id: Some(seen.id),
            replan: true,
        })
    }
}
