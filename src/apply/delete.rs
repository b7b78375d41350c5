//! Deletes an instance, or replaces one, which ends with a delete.

use super::check::expect_marker;
use super::outcome::{StepDone, StepError};
use super::step::StepRun;
use crate::model::{DeleteRequest, InstanceId, Lookup, Marker, ReplaceRequest};
use crate::ports::{PatchBody, Record};

impl StepRun<'_> {
    /// Deletes an instance after it has checked its id and marker again.
    pub(super) async fn delete(&self, request: &DeleteRequest) -> Result<StepDone, StepError> {
        let DeleteRequest {
            id,
            expect_marker: expected,
            drop_entry,
        } = request;
        let expected = expected.as_deref();
        self.delete_checked(*id, expected)
            .await
            .map_err(|error| error.on(*id))?;
        if expected.is_some_and(Marker::is_retired) {
            self.run.record(Record::Deleted { id: *id }).await?;
        }
        if *drop_entry {
            self.record_removed().await?;
        }
        Ok(StepDone::with(*id))
    }

    async fn delete_checked(
        &self,
        id: InstanceId,
        expected: Option<&str>,
    ) -> Result<(), StepError> {
        let remote = self.run.apply.remote;
        match remote.get(id).await? {
            // It is already deleted.
            Lookup::Gone => Ok(()),
            Lookup::Found(seen) => {
                expect_marker(&seen, expected)?;
                let removals = self.run.apply.removals;
                removals.about_to_delete(self.key, &seen).map_err(|error| {
                    StepError::failed(format!(
                        "cannot write the report, so the instance was not deleted: {error}"
                    ))
                })?;
                remote.delete(id).await?;
                self.note_change();
                Ok(())
            }
        }
    }

    /// Retires the old instance, creates the new one, and deletes the old one once the new one is
    /// recorded and valid.
    pub(super) async fn replace(
        &mut self,
        request: &ReplaceRequest,
    ) -> Result<StepDone, StepError> {
        let old = request.old;
        self.retire(request).await.map_err(|error| error.on(old))?;
        let done = self.create(&request.create).await?;
        if let Some(id) = done.id {
            let new = self.read_again(id).await.map_err(|error| error.on(id))?;
            if !new.valid {
                return Err(StepError::failed(
                    "the new instance is not valid, so the old one was kept; check the configuration and run `apply` again",
                )
                .on(id));
            }
        }
        self.delete_checked(old, Some(&request.retired_marker))
            .await
            .map_err(|error| error.on(old))?;
        self.run.record(Record::Deleted { id: old }).await?;
        // Older retired instances of this key were kept until a valid successor exists.
        Ok(StepDone {
            replan: true,
            ..done
        })
    }

    async fn retire(&self, request: &ReplaceRequest) -> Result<(), StepError> {
        let ReplaceRequest {
            old: id,
            expect_marker: expected,
            retired_marker,
            retire_tags,
            create: _,
        } = request;
        let Some(tags) = retire_tags else {
            return Ok(());
        };
        let seen = self.read_again(*id).await?;
        if seen.has_tag(retired_marker) {
            return Ok(());
        }
        expect_marker(&seen, expected.as_deref())?;
        self.run.record(Record::Retired { id: *id }).await?;
        let patch = PatchBody {
            tags: Some(tags),
            ..PatchBody::default()
        };
        self.run.apply.remote.update(*id, &patch).await?;
        self.note_change();
        Ok(())
    }
}
