//! Reading the live platform: the complete list, and by id whatever a plan needs besides.
//!
//! Unreadable is not absent: any failed read fails the whole.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::error::SessionError;
use crate::model::{InstanceId, InstanceKey, InventoryName, Lock, Lookup, Marker, Observed};
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
    lock: &Lock,
    retired: &BTreeSet<InstanceId>,
) -> Result<Observed, SessionError> {
    let mut observed = Observed::default();
    for instance in remote.list().await? {
        observed.instances.insert(instance.id, instance);
    }
    let wanted = to_read(&observed, lock, retired);
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

/// The ids to read one by one: locked and retired ones that the list lacks, for only the platform's own
/// 404 makes them gone, and ours where the list left tags or configuration out.
fn to_read(
    observed: &Observed,
    lock: &Lock,
    retired: &BTreeSet<InstanceId>,
) -> BTreeSet<InstanceId> {
    let locked: BTreeSet<InstanceId> = lock.instances.values().map(|entry| entry.id).collect();
    let missing = locked
        .union(retired)
        .filter(|id| !observed.instances.contains_key(id))
        .copied();
    let abridged = observed.instances.values().filter_map(|instance| {
        let ours =
            locked.contains(&instance.id) || instance.tags.is_none() || instance.marker().is_some();
        (ours && instance.is_abridged()).then_some(instance.id)
    });
    missing.chain(abridged).collect()
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
