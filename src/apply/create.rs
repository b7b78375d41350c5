//! Creates an instance exactly once: durable intent, one `POST`, durable result.

use std::collections::BTreeMap;

use super::gate::GatePermit;
use super::outcome::{StepDone, StepError};
use super::step::StepRun;
use crate::model::{CreateRequest, Fingerprint, Lookup, ObservedInstance, RequestValue};
use crate::ports::{CreateOutcome, Record, RemoteError, UnknownClass, kill};

/// How often one run sends the `POST` of a key, each time after the window of the one before has
/// passed.
const MAX_POSTS: usize = 2;

const NO_RESPONSE: &str =
    "the response to the create was lost; checking whether the instance exists";
const ERROR_RESPONSE: &str =
    "the platform reported an error; checking whether the instance was created anyway";

/// The outcome of one `POST`.
enum Posted {
    Exists(StepDone),
    /// Nothing was created, which is proven: the whole window has passed. It may be sent again.
    Nothing(RemoteError),
}

impl StepRun<'_> {
    /// Creates an instance, or finds the one that an earlier `POST` created.
    pub(super) async fn create(&mut self, request: &CreateRequest) -> Result<StepDone, StepError> {
        if let Some(done) = self.settle_open(&request.entry).await? {
            return Ok(done);
        }
        self.record_rename().await?;
        let mut last = String::new();
        for _ in 0..MAX_POSTS {
            self.expect_may_start()?;
            match self.post(request).await? {
                Posted::Exists(done) => return Ok(done),
                Posted::Nothing(error) => last = error.to_string(),
            }
        }
        Err(StepError::failed(format!(
            "nothing was created after {MAX_POSTS} attempts; last error: {last}"
        )))
    }

    fn expect_may_start(&self) -> Result<(), StepError> {
        if self.run.may_start() {
            Ok(())
        } else {
            Err(StepError::skipped("stopped before the create was sent"))
        }
    }

    /// Sends one `POST` and settles its outcome.
    async fn post(&mut self, request: &CreateRequest) -> Result<Posted, StepError> {
        let run = self.run;
        let body = super::body::create(self.key, request, run.apply.secrets)?;
        let sent = self.sent_fingerprints(request);
        let gate = run.gate.pass().await;
        self.expect_may_start()?;

        kill::at(kill::KillPoint::BeforeIntent);
        self.intend(&sent).await?;
        kill::at(kill::KillPoint::AfterIntent);

        let outcome = run.apply.remote.create(&body).await;
        kill::at(kill::KillPoint::ResponseReceived);

        let (class, error) = match outcome {
            CreateOutcome::Created(seen) => {
                return self.created(request, &seen, gate).await.map(Posted::Exists);
            }
            CreateOutcome::Rejected(error) => {
                self.record_not_created(self.key).await?;
                return Err(error.into());
            }
            CreateOutcome::Unknown { class, error } => (class, error),
        };
        // Lets the next create start while this one is settled.
        drop(gate);
        let why = match class {
            UnknownClass::Unanswered => NO_RESPONSE,
            UnknownClass::Answered | UnknownClass::Refused => {
                let key = self.key.clone();
                run.record(Record::Answered { key }).await?;
                ERROR_RESPONSE
            }
        };
        if let Some(seen) = self.settle(run.window_from_now(class), why).await? {
            let adopted = self.adopt_found(&request.entry, &sent, &seen);
            return adopted.await.map(Posted::Exists);
        }
        match class {
            // The intent stays open for the list lag, because an instance may still appear.
            UnknownClass::Refused => Err(error.into()),
            UnknownClass::Answered | UnknownClass::Unanswered => {
                self.record_not_created(self.key).await?;
                Ok(Posted::Nothing(error))
            }
        }
    }

    async fn created(
        &self,
        request: &CreateRequest,
        seen: &ObservedInstance,
        gate: GatePermit<'_>,
    ) -> Result<StepDone, StepError> {
        let id = seen.id;
        let mut entry = self.entry(&request.entry, seen);
        // A new instance is enabled. It is disabled only once it is recorded.
        entry.enabled = true;
        self.record_entry(entry.clone())
            .await
            .map_err(|error| error.unrecorded(id))?;
        kill::at(kill::KillPoint::AfterResult);

        if gate.must_check() {
            self.check_marker(request, seen).await?;
        }
        gate.marker_kept();
        if !request.enabled {
            self.run
                .apply
                .remote
                .set_enabled(id, false)
                .await
                .map_err(|error| StepError::from(error).on(id))?;
            entry.enabled = false;
            self.record_entry(entry).await?;
        }
        Ok(StepDone::with(id))
    }

    /// The first marker on a platform must come back unchanged.
    async fn check_marker(
        &self,
        request: &CreateRequest,
        seen: &ObservedInstance,
    ) -> Result<(), StepError> {
        let kept = match &seen.tags {
            Some(_) => seen.has_tag(&request.marker),
            None => match self.run.apply.remote.get(seen.id).await? {
                Lookup::Found(instance) => instance.has_tag(&request.marker),
                Lookup::Gone => false,
            },
        };
        if kept {
            return Ok(());
        }
        Err(StepError::failed(format!(
            "the instance was created and recorded, but the platform altered its marker `{}`; \
             nothing more is created, because a lost response could then cause a duplicate",
            request.marker
        ))
        .on(seen.id)
        .fatal())
    }

    fn sent_fingerprints(&self, request: &CreateRequest) -> BTreeMap<String, Fingerprint> {
        let secrets = self.run.apply.secrets;
        request
            .configuration
            .iter()
            .filter(|(_, value)| matches!(value, RequestValue::Secret))
            .filter_map(|(name, _)| {
                let fingerprint = secrets.fingerprint(self.key, name)?;
                Some((name.clone(), fingerprint.clone()))
            })
            .collect()
    }
}
