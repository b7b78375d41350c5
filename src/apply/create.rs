//! Creates an instance exactly once: durable intent, one `POST`, durable result.

use std::collections::BTreeMap;

use super::before::Before;
use super::candidate::{Found, Whose};
use super::check::{expect_element, expect_token};
use super::gate::GatePermit;
use super::outcome::{StepDone, StepError};
use super::settle::Nothing;
use super::step::StepRun;
use crate::model::{
    Candidate, CreateRequest, Fingerprint, ObservedInstance, RequestValue, SentValues,
};
use crate::ports::{CreateOutcome, Record, UnknownClass, kill};

/// How often one run sends the `POST` of a key, each time after the window of the one before has
/// passed.
const MAX_POSTS: usize = 2;

const NO_RESPONSE: &str =
    "the response to the create was lost; checking whether the instance exists";
const WRONG_RESPONSE: &str =
    "the platform responded with another instance; checking whether this one was created";
const ERROR_RESPONSE: &str =
    "the platform reported an error; checking whether the instance was created anyway";

/// The outcome of one `POST`.
enum Posted {
    Exists(StepDone),
    /// Nothing was created, which is proven: the whole window has passed. It may be sent again.
    Nothing(StepError),
}

impl StepRun<'_> {
    /// Creates an instance, or finds the one that an earlier `POST` created.
    pub(super) async fn create(&mut self, request: &CreateRequest) -> Result<StepDone, StepError> {
        if let Some(done) = self.settle_open(&request.entry).await? {
            return Ok(done);
        }
        self.record_rename().await?;
        let mut last = String::new();
        // Settling has proven that there is none.
        let mut is_absent = self.has_open_intent();
        for _ in 0..MAX_POSTS {
            self.expect_may_start()?;
            let posted = self.post(request, is_absent).await?;
            is_absent = true;
            match posted {
                Posted::Exists(done) => return Ok(done),
                Posted::Nothing(error) => last = error.message,
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
    async fn post(
        &mut self,
        request: &CreateRequest,
        is_absent: bool,
    ) -> Result<Posted, StepError> {
        let run = self.run;
        let body = super::body::create(self.key, request, run.apply.secrets)?;
        let sent = self.sent_fingerprints(request);
        let gate = run.gate.pass().await;
        self.expect_may_start()?;
        let before = match is_absent {
            true => Before::Absent,
            false => self.look_before().await?,
        };
        let is_untested = matches!(before, Before::Untested);
        if let Before::Exists(seen) = before {
            let (sent, found) = (BTreeMap::new(), Found::ours(*seen));
            let concluded = self.conclude(&request.entry, &sent, &found, None);
            return concluded.await.map(Posted::Exists);
        }
        self.expect_may_start()?;

        kill::at(kill::KillPoint::BeforeIntent);
        self.intend(&sent).await?;
        kill::at(kill::KillPoint::AfterIntent);

        let outcome = run.apply.remote.create(&body).await;
        kill::at(kill::KillPoint::ResponseReceived);

        let mut candidate = None;
        let (class, why, error) = match outcome {
            CreateOutcome::Created(answer) => {
                let id = answer.id;
                let recorded = self.record_candidate(request, &answer).await;
                let answered = recorded.map_err(|error| error.unrecorded(id))?;
                kill::at(kill::KillPoint::AfterCandidate);
                match self.whose(request, *answer, &answered).await {
                    Ok(Some(found)) if found.whose == Whose::Ours && found.seen.id == id => {
                        let created = self.created(request, &found.seen, gate, is_untested);
                        return created.await.map(Posted::Exists);
                    }
                    Ok(Some(found)) => {
                        let concluded = self.conclude(&request.entry, &sent, &found, Some(request));
                        return concluded.await.map(Posted::Exists);
                    }
                    // What could not be read is read again below.
                    Ok(None) | Err(_) => {}
                }
                candidate = Some(answered);
                let error =
                    format!("the platform responded with instance {id}, which is another one");
                (
                    UnknownClass::Unanswered,
                    WRONG_RESPONSE,
                    StepError::failed(error),
                )
            }
            CreateOutcome::Rejected(error) => {
                if is_untested {
                    self.forget_untested();
                }
                self.record_not_created(self.key).await?;
                return Err(error.into());
            }
            CreateOutcome::Unknown { class, error } => {
                let why = match class {
                    UnknownClass::Unanswered => NO_RESPONSE,
                    UnknownClass::Answered | UnknownClass::Refused => {
                        let key = self.key.clone();
                        run.record(Record::Answered { key }).await?;
                        ERROR_RESPONSE
                    }
                };
                (class, why, error.into())
            }
        };
        // Lets the next create start while this one is settled.
        drop(gate);
        let candidates: Vec<&Candidate> = candidate.iter().collect();
        let until = run.window_from_now(class);
        let nothing = match class {
            UnknownClass::Refused => Nothing::Found,
            UnknownClass::Answered | UnknownClass::Unanswered => Nothing::Proven,
        };
        if let Some(found) = self.settle(until, why, &candidates, nothing).await? {
            let concluded = self.conclude(&request.entry, &sent, &found, Some(request));
            return concluded.await.map(Posted::Exists);
        }
        match class {
            // The intent stays open for the list lag, because an instance may still appear.
            UnknownClass::Refused => Err(error),
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
        is_untested: bool,
    ) -> Result<StepDone, StepError> {
        let id = seen.id;
        let mut entry = self.entry(&request.entry, seen);
        // A new instance is enabled. It is disabled only once it is recorded.
        entry.enabled = true;
        self.record_entry(entry.clone())
            .await
            .map_err(|error| error.unrecorded(id))?;
        self.note_change();
        kill::at(kill::KillPoint::AfterResult);

        if is_untested {
            let tested = self.test_search(&request.marker).await;
            tested.map_err(|error| error.on(id))?;
        }
        gate.marker_kept();
        expect_element(&request.entry, seen)?;
        let sent = SentValues::of_create(self.key, request);
        self.record_kept(&sent, &mut entry, seen).await?;
        if !request.enabled {
            self.run
                .apply
                .remote
                .set_enabled(id, false)
                .await
                .map_err(|error| StepError::from(error).on(id))?;
            entry.enabled = false;
            self.record_entry(entry.clone()).await?;
        }
        expect_token(&entry)?;
        Ok(StepDone::with(id))
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
