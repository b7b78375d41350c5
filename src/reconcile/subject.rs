//! Whom a plan is about: each key of the manifest or the lock file, with all three states.

use std::collections::BTreeSet;

use super::index::Index;
use crate::model::{
    DesiredInstance, InstanceKey, InventoryName, LockedInstance, Marker, ObservedInstance,
};

/// One key and what is known of it.
pub(super) struct Subject<'a> {
    pub(super) key: &'a InstanceKey,
    pub(super) desired: Option<&'a DesiredInstance>,
    pub(super) locked: Option<&'a LockedInstance>,
    /// What the recorded id is on the platform.
    pub(super) recorded: RecordedState<'a>,
    /// Unrecorded ones with the live marker, the one to keep first.
    pub(super) marked: Vec<&'a ObservedInstance>,
    /// Unrecorded ones with the retired marker, and not the live one.
    pub(super) retired: Vec<&'a ObservedInstance>,
    /// Unrecorded ones that carry our marker and somebody else's too: never touched.
    pub(super) contested: Vec<Contested<'a>>,
    /// The key it had, where it is still marked or recorded as that.
    pub(super) moved_from: Option<&'a InstanceKey>,
}

/// What a recorded id is on the platform.
#[derive(Clone, Copy)]
pub(super) enum RecordedState<'a> {
    /// Nothing is recorded.
    NotRecorded,
    /// It is there, with the marker of this key or none at all.
    Live(&'a ObservedInstance),
    /// It is the old one of a replace that was cut off.
    Retired(&'a ObservedInstance),
    /// It carries a marker that is not of this key.
    Contested(Contested<'a>),
    /// It is there, and its tags or its configuration are not shown.
    Abridged(&'a ObservedInstance),
    /// The platform itself says it is gone.
    Gone,
    /// It was neither seen nor is it known to be gone.
    Unreadable,
}

/// An instance that two claim.
#[derive(Clone, Copy)]
pub(super) struct Contested<'a> {
    pub(super) instance: &'a ObservedInstance,
    pub(super) claim: Claim<'a>,
}

/// What makes an instance somebody else's too.
#[derive(Clone, Copy)]
pub(super) enum Claim<'a> {
    /// It carries this marker, of another inventory or of another key.
    Marker(&'a str),
    /// It is recorded under this key.
    Entry(&'a InstanceKey),
}

impl std::fmt::Display for Claim<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Marker(marker) => write!(f, "carries the marker `{marker}`"),
            Self::Entry(key) => write!(f, "is recorded as `{key}`"),
        }
    }
}

/// Every key that takes part, in order.
pub(super) fn subjects<'a>(index: &Index<'a>) -> Vec<Subject<'a>> {
    let input = index.input;
    // An entry whose key was renamed is told under the new key.
    let taken_over: BTreeSet<&InstanceKey> = input
        .desired
        .instances
        .iter()
        .filter_map(|(key, desired)| takes_over(index, key, desired))
        .collect();
    let recorded = input.lock.instances.keys();
    let keys: BTreeSet<&InstanceKey> = input
        .desired
        .instances
        .keys()
        .chain(recorded.filter(|key| !taken_over.contains(key)))
        .filter(|key| input.policy.selection.includes(key.as_str()))
        .collect();
    keys.into_iter().map(|key| subject(index, key)).collect()
}

/// The key whose entry belongs to this one after a rename. Where this key has an instance of its own
/// beside that of the old key, both exist: this one wins, and the other stays recorded. Not where the
/// recorded one carries this key's marker already: then the rename was cut off before its record.
fn takes_over<'a>(
    index: &Index<'_>,
    key: &InstanceKey,
    desired: &'a DesiredInstance,
) -> Option<&'a InstanceKey> {
    let old = desired.lifecycle.moved_from.as_ref()?;
    let entries = &index.input.lock.instances;
    let is_alive = |entry: &LockedInstance| index.get(entry.id).is_some();
    let old_is_there = entries.get(old).is_some_and(is_alive);
    let marker = Marker::live(index.inventory(), key);
    let own = index.unrecorded([marker.clone()]);
    let is_marked = |entry: &LockedInstance| {
        let seen = index.get(entry.id);
        seen.is_some_and(|seen| seen.carries(&marker))
    };
    let takes = match entries.get(key) {
        None => !old_is_there || own.is_empty() || entries.get(old).is_some_and(is_marked),
        Some(entry) => old_is_there && own.is_empty() && index.observed.gone.contains(&entry.id),
    };
    takes.then_some(old)
}

