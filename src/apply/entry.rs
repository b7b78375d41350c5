//! What is recorded of an instance: the declared part from the plan, the rest from the platform.

use std::collections::BTreeMap;

use super::Apply;
use crate::model::plan::SecretRecord;
use crate::model::{Fingerprint, InstanceKey, LockEntryDraft, LockedInstance, ObservedInstance};

/// Where an entry's unchanged parts come from.
pub(super) struct Source<'a> {
    pub(super) key: &'a InstanceKey,
    pub(super) moved_from: Option<&'a InstanceKey>,
}

impl Apply<'_> {
    /// The entry of an instance that now is as the draft says.
    pub(super) fn entry(
        &self,
        source: &Source<'_>,
        draft: &LockEntryDraft,
        seen: &ObservedInstance,
    ) -> LockedInstance {
        let before = self.locked(source);
        let secrets = draft
            .secrets
            .iter()
            .map(|(name, record)| {
                let fingerprint = match record {
                    SecretRecord::Present => self.secrets.fingerprint(source.key, name).cloned(),
                    SecretRecord::Keep => before
                        .and_then(|entry| entry.secrets.get(name).cloned())
                        .flatten(),
                    SecretRecord::Unverified => None,
                };
                (name.clone(), fingerprint)
            })
            .collect();
        self.compose(source, draft, secrets, seen)
    }

    /// The entry of an instance that an earlier `POST` made, when the manifest may have been
    /// another: a secret counts as sent only where the intent says what was sent.
    pub(super) fn found_entry(
        &self,
        source: &Source<'_>,
        draft: &LockEntryDraft,
        sent: &BTreeMap<String, Fingerprint>,
        seen: &ObservedInstance,
    ) -> LockedInstance {
        let secrets = draft
            .secrets
            .keys()
            // The vendor refused what is not valid: it is sent once more, by an update.
            .map(|name| (name.clone(), sent.get(name).filter(|_| seen.valid).cloned()))
            .collect();
        let mut entry = self.compose(source, draft, secrets, seen);
        entry.name.clone_from(&seen.name);
        entry.enabled = seen.enabled;
        entry
    }

    fn compose(
        &self,
        source: &Source<'_>,
        draft: &LockEntryDraft,
        secrets: BTreeMap<String, Option<Fingerprint>>,
        seen: &ObservedInstance,
    ) -> LockedInstance {
        let before = self.locked(source).filter(|entry| entry.id == seen.id);
        let token = seen
            .token
            .clone()
            .or_else(|| before.and_then(|entry| entry.token.clone()));
        let created_date = seen
            .created_date
            .clone()
            .or_else(|| before.and_then(|entry| entry.created_date.clone()));
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
            token,
            element: seen.element.clone(),
            name,
            tags,
            configuration,
            secrets,
            enabled,
            valid: seen.valid,
            created_date,
            lifecycle,
        }
    }

    /// The entry this key had when the plan was made.
    pub(super) fn locked(&self, source: &Source<'_>) -> Option<&LockedInstance> {
        let by_key = self.lock.instances.get(source.key);
        by_key.or_else(|| self.lock.instances.get(source.moved_from?))
    }
}
