//! Observed instances by the markers they carry and the keys they are recorded under.

use std::collections::{BTreeMap, BTreeSet};

use super::PlanInput;
use crate::model::{InstanceId, InstanceKey, InventoryName, Marker, Observed, ObservedInstance};

/// The input, indexed for lookups that every key needs.
pub(super) struct Index<'o> {
    pub(super) input: &'o PlanInput,
    /// What the platform shows. Offline: what the lock file records.
    pub(super) observed: &'o Observed,
    by_marker: BTreeMap<&'o str, Vec<&'o ObservedInstance>>,
    /// The markers of all keys in the manifest and the lock file.
    known: BTreeSet<String>,
    /// The recorded ids and their keys.
    recorded: BTreeMap<InstanceId, &'o InstanceKey>,
    /// Keys named by a `movedFrom`.
    claimed: BTreeSet<InstanceKey>,
}

impl<'o> Index<'o> {
    pub(super) fn new(input: &'o PlanInput, observed: &'o Observed) -> Self {
        let inventory = &input.desired.inventory;
        let desired = &input.desired.instances;
        let claimed: BTreeSet<InstanceKey> = desired
            .values()
            .filter_map(|instance| instance.lifecycle.moved_from.clone())
            .collect();
        let known = desired
            .keys()
            .chain(input.lock.instances.keys())
            .chain(&claimed)
            .flat_map(|key| Marker::both(inventory, key))
            .map(|marker| marker.to_string())
            .collect();
        let recorded = input.lock.instances.iter();
        let recorded = recorded.map(|(key, entry)| (entry.id, key));
        Self {
            input,
            observed,
            by_marker: observed.by_marker(),
            known,
            recorded: recorded.collect(),
            claimed,
        }
    }

    pub(super) fn inventory(&self) -> &'o InventoryName {
        &self.input.desired.inventory
    }

    pub(super) fn get(&self, id: InstanceId) -> Option<&'o ObservedInstance> {
        self.observed.instances.get(&id)
    }

    pub(super) fn is_recorded(&self, id: InstanceId) -> bool {
        self.recorded.contains_key(&id)
    }

    /// The key under which this id is recorded.
    pub(super) fn recorded_as(&self, id: InstanceId) -> Option<&'o InstanceKey> {
        self.recorded.get(&id).copied()
    }

    /// The instances with this marker, by id.
    pub(super) fn carrying(&self, marker: &Marker) -> &[&'o ObservedInstance] {
        self.by_marker
            .get(marker.as_str())
            .map_or(&[], Vec::as_slice)
    }

    /// Whether another key was renamed from this one.
    pub(super) fn is_claimed(&self, key: &InstanceKey) -> bool {
        self.claimed.contains(key)
    }

    /// Unrecorded instances with one of these markers. They are sorted by marker in the order
    /// given, then by [`ObservedInstance::rank`].
    pub(super) fn unrecorded(
        &self,
        wanted: impl IntoIterator<Item = Marker>,
    ) -> Vec<&'o ObservedInstance> {
        let mut found: Vec<&ObservedInstance> = Vec::new();
        for marker in wanted {
            let mut hits = self.carrying(&marker).to_vec();
            hits.retain(|hit| {
                !self.is_recorded(hit.id) && found.iter().all(|known| known.id != hit.id)
            });
            hits.sort_by_key(|hit| hit.rank());
            found.extend(hits);
        }
        found
    }

    /// Unrecorded instances with a marker of this inventory that belongs to no known key.
    pub(super) fn orphans(&self) -> Vec<(&'o ObservedInstance, &'o str)> {
        let instances = self.observed.instances.values();
        instances
            .filter(|seen| !self.is_recorded(seen.id))
            .filter(|seen| !seen.markers().any(|tag| self.known.contains(tag)))
            .filter_map(|seen| {
                let is_own = |tag: &&str| Marker::belongs_to(tag, self.inventory());
                Some((seen, seen.markers().find(is_own)?))
            })
            .collect()
    }

    /// The number of instances that are recorded or carry a marker of ours.
    pub(super) fn owned_count(&self) -> usize {
        let unseen = self.recorded.keys().filter(|id| self.get(**id).is_none());
        self.observed.instances.len() - self.foreign_count() + unseen.count()
    }

    /// The number of instances that are neither recorded nor carry a marker of ours.
    pub(super) fn foreign_count(&self) -> usize {
        let is_ours =
            |tag: &str| self.known.contains(tag) || Marker::belongs_to(tag, self.inventory());
        let instances = self.observed.instances.values();
        let unrecorded = instances.filter(|seen| !self.is_recorded(seen.id));
        unrecorded
            .filter(|seen| !seen.markers().any(is_ours))
            .count()
    }
}
