//! What the audit derives from the input: ownership, and what was declared.

use std::collections::BTreeSet;

use super::super::PlanInput;
use crate::model::{
    Action, DesiredInstance, InstanceId, InstanceKey, LockedInstance, Marker, ObservedInstance,
    Plan, Step,
};

/// A violated invariant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The key of the step.
    pub key: String,
    /// What is wrong with it.
    pub what: &'static str,
}

pub(super) struct Auditor<'a> {
    pub(super) input: &'a PlanInput,
    /// The step that is audited.
    pub(super) step: &'a Step,
    /// The recorded ids, without the entries that the plan forgets.
    pub(super) recorded: BTreeSet<InstanceId>,
    /// The keys before declared renames.
    pub(super) former: BTreeSet<&'a InstanceKey>,
    /// The markers of all known keys.
    markers: BTreeSet<String>,
    /// Those of selected keys, and of the keys before their renames.
    pub(super) selected: BTreeSet<String>,
    /// All markers carried by observed instances.
    pub(super) carried: BTreeSet<&'a str>,
    pub(super) violations: Vec<Violation>,
}

impl<'a> Auditor<'a> {
    pub(super) fn new(input: &'a PlanInput, plan: &'a Plan, step: &'a Step) -> Self {
        let inventory = &input.desired.inventory;
        let desired = &input.desired.instances;
        let (mut markers, mut selected) = (BTreeSet::new(), BTreeSet::new());
        for key in desired.keys().chain(input.lock.instances.keys()) {
            let wanted = desired.get(key);
            let moved = wanted.and_then(|wanted| wanted.lifecycle.moved_from.as_ref());
            let names = std::iter::once(key).chain(moved);
            let both = names.flat_map(|key| Marker::both(inventory, key));
            let both = both.map(|marker| marker.to_string());
            if input.policy.selection.includes(key.as_str()) {
                selected.extend(both.clone());
            }
            markers.extend(both);
        }
        let observed = input.observed.iter();
        let observed = observed.flat_map(|observed| observed.instances.values());
        let forgets = |step: &&Step| matches!(step.action, Action::Forget);
        let forgotten = plan.steps.iter().filter(forgets);
        let forgotten: BTreeSet<_> = forgotten.map(|step| &step.key).collect();
        let entries = input.lock.instances.iter();
        let recorded = entries.filter(|(key, _)| !forgotten.contains(key));
        let recorded = recorded.map(|(_, entry)| entry.id);
        Self {
            input,
            step,
            recorded: recorded.collect(),
            former: desired
                .values()
                .filter_map(|wanted| wanted.lifecycle.moved_from.as_ref())
                .collect(),
            markers,
            selected,
            carried: observed.flat_map(ObservedInstance::markers).collect(),
            violations: Vec::new(),
        }
    }

    pub(super) fn expect(&mut self, holds: bool, what: &'static str) {
        if !holds {
            self.violations.push(Violation {
                key: self.step.key.to_string(),
                what,
            });
        }
    }

    pub(super) fn desired(&self) -> Option<&'a DesiredInstance> {
        self.input.desired.instances.get(&self.step.key)
    }

    /// The lock entries of the key, and of the key before a rename.
    pub(super) fn entries(&self) -> impl Iterator<Item = &'a LockedInstance> {
        let entries = &self.input.lock.instances;
        let moved = self
            .step
            .moved_from
            .as_ref()
            .and_then(|old| entries.get(old));
        entries.get(&self.step.key).into_iter().chain(moved)
    }

    /// Whether one of these entries records this instance.
    pub(super) fn records(&self, id: InstanceId) -> bool {
        self.entries().any(|entry| entry.id == id)
    }

    pub(super) fn observed(&self, id: InstanceId) -> Option<&'a ObservedInstance> {
        self.input.observed.as_ref()?.instances.get(&id)
    }

    /// A write has to expect the marker that the instance carries.
    pub(super) fn expected_marker(&mut self, id: InstanceId, expected: Option<&str>) {
        let Some(seen) = self.observed(id) else {
            return;
        };
        let there = match expected {
            Some(marker) => self.is_our_marker(marker) && seen.has_tag(marker),
            None => seen.marker().is_none(),
        };
        self.expect(there, "a write that expects the wrong marker");
    }

    pub(super) fn is_our_marker(&self, tag: &str) -> bool {
        Marker::belongs_to(tag, &self.input.desired.inventory) || self.markers.contains(tag)
    }

    pub(super) fn is_protected(&self) -> bool {
        self.entries().any(|entry| entry.lifecycle.protect)
            || self
                .desired()
                .is_some_and(|instance| instance.lifecycle.protect)
    }
}

/// The number of markers among tags to be sent.
pub(super) fn marker_count<'t>(tags: impl Iterator<Item = &'t String>) -> usize {
    tags.filter(|tag| Marker::state_of(tag).is_some()).count()
}
