//! Observed instances by the markers they carry and the keys they are recorded under.

use std::collections::{BTreeMap, BTreeSet};

use super::PlanInput;
use crate::model::{
    DesiredInstance, InstanceId, InstanceKey, InventoryName, Marker, Observed, ObservedInstance,
};

/// The input, indexed for lookups that every key needs.
pub(super) struct Index<'o> {
    pub(super) input: &'o PlanInput,
    /// What the platform shows. Offline: what the lock file records.
    pub(super) observed: &'o Observed,
    by_marker: BTreeMap<&'o str, Vec<&'o ObservedInstance>>,
    /// Instances without a marker, by name.
    unmarked: BTreeMap<&'o str, Vec<&'o ObservedInstance>>,
    /// The markers of all keys in the manifest and the lock file.
    known: BTreeMap<String, &'o InstanceKey>,
    /// The recorded ids and their keys, without outdated entries.
    recorded: BTreeMap<InstanceId, &'o InstanceKey>,
    /// Keys named by a `movedFrom`, and the keys that name them.
    claimed: BTreeMap<&'o InstanceKey, &'o InstanceKey>,
    /// Keys whose entry is outdated, see [`Self::is_outdated`].
    outdated: BTreeSet<&'o InstanceKey>,
}

impl<'o> Index<'o> {
    pub(super) fn new(input: &'o PlanInput, observed: &'o Observed) -> Self {
        let inventory = &input.desired.inventory;
        let desired = &input.desired.instances;
        let claim = |(key, instance): (&'o InstanceKey, &'o DesiredInstance)| {
            Some((instance.lifecycle.moved_from.as_ref()?, key))
        };
        let claimed: BTreeMap<_, _> = desired.iter().filter_map(claim).collect();
        let entries = &input.lock.instances;
        let keys = desired
            .keys()
            .chain(entries.keys())
            .chain(claimed.keys().copied());
        let markers = |key| Marker::both(inventory, key).map(|marker| (marker.to_string(), key));
        let mut unmarked: BTreeMap<&str, Vec<&ObservedInstance>> = BTreeMap::new();
        let instances = observed.instances.values();
        for seen in instances.filter(|seen| seen.marker().is_none()) {
            unmarked.entry(&seen.name).or_default().push(seen);
        }
        let mut index = Self {
            input,
            observed,
            by_marker: observed.by_marker(),
            unmarked,
            known: keys.flat_map(markers).collect(),
            recorded: BTreeMap::new(),
            claimed,
            outdated: BTreeSet::new(),
        };
        let is_excluded = |key: &InstanceKey| input.policy.selection.excludes(key.as_str());
        let (outdated, present): (Vec<_>, Vec<_>) = entries
            .iter()
            .partition(|(key, entry)| !is_excluded(key) && index.became_anothers(key, entry.id));
        index.outdated = outdated.into_iter().map(|(key, _)| key).collect();
        index.recorded = present
            .into_iter()
            .map(|(key, entry)| (entry.id, key))
            .collect();
        index
    }

    /// Whether a key left the manifest and its instance became that of another key: it carries no
    /// marker but those of keys that declare or record it. The key was renamed, and this lock file does
    /// not know that.
    pub(super) fn became_anothers(&self, key: &InstanceKey, id: InstanceId) -> bool {
        let (desired, entries) = (&self.input.desired.instances, &self.input.lock.instances);
        let is_ours =
            |other: &InstanceKey| desired.contains_key(other) || entries.contains_key(other);
        let is_anothers = |tag: &str| {
            let other = self.known.get(tag);
            other.is_some_and(|other| *other != key && is_ours(other))
        };
        let is_renamed =
            |seen: &ObservedInstance| seen.marker().is_some() && seen.markers().all(is_anothers);
        // A key that was renamed from this one takes the entry over, unless it has its own instance.
        let is_free = self.claimed_by(key).is_none_or(|new| {
            let own = entries.get(new);
            own.is_some_and(|own| self.get(own.id).is_some())
        });
        // Without its removal, one instance would be recorded for two keys. Offline, no marker is known.
        let is_removable = self.input.observed.is_some() && !desired.contains_key(key) && is_free;
        is_removable && self.get(id).is_some_and(is_renamed)
    }

    /// Whether the entry of this key is outdated: its instance is that of another key by now.
    pub(super) fn is_outdated(&self, key: &InstanceKey) -> bool {
        self.outdated.contains(key)
    }

    /// Whether this key is planned for: it is selected, or its entry is outdated and in the way of a
    /// selected key, whose marker the instance carries. Without that key, the entry can wait.
    pub(super) fn is_in_scope(&self, key: &InstanceKey) -> bool {
        let includes = |key: &InstanceKey| self.input.policy.selection.includes(key.as_str());
        let is_for_selected = |tag: &str| {
            let other = self.known.get(tag);
            other.is_some_and(|other| {
                includes(other) || self.claimed_by(other).is_some_and(&includes)
            })
        };
        let blocks_selected = || {
            let entry = self.input.lock.instances.get(key);
            let seen = entry.and_then(|entry| self.get(entry.id));
            seen.is_some_and(|seen| seen.markers().any(is_for_selected))
        };
        includes(key) || (self.is_outdated(key) && blocks_selected())
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

    /// Unrecorded instances with this name and without a marker, by id.
    pub(super) fn unmarked(&self, name: &str) -> impl Iterator<Item = &'o ObservedInstance> {
        let named = self.unmarked.get(name).into_iter().flatten().copied();
        named.filter(|seen| !self.is_recorded(seen.id))
    }

    /// The key that was renamed from this one.
    pub(super) fn claimed_by(&self, key: &InstanceKey) -> Option<&'o InstanceKey> {
        self.claimed.get(key).copied()
    }

    /// Whether another key was renamed from this one.
    pub(super) fn is_claimed(&self, key: &InstanceKey) -> bool {
        self.claimed.contains_key(key)
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
            .filter(|seen| !seen.markers().any(|tag| self.known.contains_key(tag)))
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
            |tag: &str| self.known.contains_key(tag) || Marker::belongs_to(tag, self.inventory());
        let instances = self.observed.instances.values();
        let unrecorded = instances.filter(|seen| !self.is_recorded(seen.id));
        unrecorded
            .filter(|seen| !seen.markers().any(is_ours))
            .count()
    }
}
