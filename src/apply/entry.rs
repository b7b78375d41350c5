//! Makes lock entries: the declared part comes from the plan, the rest from the platform.

use std::collections::BTreeMap;

use super::step::StepRun;
use crate::model::{
    Fingerprint, InstanceId, InstanceKey, LockEntryDraft, LockedInstance, LockedToken,
    ObservedInstance, SecretRecord,
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
            token: LockedToken::shown(&seen.token)
                .or_else(|| self.recorded_token(seen.id))
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
    fn answered_token(&self, id: InstanceId) -> Option<LockedToken> {
        self.keys().find_map(|key| {
            let candidate = self.run.intents.get(key)?.candidate.as_ref();
            let answered = candidate.filter(|candidate| candidate.id == id)?;
            Some(self.moved(answered.token.clone()?, key))
        })
    }

    /// The token as it is recorded. The platform may not show it.
    fn recorded_token(&self, id: InstanceId) -> Option<LockedToken> {
        let instances = &self.run.apply.lock.instances;
        self.keys().find_map(|key| {
            let recorded = instances.get(key).filter(|entry| entry.id == id)?;
            Some(self.moved(recorded.token.clone()?, key))
        })
    }

    /// A token of the key before a rename, or of this one, as it stands under this one.
    fn moved(&self, mut token: LockedToken, from: &InstanceKey) -> LockedToken {
        let inventory = &self.run.apply.plan.inventory;
        token.leaves(inventory, from);
        token.enters(inventory, self.key);
        token
    }

    /// The recorded entry of an instance, under this key or the key before a rename.
    pub(super) fn locked(&self, id: InstanceId) -> Option<&LockedInstance> {
        let instances = &self.run.apply.lock.instances;
        let mut entries = self.keys().filter_map(|key| instances.get(key));
        entries.find(|entry| entry.id == id)
    }
}