fn subject<'a>(index: &Index<'a>, key: &'a InstanceKey) -> Subject<'a> {
    let input = index.input;
    let desired = input.desired.instances.get(key);
    let old = desired.and_then(|desired| desired.lifecycle.moved_from.as_ref());
    let taken = desired.and_then(|desired| takes_over(index, key, desired));
    let own_entry = input.lock.instances.get(key);
    let locked = taken
        .and_then(|old| input.lock.instances.get(old))
        .or(own_entry);

    let own = OwnMarkers::of(index.inventory(), key, old);
    let recorded = match locked {
        None => RecordedState::NotRecorded,
        Some(entry) => recorded_state(index, &own, entry),
    };
    let (mut marked, mut retired, mut contested) = (Vec::new(), Vec::new(), Vec::new());
    // What carries the marker of a key that another one has moved from belongs to that one.
    if desired.is_some() || !index.is_claimed(key) {
        contested.extend(recorded_elsewhere(index, key, old, taken, &own));
        for instance in index.unrecorded(own.live.iter().chain(&own.retired).cloned()) {
            match own.contested(instance) {
                Some(both) => contested.push(both),
                None if own.is_live(instance) => marked.push(instance),
                None => retired.push(instance),
            }
        }
    }
    let current = match recorded {
        RecordedState::Live(seen) => Some(seen),
        RecordedState::NotRecorded
        | RecordedState::Retired(_)
        | RecordedState::Contested(_)
        | RecordedState::Abridged(_)
        | RecordedState::Gone
        | RecordedState::Unreadable => marked.first().copied(),
    };
    let moved_from = taken.filter(|old| {
        let tag = Marker::live(index.inventory(), old);
        locked.is_some()
            || input.intents.contains_key(*old)
            || current.is_some_and(|instance| instance.carries(&tag))
    });
    Subject {
        key,
        desired,
        locked,
        recorded,
        marked,
        retired,
        contested,
        moved_from,
    }
}

/// What carries a marker of this key and is recorded under another one. The instance of the key it had
/// carries that key's marker by right.
fn recorded_elsewhere<'a>(
    index: &Index<'a>,
    key: &InstanceKey,
    old: Option<&InstanceKey>,
    taken: Option<&InstanceKey>,
    own: &OwnMarkers,
) -> Vec<Contested<'a>> {
    let mut elsewhere: Vec<Contested<'a>> = Vec::new();
    for (place, marker) in own.live.iter().enumerate() {
        let is_own = place == 0;
        let rightful = if is_own { taken } else { old };
        for instance in index.carrying(marker) {
            let Some(holder) = index.recorded_as(instance.id) else {
                continue;
            };
            let known = elsewhere.iter().any(|both| both.instance.id == instance.id);
            if holder != key && Some(holder) != rightful && !known {
                let claim = Claim::Entry(holder);
                elsewhere.push(Contested { instance, claim });
            }
        }
    }
    elsewhere
}

fn recorded_state<'a>(
    index: &Index<'a>,
    own: &OwnMarkers,
    entry: &LockedInstance,
) -> RecordedState<'a> {
    let Some(seen) = index.get(entry.id) else {
        return if index.observed.gone.contains(&entry.id) {
            RecordedState::Gone
        } else {
            RecordedState::Unreadable
        };
    };
    if seen.is_abridged() {
        RecordedState::Abridged(seen)
    } else if let Some(contested) = own.contested(seen) {
        RecordedState::Contested(contested)
    } else if seen.markers().next().is_some() && !own.is_live(seen) {
        RecordedState::Retired(seen)
    } else {
        RecordedState::Live(seen)
    }
}

/// The markers that make an instance this key's: its own, and those of the key it had.
struct OwnMarkers {
    live: Vec<Marker>,
    retired: Vec<Marker>,
}

impl OwnMarkers {
    fn of(inventory: &InventoryName, key: &InstanceKey, old: Option<&InstanceKey>) -> Self {
        // The key's own come first: where both exist, it wins.
        let keys = || std::iter::once(key).chain(old);
        Self {
            live: keys().map(|key| Marker::live(inventory, key)).collect(),
            retired: keys().map(|key| Marker::retired(inventory, key)).collect(),
        }
    }

    fn is_live(&self, instance: &ObservedInstance) -> bool {
        instance
            .markers()
            .any(|tag| self.live.iter().any(|own| own.as_str() == tag))
    }

    fn contested<'o>(&self, instance: &'o ObservedInstance) -> Option<Contested<'o>> {
        let is_own = |tag: &str| {
            let mut all = self.live.iter().chain(&self.retired);
            all.any(|own| own.as_str() == tag)
        };
        let marker = instance.markers().find(|tag| !is_own(tag))?;
        let claim = Claim::Marker(marker);
        Some(Contested { instance, claim })
    }
}
