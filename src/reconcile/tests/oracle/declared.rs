//! The rows in which the key is declared.

use super::difference::is_element;
use super::{Claim, Oracle};
use crate::model::{DesiredInstance, InstanceId, InstanceKey, Marker, ObservedInstance, Prune};
impl Oracle<'_> {
    pub(super) fn declared(&mut self, key: &InstanceKey, wanted: &DesiredInstance) {
        let seen = self.seen;
        let from = wanted.lifecycle.moved_from.as_ref();
        let (own, former) = (self.id_of(Some(key)), self.id_of(from));
        let claims: Vec<(&ObservedInstance, Claim)> = seen
            .values()
            .filter(|one| {
                own == Some(one.id)
                    || (former == Some(one.id) && self.recorder(one.id) == from)
                    || self.carries(key, one)
                    || from.is_some_and(|from| self.carries(from, one))
            })
            .map(|one| (one, self.claim_of(key, from, one)))
            .collect();
        self.explained.extend(claims.iter().map(|(one, _)| one.id));
        // Of the two keys of a rename, the new one keeps its own instance if both have one.
        let former_there = former.and_then(|id| seen.get(&id));
        let is_alone = !seen
            .values()
            .any(|one| self.recorder(one.id).is_none() && one.carries(&self.live(key)));
        let joins = is_alone || former_there.is_some_and(|one| one.carries(&self.live(key)));
        let takes = match own {
            None => former_there.is_none() || joins,
            Some(own) => self.is_gone(own) && former_there.is_some() && joins,
        };
        if let Some(from) = from
            && let Some(id) = former.filter(|_| !takes)
            && self.is_looked_at(from, id)
        {
            self.left_from_rename(key, from, id);
        }
        if !self.is_selected(key) {
            return;
        }
        let entry = if takes { former.or(own) } else { own };
        let recorded = entry
            .and_then(|id| claims.iter().find(|(one, _)| one.id == id))
            .copied();
        let first = |allowed: Claim, has: &dyn Fn(&ObservedInstance) -> bool| {
            let fit = claims.iter().map(|(one, claim)| (*one, *claim));
            let fit = fit.filter(|(one, claim)| *claim == allowed && has(one));
            let fit = fit.filter(|(one, _)| !self.is_anothers_entry(one.id, key, from));
            fit.map(|(one, _)| one).min_by_key(|one| one.rank())
        };
        let any = |_: &ObservedInstance| true;
        let is_live = |(_, claim): &(&ObservedInstance, Claim)| {
            matches!(claim, Claim::Own | Claim::Former | Claim::Unmarked)
        };
        let live = recorded
            .filter(is_live)
            .map(|(one, _)| one)
            .or_else(|| first(Claim::Own, &any))
            .or_else(|| first(Claim::Former, &any));
        let old = recorded
            .filter(|(_, claim)| *claim == Claim::Retired)
            .map(|(one, _)| one)
            .or_else(|| first(Claim::Retired, &|one| one.carries(&self.retired(key))))
            .or_else(|| first(Claim::Retired, &any));
        let is_contested = claims
            .iter()
            .any(|(one, claim)| *claim == Claim::Other && self.is_doubled(key, from, one));
        let is_unread = entry.is_some_and(|id| !seen.contains_key(&id) && !self.is_gone(id));
        let refusal = if is_unread || recorded.is_some_and(|(one, _)| one.is_abridged()) {
            Some("unreadable")
        } else if recorded.is_some_and(|(_, claim)| claim == Claim::Other)
            || (live.is_none() && is_contested)
        {
            Some("foreign-marker")
        } else {
            None
        };
        let current = live.or(old).filter(|_| refusal.is_none());
        match (refusal, current) {
            (Some(code), _) => self.refuse(code, key),
            (None, Some(one)) => self.current(key, wanted, one, entry),
            (None, None) => {
                self.step("create", key, None);
                self.look_alikes(key, wanted);
            }
        }
        for (one, claim) in &claims {
            let is_current = current.is_some_and(|current| current.id == one.id);
            if is_current || (current.is_none() && entry == Some(one.id)) {
                continue;
            }
            let is_formers = from.is_some() && self.recorder(one.id) == from;
            let is_left = is_formers && entry != former;
            if !is_left {
                self.beside(key, from, one, *claim, current);
            } else if one.carries(&self.live(key)) {
                // The entry stays: it is not selected, so nothing is forgotten.
                self.beside(key, from, one, Claim::Other, current);
            }
        }
    }

    /// The entry of the key before a rename, where the new key has an instance of its own.
    pub(super) fn left_from_rename(
        &mut self,
        key: &InstanceKey,
        from: &InstanceKey,
        id: InstanceId,
    ) {
        if self.is_gone(id) || self.is_given_up(from, id) {
            self.step("forget", from, Some(id));
        } else if !self.seen.contains_key(&id) {
            self.refuse("unreadable", from);
        } else if !self.input.policy.prunes(Prune::Duplicates) {
            self.note("duplicate", Some(key), Some(id));
        } else {
            self.delete_recorded(from, id);
        }
    }

    pub(super) fn id_of(&self, key: Option<&InstanceKey>) -> Option<InstanceId> {
        let entry = self.input.lock.instances.get(key?);
        entry.map(|entry| entry.id)
    }

    pub(super) fn live(&self, key: &InstanceKey) -> Marker {
        Marker::live(&self.input.desired.inventory, key)
    }

    pub(super) fn retired(&self, key: &InstanceKey) -> Marker {
        Marker::retired(&self.input.desired.inventory, key)
    }

    /// The entry of the key before a rename is no claim on an instance that carries the new marker.
    pub(super) fn is_anothers_entry(
        &self,
        id: InstanceId,
        key: &InstanceKey,
        from: Option<&InstanceKey>,
    ) -> bool {
        let is_marked = self
            .seen
            .get(&id)
            .is_some_and(|one| one.carries(&self.live(key)));
        let recorder = self.recorder(id);
        recorder.is_some() && recorder == from && !is_marked
    }

    /// An instance that another key has recorded is a claim of somebody else, unless that key gives it up.
    pub(super) fn claim_of(
        &self,
        key: &InstanceKey,
        from: Option<&InstanceKey>,
        one: &ObservedInstance,
    ) -> Claim {
        let claim = self.claim(key, from, one);
        let recorder = self.recorder(one.id);
        let is_others = recorder.is_some_and(|other| {
            let is_ours = other == key || Some(other) == from;
            !is_ours
        });
        if is_others { Claim::Other } else { claim }
    }

    /// Whether an instance of two owners stands beside the one of this key: not if another key has it
    /// recorded, and it carries the retired marker at most.
    pub(super) fn is_doubled(
        &self,
        key: &InstanceKey,
        from: Option<&InstanceKey>,
        one: &ObservedInstance,
    ) -> bool {
        let mut names = from.into_iter().chain([key]);
        self.recorder(one.id).is_none() || names.any(|name| one.carries(&self.live(name)))
    }

    /// The step on the current instance.
    pub(super) fn current(
        &mut self,
        key: &InstanceKey,
        wanted: &DesiredInstance,
        one: &ObservedInstance,
        entry: Option<InstanceId>,
    ) {
        let lock = &self.input.lock.instances;
        let from = wanted.lifecycle.moved_from.as_ref();
        let own = lock.get(key);
        let former = from
            .and_then(|from| lock.get(from))
            .filter(|it| Some(it.id) == entry);
        let mut entries = own.into_iter().chain(former);
        let is_protected = wanted.lifecycle.protect || entries.any(|it| it.lifecycle.protect);
        let claim = self.claim(key, from, one);
        // This one is what an interrupted `--replace` has made.
        let is_new = entry
            .and_then(|id| self.seen.get(&id))
            .is_some_and(|old| old.id != one.id && self.claim(key, from, old) == Claim::Retired);
        let is_requested = self.input.policy.replace.contains(key) && !is_new;
        if one.is_abridged() {
            self.refuse("unreadable", key);
        } else if !is_element(&wanted.element, one) || is_requested {
            if is_protected {
                self.refuse("protected", key);
            } else {
                self.step("replace", key, Some(one.id));
            }
        } else if entry != Some(one.id) && claim != Claim::Retired {
            self.step("adopt", key, Some(one.id));
        } else if claim != Claim::Own
            || one.markers().count() > 1
            || own.is_none_or(|own| own.id != one.id || self.differs(key, wanted, own, one))
        {
            self.step("update", key, Some(one.id));
        }
    }

    /// An instance with a marker of the key that is not its current one. Without a current one, because
    /// of a refusal, nothing is deleted.
    pub(super) fn beside(
        &mut self,
        key: &InstanceKey,
        from: Option<&InstanceKey>,
        one: &ObservedInstance,
        claim: Claim,
        current: Option<&ObservedInstance>,
    ) {
        match (claim, current) {
            (Claim::Own | Claim::Former, _) => {
                self.note("duplicate", Some(key), Some(one.id));
                if self.input.policy.prunes(Prune::Duplicates) && current.is_some() {
                    self.step("delete", key, Some(one.id));
                }
            }
            (Claim::Retired, Some(current)) if current.valid => {
                self.step("finish", key, Some(one.id));
            }
            (Claim::Retired, _) => self.note("retired", Some(key), Some(one.id)),
            (Claim::Other, Some(_)) => {
                if self.is_doubled(key, from, one) {
                    self.note("duplicate", Some(key), Some(one.id));
                }
            }
            (Claim::Other | Claim::Unmarked | Claim::Hidden, _) => {}
        }
    }

    pub(super) fn look_alikes(&mut self, key: &InstanceKey, wanted: &DesiredInstance) {
        let alike: Vec<InstanceId> = self
            .seen
            .values()
            .filter(|one| one.name == wanted.name && is_element(&wanted.element, one))
            .filter(|one| one.marker().is_none() && self.recorder(one.id).is_none())
            .map(|one| one.id)
            .collect();
        for id in alike {
            self.note("look-alike", Some(key), Some(id));
        }
    }
}
