//! The three-way merge of lock files: of two branches, and of a run with what somebody wrote meanwhile.
//! `docs/lockfile.md` has its rules. An instance is followed by its id, so a rename loses no change.
//!
//! Pure and symmetric. Must not: choose between two versions of one instance.

use std::collections::{BTreeMap, BTreeSet};

use super::merge_entry::{is_same, merged, three};
use crate::model::{
    Conflict, Conflicts, InstanceId, InstanceKey, Lock, LockHeader, LockedApi, LockedInstance,
};

/// What a merge comes to.
#[derive(Debug, PartialEq)]
pub(super) struct Merged {
    /// Without the keys that conflict, with the data keys of all.
    pub(super) lock: Lock,
    pub(super) conflicts: Conflicts,
}

/// Merges what two sides made of `base`, which may be missing.
///
/// # Errors
/// Why nothing of them belongs together.
pub(super) fn merge(base: Option<&Lock>, theirs: &Lock, ours: &Lock) -> Result<Merged, String> {
    let header = header(base.map(|base| &base.header), &theirs.header, &ours.header)?;
    let mut data_keys = ours.data_keys.clone();
    // Names are random, so two that are equal are one.
    data_keys.extend(theirs.data_keys.clone());
    let base = base.map_or_else(|| Ok(Side::default()), Side::of)?;
    let sides = Sides {
        base,
        ours: Side::of(ours)?,
        theirs: Side::of(theirs)?,
    };
    let (placed, open) = sides.by_id();
    let open = sides.closure(&placed, open);
    let mut instances = BTreeMap::new();
    for (key, mut entry) in placed.into_values() {
        if !open.contains(&key) {
            if let Some(token) = &mut entry.token {
                token.enters(&header.inventory, &key);
            }
            instances.insert(key, entry);
        }
    }
    // As they stand in their file.
    let conflict = |key: InstanceKey| {
        let conflict = Conflict {
            ours: ours.instances.get(&key).cloned(),
            theirs: theirs.instances.get(&key).cloned(),
        };
        (key, conflict)
    };
    Ok(Merged {
        lock: Lock {
            header,
            data_keys,
            instances,
        },
        conflicts: open.into_iter().map(conflict).collect(),
    })
}

/// The same for a run, which has nobody to ask.
///
/// # Errors
/// What conflicts.
pub(super) fn merge_run(base: Option<&Lock>, theirs: &Lock, ours: &Lock) -> Result<Lock, String> {
    let Merged { lock, conflicts } = merge(base, theirs, ours)?;
    let Some(key) = conflicts.keys().next() else {
        return Ok(lock);
    };
    let of =
        |side: fn(&Conflict) -> &Option<LockedInstance>| -> BTreeMap<InstanceId, &InstanceKey> {
            let conflicts = conflicts.iter();
            let entries = conflicts.filter_map(|(key, it)| Some((side(it).as_ref()?.id, key)));
            entries.collect()
        };
    let (there, here) = (of(|it| &it.theirs), of(|it| &it.ours));
    let moved = there.iter().find_map(|(id, key)| {
        let own = here.get(id).filter(|own| *own != key)?;
        Some(format!(
            "instance {id} would be recorded under both `{key}` and `{own}`"
        ))
    });
    Err(moved.unwrap_or_else(|| format!("`{key}` was changed there and by this run")))
}

/// The instances of one version, each token with the place where it was sealed.
#[derive(Default)]
struct Side {
    entries: BTreeMap<InstanceKey, LockedInstance>,
    keys: BTreeMap<InstanceId, InstanceKey>,
}

impl Side {
    fn of(lock: &Lock) -> Result<Self, String> {
        let mut side = Self {
            entries: lock.instances.clone(),
            keys: BTreeMap::new(),
        };
        for (key, entry) in &mut side.entries {
            if let Some(token) = &mut entry.token {
                token.leaves(&lock.header.inventory, key);
            }
            if let Some(other) = side.keys.insert(entry.id, key.clone()) {
                let id = entry.id;
                return Err(format!(
                    "instance {id} would be recorded under both `{other}` and `{key}`"
                ));
            }
        }
        Ok(side)
    }

    fn get(&self, id: InstanceId) -> Option<(&InstanceKey, &LockedInstance)> {
        let key = self.keys.get(&id)?;
        Some((key, self.entries.get(key)?))
    }

    fn id(&self, key: &InstanceKey) -> Option<InstanceId> {
        Some(self.entries.get(key)?.id)
    }
}

/// Where each instance is after the merge.
type Placed = BTreeMap<InstanceId, (InstanceKey, LockedInstance)>;

struct Sides {
    base: Side,
    ours: Side,
    theirs: Side,
}

