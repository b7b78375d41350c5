//! Merges a lock file that somebody changed while a run was recording.
//!
//! Pure. Must not: choose between two versions of one key.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{InstanceId, InstanceKey, Lock, LockHeader, LockedInstance};

/// The lock file as the run read it (`base`), as it is now (`theirs`), and with the run's records
/// (`ours`), merged by key.
///
/// # Errors
/// What conflicts.
pub(super) fn merge(base: Option<&Lock>, theirs: &Lock, ours: Lock) -> Result<Lock, String> {
    let header = header(base.map(|base| &base.header), &theirs.header, ours.header)?;
    let nothing = BTreeMap::new();
    let base = base.map_or(&nothing, |base| &base.instances);
    let mut instances = ours.instances;
    let keys: BTreeSet<InstanceKey> = base
        .keys()
        .chain(theirs.instances.keys())
        .cloned()
        .collect();
    for key in keys {
        let (before, now) = (base.get(&key), theirs.instances.get(&key));
        let own = instances.get(&key);
        if now == before || now == own {
            continue;
        }
        if own != before {
            return Err(format!("`{key}` was changed there and by this run"));
        }
        match now {
            Some(now) => instances.insert(key, now.clone()),
            None => instances.remove(&key),
        };
    }
    one_key_each(&instances)?;
    Ok(Lock { header, instances })
}

fn header(
    base: Option<&LockHeader>,
    theirs: &LockHeader,
    ours: LockHeader,
) -> Result<LockHeader, String> {
    if theirs.inventory != ours.inventory {
        return Err(format!("it belongs to inventory `{}`", theirs.inventory));
    }
    if let (Some(now), Some(own)) = (&theirs.api, &ours.api)
        && now.url != own.url
    {
        return Err(format!("it belongs to `{}`", now.url));
    }
    // Fingerprints of another secret than the header's are compared once more, and then differ.
    Ok(if base == Some(&ours) {
        theirs.clone()
    } else {
        ours
    })
}

fn one_key_each(instances: &BTreeMap<InstanceKey, LockedInstance>) -> Result<(), String> {
    let mut keys: BTreeMap<InstanceId, &InstanceKey> = BTreeMap::new();
    for (key, entry) in instances {
        if let Some(other) = keys.insert(entry.id, key) {
            return Err(format!(
                "instance {} would be recorded under both `{other}` and `{key}`",
                entry.id
            ));
        }
    }
    Ok(())
}
