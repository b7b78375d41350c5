//! Reading the live platform: the list, and by id whatever a plan needs besides.
//!
//! Unreadable is not absent: any failed read fails the whole.

use std::collections::BTreeSet;
use std::ops::Bound;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::error::SessionError;
use crate::model::{Completeness, Desired, InstanceId, Lock, Marker, Observed};
use crate::ports::{Confirm, Listing, ReadRemote};

/// How many single reads are under way at once.
const AT_ONCE: usize = 8;
/// Of how many recorded instances that the list lacks each is read by id. With more of them missing, a plan
/// is most likely refused, a comparison says enough, and with 200,000 the reads would take an hour.
const MAX_MISSING_READ: usize = 100;

/// Whether every recorded instance that the list lacks is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Each is read by id.
    Read,
    /// Of many only a few are read. If the platform has none of them, the others are presumed gone, which is
    /// good enough for a guard that refuses the plan, and for a comparison that changes nothing.
    Presume,
}

/// What the platform shows.
pub(super) struct Sight {
    pub(super) observed: Observed,
    /// Those counted as gone that nobody read. A plan that is not refused because of them needs them read.
    pub(super) presumed: BTreeSet<InstanceId>,
}

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
    missing: Missing,
) -> Result<Sight, SessionError> {
    let Listing {
        instances,
        completeness,
        pages,
        read,
    } = remote.list(Confirm::Later).await?;
    let mut observed = Observed {
        completeness,
        pages,
        read,
        listed: instances.iter().map(|instance| instance.id).collect(),
        instances: instances.into_iter().map(|it| (it.id, it)).collect(),
        ..Observed::default()
    };
    let mut wanted = to_read(&observed, &markers(desired, lock), lock, retired);
    let mut presumed = BTreeSet::new();
    if missing == Missing::Presume && observed.completeness == Completeness::Complete {
        let entries = lock.instances.values().map(|entry| entry.id);
        let lacks = |id: &InstanceId| !observed.instances.contains_key(id) && !retired.contains(id);
        presumed = entries.filter(lacks).skip(MAX_MISSING_READ).collect();
        wanted.retain(|id| !presumed.contains(id));
    }
    read_all(remote, wanted, &mut observed).await?;
    if presumed.is_empty() {
        return Ok(Sight { observed, presumed });
    }
    let mut entries = lock.instances.values();
    let is_there = |id| observed.instances.contains_key(&id) && !observed.listed.contains(&id);
    if entries.any(|entry| is_there(entry.id)) {
        // The list is wrong about one of them, so it may be about others.
        read_all(remote, std::mem::take(&mut presumed), &mut observed).await?;
    }
    observed.gone.extend(&presumed);
    Ok(Sight { observed, presumed })
}

/// Reads these instances by id, and adds what that shows.
///
/// # Errors
/// The first read that failed.
pub(super) async fn read_all(
    remote: &dyn ReadRemote,
    ids: BTreeSet<InstanceId>,
    observed: &mut Observed,
) -> Result<(), SessionError> {
    let mut reads = stream::iter(ids)
        .map(|id| async move { (id, remote.get(id).await) })
        .buffer_unordered(AT_ONCE);
    while let Some((id, read)) = reads.next().await {
        observed.add(id, read?);
    }
    Ok(())
}

/// Both markers of every key of the manifest and the lock file, and of the keys before a rename.
pub(super) fn markers(desired: &Desired, lock: &Lock) -> BTreeSet<String> {
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
    let mut ids: BTreeSet<InstanceId> = missing.chain(unclear).chain(differing).collect();
    ids.retain(|id| !observed.read.contains(id));
    ids
}

/// Whether a tag may be the beginning of one of these markers (docs/platform.md#q27).
fn is_cut(tag: &str, markers: &BTreeSet<String>) -> bool {
    // In their order, the texts that begin with it come right after it.
    let mut longer = markers.range::<str, _>((Bound::Excluded(tag), Bound::Unbounded));
    !tag.is_empty() && longer.next().is_some_and(|marker| marker.starts_with(tag))
}

/// Whether an unaltered marker of this inventory was seen: then creates need not go one by one.
pub(super) fn marker_seen(observed: &Observed, desired: &Desired, lock: &Lock) -> bool {
    let keys = desired.instances.keys().chain(lock.instances.keys());
    let markers: BTreeSet<String> = keys
        .map(|key| Marker::live(&desired.inventory, key).to_string())
        .collect();
    let mut instances = observed.instances.values();
    instances.any(|instance| instance.markers().any(|tag| markers.contains(tag)))
}
