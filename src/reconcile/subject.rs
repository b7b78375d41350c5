//! Whom a plan is about: each key of the manifest or the lock file, with all three states.

use std::collections::BTreeSet;

use super::PlanInput;
use super::index::{Index, markers};
use crate::model::{DesiredInstance, InstanceKey, LockedInstance, Marker, ObservedInstance};

/// One key and what is known of it.
pub(super) struct Subject<'a> {
    pub(super) key: &'a InstanceKey,
    pub(super) desired: Option<&'a DesiredInstance>,
    pub(super) locked: Option<&'a LockedInstance>,
    /// Under which key it is recorded: this one, or the one it had before a rename.
    pub(super) recorded_as: &'a InstanceKey,
    /// What the recorded id is on the platform.
    pub(super) there: There<'a>,
    /// Others with the live marker, the one to keep first.
    pub(super) marked: Vec<&'a ObservedInstance>,
    /// Those with the retired marker.
    pub(super) retired: Vec<&'a ObservedInstance>,
    /// The key it had, where it is still marked or recorded as that.
    pub(super) moved_from: Option<&'a InstanceKey>,
}

/// What a recorded id is on the platform.
#[derive(Clone, Copy)]
pub(super) enum There<'a> {
    /// Nothing is recorded.
    NotRecorded,
    /// It is there.
    Yes(&'a ObservedInstance),
    /// The platform itself says it is gone.
    Gone,
    /// It was neither seen nor is it known to be gone.
    Unreadable,
}

/// Every key that takes part, in order.
pub(super) fn subjects<'a>(input: &'a PlanInput, index: &Index<'a>) -> Vec<Subject<'a>> {
    let claimed: BTreeSet<&InstanceKey> = input
        .desired
        .instances
        .iter()
        .filter(|(key, _)| !input.lock.instances.contains_key(*key))
        .filter_map(|(_, instance)| instance.lifecycle.moved_from.as_ref())
        .collect();
    let keys: BTreeSet<&InstanceKey> = input
        .desired
        .instances
        .keys()
        .chain(
            input
                .lock
                .instances
                .keys()
                .filter(|key| !claimed.contains(key)),
        )
        .filter(|key| input.policy.selection.includes(key.as_str()))
        .collect();
    keys.into_iter()
        .map(|key| subject(input, index, key))
        .collect()
}

fn subject<'a>(input: &'a PlanInput, index: &Index<'a>, key: &'a InstanceKey) -> Subject<'a> {
    let desired = input.desired.instances.get(key);
    let old = desired.and_then(|desired| desired.lifecycle.moved_from.as_ref());
    let (recorded_as, locked) = match (input.lock.instances.get(key), old) {
        (Some(entry), _) => (key, Some(entry)),
        (None, Some(old)) => (old, input.lock.instances.get(old)),
        (None, None) => (key, None),
    };
    let there = match locked {
        None => There::NotRecorded,
        Some(entry) => match index.get(entry.id) {
            Some(instance) => There::Yes(instance),
            None if index.observed.gone.contains(&entry.id) => There::Gone,
            None => There::Unreadable,
        },
    };
    let keys: Vec<&InstanceKey> = std::iter::once(key).chain(old).collect();
    // What is recorded belongs to the key it is recorded for, and what carries the marker of a key
    // that another one has moved from belongs to that one.
    let claimed = desired.is_none() && index.claimed.contains(key);
    let others = |mut found: Vec<&'a ObservedInstance>| {
        found.retain(|instance| !claimed && !index.recorded.contains(&instance.id));
        found
    };
    let marked = others(index.live(input, &keys));
    let current = match there {
        There::Yes(instance) => Some(instance),
        There::NotRecorded | There::Gone | There::Unreadable => marked.first().copied(),
    };
    let moved_from = old.filter(|old| {
        let tag = Marker::live(&input.desired.inventory, old);
        (locked.is_some() && recorded_as == *old)
            || input.intents.contains_key(*old)
            || current.is_some_and(|instance| markers(instance).any(|own| own == tag.as_str()))
    });
    Subject {
        key,
        desired,
        locked,
        recorded_as,
        there,
        marked,
        retired: others(index.retired(input, &keys)),
        moved_from,
    }
}
