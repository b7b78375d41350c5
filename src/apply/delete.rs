//! Deleting, and replacing, which ends in a delete.

use tokio::sync::SemaphorePermit;

use super::run::Run;
use super::step::{StepDone, StepError};
use super::update::expect_marker;
use crate::model::{DeleteRequest, InstanceId, Lookup, Marker, MarkerState, ReplaceRequest, Step};
use crate::ports::{PatchBody, Record};

impl<'a> Run<'a> {
    /// Deletes one instance after its id and marker were checked again.
    pub(super) async fn delete(
        &self,
        step: &Step,
        request: &DeleteRequest,
    ) -> Result<StepDone, StepError> {
        let DeleteRequest {
            id,
            expect_marker: expected,
            drop_entry,
        } = request;
        let (id, expected) = (*id, expected.as_deref());
        self.delete_checked(id, expected)
            .await
            .map_err(|error| error.on(id))?;
        if expected.and_then(Marker::state_of) == Some(MarkerState::Retired) {
            self.record(Record::Deleted { id }).await?;
        }
        if *drop_entry {
            self.record(Record::Removed {
                key: step.key.clone(),
            })
            .await?;
        }
        Ok(StepDone::with(id))
    }

    async fn delete_checked(
        &self,
        id: InstanceId,
        expected: Option<&str>,
    ) -> Result<(), StepError> {
        match self.apply.remote.get(id).await? {
            // Gone already is what was wanted.
            Lookup::Gone => Ok(()),
            Lookup::Found(seen) => {
                expect_marker(&seen, expected)?;
                Ok(self.apply.remote.delete(id).await?)
            }
        }
    }

    /// Retires the old instance, creates the new one, and deletes the old one once the new one is
    /// recorded and valid.
    pub(super) async fn replace(
        &self,
        step: &Step,
        request: &ReplaceRequest,
        permit: &mut Option<SemaphorePermit<'a>>,
    ) -> Result<StepDone, StepError> {
        let ReplaceRequest {
            old,
            expect_marker: expected,
            retired_marker,
            retire_tags,
            create,
        } = request;
        let old = *old;
        if let Some(tags) = retire_tags {
            let seen = self.read_again(old).await.map_err(|error| error.on(old))?;
            if !seen.has_tag(retired_marker) {
                expect_marker(&seen, expected.as_deref()).map_err(|error| error.on(old))?;
                self.record(Record::Retired { id: old }).await?;
                let patch = PatchBody {
                    tags: Some(tags),
                    ..PatchBody::default()
                };
                self.apply
                    .remote
                    .update(old, &patch)
                    .await
                    .map_err(|error| StepError::from(error).on(old))?;
            }
        }
        let done = self.create(step, create, permit).await?;
        if let Some(id) = done.id {
            let new = self.read_again(id).await.map_err(|error| error.on(id))?;
            if !new.valid {
                return Err(StepError::failed(
                    "the new instance is not valid, so the old one is kept until it is",
                )
                .on(id));
            }
        }
        self.delete_checked(old, Some(retired_marker))
            .await
            .map_err(|error| error.on(old))?;
        self.record(Record::Deleted { id: old }).await?;
        Ok(done)
    }
}
