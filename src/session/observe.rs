//! Reading the live platform: the list, and by id or marker whatever a plan needs besides.
//!
//! Unreadable is not absent: any failed read fails the whole.

use std::collections::BTreeSet;
use std::ops::Bound;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::error::SessionError;
use crate::model::{
    Completeness, Desired, InstanceId, InstanceKey, InventoryName, Lock, Lookup, Marker, Observed,
};
use crate::ports::ReadRemote;

/// How many single reads are under way at once.
const AT_ONCE: usize = 8;

/// What the platform shows, complete enough for a plan. `retired` are instances that may be so new that
/// no list shows them.
///
/// # Errors
/// The first read that failed.
pub(super) async fn observe(
    remote: &dyn ReadRemote,
    desired: &Desired,
    lock: &Lock,
    retired: &BTreeSet<InstanceId>,
) -> Result<Observed, SessionError> {
    let listing = remote.list().await?;
    let mut observed = Observed {
        completeness: listing.completeness,
        ..Observed::default()
    };
    for instance in listing.instances {
        observed.instances.insert(instance.id, instance);
    }
    let wanted = to_read(&observed, &markers(desired, lock), lock, retired);
    let mut reads = stream::iter(wanted)
        .map(|id| async move { (id, remote.get(id).await) })
        .buffer_unordered(AT_ONCE);
    while let Some((id, read)) = reads.next().await {
        match read? {
            Lookup::Found(instance) => {
                observed.instances.insert(id, *instance);
            }
            Lookup::Gone => {
                observed.instances.remove(&id);
                observed.gone.insert(id);
            }
        }
    }
    Ok(observed)
}

/// Searches for what would be created, where the list does not prove that it is absent. Hits join what was
/// observed, as a read by id shows them.
///
/// # Errors
/// The first search or read that failed: unreadable is not absent.
pub(super) async fn search_missing(
    remote: &dyn ReadRemote,
    desired: &Desired,
    observed: &mut Observed,
) -> Result<(), SessionError> {
    if observed.completeness == Completeness::Complete {
        return Ok(());
    }
    let searches = missing_markers(desired, observed);
    let mut searches = stream::iter(searches)
        .map(|marker| async move { remote.find(marker.as_str()).await })
        .buffer_unordered(AT_ONCE);
    let mut hits = BTreeSet::new();
    while let Some(found) = searches.next().await {
        hits.extend(found?.into_iter().map(|instance| instance.id));
    }
    for id in hits {
        if let Lookup::Found(instance) = remote.get(id).await? {
            observed.instances.insert(id, *instance);
        }
    }
    Ok(())
}

/// Both markers of each desired key whose live marker no instance carries, and of the key it had before a
/// rename.
fn missing_markers(desired: &Desired, observed: &Observed) -> BTreeSet<Marker> {
    let seen = observed.by_marker();
    let mut missing = BTreeSet::new();
    for (key, instance) in &desired.instances {
        let keys = || {
            [Some(key), instance.lifecycle.moved_from.as_ref()]
                .into_iter()
                .flatten()
        };
        let is_seen =
            keys().any(|key| seen.contains_key(Marker::live(&desired.inventory, key).as_str()));
        if !is_seen {
            missing.extend(keys().flat_map(|key| Marker::both(&desired.inventory, key)));
        }
    }
    missing
}

/// Both markers of every key of the manifest and the lock file, and of the keys before a rename.
fn markers(desired: &Desired, lock: &Lock) -> BTreeSet<String> {
    let moved = desired.instances.values();
    let moved = moved.filter_map(|instance| instance.lifecycle.moved_from.as_ref());
    let keys = desired.instances.keys().chain(lock.instances.keys());
    keys.chain(moved)
        .flat_map(|key| Marker::both(&desired.inventory, key))
        .map(|marker| marker.to_string())
        .collect()
}

/// The ids to read one by one: locked and retired ones that the list lacks, for only the platform's own
/// 404 makes them gone, and ours where the list left tags, configuration or the token out, may have cut a marker, or shows
/// another token.
fn to_read(
    observed: &Observed,
    markers: &BTreeSet<String>,
    lock: &Lock,
    retired: &BTreeSet<InstanceId>,
) -> BTreeSet<InstanceId> {
    let locked: BTreeSet<InstanceId> = lock.instances.values().map(|entry| entry.id).collect();
    let missing = locked
        .union(retired)
        .filter(|id| !observed.instances.contains_key(id))
        .copied();
    let unclear = observed.instances.values().filter_map(|instance| {
        let is_locked = locked.contains(&instance.id);
        let is_ours = is_locked || instance.tags.is_none() || instance.marker().is_some();
        let lacks_token = instance.token.is_none() && !is_locked;
        let unclear = (is_ours && (instance.is_abridged() || lacks_token))
            || instance
                .tags
                .iter()
                .flatten()
                .any(|tag| is_cut(tag, markers));
        unclear.then_some(instance.id)
    });
    let differing = lock.instances.iter().filter_map(|(key, entry)| {
        let instance = observed.instances.get(&entry.id)?;
        let marker = Marker::live(&lock.header.inventory, key);
        let unclear = !instance.carries(&marker) || entry.is_token_in_doubt(instance);
        unclear.then_some(entry.id)
    });
    missing.chain(unclear).chain(differing).collect()
}

/// Whether a tag may be the beginning of one of these markers (docs/platform.md#q27).
fn is_cut(tag: &str, markers: &BTreeSet<String>) -> bool {
    // In their order, the texts that begin with it come right after it.
    let mut longer = markers.range::<str, _>((Bound::Excluded(tag), Bound::Unbounded));
    !tag.is_empty() && longer.next().is_some_and(|marker| marker.starts_with(tag))
}

/// Whether an unaltered marker of this inventory was seen: then creates need not go one by one.
pub(super) fn marker_seen<'k>(
    observed: &Observed,
    inventory: &InventoryName,
    keys: impl Iterator<Item = &'k InstanceKey>,
) -> bool {
    let markers: BTreeSet<String> = keys
        .map(|key| Marker::live(inventory, key).to_string())
        .collect();
    let mut instances = observed.instances.values();
    instances.any(|instance| instance.markers().any(|tag| markers.contains(tag)))
}
