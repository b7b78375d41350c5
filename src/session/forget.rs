//! Forgetting: the marker and the lock entry go, the instance stays.
//!
//! The marker goes first. Until the entry is gone too, the key is recorded and not declared, as it was
//! before, and the next forget goes on from there. Must not: delete anything on the platform.

use std::collections::{BTreeMap, BTreeSet};

use super::carry::{Carrier, NothingDeleted};
use super::error::SessionError;
use super::gather::Gathered;
use super::hooks::Hooks;
use super::observe::read_all;
use super::scope::Session;
use super::store::Store;
use crate::lockfile::{Finished, LockView};
use crate::model::{
    Action, ApplyReport, ElementRef, InstanceKey, LockEntryDraft, Marker, ObservedInstance,
    OutcomeKind, Plan, Reason, Refusal, RefusalCode, SecretRecord, Step, StepOutcome,
    UpdateRequest,
};
use crate::ports::{ReadRemote, Record, kill};
use crate::reconcile::Policy;

/// A key that is to be forgotten.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaving {
    pub key: InstanceKey,
    /// The instance; `None` if it does not exist any more.
    pub seen: Option<ObservedInstance>,
    pub is_recorded: bool,
    /// The marker to remove, if the instance carries it.
    pub marker: Option<String>,
    /// The marker of somebody else, which stays.
    pub other: Option<String>,
}

/// What a forget starts from. The session's `desired` is the whole manifest.
pub struct Forget {
    pub leaving: Vec<Leaving>,
    gathered: Gathered,
}

impl Session<'_> {
    /// Reads the platform, and checks that these keys may be forgotten.
    ///
    /// # Errors
    /// Whatever kept it from being read, a key that nothing has, and keys that may not be forgotten.
    pub async fn leaving(
        &self,
        remote: &dyn ReadRemote,
        view: LockView,
        keys: &BTreeSet<InstanceKey>,
        protected_too: bool,
    ) -> Result<Forget, SessionError> {
        let nothing = self.nothing_desired();
        let reader = Session {
            desired: &nothing,
            ..*self
        };
        let gathered = reader.gather(remote, Default::default(), view, Policy::default());
        let mut gathered = gathered.await?;
        if let Some(observed) = &mut gathered.input.observed {
            // A list may show tags as they were before, or cut ones, and all of them are sent.
            let own: BTreeSet<String> = keys
                .iter()
                .flat_map(|key| Marker::both(&self.desired.inventory, key))
                .map(|marker| marker.to_string())
                .collect();
            let marked = observed.instances.values();
            let marked = marked.filter(|seen| seen.markers().any(|tag| own.contains(tag)));
            let entries = gathered.input.lock.instances.iter();
            let recorded = entries.filter(|(key, _)| keys.contains(*key));
            let ids = marked.map(|seen| seen.id);
            let ids = ids.chain(recorded.map(|(_, entry)| entry.id)).collect();
            read_all(remote, ids, observed).await?;
        }
        self.may_record(&gathered.input.lock)?;
        let mut refusals = Vec::new();
        let mut leaving = Vec::new();
        for key in keys {
            let one = self.one(key, &gathered)?;
            refusals.extend(self.refusal(key, &one, &gathered, protected_too));
            leaving.push(one);
        }
        if refusals.is_empty() {
            Ok(Forget { leaving, gathered })
        } else {
            Err(SessionError::Refused(refusals))
        }
    }

    fn one(&self, key: &InstanceKey, gathered: &Gathered) -> Result<Leaving, SessionError> {
        let [live, retired] = Marker::both(&self.desired.inventory, key);
        let lock = &gathered.input.lock;
        let observed = gathered.input.observed.as_ref();
        let instances = || observed.into_iter().flat_map(|it| it.instances.values());
        let entry = lock.instances.get(key);
        let recorded = entry.and_then(|entry| instances().find(|seen| seen.id == entry.id));
        let mut marked: Vec<&ObservedInstance> = instances()
            .filter(|seen| seen.carries(&live) || seen.carries(&retired))
            .collect();
        marked.sort_by_key(|seen| seen.rank());
        let declared = self.desired.instances.keys();
        if entry.is_none() && marked.is_empty() {
            let known = lock.instances.keys().chain(declared);
            return Err(SessionError::no_such_instance("KEY", key.as_str(), known));
        }
        let seen = match entry {
            Some(_) => recorded,
            None => marked.first().copied(),
        };
        let markers = || seen.into_iter().flat_map(ObservedInstance::markers);
        Ok(Leaving {
            key: key.clone(),
            is_recorded: entry.is_some(),
            marker: markers()
                .find(|tag| *tag == live.as_str())
                .map(str::to_owned),
            other: markers()
                .find(|tag| *tag != live.as_str())
                .map(str::to_owned),
            seen: seen.cloned(),
        })
    }

    fn refusal(
        &self,
        key: &InstanceKey,
        leaving: &Leaving,
        gathered: &Gathered,
        protected_too: bool,
    ) -> Option<Refusal> {
        let refused = |code, message: String, hint: String| {
            Some(Refusal {
                code,
                key: Some(key.clone()),
                message,
                hint,
            })
        };
        let mut declared = self.desired.instances.iter();
        let namesake = declared.find(|(declared, it)| {
            *declared == key || it.lifecycle.moved_from.as_ref() == Some(key)
        });
        if let Some((declared, _)) = namesake {
            let (message, hint) = if declared == key {
                (
                    "the manifest declares it, so the next apply would create it again".to_owned(),
                    "remove it from the manifest first".to_owned(),
                )
            } else {
                (
                    format!("`{declared}` is renamed from it"),
                    format!("apply the rename, and run `forget {declared}`"),
                )
            };
            return refused(RefusalCode::Declared, message, hint);
        }
        let input = &gathered.input;
        let retired = Marker::retired(&self.desired.inventory, key);
        let mut instances = input.observed.iter().flat_map(|it| it.instances.values());
        let is_unsettled = input.intents.contains_key(key);
        if is_unsettled || instances.any(|seen| seen.carries(&retired)) {
            let what = match is_unsettled {
                true => "the outcome of a create is unknown",
                false => "a replace of it has not ended",
            };
            return refused(
                RefusalCode::Unsettled,
                what.to_owned(),
                "run `apply` first".to_owned(),
            );
        }
        if leaving.seen.as_ref().is_some_and(|seen| seen.is_abridged()) {
            return refused(
                RefusalCode::Unreadable,
                "the platform did not return its tags and configuration".to_owned(),
                "run the command again".to_owned(),
            );
        }
        let entry = input.lock.instances.get(key);
        let gone = input.observed.as_ref().map(|observed| &observed.gone);
        if let Some(entry) = entry.filter(|_| leaving.seen.is_none())
            && !gone.is_some_and(|gone| gone.contains(&entry.id))
        {
            return refused(
                RefusalCode::Unreadable,
                "the platform did not confirm that its instance is gone".to_owned(),
                "run the command again".to_owned(),
            );
        }
        if !protected_too && entry.is_some_and(|entry| entry.lifecycle.protect) {
            return refused(
                RefusalCode::Protected,
                "it is protected".to_owned(),
                "pass `--protected` to forget it nevertheless".to_owned(),
            );
        }
        None
    }
}

