//! An oracle of the presence table (docs/lifecycle.md): which step, notes and refusals every key gets.
//! Written from the table, with plain searches over all instances.
//!
//! Must not call the planner: it shares the nouns of the model with it, and no decision.

mod declared;
mod difference;
mod removed;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{InstanceId, InstanceKey, Marker, ObservedInstance};
use crate::reconcile::PlanInput;

/// A plan without its requests.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Prediction {
    /// `action key id`.
    pub(super) steps: BTreeSet<String>,
    /// `code key`, without a key for what is about none.
    pub(super) notes: BTreeSet<String>,
    /// `code key`.
    pub(super) refusals: BTreeSet<String>,
    /// The ids that the notes of this code and key have to name.
    pub(super) named: BTreeSet<(&'static str, InstanceId)>,
}

struct Oracle<'a> {
    input: &'a PlanInput,
    seen: &'a BTreeMap<InstanceId, ObservedInstance>,
    /// Instances that a key that is declared or kept has to do with.
    explained: BTreeSet<InstanceId>,
    /// The keys that the manifest or the lock file has, by their markers.
    known: BTreeMap<String, InstanceKey>,
    told: Prediction,
    deleted: usize,
    changed: usize,
}

pub(super) fn predict(input: &PlanInput) -> Prediction {
    let seen = &input.observed.as_ref().expect("a live view").instances;
    let keys = input.desired.instances.keys();
    let known = keys.chain(input.lock.instances.keys()).flat_map(|key| {
        let both = Marker::both(&input.desired.inventory, key);
        both.map(|marker| (marker.to_string(), key.clone()))
    });
    let mut oracle = Oracle {
        known: known.collect(),
        input,
        seen,
        explained: BTreeSet::new(),
        told: Prediction::default(),
        deleted: 0,
        changed: 0,
    };
    if oracle.is_recorded_twice() {
        return oracle.told;
    }
    for (key, wanted) in &input.desired.instances {
        oracle.declared(key, wanted);
    }
    for (key, entry) in &input.lock.instances {
        if !input.desired.instances.contains_key(key) && oracle.heir(key).is_none() {
            oracle.removed(key, entry);
        }
    }
    oracle.orphans();
    oracle.general();
    oracle.guards();
    oracle.told
}

/// What the markers of an instance say, seen from one key.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Claim {
    Unmarked,
    /// The live marker of the key itself.
    Own,
    /// The live marker of the key before a rename.
    Former,
    Retired,
    /// A marker of anybody else, alone or beside ours.
    Other,
    /// Its tags are not shown.
    Hidden,
}

impl Oracle<'_> {
    fn claim(
        &self,
        key: &InstanceKey,
        from: Option<&InstanceKey>,
        seen: &ObservedInstance,
    ) -> Claim {
        if seen.tags.is_none() {
            return Claim::Hidden;
        }
        let inventory = &self.input.desired.inventory;
        let is = |marker: &str, key: &InstanceKey| Marker::live(inventory, key).as_str() == marker;
        let was =
            |marker: &str, key: &InstanceKey| Marker::retired(inventory, key).as_str() == marker;
        let claims: BTreeSet<_> = seen
            .markers()
            .map(|marker| match from {
                _ if is(marker, key) => 0,
                Some(from) if is(marker, from) => 1,
                _ if was(marker, key) => 2,
                Some(from) if was(marker, from) => 2,
                _ => 3,
            })
            .collect();
        match (claims.first(), claims.contains(&3)) {
            (None, _) => Claim::Unmarked,
            (Some(0), false) => Claim::Own,
            (Some(1), false) => Claim::Former,
            (Some(_), false) => Claim::Retired,
            (Some(_), true) => Claim::Other,
        }
    }

    /// Whether it carries the live or the retired marker of this key, whatever else.
    fn carries(&self, key: &InstanceKey, seen: &ObservedInstance) -> bool {
        let both = Marker::both(&self.input.desired.inventory, key);
        both.iter().any(|marker| seen.carries(marker))
    }

    /// The declared key that moved from this one.
    fn heir(&self, key: &InstanceKey) -> Option<&InstanceKey> {
        let mut all = self.input.desired.instances.iter();
        let heir = all.find(|(_, wanted)| wanted.lifecycle.moved_from.as_ref() == Some(key));
        heir.map(|(heir, _)| heir)
    }

    /// The key that has it recorded, and is not to forget it.
    fn recorder(&self, id: InstanceId) -> Option<&InstanceKey> {
        let entries = self.input.lock.instances.iter();
        let mut holders = entries
            .filter(|(_, entry)| entry.id == id)
            .map(|(key, _)| key);
        holders.find(|key| !self.is_given_up(key, id))
    }

    /// Whether the entry of a key that left the manifest is forgotten, for its instance is another key's.
    fn is_given_up(&self, key: &InstanceKey, id: InstanceId) -> bool {
        let is_left = match self.heir(key) {
            None => !self.input.desired.instances.contains_key(key),
            // The new key of a rename has an instance of its own.
            Some(heir) => {
                let own = self.input.lock.instances.get(heir);
                own.is_some_and(|own| self.seen.contains_key(&own.id))
            }
        };
        let one = self.seen.get(&id);
        let is_excluded = self.input.policy.selection.excludes(key.as_str());
        is_left && !is_excluded && one.is_some_and(|one| self.is_another_keys(key, one))
    }

    /// Whether the entry of a key is looked at: the key is selected, or its instance is by now that of a key
    /// that is, and one instance must not be recorded twice.
    fn is_looked_at(&self, key: &InstanceKey, id: InstanceId) -> bool {
        let mut markers = self.seen.get(&id).into_iter().flat_map(|one| one.markers());
        let is_wanted = |name: &InstanceKey| {
            self.is_selected(name) || self.heir(name).is_some_and(|heir| self.is_selected(heir))
        };
        self.is_selected(key)
            || self.is_given_up(key, id)
                && markers.any(|marker| self.known.get(marker).is_some_and(is_wanted))
    }

    fn is_selected(&self, key: &InstanceKey) -> bool {
        self.input.policy.selection.includes(key.as_str())
    }

    fn is_gone(&self, id: InstanceId) -> bool {
        self.input
            .observed
            .as_ref()
            .is_some_and(|seen| seen.gone.contains(&id))
    }

    fn step(&mut self, action: &str, key: &InstanceKey, id: Option<InstanceId>) {
        let id = id.map(|id| format!(" {id}")).unwrap_or_default();
        // The replace that is finished was counted when it began.
        self.deleted += usize::from(matches!(action, "delete" | "replace"));
        let action = if action == "finish" { "delete" } else { action };
        self.told.steps.insert(format!("{action} {key}{id}"));
        self.changed += usize::from(!matches!(action, "create" | "adopt"));
    }

    fn note(&mut self, code: &'static str, key: Option<&InstanceKey>, id: Option<InstanceId>) {
        let key = key.map(|key| format!(" {key}")).unwrap_or_default();
        self.told.notes.insert(format!("{code}{key}"));
        self.told.named.extend(id.map(|id| (code, id)));
    }

    fn refuse(&mut self, code: &str, key: &InstanceKey) {
        self.told.refusals.insert(format!("{code} {key}"));
    }
}
