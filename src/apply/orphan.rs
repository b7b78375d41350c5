//! Settling an intent whose key has left the manifest: what is found enters the lock file, where
//! the next plan keeps or prunes it.

use std::collections::BTreeMap;

use super::outcome::{StepDone, StepError};
use super::step::StepRun;
use crate::model::{Lifecycle, LockEntryDraft, OpenIntent};

const WHY: &str = "an earlier run was cut off while it created this instance, which the manifest no longer has: looking whether it exists";

impl StepRun<'_> {
    pub(super) async fn settle_orphan(
        &mut self,
        intent: &OpenIntent,
    ) -> Result<StepDone, StepError> {
        let until = self.run.window_end(intent);
        let Some(seen) = self.settle(until, WHY).await? else {
            self.record_not_created(self.key).await?;
            return Ok(StepDone::default());
        };
        if self.locked(seen.id).is_some() {
            // What was meant to follow it was never made, and it is recorded better than from here.
            self.record_not_created(self.key).await?;
            return Ok(StepDone::with(seen.id));
        }
        // What was declared is not known any more, and nothing of it is managed.
        let draft = LockEntryDraft {
            name: seen.name.clone(),
            tags: Some(seen.own_tags()),
            configuration: BTreeMap::new(),
            secrets: BTreeMap::new(),
            enabled: seen.enabled,
            lifecycle: Lifecycle::default(),
        };
        self.adopt_found(&draft, &intent.secrets, &seen).await
    }
}