impl Forget {
    /// Removes the markers and then the entries.
    ///
    /// # Errors
    /// The lock file or its journal could not be written.
    pub async fn carry_out(
        &self,
        carrier: &Carrier<'_>,
        store: &mut dyn Store,
        hooks: &mut dyn Hooks,
    ) -> Result<(ApplyReport, Finished), SessionError> {
        hooks.listen();
        store.begin(&self.gathered.header).await?;
        let inventory = &carrier.session.desired.inventory;
        let plan = Plan {
            inventory: inventory.clone(),
            steps: self
                .leaving
                .iter()
                .filter_map(|one| self.step(one))
                .collect(),
        };
        let intents = BTreeMap::new();
        let applied = carrier.apply(
            &plan,
            &self.gathered,
            &intents,
            &NothingDeleted,
            store,
            hooks,
        );
        let mut report = ApplyReport {
            outcomes: Vec::new(),
            ..applied.await.report
        };
        kill::at(kill::KillPoint::ForgetUnmarked);
        for one in &self.leaving {
            let outcome = self.end(one, carrier, store).await?;
            report.outcomes.push(outcome);
        }
        let finished = store.finish(&self.gathered.header, &self.gathered.remade);
        let finished = finished.await.map_err(SessionError::NotFolded)?;
        Ok((report, finished))
    }

    /// Removes the entry, if the marker is gone.
    async fn end(
        &self,
        one: &Leaving,
        carrier: &Carrier<'_>,
        store: &dyn Store,
    ) -> Result<StepOutcome, SessionError> {
        let marker = Marker::live(&carrier.session.desired.inventory, &one.key);
        let carries = match (&one.marker, &one.seen) {
            (Some(_), Some(seen)) => carrier.carries(seen.id, &marker).await,
            _ => Some(false),
        };
        let (outcome, error) = match carries {
            Some(false) => {
                let key = one.key.clone();
                store.record(Record::Removed { key }).await?;
                (OutcomeKind::Applied, None)
            }
            Some(true) => (
                OutcomeKind::Failed,
                Some("the marker is still there; run `forget` again".to_owned()),
            ),
            None => (
                OutcomeKind::Unknown,
                Some("the marker may still be there; run `forget` again".to_owned()),
            ),
        };
        Ok(StepOutcome {
            key: one.key.clone(),
            action: "forget".to_owned(),
            outcome,
            id: one.seen.as_ref().map(|seen| seen.id),
            error,
            changed: false,
        })
    }

    /// Removes the marker, and leaves the entry as it is.
    fn step(&self, one: &Leaving) -> Option<Step> {
        let (seen, marker) = (one.seen.as_ref()?, one.marker.as_ref()?);
        let mut tags = seen.tags.clone()?;
        tags.remove(marker);
        let entry = self.gathered.input.lock.instances.get(&one.key);
        let secrets = entry.into_iter().flat_map(|entry| entry.secrets.keys());
        let entry = LockEntryDraft {
            element: ElementRef::Key(seen.element.key.clone()),
            name: entry.map_or(&seen.name, |entry| &entry.name).clone(),
            tags: entry.and_then(|entry| entry.tags.clone()),
            configuration: entry
                .map(|entry| entry.configuration.clone())
                .unwrap_or_default(),
            secrets: secrets
                .map(|name| (name.clone(), SecretRecord::Keep))
                .collect(),
            enabled: entry.map_or(seen.enabled, |entry| entry.enabled),
            lifecycle: entry
                .map(|entry| entry.lifecycle.clone())
                .unwrap_or_default(),
        };
        Some(Step {
            key: one.key.clone(),
            element: seen.element.key.to_string(),
            id: Some(seen.id),
            moved_from: None,
            former_key: None,
            action: Action::Update(UpdateRequest {
                id: seen.id,
                expect_marker: Some(marker.clone()),
                name: None,
                tags: Some(tags),
                configuration: BTreeMap::new(),
                enabled: None,
                entry,
            }),
            changes: Vec::new(),
            reasons: vec![Reason::Removed],
        })
    }
}
