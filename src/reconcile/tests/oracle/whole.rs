//! What is about the whole inventory.

use std::collections::BTreeSet;

use super::Oracle;
use crate::model::{Marker, ObservedInstance};
impl Oracle<'_> {
    pub(super) fn is_recorded_twice(&mut self) -> bool {
        let mut twice = BTreeSet::new();
        for (key, entry) in &self.input.lock.instances {
            for (other, another) in &self.input.lock.instances {
                let is_told = [key, other]
                    .iter()
                    .any(|key| self.is_given_up(key, entry.id));
                if key < other && entry.id == another.id && !is_told {
                    twice.insert("recorded-twice".to_owned());
                }
            }
        }
        self.told.refusals = twice;
        !self.told.refusals.is_empty()
    }

    pub(super) fn general(&mut self) {
        let unsettled = self
            .input
            .intents
            .keys()
            .map(|key| format!("unsettled {key}"));
        self.told.notes.extend(unsettled);
        if self.input.other_user {
            self.told.notes.insert("other-user".to_owned());
        }
        if self.seen.values().any(|one| !self.is_ours(one)) {
            self.told.notes.insert("foreign".to_owned());
        }
    }

    pub(super) fn is_ours(&self, one: &ObservedInstance) -> bool {
        let inventory = &self.input.desired.inventory;
        self.explained.contains(&one.id)
            || self.recorder(one.id).is_some()
            || one
                .markers()
                .any(|marker| Marker::belongs_to(marker, inventory))
    }

    /// A recorded instance with a successor that carries our marker was replaced, and is not missing.
    pub(super) fn guards(&mut self) {
        let policy = &self.input.policy;
        let recorded = self.input.lock.instances.len();
        let gone = self.input.lock.instances.iter().filter(|(key, entry)| {
            let names = [Some(*key), self.heir(key)];
            let is_replaced = self.seen.values().any(|one| {
                let is_marked = names
                    .iter()
                    .flatten()
                    .any(|name| one.carries(&self.live(name)));
                is_marked && self.recorder(one.id).is_none()
            });
            self.is_gone(entry.id) && !is_replaced
        });
        let gone = gone.count();
        let is_many = gone > (recorded / 5).max(1) || (gone > 0 && self.input.other_user);
        let unseen = self.input.lock.instances.values();
        let unseen = unseen
            .filter(|entry| !self.seen.contains_key(&entry.id))
            .count();
        let ours = self.seen.values().filter(|one| self.is_ours(one)).count() + unseen;
        let refused = [
            ("many-vanished", is_many && !policy.recreate_vanished),
            (
                "too-many-deletes",
                self.deleted > policy.max_deletes.of(ours),
            ),
            (
                "too-many-changes",
                policy.max_changes.is_some_and(|max| self.changed > max),
            ),
        ];
        let refused = refused.iter().filter(|(_, is_refused)| *is_refused);
        self.told
            .refusals
            .extend(refused.map(|(code, _)| (*code).to_owned()));
    }
}
