//! The keys of a plan: every key of the manifest and the lock file, with its three states.

use std::collections::BTreeSet;

use super::index::Index;
use crate::model::{
    Action, DesiredInstance, FieldChange, InstanceId, InstanceKey, InventoryName, LockedInstance,
    Marker, ObservedInstance, Reason, Step,
};

/// One key and its desired, recorded and observed state.
pub(super) struct Subject<'a> {
    pub(super) key: &'a InstanceKey,
    pub(super) desired: Option<&'a DesiredInstance>,
    pub(super) locked: Option<&'a LockedInstance>,
    /// What the platform says about the recorded id.
    pub(super) recorded: RecordedState<'a>,
    /// Unrecorded instances with the live marker, the one to keep first.
    pub(super) marked: Vec<&'a ObservedInstance>,
    /// Unrecorded instances with only the retired marker.
    pub(super) retired: Vec<&'a ObservedInstance>,
    /// Instances with our marker that also belong to somebody else. They are never changed.
    pub(super) contested: Vec<Contested<'a>>,
    /// The key before a rename, if that is still recorded or marked.
    pub(super) moved_from: Option<&'a InstanceKey>,
}

/// A key of the manifest.
#[derive(Clone, Copy)]
pub(super) struct Declared<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) desired: &'a DesiredInstance,
}

impl Declared<'_> {
    /// A step on this key. After a rename it moves the key, too.
    pub(super) fn step(
        self,
        id: Option<InstanceId>,
        action: Action,
        mut changes: Vec<FieldChange>,
        mut reasons: BTreeSet<Reason>,
    ) -> Step {
        let Self { subject, desired } = self;
        reasons.extend(subject.moved_from.map(|_| Reason::Moved));
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        Step {
            key: subject.key.clone(),
            element: desired.element.to_string(),
            id,
            moved_from: subject.moved_from.cloned(),
            former_key: desired.lifecycle.moved_from.clone(),
            action,
            changes,
            reasons: reasons.into_iter().collect(),
        }
    }
}

/// What a recorded id is on the platform.
#[derive(Clone, Copy)]
pub(super) enum RecordedState<'a> {
    /// Nothing is recorded.
    NotRecorded,
    /// It exists, with the marker of this key or without a marker.
    Live(&'a ObservedInstance),
    /// It is the old instance of an interrupted replace.
    Retired(&'a ObservedInstance),
    /// It carries a marker of another key or inventory.
    Contested(Contested<'a>),
    /// It exists, but its tags or its configuration were not returned.
    Abridged(&'a ObservedInstance),
    /// It is the instance of another key by now, and this one left the manifest.
    Renamed,
    /// The platform confirmed that it does not exist.
    Gone,
    /// It was not seen, and the platform did not confirm that it is gone.
    Unreadable,
}

/// An instance with two claims on it.
#[derive(Clone, Copy)]
pub(super) struct Contested<'a> {
    pub(super) instance: &'a ObservedInstance,
    pub(super) claim: Claim<'a>,
}

/// The claim of somebody else on an instance.
#[derive(Clone, Copy)]
pub(super) enum Claim<'a> {
    /// It carries this marker of another inventory or key.
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

/// All keys that are planned for, in order.
pub(super) fn subjects<'a>(index: &Index<'a>) -> Vec<Subject<'a>> {
    let input = index.input;
    // The entry of a renamed key is planned under the new key.
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
        .filter(|key| index.is_in_scope(key))
        .collect();
    keys.into_iter().map(|key| subject(index, key)).collect()
}

/// The old key, if its lock entry belongs to this key after a rename. If both keys have an
/// instance, this key keeps its own and the old key stays recorded. The exception is a recorded
/// instance that already carries the marker of this key: the rename was interrupted before it was
/// recorded.
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
    let joins = own.is_empty() || entries.get(old).is_some_and(is_marked);
    let takes = match entries.get(key) {
        None => !old_is_there || joins,
        Some(entry) => old_is_there && joins && index.observed.gone.contains(&entry.id),
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
        Some(_) if index.is_outdated(key) => RecordedState::Renamed,
        Some(entry) => recorded_state(index, &own, entry),
    };
    let (mut marked, mut retired, mut contested) = (Vec::new(), Vec::new(), Vec::new());
    // Instances with the marker of a renamed key belong to the new key.
    if desired.is_some() || !index.is_claimed(key) {
        contested.extend(recorded_elsewhere(index, key, old, taken, &own));
        for instance in index.unrecorded(own.live().chain(own.retired()).cloned()) {
            match own.contested(instance) {
                Some(both) => contested.push(both),
                None if own.is_live(instance) => marked.push(instance),
                None => retired.push(instance),
            }
        }
    }
    let current = if let RecordedState::Live(seen) = recorded {
        Some(seen)
    } else {
        marked.first().copied()
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

/// Instances that carry a marker of this key but are recorded under another key. An instance under
/// the old key carries the old marker rightfully.
fn recorded_elsewhere<'a>(
    index: &Index<'a>,
    key: &InstanceKey,
    old: Option<&InstanceKey>,
    taken: Option<&InstanceKey>,
    own: &OwnMarkers,
) -> Vec<Contested<'a>> {
    let mut elsewhere: Vec<Contested<'a>> = Vec::new();
    for (place, marker) in own.live().enumerate() {
        let rightful = if place == 0 { taken } else { old };
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
    } else if seen.marker().is_some() && !own.is_live(seen) {
        RecordedState::Retired(seen)
    } else {
        RecordedState::Live(seen)
    }
}

/// The live and the retired marker of a key, and then those of the key before a rename: those of the
/// key itself take precedence.
struct OwnMarkers(Vec<[Marker; 2]>);

impl OwnMarkers {
    fn of(inventory: &InventoryName, key: &InstanceKey, old: Option<&InstanceKey>) -> Self {
        let keys = std::iter::once(key).chain(old);
        Self(keys.map(|key| Marker::both(inventory, key)).collect())
    }

    fn live(&self) -> impl Iterator<Item = &Marker> {
        self.0.iter().map(|[live, _]| live)
    }

    fn retired(&self) -> impl Iterator<Item = &Marker> {
        self.0.iter().map(|[_, retired]| retired)
    }

    fn is_live(&self, instance: &ObservedInstance) -> bool {
        self.live().any(|own| instance.carries(own))
    }

    fn contested<'o>(&self, instance: &'o ObservedInstance) -> Option<Contested<'o>> {
        let is_own = |tag: &str| self.0.iter().flatten().any(|own| own.as_str() == tag);
        let marker = instance.markers().find(|tag| !is_own(tag))?;
        let claim = Claim::Marker(marker);
        Some(Contested { instance, claim })
    }
}
