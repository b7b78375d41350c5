//! Observed instances by the markers they carry.

use std::collections::{BTreeMap, BTreeSet};

use super::PlanInput;
use crate::model::{InstanceId, InstanceKey, Marker, Observed, ObservedInstance};

/// Observed instances by the markers they carry.
pub(super) struct Index<'o> {
    pub(super) observed: &'o Observed,
    by_marker: BTreeMap<&'o str, BTreeSet<InstanceId>>,
    /// Every marker that belongs to a key somebody knows.
    known: BTreeSet<String>,
    /// Every id of the lock file.
    pub(super) recorded: BTreeSet<InstanceId>,
    /// Keys that another one has moved from.
    pub(super) claimed: BTreeSet<InstanceKey>,
}

impl<'o> Index<'o> {
    pub(super) fn new(input: &PlanInput, observed: &'o Observed) -> Self {
        let mut by_marker: BTreeMap<&str, BTreeSet<InstanceId>> = BTreeMap::new();
        for instance in observed.instances.values() {
            for tag in markers(instance) {
                by_marker.entry(tag).or_default().insert(instance.id);
            }
        }
        let inventory = &input.desired.inventory;
        let moved = input
            .desired
            .instances
            .values()
            .filter_map(|instance| instance.lifecycle.moved_from.as_ref());
        let known = input
            .desired
            .instances
            .keys()
            .chain(input.lock.instances.keys())
            .chain(moved)
            .flat_map(|key| {
                [
                    Marker::live(inventory, key).to_string(),
                    Marker::retired(inventory, key).to_string(),
                ]
            })
            .collect();
        let moved = input
            .desired
            .instances
            .values()
            .filter_map(|instance| instance.lifecycle.moved_from.clone());
        Self {
            observed,
            by_marker,
            known,
            recorded: input
                .lock
                .instances
                .values()
                .map(|entry| entry.id)
                .collect(),
            claimed: moved.collect(),
        }
    }

    pub(super) fn get(&self, id: InstanceId) -> Option<&'o ObservedInstance> {
        self.observed.instances.get(&id)
    }

    /// Those with the live marker of one of these keys, the one to keep first: the oldest valid.
    pub(super) fn live(
        &self,
        input: &PlanInput,
        keys: &[&InstanceKey],
    ) -> Vec<&'o ObservedInstance> {
        self.carrying(
            keys.iter()
                .map(|key| Marker::live(&input.desired.inventory, key)),
        )
    }

    /// Those with the retired marker of one of these keys.
    pub(super) fn retired(
        &self,
        input: &PlanInput,
        keys: &[&InstanceKey],
    ) -> Vec<&'o ObservedInstance> {
        self.carrying(
            keys.iter()
                .map(|key| Marker::retired(&input.desired.inventory, key)),
        )
    }

    fn carrying(&self, wanted: impl Iterator<Item = Marker>) -> Vec<&'o ObservedInstance> {
        let mut found: Vec<&ObservedInstance> = Vec::new();
        // Markers in the order given: the key's own before that of the key it had.
        for marker in wanted {
            let ids = self.by_marker.get(marker.as_str());
            let mut hits: Vec<&ObservedInstance> = ids
                .into_iter()
                .flatten()
                .filter_map(|id| self.get(*id))
                .filter(|hit| found.iter().all(|known| known.id != hit.id))
                .collect();
            hits.sort_by_key(|hit| (!hit.valid, hit.id));
            found.extend(hits);
        }
        found
    }

    /// Instances with a marker of this inventory whose key nobody knows.
    pub(super) fn orphans(&self, input: &PlanInput) -> Vec<(&'o ObservedInstance, &'o str)> {
        self.observed
            .instances
            .values()
            .filter(|instance| !self.recorded.contains(&instance.id))
            .filter_map(|instance| {
                let own = markers(instance)
                    .find(|tag| Marker::belongs_to(tag, &input.desired.inventory))?;
                (!self.known.contains(own)).then_some((instance, own))
            })
            .collect()
    }

    /// How many instances are neither recorded nor marked as ours.
    pub(super) fn foreign(&self, input: &PlanInput) -> usize {
        self.observed
            .instances
            .values()
            .filter(|instance| !self.recorded.contains(&instance.id))
            .filter(|instance| {
                !markers(instance).any(|tag| {
                    self.known.contains(tag) || Marker::belongs_to(tag, &input.desired.inventory)
                })
            })
            .count()
    }
}

/// The markers an instance carries, of whatever inventory.
pub(super) fn markers(instance: &ObservedInstance) -> impl Iterator<Item = &str> {
    instance
        .tags
        .iter()
        .flatten()
        .map(String::as_str)
        .filter(|tag| Marker::state_of(tag).is_some())
}