impl Sides {
    /// Merges each instance, wherever it stands. Returns the keys of those that conflict, too.
    fn by_id(&self) -> (Placed, BTreeSet<InstanceKey>) {
        let (mut placed, mut open) = (Placed::new(), BTreeSet::new());
        let ids: BTreeSet<&InstanceId> = self
            .ours
            .keys
            .keys()
            .chain(self.theirs.keys.keys())
            .collect();
        for id in ids {
            let (before, own, their) =
                (self.base.get(*id), self.ours.get(*id), self.theirs.get(*id));
            let result = match (before, own, their) {
                (None, Some((key, entry)), None) | (None, None, Some((key, entry))) => {
                    Some((key.clone(), entry.clone()))
                }
                (Some(before), Some(left), None) | (Some(before), None, Some(left)) => {
                    // Removed there, and unchanged here.
                    if before.0 == left.0 && is_same(before.1, left.1) {
                        continue;
                    }
                    None
                }
                (before, Some(own), Some(their)) => {
                    let key = three(before.map(|it| it.0), own.0, their.0);
                    let entry = merged(before.map(|it| it.1), own.1, their.1);
                    key.cloned().zip(entry)
                }
                (_, None, None) => continue,
            };
            match result {
                Some(result) => {
                    placed.insert(*id, result);
                }
                None => open.extend(self.keys_of(*id)),
            }
        }
        (placed, open)
    }

    fn keys_of(&self, id: InstanceId) -> impl Iterator<Item = InstanceKey> {
        let keys = [&self.ours, &self.theirs].map(|side| side.keys.get(&id).cloned());
        keys.into_iter().flatten()
    }

    /// Adds the keys with two instances, those that were replaced here and removed there, and whatever
    /// shares a key or an instance with one that conflicts: one decision must not lose half of another.
    fn closure(&self, placed: &Placed, mut open: BTreeSet<InstanceKey>) -> BTreeSet<InstanceKey> {
        let mut taken = BTreeSet::new();
        let twice = placed.values().filter(|(key, _)| !taken.insert(key));
        open.extend(twice.map(|(key, _)| key.clone()));
        let replaced = self.base.entries.keys();
        open.extend(
            replaced
                .filter(|key| self.is_replaced_and_removed(key))
                .cloned(),
        );
        loop {
            let known = open.len();
            for (id, (key, _)) in placed {
                let mut keys: BTreeSet<InstanceKey> = self.keys_of(*id).collect();
                keys.insert(key.clone());
                if !keys.is_disjoint(&open) {
                    // Where neither side has it any more, there is nothing to decide.
                    let known = |key: &InstanceKey| self.has(key);
                    open.extend(keys.into_iter().filter(known));
                }
            }
            if open.len() == known {
                return open;
            }
        }
    }

    fn has(&self, key: &InstanceKey) -> bool {
        self.ours.entries.contains_key(key) || self.theirs.entries.contains_key(key)
    }

    /// Whether one side has a new instance in the place of one that the other side removed.
    fn is_replaced_and_removed(&self, key: &InstanceKey) -> bool {
        let is_gone = |id| self.keys_of(id).next().is_none();
        let is_new = |id| !self.base.keys.contains_key(&id);
        self.base.id(key).is_some_and(is_gone)
            && match (self.ours.id(key), self.theirs.id(key)) {
                (Some(id), None) | (None, Some(id)) => is_new(id),
                _ => false,
            }
    }
}

fn header(
    base: Option<&LockHeader>,
    theirs: &LockHeader,
    ours: &LockHeader,
) -> Result<LockHeader, String> {
    if theirs.inventory != ours.inventory {
        return Err(format!("it belongs to inventory `{}`", theirs.inventory));
    }
    let before = base.map(|base| &base.api);
    let api = match (&ours.api, &theirs.api) {
        (Some(own), Some(now)) if now.url != own.url => {
            return Err(format!("it belongs to `{}`", now.url));
        }
        (Some(own), Some(now)) => match three(before, &ours.api, &theirs.api) {
            Some(api) => api.clone(),
            None => Some(either(own, now)?),
        },
        (own, now) => own.clone().or_else(|| now.clone()),
    };
    Ok(LockHeader {
        inventory: ours.inventory.clone(),
        api,
        check: ours.check.clone().or_else(|| theirs.check.clone()),
    })
}

/// Two users, or one with two salts: any of them, but the same on both sides. It is compared with the next
/// run's.
fn either(own: &LockedApi, now: &LockedApi) -> Result<LockedApi, String> {
    if let (Some(own), Some(now)) = (own.organization, now.organization)
        && own != now
    {
        return Err(format!("it belongs to organization {now}"));
    }
    let users = own.user.iter().chain(&now.user);
    let user = users.min_by_key(|user| (&user.fingerprint, &user.salt));
    Ok(LockedApi {
        url: own.url.clone(),
        organization: own.organization.or(now.organization),
        user: user.cloned(),
    })
}
