//! Merges lock files on the disk, as git's merge driver, and resolves what a merge left open.
//!
//! Must not: open a token, or ask git anything.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::holder::{Holder, acquire};
use super::merge::{Merged, merge};
use super::{LockError, LockPaths, file, format, usable};
use crate::model::{Conflict, Conflicts, InstanceKey, Lock, LockedInstance};
use crate::ports::Clock;

/// A side of a merge, as git names it.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    Ours,
    Theirs,
}

impl Side {
    fn of(self, conflict: Conflict) -> Option<LockedInstance> {
        match self {
            Self::Ours => conflict.ours,
            Self::Theirs => conflict.theirs,
        }
    }
}

/// Merges `theirs` into the file `ours`. Returns what conflicts, which the file then names.
///
/// # Errors
/// [`LockError`]; the file is as it was.
pub fn merge_files(base: &Path, ours: &Path, theirs: &Path) -> Result<Conflicts, LockError> {
    let before = bytes(base)?;
    // Git hands over an empty file where both sides created it. What a merge of two bases left open is
    // in neither.
    let before = match before.iter().all(u8::is_ascii_whitespace) {
        true => None,
        false => Some(format::parse_merged(base, &before)?.0),
    };
    let own = read_version(ours)?;
    let their = read_version(theirs)?;
    let merged = merge(before.as_ref(), &their, &own).map_err(unmergeable(theirs))?;
    let Merged { lock, conflicts } = merged;
    file::write_atomic(ours, &format::merged_to_bytes(&lock, &conflicts))?;
    Ok(conflicts)
}

fn unmergeable(path: &Path) -> impl FnOnce(String) -> LockError {
    move |what| LockError::Unmergeable {
        path: path.to_owned(),
        what,
    }
}

/// One version of a lock file, which has no journal.
///
/// # Errors
/// [`LockError`]: a missing file is one.
pub fn read_version(path: &Path) -> Result<Lock, LockError> {
    format::parse(path, &bytes(path)?)
}

/// The same with what a merge left open.
///
/// # Errors
/// As for [`read_version`].
pub fn read_merged(path: &Path) -> Result<(Lock, Conflicts), LockError> {
    format::parse_merged(path, &bytes(path)?)
}

fn bytes(path: &Path) -> Result<Vec<u8>, LockError> {
    let missing = || LockError::io("read", path)(std::io::ErrorKind::NotFound.into());
    file::read(path)?.ok_or_else(missing)
}

/// Takes one side of these conflicts, or of all. Returns how many are left. Waits at most `wait` for the
/// exclusive lock.
///
/// # Errors
/// [`LockError`]; nothing was changed.
pub async fn resolve(
    paths: &LockPaths,
    clock: &dyn Clock,
    holder: (&Holder, Duration),
    keys: Option<&[String]>,
    side: Side,
) -> Result<usize, LockError> {
    usable::check(paths)?;
    let (me, wait) = holder;
    let _held = acquire(paths, clock, me, wait).await?;
    let resolved = resolve_held(paths, keys, side);
    file::remove(&paths.holder);
    resolved
}

fn resolve_held(
    paths: &LockPaths,
    keys: Option<&[String]>,
    side: Side,
) -> Result<usize, LockError> {
    usable::probe(paths)?;
    let path = &paths.lock;
    let old = bytes(path)?;
    let (mut lock, mut conflicts) = format::parse_merged(path, &old)?;
    let missing = |key: &String| !conflicts.keys().any(|known| known.as_str() == key);
    if let Some(key) = keys.and_then(|keys| keys.iter().find(|key| missing(key))) {
        return Err(LockError::NoConflict {
            path: path.clone(),
            key: key.clone(),
        });
    }
    let is_chosen =
        |key: &InstanceKey| keys.is_none_or(|keys| keys.iter().any(|it| it == key.as_str()));
    let (chosen, left): (Conflicts, Conflicts) =
        conflicts.into_iter().partition(|(key, _)| is_chosen(key));
    conflicts = left;
    for (key, conflict) in chosen {
        if let Some(entry) = side.of(conflict) {
            lock.instances.insert(key, entry);
        }
    }
    let mut ids = BTreeMap::new();
    for (key, entry) in &lock.instances {
        if let Some(other) = ids.insert(entry.id, key) {
            let id = entry.id;
            return Err(unmergeable(path)(format!(
                "instance {id} would be recorded under both `{other}` and `{key}`"
            )));
        }
    }
    let new = format::merged_to_bytes(&lock, &conflicts);
    match file::write_lock(paths, &new, Some(&old))? {
        true => Ok(conflicts.len()),
        false => Err(LockError::Conflict {
            path: path.clone(),
            what: "it keeps changing".to_owned(),
        }),
    }
}
