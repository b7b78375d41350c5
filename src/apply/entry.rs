//! What is recorded of an instance: the declared part from the plan, the rest from the platform.

use std::collections::BTreeMap;

use super::step::StepRun;
use crate::model::{
    Fingerprint, InstanceId, LockEntryDraft, LockedInstance, ObservedInstance, SecretRecord,
};

impl StepRun<'_> {
    /// The entry of an instance that now is as the draft says.
    pub(super) fn entry(&self, draft: &LockEntryDraft, seen: &ObservedInstance) -> LockedInstance {
        let apply = self.run.apply;
        let fingerprint = |name: &str, record| match record {
            SecretRecord::Present => apply.secrets.fingerprint(self.key, name).cloned(),
            SecretRecord::Keep => self.locked(seen.id)?.secrets.get(name)?.clone(),
            SecretRecord::Unverified => None,
        };
        let secrets = draft
            .secrets
            .iter()
            .map(|(name, record)| (name.clone(), fingerprint(name, *record)));
        self.compose(draft, secrets.collect(), seen)
    }

    /// The entry of an instance that an earlier `POST` made, when the manifest may have been
    /// another: a secret counts as sent only where the intent says what was sent.
    pub(super) fn found_entry(
        &self,
        draft: &LockEntryDraft,
        sent: &BTreeMap<String, Fingerprint>,
        seen: &ObservedInstance,
    ) -> LockedInstance {
        let secrets = draft
            .secrets
            .keys()
            // The vendor refused what is not valid: it is sent once more, by an update.
            .map(|name| (name.clone(), sent.get(name).filter(|_| seen.valid).cloned()));
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
            name,
            tags,
            configuration,
            secrets: _,
            enabled,
            lifecycle,
        } = draft.clone();
        LockedInstance {
            id: seen.id,
            token: seen.token.clone().or_else(|| before?.token.clone()),
            element: seen.element.clone(),
            name,
            tags,
            configuration,
            secrets,
            enabled,
            valid: seen.valid,
            created_date: seen
                .created_date
                .clone()
                .or_else(|| before?.created_date.clone()),
            lifecycle,
        }
    }

    /// The entry this instance had when the plan was made.
    pub(super) fn locked(&self, id: InstanceId) -> Option<&LockedInstance> {
        let instances = &self.run.apply.lock.instances;
        let mut entries = self.keys().filter_map(|key| instances.get(key));
        entries.find(|entry| entry.id == id)
    }
}
