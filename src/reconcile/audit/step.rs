//! Invariants of steps: whom the instance belongs to, and who asked for the step.

use super::auditor::{Auditor, marker_count};
use crate::model::{
    Action, DeleteRequest, InstanceId, Marker, MarkerState, ObservedInstance, OnRemove, Prune,
    ReplaceRequest,
};

impl Auditor<'_> {
    pub(super) fn step(&mut self) {
        let is_selected = self.is_selected() || self.unblocks_selected();
        self.expect(is_selected, "a step outside the selection");
        self.expect(!self.step.reasons.is_empty(), "a step without a reason");
        let by_path = self.step.changes.is_sorted_by(|a, b| a.path < b.path);
        self.expect(by_path, "the changes are not in order");
        let creates = matches!(self.step.action, Action::Create(_));
        self.expect(
            creates == self.step.id.is_none(),
            "a step without an id, or a create with one",
        );
        if let Some(id) = self.step.id {
            self.ownership(id);
        }
        let declared = self
            .desired()
            .and_then(|instance| instance.lifecycle.moved_from.as_ref());
        let from = &self.step.moved_from;
        let is_declared = from.is_none() || from.as_ref() == declared;
        self.expect(is_declared, "an undeclared rename");
        let former = self.step.former_key.as_ref();
        let knows_former = match &self.step.action {
            Action::Delete(_) | Action::Forget => former.is_none(),
            Action::Create(_) | Action::Update(_) | Action::Adopt(_) | Action::Replace(_) => {
                former == declared
            }
        };
        self.expect(knows_former, "a step that does not know its former key");
        match &self.step.action {
            Action::Create(request) => {
                let live = Marker::live(&self.input.desired.inventory, &self.step.key);
                let taken = self.carried.contains(live.as_str());
                self.expect(!taken, "a create although an instance carries its marker");
                self.create(request);
            }
            Action::Update(request) => {
                let recorded = self.records(request.id);
                let retired = self.carries(request.id, MarkerState::Retired);
                self.expect(recorded || retired, "an update of an unrecorded instance");
                self.update(request);
            }
            Action::Adopt(request) => {
                let recorded = self.recorded.contains(&request.id);
                self.expect(!recorded, "an adoption of a recorded instance");
                let live = self.carries(request.id, MarkerState::Live);
                self.expect(live, "an adoption of an unmarked instance");
                self.update(request);
            }
            Action::Replace(request) => {
                self.expected_marker(request.old, request.expect_marker.as_deref());
                self.replace(request);
                self.create(&request.create);
            }
            Action::Delete(request) => {
                self.expected_marker(request.id, request.expect_marker.as_deref());
                self.delete(request);
            }
            Action::Forget => self.forget(),
        }
    }

    fn is_selected(&self) -> bool {
        let selection = &self.input.policy.selection;
        selection.includes(self.step.key.as_str())
    }

    /// Whether it forgets the entry of an instance that carries the marker of a selected key, or of the key
    /// before its rename. Nobody excluded it.
    fn unblocks_selected(&self) -> bool {
        let selection = &self.input.policy.selection;
        let seen = self.step.id.and_then(|id| self.observed(id));
        let mut markers = seen.into_iter().flat_map(ObservedInstance::markers);
        matches!(self.step.action, Action::Forget)
            && !selection.excludes(self.step.key.as_str())
            && markers.any(|marker| self.selected.contains(marker))
    }

    /// The instance belongs to the inventory, by lock file or marker, and to nobody else.
    fn ownership(&mut self, id: InstanceId) {
        let Some(seen) = self.observed(id) else {
            let recorded = self.recorded.contains(&id) || self.records(id);
            self.expect(recorded, "a step on an instance that is not ours");
            return;
        };
        let ours = self.recorded.contains(&id) || seen.markers().any(|tag| self.is_our_marker(tag));
        self.expect(ours, "a step on an instance that is not ours");
        let foreign = seen.markers().any(|tag| !self.is_our_marker(tag));
        self.expect(!foreign, "a step on an instance with a foreign marker");
        let by_key = self.recorded.contains(&id)
            && !self.records(id)
            && !matches!(self.step.action, Action::Delete(_));
        self.expect(!by_key, "a step on the instance of another key");
    }

    /// Whether the instance carries a marker of the inventory in this state.
    fn carries(&self, id: InstanceId, state: MarkerState) -> bool {
        let ours = |tag: &str| Marker::state_of(tag) == Some(state) && self.is_our_marker(tag);
        self.observed(id)
            .is_some_and(|seen| seen.markers().any(ours))
    }

    fn replace(&mut self, request: &ReplaceRequest) {
        let ReplaceRequest {
            old,
            expect_marker: _,
            retired_marker,
            retire_tags,
            create: _,
        } = request;
        self.expect(self.step.id == Some(*old), "a replace of another instance");
        self.expect(!self.is_protected(), "a replace of a protected instance");
        let marker = Marker::retired(&self.input.desired.inventory, &self.step.key);
        self.expect(
            *retired_marker == marker.as_str(),
            "a replace with a wrong marker",
        );
        if let Some(tags) = retire_tags {
            let retires = tags.contains(retired_marker) && marker_count(tags.iter()) == 1;
            self.expect(retires, "a replace that does not retire the old one");
        }
        let Some(seen) = self.observed(*old) else {
            return;
        };
        let other_element = self
            .desired()
            .is_some_and(|wanted| !wanted.element.names(&seen.element));
        let asked = other_element || self.input.policy.replace.contains(&self.step.key);
        self.expect(asked, "an unrequested replace");
    }

    fn delete(&mut self, request: &DeleteRequest) {
        let DeleteRequest {
            id,
            expect_marker: _,
            drop_entry,
        } = *request;
        self.expect(self.step.id == Some(id), "a delete of another instance");
        let entry = self.input.lock.instances.get(&self.step.key);
        let is_recorded = entry.is_some_and(|entry| entry.id == id);
        let wanted = self.desired().is_some();
        let policy = &self.input.policy;
        if drop_entry {
            let on_remove =
                entry.is_some_and(|entry| entry.lifecycle.on_remove == OnRemove::Delete);
            let asked = match self.former.contains(&self.step.key) {
                true => policy.prunes(Prune::Duplicates),
                false => policy.prunes(Prune::Removed) || on_remove,
            };
            self.expect(asked, "an unrequested delete");
            self.expect(is_recorded, "a delete of another instance");
            self.expect(!self.is_protected(), "a delete of a protected instance");
            self.expect(!wanted, "a delete of a declared instance");
            return;
        }
        let retired = self.carries(id, MarkerState::Retired);
        let finishes = wanted && retired && self.has_valid_besides(id);
        let asked = finishes || policy.prunes(Prune::Duplicates) || policy.prunes(Prune::Orphans);
        self.expect(asked, "an unrequested delete");
        // The old instance of a replace may still be recorded, even under the key before a rename.
        let moved = self.desired().and_then(|wanted| {
            let old = wanted.lifecycle.moved_from.as_ref()?;
            self.input.lock.instances.get(old)
        });
        let is_own = is_recorded || moved.is_some_and(|entry| entry.id == id);
        let recorded = self.recorded.contains(&id);
        self.expect(
            !recorded || (is_own && finishes),
            "a delete of a recorded instance",
        );
    }

    /// Whether another valid instance of the inventory exists.
    fn has_valid_besides(&self, id: InstanceId) -> bool {
        let is_ours = |seen: &ObservedInstance| {
            self.recorded.contains(&seen.id) || seen.markers().any(|tag| self.is_our_marker(tag))
        };
        let is_valid = |seen: &ObservedInstance| seen.id != id && seen.valid && is_ours(seen);
        let observed = self.input.observed.as_ref();
        observed.is_some_and(|observed| observed.instances.values().any(is_valid))
    }

    fn forget(&mut self) {
        let is_gone = |id| {
            let observed = self.input.observed.as_ref();
            let is_gone = observed.is_some_and(|observed| observed.gone.contains(&id));
            is_gone && self.observed(id).is_none()
        };
        let own = Marker::both(&self.input.desired.inventory, &self.step.key);
        let is_anothers =
            |tag: &str| self.is_our_marker(tag) && own.iter().all(|own| own.as_str() != tag);
        let became_anothers = |id| {
            let mut seen = self.observed(id).into_iter();
            seen.any(|seen| seen.marker().is_some() && seen.markers().all(is_anothers))
        };
        let id = self.step.id.filter(|id| self.records(*id));
        let forgettable = id.is_some_and(|id| is_gone(id) || became_anothers(id));
        self.expect(forgettable, "a forget of an instance that may exist");
        let wanted = self.desired().is_some();
        self.expect(!wanted, "a forget of a declared instance");
    }
}
