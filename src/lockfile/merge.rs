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
    let mut data_keys = ours.data_keys;
    // Names are random, so two that are equal are one.
    data_keys.extend(theirs.data_keys.clone());
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
        let own = instances.get_mut(&key);
        if now == before || now == own.as_deref() {
            continue;
        }
        let is_resealed = is_same(now, before);
        if own.as_deref() != before && is_resealed {
            // They only sealed it again, perhaps because a recipient left.
            if let (Some(own), Some(now)) = (own, now)
                && is_same_token(own, now)
            {
                own.token.clone_from(&now.token);
            }
            continue;
        }
        let own = own.as_deref();
        if !is_same(own, before) && !is_same(now, own) {
            return Err(format!("`{key}` was changed there and by this run"));
        }
        match now {
            Some(now) => instances.insert(key, now.clone()),
            None => instances.remove(&key),
        };
    }
    one_key_each(&instances)?;
    Ok(Lock {
        header,
        data_keys,
        instances,
    })
}

/// Whether two entries differ at most in how their token is sealed.
fn is_same(one: Option<&LockedInstance>, other: Option<&LockedInstance>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) if is_same_token(one, other) => {
            let token = one.token.clone();
            *one == LockedInstance {
                token,
                ..other.clone()
            }
        }
        _ => one == other,
    }
}

fn is_same_token(one: &LockedInstance, other: &LockedInstance) -> bool {
    match (&one.token, &other.token) {
        (Some(one_token), Some(other_token)) if one.id == other.id => {
            one_token.is_same(other_token, one.id)
        }
        (one, other) => one == other,
    }
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
