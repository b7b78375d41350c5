//! Bringing an existing instance in line, and taking one in that carries our marker.

use std::collections::{BTreeMap, BTreeSet};

use super::check::expect_marker;
use super::outcome::{StepDone, StepError};
use super::step::StepRun;
use crate::model::{ObservedInstance, RequestValue, UpdateRequest};
use crate::ports::Record;

impl StepRun<'_> {
    /// Sends what changes, or nothing where only the lock file changes, and records the result.
    pub(super) async fn update(&mut self, request: &UpdateRequest) -> Result<StepDone, StepError> {
        if request.restores() {
            // The live marker may be on its way already, on a new instance or on this one.
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
            // A `PATCH` that is cut may give the live marker back later, when another instance has it.
            self.intend(&BTreeMap::new()).await?;
        }
        if request.patches() {
            let _in_flight = request.restores().then(|| self.run.in_flight());
            seen = self.patch(request, seen).await?;
        }
        if let Some(enabled) = request.enabled {
            let remote = self.run.apply.remote;
            remote.set_enabled(request.id, enabled).await?;
            seen.enabled = enabled;
        }
        self.record_rename().await?;
        self.record_entry(self.entry(&request.entry, &seen)).await?;
        Ok(StepDone {
            // A replace waits for its new instance to be valid before it deletes the old one.
            replan: !was_valid && seen.valid,
            ..StepDone::with(request.id)
        })
    }

    async fn patch(
        &self,
        request: &UpdateRequest,
        seen: ObservedInstance,
    ) -> Result<ObservedInstance, StepError> {
        let apply = self.run.apply;
        let body = super::body::patch(self.key, request, apply.secrets)?;
        let secrets: BTreeSet<String> = request
            .configuration
            .iter()
            .filter(|(_, value)| matches!(value, RequestValue::Secret))
            .map(|(name, _)| name.clone())
            .collect();
        if !secrets.is_empty() {
            // Under the name the entry has now: the rename is recorded after the patch.
            let key = self.moved_from.unwrap_or(self.key).clone();
            self.run.record(Record::Sending { key, secrets }).await?;
        }
        let mut answer = apply.remote.update(request.id, &body).await?;
        if answer.token.is_none() {
            answer.token = seen.token;
        }
        Ok(answer)
    }
}
