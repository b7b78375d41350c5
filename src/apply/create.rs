//! Creating exactly once: durable intent, one `POST`, durable result.

use std::collections::BTreeMap;

use tokio::sync::SemaphorePermit;

use super::HEARTBEAT_INTERVAL;
use super::entry::Source;
use super::gate::Passage;
use super::run::Run;
use super::settle::{Search, Settled};
use super::step::{StepDone, StepError};
use crate::model::{
    CreateRequest, Fingerprint, InstanceKey, LockEntryDraft, Lookup, Marker, ObservedInstance,
    OpenIntent, RequestValue, Step,
};
use crate::ports::{CreateOutcome, Record, RemoteError, UnknownClass, kill};

/// How often an intent is written to a disk that stalls.
const MOST_INTENTS: usize = 5;
/// How many windows one run waits through for one key: the `POST` is sent at most this often.
const MOST_WINDOWS: usize = 2;

const KILLED_BEFORE: &str = "an earlier run was cut off while it created this instance: looking whether it exists, so that no second one is made";
const CUT_OFF: &str = "the platform's answer was lost: looking whether the instance exists, so that no second one is made";
const ANSWERED: &str = "the platform answered with an error of its own: looking whether the instance exists all the same, so that no second one is made";

/// What one `POST` came to.
enum Posted {
    Exists(StepDone),
    /// Proven, after a whole window: it created nothing. Another one may be sent.
    Nothing(RemoteError),
}

impl<'a> Run<'a> {
    /// Creates the instance of a step, or finds the one an earlier `POST` made.
    pub(super) async fn create(
        &self,
        step: &Step,
        request: &CreateRequest,
        permit: &mut Option<SemaphorePermit<'a>>,
    ) -> Result<StepDone, StepError> {
        if let Some(done) = self.settle_open(step, &request.entry, permit).await? {
            return Ok(done);
        }
        self.renamed(step).await?;
        let mut last = String::new();
        for _ in 0..MOST_WINDOWS {
            if !self.may_start() {
                return Err(StepError::skipped("stopped before the request was sent"));
            }
            match self.post(step, request, permit).await? {
                Posted::Exists(done) => return Ok(done),
                Posted::Nothing(error) => last = error.to_string(),
            }
        }
        Err(StepError::failed(format!(
            "{last}; sent {MOST_WINDOWS} times, and nothing was created"
        )))
    }

    /// Settles what earlier runs may have made for this key, or for the key it had. The rename is
    /// recorded only then: until the window has passed, the marker of the old key is searched for.
    pub(super) async fn settle_open(
        &self,
        step: &Step,
        draft: &LockEntryDraft,
        permit: &mut Option<SemaphorePermit<'a>>,
    ) -> Result<Option<StepDone>, StepError> {
        let keys = [Some(&step.key), step.moved_from.as_ref()];
        let open: Vec<(&InstanceKey, &OpenIntent)> = keys
            .into_iter()
            .flatten()
            .filter_map(|key| Some((key, self.intents.get(key)?)))
            .collect();
        let Some((_, first)) = open.first() else {
            return Ok(None);
        };
        let ends = open.iter().map(|(_, intent)| self.window_end(intent));
        let search = Search {
            key: &step.key,
            markers: self.markers(step),
            until: ends.max().unwrap_or_default(),
            why: KILLED_BEFORE,
        };
        match self.settle(search, permit).await? {
            Settled::Found(seen) => {
                self.renamed(step).await?;
                let source = Source {
                    key: &step.key,
                    moved_from: step.moved_from.as_ref(),
                };
                let done = self.take_in(&source, draft, &first.secrets, *seen).await?;
                Ok(Some(done))
            }
            Settled::Nothing => {
                for (key, _) in open {
                    self.not_created(key).await?;
                }
                Ok(None)
            }
        }
    }

    /// Entry and intent of the key before count for this one from now on.
    pub(super) async fn renamed(&self, step: &Step) -> Result<(), StepError> {
        let Some(from) = &step.moved_from else {
            return Ok(());
        };
        self.record(Record::Renamed {
            from: from.clone(),
            to: step.key.clone(),
        })
        .await
    }

    /// One `POST` and what follows from it.
    async fn post(
        &self,
        step: &Step,
        request: &CreateRequest,
        permit: &mut Option<SemaphorePermit<'a>>,
    ) -> Result<Posted, StepError> {
        let key = &step.key;
        let source = Source {
            key,
            moved_from: step.moved_from.as_ref(),
        };
        let body = super::body::create(key, request, self.apply.secrets)?;
        let sent = self.sent_fingerprints(key, request);
        let passage = self.gate.pass().await;
        if !self.may_start() {
            return Err(StepError::skipped("stopped before the request was sent"));
        }

        kill::at(kill::KillPoint::BeforeIntent);
        self.intend(key, &sent).await?;
        kill::at(kill::KillPoint::AfterIntent);

        let outcome = {
            let _alive = self.in_flight();
            self.apply.remote.create(&body).await
        };
        kill::at(kill::KillPoint::ResponseReceived);

        match outcome {
            CreateOutcome::Created(seen) => {
                let done = self.created(&source, request, *seen, passage).await?;
                Ok(Posted::Exists(done))
            }
            CreateOutcome::Rejected(error) => {
                self.not_created(key).await?;
                Err(error.into())
            }
            CreateOutcome::Unknown { class, error } => {
                // The next create may go ahead while this one is settled.
                drop(passage);
                if class != UnknownClass::Unanswered {
                    self.record(Record::Answered { key: key.clone() }).await?;
                }
                let search = Search {
                    key,
                    markers: self.markers(step),
                    until: self.window_from_now(class),
                    why: match class {
                        UnknownClass::Unanswered => CUT_OFF,
                        UnknownClass::Answered | UnknownClass::Refused => ANSWERED,
                    },
                };
                match (self.settle(search, permit).await?, class) {
                    (Settled::Found(seen), _) => {
                        let taken = self.take_in(&source, &request.entry, &sent, *seen);
                        taken.await.map(Posted::Exists)
                    }
                    // The intent stays open for the list lag: an instance may still show.
                    (Settled::Nothing, UnknownClass::Refused) => Err(error.into()),
                    (Settled::Nothing, UnknownClass::Answered | UnknownClass::Unanswered) => {
                        self.not_created(key).await?;
                        Ok(Posted::Nothing(error))
                    }
                }
            }
        }
    }

