//! Makes lock entries: the declared part comes from the plan, the rest from the platform.

use std::collections::BTreeMap;

use super::step::StepRun;
use crate::model::{
    Fingerprint, InstanceId, LockEntryDraft, LockedInstance, ObservedInstance, Secret, SecretRecord,
};

impl StepRun<'_> {
    /// The entry of an instance that now matches the draft.
    pub(super) fn entry(&self, draft: &LockEntryDraft, seen: &ObservedInstance) -> LockedInstance {
        let apply = self.run.apply;
        let fingerprint = |name: &str, record| match record {
            SecretRecord::Present => apply.secrets.fingerprint(self.key, name).cloned(),
            SecretRecord::Keep => match self.locked(seen.id) {
                Some(entry) => entry.secrets.get(name)?.clone(),
                None => apply.secrets.sent_to(self.key, seen.id, name).cloned(),
            },
        };
        let secrets = draft
            .secrets
            .iter()
            .map(|(name, record)| (name.clone(), fingerprint(name, *record)));
        self.compose(draft, secrets.collect(), seen)
    }

    /// The entry of an instance made by an earlier `POST`, perhaps from an earlier manifest, or restored
    /// by an earlier run. A secret counts as sent only if the intent says what was sent, or if the lock
    /// file does for this very instance.
    pub(super) fn found_entry(
        &self,
        draft: &LockEntryDraft,
        sent: &BTreeMap<String, Fingerprint>,
        seen: &ObservedInstance,
    ) -> LockedInstance {
        let recorded = self.locked(seen.id);
        let fingerprint = |name: &String| match recorded {
            Some(entry) => entry.secrets.get(name).cloned().flatten(),
            // An instance is invalid because the vendor rejected its credentials: a later update
            // sends them again.
            None => sent.get(name).filter(|_| seen.valid).cloned(),
        };
        let names = draft.secrets.keys();
        let secrets = names.map(|name| (name.clone(), fingerprint(name)));
        LockedInstance {
            name: seen.name.clone(),
            enabled: seen.enabled,
            ..self.compose(draft, secrets.collect(), seen)
        }
    }

    fn compose(
        &self,
        draft: &LockEntryDraft,
        secrets: BTreeMap<String, Option<Fingerprint>>,
        seen: &ObservedInstance,
    ) -> LockedInstance {
        let before = self.locked(seen.id);
        let LockEntryDraft {
            element: _,
            name,
            tags,
            configuration,
            secrets: _,
            enabled,
            lifecycle,
        } = draft.clone();
        let mut entry = LockedInstance {
            id: seen.id,
            token: seen
                .token
                .clone()
                .or_else(|| before?.token.clone())
                .or_else(|| self.answered_token(seen.id)),
            element: seen.element.clone(),
            name,
            tags,
            configuration,
            secrets,
            read_back: BTreeMap::new(),
            enabled,
            valid: seen.valid,
            created_date: seen
                .created_date
                .clone()
                .or_else(|| before?.created_date.clone()),
            lifecycle,
        };
        if let Some(before) = before {
            entry.keep_from(before);
        }
        entry
    }

    /// The token that the answer to a dead run showed: a read may not show it any more.
    fn answered_token(&self, id: InstanceId) -> Option<Secret> {
        let intents = self.keys().filter_map(|key| self.run.intents.get(key));
        let mut candidates = intents.filter_map(|intent| intent.candidate.as_ref());
        candidates
            .find(|candidate| candidate.id == id)?
            .token
            .clone()
    }

    /// The recorded entry of an instance, under this key or the key before a rename.
    pub(super) fn locked(&self, id: InstanceId) -> Option<&LockedInstance> {
        let instances = &self.run.apply.lock.instances;
        let mut entries = self.keys().filter_map(|key| instances.get(key));
        entries.find(|entry| entry.id == id)
    }
}
