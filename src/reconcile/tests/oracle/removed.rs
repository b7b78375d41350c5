//! The rows in which the key is not declared.

use super::{Claim, Oracle};
use crate::model::{
    InstanceId, InstanceKey, LockedInstance, Marker, ObservedInstance, OnRemove, Prune,
};
impl Oracle<'_> {
    pub(super) fn removed(&mut self, key: &InstanceKey, entry: &LockedInstance) {
        let seen = self.seen;
        let others: Vec<&ObservedInstance> = seen
            .values()
            .filter(|one| one.id != entry.id && self.carries(key, one))
            .filter(|one| self.recorder(one.id).is_none())
            .collect();
        self.explained.extend(others.iter().map(|one| one.id));
        if !self.is_selected(key) {
            if self.is_looked_at(key, entry.id) {
                self.step("forget", key, Some(entry.id));
            }
            return;
        }
        let policy = &self.input.policy;
        let is_to_go =
            policy.prunes(Prune::Removed) || entry.lifecycle.on_remove == OnRemove::Delete;
        let one = seen.get(&entry.id);
        let is_another_keys = one.is_some_and(|one| self.is_another_keys(key, one));
        let mut is_kept = false;
        let is_unread = one.is_none() && !self.is_gone(entry.id);
        if self.is_gone(entry.id) || is_another_keys {
            self.step("forget", key, Some(entry.id));
        } else if is_unread {
            self.refuse("unreadable", key);
        } else if is_to_go {
            is_kept = !self.delete_recorded(key, entry.id);
        } else {
            self.note("kept", Some(key), Some(entry.id));
            is_kept = true;
        }
        let claim = one.map(|one| self.claim(key, None, one));
        let is_current = matches!(claim, Some(Claim::Own | Claim::Unmarked))
            || one.is_some_and(ObservedInstance::is_abridged);
        for other in others {
            if is_unread {
                let claim = self.claim(key, None, other);
                self.beside(key, None, other, claim, None);
                continue;
            }
            // Beside a live one that is kept, another with its live marker is a duplicate.
            if is_kept && is_current && self.claim(key, None, other) == Claim::Own {
                self.note("duplicate", Some(key), Some(other.id));
                if self.input.policy.prunes(Prune::Duplicates) {
                    self.step("delete", key, Some(other.id));
                }
            } else {
                self.orphan(key, other);
            }
        }
    }

    /// Whether the recorded instance may be deleted, and is.
    pub(super) fn delete_recorded(&mut self, key: &InstanceKey, id: InstanceId) -> bool {
        let (one, entry) = (&self.seen[&id], &self.input.lock.instances[key]);
        let refusal = if one.is_abridged() {
            "unreadable"
        } else if self.claim(key, None, one) == Claim::Other {
            "foreign-marker"
        } else if entry.lifecycle.protect {
            "protected"
        } else {
            self.step("delete", key, Some(id));
            return true;
        };
        self.refuse(refusal, key);
        false
    }

    /// Whether it carries no marker but those of other keys of ours.
    pub(super) fn is_another_keys(&self, key: &InstanceKey, one: &ObservedInstance) -> bool {
        let is_anothers = |marker: &str| self.known.get(marker).is_some_and(|other| other != key);
        one.marker().is_some() && one.markers().all(is_anothers)
    }

    pub(super) fn orphans(&mut self) {
        let inventory = &self.input.desired.inventory;
        let seen = self.seen;
        for one in seen.values() {
            let marker = one
                .markers()
                .find(|marker| Marker::belongs_to(marker, inventory));
            let key = marker.and_then(|marker| Marker::key_in(marker, inventory));
            let key = key.and_then(|key| InstanceKey::new(key).ok());
            if let Some(key) = key
                && !self.explained.contains(&one.id)
                && self.recorder(one.id).is_none()
                && self.is_selected(&key)
            {
                self.orphan(&key, one);
            }
        }
    }

    pub(super) fn orphan(&mut self, key: &InstanceKey, one: &ObservedInstance) {
        let is_ours_alone = self.claim(key, None, one) != Claim::Other;
        if is_ours_alone && self.input.policy.prunes(Prune::Orphans) {
            self.step("delete", key, Some(one.id));
        } else {
            self.note("orphan", None, Some(one.id));
        }
    }
}