    /// Makes the intent durable. Its time is taken before the disk is done with it, and the window of
    /// a later run starts there: on a disk that stalls it is made anew, so that the request never
    /// leaves later than one sign of life after the record that speaks for it.
    pub(super) async fn intend(
        &self,
        key: &InstanceKey,
        sent: &BTreeMap<String, Fingerprint>,
    ) -> Result<(), StepError> {
        for _ in 0..MOST_INTENTS {
            let began = self.apply.clock.now();
            self.record(Record::Intent {
                key: key.clone(),
                secrets: sent.clone(),
            })
            .await?;
            if self.apply.clock.now().since(began) <= HEARTBEAT_INTERVAL {
                return Ok(());
            }
        }
        self.not_created(key).await?;
        Err(StepError::failed(
            "the journal's disk takes too long to be relied on; nothing was sent",
        ))
    }

    async fn created(
        &self,
        source: &Source<'_>,
        request: &CreateRequest,
        seen: ObservedInstance,
        passage: Passage<'_>,
    ) -> Result<StepDone, StepError> {
        let id = seen.id;
        let mut entry = self.apply.entry(source, &request.entry, &seen);
        // As it is now; whether it shall be disabled comes after the record.
        entry.enabled = true;
        self.record(Record::Entry {
            key: source.key.clone(),
            entry: Box::new(entry.clone()),
        })
        .await
        .map_err(|error| error.unrecorded(id))?;
        kill::at(kill::KillPoint::AfterResult);

        if passage.is_first() {
            self.check_marker(request, &seen).await?;
        }
        passage.unaltered();
        if !request.enabled {
            self.apply
                .remote
                .set_enabled(id, false)
                .await
                .map_err(|error| StepError::from(error).on(id))?;
            entry.enabled = false;
            self.record(Record::Entry {
                key: source.key.clone(),
                entry: Box::new(entry),
            })
            .await?;
        }
        Ok(StepDone::with(id))
    }

    /// The very first marker on a platform has to come back as it was sent.
    async fn check_marker(
        &self,
        request: &CreateRequest,
        seen: &ObservedInstance,
    ) -> Result<(), StepError> {
        let is_unaltered = match &seen.tags {
            Some(_) => seen.has_tag(&request.marker),
            None => match self.apply.remote.get(seen.id).await? {
                Lookup::Found(instance) => instance.has_tag(&request.marker),
                Lookup::Gone => false,
            },
        };
        if is_unaltered {
            return Ok(());
        }
        Err(StepError::failed(format!(
            "the instance was created and recorded, but the platform altered its marker `{}`: \
             without it a lost answer would make duplicates, so nothing more is created",
            request.marker
        ))
        .on(seen.id)
        .fatal())
    }

    /// Records an instance that was found by its marker. It may have been made from an earlier
    /// manifest, so the caller plans again.
    pub(super) async fn take_in(
        &self,
        source: &Source<'_>,
        draft: &LockEntryDraft,
        sent: &BTreeMap<String, Fingerprint>,
        seen: ObservedInstance,
    ) -> Result<StepDone, StepError> {
        let seen = self.with_token(seen).await?;
        let entry = self.apply.found_entry(source, draft, sent, &seen);
        self.record(Record::Entry {
            key: source.key.clone(),
            entry: Box::new(entry),
        })
        .await?;
        Ok(StepDone {
            id: Some(seen.id),
            replan: true,
        })
    }

    /// A list may leave the token out; a read by id has it.
    pub(super) async fn with_token(
        &self,
        seen: ObservedInstance,
    ) -> Result<ObservedInstance, StepError> {
        if seen.token.is_some() {
            return Ok(seen);
        }
        let id = seen.id;
        match self.apply.remote.get(id).await? {
            Lookup::Found(instance) => Ok(*instance),
            Lookup::Gone => {
                Err(StepError::failed("the instance vanished while it was read").on(id))
            }
        }
    }

    fn markers(&self, step: &Step) -> Vec<Marker> {
        let inventory = &self.apply.plan.inventory;
        [Some(&step.key), step.moved_from.as_ref()]
            .into_iter()
            .flatten()
            .map(|key| Marker::live(inventory, key))
            .collect()
    }

    fn sent_fingerprints(
        &self,
        key: &InstanceKey,
        request: &CreateRequest,
    ) -> BTreeMap<String, Fingerprint> {
        request
            .configuration
            .iter()
            .filter(|(_, value)| matches!(value, RequestValue::Secret))
            .filter_map(|(name, _)| {
                let fingerprint = self.apply.secrets.fingerprint(key, name)?;
                Some((name.clone(), fingerprint.clone()))
            })
            .collect()
    }

    pub(super) async fn not_created(&self, key: &InstanceKey) -> Result<(), StepError> {
        self.record(Record::NotCreated { key: key.clone() }).await
    }
}
