//! Bringing an existing instance in line, and taking one in that carries our marker.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::SemaphorePermit;

use super::entry::Source;
use super::run::Run;
use super::step::{StepDone, StepError};
use crate::model::{InstanceId, Lookup, ObservedInstance, RequestValue, Step, UpdateRequest};
use crate::ports::Record;

impl<'a> Run<'a> {
    /// Sends what changes, or nothing where only the lock file changes, and records the result.
    pub(super) async fn update(
        &self,
        step: &Step,
        request: &UpdateRequest,
        permit: &mut Option<SemaphorePermit<'a>>,
    ) -> Result<StepDone, StepError> {
        if request.restores() {
            // The live marker may be on its way already, on a new instance or on this one.
            if let Some(done) = self.settle_open(step, &request.entry, permit).await? {
                return Ok(done);
            }
        }
        let id = request.id;
        self.update_on(step, request)
            .await
            .map_err(|error| error.on(id))
    }

    async fn update_on(&self, step: &Step, request: &UpdateRequest) -> Result<StepDone, StepError> {
        let source = Source {
            key: &step.key,
            moved_from: step.moved_from.as_ref(),
        };
        let mut seen = self.read_again(request.id).await?;
        let was_valid = seen.valid;
        expect_marker(&seen, request.expect_marker.as_deref())?;
        if request.restores() {
            // A `PATCH` that is cut may give the live marker back later, when another instance has it.
            self.intend(&step.key, &BTreeMap::new()).await?;
        }
        if request.patches() {
            let _alive = request.restores().then(|| self.in_flight());
            seen = self.patch(step, request, seen).await?;
        }
        if let Some(enabled) = request.enabled {
            self.apply.remote.set_enabled(request.id, enabled).await?;
            seen.enabled = enabled;
        }
        self.renamed(step).await?;
        let entry = self.apply.entry(&source, &request.entry, &seen);
        self.record(Record::Entry {
            key: step.key.clone(),
            entry: Box::new(entry),
        })
        .await?;
        Ok(StepDone {
            // A replace waits for its new instance to be valid before it deletes the old one.
            replan: !was_valid && seen.valid,
            ..StepDone::with(request.id)
        })
    }

    async fn patch(
        &self,
        step: &Step,
        request: &UpdateRequest,
        seen: ObservedInstance,
    ) -> Result<ObservedInstance, StepError> {
        let body = super::body::patch(&step.key, request, self.apply.secrets)?;
        let secrets: BTreeSet<String> = request
            .configuration
            .iter()
            .filter(|(_, value)| matches!(value, RequestValue::Secret))
            .map(|(name, _)| name.clone())
            .collect();
        if !secrets.is_empty() {
            // Under the name the entry has now: the rename is recorded after the patch.
            let key = step.moved_from.as_ref().unwrap_or(&step.key);
            self.record(Record::Sending {
                key: key.clone(),
                secrets,
            })
            .await?;
        }
        let mut answer = self.apply.remote.update(request.id, &body).await?;
        if answer.token.is_none() {
            answer.token = seen.token;
        }
        Ok(answer)
    }

    /// An object is read by id right before it is written.
    pub(super) async fn read_again(&self, id: InstanceId) -> Result<ObservedInstance, StepError> {
        match self.apply.remote.get(id).await? {
            Lookup::Found(instance) => Ok(*instance),
            Lookup::Gone => Err(StepError::failed(
                "the instance is gone since the plan was made; plan again",
            )),
        }
    }
}

/// The expected marker must be there; without an expectation, no marker may be there at all.
pub(super) fn expect_marker(
    seen: &ObservedInstance,
    expected: Option<&str>,
) -> Result<(), StepError> {
    if seen.tags.is_none() {
        return Err(StepError::failed(
            "the platform did not show the instance's tags, so it cannot be told whose it is",
        ));
    }
    let markers: Vec<&str> = seen.markers().collect();
    match expected {
        Some(marker) if markers.contains(&marker) => Ok(()),
        None if markers.is_empty() => Ok(()),
        Some(marker) => Err(StepError::failed(format!(
            "the instance does not carry the marker `{marker}` any more; plan again"
        ))),
        None => Err(StepError::failed(format!(
            "the instance carries the marker `{}` since the plan was made; plan again",
            markers.join("`, `")
        ))),
    }
}
