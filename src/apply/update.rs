//! Updates an existing instance, or adopts one that has our marker.

use std::collections::BTreeMap;

use super::check::{expect_marker, expect_token};
use super::kept::expect_applied;
use super::outcome::{StepDone, StepError};
use super::rotate::Sent;
use super::step::StepRun;
use crate::model::{Kept, ObservedInstance, RequestValue, SentValues, UpdateRequest};
use crate::ports::Record;

impl StepRun<'_> {
    /// Sends the changes, if there are any besides the lock file's, and records the result.
    pub(super) async fn update(&mut self, request: &UpdateRequest) -> Result<StepDone, StepError> {
        if request.restores() {
            // An earlier request may still give the live marker to this or to a new instance.
            if let Some(done) = self.settle_open(&request.entry).await? {
                return Ok(done);
            }
        }
        self.update_settled(request)
            .await
            .map_err(|error| error.on(request.id))
    }

    async fn update_settled(&self, request: &UpdateRequest) -> Result<StepDone, StepError> {
        let mut seen = self.read_again(request.id).await?;
        let was_valid = seen.valid;
        expect_marker(&seen, request.expect_marker.as_deref())?;
        if request.restores() {
            // A `PATCH` without a response may restore the live marker later, when another instance
            // has it.
            self.intend(&BTreeMap::new()).await?;
        }
        let sent = SentValues::of_update(self.key, request);
        let secrets = sent_secrets(request);
        let mut kept = Kept::default();
        let mut signed_in = Ok(());
        if request.patches() {
            let before = seen;
            seen = self.patch(request, &secrets, &before).await?;
            signed_in = self.sign_in(&secrets, &mut seen).await;
            let compared = self.kept(&sent, Some(&before), &seen).await;
            let is_ignored = |kept: &Kept| kept.unapplied.len() == sent.paths().len();
            if !compared.as_ref().is_ok_and(is_ignored) {
                self.note_change();
            }
            kept = compared?;
        }
        if let Some(enabled) = request.enabled {
            let remote = self.run.apply.remote;
            remote.set_enabled(request.id, enabled).await?;
            self.note_change();
            seen.enabled = enabled;
        }
        self.record_rename().await?;
        let mut entry = self.entry(&request.entry, &seen);
        let applied = expect_applied(&kept);
        entry.keep(&sent, kept);
        self.record_entry(entry.clone()).await?;
        signed_in?;
        expect_token(&entry)?;
        applied?;
        Ok(StepDone {
            // A replace deletes the old instance only once the new one is valid.
            replan: !was_valid && seen.valid,
            ..StepDone::with(request.id)
        })
    }

    async fn patch(
        &self,
        request: &UpdateRequest,
        secrets: &Sent,
        seen: &ObservedInstance,
    ) -> Result<ObservedInstance, StepError> {
        let apply = self.run.apply;
        let body = super::body::patch(self.key, request, apply.secrets)?;
        if !secrets.is_empty() {
            // The entry, or an open intent, still has the old key: the rename is recorded after the patch.
            for key in self.keys() {
                let record = Record::Sending {
                    key: key.clone(),
                    id: Some(request.id),
                    secrets: secrets.clone(),
                };
                self.run.record(record).await?;
            }
        }
        let answer = apply.remote.update(request.id, &body).await;
        let mut answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Err(self.rejected(secrets, seen, error).await),
        };
        if answer.token.is_none() {
            answer.token.clone_from(&seen.token);
        }
        Ok(answer)
    }
}

fn sent_secrets(request: &UpdateRequest) -> Sent {
    let values = request.configuration.iter();
    let secrets = values.filter(|(_, value)| matches!(value, RequestValue::Secret));
    secrets.map(|(name, _)| name.clone()).collect()
}
